package api

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"sirocco/hub"
)

// userTokenHeader carries a user's access token.
const userTokenHeader = "X-Siro-Auth-Token" //nolint:gosec // the name of a header

// surface is whom a group of operations answers.
type surface struct {
	scheme string
	// refuses says why the caller may not use the operations, or nil.
	refuses func(*request) *jsonError
}

// organizationSurface answers organization tokens.
var organizationSurface = surface{scheme: "bearerAuth", refuses: func(r *request) *jsonError {
	if r.Token.ID != "" {
		return nil
	}
	return refusal(http.StatusUnauthorized, "This operation takes an organization token: send the header Authorization: Bearer sirocco_…")
}}

// userSurface answers access tokens of users whose scope includes scope.
func userSurface(scope hub.Scope) surface {
	return surface{scheme: "userToken", refuses: func(r *request) *jsonError {
		switch {
		case r.User.ID == "":
			return refusal(http.StatusUnauthorized, "This operation takes a user's access token: send the header x-siro-auth-token: sirocco_user_…")
		case scope == hub.ScopeWrite && r.User.Scope != hub.ScopeWrite:
			return refusal(http.StatusForbidden, "This access token may only read: make one with the scope write.")
		}
		return nil
	}}
}

func refusal(status int, message string) *jsonError {
	return &jsonError{status: status, ErrorBody: ErrorBody{Message: message}}
}

// guard refuses callers of another surface before their request is read.
func (s surface) guard(ctx huma.Context, next func(huma.Context)) {
	if no := s.refuses(requestOf(ctx.Context())); no != nil {
		_, w := humago.Unwrap(ctx)
		shape, _ := ctx.Operation().Metadata[metadataShape].(errorShape)
		writeError(w, sentence(no.status, no.Message, shape.isPlain(no.status)))
		return
	}
	next(ctx)
}

// registerUser adds an operation of the user surface, whose requests have a User.
func registerUser[I, O any](s *server, op huma.Operation, scope hub.Scope, shape errorShape, handle func(*request, *I) (*O, error)) {
	shape.json = append(shape.json, http.StatusForbidden)
	registerOn(s, userSurface(scope), op, shape, handle)
}

const recordingsPathOf = "/v1/core/recordings"

// sharedPath reports whether both surfaces answer the request's path, each in its own shape. Those of the
// organization surface are registered under the published prefix.
func sharedPath(hr *http.Request) bool {
	rest, ok := strings.CutPrefix(hr.URL.Path, recordingsPathOf)
	return ok && (hr.Method == http.MethodGet || hr.Method == http.MethodHead) && (rest == "" || strings.LastIndexByte(rest, '/') == 0)
}
