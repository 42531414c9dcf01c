package engine

import (
	"testing"

	"sirocco/hub"
)

// TestWhomAnAppointmentIsWith asks whether an appointment is still with whom a note was sent to: the order of its contacts tells nothing.
func TestWhomAnAppointmentIsWith(t *testing.T) {
	crm := &hub.LinkedCRM{
		Engagement: &hub.CRMIdentity{Key: "e"}, Opportunity: &hub.CRMIdentity{Key: "o"}, Account: &hub.CRMIdentity{Key: "a"}, Lead: &hub.CRMIdentity{Key: "l"},
		Contacts: []hub.CRMIdentity{{Key: "c2"}, {Key: "c1"}},
	}
	for on, want := range map[hub.RecordRef]bool{
		{Model: hub.ModelContact, ExternalID: "c1"}: true, {Model: hub.ModelContact, ExternalID: "c2"}: true, {Model: hub.ModelContact, ExternalID: "c3"}: false,
		{Model: hub.ModelAccount, ExternalID: "a"}: true, {Model: hub.ModelAccount, ExternalID: "c1"}: false, {Model: hub.ModelLead, ExternalID: "l"}: true,
		{Model: hub.ModelOpportunity, ExternalID: "o"}: false, // where the job is another the note is taken to that
	} {
		if got := isWith(crm, on); got != want {
			t.Errorf("%+v: %t", on, got)
		}
	}
	if isWith(&hub.LinkedCRM{}, hub.RecordRef{Model: hub.ModelAccount, ExternalID: "a"}) {
		t.Error("one with nobody is with an account")
	}
}
