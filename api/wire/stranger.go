package wire

import (
	"context"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"sirocco/hub"
)

// Nobody needs a token to ask whether the node is ready, how it does, or with a token that is none. What that costs is
// bounded here: answers are shared for a second, and each address has a limit.

// sharedFor is how long what was found for one who asked is good for others.
const sharedFor = time.Second

// shared is something that is found at most once in sharedFor, whoever asks, and by one at a time.
type shared[T any] struct {
	clock hub.Clock
	find  func(ctx context.Context) T

	mu      sync.Mutex
	finding chan struct{} // closed once it was found; nil while nobody looks
	found   T
	at      time.Time
}

func (s *shared[T]) get(ctx context.Context) (T, error) {
	s.mu.Lock()
	if now := s.clock(); !s.at.IsZero() && now.Sub(s.at) < sharedFor && !now.Before(s.at) {
		defer s.mu.Unlock()
		return s.found, nil
	}
	if s.finding == nil {
		done := make(chan struct{})
		s.finding = done
		go func() { // not within anybody's request: others wait for the same
			found := s.find(context.WithoutCancel(ctx))
			s.mu.Lock()
			s.found, s.at, s.finding = found, s.clock(), nil
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
		return s.found, nil
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// gathered is what was gathered of the metrics, or why it was not.
type gathered struct {
	families []*dto.MetricFamily
	err      error
}

// sharedMetrics gathers metrics at most once in sharedFor.
func sharedMetrics(from prometheus.Gatherer, clock hub.Clock) prometheus.Gatherer {
	s := &shared[gathered]{clock: clock, find: func(context.Context) gathered {
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

// AddressLimit bounds what each address may ask without a token that counts, on this node.
type AddressLimit struct {
	limiter *rateLimiter
	proxies Proxies
}

// NewAddressLimit lets an address ask perMinute times a minute; 0 is no limit. Behind the proxies an address is the one
// that they ask for.
func NewAddressLimit(perMinute int, proxies Proxies, clock hub.Clock) *AddressLimit {
	return &AddressLimit{limiter: newRateLimiter(perMinute, clock), proxies: proxies}
}

// Allow counts a request by its address, or says how long that has to wait. A proxy that is trusted and does not say for
// whom it asks is not counted: it asks for everybody.
func (l *AddressLimit) Allow(hr *http.Request) (wait time.Duration, ok bool) {
	address, ok := l.addressOf(hr)
	if !ok {
		return 0, true
	}
	return l.limiter.allow(nil, address)
}

// addressOf is what is counted by: an address, or for IPv6 the /64 that one subscriber has.
func (l *AddressLimit) addressOf(hr *http.Request) (string, bool) {
	ip, ok := l.proxies.Client(hr)
	if !ok {
		return "", false
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return ip.String(), true
	}
	return netip.PrefixFrom(ip, 64).Masked().String(), true
}

// AdmitStranger counts a request whose token is unknown so far, or that has none, by its address, and answers one too
// many.
func (a *API) AdmitStranger(w http.ResponseWriter, hr *http.Request) bool {
	wait, ok := a.strangers.Allow(hr)
	if !ok {
		refuseForNow(w, wait, "Too many requests without a token that counts came from this address: wait as long as Retry-After says.")
	}
	return ok
}
