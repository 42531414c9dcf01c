package wire

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"sirocco/hub"
)

// Nobody needs a token to ask whether the node is ready and how it does. What that costs is bounded: answers are shared for a
// second here, and each address has a limit, in AddressLimit.

// sharedFor is how long what was found for one who asked is good for others.
const sharedFor = time.Second

// shared is something that is found at most once in sharedFor, whoever asks, and by one at a time.
type shared[T any] struct {
	what  string // it is, for the log
	clock hub.Clock
	log   *slog.Logger
	find  func(ctx context.Context) T

	mu      sync.Mutex
	finding chan struct{} // closed once it was found; nil while nobody looks
	found   T
	at      time.Time
	broke   error // why nothing was found: find panicked
}

func (s *shared[T]) get(ctx context.Context) (T, error) {
	s.mu.Lock()
	if now := s.clock(); !s.at.IsZero() && now.Sub(s.at) < sharedFor && !now.Before(s.at) {
		defer s.mu.Unlock()
		return s.found, s.broke
	}
	if s.finding == nil {
		done := make(chan struct{})
		s.finding = done
		go func() { // not within anybody's request: others wait for the same
			found, broke := s.look(context.WithoutCancel(ctx))
			s.mu.Lock()
			s.found, s.at, s.broke, s.finding = found, s.clock(), broke, nil
			s.mu.Unlock()
			close(done)
		}()
	}
	done := s.finding
	s.mu.Unlock()
	select {
	case <-done:
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.found, s.broke
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// look finds it, and turns a panic into an error, as there is no request that would.
func (s *shared[T]) look(ctx context.Context) (found T, broke error) {
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("panic", "in", s.what, "panic", p, "stack", string(debug.Stack()))
			broke = errPanicked
		}
	}()
	return s.find(ctx), nil
}

// errPanicked is shown to whoever asked, who may be anybody.
var errPanicked = errors.New("something went wrong on the server; its log has the details")

// gathered is what was gathered of the metrics, or why it was not.
type gathered struct {
	families []*dto.MetricFamily
	err      error
}

// sharedMetrics gathers metrics at most once in sharedFor.
func sharedMetrics(from prometheus.Gatherer, clock hub.Clock, log *slog.Logger) prometheus.Gatherer {
	s := &shared[gathered]{what: "the metrics", clock: clock, log: log, find: func(context.Context) gathered {
		families, err := from.Gather()
		return gathered{families, err}
	}}
	return prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
		g, err := s.get(context.Background())
		if err != nil {
			return nil, err
		}
		return g.families, g.err
	})
}
