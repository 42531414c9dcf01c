package merge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"

	"sirocco/connector"
	"sirocco/hub"
)

// noteFields are how a note names the record it is on: in a filter, and in the note itself.
var noteFields = map[hub.Model]struct{ filter, field string }{
	hub.ModelAccount: {"account_id", "account"}, hub.ModelContact: {"contact_id", "contact"}, hub.ModelOpportunity: {"opportunity_id", "opportunity"},
}

// note is a note of the vendor.
type note struct {
	ID      string `json:"id"`
	Content string `json:"content"`
}

// WriteNote implements connector.Connector.
func (Connector) WriteNote(ctx context.Context, s *connector.Session, n connector.Note) (connector.NoteRef, error) {
	target, ok := noteFields[n.Target]
	if !ok {
		return connector.NoteRef{}, connector.Fail(connector.Refused, service, "a note cannot be put on %s", n.Target)
	}
	for found, err := range items[note](ctx, s, "notes", url.Values{target.filter: {n.ExternalID}}) {
		if err != nil {
			return connector.NoteRef{}, err
		}
		if found.ID == "" {
			return connector.NoteRef{}, connector.Fail(connector.Malformed, service, "a note without an id is listed, so whether ours is there is not known")
		}
		if connector.HasMarker(found.Content, n.Marker) {
			return connector.NoteRef{ExternalID: found.ID, Existed: true}, nil
		}
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

// idempotencyKey makes a repeat of the same note harmless, where Merge has that switched on: a new note is listed only after its
// next sync, so that a search cannot find it at once. Merge refuses the same key with another text, so the text is part of it.
func idempotencyKey(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
