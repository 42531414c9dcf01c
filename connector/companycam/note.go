package companycam

import (
	"context"
	"encoding/json"
	"net/url"

	"sirocco/connector"
	"sirocco/hub"
)

// comment is a comment of the vendor.
type comment struct {
	ID      string `json:"id"`
	Content string `json:"content"`
}

// WriteNote implements connector.Connector.
func (c Connector) WriteNote(ctx context.Context, s *connector.Session, n connector.Note) (connector.NoteRef, error) {
	if n.Target != hub.ModelOpportunity {
		return connector.NoteRef{}, connector.Fail(connector.Refused, service, "a note cannot be put on %s", n.Target)
	}
	path := "/projects/" + url.PathEscape(n.ExternalID) + "/comments"
	if ref, err := connector.FindFirst(ctx, s, c, n); ref.Existed || err != nil {
		return ref, err
	}
	r := request(s, path, nil)
	if author := s.Values["author"]; author != "" {
		r.Header.Set("X-CompanyCam-User", author)
	}
	r.Body = map[string]any{"comment": map[string]string{"content": connector.NoteText(n)}}
	var made comment
	if _, err := connector.PostJSON(ctx, s, r, &made); err != nil {
		return connector.NoteRef{}, err
	}
	if made.ID == "" {
		return connector.NoteRef{}, connector.Fail(connector.Malformed, service, "the answer to a new comment has no id")
	}
	return connector.NoteRef{ExternalID: made.ID}, nil
}

// FindNote implements connector.NoteFinder. It searches all pages: until one is
// empty, or brings no comment that was not in the one before, as where the vendor has but one. Comments come newest first,
// so a new one moves the others to a later page, and where one goes the page before is read again for what moved into it.
func (Connector) FindNote(ctx context.Context, s *connector.Session, q connector.NoteQuery) (connector.FoundNote, error) {
	if q.Target != hub.ModelOpportunity {
		return connector.FoundNote{}, connector.Fail(connector.Refused, service, "a note cannot be put on %s", q.Target)
	}
	path := "/projects/" + url.PathEscape(q.ExternalID) + "/comments"
	seen := map[string]bool{}
	read := func(number int) (found connector.FoundNote, fresh int, err error) {
		items, _, err := listPage(ctx, s, path, number, maxPageSize)
		for _, raw := range items {
			var c comment
			if err := json.Unmarshal(raw, &c); err != nil || c.ID == "" {
				return found, 0, connector.Fail(connector.Malformed, service, "%s lists a comment that cannot be read, so whether the note is there is not known", path)
			}
			if marker, ok := q.Matches(c.ID, c.Content); ok {
				return connector.FoundNote{ExternalID: c.ID, Marker: marker, Text: c.Content}, 0, nil
			}
			if !seen[c.ID] {
				seen[c.ID] = true
				fresh++
			}
		}
		return found, fresh, err
	}
	for number := 1; ; number++ {
		found, fresh, err := read(number)
		if found.ExternalID != "" || err != nil {
			return found, err
		}
		if number > 1 {
			found, moved, err := read(number - 1)
			if found.ExternalID != "" || err != nil {
				return found, err
			}
			fresh += moved
		}
		if fresh == 0 {
			return connector.FoundNote{}, nil
		}
	}
}
