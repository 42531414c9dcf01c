package leadperfection

import (
	"testing"

	"sirocco/hub"
)

// TestRecordURL names the pages of jobs in the account's web app, and none of what a server for tests tells.
func TestRecordURL(t *testing.T) {
	for _, c := range []struct {
		tenant, baseURL string
		model           hub.Model
		want            string
	}{
		{"Acme-1", "https://api.leadperfection.com", hub.ModelOpportunity, "https://acme-1.leadperfection.com/jobdetail.html?jobid=7%2F8"},
		{"acme", "https://api3.leadperfection.com", hub.ModelAccount, ""},
		{"acme", "https://apitest2.leadperfection.com", hub.ModelOpportunity, ""},
		{"acme.example/", "https://api.leadperfection.com", hub.ModelOpportunity, ""},
		{"", "https://api.leadperfection.com", hub.ModelOpportunity, ""},
	} {
		teller := &teller{tenant: c.tenant, tests: isForTests(c.baseURL)}
		if got := teller.recordURL(c.model, "7/8"); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
