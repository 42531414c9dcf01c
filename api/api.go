// Package api is the HTTP surface: the published contract in the shapes it was published in. It puts together
// wire, the machinery, and what is served by it: the organization surface, the user surface, and what is ours.
// A handler binds, makes one call, and answers. Rules live in hub, durability in store; what the background has to
// do is told to it by rows and jobs, never by calling it.
package api

import (
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"sirocco/api/extension"
	"sirocco/api/organization"
	"sirocco/api/user"
	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// Config is what the API needs.
type Config struct {
	Store *store.Store
	// Connections is where connections are kept; the Store when nil.
	Connections organization.Connections
	// Models tells which models the connector of a platform pulls, in order.
	Models func(hub.Platform) []hub.Model
	// CheckCredentials asks a CRM before credentials are kept.
	CheckCredentials hub.CheckCredentials
	// CredentialFields are those of a platform; where it is nil, nobody knows.
	CredentialFields func(hub.Platform) []hub.CredentialField
	// CheckMapping asks a CRM whether all is there that a mapping names.
	CheckMapping hub.CheckMapping
	// Mappings says what a mapping of a platform can have; nil for one whose objects are always the same.
	Mappings func(hub.Platform) *hub.MappingInfo
	// RateLimit is how many requests a token has each minute on this node; 0 is no limit.
	RateLimit int
	// OrganizationRateLimit is how many all tokens of an organization have together; 0 is no limit.
	OrganizationRateLimit int
	// Strangers counts by their address those whose token is not known, with others who do; one of RateLimit when nil.
	Strangers *wire.AddressLimit
	Logger    *slog.Logger
	// Metrics takes the API's metrics and is what /metrics shows.
	Metrics *prometheus.Registry
	Clock   hub.Clock
	// Targets are the addresses, beyond the public ones over https://, at which webhook endpoints may be.
	Targets hub.Targets
	// MergeWebhookKeys are those that Merge may sign its webhooks with; without one they are not taken.
	MergeWebhookKeys []string
	// Audio is where the recordings' audio is kept; nil when it is not.
	Audio user.Audio
	// Health says why this node must not be asked, and what operators should know of it besides; nil is nothing.
	Health func() (unfit error, notices []string)
	// PublicURL begins the URLs that answers have; empty for how each request reached the server.
	PublicURL string
	// DeepLinkHost is where links into the recording app lead; hub.DeepLinkHost when empty.
	DeepLinkHost string
	// TrustedProxies are those whose forwarded headers count.
	TrustedProxies wire.Proxies
	// Console is the web console, below /console; nil where it is not served.
	Console http.Handler
	// Version is the program's, for the OpenAPI document.
	Version string
}

// New returns the handler of all surfaces.
func New(cfg Config) http.Handler {
	if cfg.Connections == nil {
		cfg.Connections = cfg.Store
	}
	a := wire.New(wire.Config{
		Store: cfg.Store, RateLimit: cfg.RateLimit, OrganizationRateLimit: cfg.OrganizationRateLimit, Strangers: cfg.Strangers, Logger: cfg.Logger, Metrics: cfg.Metrics, Clock: cfg.Clock, PublicURL: cfg.PublicURL, Console: cfg.Console != nil, TrustedProxies: cfg.TrustedProxies, Version: cfg.Version, Health: cfg.Health,
	})
	organization.Register(a, organization.Config{Connections: cfg.Connections, Models: cfg.Models, CheckCredentials: cfg.CheckCredentials, Targets: cfg.Targets})
	user.Register(a, user.Config{Audio: cfg.Audio})
	extension.Register(a, extension.Config{CheckCredentials: cfg.CheckCredentials, CredentialFields: cfg.CredentialFields, CheckMapping: cfg.CheckMapping, Mappings: cfg.Mappings, Targets: cfg.Targets, MergeWebhookKeys: cfg.MergeWebhookKeys, DeepLinkHost: cfg.DeepLinkHost})
	if cfg.Console != nil {
		a.HandlePages("/console", cfg.Console)
	}
	return a.Handler()
}
