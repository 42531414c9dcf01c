package salesforce

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"
	"unicode/utf8"

	"sirocco/hub"
	"sirocco/simulator"
)

// task is what a task has besides its description and its subject, which are the text of a note and its label.
type task struct {
	Status, Date, Who, What string
	marker                  string
}

// taskRows are all tasks; those that were made by hand have no more than a text, of which the subject is a line, and where
// they are, as those that were moved.
func (o *Organization) taskRows() []map[string]any {
	var rows []map[string]any
	for _, n := range o.s.Notes.Listed() {
		o.mu.Lock()
		t, ok := o.tasks[n.ID]
		o.mu.Unlock()
		if !ok || n.ExternalID != t.Who && n.ExternalID != t.What {
			t = task{Status: "Completed", Date: t.Date, marker: t.marker}
			if n.Target == hub.ModelLead || n.Target == hub.ModelContact {
				t.Who = n.ExternalID
			} else {
				t.What = n.ExternalID
			}
		}
		rows = append(rows, map[string]any{
			"Id": n.ID, "Subject": cmp.Or(n.Label, oneLine(n.Text)), "Description": n.Text, "Status": t.Status, "ActivityDate": optional(t.Date), "WhoId": optional(t.Who), "WhatId": optional(t.What),
			"IsDeleted": false, "CreatedDate": stamp(n.CreatedAt), "LastModifiedDate": stamp(n.CreatedAt), "SystemModstamp": stamp(n.CreatedAt), MarkerField: optional(t.marker),
		})
	}
	return rows
}

// TaskDays are the days of the tasks that were written, by their ids.
func (o *Organization) TaskDays() map[string]string {
	o.mu.Lock()
	defer o.mu.Unlock()
	days := map[string]string{}
	for id, t := range o.tasks {
		days[id] = t.Date
	}
	return days
}

// oneLine is a text as a subject has it.
func oneLine(text string) string {
	line := []rune(strings.Join(strings.Fields(text), " "))
	return string(line[:min(len(line), subjectMost)])
}

// subjectMost is how many characters the subject of a task has.
const subjectMost = 255

// written is what a client sends of a task.
type written struct {
	Subject, Description, Status, ActivityDate, WhoID, WhatID string
}

// readTask reads a task that is to be written, and answers where it cannot be.
func (o *Organization) readTask(w http.ResponseWriter, r *http.Request) (t written, ok bool) {
	if err := json.NewDecoder(r.Body).Decode(&t); err != nil { //nolint:musttag // it reads itself
		refuse(w, http.StatusBadRequest, "JSON_PARSER_ERROR", "no JSON")
		return t, false
	}
	switch {
	case utf8.RuneCountInString(t.Subject) > subjectMost, utf8.RuneCountInString(t.Description) > 32_000, o.s.Notes.TooLong(t.Description):
		refuse(w, http.StatusBadRequest, "STRING_TOO_LONG", "data value too large")
		return t, false
	}
	return t, true
}

var byPrefix = map[string]hub.Model{"001": hub.ModelAccount, "003": hub.ModelContact, "006": hub.ModelOpportunity, "00Q": hub.ModelLead}

// target is the record that a task is on, and whether it may be: a lead that was converted takes no more.
func (o *Organization) target(t written) (m hub.Model, id string, ok bool) {
	for _, id := range [...]string{t.WhatID, t.WhoID} {
		if len(id) != 18 {
			continue
		}
		m := byPrefix[id[:3]]
		row, there := o.s.Get(m, id)
		if !there || row.Deleted || m == hub.ModelLead && (row.Refs.Account != "" || t.WhatID != "") {
			return "", "", false
		}
		return m, id, true
	}
	return "", "", false
}

// create makes a task; other rows are not made here.
func (o *Organization) create(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("object") != "Task" {
		refuse(w, http.StatusForbidden, "INSUFFICIENT_ACCESS_OR_READONLY", "the stand-in makes tasks alone")
		return
	}
	t, ok := o.readTask(w, r)
	if !ok {
		return
	}
	if id, made := o.add(w, t, ""); made {
		simulator.WriteJSON(w, http.StatusCreated, map[string]any{"id": id, "success": true, "errors": []any{}})
	}
}

func (o *Organization) add(w http.ResponseWriter, t written, marker string) (id string, ok bool) {
	m, on, there := o.target(t)
	if !there {
		refuse(w, http.StatusBadRequest, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
		return "", false
	}
	if reason := o.s.Notes.Refused(); reason != "" {
		refuse(w, http.StatusBadRequest, "FIELD_CUSTOM_VALIDATION_EXCEPTION", reason)
		return "", false
	}
	n := o.s.Notes.AddLabelled(m, on, t.Subject, t.Description)
	o.with(func() {
		o.tasks[n.ID] = task{Status: t.Status, Date: t.ActivityDate, Who: t.WhoID, What: t.WhatID, marker: marker}
	})
	return n.ID, true
}

// upsert writes the task of a marker: it is made where there is none.
func (o *Organization) upsert(w http.ResponseWriter, r *http.Request) {
	of, ok := o.object(r.PathValue("object"))
	column, has := of.column(r.PathValue("field"))
	if !ok || of.name != "Task" || !has || !column.external {
		refuse(w, http.StatusNotFound, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: "+r.PathValue("field"))
		return
	}
	t, ok := o.readTask(w, r)
	if !ok {
		return
	}
	marker, there := r.PathValue("value"), ""
	o.with(func() {
		for id, has := range o.tasks {
			if has.marker == marker {
				there = id
			}
		}
	})
	if there != "" {
		o.changeTask(there, t)
		simulator.WriteJSON(w, http.StatusOK, map[string]any{"id": there, "success": true, "errors": []any{}, "created": false})
		return
	}
	if id, made := o.add(w, t, marker); made {
		simulator.WriteJSON(w, http.StatusCreated, map[string]any{"id": id, "success": true, "errors": []any{}, "created": true})
	}
}

func (o *Organization) changeTask(id string, t written) bool {
	return o.s.Notes.Rename(id, t.Subject) && o.s.Notes.Change(id, t.Description)
}

// update changes a row: of a task what it says, of others those fields that can be changed.
func (o *Organization) update(w http.ResponseWriter, r *http.Request) {
	of, ok := o.object(r.PathValue("object"))
	id := r.PathValue("id")
	if of.name == "Task" {
		t, ok := o.readTask(w, r)
		if ok && !o.changeTask(id, t) {
			refuse(w, http.StatusNotFound, "NOT_FOUND", "The requested resource does not exist")
		} else if ok {
			w.WriteHeader(http.StatusNoContent)
		}
		return
	}
	row, there := o.s.Get(of.model, id)
	if !ok || !there {
		refuse(w, http.StatusNotFound, "NOT_FOUND", "The requested resource does not exist")
		return
	}
	if row.Deleted {
		refuse(w, http.StatusNotFound, "ENTITY_IS_DELETED", "entity is deleted")
		return
	}
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		refuse(w, http.StatusBadRequest, "JSON_PARSER_ERROR", "no JSON")
		return
	}
	values, named, problem := o.readFields(of, body)
	if problem != "" {
		refuse(w, http.StatusBadRequest, problem, "a field is not there, cannot be written, or takes another type")
		return
	}
	o.s.Fields.Set(of.model, id, values)
	o.s.Change(of.model, id, func(r *hub.Record) {
		if named != "" {
			r.Name = named
		}
	})
	w.WriteHeader(http.StatusNoContent)
}

// readFields reads the fields of a row that are to be changed: those that people made, and the name.
func (o *Organization) readFields(of object, body map[string]any) (values map[string]any, named, problem string) {
	values = map[string]any{}
	for key, v := range body {
		c, ok := of.column(key)
		if !ok {
			return nil, "", "INVALID_FIELD"
		}
		if !c.writable {
			return nil, "", "INVALID_FIELD_FOR_INSERT_UPDATE"
		}
		if c.name == "Name" {
			if named, ok = v.(string); !ok {
				return nil, "", "JSON_PARSER_ERROR"
			}
			continue
		}
		for _, f := range o.s.Fields.Defined(of.model) {
			if f.Key != c.name {
				continue
			}
			if text, ok := v.(string); ok && f.Type == simulator.ListField {
				v = chosen(text)
			}
			if !f.Type.Takes(v) {
				return nil, "", "JSON_PARSER_ERROR"
			}
			values[f.Key] = v
		}
	}
	return values, named, ""
}

// chosen are the values of a field of several.
func chosen(text string) any {
	list := []any{}
	for one := range strings.SplitSeq(text, ";") {
		list = append(list, one)
	}
	return list
}

// remove puts a task into the bin.
func (o *Organization) remove(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("object") != "Task" || !o.s.Notes.Remove(r.PathValue("id")) {
		refuse(w, http.StatusNotFound, "NOT_FOUND", "The requested resource does not exist")
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
