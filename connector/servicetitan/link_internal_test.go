package servicetitan

import (
	"testing"

	"sirocco/connector"
	"sirocco/hub"
)

// TestRecordURL names the pages of jobs and customers, and of nothing else, in the web app of the environment that is read.
func TestRecordURL(t *testing.T) {
	for _, c := range []struct {
		baseURL    string
		model      hub.Model
		externalID string
		want       string
	}{
		{"https://api.servicetitan.io", hub.ModelOpportunity, "12", "https://go.servicetitan.com/#/Job/Index/12"},
		{"https://api.servicetitan.io", hub.ModelAccount, "34", "https://go.servicetitan.com/#/Customer/34"},
		{"https://api-integration.servicetitan.io", hub.ModelOpportunity, "12", "https://integration.servicetitan.com/#/Job/Index/12"},
		{"https://API-integration.servicetitan.io:443/", hub.ModelAccount, "34", "https://integration.servicetitan.com/#/Customer/34"},
		{"http://127.0.0.1:8090", hub.ModelAccount, "34", "https://go.servicetitan.com/#/Customer/34"}, // a proxy before the API
		{"https://api.servicetitan.io", hub.ModelEngagement, "56", ""},
		{"https://api.servicetitan.io", hub.ModelLead, "56", ""},
		{"https://api.servicetitan.io", hub.ModelUser, "employee:7", ""},
		{"https://api.servicetitan.io", hub.ModelOpportunity, "", ""},
	} {
		s := &connector.Session{Values: map[string]string{"baseURL": c.baseURL}}
		if got := recordURL(s, c.model, c.externalID); got != c.want {
			t.Errorf("%s %s %s: %q, want %q", c.baseURL, c.model, c.externalID, got, c.want)
		}
	}
}
