package extension

import (
	"context"

	"sirocco/api/wire"
	"sirocco/hub"
)

// CheckCredentials asks the CRM of a connection whether it accepts the values. It returns a
// *hub.InvalidError where they are wrong and a *hub.UnavailableError where the CRM cannot be asked.
type CheckCredentials func(ctx context.Context, c hub.Connection, values map[string]string) error

// CredentialsAnswer says that credentials were accepted.
type CredentialsAnswer struct {
	Body struct {
		Accepted  bool   `json:"accepted" doc:"Always true: what the CRM does not accept gets 400."`
		UpdatedAt string `json:"updatedAt"`
	}
}

func (s *server) putCredentials(r *wire.Request, in *struct {
	wire.IDPath
	Body map[string]string
},
) (*CredentialsAnswer, error) {
	c, err := s.connectionOf(r, &in.IDPath)
	if err != nil {
		return nil, err
	}
	if err := s.CheckCredentials(r, c, in.Body); err != nil {
		return nil, err
	}
	if err := s.Store.PutCredentials(r, c.OrganizationID, c.ID, in.Body); err != nil {
		return nil, hub.Missing(connectionKind, err)
	}
	out := &CredentialsAnswer{}
	out.Body.Accepted, out.Body.UpdatedAt = true, hub.WireTime(s.Clock())
	return out, nil
}
