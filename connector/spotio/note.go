package spotio

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"sirocco/connector"
	"sirocco/hub"
)

// maxNotePages bounds how many pages of a lead's activities are searched: a scroll that goes on for longer goes round.
const maxNotePages = 1000

// note is an activity as a note.
type note struct {
	ID         string `json:"id"`
	DataObject string `json:"dataObjectId"`
	Reference  string `json:"reference"`
	Notes      string `json:"notes"`
}

// WriteNote implements connector.Connector. A note is an activity of the lead, with the marker in its reference, which
// nobody edits, and in its text.
func (c Connector) WriteNote(ctx context.Context, s *connector.Session, n connector.Note) (connector.NoteRef, error) {
	if n.Target != hub.ModelLead {
		return connector.NoteRef{}, connector.Fail(connector.Refused, service, "a note cannot be put on %s", n.Target)
	}
	if ref, err := connector.FindFirst(ctx, s, c, n); ref.Existed || err != nil {
		return ref, err
	}
	r := request(s, "/api/v2/activities", nil)
	r.Body = map[string]any{
		"dataObjectId": n.ExternalID, "type": "Note", "isNote": true, "done": true, "date": hub.WireTime(s.Now()),
		"notes": connector.NoteText(n.Fit(noteMost)), "reference": n.Marker,
	}
	var made note
	if _, err := connector.PostJSON(ctx, s, r, &made); err != nil {
		return connector.NoteRef{}, err
	}
	if made.ID == "" {
		return connector.NoteRef{}, connector.Fail(connector.Malformed, service, "the answer to a new activity has no id")
	}
	return connector.NoteRef{ExternalID: made.ID}, nil
}

// FindNote implements connector.NoteFinder. It searches all that was done at a lead, what is a ghost too, and asks for what is not there by
// its id.
func (Connector) FindNote(ctx context.Context, s *connector.Session, q connector.NoteQuery) (connector.FoundNote, error) {
	if q.Target != hub.ModelLead {
		return connector.FoundNote{}, connector.Fail(connector.Refused, service, "a note cannot be put on %s", q.Target)
	}
	path := "/api/DataObjects/" + url.PathEscape(q.ExternalID) + "/activities/historical"
	for at, more := (place{}), true; more; {
		got, err := list(ctx, s, path, "items", at.query(url.Values{"includeGhosts": {"true"}}))
		if err != nil {
			return connector.FoundNote{}, err
		}
		for _, raw := range got.items {
			var a note
			if err := json.Unmarshal(raw, &a); err != nil || a.ID == "" {
				return connector.FoundNote{}, connector.Fail(connector.Malformed, service, "%s lists an activity that cannot be read, so whether the note is there is not known", path)
			}
			if found := a.found(q); found.ExternalID != "" {
				return found, nil
			}
		}
		if at, more = at.after(got, s.Now()); at.Page >= maxNotePages {
			return connector.FoundNote{}, connector.Fail(connector.Malformed, service, "%s goes on without an end, so whether the note is there is not known", path)
		}
	}
	if q.NoteID == "" {
		return connector.FoundNote{}, nil
	}
	var a note
	_, err := connector.GetJSON(ctx, s, request(s, activityPath+url.PathEscape(q.NoteID), nil), &a)
	switch {
	case connector.Status(err) == http.StatusNotFound:
		return connector.FoundNote{}, nil
	case err != nil:
		return connector.FoundNote{}, err
	case a.ID != q.NoteID:
		return connector.FoundNote{}, connector.Fail(connector.Malformed, service, "%s%s was answered with another activity, so whether the note is there is not known", activityPath, q.NoteID)
	}
	found := a.found(q)
	found.Moved = a.DataObject != q.ExternalID
	return found, nil
}

// found is the activity where it is the note that is asked for.
func (a *note) found(q connector.NoteQuery) connector.FoundNote {
	marker, ok := q.Matches(a.ID, a.Reference+"\n"+a.Notes)
	if !ok {
		return connector.FoundNote{}
	}
	return connector.FoundNote{ExternalID: a.ID, Marker: marker, Text: a.Notes}
}

// ChangeNote implements connector.NoteChanger: the text alone is sent, and the marker stays in the reference.
func (Connector) ChangeNote(ctx context.Context, s *connector.Session, n connector.Note, noteID string) error {
	r := request(s, activityPath+url.PathEscape(noteID), nil)
	r.Header.Set("Content-Type", "application/merge-patch+json")
	r.Body = map[string]string{"notes": connector.NoteText(n.Fit(noteMost))}
	_, err := connector.PatchJSON(ctx, s, r, nil)
	return err
}
