package livecheck

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"sirocco/connector"
)

// fault is what the proxy does to an exchange.
type fault struct {
	name string
	// status is answered in the vendor's place, without asking it; zero lets the request through.
	status int
	// header is set in the answer.
	header map[string]string
	// change makes another body of the vendor's answer.
	change func([]byte) []byte
	// drop breaks the connection off in the middle of the answer.
	drop bool
	// want is what the error must be, and after how long to come again.
	want  []connector.Kind
	retry time.Duration
}

var faults = []fault{
	{name: "too many requests (429)", status: http.StatusTooManyRequests, header: map[string]string{"Retry-After": "17"}, want: []connector.Kind{connector.RateLimited}, retry: 17 * time.Second},
	{name: "an error of the server (500)", status: http.StatusInternalServerError, want: []connector.Kind{connector.Temporary}},
	{name: "a service that is away (503)", status: http.StatusServiceUnavailable, header: map[string]string{"Retry-After": "5"}, want: []connector.Kind{connector.Temporary}, retry: 5 * time.Second},
	{name: "refused credentials (401)", status: http.StatusUnauthorized, want: []connector.Kind{connector.Unauthorized}},
	{name: "a missing right (403)", status: http.StatusForbidden, want: []connector.Kind{connector.Forbidden}},
	{name: "a connection that breaks", drop: true, want: []connector.Kind{connector.Temporary}},
	{name: "an answer that ends too early", change: func(b []byte) []byte { return b[:len(b)/2] }, want: []connector.Kind{connector.Malformed, connector.Temporary}},
	{name: "a page for people", header: map[string]string{"Content-Type": "text/html"}, want: []connector.Kind{connector.Malformed}},
	{name: "an answer without its list", change: func([]byte) []byte { return []byte(`{"error":"something went wrong"}`) }, want: []connector.Kind{connector.Malformed}},
}

// faults puts each fault on a page of the first model that has records.
func (k *check) faults(ctx context.Context) {
	for _, m := range k.c.Info().Models {
		if len(k.seen[m.Model]) == 0 {
			continue
		}
		for _, f := range faults {
			k.proxy.put(f, "")
			page, err := k.c.Fetch(ctx, k.s, connector.Query{Model: m.Model, Limit: smallPage})
			k.proxy.stop()
			e, ok := errors.AsType[*connector.Error](err)
			what := f.name + " is told as such"
			if !ok || len(page.Records) > 0 {
				k.tell(Failed, what, "%d records and %v", len(page.Records), err)
				continue
			}
			named := false
			for _, kind := range f.want {
				named = named || e.Kind == kind
			}
			k.holds(named && e.RetryAfter == f.retry && strings.HasPrefix(e.Error(), k.c.Info().Name+":"), what, "it is taken for %s, to be tried again after %s: %s", e.Kind, e.RetryAfter, e)
		}
		return
	}
	k.tell(Unchecked, "faults are told as such", "there is no record to read")
}

// proxy stands between the connector and the vendor.
type proxy struct {
	next http.RoundTripper
	mu   sync.Mutex
	// queued is put on the next exchange with the method; of any, where that is empty.
	queued *fault
	method string
}

func (p *proxy) put(f fault, method string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queued, p.method = &f, method
}

func (p *proxy) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queued = nil
}

func (p *proxy) take(method string) *fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.queued == nil || p.method != "" && p.method != method {
		return nil
	}
	f := p.queued
	p.queued = nil
	return f
}

// errBroken is how a connection that was broken off reads.
var errBroken = errors.New("the proxy broke the connection off")

// answerMost is how much of an answer is read to change it.
const answerMost = 64 << 20

// RoundTrip implements http.RoundTripper.
func (p *proxy) RoundTrip(r *http.Request) (*http.Response, error) {
	f := p.take(r.Method)
	if f == nil {
		return p.next.RoundTrip(r)
	}
	resp := &http.Response{StatusCode: f.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/json"}}, Request: r}
	body := []byte(`{"error":"a fault that sirocco makes"}`)
	if f.status == 0 {
		var err error
		if resp, err = p.next.RoundTrip(r); err != nil {
			return nil, err
		}
		body, err = io.ReadAll(io.LimitReader(resp.Body, answerMost))
		if err = errors.Join(err, resp.Body.Close()); err != nil {
			return nil, err
		}
	}
	for name, value := range f.header {
		resp.Header.Set(name, value)
	}
	if f.change != nil {
		body = f.change(body)
	}
	resp.Header.Del("Content-Length")
	resp.ContentLength = -1
	resp.Body = io.NopCloser(bytes.NewReader(body))
	if f.drop {
		resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body[:len(body)/2]), broken{}))
	}
	return resp, nil
}

// broken is the rest of an answer that never comes.
type broken struct{}

// Read implements io.Reader.
func (broken) Read([]byte) (int, error) { return 0, errBroken }
