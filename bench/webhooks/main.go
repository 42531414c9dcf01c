// Command webhooks measures how fast events get to a webhook endpoint on this machine, and how soon, alone and beside
// an endpoint that is dead with much to be told. It prints Markdown and keeps it in docs/benchmarks-webhooks.md.
//
//	go run ./bench/webhooks                 everything, about two minutes
//	go run ./bench/webhooks -events 5000    fewer; nothing is kept
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"sirocco/bench/rig"
	"sirocco/engine"
	"sirocco/hub"
	"sirocco/store"
)

const (
	document      = "docs/benchmarks-webhooks.md"
	defaultEvents = 20_000
	// defaultPending is how many events the dead endpoint has to be told.
	defaultPending = 100_000
	// rate is the events a second of the steady stream, and stream how long it lasts.
	rate   = 200
	stream = 10 * time.Second
	// writers is how many transactions emit side by side.
	writers = 64
	// patience is how long anything may take before the bench gives up.
	patience = 2 * time.Minute
)

func main() {
	events := flag.Int("events", defaultEvents, "how many events are sent as fast as can be")
	pending := flag.Int("pending", defaultPending, "how many events the dead endpoint has to be told")
	profile := flag.String("profile", "", "write a CPU profile to this file")
	flag.Parse()
	if err := rig.OnBoth(*profile, func(databases []rig.Database) error { return run(databases, *events, *pending) }); err != nil {
		fmt.Fprintln(os.Stderr, "bench/webhooks:", err)
		os.Exit(1)
	}
}

func run(databases []rig.Database, events, pending int) error {
	var b strings.Builder
	fmt.Fprintf(&b, `# Benchmarks of webhooks

Written by `+"`go run ./bench/webhooks`"+` on a machine of %d cores that also ran the receiver and the databases, with %s; both databases fully durable.
%s events are committed by %d writers as fast as they can, each in a transaction of its own, and delivered meanwhile: from the first commit until all have
come and that is kept. Then %d events a second for %s: the time from each commit to the first attempt, as the receiver sees it. Then the same beside
an endpoint that refuses connections and has %s events to be told.

| | events/s, committed and delivered | p50 | p99 | p50 beside the dead one | p99 beside the dead one |
|---|---:|---:|---:|---:|---:|
`, runtime.NumCPU(), runtime.Version(), rig.Thousands(events), writers, rate, stream, rig.Thousands(pending))
	for _, db := range databases {
		if err := measure(&b, db.Name, db.URL, events, pending); err != nil {
			return fmt.Errorf("%s: %w", db.Name, err)
		}
	}
	b.WriteString("\nAims: 2,000 events/s; p99 under 250 ms, and at most twice as long beside the dead endpoint.\n")
	fmt.Print(b.String())
	if events != defaultEvents || pending != defaultPending {
		return nil
	}
	return os.WriteFile(document, []byte(b.String()), 0o644)
}

// subject is a hub with a receiver of its own.
type subject struct {
	st           *store.Store
	organization string
	receiver     *receiver
}

func measure(w io.Writer, name, url string, events, pending int) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	st, err := rig.Open(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	e, err := engine.New(engine.Config{Store: st, Clock: time.Now, Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)), Targets: hub.Targets{Any: true}})
	if err != nil {
		return err
	}
	o, err := st.CreateOrganization(ctx, "Bench")
	if err != nil {
		return err
	}
	s := &subject{st, o.ID, newReceiver()}
	defer s.receiver.server.Close()
	w1, err := s.endpoint(ctx, s.receiver.server.URL, hub.EventRecordingProcessed)
	if err != nil {
		return err
	}
	if err := e.Start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Stop(ctx)) }()

	fast, err := s.flood(ctx, w1, events)
	if err != nil {
		return err
	}
	alone, err := s.steady(ctx)
	if err != nil {
		return err
	}
	if err := s.bury(ctx, pending); err != nil {
		return err
	}
	beside, err := s.steady(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s |\n", name, rig.Thousands(int(fast)), rig.Percentile(alone, 50), rig.Percentile(alone, 99), rig.Percentile(beside, 50), rig.Percentile(beside, 99))
	fmt.Fprintf(os.Stderr, "%s: %.0f events/s, p50 %s p99 %s, beside the dead endpoint p50 %s p99 %s\n", name, fast,
		rig.Percentile(alone, 50), rig.Percentile(alone, 99), rig.Percentile(beside, 50), rig.Percentile(beside, 99))
	return nil
}

func (s *subject) endpoint(ctx context.Context, url string, types ...hub.EventType) (id string, err error) {
	w, _, err := s.st.CreateEndpoint(ctx, s.organization, hub.WebhookPatch{URL: &url, EventTypes: &types})
	return w.ID, err
}

func (s *subject) emit(ctx context.Context, event hub.EventType) (recording string, err error) {
	r := hub.Recording{ID: hub.NewID(), OrganizationID: s.organization, UserID: hub.NewID(), ProcessedAt: time.Now()}
	return r.ID, s.st.Emit(ctx, r, event)
}

// emitAll emits n events as fast as the writers can.
func (s *subject) emitAll(ctx context.Context, event hub.EventType, n int) error {
	g, ctx := errgroup.WithContext(ctx)
	for i := range writers {
		g.Go(func() error {
			for range (n + writers - 1 - i) / writers {
				if _, err := s.emit(ctx, event); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// flood returns how many events a second are committed and delivered.
func (s *subject) flood(ctx context.Context, endpoint string, n int) (float64, error) {
	done := s.receiver.expect(n)
	began := time.Now()
	if err := s.emitAll(ctx, hub.EventRecordingProcessed, n); err != nil {
		return 0, err
	}
	if err := await(done, "all events came"); err != nil {
		return 0, err
	}
	for { // the last of them are kept as sent
		next, err := s.st.NextEvent(ctx, s.organization, endpoint)
		if err != nil {
			return 0, err
		}
		if next.IsZero() {
			return float64(n) / time.Since(began).Seconds(), nil
		}
		if time.Since(began) > patience {
			return 0, errors.New("the last events were not kept as sent")
		}
		<-time.After(time.Millisecond)
	}
}

// steady emits events at a steady rate and returns how long each took to its first attempt.
func (s *subject) steady(ctx context.Context) ([]time.Duration, error) {
	n := int(rate * stream.Seconds())
	done := s.receiver.expect(n)
	var mu sync.Mutex
	committed := make(map[string]time.Time, n)
	g, ctx := errgroup.WithContext(ctx)
	ticker := time.NewTicker(time.Second / rate)
	defer ticker.Stop()
	for range n {
		<-ticker.C
		g.Go(func() error {
			id, err := s.emit(ctx, hub.EventRecordingProcessed)
			mu.Lock()
			defer mu.Unlock()
			committed[id] = time.Now()
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if err := await(done, "all events of the stream came"); err != nil {
		return nil, err
	}
	return s.receiver.latencies(committed), nil
}

// bury makes a dead endpoint with n events to be told.
func (s *subject) bury(ctx context.Context, n int) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	dead := "http://" + l.Addr().String()
	if err := l.Close(); err != nil {
		return err
	}
	id, err := s.endpoint(ctx, dead, hub.EventRecordingLinked)
	if err != nil {
		return err
	}
	if err := s.emitAll(ctx, hub.EventRecordingLinked, n); err != nil {
		return err
	}
	for began := time.Now(); ; {
		w, err := s.st.Endpoint(ctx, s.organization, id)
		if err != nil {
			return err
		}
		left, err := s.st.FanOut(ctx, 1000)
		if err != nil {
			return err
		}
		if left == 0 && !w.FailingSince.IsZero() {
			return nil
		}
		if time.Since(began) > patience {
			return errors.New("the dead endpoint was never tried")
		}
	}
}

func await(done <-chan struct{}, what string) error {
	select {
	case <-done:
		return nil
	case <-time.After(patience):
		return errors.New("it never happened that " + what)
	}
}
