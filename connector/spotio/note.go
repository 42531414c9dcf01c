package spotio

import (
	"context"
	"encoding/json"
	"net/url"

	"sirocco/connector"
	"sirocco/hub"
)

// maxNotePages bounds how many pages of a lead's activities are searched: a scroll that goes on for longer goes round.
const maxNotePages = 1000

// WriteNote implements connector.Connector. A note is an activity of the lead, with the marker in its reference, which
// nobody edits, and in its text.
func (Connector) WriteNote(ctx context.Context, s *connector.Session, n connector.Note) (connector.NoteRef, error) {
	if n.Target != hub.ModelLead {
		return connector.NoteRef{}, connector.Fail(connector.Refused, service, "a note cannot be put on %s", n.Target)
	}
	if found, err := findNote(ctx, s, n.ExternalID, n.Marker); found != "" || err != nil {
		return connector.NoteRef{ExternalID: found, Existed: found != ""}, err
	}
	r := request(s, "/api/v2/activities", nil)
	r.Body = map[string]any{
		"dataObjectId": n.ExternalID, "type": "Note", "isNote": true, "done": true, "date": hub.WireTime(s.Now()),
		"notes": connector.NoteText(n), "reference": n.Marker,
	}
	var made struct {
		ID string `json:"id"`
	}
	if _, err := connector.PostJSON(ctx, s, r, &made); err != nil {
		return connector.NoteRef{}, err
	}
	if made.ID == "" {
		return connector.NoteRef{}, connector.Fail(connector.Malformed, service, "the answer to a new activity has no id")
	}
	return connector.NoteRef{ExternalID: made.ID}, nil
}

// findNote returns the id of the activity of a lead with a marker; empty where there is none. It searches all pages, those
// who are ghosts too.
func findNote(ctx context.Context, s *connector.Session, lead, marker string) (string, error) {
	path := "/api/DataObjects/" + url.PathEscape(lead) + "/activities/historical"
	for at, more := (place{}), true; more; {
		got, err := list(ctx, s, path, "items", at.query(url.Values{"includeGhosts": {"true"}}))
		if err != nil {
			return "", err
		}
		for _, raw := range got.items {
			var a struct {
				ID        string `json:"id"`
				Reference string `json:"reference"`
				Notes     string `json:"notes"`
			}
			if err := json.Unmarshal(raw, &a); err != nil || a.ID == "" {
				return "", connector.Fail(connector.Malformed, service, "%s lists an activity that cannot be read, so whether the note is there is not known", path)
			}
			if a.Reference == marker || connector.HasMarker(a.Notes, marker) {
				return a.ID, nil
			}
		}
		if at, more = at.after(got, s.Now()); at.Page >= maxNotePages {
			return "", connector.Fail(connector.Malformed, service, "%s goes on without an end, so whether the note is there is not known", path)
		}
	}
	return "", nil
}
