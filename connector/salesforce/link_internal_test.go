package salesforce

import (
	"testing"

	"sirocco/connector"
	"sirocco/hub"
)

// TestRecordURL names a record's page by the object that it is read from, at the organization's own address.
func TestRecordURL(t *testing.T) {
	for _, c := range []struct {
		baseURL, object string
		of              hub.Record
		want            string
	}{
		{"https://acme.my.salesforce.com", "Account", hub.Record{Model: hub.ModelAccount, ExternalID: "001A"}, "https://acme.my.salesforce.com/lightning/r/Account/001A/view"},
		{"https://acme--dev.sandbox.my.salesforce.com/", "Event", hub.Record{Model: hub.ModelEngagement, ExternalID: "00UA"}, "https://acme--dev.sandbox.my.salesforce.com/lightning/r/Event/00UA/view"},
		{"https://acme.my.salesforce.com/services", "i360__Sale__c", hub.Record{Model: hub.ModelOpportunity, ExternalID: "a0B"}, "https://acme.my.salesforce.com/lightning/r/i360__Sale__c/a0B/view"},
		{"https://acme.my.salesforce.com", "EventRelation", hub.Record{Model: hub.ModelEngagementUser, ExternalID: "0RE"}, ""},
		{"https://acme.my.salesforce.com", "OpportunityTeamMember", hub.Record{Model: hub.ModelOpportunityUser, ExternalID: "00q"}, ""},
		{"https://acme.my.salesforce.com", "Account", hub.Record{Model: hub.ModelAccount}, ""},
		{"acme", "Account", hub.Record{Model: hub.ModelAccount, ExternalID: "001A"}, ""},
	} {
		s := &connector.Session{Values: map[string]string{"baseURL": c.baseURL}}
		if got := (Source{Object: c.object}).recordURL(s, &c.of); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.baseURL, c.object, got, c.want)
		}
	}
}
