package console

import (
	"net/http"
	"slices"
	"strings"

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

// live reports whether the route is one that pages ask by themselves.
func (r route) live() bool { return strings.HasSuffix(r.Pattern, "/live") }

// askedByItself reports whether a page asks, and nobody who sits before it.
func (r route) askedByItself(by *http.Request) bool {
	return r.live() || by.Header.Get("HX-Request") != ""
}

// routes are all pages and actions; the tests that walk them, for isolation and for roles, find them here.
func routes() []route {
	const viewer, operator = hub.ConsoleViewer, hub.ConsoleOperator
	return slices.Concat([]route{
		{"GET", "/sign-in", "", scopeNone, (*server).showSignIn},
		{"POST", "/sign-in", "", scopeNone, (*server).signIn},
		{"GET", oidcPath, "", scopeNone, (*server).beginOIDC},
		{"GET", oidcCallbackPath, "", scopeNone, (*server).finishOIDC},
		{"GET", "/open", "", scopeNone, (*server).showOpen},
		{"POST", "/open", "", scopeNone, (*server).open},
		{"POST", "/sign-out", viewer, scopePerson, (*server).signOut},

		{"GET", "/{$}", viewer, scopePerson, (*server).showOverview},
		{"GET", "/runs", viewer, scopeOrganization, (*server).showRuns},
		{"GET", "/write-backs", viewer, scopeOrganization, (*server).showWriteBacks},
		{"POST", "/deliveries/{delivery}/settle", operator, scopeOrganization, (*server).settleDelivery},

		{"GET", "/connections", viewer, scopeOrganization, (*server).showConnections},
		{"GET", "/connections/live", viewer, scopeOrganization, (*server).streamConnections},
		{"GET", "/connections/new", operator, scopeOrganization, (*server).showNewConnection},
		{"POST", "/connections", operator, scopeOrganization, (*server).createConnection},
		{"GET", "/connections/{connection}", viewer, scopeOrganization, (*server).showConnection},
		{"GET", "/connections/{connection}/live", viewer, scopeOrganization, (*server).streamConnection},
		{"GET", "/connections/{connection}/runs/{run}", viewer, scopeOrganization, (*server).showRun},
		{"POST", "/connections/{connection}/switch", operator, scopeOrganization, (*server).switchConnection},
		{"POST", "/connections/{connection}/sync", operator, scopeOrganization, (*server).syncConnection},
		{"POST", "/connections/{connection}/settings", operator, scopeOrganization, (*server).changeConnection},
		{"GET", "/connections/{connection}/rewind", operator, scopeOrganization, (*server).showRewind},
		{"POST", "/connections/{connection}/rewind", operator, scopeOrganization, (*server).rewind},
		{"GET", "/connections/{connection}/credentials", operator, scopeOrganization, (*server).showCredentials},
		{"POST", "/connections/{connection}/credentials", operator, scopeOrganization, (*server).putCredentials},
		{"POST", "/connections/{connection}/deletions", operator, scopeOrganization, (*server).decideDeletions},
		{"POST", "/connections/{connection}/inbound", operator, scopeOrganization, (*server).rotateInbound},
		{"GET", "/connections/{connection}/mapping", viewer, scopeOrganization, (*server).showMapping},
		{"POST", "/connections/{connection}/mapping", operator, scopeOrganization, (*server).putMapping},
		{"GET", "/connections/{connection}/delete", operator, scopeOrganization, (*server).showDelete},
		{"POST", "/connections/{connection}/delete", operator, scopeOrganization, (*server).deleteConnection},
	}, recordRoutes(), webhookRoutes(), peopleRoutes(), auditRoutes(), systemRoutes())
}
