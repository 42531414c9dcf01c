package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"time"
)

// receiver is a webhook endpoint on this machine that notes when each recording's event first came.
type receiver struct {
	server *httptest.Server

	mu    sync.Mutex
	came  map[string]time.Time
	wants int
	done  chan struct{}
}

func newReceiver() *receiver {
	r := &receiver{}
	r.server = httptest.NewServer(http.HandlerFunc(r.take))
	return r
}

func (r *receiver) take(w http.ResponseWriter, req *http.Request) {
	now := time.Now()
	var event struct {
		RecordingID string `json:"recordingId"`
	}
	if err := json.NewDecoder(req.Body).Decode(&event); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, again := r.came[event.RecordingID]; again {
		return
	}
	r.came[event.RecordingID] = now
	if len(r.came) == r.wants {
		close(r.done)
	}
}

// expect forgets what came and returns what is closed when n events did.
func (r *receiver) expect(n int) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.came, r.wants, r.done = make(map[string]time.Time, n), n, make(chan struct{})
	return r.done
}

// latencies are the times from each commit to the first attempt, in order.
func (r *receiver) latencies(committed map[string]time.Time) []time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []time.Duration
	for id, at := range committed {
		all = append(all, max(0, r.came[id].Sub(at))) // it may come before its writer hears of the commit
	}
	slices.Sort(all)
	return all
}
