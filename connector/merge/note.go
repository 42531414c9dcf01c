package merge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// noteFields are how a note names the record it is on: in a filter, and in the note itself.
var noteFields = map[hub.Model]struct{ filter, field string }{
	hub.ModelAccount: {"account_id", "account"}, hub.ModelContact: {"contact_id", "contact"}, hub.ModelOpportunity: {"opportunity_id", "opportunity"},
}

// noteLag is how long a note may be missing from Merge's lists: it lists its own copy, which the slowest plans bring up to
// date once a day.
const noteLag = 26 * time.Hour

// note is a note of the vendor.
type note struct {
	ID          string       `json:"id"`
	Content     string       `json:"content"`
	Account     connector.ID `json:"account"`
	Contact     connector.ID `json:"contact"`
	Opportunity connector.ID `json:"opportunity"`
	Deleted     bool         `json:"remote_was_deleted"`
}

// isOn reports whether the note is on a record.
func (n *note) isOn(m hub.Model, externalID string) bool {
	on := map[hub.Model]connector.ID{hub.ModelAccount: n.Account, hub.ModelContact: n.Contact, hub.ModelOpportunity: n.Opportunity}
	return string(on[m]) == externalID
}

// WriteNote implements connector.Connector.
func (c Connector) WriteNote(ctx context.Context, s *connector.Session, n connector.Note) (connector.NoteRef, error) {
	target, ok := noteFields[n.Target]
	if !ok {
		return connector.NoteRef{}, connector.Fail(connector.Refused, service, "a note cannot be put on %s", n.Target)
	}
	if ref, err := connector.FindFirst(ctx, s, c, n); ref.Existed || err != nil {
		return ref, err
	}
	r := request(s, "notes", nil)
	text := connector.NoteText(n)
	r.Body = map[string]any{"model": map[string]string{"content": text, target.field: n.ExternalID}}
	r.Header.Set("Idempotency-Key", idempotencyKey(n.Marker, text, n.ExternalID))
	var made struct {
		problems
		Model note `json:"model"`
	}
	if _, err := connector.PostJSON(ctx, s, r, &made); err != nil {
		return connector.NoteRef{}, err
	}
	if err := made.refusal("the note"); err != nil {
		return connector.NoteRef{}, err
	}
	if made.Model.ID == "" {
		return connector.NoteRef{}, connector.Fail(connector.Malformed, service, "the answer to a new note has no id")
	}
	return connector.NoteRef{ExternalID: made.Model.ID}, nil
}

// FindNote implements connector.NoteFinder. All notes of the record are read, and what is not there is asked for by its id. Merge lists
// its own copy: a note is in it after Merge's next sync, see hub.PlatformInfo.NoteLag.
func (Connector) FindNote(ctx context.Context, s *connector.Session, q connector.NoteQuery) (connector.FoundNote, error) {
	target, ok := noteFields[q.Target]
	if !ok {
		return connector.FoundNote{}, connector.Fail(connector.Refused, service, "a note cannot be put on %s", q.Target)
	}
	for found, err := range items[note](ctx, s, "notes", url.Values{target.filter: {q.ExternalID}}) {
		if err != nil {
			return connector.FoundNote{}, err
		}
		if found.ID == "" {
			return connector.FoundNote{}, connector.Fail(connector.Malformed, service, "a note without an id is listed, so whether ours is there is not known")
		}
		if marker, ok := q.Matches(found.ID, found.Content); ok {
			return connector.FoundNote{ExternalID: found.ID, Marker: marker, Text: found.Content}, nil
		}
	}
	if q.NoteID == "" {
		return connector.FoundNote{}, nil
	}
	path := "notes/" + url.PathEscape(q.NoteID)
	var n note
	_, err := connector.GetJSON(ctx, s, request(s, path, nil), &n)
	switch {
	case connector.Status(err) == http.StatusNotFound || err == nil && n.Deleted:
		return connector.FoundNote{}, nil
	case err != nil:
		return connector.FoundNote{}, err
	case n.ID != q.NoteID:
		return connector.FoundNote{}, connector.Fail(connector.Malformed, service, "%s was answered with another note, so whether ours is there is not known", path)
	}
	return connector.FoundNote{ExternalID: n.ID, Marker: q.Find(n.Content), Text: n.Content, Moved: !n.isOn(q.Target, q.ExternalID)}, nil
}

// keyLife is for how long Merge remembers an idempotency key, less what a request may take.
const keyLife = 23 * time.Hour

// RepeatsNotes implements connector.NoteRepeater.
func (Connector) RepeatsNotes(s *connector.Session) time.Duration {
	if s.Values["idempotency"] == "on" {
		return keyLife
	}
	return 0
}

// idempotencyKey makes a repeat of the same note harmless, where Merge has that switched on: a new note is listed only after its
// next sync, so that a search cannot find it at once. Merge refuses the same key with another text, so the text is part of it.
func idempotencyKey(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
