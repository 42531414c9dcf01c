package wire

import (
	"context"
	"log/slog"

	"sirocco/hub"
	"sirocco/store"
)

type requestKey struct{}

// Request is what is known of the request being answered. Its context is the request's own.
type Request struct {
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
	// Log adds the request's ID to each line.
	Log *slog.Logger

	// failed is the error that the operation's handler returned.
	failed error

	api *API
	// call is what is remembered of a request that changes something.
	call *store.APICall
}

// RequestOf returns the request whose context ctx is, or comes from. It panics for any other.
func RequestOf(ctx context.Context) *Request {
	return ctx.Value(requestKey{}).(*Request)
}

// ConsoleURL is the address of a page of the web console about an organization; empty where there is no console.
func (r *Request) ConsoleURL(organization, path string) string {
	if !r.api.Console {
		return ""
	}
	return r.Origin + "/console" + path + "?organization=" + organization
}

// Value makes the request its own context value, which spares one wrapping.
func (r *Request) Value(key any) any {
	if key == (requestKey{}) {
		return r
	}
	return r.Context.Value(key)
}

// OrganizationSelector is how a caller whose token spans a group of organizations says which it means.
type OrganizationSelector struct {
	Organization string `query:"organizationId" extension:"true" doc:"The organization to act for. Only a token of an organization group needs it; without it such a token acts for its own organization."`
}

var errNoOrganization = hub.NoSuch("organization")

// Organization returns the organization the request acts for. One that the token does not span answers
// exactly as one that does not exist.
func (r *Request) Organization(sel OrganizationSelector) (string, error) {
	return r.Spanned(sel.Organization)
}

// Spanned returns the organization with an id, or the token's own for an empty one, where the token spans it.
func (r *Request) Spanned(organization string) (string, error) {
	switch {
	case organization == "" || organization == r.Token.OrganizationID:
		return r.Token.OrganizationID, nil
	case r.Token.GroupID == "" || !hub.ValidID(organization):
		return "", errNoOrganization
	}
	has, err := r.api.Store.GroupHas(r, organization, r.Token.GroupID)
	if err == nil && !has {
		err = errNoOrganization
	}
	return organization, err
}

// Named returns the organization that a body names as its organizationId, which the token must span.
func (r *Request) Named(organization string) (string, error) {
	if organization == "" {
		return "", hub.Invalid("organizationId", "is empty", "the id of an organization")
	}
	return r.Spanned(organization)
}

// IDPath names one thing of an organization.
type IDPath struct {
	OrganizationSelector
	ID string `path:"id"`
}

// AtPath finds the organization and does one thing to what the path names there, which people call kind.
func AtPath[T any](r *Request, in *IDPath, kind string, do func(organization string) (T, error)) (T, error) {
	var none T
	organization, err := r.Organization(in.OrganizationSelector)
	if err != nil {
		return none, err
	}
	if !hub.ValidID(in.ID) {
		return none, hub.NoSuch(kind)
	}
	done, err := do(organization)
	return done, hub.Missing(kind, err)
}
