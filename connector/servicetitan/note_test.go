package servicetitan_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"sirocco/connector"
	"sirocco/connector/servicetitan"
	"sirocco/hub"
	"sirocco/simulator"
)

// TestNotesToTheirEnd finds a note on the last of many pages, and what it is known by.
func TestNotesToTheirEnd(t *testing.T) {
	written := 0
	session := vendor(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			written++
			simulator.WriteJSON(w, http.StatusOK, map[string]any{"id": 77, "text": "x"})
			return
		}
		var number int
		_, _ = fmt.Sscan(r.URL.Query().Get("page"), &number)
		note := map[string]any{"text": "Called again"}
		if number == 30 {
			note["text"] = "<p>Talk</p>sirocco:1"
		}
		if !strings.Contains(r.URL.Path, "/jobs/") {
			note["id"] = 100 + number
		}
		write(w, map[string]any{"data": []any{note}, "hasMore": number < 30})
	})
	for target, ref := range map[hub.Model]string{hub.ModelOpportunity: "sirocco:1", hub.ModelLead: "130", hub.ModelAccount: "130"} {
		found, err := servicetitan.Connector{}.WriteNote(t.Context(), session, connector.Note{Target: target, ExternalID: "1", Title: "Talk", Marker: "sirocco:1"})
		if err != nil || !found.Existed || found.ExternalID != ref || written != 0 {
			t.Errorf("%s: %+v %v, %d written", target, found, err, written)
		}
	}
	made, err := servicetitan.Connector{}.WriteNote(t.Context(), session, connector.Note{Target: hub.ModelLead, ExternalID: "1", Title: "Talk", Marker: "sirocco:2"})
	if err != nil || made.Existed || made.ExternalID != "77" || written != 1 {
		t.Errorf("%+v %v, %d written", made, err, written)
	}
	if _, err := (servicetitan.Connector{}).WriteNote(t.Context(), session, connector.Note{Target: hub.ModelUser, ExternalID: "1"}); !connector.IsKind(err, connector.Refused) {
		t.Errorf("on a user: %v", err)
	}
}

// TestNotesThatMoveUp takes another note away between two pages of a record's notes: ours moves into the page that was read.
func TestNotesThatMoveUp(t *testing.T) {
	for target, ahead := range map[hub.Model]int{hub.ModelAccount: 500, hub.ModelLead: 1000} {
		crm, session := standIn(t, simulator.Options{Records: 20})
		on := crm.Records(target)[0].ExternalID
		first := crm.Notes.Add(target, on, "Called.")
		for range ahead - 1 {
			crm.Notes.Add(target, on, "Called again.")
		}
		ours := crm.Notes.Add(target, on, "Talk sirocco:1")
		if target == hub.ModelLead { // on the last page others are left
			for range 20 {
				crm.Notes.Add(target, on, "Called once more.")
			}
		}
		session.HTTP.Transport = afterAnswer(func(r *http.Request) {
			if r.URL.Query().Get("page") == strconv.Itoa(ahead/500) {
				crm.Notes.Remove(first.ID)
			}
		})
		found, err := servicetitan.Connector{}.FindNote(t.Context(), session, connector.NoteQuery{Target: target, ExternalID: on, Markers: []string{"sirocco:1"}})
		if err != nil || found.ExternalID != ours.ID {
			t.Errorf("behind %d notes on %s: %+v %v", ahead, target, found, err)
		}
	}
}

// afterAnswer is told of each request whose answer has come.
type afterAnswer func(r *http.Request)

// RoundTrip implements http.RoundTripper.
func (f afterAnswer) RoundTrip(r *http.Request) (*http.Response, error) {
	w, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		f(r)
	}
	return w, err
}

// TestAnAnswerThatIsNoNote answers a new note with 200 and something else. A note of a job has no id by which it could be told, so
// that any answer counted.
func TestAnAnswerThatIsNoNote(t *testing.T) {
	for _, body := range []string{`null`, `{}`, `{"error":"temporarily unavailable"}`} {
		session := vendor(t, says(http.StatusOK, "application/json", body))
		for _, target := range []hub.Model{hub.ModelOpportunity, hub.ModelLead, hub.ModelAccount} {
			ref, err := servicetitan.Connector{}.WriteNote(t.Context(), session, connector.Note{Target: target, ExternalID: "1", Title: "Talk", Marker: "sirocco:1", Looked: true})
			if !connector.Unproven(err) {
				t.Errorf("%s on %s: %+v %v", body, target, ref, err)
			}
		}
	}
}

// TestANoteThatCannotBeRead may be the one that is looked for: then nothing says that there is none.
func TestANoteThatCannotBeRead(t *testing.T) {
	session := vendor(t, says(http.StatusOK, "application/json", `{"data":[{"id":1,"text":"Called"},{"id":2,"text":7}],"hasMore":false}`))
	found, err := servicetitan.Connector{}.FindNote(t.Context(), session, connector.NoteQuery{Target: hub.ModelAccount, ExternalID: "1", Markers: []string{"sirocco:1"}})
	if !connector.IsKind(err, connector.Malformed) || !strings.Contains(err.Error(), "has a note that cannot be read") || found != (connector.FoundNote{}) {
		t.Errorf("%+v %v", found, err)
	}
}
