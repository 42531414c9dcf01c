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

// TestATaskIsKnownByItsID finds a task that was renamed, on its record by whichever of its two ids that is asked for, and says that its text is not ours alone
// any more.
func TestATaskIsKnownByItsID(t *testing.T) {
	crm, _, session := standIn(t, simulator.Options{Records: 20}, nil)
	c, on := salesforce.Connector{}, crm.Records(hub.ModelAccount)[0].ExternalID
	note := connector.Note{Target: hub.ModelAccount, ExternalID: on, Title: "Talk", Body: "They want a new roof.", Marker: "sirocco:one", Looked: true}
	ref, err := c.WriteNote(t.Context(), session, note)
	if err != nil {
		t.Fatal(err)
	}
	find := func(on string) connector.FoundNote {
		t.Helper()
		found, err := c.FindNote(t.Context(), session, connector.NoteQuery{Target: hub.ModelAccount, ExternalID: on, Markers: []string{note.Marker}, NoteID: ref.ExternalID})
		if err != nil || found.ExternalID != ref.ExternalID || found.Marker != note.Marker {
			t.Fatalf("%+v %v", found, err)
		}
		return found
	}
	for _, id := range []string{on, on[:15]} {
		if found := find(id); found.Moved || found.Text != connector.NoteText(note) {
			t.Errorf("on %s: %+v", id, found)
		}
	}
	for _, renamed := range []string{"Called", "Called sirocco:one"} {
		crm.Notes.Rename(ref.ExternalID, renamed)
		if found := find(on); found.Moved || found.Text != renamed+"\n\n"+connector.NoteText(note) {
			t.Errorf("renamed to %q: %+v", renamed, found)
		}
	}
	if found := find(crm.Records(hub.ModelAccount)[1].ExternalID); !found.Moved {
		t.Errorf("on another record: %+v", found)
	}
}
