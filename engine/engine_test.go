package engine_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/engine"
	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// crm is a connector over records in memory, with one model, paged by modified time. Its faults are set by tests.
type crm struct {
	mu      sync.Mutex
	rows    map[string]hub.Record
	fetches int
	// firsts counts those of a whole reading's first page, askedFor the records that were asked for by their ids.
	firsts, askedFor int
	// before is called at each fetch, outside the lock, and may fail it or block.
	before func(ctx context.Context, q connector.Query) error
	info   hub.ModelInfo
	// rejected come with each last page; endless says that there is no last one.
	rejected []connector.Rejected
	endless  bool
	// passing is how many pages of nothing but what is no record come before the rows; repeating says that they are all alike.
	passing   int
	repeating bool
	// onlyLists says that what is asked for by its id is looked up in the list.
	onlyLists bool
	// turned are rows that are something else by now.
	turned map[string]bool
	// unlisted are rows that are shown to who asks for them by their ids alone.
	unlisted map[string]hub.Record
	// found comes with whatever is asked for by its id; findFails may fail that.
	found     []hub.Record
	findFails func(ids []string) error
	// checkFails may fail to say whose the credentials are.
	checkFails func() error
	account    string
}

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func newCRM(n int) *crm {
	c := &crm{rows: map[string]hub.Record{}, info: hub.ModelInfo{Model: hub.ModelAccount, Incremental: true, ReportsDeletes: true}}
	for i := range n {
		c.put(strconv.Itoa(i), fmt.Sprintf("account %d", i), epoch.Add(time.Duration(i)*time.Second))
	}
	return c
}

func (c *crm) put(id, name string, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rows[id] = hub.Record{Model: hub.ModelAccount, ExternalID: id, Name: name, ModifiedAt: at}
}

func (c *crm) set(before func(ctx context.Context, q connector.Query) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.before = before
}

func (c *crm) Info() hub.PlatformInfo {
	return hub.PlatformInfo{Platform: hub.PlatformMerge, Name: "Test CRM", Models: []hub.ModelInfo{c.info}}
}
func (c *crm) Check(context.Context, *connector.Session) (connector.Account, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.checkFails != nil {
		return connector.Account{}, c.checkFails()
	}
	return connector.Account{ID: c.account}, nil
}
func (c *crm) WriteNote(context.Context, *connector.Session, connector.Note) (connector.NoteRef, error) {
	return connector.NoteRef{}, nil
}

func (c *crm) Fetch(ctx context.Context, _ *connector.Session, q connector.Query) (connector.Page, error) {
	c.mu.Lock()
	before := c.before
	c.fetches++
	if q.Since.IsZero() && q.Next == "" {
		c.firsts++
	}
	c.mu.Unlock()
	if before != nil {
		if err := before(ctx, q); err != nil {
			return connector.Page{}, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if n, err := strconv.Atoi(strings.TrimPrefix(q.Next, "!")); (q.Next == "" || err == nil) && n < c.passing {
		other := n
		if c.repeating {
			other = 0
		}
		return connector.Page{Passed: []string{fmt.Sprint("a ", other), fmt.Sprint("b ", other)}, More: true, Next: fmt.Sprintf("!%03d", n+1)}, nil
	}
	rest := map[string]hub.Record{} // by their order
	for _, r := range c.rows {
		if key := r.ModifiedAt.Format(time.RFC3339Nano) + "/" + r.ExternalID; !r.ModifiedAt.Before(q.Since) && key > q.Next {
			rest[key] = r
		}
	}
	keys := slices.Sorted(maps.Keys(rest))
	p := connector.Page{More: len(keys) > q.Limit}
	for _, key := range keys[:min(q.Limit, len(keys))] {
		r := rest[key]
		if c.turned[r.ExternalID] {
			p.Passed, p.Others = append(p.Passed, r.ExternalID), append(p.Others, r.ExternalID)
		} else {
			p.Records = append(p.Records, r)
		}
		p.Next = key
	}
	if !p.More {
		p.Rejected = c.rejected
	}
	if c.endless && !q.Since.IsZero() {
		p.More, p.Next = true, fmt.Sprint("~", c.fetches)
	}
	return p, nil
}

// fixture is a store with one connection, and how to run engines on it.
type fixture struct {
	st   *store.Store
	org  string
	conn hub.Connection
	crm  *crm
}

func newFixture(t *testing.T, url string, c *crm) *fixture {
	t.Helper()
	st := storetest.Open(t, url, nil)
	org := storetest.Organization(t, st)
	conn := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount)
	if err := st.PutCredentials(t.Context(), org, conn.ID, map[string]string{}); err != nil {
		t.Fatal(err)
	}
	return &fixture{st: st, org: org, conn: conn, crm: c}
}

func (f *fixture) start(t *testing.T) *engine.Engine {
	t.Helper()
	e, err := engine.New(engine.Config{
		Store: f.st, Connectors: map[hub.Platform]connector.Connector{hub.PlatformMerge: f.crm},
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)), Clock: time.Now, PageSize: 50, Targets: hub.Targets{Any: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return e
}

func stop(t *testing.T, e *engine.Engine) {
	t.Helper()
	if err := e.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}

// until polls what must become true.
var until = storetest.Until

func (f *fixture) status(t *testing.T) hub.SyncStatus {
	t.Helper()
	c, err := f.st.Connection(context.Background(), f.org, f.conn.ID)
	if err != nil {
		t.Fatal(err)
	}
	return c.SyncStatus[0]
}

// upToDate waits until the model is up to date and no run goes on.
func (f *fixture) upToDate(t *testing.T) {
	t.Helper()
	until(t, "up to date", func() bool {
		runs := f.runs(t)
		return f.status(t).State == hub.SyncStateUpToDate && len(runs) > 0 && !runs[0].EndedAt.IsZero()
	})
}

func (f *fixture) runs(t *testing.T) []store.SyncRun {
	t.Helper()
	runs, err := f.st.SyncRuns(context.Background(), f.org, f.conn.ID, "", 10)
	if err != nil {
		t.Fatal(err)
	}
	return runs
}

// syncAgain asks for a sync and waits for its run to end.
func (f *fixture) syncAgain(t *testing.T) {
	t.Helper()
	before := f.runs(t)[0].ID
	f.sync(t)
	until(t, "another run ends", func() bool { r := f.runs(t)[0]; return r.ID != before && !r.EndedAt.IsZero() })
}

func (f *fixture) sync(t *testing.T) {
	t.Helper()
	if err := f.st.RequestSync(context.Background(), f.org, f.conn.ID, nil, nil); err != nil {
		t.Fatal(err)
	}
}

func TestSyncAndIncrement(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		f := newFixture(t, url, newCRM(520))
		e := f.start(t)
		defer stop(t, e)
		f.upToDate(t)
		until(t, "the first run ends", func() bool { r := f.runs(t); return len(r) == 1 && !r[0].EndedAt.IsZero() })
		if r := f.runs(t)[0]; r.Created != 520 || r.Updated+r.Unchanged+r.Deleted != 0 || r.Pages != 11 {
			t.Errorf("first run: %+v", r)
		}
		f.crm.put("7", "changed", time.Now())
		f.crm.put("new", "new", time.Now())
		f.sync(t)
		f.upToDate(t)
		until(t, "the second run ends", func() bool { r := f.runs(t); return len(r) == 2 && !r[0].EndedAt.IsZero() })
		if r := f.runs(t)[0]; r.Created != 1 || r.Updated != 1 || r.Deleted != 0 {
			t.Errorf("second run: %+v", r)
		}
	})
}

func TestPauseStopsAHangingSyncAndResumeGoesOn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		f := newFixture(t, url, newCRM(500))
		hanging := make(chan struct{}, 8)
		f.crm.set(func(ctx context.Context, q connector.Query) error {
			if q.Next < epoch.Add(200*time.Second).Format(time.RFC3339Nano) {
				return nil
			}
			hanging <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		})
		e := f.start(t)
		defer stop(t, e)
		<-hanging
		off, on := false, true
		if _, err := f.st.PatchConnection(t.Context(), f.org, f.conn.ID, hub.ConnectionPatch{Active: &off}); err != nil {
			t.Fatal(err)
		}
		until(t, "the turn ends", func() bool {
			s, err := f.st.Schedule(t.Context(), f.org, f.conn.ID)
			return err == nil && s.LeaseUntil.IsZero() && s.DueAt.IsZero()
		})
		before := f.runs(t)[0]
		if before.Created == 0 || before.Created >= 500 {
			t.Fatalf("cut in the middle: %+v", before)
		}
		if before.EndedAt.IsZero() || before.Outcome != store.RunPaused || before.Error == "" {
			t.Errorf("how it ended: %+v", before)
		}
		f.crm.set(nil)
		if _, err := f.st.PatchConnection(t.Context(), f.org, f.conn.ID, hub.ConnectionPatch{Active: &on}); err != nil {
			t.Fatal(err)
		}
		f.upToDate(t)
		until(t, "the run after it ends", func() bool { r := f.runs(t); return len(r) == 2 && !r[0].EndedAt.IsZero() })
		if r := f.runs(t)[0]; r.Outcome != store.RunDone || r.Created+before.Created != 500 || r.Unchanged != 0 {
			t.Errorf("it should go on from its cursor: %+v", r)
		}
	})
}
