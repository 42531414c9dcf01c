package salesforce_test

import (
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/salesforce"
	"sirocco/hub"
	"sirocco/simulator"
	simulated "sirocco/simulator/salesforce"
)

// TestKeyOnOneLine signs with the key as the base64 of its PEM alone, as people paste it.
func TestKeyOnOneLine(t *testing.T) {
	_, _, session := standIn(t, simulator.Options{}, nil)
	block, _ := pem.Decode([]byte(session.Values["privateKey"]))
	for name, text := range map[string]string{
		"base64": base64.StdEncoding.EncodeToString(block.Bytes), "escaped": strings.ReplaceAll(session.Values["privateKey"], "\n", `\n`),
	} {
		session.Values["privateKey"] = text
		if _, err := (salesforce.Connector{}).Authorize(t.Context(), session); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOurClockIsWrong signs by a clock that is a day ahead: the vendor's own counts then.
func TestOurClockIsWrong(t *testing.T) {
	_, _, session := standIn(t, simulator.Options{}, nil)
	session.Now = func() time.Time { return time.Now().Add(25 * time.Hour) }
	if _, err := (salesforce.Connector{}).Authorize(t.Context(), session); err != nil {
		t.Error(err)
	}
}

// TestRefusalsSayWhy signs in as one who may not, and with nothing.
func TestRefusalsSayWhy(t *testing.T) {
	_, _, session := standIn(t, simulator.Options{}, nil)
	session.Values["username"] = "somebody@acme.example"
	if _, err := (salesforce.Connector{}).Authorize(t.Context(), session); !connector.IsKind(err, connector.Unauthorized) || !strings.Contains(err.Error(), "approved") {
		t.Errorf("a user who has not approved: %v", err)
	}
	session.Values["username"] = ""
	if _, err := (salesforce.Connector{}).Authorize(t.Context(), session); !connector.IsKind(err, connector.Unauthorized) || !strings.Contains(err.Error(), "nothing to sign in with") {
		t.Errorf("nothing to sign in with: %v", err)
	}
}

// TestRefreshTokensRotate: each is good once, and what comes in its place is told.
func TestRefreshTokensRotate(t *testing.T) {
	_, organization, session := standIn(t, simulator.Options{}, simulated.RefreshValues)
	c := salesforce.Connector{}
	if token, err := c.Authorize(t.Context(), session); err != nil || token.Replace != nil {
		t.Fatalf("without rotation: %+v %v", token, err)
	}
	organization.Rotate()
	first, err := c.Authorize(t.Context(), session)
	if err != nil || first.Replace["refreshToken"] == "" || !c.Renews(session) {
		t.Fatalf("%+v %v", first, err)
	}
	session.Values["refreshToken"] = first.Replace["refreshToken"]
	if _, err := c.Authorize(t.Context(), session); err != nil {
		t.Errorf("the one in its place: %v", err)
	}
	if _, err := c.Authorize(t.Context(), session); !connector.IsKind(err, connector.Unauthorized) || strings.Contains(err.Error(), session.Values["refreshToken"]) {
		t.Errorf("one that is used again: %v", err)
	}
}

// TestMarkersInAField writes notes by an external-id field: whatever is lost, a marker has one task.
func TestMarkersInAField(t *testing.T) {
	crm, organization, session := standIn(t, simulator.Options{Records: 20}, nil)
	organization.HaveMarkers()
	session.Values["noteField"] = simulated.MarkerField
	c := salesforce.Connector{}
	note := connector.Note{Target: hub.ModelOpportunity, ExternalID: crm.Rows(hub.ModelOpportunity)[0], Title: strings.Repeat("Long ", 100), Body: "They signed.", Marker: "sirocco:one", Looked: true}
	crm.Faults.Script(simulator.Fault{Kind: simulator.Drop})
	if _, err := c.WriteNote(t.Context(), session, note); !connector.Unproven(err) {
		t.Fatalf("a lost answer: %v", err)
	}
	ref, err := c.WriteNote(t.Context(), session, note) // without a look: the field alone sees to it
	if err != nil || !ref.Existed || len(crm.Notes.All()) != 1 {
		t.Errorf("%+v %v, %d notes", ref, err, len(crm.Notes.All()))
	}
	found, err := c.FindNote(t.Context(), session, connector.NoteQuery{Target: note.Target, ExternalID: note.ExternalID, Markers: []string{note.Marker}})
	if err != nil || found.ExternalID != ref.ExternalID {
		t.Errorf("%+v %v", found, err)
	}
	for _, v := range crm.Violations() {
		t.Error(v)
	}
}
