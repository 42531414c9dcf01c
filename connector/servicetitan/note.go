package servicetitan

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"sirocco/connector"
	"sirocco/hub"
)

// noted are the lists whose records take notes.
var noted = map[hub.Model]list{hub.ModelOpportunity: jobs, hub.ModelLead: leads, hub.ModelAccount: customers}

// maxNotePages bounds the search for a marker: no record has a million notes.
const maxNotePages = 2000

// note is a note as the vendor answers with it; those of jobs have no id.
type note struct {
	ID   int64  `json:"id"`
	Text string `json:"text"`
}

// WriteNote implements connector.Connector. The notes of the record are searched to their end for the marker before.
func (Connector) WriteNote(ctx context.Context, s *connector.Session, n connector.Note) (connector.NoteRef, error) {
	on, ok := noted[n.Target]
	if !ok {
		return connector.NoteRef{}, connector.Fail(connector.Refused, service, "a note cannot be put on %s", n.Target)
	}
	l := list{api: on.api, path: on.path + "/" + url.PathEscape(n.ExternalID) + "/notes", right: on.right}
	found, err := findNote(ctx, s, l, n.Marker)
	if err != nil || found != nil {
		return connector.NoteRef{ExternalID: found.ref(n.Marker), Existed: found != nil}, err
	}
	r := request(s, l.api, l.path, strings.TrimSuffix(l.right, ":r")+":w", nil)
	r.Body = map[string]any{"text": connector.NoteText(n)}
	var made note
	_, err = connector.PostJSON(ctx, s, r, &made)
	return connector.NoteRef{ExternalID: made.ref(n.Marker)}, err
}

// ref is what a note is known by: its id, or the marker where it has none.
func (n *note) ref(marker string) string {
	if n == nil || n.ID == 0 {
		return marker
	}
	return id(n.ID)
}

// findNote returns the note with the marker, or nil where there is none.
func findNote(ctx context.Context, s *connector.Session, l list, marker string) (*note, error) {
	for number := 1; number <= maxNotePages; number++ {
		got, err := ask(ctx, s, l, url.Values{"page": {strconv.Itoa(number)}, "pageSize": {strconv.Itoa(maxPageSize)}})
		if err != nil {
			return nil, err
		}
		for _, raw := range got.rows {
			var n note
			if err := json.Unmarshal(raw, &n); err != nil { // it may be ours
				return nil, connector.Fail(connector.Malformed, service, "%s has a note that cannot be read", l.path)
			}
			if connector.HasMarker(n.Text, marker) {
				return &n, nil
			}
		}
		if !got.more {
			return nil, nil
		}
	}
	return nil, connector.Fail(connector.Malformed, service, "the notes of %s do not end", l.path)
}
