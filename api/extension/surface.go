// Package extension is what the published contract does not have: how connections sync, what is written back, where
// webhooks go, and who changed what. One file for each resource, named as in the path.
package extension

import (
	"sirocco/api/wire"
	"sirocco/hub"
)

// Config is what the surface needs beside the machinery.
type Config struct {
	// DeepLinkHost is where links into the recording app lead; hub.DeepLinkHost when empty.
	DeepLinkHost string
	// CheckCredentials asks a CRM before credentials are kept.
	CheckCredentials hub.CheckCredentials
	// CredentialFields are those of a platform; nil where nobody knows.
	CredentialFields func(hub.Platform) []hub.CredentialField
	// CheckMapping asks a CRM whether all is there that a mapping names.
	CheckMapping hub.CheckMapping
	// Mappings says what a mapping of a platform can have; nil for one whose objects are always the same.
	Mappings func(hub.Platform) *hub.MappingInfo
	// Targets are the addresses, beyond the public ones over https://, at which webhook endpoints may be.
	Targets hub.Targets
	// MergeWebhookKeys are those that Merge may sign its webhooks with; without one they are not taken.
	MergeWebhookKeys []string
}

// server holds what handlers share.
type server struct {
	*wire.API
	Config

	callers hub.KnownCallers
}

const (
	connectionPath = "/v1/core/integrations/connections/{id}"
	connectionTag  = "Connections"
	connectionKind = "connection"
	recordingsPath = "/v1/core/recordings"
	recordingTag   = "Recordings"
	recordingKind  = "recording"
)

// Register adds the surface's operations, and the events to the document.
func Register(a *wire.API, cfg Config) {
	s := &server{API: a, Config: cfg}
	s.registerCredentials()
	s.registerMapping()
	s.registerSync()
	s.registerRuns()
	s.registerCRMRequests()
	s.registerQuarantine()
	s.registerDeletions()
	s.registerEndpoints()
	s.registerEventDeliveries()
	s.describeEvents()
	s.registerMatches()
	s.registerFollowups()
	s.registerEngagementTypes()
	s.registerAudit()
	s.registerAnalysis()
	s.registerLinks()
	s.registerLinking()
	s.registerOffers()
	s.registerOrganizationSettings()
	s.registerUsage()
	s.registerDeliveries()
	s.registerWriteBack()
	s.registerInbound()
	s.registerMobileEvents()
	s.registerMultimediaEvents()
	s.registerBriefs()
	s.registerDeepLinks()
	s.registerConfigurations()
	s.registerScorecards()
}
