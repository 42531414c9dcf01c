// Command fairness measures how soon a tenant's sync and webhook begin beside another tenant whose CRMs and receivers
// accept requests and never answer them. It prints Markdown and keeps it in docs/benchmarks-fairness.md.
//
//	go run ./bench/fairness            everything, about three minutes
//	go run ./bench/fairness -for 10s   for a shorter time beside the others; nothing is kept
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"sirocco/bench/rig"
	"sirocco/connector"
	"sirocco/engine"
	"sirocco/hub"
	"sirocco/store"
)

const (
	document = "docs/benchmarks-fairness.md"
	// defaultFor is long enough for the hanging ones to time out, at first all together and then by their lanes.
	defaultFor = time.Minute
	// alone is how long the tenant is measured with nobody else.
	alone = 5 * time.Second
	// hangingConnections are of as many organizations, the endpoints of hangingOrganizations.
	hangingConnections, hangingOrganizations, hangingEndpoints = 40, 6, 50
	// syncEvery and eventEvery are how often the tenant asks for a sync and emits an event; againEvery is how often the
	// others do.
	syncEvery, eventEvery, againEvery = 250 * time.Millisecond, 100 * time.Millisecond, 2 * time.Second
	// patience is how long anything may take before the bench gives up.
	patience = 2 * time.Minute
)

func main() {
	duration := flag.Duration("for", defaultFor, "how long it is measured beside the others")
	profile := flag.String("profile", "", "write a CPU profile to this file")
	flag.Parse()
	if err := rig.OnBoth(*profile, func(databases []rig.Database) error { return run(databases, *duration) }); err != nil {
		fmt.Fprintln(os.Stderr, "bench/fairness:", err)
		os.Exit(1)
	}
}

func run(databases []rig.Database, duration time.Duration) error {
	var b strings.Builder
	fmt.Fprintf(&b, `# Benchmarks of fairness

Written by `+"`go run ./bench/fairness`"+` on a machine of %d cores that also ran the CRMs, the receivers and the databases, with %s; both databases fully durable.
A tenant asks for a sync every %s and emits an event every %s: the time from each commit until its CRM, or its receiver, is asked. First alone, then for %s
beside %d connections of as many organizations and %d endpoints of %d more, all at the same host, which accept requests and never answer; somebody asks for
their syncs and emits events to them every %s.

| | | alone p50 | alone p99 | beside p50 | beside p99 | longest |
|---|---|---:|---:|---:|---:|---:|
`, runtime.NumCPU(), runtime.Version(), syncEvery, eventEvery, duration, hangingConnections, hangingOrganizations*hangingEndpoints, hangingOrganizations, againEvery)
	for _, db := range databases {
		if err := measure(&b, db, duration); err != nil {
			return fmt.Errorf("%s: %w", db.Name, err)
		}
	}
	b.WriteString("\nAims: p99 of 2 s for a sync, of 0.25 s for a webhook.\n")
	fmt.Print(b.String())
	if duration != defaultFor {
		return nil
	}
	return os.WriteFile(document, []byte(b.String()), 0o644)
}

// subject is a hub whose tenants are at one host.
type subject struct {
	st   *store.Store
	host *host
}

// tenant is an organization with a connection, where it has one.
type tenant struct{ organization, connection string }

func measure(w io.Writer, db rig.Database, duration time.Duration) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), duration+2*patience)
	defer cancel()
	st, err := rig.Open(ctx, db.URL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	s := &subject{st, newHost()}
	defer s.host.close()
	e, err := engine.New(engine.Config{
		Store: st, Connectors: map[hub.Platform]connector.Connector{hub.PlatformMerge: s.host}, Clock: time.Now, Logger: slog.New(slog.DiscardHandler), Targets: hub.Targets{Any: true},
	})
	if err != nil {
		return err
	}
	well, err := s.tenant(ctx, "well", true, 1)
	if err != nil {
		return err
	}
	if err := e.Start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Stop(ctx)) }()
	syncsAlone, eventsAlone, err := s.watch(ctx, well, alone)
	if err != nil {
		return err
	}
	all, err := s.bury(ctx)
	if err != nil {
		return err
	}
	poking, stop := context.WithCancel(ctx)
	var others errgroup.Group
	others.Go(func() error { return s.poke(poking, all) })
	syncs, events, err := s.watch(ctx, well, duration)
	stop()
	if err := errors.Join(err, others.Wait()); err != nil {
		return err
	}
	for _, row := range []struct {
		what          string
		alone, beside []time.Duration
	}{{"sync", syncsAlone, syncs}, {"webhook", eventsAlone, events}} {
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s |\n", db.Name, row.what, rig.Percentile(row.alone, 50), rig.Percentile(row.alone, 99), rig.Percentile(row.beside, 50), rig.Percentile(row.beside, 99), rig.Percentile(row.beside, 100))
		fmt.Fprintf(os.Stderr, "%s, %s: p99 %s alone, %s beside (%d times)\n", db.Name, row.what, rig.Percentile(row.alone, 99), rig.Percentile(row.beside, 99), len(row.beside))
	}
	return nil
}

// tenant makes a tenant whose connection and endpoints the host knows by the name.
func (s *subject) tenant(ctx context.Context, name string, connected bool, endpoints int) (tenant, error) {
	o, err := s.st.CreateOrganization(ctx, name)
	if err != nil {
		return tenant{}, err
	}
	made := tenant{organization: o.ID}
	if connected {
		c, err := s.st.CreateConnection(ctx, o.ID, hub.NewConnection{
			Name: name, ExternalAccountID: name, Platform: hub.PlatformMerge, Active: true, Models: []hub.Model{hub.ModelAccount},
		})
		if err != nil {
			return made, err
		}
		made.connection = c.ID
		if err := s.st.PutCredentials(ctx, o.ID, c.ID, map[string]string{"baseURL": s.host.server.URL + "/" + name}); err != nil {
			return made, err
		}
	}
	for i := range endpoints {
		url := fmt.Sprintf("%s/%s/events/%d", s.host.server.URL, name, i)
		if _, _, err := s.st.CreateEndpoint(ctx, o.ID, hub.WebhookPatch{URL: &url, EventTypes: &[]hub.EventType{hub.EventRecordingProcessed}}); err != nil {
			return made, err
		}
	}
	return made, nil
}

// bury makes the tenants that hang.
func (s *subject) bury(ctx context.Context) (all []tenant, err error) {
	for i := range hangingConnections + hangingOrganizations {
		connected, endpoints := i < hangingConnections, 0
		if !connected {
			endpoints = hangingEndpoints
		}
		made, err := s.tenant(ctx, fmt.Sprintf("hangs-%d", i), connected, endpoints)
		if err != nil {
			return nil, err
		}
		all = append(all, made)
	}
	return all, nil
}

// poke lets all tenants be synced and have events to be told, again and again until ctx ends.
func (s *subject) poke(ctx context.Context, all []tenant) error {
	ticker := time.NewTicker(againEvery)
	defer ticker.Stop()
	for {
		for _, t := range all {
			var err error
			if t.connection != "" {
				err = s.st.RequestSync(ctx, t.organization, t.connection, nil, nil)
			} else {
				_, err = s.emit(ctx, t)
			}
			if ctx.Err() != nil {
				return nil
			}
			if err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func (s *subject) emit(ctx context.Context, t tenant) (recording string, err error) {
	r := hub.Recording{ID: hub.NewID(), OrganizationID: t.organization, UserID: hub.NewID(), ProcessedAt: time.Now()}
	return r.ID, s.st.Emit(ctx, r, hub.EventRecordingProcessed)
}

// watch returns, in order, how long the tenant's syncs and events took to begin.
func (s *subject) watch(ctx context.Context, t tenant, duration time.Duration) (syncs, events []time.Duration, err error) {
	var g errgroup.Group
	g.Go(func() error {
		var err error
		syncs, err = again(duration, syncEvery, func() (time.Duration, error) {
			began := time.Now()
			came := s.host.next("page")
			if err := s.st.RequestSync(ctx, t.organization, t.connection, nil, nil); err != nil {
				return 0, err
			}
			return await(came, began)
		})
		return err
	})
	g.Go(func() error {
		var err error
		events, err = again(duration, eventEvery, func() (time.Duration, error) {
			began := time.Now()
			came := s.host.next("event")
			if _, err := s.emit(ctx, t); err != nil {
				return 0, err
			}
			return await(came, began)
		})
		return err
	})
	err = g.Wait()
	return syncs, events, err
}

// again does something every period for a time, or after it was done where it takes longer, and returns how long each took.
func again(duration, period time.Duration, do func() (time.Duration, error)) ([]time.Duration, error) {
	var all []time.Duration
	ticker := time.NewTicker(period)
	defer ticker.Stop()
	for began := time.Now(); time.Since(began) < duration; <-ticker.C {
		took, err := do()
		if err != nil {
			return nil, err
		}
		all = append(all, took)
	}
	slices.Sort(all)
	return all, nil
}

func await(came <-chan struct{}, began time.Time) (time.Duration, error) {
	select {
	case <-came:
		return time.Since(began), nil
	case <-time.After(patience):
		return 0, errors.New("the tenant was not served within " + patience.String())
	}
}
