// Package organization is the published surface of organization tokens, one file for each resource, named as in the
// path.
package organization

import (
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
)

// Config is what the surface needs beside the machinery.
type Config struct {
	// Connections is where connections are kept.
	Connections Connections
	// Models tells which models the connector of a platform pulls, in order.
	Models func(hub.Platform) []hub.Model
	// Targets are the addresses, beyond the public ones over https://, from which recordings are fetched.
	Targets hub.Targets
	// CheckCredentials asks a CRM before credentials are kept.
	CheckCredentials hub.CheckCredentials
}

// server holds what handlers share.
type server struct {
	*wire.API
	Config
}

// notFound are the errors of operations on one thing.
var notFound = wire.JSONErrors(http.StatusNotFound)

// changing are the errors of operations that change a thing.
var changing = wire.JSONErrors(http.StatusNotFound, http.StatusConflict)

// pushing are the errors of operations that bring records in, of which an organization may have no more than so many.
var pushing = wire.JSONErrors(http.StatusForbidden, http.StatusNotFound, http.StatusConflict)

// Register adds the surface's operations.
func Register(a *wire.API, cfg Config) {
	s := &server{API: a, Config: cfg}
	s.registerConnections()
	s.registerSalesforce()
	s.registerAccounts()
	s.registerOpportunities()
	s.registerEngagements()
	s.registerOpportunityUsers()
	s.registerEngagementUsers()
	s.registerCRMUsers()
	s.registerCallerIdentity()
	s.registerTokens()
	s.registerUsers()
	s.registerOrganizations()
	s.registerTeams()
	s.registerApps()
	s.registerAccessTokens()
	s.registerRecordings()
	s.registerMobileEvents()
	s.registerMultimediaEvents()
	s.registerBriefs()
	s.registerAuditLogs()
}
