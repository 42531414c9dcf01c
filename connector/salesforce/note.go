package salesforce

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

const (
	taskObject    = "Task"
	contactObject = "Contact"
	leadObject    = "Lead"
	// subjectMost is how many characters the subject of a task has.
	subjectMost = 255
)

// task is a task as it is written. Its subject ends in the marker, since its description cannot be searched.
type task struct {
	Subject      string `json:"Subject"`
	Description  string `json:"Description"`
	Status       string `json:"Status,omitempty"`
	ActivityDate string `json:"ActivityDate,omitempty"`
	WhoID        string `json:"WhoId,omitempty"`
	WhatID       string `json:"WhatId,omitempty"`
}

// saved is the answer to a row that was written.
type saved struct {
	ID      string `json:"id"`
	Success bool   `json:"success"`
	Errors  []struct {
		Code string `json:"statusCode"`
	} `json:"errors"`
}

// noteTargets are the models that tasks are put on.
var noteTargets = []hub.Model{hub.ModelOpportunity, hub.ModelAccount, hub.ModelContact, hub.ModelLead}

// whereabouts are the records that a note on one of them is, or would be, on: a lead that was converted is what it became.
type whereabouts struct{ who, what []string }

// whereaboutsOf says where notes on a record are; the first of each is where one is put.
func whereaboutsOf(ctx context.Context, s *connector.Session, target hub.Model, externalID string) (whereabouts, error) {
	if len(plainIDs([]string{externalID})) == 0 {
		return whereabouts{}, connector.Fail(connector.Refused, service, "a note cannot be put on a record whose id is none of Salesforce")
	}
	src, ok := sourceOf(s, target)
	switch {
	case !ok || !slices.Contains(noteTargets, target):
		return whereabouts{}, connector.Fail(connector.Refused, service, "a note cannot be put on %s", target)
	case src.Object == contactObject:
		return whereabouts{who: []string{externalID}}, nil
	case src.Object == leadObject:
		return ofLead(ctx, s, externalID)
	}
	return whereabouts{what: []string{externalID}}, nil
}

// ofLead asks what became of a lead.
func ofLead(ctx context.Context, s *connector.Session, externalID string) (whereabouts, error) {
	got, _, err := query(ctx, s, "queryAll", "SELECT Id, IsConverted, ConvertedContactId, ConvertedOpportunityId, ConvertedAccountId FROM Lead WHERE Id IN "+literals([]string{externalID}))
	if err != nil {
		return whereabouts{}, err
	}
	at := whereabouts{who: []string{externalID}}
	var lead row
	if len(got.records) != 1 || json.Unmarshal(got.records[0], &lead) != nil || !lead.yes("IsConverted") {
		return at, nil //nolint:nilerr // what cannot be read is no converted lead
	}
	if contact := lead.text("ConvertedContactId"); contact != "" {
		at.who = []string{contact, externalID}
	}
	for _, became := range [...]string{"ConvertedOpportunityId", "ConvertedAccountId"} {
		if id := lead.text(became); id != "" {
			at.what = append(at.what, id)
		}
	}
	return at, nil
}

// condition is that a task is on one of them.
func (w whereabouts) condition() string {
	var either []string
	if len(w.what) > 0 {
		either = append(either, "WhatId IN "+literals(w.what))
	}
	if len(w.who) > 0 {
		either = append(either, "WhoId IN "+literals(w.who))
	}
	return "(" + strings.Join(either, " OR ") + ")"
}

// has reports whether a task is on one of them. An id of 15 characters is the beginning of the same one with 18.
func (w whereabouts) has(task row) bool {
	among := func(field string, ids []string) bool {
		return slices.ContainsFunc(ids, func(id string) bool { return strings.HasPrefix(task.text(field), id) })
	}
	return among("WhatId", w.what) || among("WhoId", w.who)
}

// put says in a task where it is.
func (w whereabouts) put(t *task) {
	if len(w.what) > 0 {
		t.WhatID = w.what[0]
	}
	if len(w.who) > 0 {
		t.WhoID = w.who[0]
	}
}

// WriteNote implements connector.Connector: a completed task. Where the organization has an external-id field for markers the
// task is written by it, so that two of one marker cannot be.
func (c Connector) WriteNote(ctx context.Context, s *connector.Session, n connector.Note) (connector.NoteRef, error) {
	if ref, err := connector.FindFirst(ctx, s, c, n); ref.Existed || err != nil {
		return ref, err
	}
	at, err := whereaboutsOf(ctx, s, n.Target, n.ExternalID)
	if err != nil {
		return connector.NoteRef{}, err
	}
	t := task{Subject: subject(n), Description: connector.NoteText(n), Status: "Completed", ActivityDate: n.At.Format(time.DateOnly)}
	at.put(&t)
	if by := noteFieldOf(s); by != "" {
		return c.upsert(ctx, s, n, by, t)
	}
	r := request(s, path("sobjects", taskObject), nil)
	r.Body = t
	var made saved
	_, err = connector.PostJSON(ctx, s, r, &made)
	return made.ref(r, err)
}

// upsert writes the task of a marker, or the same one again.
func (c Connector) upsert(ctx context.Context, s *connector.Session, n connector.Note, by string, t task) (connector.NoteRef, error) {
	r := request(s, path("sobjects", taskObject, by, n.Marker), nil)
	r.Body = t
	var made saved
	got, err := connector.PatchJSON(ctx, s, r, &made)
	if got.Status == http.StatusNoContent { // older versions answer so where it was there
		found, err := c.FindNote(ctx, s, connector.NoteQuery{Target: n.Target, ExternalID: n.ExternalID, Markers: []string{n.Marker}})
		return connector.NoteRef{ExternalID: found.ExternalID, Existed: true}, err
	}
	ref, err := made.ref(r, err)
	ref.Existed = err == nil && got.Status == http.StatusOK
	return ref, err
}

// ref is what was written is known by.
func (m saved) ref(r connector.Request, err error) (connector.NoteRef, error) {
	switch {
	case err != nil:
		return connector.NoteRef{}, err
	case !m.Success && len(m.Errors) > 0:
		e := connector.Fail(connector.Refused, service, "%s was not taken (%s)", r.Path, strings.Join(plainNames([]string{m.Errors[0].Code}), ""))
		e.Says(m.Errors[0].Code)
		return connector.NoteRef{}, e
	case m.ID == "":
		return connector.NoteRef{}, connector.Fail(connector.Malformed, service, "%s was answered without the id of what was written", r.Path)
	}
	return connector.NoteRef{ExternalID: m.ID}, nil
}

// subject is the title, cut so that the marker fits behind it.
func subject(n connector.Note) string {
	title := strings.Join(strings.Fields(n.Title), " ")
	if most := subjectMost - len(n.Marker) - 1; hub.NoteLength(title) > most {
		title = hub.FirstOf(title, most-1) + "…"
	}
	return strings.TrimSpace(title + " " + n.Marker)
}

// textOf is what a task says: its description, behind the subject where that is another than was written with it.
func textOf(t row, marker string) string {
	description := t.text("Description")
	title, _, _ := strings.Cut(description, "\n")
	if t.text("Subject") == subject(connector.Note{Title: title, Marker: marker}) {
		return description
	}
	return t.text("Subject") + "\n\n" + description
}

// FindNote implements connector.NoteFinder: by the marker in the subject, or in the external-id field, or wherever it is by its id.
func (Connector) FindNote(ctx context.Context, s *connector.Session, q connector.NoteQuery) (connector.FoundNote, error) {
	at, err := whereaboutsOf(ctx, s, q.Target, q.ExternalID)
	if err != nil {
		return connector.FoundNote{}, err
	}
	var either []string
	by := noteFieldOf(s)
	for _, marker := range q.Markers {
		either = append(either, "Subject LIKE "+containing(marker))
	}
	selected := "Id, Subject, Description, WhatId, WhoId"
	if by != "" {
		either, selected = append(either, by+" IN "+literals(q.Markers)), selected+", "+by
	}
	if len(either) == 0 {
		return connector.FoundNote{}, nil
	}
	where := "(" + at.condition() + " AND (" + strings.Join(either, " OR ") + "))"
	if known := plainIDs([]string{q.NoteID}); len(known) > 0 {
		where = "(" + where + " OR Id IN " + literals(known) + ")"
	}
	got, _, err := query(ctx, s, "queryAll", "SELECT "+selected+" FROM "+taskObject+" WHERE "+where+" AND IsDeleted = false ORDER BY Id LIMIT 2000")
	if err != nil {
		return connector.FoundNote{}, err
	}
	var moved connector.FoundNote
	for _, raw := range got.records {
		var r row
		if json.Unmarshal(raw, &r) != nil || r.text(idField) == "" { // it may be ours
			return connector.FoundNote{}, connector.Fail(connector.Malformed, service, "a task cannot be read")
		}
		marker, ok := q.Matches(r.text(idField), strings.Join([]string{r.text("Subject"), r.text(by), r.text("Description")}, "\n"))
		if !ok {
			continue
		}
		found := connector.FoundNote{ExternalID: r.text(idField), Marker: marker, Text: textOf(r, marker), Moved: !at.has(r)}
		if !found.Moved {
			return found, nil
		}
		moved = found
	}
	if got.more {
		return connector.FoundNote{}, connector.Fail(connector.Malformed, service, "the tasks with a marker do not end")
	}
	return moved, nil
}

// ChangeNote implements connector.NoteChanger.
func (Connector) ChangeNote(ctx context.Context, s *connector.Session, n connector.Note, noteID string) error {
	r := request(s, path("sobjects", taskObject, noteID), nil)
	r.Body = task{Subject: subject(n), Description: connector.NoteText(n)}
	_, err := connector.PatchJSON(ctx, s, r, nil)
	return err
}

// RemoveNote implements connector.NoteRemover: the task goes to the bin.
func (Connector) RemoveNote(ctx context.Context, s *connector.Session, _ hub.Model, _, noteID string) error {
	return connector.Delete(ctx, s, request(s, path("sobjects", taskObject, noteID), nil))
}
