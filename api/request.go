package api

import (
	"context"
	"log/slog"

	"sirocco/hub"
)

type requestContext = context.Context

type requestKey struct{}

// request is what is known of the request being answered. Its context is the request's own.
type request struct {
	context.Context //nolint:containedctx // lives exactly as long as the request it belongs to
	// ID is in the answer's X-Request-Id and in every log line of the request.
	ID string
	// Legacy says that the request came under the published prefix.
	Legacy bool
	// Token is the caller's on the organization surface, User on the user surface; the other one is zero, as both
	// are before authentication and on open paths.
	Token hub.Token
	User  hub.AccessToken
	// Origin is how the client reached the server, as in https://hub.example.com.
	Origin string
	log    *slog.Logger
}

func requestOf(ctx context.Context) *request {
	return ctx.Value(requestKey{}).(*request)
}

// Value makes the request its own context value, which spares one wrapping.
func (r *request) Value(key any) any {
	if key == (requestKey{}) {
		return r
	}
	return r.Context.Value(key)
}

// OrganizationSelector is how a caller whose token spans a group of organizations says which it means.
type OrganizationSelector struct {
	Organization string `query:"organizationId" extension:"true" doc:"The organization to act for. Only a token of an organization group needs it; without it such a token acts for its own organization."`
}

// organization returns the organization the request acts for. One that the token does not span answers
// exactly as one that does not exist.
func (s *server) organization(r *request, sel OrganizationSelector) (string, error) {
	return s.spanned(r, sel.Organization)
}

func (s *server) spanned(r *request, organization string) (string, error) {
	switch {
	case organization == "" || organization == r.Token.OrganizationID:
		return r.Token.OrganizationID, nil
	case r.Token.GroupID == "" || !hub.ValidID(organization):
		return "", errNoOrganization
	}
	has, err := s.Store.GroupHas(r, organization, r.Token.GroupID)
	if err == nil && !has {
		err = errNoOrganization
	}
	return organization, err
}

// IDPath names one thing of an organization.
type IDPath struct {
	OrganizationSelector
	ID string `path:"id"`
}

// atPath finds the organization and does one thing to what the path names there, which people call kind.
func atPath[T any](s *server, r *request, in *IDPath, kind string, do func(organization string) (T, error)) (T, error) {
	var none T
	organization, err := s.organization(r, in.OrganizationSelector)
	if err != nil {
		return none, err
	}
	if !hub.ValidID(in.ID) {
		return none, &missingError{kind}
	}
	done, err := do(organization)
	return done, missing(kind, err)
}
