package wire

import (
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"path"
	"runtime/debug"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"sirocco/hub"
	"sirocco/store"
)

// middleware gives every request its id, its log line and its metrics, and survives a panic.
func (a *API) middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		started := a.Clock()
		r := &Request{Context: hr.Context(), ID: requestID(hr), Origin: a.TrustedProxies.Origin(a.PublicURL, hr), api: a}
		r.Log = a.Logger.With("request", r.ID)
		a.strip(hr)
		path := hr.URL.Path
		if rest, ok := strings.CutPrefix(path, LegacyPrefix); ok && strings.HasPrefix(rest, "/v1/") {
			r.Legacy = true
			u := *hr.URL
			u.Path, u.RawPath = rest, strings.TrimPrefix(hr.URL.RawPath, LegacyPrefix)
			hr.URL = &u
		}
		hr.Header.Del("Accept") // one representation each: a client that asks for another still gets it
		hr = hr.WithContext(r)
		aw := &answerWriter{ResponseWriter: w}
		aw.watchBody(hr)
		aw.Header().Set("X-Request-Id", r.ID)
		aw.Header().Set("X-Content-Type-Options", "nosniff")
		if strings.HasPrefix(hr.URL.Path, "/v1/") || strings.HasPrefix(hr.URL.Path, "/audio/") {
			aw.Header().Set("Cache-Control", "no-store") // tokens, secrets and transcripts are in answers
		}
		defer func() {
			p := recover()
			cut := p == http.ErrAbortHandler //nolint:errorlint // it is compared by identity, as net/http does
			if p != nil && !cut {
				cut = aw.status != 0 // the answer has begun: only a cut connection tells that it is not whole
				r.Log.Error("panic", "panic", p, "stack", string(debug.Stack()))
				if !cut {
					WriteError(aw, refusal(http.StatusInternalServerError, "Something went wrong on the server; its log has the details under request "+r.ID+"."))
				}
			}
			took := a.Clock().Sub(started)
			a.metrics.observe(hr, aw.status, took)
			r.Log.Log(hr.Context(), logLevel(path, aw.status), "request", "method", hr.Method, "path", path, "status", aw.status, "bytes", aw.bytes,
				"duration", took, "organization", r.Token.OrganizationID+r.User.OrganizationID, "token", r.Token.ID+r.User.ID)
			if cut {
				panic(http.ErrAbortHandler)
			}
		}()
		next.ServeHTTP(aw, hr)
	})
}

// Origin is what URLs in the answer to a request begin with: the public URL where there is one. A proxy that is trusted
// says how it was asked itself; without one it is how the request came.
func (p Proxies) Origin(publicURL string, hr *http.Request) string {
	switch {
	case publicURL != "":
		return strings.TrimSuffix(publicURL, "/")
	case p.Trust(hr):
		return forwardedOrigin(hr)
	}
	host := hr.Host
	if local, ok := hr.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && !p.none() {
		host = local.String() // who comes past the proxies does not say where answers lead
	}
	if hr.TLS != nil {
		return "https://" + host
	}
	return "http://" + host
}

// logLevel keeps what machines ask every few seconds out of the log, as long as all is well.
func logLevel(path string, status int) slog.Level {
	if status < http.StatusBadRequest && (path == "/healthz" || path == "/readyz" || path == "/metrics") {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// route authenticates and limits what needs a token, and hands the request to the operation.
func (a *API) route(w http.ResponseWriter, hr *http.Request) {
	if e := a.unreadable(hr); e != nil {
		WriteError(w, e)
		return
	}
	if strings.HasPrefix(hr.URL.Path, "/v1/") && !a.admit(w, hr) {
		return
	}
	if asked := hr.URL.EscapedPath(); strings.TrimSuffix(asked, "/") != strings.TrimSuffix(path.Clean(asked), "/") {
		WriteError(w, refusal(http.StatusNotFound, noSuchPath)) // the mux would redirect, with a page
		return
	}
	if _, err := url.ParseQuery(hr.URL.RawQuery); err != nil { // what cannot be read would count as left out
		WriteError(w, refusal(http.StatusBadRequest, "The query cannot be read: "+err.Error()+"; percent-encode what its parameters say."))
		return
	}
	handler, pattern := a.matching(hr)
	if pattern == "" {
		refuse(w, hr, handler)
		return
	}
	a.mux.ServeHTTP(w, hr)
}

// unreadable refuses a path or parameter that is no text which a database keeps.
func (a *API) unreadable(hr *http.Request) huma.StatusError {
	if !hub.IsStorable(hr.URL.Path) {
		return sentence(http.StatusNotFound, noSuchPath, a.shapeOf(hr).isPlain(http.StatusNotFound))
	}
	if name, found := hub.Unstorable(hr.Header); found {
		return a.shapeOf(hr).issuesAnswer([]Issue{{Code: "custom", Path: []any{name}, Message: "holds bytes that are no text in UTF-8; expected text"}})
	}
	if !strings.Contains(hr.URL.RawQuery, "%") && hub.IsStorable(hr.URL.RawQuery) || a.isPage(hr.URL.Path) {
		return nil
	}
	if name, found := hub.Unstorable(hr.URL.Query()); found {
		issue := Issue{Code: "custom", Path: []any{strings.ToValidUTF8(name, "?")}, Message: "is not UTF-8, or holds the character U+0000; expected text"}
		return &jsonError{status: http.StatusBadRequest, Message: issuesText([]Issue{issue}), Issues: []Issue{issue}}
	}
	return nil
}

const noSuchPath = "There is no such path; /openapi.json lists those there are."

// admit lets the request of a known token within its limit pass, and answers any other.
func (a *API) admit(w http.ResponseWriter, hr *http.Request) bool {
	r := RequestOf(hr.Context())
	given, err := tokenOf(hr, r.Legacy)
	if (err != nil || !a.authenticator.knows(given)) && !a.AdmitStranger(w, hr) {
		return false
	}
	var caller caller
	if err == nil {
		caller, err = a.authenticator.authenticate(hr.Context(), given)
	}
	if unauthorized, ok := errors.AsType[*unauthorizedError](err); ok {
		challenge := `Bearer realm="sirocco"`
		if unauthorized.given {
			challenge += `, error="invalid_token"`
		}
		w.Header().Set("WWW-Authenticate", challenge)
		WriteError(w, sentence(http.StatusUnauthorized, unauthorized.Error(), a.shapeOf(hr).isPlain(http.StatusUnauthorized)))
		return false
	}
	if err != nil {
		WriteError(w, statusError(r, a.shapeOf(hr), err))
		return false
	}
	r.Token, r.User = caller.token, caller.user
	r.Context = store.WithActor(r.Context, caller.actor())
	if hr.Method != http.MethodGet && hr.Method != http.MethodHead {
		r.call = &store.APICall{ID: hub.NewID(), TokenID: caller.id(), UserID: caller.user.UserID, Method: hr.Method, Endpoint: hr.URL.EscapedPath()}
		r.Context = store.WithAPICall(r.Context, r.call)
	}
	if wait, ok := a.limiter.allow(w.Header(), caller.id()); !ok {
		refuseForNow(w, wait, "This token has used up its requests for now: wait as long as Retry-After says.")
		return false
	}
	if wait, ok := a.organizations.allow(nil, r.Token.OrganizationID+r.User.OrganizationID); !ok {
		refuseForNow(w, wait, "The tokens of this organization have together used up its requests for now: wait as long as Retry-After says.")
		return false
	}
	return a.admitToday(w, hr, r.Token.OrganizationID+r.User.OrganizationID)
}

// admitToday counts a request among those of the organization's day, and answers one too many.
func (a *API) admitToday(w http.ResponseWriter, hr *http.Request, organization string) bool {
	limit, wait, err := a.allowances.allow(hr.Context(), organization)
	if err != nil {
		if answer, ok := errors.AsType[huma.StatusError](statusError(RequestOf(hr.Context()), a.shapeOf(hr), err)); ok {
			WriteError(w, answer)
		}
		return false
	}
	if wait > 0 {
		w.Header().Set("Retry-After", seconds(wait))
		WriteError(w, &jsonError{status: http.StatusTooManyRequests, Message: (&hub.QuotaError{Resource: hub.ResourceRequests, Limit: limit}).Error()})
	}
	return wait == 0
}

// refuse answers a request that no operation matches: 405 with Allow where the path exists, else 404.
func refuse(w http.ResponseWriter, hr *http.Request, mux http.Handler) {
	probe := &discardWriter{header: http.Header{}}
	mux.ServeHTTP(probe, hr)
	if probe.status == http.StatusMethodNotAllowed {
		allow := probe.header.Get("Allow")
		w.Header().Set("Allow", allow)
		WriteError(w, refusal(probe.status, "This path does not answer "+hr.Method+"; it answers "+allow+"."))
		return
	}
	WriteError(w, refusal(http.StatusNotFound, noSuchPath))
}

// shapeOf is how the operation that the request is for answers errors.
func (a *API) shapeOf(hr *http.Request) ErrorShape {
	asked := *hr
	_, pattern := a.matching(&asked)
	method, path, _ := strings.Cut(pattern, " ")
	if item := a.huma.OpenAPI().Paths[path]; item != nil {
		if op := operationsOf(item)[method]; op != nil {
			shape, _ := op.Metadata[metadataShape].(ErrorShape)
			return shape
		}
	}
	return ErrorShape{}
}

// WriteError writes an error answer that no operation writes.
func WriteError(w http.ResponseWriter, e huma.StatusError) {
	if text, ok := e.(*textError); ok {
		w.Header().Set("Content-Type", text.ContentType(""))
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(text.status)
		_ = marshalText(w, text) // the client is gone, or it is written
		return
	}
	if headed, ok := e.(huma.HeadersError); ok {
		maps.Copy(w.Header(), headed.GetHeaders())
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(e.GetStatus())
	_ = json.NewEncoder(w).Encode(e) //nolint:errchkjson // the client is gone, or it is written
}

// requestID takes over an id that the client or a proxy gave, if it is short and plain, or makes one.
func requestID(hr *http.Request) string {
	id := hr.Header.Get("X-Request-Id")
	plain := func(c rune) bool {
		return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_' || c == '.'
	}
	if id == "" || len(id) > 128 || strings.ContainsFunc(id, func(c rune) bool { return !plain(c) }) {
		return hub.NewID()
	}
	return id
}
