// Package companycam connects to CompanyCam. A project is what recordings are about there, so it is kept
// as an opportunity, with its address; comments on it take notes.
//
// How its lists are read, as the vendor's description leaves it open, is told in page.go.
package companycam

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

const service = "CompanyCam"

// Connector is the connector of COMPANY_CAM.
type Connector struct{}

// Info implements connector.Connector.
func (Connector) Info() hub.PlatformInfo {
	return hub.PlatformInfo{
		Platform: hub.PlatformCompanyCam,
		Name:     service,
		Models: []hub.ModelInfo{
			{Model: hub.ModelUser},
			{Model: hub.ModelOpportunity, Incremental: true},
		},
		Credentials: []hub.CredentialField{
			{Name: "accessToken", Doc: "An access token of your CompanyCam account.", Required: true, Secret: true},
			{Name: "baseURL", Doc: "The address of the API; change it for a sandbox.", Default: "https://api.companycam.com/v2"},
		},
		Rate:        hub.Rate{Requests: 240, Per: time.Minute},
		NoteTargets: []hub.Model{hub.ModelOpportunity},
	}
}

func request(s *connector.Session, path string, query url.Values) connector.Request {
	return connector.Request{
		Service: service, Path: path, Query: query, Header: http.Header{"Authorization": {"Bearer " + s.Values["accessToken"]}}, Problem: problem,
	}
}

// problem knows the vendor's way of saying that something of its own is wrong: it sends to its login page what it knows no
// path for. That says nothing of the record that was asked for.
func problem(status int, _ []byte) (connector.Kind, string) {
	if status >= 300 && status < 400 {
		return connector.Malformed, "it sends to its login page, which is no answer; the base URL may be wrong"
	}
	return "", ""
}

// Check implements connector.Connector.
func (Connector) Check(ctx context.Context, s *connector.Session) (connector.Account, error) {
	var user struct {
		Company string `json:"company_id"`
	}
	_, err := connector.GetJSON(ctx, s, request(s, "/users/current", nil), &user)
	return connector.Account{ID: user.Company}, err
}

// list is where the rows of a model are, and how they are read.
type list struct {
	path   string
	append func(*connector.Page, []json.RawMessage)
}

var lists = map[hub.Model]list{
	hub.ModelUser: {"/users", func(p *connector.Page, items []json.RawMessage) {
		connector.AppendItems(p, items, func(u user) []hub.Record { return []hub.Record{u.record()} })
	}},
	hub.ModelOpportunity: {"/projects", func(p *connector.Page, items []json.RawMessage) {
		connector.AppendItems(p, items, func(r project) []hub.Record { return []hub.Record{r.record()} })
	}},
}

// Find implements connector.Finder.
func (Connector) Find(ctx context.Context, s *connector.Session, m hub.Model, externalIDs []string) (connector.Page, error) {
	var page connector.Page
	for _, id := range externalIDs {
		var item json.RawMessage
		_, err := connector.GetJSON(ctx, s, request(s, lists[m].path+"/"+url.PathEscape(id), nil), &item)
		switch {
		case connector.Status(err) == http.StatusNotFound:
		case connector.Status(err) == http.StatusForbidden: // there, but not for this account to see
			page.Rejected = append(page.Rejected, connector.Rejected{ExternalID: id, Reason: err.Error()})
		case err != nil:
			return connector.Page{}, err
		default:
			var found connector.Page
			if lists[m].append(&found, []json.RawMessage{item}); len(found.Records) == 1 && found.Records[0].ExternalID == id {
				page.Records = append(page.Records, found.Records...)
				continue
			}
			page.Rejected = append(page.Rejected, connector.Rejected{ExternalID: id, Reason: "the CRM sent something else when asked for this record", Raw: item})
		}
	}
	return page, nil
}

// seconds is a time as the vendor writes it: whole seconds of Unix time, 0 for none.
type seconds int64

func (s seconds) time() time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(int64(s), 0).UTC()
}

func (s seconds) wire() string { return connector.Time{Time: s.time()}.Wire() }

// user is a user of the vendor.
type user struct {
	ID        string  `json:"id"`
	FirstName string  `json:"first_name"`
	LastName  string  `json:"last_name"`
	Email     string  `json:"email_address"`
	Phone     string  `json:"phone_number"`
	Status    string  `json:"status"`
	CreatedAt seconds `json:"created_at"`
	UpdatedAt seconds `json:"updated_at"`
}

func (u *user) record() hub.Record {
	r := hub.Record{
		Model: hub.ModelUser, ExternalID: u.ID, ModifiedAt: u.UpdatedAt.time(), Deleted: u.Status == "deleted",
		Name: strings.TrimSpace(u.FirstName + " " + u.LastName),
		Details: hub.Details{
			FirstName: u.FirstName, LastName: u.LastName, Email: u.Email, CreatedAt: u.CreatedAt.wire(), UpdatedAt: u.UpdatedAt.wire(),
		},
	}
	if u.Email != "" {
		r.Details.Emails = []string{u.Email}
	}
	if u.Phone != "" {
		r.Details.Phones = []string{u.Phone}
	}
	return r
}

// project is a project of the vendor.
type project struct {
	ID          string  `json:"id"`
	Name        string  `json:"name"`
	Status      string  `json:"status"`
	CreatorID   string  `json:"creator_id"`
	CreatorType string  `json:"creator_type"`
	CreatedAt   seconds `json:"created_at"`
	UpdatedAt   seconds `json:"updated_at"`
	Address     *struct {
		Street1 string `json:"street_address_1"`
		Street2 string `json:"street_address_2"`
		City    string `json:"city"`
		State   string `json:"state"`
		Zip     string `json:"postal_code"`
		Country string `json:"country"`
	} `json:"address"`
	Coordinates *struct {
		Lat float64 `json:"lat"`
		Lon float64 `json:"lon"`
	} `json:"coordinates"`
}

func (p *project) record() hub.Record {
	r := hub.Record{
		Model: hub.ModelOpportunity, ExternalID: p.ID, ModifiedAt: p.UpdatedAt.time(), Deleted: p.Status == "deleted", Name: p.Name,
		Details: hub.Details{CreatedAt: p.CreatedAt.wire(), UpdatedAt: p.UpdatedAt.wire()},
	}
	if p.CreatorType == "User" {
		r.Refs.Owner = p.CreatorID
	}
	if a := p.Address; a != nil {
		r.Details.Addresses = []hub.Address{{
			Country: a.Country, Street: strings.TrimSpace(a.Street1 + " " + a.Street2), City: a.City, State: a.State, Zip: a.Zip,
		}}
	}
	if c := p.Coordinates; c != nil {
		r.Details.Latitude, r.Details.Longitude = &c.Lat, &c.Lon
	}
	return r
}

// comment is a comment of the vendor.
type comment struct {
	ID      string `json:"id"`
	Content string `json:"content"`
}

// WriteNote implements connector.Connector.
func (Connector) WriteNote(ctx context.Context, s *connector.Session, n connector.Note) (connector.NoteRef, error) {
	if n.Target != hub.ModelOpportunity {
		return connector.NoteRef{}, connector.Fail(connector.Refused, service, "a note cannot be put on %s", n.Target)
	}
	path := "/projects/" + url.PathEscape(n.ExternalID) + "/comments"
	if id, err := findComment(ctx, s, path, n.Marker); id != "" || err != nil {
		return connector.NoteRef{ExternalID: id, Existed: id != ""}, err
	}
	r := request(s, path, nil)
	r.Body = map[string]any{"comment": map[string]string{"content": connector.NoteText(n)}}
	var made comment
	if _, err := connector.PostJSON(ctx, s, r, &made); err != nil {
		return connector.NoteRef{}, err
	}
	if made.ID == "" {
		return connector.NoteRef{}, connector.Fail(connector.Malformed, service, "the answer to a new comment has no id")
	}
	return connector.NoteRef{ExternalID: made.ID}, nil
}

// findComment returns the id of the comment with a marker; empty where there is none. It searches all pages: until one is
// empty, or brings no comment that was not in the one before, as where the vendor has but one. Comments come newest first,
// so a new one moves the others to a later page, and where one goes the page before is read again for what moved into it.
func findComment(ctx context.Context, s *connector.Session, path, marker string) (string, error) {
	seen := map[string]bool{}
	read := func(number int) (id string, fresh int, err error) {
		items, _, err := listPage(ctx, s, path, number, maxPageSize)
		for _, raw := range items {
			var c comment
			if err := json.Unmarshal(raw, &c); err != nil || c.ID == "" {
				return "", 0, connector.Fail(connector.Malformed, service, "%s lists a comment that cannot be read, so whether the note is there is not known", path)
			}
			if connector.HasMarker(c.Content, marker) {
				return c.ID, 0, nil
			}
			if !seen[c.ID] {
				seen[c.ID] = true
				fresh++
			}
		}
		return "", fresh, err
	}
	for number := 1; ; number++ {
		id, fresh, err := read(number)
		if id != "" || err != nil {
			return id, err
		}
		if number > 1 {
			moved := 0
			if id, moved, err = read(number - 1); id != "" || err != nil {
				return id, err
			}
			fresh += moved
		}
		if fresh == 0 {
			return "", nil
		}
	}
}
