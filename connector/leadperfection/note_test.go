package leadperfection_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/leadperfection"
	"sirocco/hub"
	"sirocco/simulator"
	simulated "sirocco/simulator/leadperfection"
)

// TestAnAnswerProvesNothing writes notes that are not kept, or shown later, or shown at once: only the last is proven, and
// nothing else is taken for a refusal either.
func TestAnAnswerProvesNothing(t *testing.T) {
	crm := simulated.New(simulator.Options{Seed: 4, Records: 20})
	s := standIn(t, crm)
	on := crm.Rows(hub.ModelAccount)[0]
	write := func(marker string) (connector.NoteRef, error) {
		return leadperfection.Connector{}.WriteNote(t.Context(), s, connector.Note{Target: hub.ModelAccount, ExternalID: on, Title: "Talk", Marker: marker})
	}
	crm.Notes.Refuse("lost without a word")
	if ref, err := write("sirocco:1"); err == nil || !connector.Unproven(err) || !strings.Contains(err.Error(), "proves nothing") {
		t.Errorf("a note that was not kept: %+v %v", ref, err)
	}
	crm.Notes.ListAfter(time.Hour)
	if ref, err := write("sirocco:2"); err == nil || !connector.Unproven(err) {
		t.Errorf("a note that shows later: %+v %v", ref, err)
	}
	crm.Notes.ListAfter(0)
	if ref, err := write("sirocco:2"); err != nil || !ref.Existed {
		t.Errorf("once it shows: %+v %v", ref, err)
	}
	if ref, err := write("sirocco:3"); err != nil || ref.Existed || ref.ExternalID == "" {
		t.Errorf("a note that shows at once: %+v %v", ref, err)
	}
	if ref, err := write("sirocco:1"); err != nil || ref.Existed { // absent, so it is written
		t.Errorf("%+v %v", ref, err)
	}
	for _, marker := range []string{"sirocco:1", "sirocco:2", "sirocco:3"} {
		if n := crm.Notes.Count(marker); n != 1 {
			t.Errorf("%s is there %d times", marker, n)
		}
	}
	// The answer to the look is lost: that says nothing of the note, which was sent.
	crm.Before(func(r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "AddNotes") {
			crm.Faults.Script(simulator.Fault{}, simulator.Fault{Kind: simulator.Unauthorized})
		}
	})
	_, err := leadperfection.Connector{}.WriteNote(t.Context(), s, connector.Note{Target: hub.ModelAccount, ExternalID: on, Title: "Talk", Marker: "sirocco:4", Looked: true})
	if !connector.Unproven(err) {
		t.Errorf("a look that fails: %v", err)
	}
	for _, target := range []hub.Model{hub.ModelOpportunity, hub.ModelLead, hub.ModelEngagement} {
		if _, err := (leadperfection.Connector{}).WriteNote(t.Context(), s, connector.Note{Target: target, ExternalID: "1", Marker: "m"}); !connector.IsKind(err, connector.Refused) || connector.Unproven(err) {
			t.Errorf("on %s: %v", target, err)
		}
	}
}

// TestWhereNotesAre finds a note at the top or under a lead, as an object or as text, and takes what cannot be read for
// neither there nor absent.
func TestWhereNotesAre(t *testing.T) {
	const marker = "sirocco:1"
	for body, want := range map[string]string{
		`[{"cst_id":7,"notes":[{"id":3,"notes":"Talk sirocco:1"}]}]`:                      "3",
		`[{"CST_ID":"7","NOTES":["Talk sirocco:1"]}]`:                                     marker,
		`[{"cst_id":7,"notes":null,"leads":[{"id":1},{"Notes":[{"body":"sirocco:1"}]}]}]`: marker,
		`[{"cst_id":7,"leads":[{"notes":[{"id":"4","Text":"sirocco:1 twice"}]}]}]`:        "4",
		`{"data":[{"cst_id":7,"notes":[{"id":3,"notes":"Talk sirocco:12"}]}]}`:            "",
		`[{"cst_id":7}]`:                          "",
		`[{"cst_id":7,"notes":"Talk"}]`:           "error",
		`[{"cst_id":7,"notes":[7]}]`:              "error",
		`[{"cst_id":7,"leads":{}}]`:               "error",
		`[{"cst_id":8,"notes":["sirocco:1"]}]`:    "error",
		`[{"cst_id":7},{"cst_id":8}]`:             "error",
		`[]`:                                      "error",
		`[{"Result":0,"Message":"Error: twice"}]`: "error",
	} {
		s := session(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprint(w, body)
		}))
		found, err := leadperfection.Connector{}.FindNote(t.Context(), s, connector.NoteQuery{Target: hub.ModelAccount, ExternalID: "7", Markers: []string{marker}})
		if want == "error" && err == nil || want != "error" && (err != nil || found.ExternalID != want) {
			t.Errorf("%s: %+v %v", body, found, err)
		}
	}
}
