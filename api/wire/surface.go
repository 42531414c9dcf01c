package wire

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"sirocco/hub"
)

// LegacyPrefix is the published prefix of the organization surface; without it the paths are the same.
const LegacyPrefix = "/api-externalApi"

// userTokenHeader carries a user's access token.
const userTokenHeader = "X-Siro-Auth-Token" //nolint:gosec // the name of a header

// surface is whom a group of operations answers.
type surface struct {
	scheme string
	// refuses says why the caller may not use the operations, or nil.
	refuses func(*Request) *jsonError
}

// organizationSurface answers organization tokens.
var organizationSurface = surface{scheme: "bearerAuth", refuses: func(r *Request) *jsonError {
	if r.Token.ID != "" {
		return nil
	}
	return refusal(http.StatusUnauthorized, "This operation takes an organization token: send the header Authorization: Bearer sirocco_…")
}}

// userSurface answers access tokens of users whose scope includes scope.
func userSurface(scope hub.Scope) surface {
	return surface{scheme: "userToken", refuses: func(r *Request) *jsonError {
		switch {
		case r.User.ID == "":
			return refusal(http.StatusUnauthorized, "This operation takes a user's access token: send the header x-siro-auth-token: sirocco_user_…")
		case scope == hub.ScopeWrite && r.User.Scope != hub.ScopeWrite:
			return refusal(http.StatusForbidden, "This access token may only read: make one with the scope write.")
		}
		return nil
	}}
}

// guard refuses callers of another surface before their request is read.
func (s surface) guard(ctx huma.Context, next func(huma.Context)) {
	if no := s.refuses(RequestOf(ctx.Context())); no != nil {
		_, w := humago.Unwrap(ctx)
		shape, _ := ctx.Operation().Metadata[metadataShape].(ErrorShape)
		WriteError(w, sentence(no.status, no.Message, shape.isPlain(no.status)))
		return
	}
	next(ctx)
}

// share notes that an operation under the published prefix is meant without it, too, by who sends an organization token.
func (a *API) share(op Operation) {
	if path, ok := strings.CutPrefix(op.Path, LegacyPrefix); ok {
		a.shared[op.Method+" "+path] = true
	}
}

// matching returns the handler and the pattern for a request. Where both surfaces answer its path, the token decides
// which one does: an organization token leads to the operation under the published prefix.
func (a *API) matching(hr *http.Request) (http.Handler, string) {
	handler, pattern := a.mux.Handler(hr)
	if a.shared[pattern] && meansOrganization(hr) {
		u := *hr.URL
		u.Path, u.RawPath = LegacyPrefix+u.Path, ""
		hr.URL = &u
		return a.mux.Handler(hr)
	}
	return handler, pattern
}

// meansOrganization reports whether a request is meant for the organization surface where both answer its path: by its
// prefix, by its token, or by the header that it tries to bring one in.
func meansOrganization(hr *http.Request) bool {
	r := RequestOf(hr.Context())
	return r.Legacy || r.Token.ID != "" || hr.Header.Get(userTokenHeader) == "" && hr.Header.Get("Authorization") != ""
}
