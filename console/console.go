// Package console is the web console: it shows whoever runs the hub, or one of its organizations, what is well and what
// is not, and has the button beside the sentence. Pages are made on the server and read without JavaScript; what lives
// on a page comes by server-sent events. One file per page and per action: it reads what was asked, makes the same call
// to store that the API makes, and renders or redirects. It holds no rule and keeps no state: what a page shows is in
// its URL.
package console

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"sirocco/hub"
	"sirocco/store"
)

// Options are what the console needs.
type Options struct {
	Store  *store.Store
	Clock  hub.Clock
	Logger *slog.Logger
	// PublicURL is how browsers reach the server, empty for how each request came; the console is below it.
	PublicURL string
	// Origin is the scheme and host by which a request's client reached the server.
	Origin func(*http.Request) string
	// Admit counts an attempt to sign in by its address, or says how long that has to wait.
	Admit func(*http.Request) (wait time.Duration, ok bool)
	// AdmitStranger counts a cookie or a link that is to be looked for, as the API does a token, by its address; nil counts none.
	AdmitStranger func(*http.Request) (wait time.Duration, ok bool)
	// OIDC is the provider of OpenID Connect at which people sign in; nil where there is none.
	OIDC *OIDC
	// Check asks a CRM whether it accepts credentials, and whose they are.
	Check hub.CheckCredentials
	// CheckMapping asks a CRM whether all is there that a mapping names.
	CheckMapping hub.CheckMapping
	// Audio opens a recording's audio by its key; nil where none is kept. Without audio under the key it returns hub.ErrNotFound.
	Audio func(ctx context.Context, key string) (Audio, error)
	// Targets are the addresses, beyond the public ones, that webhooks may go to.
	Targets hub.Targets
	// Platforms describes each platform that is pulled.
	Platforms map[hub.Platform]hub.PlatformInfo
	// Done is closed when the server is about to stop: what lives ends then. Nil is never.
	Done <-chan struct{}
}

// server answers the console's requests.
type server struct {
	Options
	// base is the path that every page is below, without a slash at its end.
	base  string
	live  live
	guard guard
	// known are the sessions that were found lately, by the hashes of their secrets.
	known hub.KnownCallers
	// provider is nil where nobody signs in by one.
	provider *provider
}

// New returns what serves the console: everything below /console, and below the public URL's path and /console.
func New(opts Options) http.Handler {
	_ = pages() // one that is wrong shows now, and the first visitor does not wait for it
	s := &server{Options: opts, base: "/console", live: live{log: opts.Logger}}
	s.guard.ask = opts.Store.LivingConsoleSessions
	if opts.OIDC != nil {
		s.provider = &provider{OIDC: *opts.OIDC, clock: opts.Clock}
	}
	crossOrigin := http.NewCrossOriginProtection()
	if u, err := url.Parse(opts.PublicURL); err == nil && u.Host != "" {
		s.base = strings.TrimSuffix(u.Path, "/") + "/console"
		_ = crossOrigin.AddTrustedOrigin(u.Scheme + "://" + u.Host) // it was parsed
	}
	crossOrigin.SetDenyHandler(http.HandlerFunc(s.refuseForeign))
	mux := http.NewServeMux()
	for _, r := range routes() {
		mux.Handle(r.Method+" "+r.Pattern, s.serve(r))
	}
	mux.HandleFunc("GET /assets/{name}", s.serveAsset)
	mux.Handle("/", s.serve(route{Scope: scopeNone, Handle: (*server).showNowhere}))
	return secured(s.below(crossOrigin.Handler(mux)))
}

// below strips the path that the console is served at, so that routes begin with a slash.
func (s *server) below(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, prefix := range []string{s.base, "/console"} {
			rest, ok := strings.CutPrefix(r.URL.Path, prefix)
			if !ok || rest != "" && rest[0] != '/' {
				continue
			}
			inner := r.Clone(r.Context())
			inner.URL.Path, inner.URL.RawPath = "/"+strings.TrimPrefix(rest, "/"), ""
			next.ServeHTTP(w, inner)
			return
		}
		http.NotFound(w, r)
	})
}

// secured sets the headers by which a browser runs nothing that is not ours, and shows us in no frame.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; media-src 'self'; "+
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY") // browsers that do not know frame-ancestors
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
