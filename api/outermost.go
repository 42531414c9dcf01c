package api

import (
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"path"
	"runtime/debug"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"sirocco/hub"
	"sirocco/store"
)

// legacyPrefix is the published prefix of the organization surface; without it the paths are the same.
const legacyPrefix = "/api-externalApi"

// outermost gives every request its id, its log line and its measures, and survives a panic.
func (s *server) outermost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		started := s.Clock()
		r := &request{Context: hr.Context(), ID: requestID(hr), Origin: s.origin(hr)}
		r.log = s.Logger.With("request", r.ID)
		path := hr.URL.Path
		if rest, ok := strings.CutPrefix(path, legacyPrefix); ok && strings.HasPrefix(rest, "/v1/") {
			r.Legacy = true
			u := *hr.URL
			u.Path, u.RawPath = rest, strings.TrimPrefix(hr.URL.RawPath, legacyPrefix)
			hr.URL = &u
		}
		hr = hr.WithContext(r)
		hr.Header.Del("Accept") // one representation each: a client that asks for another still gets it
		aw := &answerWriter{ResponseWriter: w}
		aw.Header().Set("X-Request-Id", r.ID)
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler { //nolint:errorlint // it is compared by identity, as net/http does
					panic(p)
				}
				r.log.Error("panic", "panic", p, "stack", string(debug.Stack()))
				if aw.status == 0 {
					writeError(aw, &jsonError{status: http.StatusInternalServerError, ErrorBody: ErrorBody{
						Message: "Something went wrong on the server; its log has the details under request " + r.ID + "."}})
				}
			}
			took := s.Clock().Sub(started)
			s.measures.observe(hr, aw.status, took)
			r.log.Log(hr.Context(), logLevel(path, aw.status), "request", "method", hr.Method, "path", path, "status", aw.status, "bytes", aw.bytes,
				"duration", took, "organization", r.Token.OrganizationID+r.User.OrganizationID, "token", r.Token.ID+r.User.ID)
		}()
		next.ServeHTTP(aw, hr)
	})
}

// origin is what URLs in the request's answer begin with. A proxy in front says whether it was asked with TLS.
func (s *server) origin(hr *http.Request) string {
	switch {
	case s.PublicURL != "":
		return strings.TrimSuffix(s.PublicURL, "/")
	case hr.TLS != nil || hr.Header.Get("X-Forwarded-Proto") == "https":
		return "https://" + hr.Host
	}
	return "http://" + hr.Host
}

// logLevel keeps what machines ask every few seconds out of the log, as long as all is well.
func logLevel(path string, status int) slog.Level {
	if status < http.StatusBadRequest && (path == "/healthz" || path == "/readyz" || path == "/metrics") {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// route authenticates and limits what needs a token, and hands the request to the operation.
func (s *server) route(w http.ResponseWriter, hr *http.Request) {
	if e := unreadable(hr); e != nil {
		writeError(w, e)
		return
	}
	if strings.HasPrefix(hr.URL.Path, "/v1/") && !s.admit(w, hr) {
		return
	}
	if asked := hr.URL.EscapedPath(); strings.TrimSuffix(asked, "/") != strings.TrimSuffix(path.Clean(asked), "/") {
		writeError(w, &jsonError{status: http.StatusNotFound, ErrorBody: ErrorBody{Message: noSuchPath}}) // the mux would redirect, with a page
		return
	}
	if _, err := url.ParseQuery(hr.URL.RawQuery); err != nil { // what cannot be read would count as left out
		writeError(w, &jsonError{status: http.StatusBadRequest, ErrorBody: ErrorBody{
			Message: "The query cannot be read: " + err.Error() + "; percent-encode what its parameters say."}})
		return
	}
	if requestOf(hr.Context()).Token.ID != "" && sharedPath(hr) {
		u := *hr.URL
		u.Path, u.RawPath = legacyPrefix+u.Path, ""
		hr.URL = &u
	}
	handler, pattern := s.mux.Handler(hr)
	if pattern == "" {
		refuse(w, hr, handler)
		return
	}
	s.mux.ServeHTTP(w, hr)
}

// unreadable refuses a path or parameter that is no text which a database keeps.
func unreadable(hr *http.Request) huma.StatusError {
	if !hub.IsStorable(hr.URL.Path) {
		return sentence(http.StatusNotFound, noSuchPath, false)
	}
	if !strings.Contains(hr.URL.RawQuery, "%") && hub.IsStorable(hr.URL.RawQuery) {
		return nil
	}
	for name, values := range hr.URL.Query() {
		for _, v := range append(values, name) {
			if !hub.IsStorable(v) {
				issue := Issue{Code: "custom", Path: []any{strings.ToValidUTF8(name, "?")}, Message: "is not UTF-8, or holds the character U+0000; expected text"}
				return &jsonError{status: http.StatusBadRequest, ErrorBody: ErrorBody{Message: issuesText([]Issue{issue}), Issues: []Issue{issue}}}
			}
		}
	}
	return nil
}

const noSuchPath = "There is no such path; /openapi.json lists those there are."

// admit lets the request of a known token within its limit pass, and answers any other.
func (s *server) admit(w http.ResponseWriter, hr *http.Request) bool {
	r := requestOf(hr.Context())
	caller, err := s.callers.caller(hr, r.Legacy)
	if unauthorized, ok := errors.AsType[*unauthorizedError](err); ok {
		challenge := `Bearer realm="sirocco"`
		if unauthorized.given {
			challenge += `, error="invalid_token"`
		}
		w.Header().Set("WWW-Authenticate", challenge)
		writeError(w, sentence(http.StatusUnauthorized, unauthorized.Error(), s.shapeOf(hr).isPlain(http.StatusUnauthorized)))
		return false
	}
	if err != nil {
		if answer, ok := errors.AsType[huma.StatusError](s.statusError(r, s.shapeOf(hr), err)); ok {
			writeError(w, answer)
		}
		return false
	}
	r.Token, r.User = caller.token, caller.user
	r.Context = store.WithActor(r.Context, caller.actor())
	if wait, ok := s.limits.allow(w.Header(), caller.id()); !ok {
		w.Header().Set("Retry-After", seconds(wait))
		writeError(w, &jsonError{status: http.StatusTooManyRequests, ErrorBody: ErrorBody{
			Message: "This token has used up its requests for now: wait as long as Retry-After says."}})
		return false
	}
	return true
}

// refuse answers a request that no operation matches: 405 with Allow where the path exists, else 404.
func refuse(w http.ResponseWriter, hr *http.Request, mux http.Handler) {
	probe := &discardWriter{header: http.Header{}}
	mux.ServeHTTP(probe, hr)
	if probe.status == http.StatusMethodNotAllowed {
		allow := probe.header.Get("Allow")
		w.Header().Set("Allow", allow)
		writeError(w, &jsonError{status: probe.status, ErrorBody: ErrorBody{Message: "This path does not answer " + hr.Method + "; it answers " + allow + "."}})
		return
	}
	writeError(w, &jsonError{status: http.StatusNotFound, ErrorBody: ErrorBody{Message: noSuchPath}})
}

// shapeOf is how the operation that the request is for answers errors.
func (s *server) shapeOf(hr *http.Request) errorShape {
	_, pattern := s.mux.Handler(hr)
	method, path, _ := strings.Cut(pattern, " ")
	if item := s.huma.OpenAPI().Paths[path]; item != nil {
		if op := operationsOf(item)[method]; op != nil {
			shape, _ := op.Metadata[metadataShape].(errorShape)
			return shape
		}
	}
	return errorShape{}
}

// writeError writes an error answer that no operation writes.
func writeError(w http.ResponseWriter, e huma.StatusError) {
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

// answerWriter remembers what was answered.
type answerWriter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *answerWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *answerWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *answerWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// discardWriter keeps only the head of an answer.
type discardWriter struct {
	header http.Header
	status int
}

func (w *discardWriter) Header() http.Header         { return w.header }
func (w *discardWriter) WriteHeader(status int)      { w.status = status }
func (w *discardWriter) Write(b []byte) (int, error) { return len(b), nil }
