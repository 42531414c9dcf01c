package servicetitan

import (
	"net/url"
	"strings"

	"sirocco/connector"
	"sirocco/hub"
)

// The web apps of the vendor's two environments, whose records have ids of their own, and the API of the one that is not the
// production.
const (
	webApp            = "https://go.servicetitan.com"
	integrationWebApp = "https://integration.servicetitan.com"
	integrationAPI    = "api-integration.servicetitan.io"
)

// pages are where the web app shows the records of a model. Addresses of other pages are not known.
var pages = map[hub.Model]string{hub.ModelOpportunity: "/#/Job/Index/", hub.ModelAccount: "/#/Customer/"}

// recordURL is the address of a record's page in the web app of the environment that the session's API is of, "" for a record
// without a page that is known.
func recordURL(s *connector.Session, m hub.Model, externalID string) string {
	page := pages[m]
	if page == "" || externalID == "" {
		return ""
	}
	app := webApp
	if u, err := url.Parse(s.Values["baseURL"]); err == nil && strings.EqualFold(u.Hostname(), integrationAPI) {
		app = integrationWebApp
	}
	return app + page + url.PathEscape(externalID)
}
