package engine_test

import (
	"context"
	"fmt"
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
	"sirocco/store"
	"sirocco/store/storetest"
)

// later is a fixture whose clock is set ahead.
type later struct {
	*fixture
	ahead atomic.Int64
	cfg   engine.Config
	e     *engine.Engine
}

func newLater(t *testing.T, url string, c *crm, finds bool) *later {
	t.Helper()
	var with connector.Connector = c
	if finds {
		with = finding{c}
	}
	f := notYet(t, url, c, with)
	f.begin(t)
	t.Cleanup(func() { stop(t, f.e) })
	f.upToDate(t)
	return f
}

// notYet is a hub whose engine has not begun.
func notYet(t *testing.T, url string, c *crm, with connector.Connector) *later {
	t.Helper()
	f := &later{fixture: &fixture{crm: c}}
	f.st = storetest.Open(t, url, f.now)
	f.org = storetest.Organization(t, f.st)
	f.conn = storetest.Connection(t, f.st, f.org, hub.PlatformMerge, hub.ModelAccount)
	if err := f.st.PutCredentials(t.Context(), f.org, f.conn.ID, map[string]string{}); err != nil {
		t.Fatal(err)
	}
	f.cfg = engine.Config{
		Store: f.st, Connectors: map[hub.Platform]connector.Connector{hub.PlatformMerge: with},
		Logger: slog.New(slog.DiscardHandler), Clock: f.now, PageSize: 50, Targets: hub.Targets{Any: true},
	}
	return f
}

// begin starts an engine, and restart ends it and starts another.
func (f *later) begin(t *testing.T) {
	t.Helper()
	var err error
	if f.e, err = engine.New(f.cfg); err != nil {
		t.Fatal(err)
	}
	if err := f.e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (f *later) restart(t *testing.T) {
	t.Helper()
	stop(t, f.e)
	f.begin(t)
}

func (f *later) now() time.Time { return time.Now().Add(time.Duration(f.ahead.Load())) }

// after lets time pass, and what is due then be done. It returns the last run, with what all of them did: the engine may have begun one by itself
// before it was asked, and on a slow machine a reading takes several.
func (f *later) after(t *testing.T, d time.Duration) store.SyncRun {
	t.Helper()
	before := f.runs(t)[0].ID
	f.ahead.Add(int64(d))
	f.sync(t)
	var runs []store.SyncRun
	until(t, "nothing is due any more", func() bool {
		sched, err := f.st.Schedule(t.Context(), f.org, f.conn.ID)
		runs = f.runs(t)
		return err == nil && sched.LeaseUntil.IsZero() && (sched.DueAt.IsZero() || sched.DueAt.After(f.now())) && runs[0].ID != before && !runs[0].EndedAt.IsZero()
	})
	all := runs[0]
	for _, run := range runs[1:] {
		if run.ID == before {
			break
		}
		all.RunTotals.Add(run.RunTotals)
	}
	return all
}

// living are the external ids of the accounts that are not deleted.
func (f *later) living(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for after := ""; ; {
		page, err := f.st.Records(t.Context(), f.org, store.RecordFilter{Model: hub.ModelAccount, After: after, Limit: 500})
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			return all
		}
		for _, r := range page {
			all[r.ExternalID], after = r.Name, r.ID
		}
	}
}

func (f *later) held(t *testing.T) (int, string) {
	t.Helper()
	s, err := f.st.Schedule(t.Context(), f.org, f.conn.ID)
	if err != nil {
		t.Fatal(err)
	}
	return s.Held[hub.ModelAccount], s.Explain(f.conn, f.now())
}

// hide takes rows out of the CRM and returns how to show them again.
func (c *crm) hide(ids ...string) (show func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	hidden := map[string]hub.Record{}
	for _, id := range ids {
		hidden[id] = c.rows[id]
		delete(c.rows, id)
	}
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		maps.Copy(c.rows, hidden)
	}
}

func numbers(n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprint(i))
	}
	return ids
}

// finding is a crm that can be asked by id.
type finding struct{ *crm }

func (f finding) Find(_ context.Context, _ *connector.Session, _ hub.Model, ids []string) (connector.Page, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := connector.Page{Listed: f.onlyLists}
	if f.findFails != nil {
		if err := f.findFails(ids); err != nil {
			return p, err
		}
	}
	for _, id := range ids {
		f.askedFor++
		r, ok := f.rows[id]
		if !ok {
			r, ok = f.unlisted[id]
		}
		if ok && !f.turned[id] {
			p.Records = append(p.Records, r)
		}
	}
	p.Records = append(p.Records, f.found...)
	return p, nil
}

// TestWhatComesAlongIsNotWhatWasAskedFor asks for an account that is gone: that a lead which comes with the answer has the same
// number does not say that it is there.
func TestWhatComesAlongIsNotWhatWasAskedFor(t *testing.T) {
	c := newCRM(60)
	c.found = []hub.Record{{Model: hub.ModelLead, ExternalID: "3", Name: "A lead"}}
	storetest.Needs(t, "sqlite")
	f := newLater(t, storetest.SQLite(t), c, true)
	f.crm.hide("3")
	f.after(t, day)
	if _, there := f.living(t)["3"]; there {
		t.Error("it is still there")
	}
}

const day = 25 * time.Hour

// TestAnEmptyListDeletesNothing lets the CRM list nothing for a day: nothing is deleted, a person is asked, and what is
// listed again is not asked about any more. What a person says counts as deleted is, and lives again once it shows.
func TestAnEmptyListDeletesNothing(t *testing.T) {
	t.Parallel()
	for _, finds := range []bool{false, true} {
		t.Run(fmt.Sprintf("finds %v", finds), func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, url string) {
				f := newLater(t, url, newCRM(60), finds)
				show := f.crm.hide(numbers(60)...)
				for range 3 {
					if run := f.after(t, day); run.Deleted != 0 || len(f.living(t)) != 60 {
						t.Fatalf("%+v", run)
					}
				}
				if n, text := f.held(t); n != 60 || !strings.Contains(text, "Of ACCOUNT, 60 are no longer shown by the CRM") || !strings.Contains(text, "waits for a decision") {
					t.Errorf("%d are held: %s", n, text)
				}
				show()
				if finds { // else it is met at the model's own interval
					f.after(t, time.Hour)
				} else {
					f.after(t, day)
				}
				if n, text := f.held(t); n != 0 || strings.Contains(text, "no longer shown") {
					t.Errorf("%d are held: %s", n, text)
				}
				show = f.crm.hide(numbers(60)...)
				f.after(t, day)
				if n, err := f.st.DecideDeletions(t.Context(), f.org, f.conn.ID, nil, true); err != nil || n != 60 {
					t.Fatal(n, err)
				}
				until(t, "they are deleted", func() bool { return len(f.living(t)) == 0 })
				show()
				f.after(t, day)
				if n := len(f.living(t)); n != 60 {
					t.Errorf("%d live again", n)
				}
			})
		})
	}
}

// TestALargePartIsHeld lets part of a model go: up to the limit it is deleted, beyond it is held, until the limit is raised.
func TestALargePartIsHeld(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		f := newLater(t, url, newCRM(100), true)
		f.crm.hide(numbers(30)...)
		if run := f.after(t, day); run.Deleted != 30 {
			t.Errorf("30 of 100: %+v", run)
		}
		f.crm.hide(numbers(52)...) // 22 more, of 70
		if run := f.after(t, day); run.Deleted != 0 {
			t.Errorf("22 of 70: %+v", run)
		}
		if n, _ := f.held(t); n != 22 {
			t.Errorf("%d are held", n)
		}
		if n, err := f.st.DecideDeletions(t.Context(), f.org, f.conn.ID, nil, false); err != nil || n != 22 {
			t.Error(n, err)
		}
		if run := f.after(t, day); run.Deleted != 0 {
			t.Errorf("those that a person keeps: %+v", run)
		}
		if n, _ := f.held(t); n != 0 {
			t.Errorf("it asks again about %d", n)
		}
	})
}

// TestOneReadingProvesNoAbsence has a CRM that cannot be asked by id: only a second reading, an interval later, deletes.
func TestOneReadingProvesNoAbsence(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		f := newLater(t, url, newCRM(100), false)
		f.passesOver(t)
	})
}

// passesOver passes over two records, and an interval later over one of them: only that one is deleted, by the second reading.
func (f *later) passesOver(t *testing.T) {
	t.Helper()
	show := f.crm.hide("3", "4")
	if run := f.after(t, day); run.Deleted != 0 {
		t.Errorf("after one reading: %+v", run)
	}
	show()
	f.crm.hide("4")
	if run := f.after(t, time.Hour); run.Deleted != 1 {
		t.Errorf("after a second one: %+v", run)
	}
	if _, there := f.living(t)["3"]; !there {
		t.Error("one that was passed over once is gone")
	}
}

// TestTheSameListProvesNoAbsence has a vendor of whom records can only be looked up in the list that did not have them.
func TestTheSameListProvesNoAbsence(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		f := newLater(t, url, newCRM(20), true)
		f.crm.mu.Lock()
		f.crm.onlyLists = true
		f.crm.mu.Unlock()
		f.passesOver(t)
	})
}

// TestAnItemWithoutIDProvesNoAbsence has a reading meet an item that may be any.
func TestAnItemWithoutIDProvesNoAbsence(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		f := newLater(t, url, newCRM(20), true)
		f.crm.mu.Lock()
		f.crm.rejected = []connector.Rejected{{Reason: "it has no id", Raw: []byte(`{"id":null}`)}}
		f.crm.mu.Unlock()
		f.crm.hide("3")
		if run := f.after(t, day); run.Deleted != 0 || run.Quarantined != 1 {
			t.Errorf("%+v", run)
		}
	})
}

// TestAWholeReadingFindsWhatWasMissed shows a row an hour after its time, and changes one without its modified time.
func TestAWholeReadingFindsWhatWasMissed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		f := newLater(t, url, newCRM(20), false)
		f.after(t, 3*time.Hour)
		f.crm.put("late", "late", f.now().Add(-time.Hour))
		f.crm.put("7", "changed without a word", epoch.Add(7*time.Second))
		if run := f.after(t, time.Minute); run.Created+run.Updated != 0 {
			t.Errorf("an increment: %+v", run)
		}
		if run := f.after(t, day); run.Created != 1 || run.Updated != 1 || run.Missed != 2 {
			t.Errorf("the whole reading: %+v", run)
		}
	})
}

// TestLateRowsComeWithTheLookBack shows a row some minutes after its time, and later ones of the same instant once.
func TestLateRowsComeWithTheLookBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		f := newLater(t, url, newCRM(20), false)
		f.after(t, time.Hour)
		at := f.now()
		f.crm.put("a", "a", at)
		f.after(t, 8*time.Minute)
		f.crm.put("late", "late", at)
		if run := f.after(t, time.Second); run.Created != 1 || run.Missed != 0 {
			t.Errorf("8 minutes later: %+v", run)
		}
		f.after(t, 15*time.Minute)
		if run := f.after(t, time.Minute); run.Unchanged != 0 {
			t.Errorf("rows of the last instant are read for ever: %+v", run)
		}
	})
}

// TestTheLatestAnswerIsRight lets modified times go back, and be in the future.
func TestTheLatestAnswerIsRight(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		f := newLater(t, url, newCRM(20), false)
		f.crm.put("7", "by a fast clock", f.now().Add(2*time.Minute))
		f.crm.put("8", "far ahead", f.now().Add(100*24*time.Hour))
		f.after(t, time.Second)
		f.crm.put("7", "the truth", f.now())
		f.crm.put("8", "the truth", f.now())
		f.after(t, time.Second)
		if all := f.living(t); all["7"] != "the truth" || all["8"] != "the truth" {
			t.Errorf("%q, %q", all["7"], all["8"])
		}
		f.crm.put("9", "from a backup", epoch.Add(-time.Hour))
		f.after(t, day)
		if all := f.living(t); all["9"] != "from a backup" {
			t.Errorf("%q", all["9"])
		}
		cursor := f.status(t).ModifiedAfter
		if cursor.After(f.now().Add(-10 * time.Minute)) {
			t.Errorf("the cursor is at %s, it is %s", cursor, f.now())
		}
	})
}

// TestAFailingReadingStandsInNobodysWay lets a page of a whole reading fail for a while: increments come in, and the
// reading goes on from that page.
func TestAFailingReadingStandsInNobodysWay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		f := newLater(t, url, newCRM(300), false)
		var failing atomic.Bool
		var first atomic.Int64
		failing.Store(true)
		f.crm.set(func(_ context.Context, q connector.Query) error {
			if !q.Since.IsZero() {
				return nil
			}
			if q.Next == "" {
				first.Add(1)
			}
			if failing.Load() && strings.Contains(q.Next, "00:02:29") {
				return connector.Fail(connector.Temporary, "Test CRM", "it has a problem")
			}
			return nil
		})
		if run := f.after(t, day); !strings.Contains(run.Error, "all of ACCOUNT is read again") {
			t.Errorf("%+v", run)
		}
		f.crm.put("new", "new", f.now())
		f.crm.put("9", "silently", epoch.Add(9*time.Second))
		f.crm.put("290", "silently", epoch.Add(290*time.Second))
		for f.living(t)["new"] == "" { // the run that tries the reading again may end before the next one begins
			f.after(t, time.Minute)
		}
		if state := f.status(t).State; state != hub.SyncStateUpToDate {
			t.Errorf("an increment meanwhile: %s", state)
		}
		failing.Store(false)
		if run := f.after(t, time.Hour); run.Updated != 1 || run.Error != "" || first.Load() != 1 {
			t.Errorf("it does not go on from its place: %+v, begun %d times", run, first.Load())
		}
	})
}

// TestAQuietModelIsReadWholeOnceADay lets days pass in which nothing changes: each has one whole reading, and every other run asks
// for what changed alone.
func TestAQuietModelIsReadWholeOnceADay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		f := newLater(t, url, newCRM(100), true)
		f.after(t, time.Hour)
		for range 2 {
			f.crm.mu.Lock()
			before := f.crm.firsts
			f.crm.mu.Unlock()
			f.after(t, day)
			for range 5 {
				f.after(t, 20*time.Minute)
			}
			f.crm.mu.Lock()
			if n := f.crm.firsts - before; n != 1 {
				t.Errorf("it was read whole %d times", n)
			}
			f.crm.mu.Unlock()
		}
	})
}

// TestAReadingEndsThoughPagesFail lets one in 20 requests of a whole reading of 40 pages fail, and the server start anew each time:
// the reading goes on from the page that failed, and what is new comes in meanwhile.
func TestAReadingEndsThoughPagesFail(t *testing.T) {
	storetest.Long(t)
	storetest.Each(t, func(t *testing.T, url string) {
		f := newLater(t, url, newCRM(2000), false)
		var asked, firsts atomic.Int64
		f.crm.set(func(_ context.Context, q connector.Query) error {
			if !q.Since.IsZero() {
				return nil
			}
			if q.Next == "" {
				firsts.Add(1)
			}
			if asked.Add(1)%20 == 0 {
				return connector.Fail(connector.Temporary, "Test CRM", "it has a problem")
			}
			return nil
		})
		f.crm.hide("1999")
		run, failed := f.after(t, day), 0
		for ; run.Error != "" && failed < 10; failed++ {
			f.restart(t)
			f.crm.put(fmt.Sprint("new ", failed), "new", f.now())
			if run = f.after(t, time.Hour); run.Created != 1 {
				t.Errorf("what is new meanwhile: %+v", run)
			}
		}
		if run.Error != "" || failed != 2 || firsts.Load() != 1 || asked.Load() != 43 { // 41 pages, as rows came
			t.Errorf("after %d failures it asked %d times, from the beginning %d times: %s", failed, asked.Load(), firsts.Load(), run.Error)
		}
		if n := storetest.Count(t, f.st, `SELECT COUNT(*) FROM absences`); n != 1 {
			t.Errorf("%d records are noted as not met, want the one that went", n)
		}
	})
}

// TestNoPageIsThrownAway has pages that take so long that each second one ends a slice: every page that is asked for is kept.
func TestNoPageIsThrownAway(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		f := newLater(t, url, newCRM(20), false)
		for i := range 500 {
			f.crm.put(fmt.Sprint("new ", i), "new", f.now())
		}
		f.crm.set(func(context.Context, connector.Query) error {
			f.ahead.Add(int64(3 * time.Second))
			return nil
		})
		f.crm.mu.Lock()
		before := f.crm.fetches
		f.crm.mu.Unlock()
		run := f.after(t, time.Second)
		f.crm.mu.Lock()
		defer f.crm.mu.Unlock()
		if asked := f.crm.fetches - before; run.Created != 500 || asked != run.Pages {
			t.Errorf("%d pages were asked for: %+v", asked, run)
		}
	})
}

// TestARefusedPlaceBeginsAnew has the CRM forget where pages go on, once for the increment and once for a whole reading.
func TestARefusedPlaceBeginsAnew(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		c := newCRM(200)
		var refused atomic.Int64
		expired := func(_ context.Context, q connector.Query) error {
			if q.Next != "" && refused.Add(1) == 2 {
				e := connector.Fail(connector.Refused, "Test CRM", "no such cursor")
				e.Status = 404
				return e
			}
			return nil
		}
		c.set(expired)
		f := newLater(t, url, c, false)
		if run := f.runs(t)[0]; run.Created != 200 || run.Error != "" {
			t.Errorf("%+v", run)
		}
		refused.Store(0)
		if run := f.after(t, day); run.Error != "" || run.Deleted != 0 {
			t.Errorf("the whole reading: %+v", run)
		}
	})
}

// TestPagesOfOtherThingsGoOn has more pages of what is no record than a run has patience for pages that go round.
func TestPagesOfOtherThingsGoOn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		c := newCRM(20)
		c.passing = 120
		f := newLater(t, url, c, false)
		if run := f.runs(t)[0]; run.Created != 20 || run.Error != "" {
			t.Errorf("%+v", run)
		}
		if run := f.after(t, day); run.Error != "" || run.Deleted != 0 {
			t.Errorf("the whole reading: %+v", run)
		}
	})
}

// TestPagesOfTheSameOtherThingsEnd has pages without an end of what is no record, each alike at a place of its own.
func TestPagesOfTheSameOtherThingsEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		f := newLater(t, url, newCRM(20), false)
		for _, later := range []time.Duration{time.Second, day} { // an increment, and then a whole reading, too
			f.crm.mu.Lock()
			f.crm.passing, f.crm.repeating = 1_000_000, true
			before := f.crm.fetches
			f.crm.mu.Unlock()
			run := f.after(t, later)
			f.crm.mu.Lock()
			asked := f.crm.fetches - before
			f.crm.passing = 0
			f.crm.mu.Unlock()
			if !strings.Contains(run.Error, "brought nothing new") || run.Deleted != 0 || asked > 120 {
				t.Errorf("%d pages: %+v", asked, run)
			}
			f.after(t, time.Hour)
			f.upToDate(t)
		}
	})
}

// TestPagesThatBringNothingEnd has a CRM whose pages go round with ever new places.
func TestPagesThatBringNothingEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		f := newLater(t, url, newCRM(20), false)
		f.crm.mu.Lock()
		f.crm.endless = true
		before := f.crm.fetches
		f.crm.mu.Unlock()
		f.crm.put("new", "new", f.now())
		run := f.after(t, time.Second)
		f.crm.mu.Lock()
		asked := f.crm.fetches - before
		f.crm.endless = false
		f.crm.mu.Unlock()
		if !strings.Contains(run.Error, "brought nothing new") || run.Created != 1 || asked > 60 {
			t.Errorf("%d pages: %+v", asked, run)
		}
		f.after(t, time.Hour)
		f.upToDate(t)
		if !slices.Contains([]hub.SyncState{hub.SyncStateUpToDate}, f.status(t).State) {
			t.Error(f.status(t).State)
		}
	})
}

// TestAReadingThatEndsIsCutOff breaks off while what a whole reading met is forgotten: whoever goes on does not take what is
// forgotten for what was not met.
func TestAReadingThatEndsIsCutOff(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	storetest.Needs(t, "sqlite")
	f := newLater(t, storetest.SQLite(t), newCRM(1500), false)
	storetest.Exec(t, f.st, `CREATE TRIGGER cut BEFORE DELETE ON enumerated WHEN (SELECT COUNT(*) FROM enumerated) <= 500 BEGIN SELECT RAISE(ABORT, 'cut off'); END`)
	if run := f.after(t, day); run.Error == "" {
		t.Fatalf("%+v: nothing was cut off", run)
	}
	storetest.Exec(t, f.st, `DROP TRIGGER cut`)
	f.syncAgain(t)
	held, says := f.held(t)
	if n := storetest.Count(t, f.st, `SELECT COUNT(*) FROM absences`); n != 0 || held != 0 {
		t.Errorf("%d records count as absent, %d wait for a person: %s", n, held, says)
	}
}
