package salesforce

import (
	"net/url"

	"sirocco/connector"
	"sirocco/hub"
)

// recordURL is the address of a record's page in the organization's web app: that of the object that the record is read from. Who
// takes part in something has no page.
func (src Source) recordURL(s *connector.Session, r *hub.Record) string {
	at, err := url.Parse(s.Values["baseURL"])
	if err != nil || at.Host == "" || r.ExternalID == "" || r.Model == hub.ModelOpportunityUser || r.Model == hub.ModelEngagementUser {
		return ""
	}
	page := url.URL{Scheme: at.Scheme, Host: at.Host, Path: "/lightning/r/" + src.Object + "/" + r.ExternalID + "/view"}
	return page.String()
}
