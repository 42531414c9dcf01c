package extension

import (
	"net/http"
	"time"

	"sirocco/api/wire"
	"sirocco/hub"
)

// CredentialsAnswer says that credentials were accepted.
type CredentialsAnswer struct {
	Body struct {
		Accepted  bool   `json:"accepted" doc:"Always true: what the CRM does not accept gets 400."`
		UpdatedAt string `json:"updatedAt"`
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
	at, err := wire.AtPath(r, &in.IDPath, connectionKind, func(organization string) (time.Time, error) {
		return s.Store.SetCredentials(r, organization, in.ID, in.Body, in.ReplaceAccount, s.CheckCredentials)
	})
	if err != nil {
		return nil, err
	}
	out := &CredentialsAnswer{}
	out.Body.Accepted, out.Body.UpdatedAt = true, hub.WireTime(at)
	return out, nil
}
