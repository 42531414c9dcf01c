package engine

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"sirocco/hub"
	"sirocco/store"
)

// requestLog collects what is sent to a CRM during one slice of work, to be kept with it. What is sent with a context of
// its own is in it, and nothing else.
type requestLog struct {
	mu       sync.Mutex
	requests []*loggedRequest
}

// loggedRequest is a request that was sent. Its fields are the log's to lock.
type loggedRequest struct {
	log   *requestLog
	begun time.Time
	over  bool
	store.CRMRequest
}

type requestLogKey struct{}

// requestsOf is what a context says of the requests that are sent with it.
type requestsOf struct {
	log   *requestLog
	model hub.Model
}

// of returns a context of requests about a model, which the log gets.
func (l *requestLog) of(ctx context.Context, model hub.Model) context.Context {
	return context.WithValue(ctx, requestLogKey{}, requestsOf{l, model})
}

// beginRequest notes a request that is sent now, after its wait for the rate limit. It returns nil where nobody keeps it.
func beginRequest(r *http.Request, now time.Time, waited time.Duration, path func(*url.URL) string) *loggedRequest {
	of, ok := r.Context().Value(requestLogKey{}).(requestsOf)
	if !ok {
		return nil
	}
	q := &loggedRequest{log: of.log, begun: time.Now(),
		Model: of.model, SentAt: now, Method: r.Method, Path: path(r.URL), RateWait: waited, Failure: "not answered"}
	of.log.mu.Lock()
	defer of.log.mu.Unlock()
	if len(of.log.requests) >= 2*store.CRMRequestsKept { // of what is forgotten anyway
		of.log.requests = slices.Clone(of.log.requests[store.CRMRequestsKept:])
	}
	of.log.requests = append(of.log.requests, q)
	return q
}

// answered notes what came of the request: an answer, of which the body follows, or an error.
func (q *loggedRequest) answered(resp *http.Response, err error) {
	if q == nil {
		return
	}
	q.log.mu.Lock()
	defer q.log.mu.Unlock()
	q.Took = time.Since(q.begun)
	if err != nil {
		q.over, q.Failure = true, failureWord(err)
		return
	}
	q.Status, q.Failure = resp.StatusCode, "broken off"
}

// read notes bytes of the answer's body; err other than nil is its end.
func (q *loggedRequest) read(n int, err error) {
	if q == nil {
		return
	}
	q.log.mu.Lock()
	defer q.log.mu.Unlock()
	q.Bytes += int64(n)
	if err == nil || q.over {
		return
	}
	q.over, q.Took, q.Failure = true, time.Since(q.begun), ""
	if !errors.Is(err, io.EOF) {
		q.Failure = failureWord(err)
	}
}

// loggedBody is the answer's body on its way.
type loggedBody struct {
	io.ReadCloser
	logged *loggedRequest
}

func (b *loggedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.logged.read(n, err)
	return n, err
}

// take returns what was sent since it was last asked, in that order.
func (l *requestLog) take() []store.CRMRequest {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := make([]store.CRMRequest, len(l.requests))
	for i, q := range l.requests {
		taken[i] = q.CRMRequest
	}
	l.requests = nil
	return taken
}

// failureWord says in a word or two why no answer came, or not all of it.
func failureWord(err error) string {
	_, unresolved := errors.AsType[*net.DNSError](err)
	switch {
	case isTimeout(err):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "canceled"
	case unresolved:
		return "unresolved name"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		return "broken off"
	}
	return "no connection"
}

const (
	// hidden stands for what may be a secret.
	hidden = "***"
	// secretLeast is from how many bytes on a secret is looked for: shorter ones are found in words.
	secretLeast = 4
	// tokenLeast is from how many bytes on a part of a path that mixes letters and digits is taken for a token.
	tokenLeast = 20
	// namesMost is how many of a query's parameters are named.
	namesMost = 30
)

// shownPath is the path of a URL with the names of its query's parameters, without what is or may be a secret.
func shownPath(u *url.URL, secrets []string) string {
	path := u.Path
	for _, secret := range secrets {
		if len(secret) >= secretLeast { // it may have slashes in it
			path = strings.ReplaceAll(path, secret, hidden)
		}
	}
	parts := strings.Split(path, "/")
	for i := range parts {
		parts[i] = shownWord(parts[i], secrets)
	}
	text := strings.Join(parts, "/")
	var names []string
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		name, _, hasValue := strings.Cut(pair, "=")
		if !hasValue && name != "" { // it may be the value of something
			name = hidden
		}
		if name = shownWord(name, secrets); name != "" && len(names) < namesMost && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		text += "?" + strings.Join(names, "&")
	}
	if len(text) > store.CRMRequestPathMost {
		text = text[:store.CRMRequestPathMost]
	}
	return hub.Storable(text)
}

// shownWord is a part of a URL as it is written there, or hidden where a secret is in it, however often it was escaped, or it
// looks like a token.
func shownWord(word string, secrets []string) string {
	for plain := word; ; {
		if looksLikeToken(plain) {
			return hidden
		}
		for _, secret := range secrets {
			if plain == secret && secret != "" || len(secret) >= secretLeast && strings.Contains(plain, secret) {
				return hidden
			}
		}
		next, err := url.QueryUnescape(plain)
		if err != nil {
			return hidden
		}
		if next == plain {
			return strings.ReplaceAll(url.PathEscape(word), "%2A", "*")
		}
		plain = next
	}
}

// looksLikeToken tells what a vendor might have made to be kept secret from words, numbers and UUIDs, as ids are.
func looksLikeToken(word string) bool {
	if len(word) < tokenLeast || hub.ValidID(word) {
		return false
	}
	return strings.ContainsAny(word, "0123456789") && strings.ContainsFunc(word, func(r rune) bool { return r < '0' || r > '9' })
}

// shownPath is the path of a URL of the session, as it is kept.
func (s *session) shownPath(info hub.PlatformInfo, u *url.URL) string {
	secrets := []string{s.Token}
	for _, field := range info.Credentials {
		if field.Secret {
			secrets = append(secrets, s.Values[field.Name])
		}
	}
	return shownPath(s.pastBase(u), secrets)
}

// pastBase returns the URL without the path of the session's baseURL, which says where the CRM is and may say more.
func (s *session) pastBase(u *url.URL) *url.URL {
	base, err := url.Parse(s.Values["baseURL"])
	if err != nil || base.Host != u.Host {
		return u
	}
	rest, found := strings.CutPrefix(u.Path, strings.TrimSuffix(base.Path, "/")+"/")
	if !found {
		return u
	}
	return &url.URL{Path: "/" + rest, RawQuery: u.RawQuery}
}
