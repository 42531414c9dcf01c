package salesforce

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"sirocco/connector"
)

const (
	// lastLocator is the vendor's word for that no part of the results comes after this one.
	lastLocator = "null"
	// partRows is how many times as many rows as a page has a part of a job's results has, partMost how many at most: each part is a
	// call of the day's.
	partRows = 10
	partMost = 2000
	// A job is looked at after firstLook, then each time after a quarter of its age, up to longestLook.
	firstLook   = 2 * time.Second
	longestLook = time.Minute
	// jobMost is how long a job may take before its rows are read page by page instead.
	jobMost = 12 * time.Hour
	// keepLook is how long the last part has to come in before its job is deleted.
	keepLook = time.Second
)

// bulkFrom is the setting of that name.
func bulkFrom(s *connector.Session) (int, error) {
	rows, err := strconv.Atoi(strings.TrimSpace(s.Values["bulkFrom"]))
	if err != nil || rows < 0 {
		return 0, connector.Fail(connector.Refused, service, "the setting bulkFrom is not a number of rows, or 0")
	}
	return rows, nil
}

// job is a Bulk query job.
type job struct {
	ID      string `json:"id"`
	State   string `json:"state"`
	Created string `json:"createdDate"`
}

// jobID is the form of a job's id, which is part of a path and of a place.
var jobID = regexp.MustCompile(`^[A-Za-z0-9]{15,18}$`)

// beginJob asks for a job where the object has many rows: at has its id then, and the page a wait. The job reads all rows, those
// before the place too: without a condition and an order the vendor splits its work by the keys of rows. Where the
// organization or the user may have no job, or the object none, the page says so, and pages go on.
func (src Source) beginJob(ctx context.Context, s *connector.Session, page *connector.Page, at *place) error {
	from, err := bulkFrom(s)
	if err != nil || from == 0 {
		return err
	}
	rows, err := src.count(ctx, s)
	if err != nil || rows < from {
		return err
	}
	r := request(s, path("jobs", "query"), nil)
	r.Body = map[string]string{"operation": "queryAll", "query": src.selected(at.hidden)}
	var made job
	_, err = connector.PostJSON(ctx, s, r, &made)
	if connector.IsKind(err, connector.Forbidden) || connector.IsKind(err, connector.Refused) {
		page.Note = joined(page.Note, fmt.Sprintf("%s: a Bulk job for %s is not to be had, so it is read page by page, which takes more of the day's calls (%s)", service, src.Object, reason(err)))
		return nil
	}
	if err != nil {
		return err
	}
	if !jobID.MatchString(made.ID) {
		return connector.Fail(connector.Malformed, service, "%s was answered without the job's id", r.Path)
	}
	at.job, page.Wait = made.ID, firstLook
	return nil
}

// reason is why the vendor refuses, without what was asked.
func reason(err error) string {
	text := err.Error()
	if i := strings.LastIndex(text, ": "); i >= 0 {
		text = text[i+2:]
	}
	return text
}

func joined(note, more string) string { return strings.TrimSpace(note + " " + more + ".") }

// many is a number of rows for where the vendor cannot count them.
const many = 1 << 30

// count asks how many rows the object has, the deleted ones too.
func (src Source) count(ctx context.Context, s *connector.Session) (int, error) {
	got, used, err := query(ctx, s, "queryAll", counts+"FROM "+src.Object)
	if connector.Status(err) == http.StatusBadRequest { // QUERY_TIMEOUT and OPERATION_TOO_LARGE come of many rows
		return many, nil
	}
	if err != nil {
		return 0, err
	}
	return got.total, used.within(s)
}

// fetchJob goes on with a job: it looks whether it is done, reads the next part of its results, or deletes it behind the last one.
// A job that the vendor knows no longer is Refused, so that the run begins anew.
func (src Source) fetchJob(ctx context.Context, s *connector.Session, q connector.Query, at place) (connector.Page, error) {
	if !jobID.MatchString(at.job) {
		return connector.Page{}, connector.Fail(connector.Refused, service, "the place to go on from names no job")
	}
	switch at.locator {
	case "":
		page, done, err := src.lookAtJob(ctx, s, at)
		if err != nil || !done {
			return page, err
		}
	case lastLocator:
		return connector.Page{}, deleteJob(ctx, s, at.job)
	}
	return src.part(ctx, s, q, at)
}

// deleteJob deletes a job. One that is left, or gone, is no loss: the vendor deletes it after seven days.
func deleteJob(ctx context.Context, s *connector.Session, id string) error {
	err := connector.Delete(ctx, s, request(s, path("jobs", "query", id), nil))
	if connector.IsKind(err, connector.Refused) || connector.IsKind(err, connector.Forbidden) {
		return nil
	}
	return err
}

// lookAtJob looks whether a job is done. While it is not, the page is empty and says when to look again; where it came to
// nothing, or takes too long, the page goes on with pages.
func (src Source) lookAtJob(ctx context.Context, s *connector.Session, at place) (page connector.Page, done bool, err error) {
	r := request(s, path("jobs", "query", at.job), nil)
	var now job
	got, err := connector.GetJSON(ctx, s, r, &now)
	if err == nil {
		err = usageOf(got.Header).within(s)
	}
	if err != nil {
		return page, false, err
	}
	page = connector.Page{Next: at.String(), More: true, AsOf: got.Date}
	without := at
	without.job, without.locator = "", ""
	switch now.State {
	case "JobComplete":
		return page, true, nil
	case "UploadComplete", "InProgress":
		age := jobAge(now, got.Date, s.Now)
		if page.Wait = min(max(age/4, firstLook), longestLook); age < jobMost {
			return page, false, nil
		}
		abort := r
		abort.Body = map[string]string{"state": "Aborted"}
		if _, err := connector.PatchJSON(ctx, s, abort, nil); connector.IsKind(err, connector.Temporary) || connector.IsKind(err, connector.RateLimited) {
			return page, false, err
		}
		page.Note = joined("", fmt.Sprintf("%s: the Bulk job for %s was not done within %s, so it is read page by page", service, src.Object, jobMost))
	case "Failed", "Aborted":
		page.Note = joined("", fmt.Sprintf("%s: the Bulk job for %s was %s, so it is read page by page", service, src.Object, strings.ToLower(now.State)))
	default:
		return page, false, connector.Fail(connector.Malformed, service, "%s was answered without a state that is known", r.Path)
	}
	page.Wait, page.Next = 0, without.String()
	return page, false, deleteJob(ctx, s, at.job)
}

// jobAge is how old a job is by the vendor's clock.
func jobAge(j job, date time.Time, now func() time.Time) time.Duration {
	created, err := connector.ParseTime(j.Created)
	if err != nil {
		return 0
	}
	if date.IsZero() {
		date = now()
	}
	return date.Sub(created)
}

// part reads a part of a job's results, line by line.
func (src Source) part(ctx context.Context, s *connector.Session, q connector.Query, at place) (connector.Page, error) {
	parameters := url.Values{"maxRecords": {strconv.Itoa(min(max(q.Limit, 1)*partRows, partMost))}}
	if at.locator != "" {
		parameters.Set("locator", at.locator)
	}
	r := request(s, path("jobs", "query", at.job, "results"), parameters)
	names := slices.DeleteFunc(src.wanted(), func(name string) bool { return slices.Contains(at.hidden, name) })
	var page connector.Page
	lines, rows := 0, 0
	got, err := connector.GetCSV(ctx, s, r, func(fields []string) error {
		lines++
		if lines == 1 && equalFold(fields, names) { // not every part has them
			return nil
		}
		if len(fields) != len(names) || lines == 1 && at.locator == "" {
			return connector.Fail(connector.Malformed, service, "%s was answered with a table that has not the columns that were asked for", r.Path)
		}
		rows++
		src.appendTo(s, &page, q.Model, []json.RawMessage{tableRow(names, fields)})
		return nil
	})
	if err == nil {
		err = usageOf(got.Header).within(s)
	}
	if err != nil {
		return connector.Page{}, err
	}
	if told, err := strconv.Atoi(got.Header.Get("Sforce-NumberOfRecords")); err == nil && told != rows {
		return connector.Page{}, connector.Fail(connector.Malformed, service, "%s was answered with %d rows, of %d that it says it has", r.Path, rows, told)
	}
	next := got.Header.Get("Sforce-Locator")
	if next == "" || next == at.locator {
		return connector.Page{}, connector.Fail(connector.Malformed, service, "%s was answered without saying where it goes on", r.Path)
	}
	if at.locator = next; next == lastLocator {
		page.Wait = keepLook
	}
	page.Next, page.More, page.AsOf = at.String(), true, got.Date
	return page, nil
}

func equalFold(a, b []string) bool { return slices.EqualFunc(a, b, strings.EqualFold) }

// tableRow is a line of a table as the row that a query would answer with, but for that all values are texts.
func tableRow(names, fields []string) json.RawMessage {
	values := make(map[string]string, len(names))
	for i, name := range names {
		if fields[i] != "" { // null
			values[name] = fields[i]
		}
	}
	raw, _ := json.Marshal(values) //nolint:errchkjson // texts always can be
	return raw
}
