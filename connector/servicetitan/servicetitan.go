// Package servicetitan connects to ServiceTitan. Technicians are its users, customers its accounts, jobs its
// opportunities and appointments its engagements; notes go on jobs.
//
// What the vendor's descriptions leave open, and how it is read here. Pages have numbers, and a row that
// vanishes while someone pages would hide another one: so lists are asked for in the order of creation, and
// each page starts at the time of creation that the one before ended with, which no change can shift.
// Technicians cannot be sorted; they are few and fit in one page. Whether a page begins with the rows of
// exactly that time does not matter: what comes twice unchanged is not written twice. Inactive customers
// and technicians count as deleted, as do canceled appointments until that is taken back, which changes them; a
// customer with mergedToId counts as merged; leads, jobs and appointments
// vanish without a word and are found missing by enumeration. Assignments are read with their
// appointments, so one that changes is noticed when its appointment changes, or at the next enumeration. A
// customer's phones and mails (its "contacts") are not read. A note has no id of its own, so its marker
// stands for it. Whether a customer's custom fields are replaced as a whole, as a job's are, is left open; all are
// sent, which is right either way. The access token comes from the vendor's own address for tokens, which its API
// descriptions do not have.
package servicetitan

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

const (
	service = "ServiceTitan"
	// maxPageSize is the largest page asked for; technicianMost that of technicians, who should be on one page.
	maxPageSize, technicianMost = 500, 5000
	// assignmentsMost is how many appointments one request asks the assignments of.
	assignmentsMost = 50
	// maxNotePages bounds how many pages of a job's notes are searched for a marker.
	maxNotePages = 20
)

// Connector is the connector of SERVICE_TITAN.
type Connector struct{}

// Info implements connector.Connector. The rate is the vendor's: 60 requests a second for an app and tenant.
func (Connector) Info() hub.PlatformInfo {
	return hub.PlatformInfo{
		Platform: hub.PlatformServiceTitan,
		Name:     service,
		Models: []hub.ModelInfo{
			{Model: hub.ModelUser, Incremental: true, ReportsDeletes: true},
			{Model: hub.ModelAccount, Incremental: true, ReportsDeletes: true},
			{Model: hub.ModelLead, Incremental: true},
			{Model: hub.ModelOpportunity, Incremental: true},
			{Model: hub.ModelEngagement, Incremental: true, Also: []hub.Model{hub.ModelEngagementUser}},
		},
		Credentials: []hub.CredentialField{
			{Name: "clientId", Doc: "The client id of your app.", Required: true},
			{Name: "clientSecret", Doc: "The client secret of your app.", Required: true, Secret: true},
			{Name: "appKey", Doc: "The application key of your app.", Required: true, Secret: true},
			{Name: "tenant", Doc: "The tenant's number; the connection's externalAccountId unless given."},
			{Name: "baseURL", Doc: "The address of the API; change it for the integration environment.", Default: "https://api.servicetitan.io"},
			{Name: "authURL", Doc: "The address that gives access tokens.", Default: "https://auth.servicetitan.io"},
		},
		Rate:         hub.Rate{Requests: 60, Per: time.Second},
		NoteTargets:  []hub.Model{hub.ModelOpportunity},
		FieldTargets: []hub.Model{hub.ModelOpportunity, hub.ModelAccount},
	}
}

// Authorize implements connector.Authorizer.
func (Connector) Authorize(ctx context.Context, s *connector.Session) (connector.Token, error) {
	var answer struct {
		Token     string `json:"access_token"`
		ExpiresIn int64  `json:"expires_in"`
	}
	_, err := connector.PostJSON(ctx, s, connector.Request{
		Service: service, BaseURL: s.Values["authURL"], Path: "/connect/token",
		Body: url.Values{"grant_type": {"client_credentials"}, "client_id": {s.Values["clientId"]}, "client_secret": {s.Values["clientSecret"]}},
	}, &answer)
	if e, ok := err.(*connector.Error); ok && e.Status == http.StatusBadRequest { //nolint:errorlint // as OAuth answers wrong credentials
		e.Kind = connector.Unauthorized
	}
	if err != nil {
		return connector.Token{}, err
	}
	if answer.Token == "" || answer.ExpiresIn <= 0 {
		return connector.Token{}, connector.Fail(connector.Malformed, service, "the answer to the request for an access token has none")
	}
	return connector.Token{Value: answer.Token, Expires: s.Now().Add(time.Duration(answer.ExpiresIn) * time.Second)}, nil
}

// request asks api, one of the vendor's, for a path of the tenant.
func request(s *connector.Session, api, path string, query url.Values) connector.Request {
	return connector.Request{
		Service: service, Path: "/" + api + "/v2/tenant/" + url.PathEscape(tenantOf(s)) + "/" + path, Query: query,
		Header: http.Header{"Authorization": {"Bearer " + s.Token}, "St-App-Key": {s.Values["appKey"]}},
	}
}

// tenantOf is the number of the tenant that the session reads.
func tenantOf(s *connector.Session) string {
	if tenant := s.Values["tenant"]; tenant != "" {
		return tenant
	}
	return s.ExternalAccountID
}

// list is a page of anything.
type list struct {
	HasMore bool              `json:"hasMore"`
	Data    []json.RawMessage `json:"data"`
}

// Check implements connector.Connector.
func (Connector) Check(ctx context.Context, s *connector.Session) (connector.Account, error) {
	var answer list
	_, err := connector.GetJSON(ctx, s, request(s, "settings", "technicians", url.Values{"pageSize": {"1"}}), &answer)
	return connector.Account{ID: tenantOf(s)}, err
}

// source is where the rows of a model are.
type source struct{ api, path string }

var sources = map[hub.Model]source{
	hub.ModelUser: {"settings", "technicians"}, hub.ModelAccount: {"crm", "customers"}, hub.ModelLead: {"crm", "leads"},
	hub.ModelOpportunity: {"jpm", "jobs"}, hub.ModelEngagement: {"jpm", "appointments"},
}

// place is where a page begins: at a time of creation, and at which page of the rows from then on.
type place struct {
	created string
	number  int
}

func placeOf(next string) place {
	created, number, _ := strings.Cut(next, "|")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 {
		n = 1
	}
	return place{created, n}
}

func (p place) String() string { return p.created + "|" + strconv.Itoa(p.number) }

// after is the place after a page that began at p and ended with a row created at last.
func (p place) after(last string) place {
	if last == "" || last == p.created { // a whole page of one instant: go on with the next page of it
		return place{p.created, p.number + 1}
	}
	return place{last, 1}
}

// Fetch implements connector.Connector.
func (Connector) Fetch(ctx context.Context, s *connector.Session, q connector.Query) (connector.Page, error) {
	at, size := placeOf(q.Next), min(q.Limit, maxPageSize)
	query := url.Values{}
	switch q.Model {
	case hub.ModelUser:
		size = technicianMost
		query.Set("active", "Any")
	case hub.ModelAccount:
		query.Set("active", "Any")
		query.Set("sort", "+CreatedOn")
	default:
		query.Set("sort", "+CreatedOn")
	}
	query.Set("page", strconv.Itoa(at.number))
	query.Set("pageSize", strconv.Itoa(size))
	if at.created != "" {
		query.Set("createdOnOrAfter", at.created)
	}
	if !q.Since.IsZero() {
		query.Set("modifiedOnOrAfter", hub.WireTime(q.Since))
	}
	from := sources[q.Model]
	var answer list
	got, err := connector.GetJSON(ctx, s, request(s, from.api, from.path, query), &answer)
	if err != nil {
		return connector.Page{}, err
	}
	page := connector.Page{AsOf: got.Date}
	last := ""
	connector.AppendItems(&page, answer.Data, func(i item) []hub.Record {
		if q.Model != hub.ModelUser { // technicians come in no order that is known: their pages are counted
			last = hub.WireTime(i.CreatedOn.Time)
		}
		return []hub.Record{i.record(q.Model)}
	})
	if answer.HasMore {
		page.Next, page.More = at.after(last).String(), true
	}
	if q.Model == hub.ModelEngagement {
		err = appendAssignments(ctx, s, &page)
	}
	return page, err
}

// appendAssignments adds the technicians of the appointments on the page.
func appendAssignments(ctx context.Context, s *connector.Session, page *connector.Page) error {
	ids := make([]string, len(page.Records))
	for i, r := range page.Records {
		ids[i] = r.ExternalID
	}
	for len(ids) > 0 {
		some := ids[:min(assignmentsMost, len(ids))]
		ids = ids[len(some):]
		for number := 1; number <= maxNotePages; number++ {
			var answer list
			query := url.Values{"appointmentIds": {strings.Join(some, ",")}, "pageSize": {strconv.Itoa(maxPageSize)}, "page": {strconv.Itoa(number)}}
			if _, err := connector.GetJSON(ctx, s, request(s, "dispatch", "appointment-assignments", query), &answer); err != nil {
				return err
			}
			connector.AppendItems(page, answer.Data, func(a assignment) []hub.Record {
				return []hub.Record{{
					Model: hub.ModelEngagementUser, ExternalID: id(a.ID), Name: a.TechnicianName, ModifiedAt: a.AssignedOn.Time,
					Refs: hub.Refs{Engagement: id(a.AppointmentID), User: id(a.TechnicianID)},
				}}
			})
			if !answer.HasMore {
				break
			}
		}
	}
	return nil
}

// id is an id as the hub has it; the vendor's 0 is none.
func id(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// assignment is a technician's assignment to an appointment.
type assignment struct {
	ID             int64          `json:"id"`
	TechnicianID   int64          `json:"technicianId"`
	TechnicianName string         `json:"technicianName"`
	AssignedOn     connector.Time `json:"assignedOn"`
	AppointmentID  int64          `json:"appointmentId"`
}

// item has the fields of all models; each uses its part.
type item struct {
	ID         int64          `json:"id"`
	Active     *bool          `json:"active"`
	Name       string         `json:"name"`
	Email      string         `json:"email"`
	Phone      string         `json:"phoneNumber"`
	MergedToID int64          `json:"mergedToId"`
	CustomerID int64          `json:"customerId"`
	JobID      int64          `json:"jobId"`
	SoldByID   int64          `json:"soldById"`
	JobNumber  string         `json:"jobNumber"`
	JobStatus  string         `json:"jobStatus"`
	Status     string         `json:"status"`
	Summary    string         `json:"summary"`
	Special    string         `json:"specialInstructions"`
	Number     string         `json:"appointmentNumber"`
	CreatedOn  connector.Time `json:"createdOn"`
	ModifiedOn connector.Time `json:"modifiedOn"`
	Completed  connector.Time `json:"completedOn"`
	Start      connector.Time `json:"start"`
	End        connector.Time `json:"end"`
	Address    *struct {
		Street    string   `json:"street"`
		Unit      string   `json:"unit"`
		City      string   `json:"city"`
		State     string   `json:"state"`
		Zip       string   `json:"zip"`
		Country   string   `json:"country"`
		Latitude  *float64 `json:"latitude"`
		Longitude *float64 `json:"longitude"`
	} `json:"address"`
}

func (i *item) record(m hub.Model) hub.Record {
	r := hub.Record{
		Model: m, ExternalID: id(i.ID), Name: i.Name, ModifiedAt: i.ModifiedOn.Time, MergedInto: id(i.MergedToID),
		Deleted: i.Active != nil && !*i.Active && i.MergedToID == 0,
		Details: hub.Details{CreatedAt: i.CreatedOn.Wire(), UpdatedAt: i.ModifiedOn.Wire()},
	}
	switch m {
	case hub.ModelUser:
		r.Details.Email = i.Email
		if i.Email != "" {
			r.Details.Emails = []string{i.Email}
		}
		if i.Phone != "" {
			r.Details.Phones = []string{i.Phone}
		}
	case hub.ModelAccount:
		i.place(&r.Details)
	case hub.ModelLead:
		r.Name, r.Refs.Account = i.Summary, id(i.CustomerID)
	case hub.ModelOpportunity:
		if r.Name = i.Summary; r.Name == "" {
			r.Name = "Job " + i.JobNumber
		}
		r.Refs.Account, r.Refs.Owner = id(i.CustomerID), id(i.SoldByID)
		r.Details.Disposition, r.Details.ClosedAt = disposition(i.JobStatus), i.Completed.Wire()
	case hub.ModelEngagement:
		r.Name = strings.TrimSpace(fmt.Sprintf("Appointment %s", i.Number))
		r.Details.Subject, r.Details.Content, r.Details.ActivityType = r.Name, i.Special, "APPOINTMENT"
		r.Refs.Opportunity, r.StartTime, r.EndTime = id(i.JobID), i.Start.Time, i.End.Time
		r.Deleted = strings.EqualFold(i.Status, "Canceled")
	}
	return r
}

func (i *item) place(d *hub.Details) {
	a := i.Address
	if a == nil {
		return
	}
	d.Addresses = []hub.Address{{
		Country: a.Country, Street: strings.TrimSpace(a.Street + " " + a.Unit), City: a.City, State: a.State, Zip: a.Zip,
	}}
	d.Latitude, d.Longitude = a.Latitude, a.Longitude
}

func disposition(jobStatus string) string {
	switch strings.ToLower(jobStatus) {
	case "completed":
		return "WON"
	case "canceled":
		return "LOST"
	}
	return "OPEN"
}

// WriteNote implements connector.Connector.
func (Connector) WriteNote(ctx context.Context, s *connector.Session, n connector.Note) (connector.NoteRef, error) {
	if n.Target != hub.ModelOpportunity {
		return connector.NoteRef{}, connector.Fail(connector.Refused, service, "a note cannot be put on %s", n.Target)
	}
	path := "jobs/" + url.PathEscape(n.ExternalID) + "/notes"
	for number := 1; number <= maxNotePages; number++ {
		var answer struct {
			HasMore bool `json:"hasMore"`
			Data    []struct {
				Text string `json:"text"`
			} `json:"data"`
		}
		query := url.Values{"page": {strconv.Itoa(number)}, "pageSize": {strconv.Itoa(maxPageSize)}}
		if _, err := connector.GetJSON(ctx, s, request(s, "jpm", path, query), &answer); err != nil {
			return connector.NoteRef{}, err
		}
		for _, found := range answer.Data {
			if connector.HasMarker(found.Text, n.Marker) {
				return connector.NoteRef{ExternalID: n.Marker, Existed: true}, nil
			}
		}
		if !answer.HasMore {
			break
		}
	}
	r := request(s, "jpm", path, nil)
	r.Body = map[string]any{"text": connector.NoteText(n)}
	var made struct{}
	_, err := connector.PostJSON(ctx, s, r, &made)
	return connector.NoteRef{ExternalID: n.Marker}, err
}
