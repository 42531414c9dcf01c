// Package api is the HTTP surface: the published contract in the shapes it was published in, one file per
// resource. A handler binds, makes one call, and answers. Rules live in hub, durability in store; what
// the background has to do is told to it by rows and jobs, never by calling it.
package api

import (
	"log/slog"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"

	"sirocco/hub"
	"sirocco/store"
)

// Config is what the API needs.
type Config struct {
	Store *store.Store
	// Connections is where connections are kept; the Store when nil.
	Connections Connections
	// Models tells which models the connector of a platform pulls, in order.
	Models func(hub.Platform) []hub.Model
	// CheckCredentials asks a CRM before credentials are kept.
	CheckCredentials CheckCredentials
	// RateLimit is how many requests a token has each minute on this node; 0 is no limit.
	RateLimit int
	Logger    *slog.Logger
	// Metrics takes the API's metrics and is what /metrics shows.
	Metrics *prometheus.Registry
	Clock   hub.Clock
	// AllowPrivate lets webhook endpoints be at addresses that are not public.
	AllowPrivate bool
	// Audio is where the recordings' audio is kept; nil when it is not.
	Audio Audio
	// PublicURL begins the URLs that answers have; empty for how each request reached the server.
	PublicURL string
	// Version is the program's, for the OpenAPI document.
	Version string
}

// maxBody is how many bytes a request body may have.
const maxBody = 1 << 20

// server holds what handlers share.
type server struct {
	Config
	huma     huma.API
	mux      *http.ServeMux
	callers  *callers
	limits   *limits
	measures *measures
	signer   signer
}

// New returns the handler of the whole surface.
func New(cfg Config) http.Handler {
	if cfg.Connections == nil {
		cfg.Connections = cfg.Store
	}
	s := &server{
		Config:   cfg,
		mux:      http.NewServeMux(),
		callers:  newCallers(cfg.Store, cfg.Clock, cfg.Logger),
		limits:   newLimits(cfg.RateLimit, cfg.Clock),
		measures: newMeasures(cfg.Metrics),
	}
	s.huma = humago.New(s.mux, s.humaConfig())
	s.registerConnections()
	s.registerSync()
	s.registerAccounts()
	s.registerOpportunities()
	s.registerEngagements()
	s.registerJoinedUsers()
	s.registerCRMUsers()
	s.registerTokens()
	s.registerEndpoints()
	s.registerEventDeliveries()
	s.describeEvents()
	s.registerUsers()
	s.registerOrganizations()
	s.registerTeams()
	s.registerApps()
	s.registerAccessTokens()
	s.registerUserMatches()
	s.registerAudit()
	s.registerRecordings()
	s.registerSeenRecordings()
	s.registerSeenAnalyses()
	s.registerUploads()
	s.registerFollowups()
	s.registerRecordingLinks()
	s.registerLinks()
	s.registerDeliveries()
	s.registerAudio()
	s.registerHealth()
	s.registerSelfDescription()
	return s.outermost(http.HandlerFunc(s.route))
}

func (s *server) humaConfig() huma.Config {
	cfg := huma.DefaultConfig("Sirocco", s.Version)
	cfg.CreateHooks = nil // no $schema fields in answers: the contract has none
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", ""
	inJSON := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: readBody}
	cfg.Formats = map[string]huma.Format{
		"application/json": inJSON,
		"json":             inJSON,
		"text/plain":       {Marshal: marshalText},
	}
	cfg.AllowAdditionalPropertiesByDefault = true // published clients send extras
	cfg.Info.Description = "A self-hosted integration hub: keeps integration connections, pulls CRM records over them, " +
		"links recordings to those records, and writes results back. Unknown fields in a request body are ignored. " +
		"What is marked `x-sirocco-extension` is not in the published contract."
	cfg.Servers = []*huma.Server{{URL: "/"}, {URL: legacyPrefix, Description: "The same operations, under the published prefix, which always means the organization surface."}}
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearerAuth": {Type: "http", Scheme: "bearer", BearerFormat: "Organization API token"},
		"userToken":  {Type: "apiKey", In: "header", Name: "x-siro-auth-token", Description: "A user's access token, made by an OAuth app."},
	}
	return cfg
}

// extensionKey marks in the OpenAPI document what the published contract does not have.
const extensionKey = "x-sirocco-extension"

// register adds an operation of the organization surface, whose requests have a Token.
func register[I, O any](s *server, op huma.Operation, shape errorShape, handle func(*request, *I) (*O, error)) {
	registerOn(s, organizationSurface, op, shape, handle)
}

// registerOn adds an operation. Fields of I and O tagged extension:"true" are marked as ours in the document.
func registerOn[I, O any](s *server, on surface, op huma.Operation, shape errorShape, handle func(*request, *I) (*O, error)) {
	if op.MaxBodyBytes == 0 {
		op.MaxBodyBytes = maxBody + 1 // huma refuses a body that fills its limit
	}
	op.Security = []map[string][]string{{on.scheme: {}}}
	op.Middlewares = append(op.Middlewares, on.guard)
	op.Metadata = map[string]any{metadataShape: shape, metadataSchemas: s.huma.OpenAPI().Components.Schemas}
	s.describeErrors(&op, shape, reflect.TypeFor[I]())
	var body *huma.Schema
	huma.Register(s.huma, op, func(ctx requestContext, in *I) (*O, error) {
		r := requestOf(ctx)
		if err := s.refuseNulls(in, body, shape); err != nil {
			return nil, err
		}
		out, err := handle(r, in)
		if err != nil {
			return nil, s.statusError(r, shape, err)
		}
		return out, nil
	})
	documented := operationsOf(s.huma.OpenAPI().Paths[op.Path])[op.Method]
	if documented.RequestBody != nil {
		delete(documented.RequestBody.Content, "application/octet-stream") // how huma documents ExactBody
		body = documented.RequestBody.Content["application/json"].Schema
	}
	s.markExtensions(documented, reflect.TypeFor[I]())
	s.markExtensions(documented, reflect.TypeFor[O]())
}
