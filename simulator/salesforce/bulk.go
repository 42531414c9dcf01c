package salesforce

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"sirocco/simulator"
)

// jobsKept is how long the organization has a job.
const jobsKept = 7 * 24 * time.Hour

// bulk is what the organization knows of Bulk query jobs.
type bulk struct {
	// from is the setting bulkFrom of the values; empty where they have none.
	from string
	// denied is the code that nobody gets a job with; ends is the state that jobs come to, instead of JobComplete.
	denied, ends string
	// stuck lets jobs go on for ever, plain leaves the names of columns out of all parts but the first.
	stuck, plain bool
	jobs         map[string]*job
	made         int
	deleted      int
}

// job is a Bulk query job. It is in progress when it is looked at for the first time, and over at the second; its rows are those
// that there are then.
type job struct {
	statement statement
	deleted   bool
	state     string
	created   time.Time
	looks     int
	rows      []map[string]any
}

// ReadInBulk lets the values that the stand-in gives say that objects of 40 rows on are read by Bulk jobs.
func (o *Organization) ReadInBulk() { o.with(func() { o.bulk.from = "40" }) }

// DenyBulk lets nobody have a Bulk job, with a code of the vendor's; an empty one lets everybody.
func (o *Organization) DenyBulk(code string) { o.with(func() { o.bulk.denied = code }) }

// EndJobs lets jobs come to a state other than JobComplete: Failed or Aborted. An empty one ends that.
func (o *Organization) EndJobs(state string) { o.with(func() { o.bulk.ends = state }) }

// StickJobs says whether jobs go on for ever.
func (o *Organization) StickJobs(on bool) { o.with(func() { o.bulk.stuck = on }) }

// NameColumnsOnce leaves the names of columns out of all parts of results but the first.
func (o *Organization) NameColumnsOnce() { o.with(func() { o.bulk.plain = true }) }

// ExpireJobs forgets all jobs, as happens to them after seven days.
func (o *Organization) ExpireJobs() { o.with(func() { clear(o.bulk.jobs) }) }

// Jobs returns how many Bulk jobs were made, how many of them were deleted, and in which states those are that are left.
func (o *Organization) Jobs() (made, deleted int, left []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(o.bulk.jobs)) {
		left = append(left, o.bulk.jobs[id].state)
	}
	return o.bulk.made, o.bulk.deleted, left
}

func (o *Organization) createJob(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Operation string `json:"operation"`
		Query     string `json:"query"`
	}
	if json.NewDecoder(r.Body).Decode(&asked) != nil || asked.Operation != "query" && asked.Operation != "queryAll" {
		refuse(w, http.StatusBadRequest, "INVALIDJOB", "An operation is needed: query or queryAll")
		return
	}
	o.mu.Lock()
	denied := o.bulk.denied
	o.mu.Unlock()
	if denied != "" {
		refuse(w, http.StatusForbidden, denied, "the Bulk API is not to be had")
		return
	}
	s, err := parse(asked.Query)
	if err == nil && (s.count || len(s.order) > 0 || s.limit > 0) {
		err = &soqlError{"API_ERROR", "COUNT() is not supported, and the stand-in takes no ORDER BY and no LIMIT, which keep a job from being split"}
	}
	of, ok := o.object(s.object)
	if err == nil && !ok {
		err = &soqlError{"INVALIDENTITY", "Entity '" + s.object + "' is not supported by the Bulk API."}
	}
	if err == nil {
		err = of.check(&s)
	}
	if problem, ok := errors.AsType[*soqlError](err); ok {
		refuse(w, http.StatusBadRequest, problem.code, problem.message)
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bulk.made++
	id := fmt.Sprintf("750%012dAAA", o.bulk.made)
	j := &job{statement: s, deleted: asked.Operation == "queryAll", state: "UploadComplete", created: o.s.Now()}
	o.bulk.jobs[id] = j
	simulator.WriteJSON(w, http.StatusOK, j.show(id, of.name))
}

func (j *job) show(id, object string) map[string]any {
	operation := "query"
	if j.deleted {
		operation = "queryAll"
	}
	return map[string]any{
		"id": id, "operation": operation, "object": object, "state": j.state, "createdDate": stamp(j.created), "systemModstamp": stamp(j.created),
		"apiVersion": 67.0, "jobType": "V2Query", "numberRecordsProcessed": len(j.rows), "retries": 0,
	}
}

// job finds a job that is not too old. The answer is written where there is none.
func (o *Organization) job(w http.ResponseWriter, r *http.Request) (id string, found *job) {
	o.mu.Lock()
	defer o.mu.Unlock()
	id = r.PathValue("id")
	if found = o.bulk.jobs[id]; found == nil || o.s.Now().Sub(found.created) > jobsKept {
		delete(o.bulk.jobs, id)
		refuse(w, http.StatusNotFound, "NOT_FOUND", "The requested resource does not exist")
		return id, nil
	}
	return id, found
}

func (o *Organization) showJob(w http.ResponseWriter, r *http.Request) {
	id, j := o.job(w, r)
	if j == nil {
		return
	}
	o.mu.Lock()
	j.looks++
	over, ends := j.looks > 1 && !o.bulk.stuck, o.bulk.ends
	o.mu.Unlock()
	var rows []map[string]any
	if over {
		rows, _ = o.find(j.statement, j.deleted) // it was checked when it was made
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case j.state != "UploadComplete" && j.state != "InProgress":
	case !over:
		j.state = "InProgress"
	case ends != "":
		j.state = ends
	default:
		j.state, j.rows = "JobComplete", rows
	}
	simulator.WriteJSON(w, http.StatusOK, j.show(id, j.statement.object))
}

// ofJob answers what is asked of a job that is there, while nothing else happens to it.
func (o *Organization) ofJob(answer func(w http.ResponseWriter, r *http.Request, id string, j *job)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if id, j := o.job(w, r); j != nil {
			o.with(func() { answer(w, r, id, j) })
		}
	}
}

func (o *Organization) abortJob(w http.ResponseWriter, _ *http.Request, id string, j *job) {
	if j.state == "JobComplete" || j.state == "Failed" {
		refuse(w, http.StatusBadRequest, "INVALIDJOBSTATE", "The job is over")
		return
	}
	j.state = "Aborted"
	simulator.WriteJSON(w, http.StatusOK, j.show(id, j.statement.object))
}

func (o *Organization) deleteJob(w http.ResponseWriter, _ *http.Request, id string, j *job) {
	if j.state == "UploadComplete" || j.state == "InProgress" {
		refuse(w, http.StatusBadRequest, "INVALIDJOBSTATE", "A job that is under way is not deleted")
		return
	}
	delete(o.bulk.jobs, id)
	o.bulk.deleted++
	w.WriteHeader(http.StatusNoContent)
}

// jobResults answers with a part of a job's rows: all values in quotes, what is not there empty.
func (o *Organization) jobResults(w http.ResponseWriter, r *http.Request, _ string, j *job) {
	from, size := 0, len(j.rows)
	if locator := r.URL.Query().Get("locator"); locator != "" {
		text, err := base64.RawURLEncoding.DecodeString(locator)
		if from, _ = strconv.Atoi(string(text)); err != nil || from <= 0 {
			refuse(w, http.StatusBadRequest, "INVALID_LOCATOR", "The locator is none")
			return
		}
	}
	if most, err := strconv.Atoi(r.URL.Query().Get("maxRecords")); err == nil {
		size = most
	}
	if j.state != "JobComplete" {
		refuse(w, http.StatusBadRequest, "INVALIDJOBSTATE", "The job has no results")
		return
	}
	part, next, more := simulator.Part(j.rows, from, size)
	locator := "null"
	if more {
		locator = base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(next)))
	}
	var table strings.Builder
	if from == 0 || !o.bulk.plain {
		line(&table, j.statement.fields)
	}
	for _, row := range part {
		values := make([]string, len(j.statement.fields))
		for i, field := range j.statement.fields {
			values[i] = cell(row[field])
		}
		line(&table, values)
	}
	w.Header().Set("Content-Type", "text/csv")
	w.Header().Set("Sforce-Locator", locator)
	w.Header().Set("Sforce-NumberOfRecords", strconv.Itoa(len(part)))
	_, _ = w.Write([]byte(table.String()))
}

func line(table *strings.Builder, values []string) {
	for i, value := range values {
		if i > 0 {
			table.WriteByte(',')
		}
		if value != "" {
			table.WriteString(`"` + strings.ReplaceAll(value, `"`, `""`) + `"`)
		}
	}
	table.WriteByte('\n')
}

// cell is a value of a row in a table. A time ends in Z there.
func cell(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		if at, err := time.Parse(stampLayout, v); err == nil {
			return at.UTC().Format("2006-01-02T15:04:05.000Z")
		}
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}
