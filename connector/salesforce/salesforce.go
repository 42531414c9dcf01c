// Package salesforce connects to Salesforce. Users are its users, accounts, contacts, leads and opportunities what they are
// called, events its engagements; the users of an opportunity are its team's members, those of an engagement its invitees.
// Notes are completed tasks. A mapping, which each connection may have of its own, says which object and which fields are what.
//
// How the vendor's facts are read. An object is described before a run reads it: fields that the user may not see are
// missing there, and are left out with a word. Rows are asked for by queryAll in the order of (SystemModstamp, Id), each page
// beginning behind the last row of the one before, so that no change shifts a row past a reader: a row that changes moves to
// the end, where it is met again. An object of many rows that is read from the beginning is read by a Bulk query job instead, whose
// results are CSV in parts, in no order. SystemModstamp counts in whole seconds, so an instant may have more rows than a page.
// Deleted rows are among the others, as IsDeleted, while the recycle bin has them; those that left it are told by the list of
// deletions, which goes back 15 days; what both do not know any more is found missing by enumeration, and asked for by its id.
// A row that was merged names its master. A converted lead names what it became, and its notes go there.
//
// Common knowledge that no text at hand states, and that the stand-in shows: that queryAll has what is in the bin, that
// SystemModstamp moves with a deletion, that Description cannot be filtered and Subject can, that users are never deleted
// but inactive, that invitees are EventRelation and child rows double a meeting.
package salesforce

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

const (
	service = "Salesforce"
	// version is the newest version of the API that is known here; each is served for years.
	version = "v67.0"
	// maxPageSize is how many rows the vendor answers with at most.
	maxPageSize = 2000
	// requestTimeout is how long a page may take: the vendor's own limit of 10 minutes is more than a job has.
	requestTimeout = 2 * time.Minute
	// noteLag is how long a task that was taken may be missing from queries.
	noteLag = time.Minute
	// noteMost is how many characters the description of a task has.
	noteMost = 32_000
	// signsInBy is what signing in takes.
	signsInBy = "a user name and a private key, or a refresh token"
)

// Connector is the connector of SALESFORCE.
type Connector struct{}

// Info implements connector.Connector. The vendor has no rate but a daily allowance, which everybody in the organization
// shares: see the setting budget.
func (Connector) Info() hub.PlatformInfo {
	return hub.PlatformInfo{
		Platform: hub.PlatformSalesforce,
		Name:     service,
		Models: []hub.ModelInfo{
			{Model: hub.ModelUser, Incremental: true, ReportsDeletes: true, Right: "to see User"},
			{Model: hub.ModelAccount, Incremental: true, Right: "to see Account"},
			{Model: hub.ModelContact, Incremental: true, Right: "to see Contact"},
			{Model: hub.ModelLead, Incremental: true, Right: "to see Lead"},
			{Model: hub.ModelOpportunity, Incremental: true, Right: "to see Opportunity"},
			{Model: hub.ModelOpportunityUser, Incremental: true, Right: "to see OpportunityTeamMember"},
			{Model: hub.ModelEngagement, Incremental: true, Right: "to see Event"},
			{Model: hub.ModelEngagementUser, Incremental: true, Right: "to see EventRelation"},
		},
		Credentials: []hub.CredentialField{
			{Name: "baseURL", Doc: "The address of the organization, https://<my domain>.my.salesforce.com.", Required: true},
			{Name: "clientId", Doc: "The consumer key of your app.", Required: true},
			{Name: "username", Doc: "The user name that the app signs in as, with privateKey.", Unless: "refreshToken", Missing: signsInBy},
			{Name: "privateKey", Doc: "The private RSA key of the certificate that the app has, as PEM or its base64 alone.", Secret: true, Lines: true, Unless: "refreshToken", Missing: signsInBy},
			{Name: "refreshToken", Doc: "A refresh token, the older way to sign in; it is not used where there are username and privateKey.", Secret: true},
			{Name: "clientSecret", Doc: "The consumer secret of your app, where refreshing wants it.", Secret: true},
			{Name: "authURL", Doc: "The address that gives access tokens; https://test.salesforce.com for sandboxes.", Default: "https://login.salesforce.com"},
			{Name: "budget", Doc: "How many per cent of the organization's daily calls may be used, by everybody, before reading waits.", Default: "80"},
			{Name: "bulkFrom", Doc: "From how many rows on an object that is read whole is read by a Bulk job; 0 never reads one so.", Default: "2000"},
			{Name: "noteField", Doc: "The API name of an external-id field of Task that takes a note's marker, where the organization has one."},
			{Name: "namespace", Doc: "What the names of custom fields begin with that are asked for without it."},
			{Name: "isProd", Doc: "Whether the organization is a production one, as PUT .../salesforce says: true or false.", Words: []string{"true", "false"}, APIAlone: true},
			{Name: "useProdEca", Doc: "Which of two apps signs in, as PUT .../salesforce says: true or false. It is kept, and changes nothing: clientId names the app.", Words: []string{"true", "false"}, APIAlone: true},
		},
		Rate:           hub.Rate{Requests: 20, Per: time.Second},
		RequestTimeout: requestTimeout,
		NoteTargets:    noteTargets,
		NoteMost:       noteMost,
		NoteLag:        noteLag,
		FieldTargets:   []hub.Model{hub.ModelOpportunity, hub.ModelAccount, hub.ModelContact, hub.ModelLead, hub.ModelEngagement},
		Mapping:        mappingInfo(),
	}
}

// Check implements connector.Connector. The account is the organization that the user is of.
func (Connector) Check(ctx context.Context, s *connector.Session) (connector.Account, error) {
	if _, err := budgetOf(s); err != nil {
		return connector.Account{}, err
	}
	if _, err := bulkFrom(s); err != nil {
		return connector.Account{}, err
	}
	rows, _, err := query(ctx, s, "query", "SELECT Id, Name FROM Organization LIMIT 1")
	if err != nil {
		return connector.Account{}, err
	}
	var organization struct{ ID, Name string }
	if len(rows.records) != 1 || json.Unmarshal(rows.records[0], &organization) != nil || len(organization.ID) < shortID { //nolint:musttag // rows read themselves
		return connector.Account{}, connector.Fail(connector.Malformed, service, "the organization does not say its id")
	}
	account := connector.Account{ID: organization.ID, Name: organization.Name}
	if of := s.ExternalAccountID; strings.HasPrefix(of, organizationPrefix) && len(of) >= shortID && of[:shortID] != organization.ID[:shortID] {
		return account, connector.Fail(connector.Refused, service, "the credentials open the organization %s, and the connection is of %s", organization.ID, of)
	}
	return account, nil
}

// An id has 15 characters, or 18 of which the last 3 only say which of the others are capitals.
const shortID = 15

// What ids of some objects begin with.
const (
	organizationPrefix = "00D"
	queuePrefix        = "00G"
	accountPrefix      = "001"
	contactPrefix      = "003"
	userPrefix         = "005"
	opportunityPrefix  = "006"
	leadPrefix         = "00Q"
)

// path is a path of the API, of parts that may hold anything.
func path(parts ...string) string {
	var all strings.Builder
	all.WriteString("/services/data/" + version)
	for _, part := range parts {
		all.WriteString("/" + url.PathEscape(part))
	}
	return all.String()
}
