package engine

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// hangingCRM answers nothing within its time, unless it is well.
type hangingCRM struct {
	timeout time.Duration
	well    bool
	asked   []time.Time
}

func (c *hangingCRM) Info() hub.PlatformInfo {
	return hub.PlatformInfo{Platform: hub.PlatformMerge, Name: "Hanging", Models: []hub.ModelInfo{{Model: hub.ModelAccount, Incremental: true, ReportsDeletes: true}}}
}

func (c *hangingCRM) Check(context.Context, *connector.Session) (connector.Account, error) {
	return connector.Account{}, nil
}

func (c *hangingCRM) WriteNote(context.Context, *connector.Session, connector.Note) (connector.NoteRef, error) {
	return connector.NoteRef{}, nil
}

func (c *hangingCRM) Fetch(ctx context.Context, _ *connector.Session, _ connector.Query) (connector.Page, error) {
	c.asked = append(c.asked, time.Now())
	if c.well {
		slotOf(ctx).asked(ctx, "crm.example", nil)
		return connector.Page{}, nil
	}
	ended := slotOf(ctx).call()
	time.Sleep(c.timeout)
	ended()
	slotOf(ctx).asked(ctx, "crm.example", context.DeadlineExceeded)
	return connector.Page{}, connector.Fail(connector.Temporary, "Hanging", "it was not answered")
}

// TestWaitsOfAHangingConnectionGrow lives the hours of a connection that hangs and then is well again, in virtual time. Its
// jobs are begun when they are due, past the job queue.
func TestWaitsOfAHangingConnectionGrow(t *testing.T) {
	url := storetest.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		conn := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount)
		if err := st.PutCredentials(t.Context(), org, conn.ID, map[string]string{}); err != nil {
			t.Fatal(err)
		}
		crm := &hangingCRM{timeout: 100 * time.Second}
		e, err := New(Config{Store: st, Connectors: map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, Clock: time.Now, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		work := func() store.Schedule {
			t.Helper()
			sched, err := st.Schedule(t.Context(), org, conn.ID)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Until(sched.DueAt))
			room := e.lanes[syncWork].room()
			if _, _, err := st.ClaimSchedules(t.Context(), room, queueLease, func(_ store.Tx, claimed []store.Schedule) error {
				sched = claimed[0]
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if err := e.workSync(t.Context(), SyncArgs{Organization: org, Connection: conn.ID, Fence: sched.Fence}); err != nil {
				t.Fatal(err)
			}
			if sched, err = st.Schedule(t.Context(), org, conn.ID); err != nil {
				t.Fatal(err)
			}
			return sched
		}
		var sched store.Schedule
		for i := range 12 {
			for len(crm.asked) == i { // the interval makes it due, too, which asks nothing of a model that waits
				sched = work()
			}
			if sched.Timeouts != i+1 || sched.Host != "crm.example" {
				t.Errorf("after %d timeouts: %d of %q", i+1, sched.Timeouts, sched.Host)
			}
			if i == 0 {
				continue
			}
			want := min(backoffMin<<(i-1), backoffMax)
			if wait := crm.asked[i].Sub(crm.asked[i-1]) - crm.timeout; wait < want*3/4 || wait > want*5/4 {
				t.Errorf("after %d timeouts it waited %s, want about %s", i, wait, want)
			}
		}
		crm.well = true
		for len(crm.asked) == 12 {
			sched = work()
		}
		if sched.Timeouts != 0 || time.Until(sched.DueAt) > store.DefaultSyncInterval*11/10 {
			t.Errorf("answered, it has %d timeouts and waits %s", sched.Timeouts, time.Until(sched.DueAt))
		}
	})
}
