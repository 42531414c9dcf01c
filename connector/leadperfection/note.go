package leadperfection

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"sirocco/connector"
	"sirocco/hub"
)

// WriteNote implements connector.Connector. A note goes on the customer, where reps read it, and is looked for at once: the
// answer is the same whether or not it was kept. Where it is not there yet, whether it was written is not proven.
func (c Connector) WriteNote(ctx context.Context, s *connector.Session, n connector.Note) (connector.NoteRef, error) {
	if n.Target != hub.ModelAccount {
		return connector.NoteRef{}, connector.Fail(connector.Refused, service, "a note cannot be put on %s: only those of customers can be read back", n.Target)
	}
	if ref, err := connector.FindFirst(ctx, s, c, n); ref.Existed || err != nil {
		return ref, err
	}
	_, _, err := call(ctx, s, notePath, url.Values{"rectype": {"cst"}, "recid": {n.ExternalID}, "notes": {connector.NoteText(n)}})
	if err != nil {
		return connector.NoteRef{}, err
	}
	found, err := c.FindNote(ctx, s, connector.NoteQuery{Target: n.Target, ExternalID: n.ExternalID, Markers: []string{n.Marker}})
	if err == nil && found.ExternalID != "" {
		return connector.NoteRef{ExternalID: found.ExternalID}, nil
	}
	// What went wrong with the look is left out: it says nothing of the note, which was sent.
	unproven := connector.Fail(connector.Malformed, service, "%s was answered, which proves nothing, and the note is not among the customer's yet", notePath)
	unproven.Status = http.StatusOK
	return connector.NoteRef{}, unproven
}

// FindNote implements connector.NoteFinder. It searches the customer's notes and those of its leads, all of which come with
// the customer.
func (Connector) FindNote(ctx context.Context, s *connector.Session, q connector.NoteQuery) (connector.FoundNote, error) {
	if q.Target != hub.ModelAccount {
		return connector.FoundNote{}, connector.Fail(connector.Refused, service, "a note cannot be put on %s", q.Target)
	}
	raw, err := oneCustomer(ctx, s, "cst_id", q.ExternalID)
	if err != nil {
		return connector.FoundNote{}, err
	}
	if raw == nil {
		return connector.FoundNote{}, goneOrNot(ctx, s, q.ExternalID)
	}
	var customer object
	if err := json.Unmarshal(raw, &customer); err != nil {
		return connector.FoundNote{}, unread(err)
	}
	holders := []object{customer}
	leads, err := customer.objects(leadsOf)
	if err != nil {
		return connector.FoundNote{}, unread(err)
	}
	for _, holder := range append(holders, leads...) {
		notes, err := holder.list(notesOf)
		if err != nil {
			return connector.FoundNote{}, unread(err)
		}
		for _, raw := range notes {
			id, text, err := readNote(raw)
			if err != nil {
				return connector.FoundNote{}, unread(err)
			}
			if marker, ok := q.Matches(id, text); ok {
				return connector.FoundNote{ExternalID: cmp.Or(id, marker), Marker: marker, Text: text}, nil
			}
		}
	}
	return connector.FoundNote{}, nil
}

// readNote reads a note, which is an object or a bare text.
func readNote(raw json.RawMessage) (id, text string, err error) {
	if json.Unmarshal(raw, &text) == nil {
		return "", text, nil
	}
	var o object
	if err := json.Unmarshal(raw, &o); err != nil {
		return "", "", err
	}
	return o.id(noteID), o.text(noteText), nil
}

// unread is the error of notes that cannot be read: what is not read is not absent.
func unread(err error) error {
	return connector.Fail(connector.Malformed, service, "the notes of a customer cannot be read, so whether the note is there is not known: %s", err.Error())
}

// goneOrNot is the error of a customer that was asked for and did not come: the lists have been seen silently empty, so it
// is gone only where the second way does not have it, either.
func goneOrNot(ctx context.Context, s *connector.Session, id string) error {
	there, err := isListed(ctx, s, id)
	if err != nil || there {
		return connector.Fail(connector.Malformed, service, "%s does not tell of the customer %s, so whether the note is there is not known", leadPath, id)
	}
	gone := connector.Fail(connector.Refused, service, "there is no customer %s", id)
	gone.Status = http.StatusNotFound
	return gone
}
