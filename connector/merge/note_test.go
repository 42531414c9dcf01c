package merge_test

import (
	"fmt"
	"net/http"
	"testing"

	"sirocco/connector"
	"sirocco/connector/merge"
	"sirocco/hub"
)

// TestANoteThatIsNotListedYet repeats a note whose answer was lost while Merge does not list it: the key makes that harmless.
func TestANoteThatIsNotListedYet(t *testing.T) {
	v, s := newVendor(t)
	v.bodies["GET notes"] = `{"next":null,"results":[]}`
	note := connector.Note{Target: hub.ModelContact, ExternalID: v.Records(hub.ModelContact)[0].ExternalID, Title: "Talk", Body: "Long", Marker: "sirocco-n0te-1"}
	first, err := merge.Connector{}.WriteNote(t.Context(), s, note)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := (merge.Connector{}).WriteNote(t.Context(), s, note); err != nil || again.ExternalID != first.ExternalID {
		t.Errorf("%+v %v", again, err)
	}
	if n := v.Notes.Count(note.Marker); n != 1 {
		t.Errorf("there are %d notes", n)
	}
	note.Body = "Cut" // as where the first was too long: no repeat, and so not refused as one
	if _, err := (merge.Connector{}).WriteNote(t.Context(), s, note); err != nil {
		t.Errorf("with another text: %v", err)
	}
}

// TestTheNoteIsLookedForOnAllPages has a note behind many others.
func TestTheNoteIsLookedForOnAllPages(t *testing.T) {
	v, s := newVendor(t)
	id := v.Records(hub.ModelAccount)[0].ExternalID
	for i := range 2150 {
		v.Notes.Add(hub.ModelAccount, id, fmt.Sprintf("Note %d", i))
	}
	made := v.Notes.Add(hub.ModelAccount, id, "Talk sirocco-n0te-1")
	ref, err := merge.Connector{}.WriteNote(t.Context(), s, connector.Note{Target: hub.ModelAccount, ExternalID: id, Marker: "sirocco-n0te-1"})
	if err != nil || !ref.Existed || ref.ExternalID != made.ID {
		t.Errorf("%+v %v", ref, err)
	}
	// One that cannot be read may be ours.
	for _, body := range []string{`{"next":null,"results":[{"id":"1","content":7}]}`, `{"next":null,"results":[{"content":"x"}]}`, `{"next":"again","results":[]}`} {
		v.bodies["GET notes"] = body
		if _, err := (merge.Connector{}).WriteNote(t.Context(), s, connector.Note{Target: hub.ModelAccount, ExternalID: id, Marker: "sirocco-n0te-2"}); !connector.IsKind(err, connector.Malformed) {
			t.Errorf("%s: %v", body, err)
		}
	}
	if n := v.Notes.Count("sirocco-n0te-2"); n != 0 {
		t.Errorf("%d notes were written", n)
	}
}

// TestProblemTypes holds what the problems in an answer mean, in a 201 and in a refusal.
func TestProblemTypes(t *testing.T) {
	for problem, want := range map[string]connector.Kind{
		"RELINK_NEEDED": connector.Forbidden, "CREDENTIAL_REFRESH_FAILED": connector.Forbidden, "DISABLED_MODEL_WRITE": connector.Forbidden,
		"PROVIDER_ERROR": connector.Refused, "DUPLICATE_MODEL_EXISTS": connector.Refused,
	} {
		for _, code := range []int{http.StatusCreated, http.StatusBadRequest} {
			v, s := newVendor(t)
			note := connector.Note{Target: hub.ModelContact, ExternalID: v.Records(hub.ModelContact)[0].ExternalID, Marker: "m"}
			v.bodies["GET notes"] = `{"next":null,"results":[]}`
			v.bodies["POST notes"] = `{"model":{"id":"1"},"warnings":[],"errors":[{"title":"No","detail":"No","problem_type":"` + problem + `"}]}`
			v.onlyPost = code
			if _, err := (merge.Connector{}).WriteNote(t.Context(), s, note); !connector.IsKind(err, want) {
				t.Errorf("%s with %d: %v", problem, code, err)
			}
		}
	}
}
