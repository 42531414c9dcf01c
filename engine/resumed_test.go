package engine_test

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/engine"
	"sirocco/hub"
	"sirocco/store/storetest"
)

// byID is a CRM that pages by id, so that what changes on pages that were read does not come on those after them.
type byID struct{ *crm }

func (c byID) Fetch(ctx context.Context, _ *connector.Session, q connector.Query) (connector.Page, error) {
	c.mu.Lock()
	before := c.before
	c.fetches++
	c.mu.Unlock()
	if before != nil {
		if err := before(ctx, q); err != nil {
			return connector.Page{}, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var p connector.Page
	for _, id := range slices.Sorted(maps.Keys(c.rows)) {
		switch row := c.rows[id]; {
		case id <= q.Next, row.ModifiedAt.Before(q.Since):
		case len(p.Records) == q.Limit:
			p.More = true
			return p, nil
		default:
			p.Records, p.Next = append(p.Records, row), id
		}
	}
	return p, nil
}

// startWith starts an engine over the fixture's store, with a connector in place of the fixture's.
func startWith(t *testing.T, f *fixture, c connector.Connector) *engine.Engine {
	t.Helper()
	e, err := engine.New(engine.Config{
		Store: f.st, Connectors: map[hub.Platform]connector.Connector{hub.PlatformMerge: c},
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

// TestASyncNowBringsWhatIsThereNow pauses a connection in the middle of a model's pages, changes a row on one that was read,
// and resumes: after one run the change is in, also where all of the model is read each time. The run after that one reads
// the model once.
func TestASyncNowBringsWhatIsThereNow(t *testing.T) {
	t.Parallel()
	for name, incremental := range map[string]bool{"an increment": true, "a whole reading": false} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, url string) {
				c := byID{newCRM(300)}
				c.info.Incremental = incremental
				f := newFixture(t, url, c.crm)
				hanging := make(chan struct{}, 8)
				c.set(func(ctx context.Context, q connector.Query) error {
					if q.Next < "2" {
						return nil
					}
					hanging <- struct{}{}
					<-ctx.Done()
					return ctx.Err()
				})
				defer stop(t, startWith(t, f, c))
				<-hanging
				until(t, "row 1 is in", func() bool {
					return storetest.Count(t, f.st, `SELECT COUNT(*) FROM records WHERE external_id = '1'`) == 1
				})
				patch := func(active bool) {
					t.Helper()
					if _, err := f.st.PatchConnection(t.Context(), f.org, f.conn.ID, hub.ConnectionPatch{Active: &active}); err != nil {
						t.Fatal(err)
					}
				}
				patch(false)
				until(t, "the run has ended", func() bool { return !f.runs(t)[0].EndedAt.IsZero() })
				c.set(nil)
				c.put("1", "changed meanwhile", time.Now())
				patch(true)
				until(t, "the next run ends", func() bool { r := f.runs(t); return len(r) == 2 && !r[0].EndedAt.IsZero() })
				if storetest.Count(t, f.st, `SELECT COUNT(*) FROM records WHERE external_id = '1' AND name = 'changed meanwhile'`) != 1 {
					t.Errorf("what is there now did not come: %+v", f.runs(t)[0])
				}
				before := c.fetches
				f.syncAgain(t)
				want := 1
				if !incremental {
					want = 6 // pages of 50
				}
				if n := c.fetches - before; n != want {
					t.Errorf("the run after it asks for %d pages, want %d", n, want)
				}
			})
		})
	}
}

// TestASyncNowDuringARunBringsWhatIsThereNow changes a row on a page that was read, and asks for a sync, while a run goes on that
// then gives way to others: the change is in soon, not after the interval.
func TestASyncNowDuringARunBringsWhatIsThereNow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		c := byID{newCRM(300)}
		f := notYet(t, url, c.crm, c)
		var asked atomic.Bool
		c.set(func(_ context.Context, q connector.Query) error {
			if q.Next != "" && asked.CompareAndSwap(false, true) {
				c.put("1", "changed meanwhile", time.Now())
				f.ahead.Store(int64(time.Minute)) // the slice is over
				return f.st.RequestSync(context.Background(), f.org, f.conn.ID, nil, nil)
			}
			return nil
		})
		f.begin(t)
		defer func() { stop(t, f.e) }()
		until(t, "what is there now has come", func() bool {
			return storetest.Count(t, f.st, `SELECT COUNT(*) FROM records WHERE external_id = '1' AND name = 'changed meanwhile'`) == 1
		})
	})
}

// noting is a CRM that says what is not in order.
type noting struct {
	*crm
	note, account string
}

func (n *noting) Fetch(ctx context.Context, s *connector.Session, q connector.Query) (connector.Page, error) {
	p, err := n.crm.Fetch(ctx, s, q)
	n.mu.Lock()
	defer n.mu.Unlock()
	p.Note = n.note
	return p, err
}

func (n *noting) Check(context.Context, *connector.Session) (connector.Account, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return connector.Account{ID: "acme", Name: "Acme", Note: n.account}, nil
}

// TestWhatTheCRMSaysIsShown lets the CRM say what keeps a model and the account from being in order: the connection says so, until
// the CRM does not any more.
func TestWhatTheCRMSaysIsShown(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		n := &noting{newCRM(120), "Test CRM: its copy of accounts is old.", "Test CRM: the account must be linked again."}
		f := newFixture(t, url, n.crm)
		r := startWith(t, f, n)
		defer stop(t, r)
		f.upToDate(t)
		explained := func() string {
			sched, err := f.st.Schedule(t.Context(), f.org, f.conn.ID)
			if err != nil {
				t.Fatal(err)
			}
			return sched.Explain(f.conn, time.Now())
		}
		if text := explained(); !strings.HasSuffix(text, " "+n.account+" "+n.note) {
			t.Errorf("it says %q", text)
		}
		if storetest.Count(t, f.st, `SELECT COUNT(*) FROM credentials WHERE account_id = 'acme' AND account_name = 'Acme'`) != 1 {
			t.Error("whose the credentials are is not known though the CRM told")
		}
		n.mu.Lock()
		n.note = ""
		n.mu.Unlock()
		f.syncAgain(t)
		if text := explained(); strings.Contains(text, "copy of accounts") {
			t.Errorf("it still says %q", text)
		}
	})
}
