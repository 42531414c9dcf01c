package servicetitan

import (
	"context"
	"net/url"
	"strconv"

	"sirocco/connector"
	"sirocco/hub"
)

// maxNotePages bounds how many pages of notes are searched for a marker.
const maxNotePages = 20

// WriteNote implements connector.Connector.
func (Connector) WriteNote(ctx context.Context, s *connector.Session, n connector.Note) (connector.NoteRef, error) {
	if n.Target != hub.ModelOpportunity {
		return connector.NoteRef{}, connector.Fail(connector.Refused, service, "a note cannot be put on %s", n.Target)
	}
	l := list{api: jobs.api, path: "jobs/" + url.PathEscape(n.ExternalID) + "/notes", right: jobs.right}
	for number := 1; number <= maxNotePages; number++ {
		got, err := ask(ctx, s, l, url.Values{"page": {strconv.Itoa(number)}, "pageSize": {strconv.Itoa(maxPageSize)}})
		if err != nil {
			return connector.NoteRef{}, err
		}
		for _, found := range decodeEach[struct {
			Text string `json:"text"`
		}](got.rows) {
			if connector.HasMarker(found.Text, n.Marker) {
				return connector.NoteRef{ExternalID: n.Marker, Existed: true}, nil
			}
		}
		if !got.more {
			break
		}
	}
	r := request(s, l.api, l.path, "tn.jpm.jobs:w", nil)
	r.Body = map[string]any{"text": connector.NoteText(n)}
	var made struct{}
	_, err := connector.PostJSON(ctx, s, r, &made)
	return connector.NoteRef{ExternalID: n.Marker}, err
}
