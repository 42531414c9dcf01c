package extension

import (
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
)

// CredentialsAnswer says that credentials were accepted.
type CredentialsAnswer struct {
	Body struct {
		Accepted  bool   `json:"accepted" doc:"Always true: what the CRM does not accept gets 400."`
		UpdatedAt string `json:"updatedAt"`
		Notice    string `json:"notice,omitempty" doc:"What was sent and is not used, in a sentence."`
	}
}

func (s *server) registerCredentials() {
	wire.Register(s.API, connectionOperation("putCredentials", http.MethodPut, "/credentials", "Set the credentials of a connection",
		"Asks the CRM whether it accepts them, then keeps them encrypted. They never come out again. What fields there are depends on the platform; a wrong one is named. Those of another account than the connection has read so far are refused with 409, unless `replaceAccount` is true."),
		wire.JSONErrors(http.StatusNotFound, http.StatusConflict), s.putCredentials)
}

func (s *server) putCredentials(r *wire.Request, in *struct {
	wire.IDPath
	ReplaceAccount bool `query:"replaceAccount" doc:"Whether the credentials may be of another account of the CRM: all records of the one before go then, with the links to them, and everything is read anew."`
	Body           map[string]string
},
) (*CredentialsAnswer, error) {
	return wire.AtPath(r, &in.IDPath, connectionKind, func(organization string) (*CredentialsAnswer, error) {
		if err := s.checkCredentialNames(r, organization, in.ID, in.Body); err != nil {
			return nil, err
		}
		at, err := s.Store.SetCredentials(r, organization, in.ID, in.Body, in.ReplaceAccount, s.CheckCredentials)
		if err != nil {
			return nil, err
		}
		out := &CredentialsAnswer{}
		out.Body.Accepted, out.Body.UpdatedAt = true, hub.WireTime(at)
		out.Body.Notice, err = s.Store.IdleCredentials(r, organization, in.ID, in.Body)
		return out, err
	})
}

// checkCredentialNames refuses fields that there are not of a platform whose credentials come by and by: they are not checked
// before they are complete.
func (s *server) checkCredentialNames(r *wire.Request, organization, connection string, given map[string]string) error {
	c, err := s.Store.Connection(r, organization, connection)
	if err != nil || !c.Platform.AddsCredentials() || s.CredentialFields == nil {
		return err
	}
	return hub.PlatformInfo{Credentials: s.CredentialFields(c.Platform)}.CheckCredentialNames(given)
}
