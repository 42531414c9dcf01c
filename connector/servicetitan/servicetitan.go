// Package servicetitan connects to ServiceTitan. Technicians and employees are its users, customers its accounts, jobs
// its opportunities, appointments and non-job appointments its engagements, assignments of technicians the users of
// these; notes go on jobs, leads and customers.
//
// What the vendor's descriptions leave open, and how it is read here. Pages have numbers, and a row that vanishes while
// someone pages would hide another one: so lists are asked for in the order of creation, and each page starts at the time
// of creation that the one before ended with, which no change can shift. Technicians and employees cannot be sorted; they
// are few and fit in one page. Whether a page begins with the rows of exactly that time does not matter: what comes
// twice unchanged is not written twice. A list ignores questions that it does not know, so rows are held against them.
//
// Inactive rows count as deleted, as do canceled appointments until that is taken back; leads and jobs vanish without a
// word and are found missing by enumeration. An assignment changes without its appointment, so assignments are a model
// with a cursor of its own. Where a job's work is its location says, not the customer, whose address is for bills; what
// it brought the sold estimates say. What is read beside a list (contacts, estimates, locations) is asked for by the ids
// of the page's rows, and its own changes are read after those of the list. A note has no id of its own, so its marker
// stands for it. Whether a customer's custom fields are replaced as a whole, as a job's are, is left open; all are sent,
// which is right either way.
package servicetitan

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

const (
	service = "ServiceTitan"
	// maxPageSize is the largest page asked for; countedMost that of lists that should be on one page, and partSize that
	// of what is asked for by ids: the vendor's most.
	maxPageSize, countedMost, partSize = 500, 5000, 5000
	// idsMost is how many ids the vendor takes at once.
	idsMost = 50
	// maxPartPages bounds the pages that the rows of some ids fill.
	maxPartPages = 20
	// requestTimeout is how long the vendor takes for an answer at most, and asks its clients to wait.
	requestTimeout = 100 * time.Second
)

// Connector is the connector of SERVICE_TITAN.
type Connector struct{}

// Info implements connector.Connector. The rate is the vendor's: 60 requests a second for an app and tenant.
func (Connector) Info() hub.PlatformInfo {
	return hub.PlatformInfo{
		Platform: hub.PlatformServiceTitan,
		Name:     service,
		Models: []hub.ModelInfo{
			{Model: hub.ModelUser, Incremental: true, ReportsDeletes: true, Right: technicians.right},
			{Model: hub.ModelAccount, Incremental: true, ReportsDeletes: true, Right: customers.right},
			{Model: hub.ModelLead, Incremental: true, Right: leads.right},
			{Model: hub.ModelOpportunity, Incremental: true, Right: jobs.right},
			{Model: hub.ModelEngagement, Incremental: true, ReportsDeletes: true, Right: appointments.right},
			{Model: hub.ModelEngagementUser, Incremental: true, ReportsDeletes: true, Right: assignments.right},
		},
		Credentials: []hub.CredentialField{
			{Name: "clientId", Doc: "The client id of your app.", Required: true},
			{Name: "clientSecret", Doc: "The client secret of your app.", Required: true, Secret: true},
			{Name: "appKey", Doc: "The application key of your app.", Required: true, Secret: true},
			{Name: "tenant", Doc: "The tenant's number; the connection's externalAccountId unless given.", Account: true},
			{Name: "baseURL", Doc: "The address of the API; change it for the integration environment.", Default: "https://api.servicetitan.io"},
			{Name: "authURL", Doc: "The address that gives access tokens.", Default: "https://auth.servicetitan.io"},
		},
		Rate:           hub.Rate{Requests: 60, Per: time.Second},
		RequestTimeout: requestTimeout,
		NoteTargets:    []hub.Model{hub.ModelOpportunity, hub.ModelLead, hub.ModelAccount},
		FieldTargets:   []hub.Model{hub.ModelOpportunity, hub.ModelAccount},
	}
}

// Check implements connector.Connector.
func (Connector) Check(ctx context.Context, s *connector.Session) (connector.Account, error) {
	_, err := ask(ctx, s, technicians, url.Values{"pageSize": {"1"}})
	return connector.Account{ID: tenantOf(s)}, err
}

// number is an id of the vendor's, which it may write as a text, too; 0 is none.
type number int64

// UnmarshalJSON reads a number or a text that is one.
func (n *number) UnmarshalJSON(b []byte) error {
	var written connector.ID
	if err := written.UnmarshalJSON(b); err != nil {
		return err
	}
	*n = 0
	if written == "" {
		return nil
	}
	id, err := strconv.ParseInt(string(written), 10, 64)
	*n = number(id)
	return err
}

// id is an id as the hub has it; the vendor's 0 is none.
func id(n number) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(int64(n), 10)
}
