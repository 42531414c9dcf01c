package servicetitan

import (
	"net/url"
	"strings"

	"sirocco/hub"
)

// RecordURL implements connector.Linker. Addresses of other pages than these are not known.
func (Connector) RecordURL(m hub.Model, externalID string) string {
	page := map[hub.Model]string{hub.ModelOpportunity: "Job/Index/", hub.ModelAccount: "Customer/"}[m]
	if page == "" || externalID == "" || strings.Contains(externalID, ":") {
		return ""
	}
	return "https://go.servicetitan.com/#/" + page + url.PathEscape(externalID)
}
