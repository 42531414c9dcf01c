package organization

import (
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
)

// SalesforceAnswer names the organization's SALESFORCE connection.
type SalesforceAnswer struct {
	Body struct {
		IntegrationConnectionID string `json:"integrationConnectionId"`
		IsActive                bool   `json:"isActive" doc:"Whether the connection really syncs."`
		Notice                  string `json:"notice,omitempty" extension:"true" doc:"What was sent and is not used, in a sentence."`
	}
}

// RefreshToken is a refresh token; empty where there is none.
type RefreshToken string

// Schema implements huma.SchemaProvider.
func (RefreshToken) Schema(wire.Schemas) *wire.Schema {
	return &wire.Schema{Type: "string", Default: "", Description: "The older way to sign in."}
}

func (s *server) registerSalesforce() {
	wire.Register(s.API, wire.Operation{
		OperationID: "putSalesforce", Method: http.MethodPut, Path: "/v1/core/integrations/salesforce",
		Summary: "Make or change the organization's Salesforce connection", Tags: []string{connectionTag},
		Description: "Makes the connection where there is none. What may be left out stays where it is. The consumer key and the private key of the app come by `PUT .../connections/{id}/credentials`; as soon as all that signing in takes is there, Salesforce is asked whether it accepts it, and nothing is kept that it refuses.",
	}, wire.JSONErrors(http.StatusConflict), s.putSalesforce)
}

func (s *server) putSalesforce(r *wire.Request, in *struct {
	wire.OrganizationSelector
	wire.ExactBody
	Body struct {
		Namespace      string       `json:"namespace" doc:"What the names of custom fields begin with; empty where they do not."`
		OrgID          string       `json:"org_id" doc:"The organization's id at Salesforce. Another one than the connection's is refused with 409, unless replaceAccount is true."`
		InstanceURL    string       `json:"instance_url" doc:"The organization's address: https://<my domain>.my.salesforce.com."`
		RefreshToken   RefreshToken `json:"refresh_token" required:"false"`
		Username       string       `json:"username,omitempty" doc:"Whom the app signs in as, with the private key of the connection's credentials."`
		IsProd         *bool        `json:"is_prod,omitempty" nullable:"true" doc:"Whether access tokens are had at the host of production organizations or at that of sandboxes."`
		UseProdECA     *bool        `json:"use_prod_eca,omitempty" nullable:"true" doc:"Kept as it is given."`
		ReplaceAccount bool         `json:"replaceAccount,omitempty" extension:"true" doc:"Whether org_id may be another one than before: all records of the one before go then, with the links to them, and everything is read anew."`
	}
},
) (*SalesforceAnswer, error) {
	organization, err := r.Organization(in.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	b := &in.Body
	c, err := s.Store.PutSalesforce(r, organization, hub.SalesforceSignIn{
		Namespace: b.Namespace, OrgID: b.OrgID, InstanceURL: b.InstanceURL, RefreshToken: string(b.RefreshToken), Username: b.Username,
		IsProd: b.IsProd, UseProdECA: b.UseProdECA, ReplaceAccount: b.ReplaceAccount,
	}, s.Models(hub.PlatformSalesforce), s.CheckCredentials)
	if err != nil {
		return nil, err
	}
	out := &SalesforceAnswer{}
	out.Body.IntegrationConnectionID, out.Body.IsActive = c.ID, c.Active
	if b.RefreshToken != "" {
		out.Body.Notice, err = s.Store.IdleCredentials(r, organization, c.ID, map[string]string{"refreshToken": string(b.RefreshToken)})
	}
	return out, err
}
