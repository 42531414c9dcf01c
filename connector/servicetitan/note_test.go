package servicetitan_test

import (
	"fmt"
	"net/http"
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
