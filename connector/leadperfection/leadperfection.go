// Package leadperfection connects to LeadPerfection. Its customers are accounts here; their leads, the jobs of these, as
// opportunities, and their appointments, as engagements, come inside the customers. Notes go on customers.
//
// The vendor publishes what may be asked and not what is answered, so fields are known by the spellings that programs have
// read, all in field.go, whatever their case. Customers come by windows of days in which something of them happened
// (window.go); times have no zone and are in the tenant's (zone.go); refusals come inside answers of 200, and what is
// answered to a note proves nothing (client.go, note.go).
package leadperfection

import (
	"context"
	"net/url"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

const (
	service = "LeadPerfection"
	// requestTimeout bounds one request: large ones have been seen to take more than a minute.
	requestTimeout = 2 * time.Minute
)

// Connector is the connector of LEAD_PERFECTION.
type Connector struct{}

// Info implements connector.Connector. The vendor names no rate.
func (Connector) Info() hub.PlatformInfo {
	return hub.PlatformInfo{
		Platform: hub.PlatformLeadPerfection,
		Name:     service,
		Models: []hub.ModelInfo{
			{Model: hub.ModelUser, Right: "ListSalesReps"},
			{Model: hub.ModelAccount, Incremental: true, Also: children, Right: "GetLead"},
		},
		Credentials: []hub.CredentialField{
			{Name: "clientId", Doc: "The client id, which is the name of your account in the addresses of LeadPerfection's web app.", Required: true},
			{Name: "username", Doc: "The name of an API user of your account.", Required: true},
			{Name: "password", Doc: "The password of that user.", Required: true, Secret: true},
			{Name: "appKey", Doc: "The app key that LeadPerfection gave you.", Required: true, Secret: true},
			{Name: "timeZone", Doc: "The IANA name of the time zone that your account is in, as LeadPerfection tells times without one.", Required: true, Zone: true},
			{Name: "baseURL", Doc: "The address of the server that your account lives on.", Default: "https://api.leadperfection.com"},
		},
		Rate:           hub.Rate{Requests: 5, Per: time.Second},
		Serial:         true,
		RequestTimeout: requestTimeout,
		NoteTargets:    []hub.Model{hub.ModelAccount},
		NotesReadBack:  true,
	}
}

// children are the models whose records come inside customers.
var children = []hub.Model{hub.ModelLead, hub.ModelOpportunity, hub.ModelEngagement}

// Check implements connector.Connector. The client id is the account's; a test server's is another account.
func (Connector) Check(ctx context.Context, s *connector.Session) (connector.Account, error) {
	zone, err := zoneOf(s)
	if err != nil {
		return connector.Account{}, err
	}
	today := dayOf(s.Now(), zone)
	if _, err := leads(ctx, s, window{from: today, to: today, start: 1, size: 1}); err != nil {
		return connector.Account{}, err
	}
	account := connector.Account{ID: strings.ToLower(s.Values["clientId"]), Name: s.Values["clientId"]}
	if at, err := url.Parse(s.Values["baseURL"]); err == nil && strings.HasPrefix(at.Hostname(), "apitest") {
		account.ID, account.Name = account.ID+" (test)", account.Name+" (test)"
	}
	return account, nil
}

// Fetch implements connector.Connector.
func (Connector) Fetch(ctx context.Context, s *connector.Session, q connector.Query) (connector.Page, error) {
	if q.Model == hub.ModelUser {
		return fetchUsers(ctx, s)
	}
	at, err := connector.ReadPlace(service, q.Next, place{}, func(at place) bool { return at.Start >= 1 })
	if err != nil {
		return connector.Page{}, err
	}
	return fetchCustomers(ctx, s, q, at)
}
