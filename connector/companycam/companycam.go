// Package companycam connects to CompanyCam. A project is what recordings are about there, so it is kept
// as an opportunity, with its address and labels; its contact and the users assigned to it come with it, and
// comments on it take notes.
//
// How its lists are read, as the vendor's description leaves it open, is told in page.go.
package companycam

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

const service = "CompanyCam"

// Connector is the connector of COMPANY_CAM.
type Connector struct{}

// Info implements connector.Connector. The vendor allows 240 requests that read and 100 that write a minute: a write is
// never without a reading before it, so that of 200 together no more than 100 write.
func (Connector) Info() hub.PlatformInfo {
	return hub.PlatformInfo{
		Platform: hub.PlatformCompanyCam,
		Name:     service,
		Models: []hub.ModelInfo{
			{Model: hub.ModelUser},
			{Model: hub.ModelOpportunity, Incremental: true, Also: []hub.Model{hub.ModelContact, hub.ModelOpportunityUser}},
		},
		Credentials: []hub.CredentialField{
			{Name: "accessToken", Doc: "An access token of your CompanyCam account.", Required: true, Secret: true},
			{Name: "author", Doc: "The e-mail address of the CompanyCam user whom comments are credited to; without one they are the token's owner's."},
			{Name: "baseURL", Doc: "The address of the API; change it for a sandbox.", Default: "https://api.companycam.com/v2"},
		},
		Rate:        hub.Rate{Requests: 200, Per: time.Minute},
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
		ID      connector.ID `json:"id"`
		Company connector.ID `json:"company_id"`
	}
	if _, err := connector.GetJSON(ctx, s, request(s, "/users/current", nil), &user); err != nil {
		return connector.Account{}, err
	}
	if user.ID == "" && user.Company == "" {
		return connector.Account{}, connector.Fail(connector.Malformed, service, "/users/current was answered without a user")
	}
	return connector.Account{ID: string(user.Company)}, nil
}

// recordURL is the address of a record's page in the web app, for answers that do not have it; "" for one without a page that is
// known.
func recordURL(m hub.Model, externalID string) string {
	if m != hub.ModelOpportunity || externalID == "" {
		return ""
	}
	return "https://app.companycam.com/projects/" + url.PathEscape(externalID)
}
