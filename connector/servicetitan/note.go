package servicetitan

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// jobNotes is the feed of all notes of jobs; with their ids and times of creation, which the jobs' own lists do not have.
var jobNotes = list{api: "jpm", path: "export/job-notes", right: "tn.jpm.jobnotes:r"}

// noted are the lists whose records take notes.
var noted = map[hub.Model]list{hub.ModelOpportunity: jobs, hub.ModelLead: leads, hub.ModelAccount: customers}

// maxNotePages bounds the search for a marker: no record has a million notes.
const maxNotePages = 2000

// note is a note as the vendor answers with it; those of jobs have no id.
type note struct {
	ID     number `json:"id"`
	JobID  number `json:"jobId"`
	Text   string `json:"text"`
	Active *bool  `json:"active"`
}

// notesOf is the list of a record's notes.
func notesOf(target hub.Model, externalID string) (list, error) {
	on, ok := noted[target]
	if !ok {
		return list{}, connector.Fail(connector.Refused, service, "a note cannot be put on %s", target)
	}
	return list{api: on.api, path: on.path + "/" + url.PathEscape(externalID) + "/notes", right: on.right}, nil
}

// WriteNote implements connector.Connector.
func (c Connector) WriteNote(ctx context.Context, s *connector.Session, n connector.Note) (connector.NoteRef, error) {
	l, err := notesOf(n.Target, n.ExternalID)
	if err != nil {
		return connector.NoteRef{}, err
	}
	if ref, err := connector.FindFirst(ctx, s, c, n); ref.Existed || err != nil {
		return ref, err
	}
	r := request(s, l.api, l.path, strings.TrimSuffix(l.right, ":r")+":w", nil)
	r.Body = map[string]any{"text": connector.NoteText(n)}
	var made note
	if _, err := connector.PostJSON(ctx, s, r, &made); err != nil {
		return connector.NoteRef{}, err
	}
	if made.Text == "" { // those of jobs have no id, so that the text alone says that it is one
		return connector.NoteRef{}, connector.Fail(connector.Malformed, service, "the answer to a new note has no text")
	}
	return connector.NoteRef{ExternalID: made.ref(n.Marker)}, nil
}

// ref is what a note is known by: its id, or the marker where it has none.
func (n *note) ref(marker string) string {
	if n == nil || n.ID == 0 {
		return marker
	}
	return id(n.ID)
}

// FindNote implements connector.NoteFinder. A job's note that cannot be older than a time is looked for in the feed of all
// notes of jobs from then on, which gives its id; where the app lacks the feed's scope, and for all other notes, the
// record's own list is read to its end. Where a note is taken away meanwhile the others move up, so the page before is read again for
// what moved into it.
func (Connector) FindNote(ctx context.Context, s *connector.Session, q connector.NoteQuery) (connector.FoundNote, error) {
	l, err := notesOf(q.Target, q.ExternalID)
	if err != nil {
		return connector.FoundNote{}, err
	}
	if q.Target == hub.ModelOpportunity && !q.Since.IsZero() {
		found, err := findInFeed(ctx, s, q)
		if !connector.IsKind(err, connector.Forbidden) {
			return found, err
		}
	}
	for number := 1; number <= maxNotePages; number++ {
		found, more, err := findOnPage(ctx, s, l, number, q)
		if number > 1 && found.ExternalID == "" && err == nil {
			found, _, err = findOnPage(ctx, s, l, number-1, q)
		}
		if found.ExternalID != "" || err != nil || !more {
			return found, err
		}
	}
	return connector.FoundNote{}, connector.Fail(connector.Malformed, service, "the notes of %s do not end", l.path)
}

// findOnPage searches a page of a record's own list.
func findOnPage(ctx context.Context, s *connector.Session, l list, number int, q connector.NoteQuery) (found connector.FoundNote, more bool, err error) {
	got, err := ask(ctx, s, l, url.Values{"page": {strconv.Itoa(number)}, "pageSize": {strconv.Itoa(maxPageSize)}})
	if err != nil {
		return found, false, err
	}
	found, err = findAmong(got.rows, l, q)
	return found, got.more, err
}

// findInFeed searches the feed of notes of jobs.
func findInFeed(ctx context.Context, s *connector.Session, q connector.NoteQuery) (connector.FoundNote, error) {
	from := q.Since.UTC().Format(time.RFC3339)
	for range maxNotePages {
		got, err := ask(ctx, s, jobNotes, url.Values{"from": {from}, "includeRecentChanges": {"true"}})
		if err != nil {
			return connector.FoundNote{}, err
		}
		found, err := findAmong(got.rows, jobNotes, q)
		if found.ExternalID != "" || err != nil {
			return found, err
		}
		if !got.more {
			return connector.FoundNote{}, nil
		}
		if got.next == "" || got.next == from {
			break
		}
		from = got.next
	}
	return connector.FoundNote{}, connector.Fail(connector.Malformed, service, "%s does not end", jobNotes.path)
}

// findAmong looks for the note among rows of a list; those of the feed name their jobs.
func findAmong(rows []json.RawMessage, l list, q connector.NoteQuery) (connector.FoundNote, error) {
	for _, raw := range rows {
		var n note
		if err := json.Unmarshal(raw, &n); err != nil { // it may be ours
			return connector.FoundNote{}, connector.Fail(connector.Malformed, service, "%s has a note that cannot be read", l.path)
		}
		if n.JobID != 0 && id(n.JobID) != q.ExternalID || n.Active != nil && !*n.Active {
			continue
		}
		if marker, ok := q.Matches(n.ref(""), n.Text); ok {
			return connector.FoundNote{ExternalID: n.ref(marker), Marker: marker, Text: n.Text}, nil
		}
	}
	return connector.FoundNote{}, nil
}

// RemoveNote implements connector.NoteRemover: notes of customers can be taken back, those of jobs and leads cannot.
func (Connector) RemoveNote(ctx context.Context, s *connector.Session, target hub.Model, externalID, noteID string) error {
	if target != hub.ModelAccount {
		return connector.Fail(connector.Refused, service, "a note on %s cannot be taken back", target)
	}
	l, err := notesOf(target, externalID)
	if err != nil {
		return err
	}
	return connector.Delete(ctx, s, request(s, l.api, l.path+"/"+url.PathEscape(noteID), strings.TrimSuffix(l.right, ":r")+":w", nil))
}
