package spotio_test

import (
	"fmt"
	"net/http"
	"testing"

	"sirocco/connector"
	"sirocco/connector/spotio"
	"sirocco/hub"
	"sirocco/simulator"
	simulated "sirocco/simulator/spotio"
)

// TestTheNoteIsLookedForOnAllPages has a note, whose answer was lost, behind many others.
func TestTheNoteIsLookedForOnAllPages(t *testing.T) {
	crm, s := standIn(t, simulated.New(simulator.Options{}))
	id := crm.Records(hub.ModelLead)[0].ExternalID
	note := connector.Note{Target: hub.ModelLead, ExternalID: id, Title: "Talk", Marker: "sirocco-n0te-1"}
	first, err := spotio.Connector{}.WriteNote(t.Context(), s, note)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 75 {
		crm.Notes.Add(hub.ModelLead, id, fmt.Sprintf("Call %d", i))
	}
	if again, err := (spotio.Connector{}).WriteNote(t.Context(), s, note); err != nil || !again.Existed || again.ExternalID != first.ExternalID {
		t.Errorf("%+v %v", again, err)
	}
	if n := crm.Notes.Count(note.Marker); n != 1 {
		t.Errorf("there are %d notes of ours", n)
	}
}

// TestTheReferenceAloneIsTheNote finds a note whose text a rep has changed; and what cannot be read may be the note.
func TestTheReferenceAloneIsTheNote(t *testing.T) {
	for body, kind := range map[string]connector.Kind{
		`{"items":[{"id":"7","notes":"Was changed","reference":"sirocco:1"}]}`: "",
		`{"items":[{"notes":"x"}]}`:            connector.Malformed,
		`{"items":[{"id":"7","reference":1}]}`: connector.Malformed,
		`{"items":null}`:                       connector.Malformed,
		`{}`:                                   connector.Malformed,
	} {
		posted := false
		s := session(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			posted = posted || r.Method == http.MethodPost
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprint(w, body)
		}))
		ref, err := spotio.Connector{}.WriteNote(t.Context(), s, connector.Note{Target: hub.ModelLead, ExternalID: "a", Marker: "sirocco:1"})
		if posted || kind == "" && (err != nil || !ref.Existed || ref.ExternalID != "7") || kind != "" && !connector.IsKind(err, kind) {
			t.Errorf("%s: %+v %v, written: %t", body, ref, err, posted)
		}
	}
}
