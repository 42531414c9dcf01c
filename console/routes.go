package console

import (
	"net/http"

	"sirocco/hub"
)

// scope is whose things a route is about.
type scope int

// The scopes.
const (
	scopeNone         scope = iota // nobody's: whoever is not signed in may ask
	scopePerson                    // the signed-in person's own
	scopeOrganization              // one organization's, which the person sees
	scopeServer                    // the server's, for whoever runs it
)

// route is one page, or one action.
type route struct {
	// Method and Pattern are as http.ServeMux has them; the pattern is below the console's path.
	Method, Pattern string
	// Role is what the person needs at least; empty where Scope is scopeNone.
	Role  hub.ConsoleRole
	Scope scope
	// Handle answers, or returns why not, which is then said on a page of its own.
	Handle func(*server, http.ResponseWriter, *visit) error
}

// routes are all pages and actions; the tests that walk them, for isolation and for roles, find them here.
func routes() []route {
	const viewer, operator = hub.ConsoleViewer, hub.ConsoleOperator
	return []route{
		{"GET", "/sign-in", "", scopeNone, (*server).showSignIn},
		{"POST", "/sign-in", "", scopeNone, (*server).signIn},
		{"GET", "/open", "", scopeNone, (*server).showOpen},
		{"POST", "/open", "", scopeNone, (*server).open},
		{"POST", "/sign-out", viewer, scopePerson, (*server).signOut},

		{"GET", "/{$}", viewer, scopePerson, (*server).showOverview},
	}
}
