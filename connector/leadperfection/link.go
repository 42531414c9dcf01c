package leadperfection

import (
	"net/url"
	"strings"

	"sirocco/hub"
)

// recordURL is the address of a job's page in the web app, which begins with the client id where that is a name of hosts; "" for
// other records, whose pages are not known, and over a server for tests, as is the address of its web app.
func (t *teller) recordURL(m hub.Model, externalID string) string {
	label := strings.ToLower(t.tenant)
	if m != hub.ModelOpportunity || externalID == "" || label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || t.tests {
		return ""
	}
	return "https://" + label + ".leadperfection.com/jobdetail.html?jobid=" + url.QueryEscape(externalID)
}

// isForTests reports whether a base URL is that of one of the vendor's servers for tests.
func isForTests(baseURL string) bool {
	u, err := url.Parse(baseURL)
	return err == nil && strings.HasPrefix(u.Hostname(), "apitest")
}
