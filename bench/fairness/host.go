package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// host is a CRM and a receiver on this machine. It answers the tenant called well, and nobody else.
type host struct {
	server *httptest.Server

	mu sync.Mutex
	// wanted are closed when the tenant is asked next, by what for: a page or an event.
	wanted map[string]chan struct{}
}

func newHost() *host {
	h := &host{wanted: map[string]chan struct{}{}}
	h.server = httptest.NewServer(http.HandlerFunc(h.serve))
	return h
}

func (h *host) close() {
	h.server.CloseClientConnections()
	h.server.Close()
}

// next returns what is closed when the tenant is asked next.
func (h *host) next(what string) <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	came := make(chan struct{})
	h.wanted[what] = came
	return came
}

func (h *host) serve(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // only then the end of a connection is noticed
	if !strings.HasPrefix(r.URL.Path, "/well/") {
		<-r.Context().Done()
		return
	}
	what := "event"
	if r.Method == http.MethodGet {
		what = "page"
	}
	h.mu.Lock()
	if came := h.wanted[what]; came != nil {
		close(came)
		h.wanted[what] = nil
	}
	h.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte("{}"))
}

func (h *host) Info() hub.PlatformInfo {
	return hub.PlatformInfo{
		Platform: hub.PlatformMerge, Name: "Host", Models: []hub.ModelInfo{{Model: hub.ModelAccount, Incremental: true, ReportsDeletes: true}},
		Credentials: []hub.CredentialField{{Name: "baseURL"}},
	}
}

func (h *host) Check(context.Context, *connector.Session) (connector.Account, error) {
	return connector.Account{}, nil
}

func (h *host) WriteNote(context.Context, *connector.Session, connector.Note) (connector.NoteRef, error) {
	return connector.NoteRef{}, nil
}

func (h *host) Fetch(ctx context.Context, s *connector.Session, _ connector.Query) (connector.Page, error) {
	var answer struct{}
	_, err := connector.GetJSON(ctx, s, connector.Request{Service: "Host", Path: "/page"}, &answer)
	return connector.Page{AsOf: time.Now()}, err
}
