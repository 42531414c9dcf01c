// Package merge connects to CRMs through Merge's unified CRM API.
//
// What it serves is a copy, which its syncs bring up to date: how far each model's goes is told in status.go.
//
// What the vendor's description leaves open, and how it is read here: modified_after is taken as
// inclusive or not (the look-back makes both right); the order of a list is unknown, so nothing
// depends on it; a deleted record is told of by remote_was_deleted when include_deleted_data is asked
// for, except that engagement types have no such mark and are enumerated. Ids are Merge's own, as all
// references between records are; the CRM's own is kept beside it. The value of a
// remote field is described as an object; by the vendor's guides and clients it is whatever the field takes.
//
// Tasks are engagements of no kind that counts as an appointment, see task.go.
package merge

import (
	"net/http"
	"net/url"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

const (
	service = "Merge"
	// maxPageSize is the largest page that the vendor gives.
	maxPageSize = 100
)

// Connector is the connector of MERGE.
type Connector struct{}

// Info implements connector.Connector. The rate is that of the vendor's smallest plan.
func (Connector) Info() hub.PlatformInfo {
	model := func(m hub.Model) hub.ModelInfo {
		return hub.ModelInfo{Model: m, Incremental: true, ReportsDeletes: m != hub.ModelEngagementType}
	}
	return hub.PlatformInfo{
		Platform: hub.PlatformMerge,
		Name:     service,
		Models: []hub.ModelInfo{
			model(hub.ModelUser), model(hub.ModelAccount), model(hub.ModelContact), model(hub.ModelLead),
			model(hub.ModelOpportunity), model(hub.ModelEngagementType), model(hub.ModelEngagement),
		},
		Credentials: []hub.CredentialField{
			{Name: "apiKey", Doc: "The production access key of your Merge account.", Required: true, Secret: true},
			{Name: "accountToken", Doc: "The account token of the linked account.", Required: true, Secret: true},
			{Name: "baseURL", Doc: "The address of the API; change it for another region or a sandbox.", Default: "https://api.merge.dev/api"},
			{Name: "idempotency", Doc: "on where Merge has switched idempotency keys on for your organization: a note whose answer was lost is then sent again at once.", Default: "off", Words: []string{"on", "off"}},
		},
		Rate:         hub.Rate{Requests: 100, Per: time.Minute},
		Failures:     hub.Rate{Requests: 20, Per: 10 * time.Second},
		LookBack:     lookBack,
		NoteLag:      noteLag,
		NoteTargets:  []hub.Model{hub.ModelAccount, hub.ModelContact, hub.ModelOpportunity},
		FieldTargets: []hub.Model{hub.ModelAccount, hub.ModelContact, hub.ModelOpportunity, hub.ModelEngagement},
	}
}

func request(s *connector.Session, path string, query url.Values) connector.Request {
	return connector.Request{
		Service: service, Path: "/crm/v1/" + path, Query: query,
		Header:  http.Header{"Authorization": {"Bearer " + s.Values["apiKey"]}, "X-Account-Token": {s.Values["accountToken"]}},
		Problem: problem,
	}
}
