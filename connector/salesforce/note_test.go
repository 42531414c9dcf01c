package salesforce_test

import (
	"maps"
	"testing"

	"sirocco/connector"
	"sirocco/connector/salesforce"
	"sirocco/hub"
	"sirocco/simulator"
)

// TestNotesOnWhatTakesNone refuses notes on records that cannot have any, without asking the vendor.
func TestNotesOnWhatTakesNone(t *testing.T) {
	crm, _, session := standIn(t, simulator.Options{Records: 20}, nil)
	c, before := salesforce.Connector{}, crm.Requests()
	for name, on := range map[string]hub.RecordRef{
		"an id that is none of Salesforce":      {Model: hub.ModelAccount, ExternalID: "1"},
		"an id that would be a part of a query": {Model: hub.ModelLead, ExternalID: "00Q' OR Id <>'x"},
		"no id":                                 {Model: hub.ModelAccount},
		"a model that takes no notes":           {Model: hub.ModelUser, ExternalID: "005000000000001AAA"},
	} {
		if _, err := c.WriteNote(t.Context(), session, connector.Note{Target: on.Model, ExternalID: on.ExternalID, Title: "Talk", Marker: "sirocco:one", Looked: true}); !connector.IsKind(err, connector.Refused) {
			t.Errorf("%s: written: %v", name, err)
		}
		if _, err := c.FindNote(t.Context(), session, connector.NoteQuery{Target: on.Model, ExternalID: on.ExternalID, Markers: []string{"sirocco:one"}}); !connector.IsKind(err, connector.Refused) {
			t.Errorf("%s: looked for: %v", name, err)
		}
	}
	if after := crm.Requests(); !maps.Equal(after, before) {
		t.Errorf("it was asked: %v, and before %v", after, before)
	}
}
