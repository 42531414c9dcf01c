package organization

import (
	"net/http"

	"sirocco/api/wire"
)

func (s *server) registerCallerIdentity() {
	wire.Register(s.API, wire.Operation{
		OperationID: "getCallerIdentity", Method: http.MethodGet, Path: "/v1/core/auth/caller-identity",
		Summary: "Show the token the request was made with", Tags: []string{authTag},
	}, wire.JSONErrors(), func(r *wire.Request, _ *struct{}) (*TokenAnswer, error) {
		return &TokenAnswer{showToken(r.Token)}, nil
	})
}
