package merge_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/connectortest"
	"sirocco/connector/merge"
	"sirocco/hub"
	"sirocco/simulator"
	simulated "sirocco/simulator/merge"
)

func TestConformance(t *testing.T) { connectortest.Run(t, merge.Connector{}, simulated.New) }

// standIn is Merge's stand-in with a session at it.
func standIn(t *testing.T) (*simulator.Server, *connector.Session) {
	t.Helper()
	crm := simulated.New(simulator.Options{Records: 20})
	server := httptest.NewServer(crm)
	t.Cleanup(server.Close)
	values, err := merge.Connector{}.Info().CompleteCredentials(crm.Values(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	return crm, &connector.Session{HTTP: server.Client(), Values: values, Now: time.Now}
}

// TestCheckNeedsAnAccount holds an answer that names no linked account to be none: its token would pass for that of any account.
func TestCheckNeedsAnAccount(t *testing.T) {
	crm, session := standIn(t)
	if account, err := (merge.Connector{}).Check(t.Context(), session); err != nil || account.ID == "" {
		t.Errorf("%+v %v", account, err)
	}
	crm.Faults.Script(simulator.Fault{Kind: simulator.NoRows})
	if account, err := (merge.Connector{}).Check(t.Context(), session); !connector.IsKind(err, connector.Malformed) {
		t.Errorf("an error with 200: %+v %v", account, err)
	}
}

// TestARefusedNote holds an answer of 201 that says in its body that the CRM behind did not take the note.
func TestARefusedNote(t *testing.T) {
	crm, session := standIn(t)
	note := connector.Note{Target: hub.ModelContact, ExternalID: crm.Records(hub.ModelContact)[0].ExternalID, Title: "Talk", Marker: "sirocco:1"}
	crm.Notes.Refuse("Notes are switched off")
	if ref, err := (merge.Connector{}).WriteNote(t.Context(), session, note); !connector.IsKind(err, connector.Refused) || !strings.Contains(err.Error(), "Notes are switched off") {
		t.Errorf("%+v %v", ref, err)
	}
	if ref, err := (merge.Connector{}).WriteNote(t.Context(), session, note); err != nil || ref.Existed || ref.ExternalID == "" {
		t.Errorf("%+v %v", ref, err)
	}
	for _, v := range crm.Violations() {
		t.Error(v)
	}
}

// TestOwnFields holds the vendor's own fields, and values that are not of their types.
func TestOwnFields(t *testing.T) {
	c := merge.Connector{}
	crm, session := standIn(t)
	id := crm.Records(hub.ModelOpportunity)[0].ExternalID
	set := func(name string, value any) error {
		return c.SetFields(t.Context(), session, connector.Fields{Target: hub.ModelOpportunity, ExternalID: id, Values: map[string]any{name: value}})
	}
	for _, good := range []struct {
		name  string
		value any
	}{{"amount", 4200.4}, {"status", "won"}, {"close_date", "2026-05-01"}, {"name", "Roof"}, {"Wants financing", "no"}} {
		if err := set(good.name, good.value); err != nil {
			t.Errorf("%s: %v", good.name, err)
		}
	}
	row, _ := crm.Get(hub.ModelOpportunity, id)
	if d := row.Details; *d.Amount != 4200 || d.Disposition != "WON" || d.ClosedAt != "2026-05-01T00:00:00.000Z" || row.Name != "Roof" {
		t.Errorf("%s: %+v, amount %g", row.Name, d, *d.Amount)
	}
	for _, bad := range []struct {
		name  string
		value any
	}{{"amount", "a lot"}, {"amount", "1e300"}, {"status", "maybe"}, {"close_date", "soon"}, {"Budget", "NaN"}, {"Wants financing", 1.0}, {"account", "x"}} {
		if err := set(bad.name, bad.value); !connector.IsKind(err, connector.Refused) || !strings.Contains(err.Error(), bad.name) {
			t.Errorf("%s = %v: %v", bad.name, bad.value, err)
		}
	}
	if after, _ := crm.Get(hub.ModelOpportunity, id); !after.ModifiedAt.Equal(row.ModifiedAt) {
		t.Error("what was refused has changed the record")
	}
	for _, v := range crm.Violations() {
		t.Error(v)
	}
}
