// Package merge connects to CRMs through Merge's unified CRM API.
//
// What the vendor's description leaves open, and how it is read here: modified_after is taken as
// inclusive or not (the engine's overlap makes both right); the order of a list is unknown, so nothing
// depends on it; a deleted record is told of by remote_was_deleted when include_deleted_data is asked
// for, except that engagement types have no such mark and are enumerated. Ids are Merge's own, as all
// references between records are. An engagement has several contacts, of which the first is kept. The value of a
// remote field is described as an object; by the vendor's guides and clients it is whatever the field takes.
package merge

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

const (
	service = "Merge"
	// maxPageSize is the largest page that the vendor gives.
	maxPageSize = 100
	// maxNotePages bounds how many pages of a record's notes are searched for a marker.
	maxNotePages = 20
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
		},
		Rate:         hub.Rate{Requests: 100, Per: time.Minute},
		NoteTargets:  []hub.Model{hub.ModelAccount, hub.ModelContact, hub.ModelOpportunity},
		FieldTargets: []hub.Model{hub.ModelAccount, hub.ModelContact, hub.ModelOpportunity, hub.ModelEngagement},
	}
}

func request(s *connector.Session, path string, query url.Values) connector.Request {
	return connector.Request{
		Service: service, Path: "/crm/v1/" + path, Query: query,
		Header: http.Header{"Authorization": {"Bearer " + s.Values["apiKey"]}, "X-Account-Token": {s.Values["accountToken"]}},
	}
}

// Check implements connector.Connector.
func (Connector) Check(ctx context.Context, s *connector.Session) (connector.Account, error) {
	var details struct {
		ID   string `json:"id"`
		Name string `json:"end_user_organization_name"`
	}
	_, err := connector.GetJSON(ctx, s, request(s, "account-details", nil), &details)
	return connector.Account{ID: details.ID, Name: details.Name}, err
}

// paths are the lists of the models.
var paths = map[hub.Model]string{
	hub.ModelUser: "users", hub.ModelAccount: "accounts", hub.ModelContact: "contacts", hub.ModelLead: "leads",
	hub.ModelOpportunity: "opportunities", hub.ModelEngagementType: "engagement-types", hub.ModelEngagement: "engagements",
}

// list is a page of anything.
type list struct {
	Next    *string           `json:"next"`
	Results []json.RawMessage `json:"results"`
}

// Fetch implements connector.Connector.
func (Connector) Fetch(ctx context.Context, s *connector.Session, q connector.Query) (connector.Page, error) {
	query := url.Values{"page_size": {strconv.Itoa(min(q.Limit, maxPageSize))}, "include_deleted_data": {"true"}}
	if !q.Since.IsZero() {
		query.Set("modified_after", hub.WireTime(q.Since))
	}
	if q.Next != "" {
		query.Set("cursor", q.Next)
	}
	var answer list
	got, err := connector.GetJSON(ctx, s, request(s, paths[q.Model], query), &answer)
	if err != nil {
		return connector.Page{}, err
	}
	page := connector.Page{AsOf: got.Date}
	if answer.Next != nil && *answer.Next != "" {
		page.Next, page.More = *answer.Next, true
	}
	connector.AppendItems(&page, answer.Results, func(i item) []hub.Record { return []hub.Record{i.record(q.Model)} })
	return page, nil
}

// item has the fields of all models; each uses its part.
type item struct {
	ID         string         `json:"id"`
	ModifiedAt connector.Time `json:"modified_at"`
	Deleted    bool           `json:"remote_was_deleted"`
	CreatedAt  connector.Time `json:"remote_created_at"`
	UpdatedAt  connector.Time `json:"remote_updated_at"`
	ActiveAt   connector.Time `json:"last_activity_at"`

	Name           string         `json:"name"`
	FirstName      string         `json:"first_name"`
	LastName       string         `json:"last_name"`
	Email          string         `json:"email"`
	Amount         *float64       `json:"amount"`
	CloseDate      connector.Time `json:"close_date"`
	Status         string         `json:"status"`
	ActivityType   string         `json:"activity_type"`
	Subject        string         `json:"subject"`
	Content        string         `json:"content"`
	Direction      string         `json:"direction"`
	StartTime      connector.Time `json:"start_time"`
	EndTime        connector.Time `json:"end_time"`
	Account        string         `json:"account"`
	Owner          string         `json:"owner"`
	Contacts       []string       `json:"contacts"`
	EngagementType string         `json:"engagement_type"`
	ToAccount      string         `json:"converted_account"`
	ToContact      string         `json:"converted_contact"`

	Emails []struct {
		Address string `json:"email_address"`
	} `json:"email_addresses"`
	Phones []struct {
		Number string `json:"phone_number"`
	} `json:"phone_numbers"`
	Addresses []struct {
		Street1 string `json:"street_1"`
		Street2 string `json:"street_2"`
		City    string `json:"city"`
		State   string `json:"state"`
		Zip     string `json:"postal_code"`
		Country string `json:"country"`
	} `json:"addresses"`
}

func (i *item) record(m hub.Model) hub.Record {
	r := hub.Record{
		Model: m, ExternalID: i.ID, ModifiedAt: i.ModifiedAt.Time, Deleted: i.Deleted, Name: i.Name,
		StartTime: i.StartTime.Time, EndTime: i.EndTime.Time,
		Refs: hub.Refs{Account: i.Account, Owner: i.Owner, EngagementType: i.EngagementType},
		Details: hub.Details{
			FirstName: i.FirstName, LastName: i.LastName, Email: i.Email, Amount: i.Amount, ClosedAt: i.CloseDate.Wire(),
			LastActivity: i.ActiveAt.Wire(), CreatedAt: i.CreatedAt.Wire(), UpdatedAt: i.UpdatedAt.Wire(),
			Direction: i.Direction, Subject: i.Subject, Content: i.Content, ActivityType: i.ActivityType,
		},
	}
	switch m {
	case hub.ModelContact, hub.ModelLead:
		r.Name = strings.TrimSpace(i.FirstName + " " + i.LastName)
	case hub.ModelOpportunity:
		r.Details.Disposition = i.Status
	case hub.ModelEngagement:
		r.Name = i.Subject
	}
	if m == hub.ModelLead {
		r.Refs.Account, r.Refs.Contact = i.ToAccount, i.ToContact
	}
	if len(i.Contacts) > 0 {
		r.Refs.Contact = i.Contacts[0]
	}
	for _, e := range i.Emails {
		if r.Details.Email == "" {
			r.Details.Email = e.Address
		}
		r.Details.Emails = append(r.Details.Emails, e.Address)
	}
	for _, p := range i.Phones {
		r.Details.Phones = append(r.Details.Phones, p.Number)
	}
	for _, a := range i.Addresses {
		r.Details.Addresses = append(r.Details.Addresses, hub.Address{
			Country: a.Country, Street: strings.TrimSpace(a.Street1 + " " + a.Street2), City: a.City, State: a.State, Zip: a.Zip,
		})
	}
	return r
}

// noteFields are how a note names the record it is on: in a filter, and in the note itself.
var noteFields = map[hub.Model]struct{ filter, field string }{
	hub.ModelAccount: {"account_id", "account"}, hub.ModelContact: {"contact_id", "contact"}, hub.ModelOpportunity: {"opportunity_id", "opportunity"},
}

// note is a note of the vendor.
type note struct {
	ID      string `json:"id"`
	Content string `json:"content"`
}

// WriteNote implements connector.Connector.
func (Connector) WriteNote(ctx context.Context, s *connector.Session, n connector.Note) (connector.NoteRef, error) {
	target, ok := noteFields[n.Target]
	if !ok {
		return connector.NoteRef{}, connector.Fail(connector.Refused, service, "a note cannot be put on %s", n.Target)
	}
	for found, err := range items[note](ctx, s, "notes", url.Values{target.filter: {n.ExternalID}}, maxNotePages) {
		if err != nil {
			return connector.NoteRef{}, err
		}
		if connector.HasMarker(found.Content, n.Marker) {
			return connector.NoteRef{ExternalID: found.ID, Existed: true}, nil
		}
	}
	r := request(s, "notes", nil)
	r.Body = map[string]any{"model": map[string]string{"content": connector.NoteText(n), target.field: n.ExternalID}}
	var made struct {
		problems
		Model note `json:"model"`
	}
	if _, err := connector.PostJSON(ctx, s, r, &made); err != nil {
		return connector.NoteRef{}, err
	}
	if err := made.refusal("the note"); err != nil {
		return connector.NoteRef{}, err
	}
	if made.Model.ID == "" {
		return connector.NoteRef{}, connector.Fail(connector.Malformed, service, "the answer to a new note has no id")
	}
	return connector.NoteRef{ExternalID: made.Model.ID}, nil
}

// items reads at most so many pages of a list. What is not a T in it is passed over; an error is the last of all.
func items[T any](ctx context.Context, s *connector.Session, path string, query url.Values, pages int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		query.Set("page_size", strconv.Itoa(maxPageSize))
		for range pages {
			var answer list
			if _, err := connector.GetJSON(ctx, s, request(s, path, query), &answer); err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, raw := range answer.Results {
				var found T
				if json.Unmarshal(raw, &found) == nil && !yield(found, nil) {
					return
				}
			}
			if answer.Next == nil || *answer.Next == "" {
				return
			}
			query.Set("cursor", *answer.Next)
		}
	}
}

// problems are what an answer of 2xx says of the CRM behind: with any, nothing was written there.
type problems struct {
	Errors []struct {
		Title string `json:"title"`
	} `json:"errors"`
}

func (p problems) refusal(what string) error {
	if len(p.Errors) == 0 {
		return nil
	}
	return connector.Fail(connector.Refused, service, "the CRM behind it did not take %s: %s", what, p.Errors[0].Title)
}
