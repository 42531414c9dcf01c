// Package wire is the machinery of the contract: how requests come in and answers go out, whatever they are about.
// It authenticates and limits callers, reads bodies and parameters, pages lists, shapes errors, describes operations
// in the OpenAPI document, and logs and measures. It knows no resource; huma's glue lives here alone.
package wire

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"

	"sirocco/hub"
	"sirocco/store"
)

// Config is what the machinery needs.
type Config struct {
	Store *store.Store
	// RateLimit is how many requests a token has each minute on this node; 0 is no limit.
	RateLimit int
	// OrganizationRateLimit is how many all tokens of an organization have together; 0 is no limit.
	OrganizationRateLimit int
	// Strangers counts by their address those whose token is not known; one of RateLimit when nil.
	Strangers *AddressLimit
	Logger    *slog.Logger
	// Metrics takes the API's metrics and is what /metrics shows.
	Metrics *prometheus.Registry
	Clock   hub.Clock
	// Health says why this node must not be asked, and what operators should know of it besides; nil is nothing.
	Health func() (unfit error, notices []string)
	// PublicURL begins the URLs that answers have; empty for how each request reached the server.
	PublicURL string
	// Console says that the web console is served, so that answers can lead to its pages.
	Console bool
	// TrustedProxies are those whose forwarded headers count.
	TrustedProxies Proxies
	// Version is the program's, for the OpenAPI document.
	Version string
}

// maxBody is how many bytes a request body may have.
const maxBody = 1 << 20

// API is what operations are registered with, and what serves them.
type API struct {
	Config
	// base is the path of the public URL, without a slash at its end; empty where that has none.
	base string
	huma huma.API
	mux  *http.ServeMux
	// pages are what HandlePages serves, each with a slash at its end.
	pages []string
	// shared are the patterns that both surfaces answer, each in its own shape.
	shared        map[string]bool
	authenticator *authenticator
	limiter       *rateLimiter
	organizations *rateLimiter
	strangers     *AddressLimit
	allowances    *requestAllowances
	metrics       *metrics
	bodies        *bodyBudget
}

// New returns an API without operations, which answers what operators and their machines ask.
func New(cfg Config) *API {
	a := &API{
		Config:        cfg,
		base:          pathOf(cfg.PublicURL),
		mux:           http.NewServeMux(),
		shared:        map[string]bool{},
		authenticator: newAuthenticator(cfg.Store, cfg.Clock, cfg.Logger),
		limiter:       newRateLimiter(cfg.RateLimit, cfg.Clock),
		organizations: newRateLimiter(cfg.OrganizationRateLimit, cfg.Clock),
		strangers:     cmp.Or(cfg.Strangers, NewAddressLimit(cfg.RateLimit, cfg.TrustedProxies, cfg.Clock)),
		allowances:    newRequestAllowances(cfg.Store, cfg.Clock),
		metrics:       newMetrics(cfg.Metrics),
		bodies:        newBodyBudget(),
	}
	cfg.Store.OnRevoke(a.authenticator.forget)
	a.huma = humago.New(a.mux, a.humaConfig())
	a.registerHealth()
	return a
}

// Handler returns what serves the operations registered so far, and the document of them. Call it once, last.
func (a *API) Handler() http.Handler {
	a.registerSelfDescription()
	return a.middleware(http.HandlerFunc(a.route))
}

// HandleFunc serves a pattern that is no operation and takes no token, such as a signed URL.
func (a *API) HandleFunc(pattern string, handle http.HandlerFunc) { a.mux.HandleFunc(pattern, handle) }

// HandlePages serves what is for people, at a path and below it: what cannot be read there is answered by a page of its own, too.
func (a *API) HandlePages(at string, pages http.Handler) {
	a.mux.Handle(at, pages)
	a.mux.Handle(at+"/", pages)
	a.pages = append(a.pages, at+"/")
}

// isPage reports whether the path is one of HandlePages.
func (a *API) isPage(path string) bool {
	return slices.ContainsFunc(a.pages, func(at string) bool { return strings.HasPrefix(path, at) })
}

func (a *API) humaConfig() huma.Config {
	cfg := huma.DefaultConfig("Sirocco", a.Version)
	cfg.CreateHooks = nil // no $schema fields in answers: the contract has none
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", ""
	inJSON := huma.Format{Marshal: writeBody, Unmarshal: readBody}
	cfg.Transformers = []huma.Transformer{bindStream}
	cfg.Formats = map[string]huma.Format{
		"application/json": inJSON,
		"json":             inJSON,
		"text/plain":       {Marshal: marshalText},
	}
	cfg.AllowAdditionalPropertiesByDefault = true // published clients send extras
	cfg.Info.Description = "A self-hosted integration hub: keeps integration connections, pulls CRM records over them, " +
		"links recordings to those records, and writes results back. Unknown fields in a request body are ignored. " +
		"What is marked `x-sirocco-extension` is not in the published contract."
	cfg.Servers = []*huma.Server{{URL: cmp.Or(a.base, "/")}, {URL: a.base + LegacyPrefix, Description: "The same operations, under the published prefix, which always means the organization surface."}}
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearerAuth": {Type: "http", Scheme: "bearer", BearerFormat: "Organization API token"},
		"userToken":  {Type: "apiKey", In: "header", Name: "x-siro-auth-token", Description: "A user's access token, made by an OAuth app."},
	}
	return cfg
}

// Operation is one operation of the contract, and how it is documented.
type Operation = huma.Operation

// extensionKey marks in the OpenAPI document what the published contract does not have.
const extensionKey = "x-sirocco-extension"

// Extension returns the mark of an operation that is ours, for its Extensions.
func Extension() map[string]any { return map[string]any{extensionKey: true} }

// Register adds an operation of the organization surface, whose requests have a Token. One whose path begins with
// LegacyPrefix answers organization tokens at the path without it, too, where the user surface has the same one.
func Register[I, O any](a *API, op Operation, shape ErrorShape, handle func(*Request, *I) (*O, error)) {
	register(a, organizationSurface, op, shape, handle)
}

// RegisterUser adds an operation of the user surface, whose requests have a User with at least the scope.
func RegisterUser[I, O any](a *API, op Operation, scope hub.Scope, shape ErrorShape, handle func(*Request, *I) (*O, error)) {
	shape.json = append(shape.json, http.StatusForbidden)
	register(a, userSurface(scope), op, shape, handle)
}

// register adds an operation. Fields of I and O tagged extension:"true" are marked as ours in the document.
func register[I, O any](a *API, on surface, op Operation, shape ErrorShape, handle func(*Request, *I) (*O, error)) {
	if op.MaxBodyBytes == 0 {
		op.MaxBodyBytes = maxBody + 1 // huma refuses a body that fills its limit
	}
	op.Security = []map[string][]string{{on.scheme: {}}}
	op.Middlewares = append(op.Middlewares, on.guard, singleValues, plainNumbers)
	var body *huma.Schema
	if _, has := reflect.TypeFor[I]().FieldByName("Body"); has {
		_, exact := reflect.TypeFor[I]().FieldByName("RawBody")
		op.SkipValidateBody = true // receiving does it, within bounds
		op.BodyReadTimeout = -1    // as it does this
		op.Middlewares = append(op.Middlewares, a.receiving(func() *huma.Schema { return body }, exact))
	}
	if op.Metadata == nil {
		op.Metadata = map[string]any{}
	}
	op.Metadata[metadataShape] = shape
	if takesKey(&op) {
		op.Middlewares = append(op.Middlewares, a.once(shape, secretsOf(reflect.TypeFor[O]())))
	}
	a.describeErrors(&op, shape, reflect.TypeFor[I]())
	a.share(op)
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		r := RequestOf(ctx)
		out, err := handle(r, in)
		if err != nil {
			r.failed = err
			return nil, statusError(r, shape, err)
		}
		return out, nil
	})
	documented := operationsOf(a.huma.OpenAPI().Paths[op.Path])[op.Method]
	if documented.RequestBody != nil {
		delete(documented.RequestBody.Content, "application/octet-stream") // how huma documents ExactBody
		body = documented.RequestBody.Content["application/json"].Schema
		boundArrays(a.huma.OpenAPI().Components.Schemas, body, map[*huma.Schema]bool{})
	}
	if takesKey(documented) {
		describeKey(documented)
	}
	a.markExtensions(documented, reflect.TypeFor[I]())
	a.markExtensions(documented, reflect.TypeFor[O]())
}
