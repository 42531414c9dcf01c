// Command sync measures how fast records come in over a connection, beside what bounds it: the same pages
// fetched and decoded alone, and the same rows upserted alone. It prints Markdown and keeps it in
// docs/benchmarks-sync.md.
//
//	go run ./bench/sync                    everything, about five minutes
//	go run ./bench/sync -records 200000    a larger CRM; nothing is kept
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"time"

	"sirocco/bench/rig"
	"sirocco/connector"
	"sirocco/engine"
	"sirocco/hub"
	"sirocco/store"
)

const (
	document       = "docs/benchmarks-sync.md"
	defaultRecords = 100_000
	// defaultGrown is the size of the one large CRM.
	defaultGrown = 1_000_000
	// idleConnections is how many connections with nothing new are synced once.
	idleConnections = 10_000
)

func main() {
	records := flag.Int("records", defaultRecords, "how many records the CRM has")
	idle := flag.Int("idle", idleConnections, "how many connections with nothing new are synced")
	grown := flag.Int("grown", defaultGrown, "how many records the CRM has whose sync is watched as it grows")
	profile := flag.String("profile", "", "write a CPU profile to this file")
	flag.Parse()
	if err := rig.OnBoth(*profile, func(databases []rig.Database) error { return run(databases, *records, *idle, *grown) }); err != nil {
		fmt.Fprintln(os.Stderr, "bench/sync:", err)
		os.Exit(1)
	}
}

func run(databases []rig.Database, records, idle, grown int) error {
	var b strings.Builder
	fmt.Fprintf(&b, `# Benchmarks of syncing

Written by `+"`go run ./bench/sync`"+` on a machine of %d cores that also ran the CRM and the databases, with %s; both databases fully durable.
%s records come over HTTP into an empty database; then again with nothing changed.

| | page | first sync, records/s | CPU each record | fetch and decode alone | upsert alone | of the slower | all again unchanged, records/s | memory, in all |
|---|---:|---:|---:|---:|---:|---:|---:|---:|
`, runtime.NumCPU(), runtime.Version(), rig.Thousands(records))
	for _, page := range []int{100, 500} {
		crm := newFeed(records, page)
		fetch, err := crm.fetchAlone()
		if err != nil {
			return err
		}
		for _, db := range databases {
			upsert, err := upsertAlone(db.URL, crm, page)
			if err != nil {
				return err
			}
			m, err := measure(db.URL, crm, page)
			if err != nil {
				return err
			}
			limit := min(fetch, upsert)
			fmt.Fprintf(&b, "| %s | %d | %s | %.1f µs | %s | %s | %.0f %% | %s | %d MiB |\n", db.Name, page, rig.Thousands(int(m.first)), micros(m.cpu), rig.Thousands(int(fetch)), rig.Thousands(int(upsert)),
				100*m.first/limit, rig.Thousands(int(m.again)), m.resident>>20)
			fmt.Fprintf(os.Stderr, "%s, pages of %d: %.0f records/s, %.1f µs of CPU each, again %.0f\n", db.Name, page, m.first, micros(m.cpu), m.again)
		}
		crm.close()
	}
	b.WriteString(`
CPU and memory are those of this program: the hub, and the CRM, which makes its pages as they are asked for.
`)
	if err := growth(&b, databases, grown); err != nil {
		return err
	}
	b.WriteString(`
## Nothing new

| | connections | requests each | CPU each run | of one core, one run each in 5 minutes | memory, in all |
|---|---:|---:|---:|---:|---:|
`)
	for _, db := range databases {
		line, err := nothingNew(db.URL, idle)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "| %s | %s", db.Name, line)
	}
	b.WriteString("\nThe CPU is that of this program, the CRM's answers included; PostgreSQL's own is not in it. Aims: half of the slower limit; one\nrequest for each model (the CRM here has one); less than 300 MiB and a quarter of a core.\n")
	fmt.Print(b.String())
	if records != defaultRecords || idle != idleConnections || grown != defaultGrown {
		return nil
	}
	return os.WriteFile(document, []byte(b.String()), 0o644)
}

// measured is what one database and page size gave.
type measured struct {
	first, again float64
	// cpu is what the first sync took for each record.
	cpu      time.Duration
	resident int64
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

// hubOn opens the database with an engine that pulls from the feed.
func hubOn(url string, crm *feed, page int) (*store.Store, *engine.Engine, error) {
	st, err := rig.Open(context.Background(), url)
	if err != nil {
		return nil, nil, err
	}
	e, err := engine.New(engine.Config{
		Store: st, Connectors: map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, Clock: time.Now,
		Logger: slog.New(slog.DiscardHandler), PageSize: page, Targets: hub.Targets{Any: true},
	})
	return st, e, err
}

func connect(ctx context.Context, st *store.Store, crm *feed) (hub.Connection, error) {
	o, err := st.CreateOrganization(ctx, "Bench")
	if err != nil {
		return hub.Connection{}, err
	}
	c, err := st.CreateConnection(ctx, o.ID, hub.NewConnection{
		Name: "b", ExternalAccountID: "b", Platform: hub.PlatformMerge, Active: true, Models: []hub.Model{hub.ModelAccount},
	})
	if err != nil {
		return c, err
	}
	return c, st.PutCredentials(ctx, o.ID, c.ID, map[string]string{"baseURL": crm.server.URL})
}

func measure(url string, crm *feed, page int) (m measured, err error) {
	ctx := context.Background()
	st, e, err := hubOn(url, crm, page)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	c, err := connect(ctx, st, crm)
	if err != nil {
		return m, err
	}
	before, err := cpu()
	if err != nil {
		return m, err
	}
	if err := e.Start(ctx); err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, e.Stop(ctx)) }()
	first, err := ended(ctx, st, c, "")
	if err != nil {
		return m, err
	}
	after, err := cpu()
	if err != nil {
		return m, err
	}
	m.cpu = (after - before) / time.Duration(crm.records)
	if first.Created != crm.records {
		return m, fmt.Errorf("of %d records %d came", crm.records, first.Created)
	}
	var beginning time.Time
	if err := st.RequestSync(ctx, c.OrganizationID, c.ID, nil, &beginning); err != nil {
		return m, err
	}
	again, err := ended(ctx, st, c, first.ID)
	if err != nil {
		return m, err
	}
	if again.Unchanged != crm.records {
		return m, fmt.Errorf("again, of %d records %d were unchanged", crm.records, again.Unchanged)
	}
	m.first = float64(crm.records) / first.EndedAt.Sub(first.StartedAt).Seconds()
	m.again = float64(crm.records) / again.EndedAt.Sub(again.StartedAt).Seconds()
	m.resident, err = resident()
	return m, err
}

// ended waits for the end of the run after the one before.
func ended(ctx context.Context, st *store.Store, c hub.Connection, before string) (store.SyncRun, error) {
	for range 12_000 {
		runs, err := st.SyncRuns(ctx, c.OrganizationID, c.ID, "", 1)
		if err != nil {
			return store.SyncRun{}, err
		}
		if len(runs) == 1 && runs[0].ID != before && !runs[0].EndedAt.IsZero() {
			if runs[0].Error != "" {
				return runs[0], errors.New(runs[0].Error)
			}
			return runs[0], nil
		}
		time.Sleep(50 * time.Millisecond) // the end of a run is kept and told to nobody; the run has the times
	}
	return store.SyncRun{}, errors.New("a sync did not end in ten minutes")
}

// nothingNew syncs many connections to a CRM without records once, and returns the rest of a table's line.
func nothingNew(url string, connections int) (line string, err error) {
	ctx := context.Background()
	crm := newFeed(0, 100)
	defer crm.close()
	st, e, err := hubOn(url, crm, 100)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	all := make([]hub.Connection, connections)
	for i := range all {
		if all[i], err = connect(ctx, st, crm); err != nil {
			return "", err
		}
	}
	if err := e.Start(ctx); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, e.Stop(ctx)) }()
	runs := func(before []string) ([]string, error) {
		ids := make([]string, len(all))
		for i, c := range all {
			earlier := ""
			if before != nil {
				earlier = before[i]
			}
			run, err := ended(ctx, st, c, earlier)
			if err != nil {
				return nil, err
			}
			ids[i] = run.ID
		}
		return ids, nil
	}
	first, err := runs(nil) // the first sync of each writes its cursor
	if err != nil {
		return "", err
	}
	asked := crm.asked.Load()
	used, err := cpu()
	if err != nil {
		return "", err
	}
	for _, c := range all {
		if err := st.RequestSync(ctx, c.OrganizationID, c.ID, nil, nil); err != nil {
			return "", err
		}
	}
	if _, err := runs(first); err != nil {
		return "", err
	}
	after, err := cpu()
	if err != nil {
		return "", err
	}
	memory, err := resident()
	if err != nil {
		return "", err
	}
	each := (after - used) / time.Duration(connections)
	return fmt.Sprintf("%s | %.2f | %d µs | %.1f %% | %d MiB |\n", rig.Thousands(connections), float64(crm.asked.Load()-asked)/float64(connections), each.Microseconds(),
		100*each.Seconds()*idleConnections/300, memory>>20), nil
}
