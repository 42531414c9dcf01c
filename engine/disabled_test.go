package engine_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/store"
	"sirocco/store/storetest"
)

func (r *hubRig) disable(disabled bool) {
	r.t.Helper()
	if _, err := r.st.UpdateOrganization(r.t.Context(), r.conn.OrganizationID, "", hub.OrganizationPatch{Disabled: &disabled}); err != nil {
		r.t.Fatal(err)
	}
}

// TestADisabledOrganizationStandsStill disables one in the middle of a run: the run stops, what is to be written
// back is held, and all goes on when it is enabled.
func TestADisabledOrganizationStandsStill(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		before := r.synced("")
		user, _ := r.rep()
		hanging, once := make(chan struct{}), sync.Once{}
		r.crm.Before(func(*http.Request) { once.Do(func() { close(hanging) }) })
		r.crm.Faults.Always(simulator.Fault{Kind: simulator.Hang})
		changed := r.crm.Update(hub.ModelOpportunity, 1)[0]
		if err := r.st.RequestSync(t.Context(), r.conn.OrganizationID, r.conn.ID, nil, nil); err != nil {
			t.Fatal(err)
		}
		<-hanging
		r.disable(true)
		until(t, "the run has stopped", func() bool {
			sched, err := r.st.Schedule(t.Context(), r.conn.OrganizationID, r.conn.ID)
			return err == nil && sched.LeaseUntil.IsZero() && sched.DueAt.IsZero() &&
				strings.Contains(sched.Explain(r.conn, r.now()), "organization is disabled")
		})
		if err := r.st.RequestSync(t.Context(), r.conn.OrganizationID, r.conn.ID, nil, nil); !errors.Is(err, hub.ErrDisabled) {
			t.Errorf("a sync that is asked for: %v", err)
		}
		r.crm.Faults.Stop()
		id := r.processed(user, "A talk", hub.ModelOpportunity, changed)
		r.idle()
		if d := r.delivery(id); d.State != hub.DeliveryPending || len(r.crm.Notes.All()) != 0 {
			t.Errorf("%+v, %d notes", d, len(r.crm.Notes.All()))
		}
		r.disable(false)
		r.reaches(id, hub.DeliverySent)
		if run := r.synced(before.ID); run.Updated == 0 {
			t.Errorf("%+v", run)
		}
	})
}

// TestCredentialsThatAreTakenAgain lets the CRM refuse a connection's credentials once.
func TestCredentialsThatAreTakenAgain(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		r.crm.Faults.Script(simulator.Fault{Kind: simulator.Unauthorized})
		r.request()
		until(t, "they are refused", func() bool {
			c, err := r.st.Credentials(t.Context(), r.conn.OrganizationID, r.conn.ID)
			return err == nil && c.Refusals == 1
		})
		id := r.processed(user, "A talk", hub.ModelOpportunity, r.crm.Records(hub.ModelOpportunity)[0].ExternalID)
		until(t, "it waits", func() bool { return strings.Contains(r.delivery(id).Error, "needs credentials") })
		r.synced(r.latest().ID)
		d := r.reaches(id, hub.DeliverySent)
		// What was canceled as the link moved is not replayed to where the link has left.
		storetest.Exec(t, r.st, `UPDATE deliveries SET state = 'CANCELED' WHERE id = $1`, d.ID)
		if _, err := r.st.RemoveLink(t.Context(), r.conn.OrganizationID, id, ""); err != nil {
			t.Fatal(err)
		}
		var conflict *hub.ConflictError
		if _, err := r.st.ReplayDelivery(t.Context(), r.conn.OrganizationID, d.ID); !errors.As(err, &conflict) {
			t.Errorf("a replay to where the link has left: %v", err)
		}
	})
}

// TestCredentialsSetDuringAJob lets the CRM refuse credentials that were replaced while it was asked: the new ones are
// tried, and do not count as refused meanwhile.
func TestCredentialsSetDuringAJob(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		f := newFixture(t, url, newCRM(5))
		var asked atomic.Int32
		again := make(chan store.Credentials, 1)
		f.crm.set(func(ctx context.Context, _ connector.Query) error {
			switch asked.Add(1) {
			case 1:
				if err := f.st.PutCredentials(ctx, f.org, f.conn.ID, map[string]string{}); err != nil {
					return err
				}
				return connector.Fail(connector.Unauthorized, "Test CRM", "the credentials are not accepted")
			case 2:
				creds, err := f.st.Credentials(ctx, f.org, f.conn.ID)
				again <- creds
				return err
			}
			return nil
		})
		defer stop(t, f.start(t))
		until(t, "the records are in", func() bool {
			c, err := f.st.Connection(t.Context(), f.org, f.conn.ID)
			return err == nil && c.SyncStatus[0].State == hub.SyncStateUpToDate
		})
		if creds := <-again; !creds.RejectedAt.IsZero() {
			t.Errorf("the new credentials count as refused since %s", creds.RejectedAt)
		}
	})
}

// TestEnablingDuringAJob disables and enables an organization while a job goes on, which sees only the first.
func TestEnablingDuringAJob(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		f := newFixture(t, url, newCRM(5))
		if n, err := f.st.ClaimSchedules(t.Context(), 10, time.Minute, func(store.Tx, []store.Schedule) error { return nil }); err != nil || n != 1 {
			t.Fatal(n, err)
		}
		sched, _, err := f.st.BeginSyncJob(t.Context(), f.org, f.conn.ID, 1, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		for _, disabled := range []bool{true, false} {
			if _, err := f.st.UpdateOrganization(t.Context(), f.org, "", hub.OrganizationPatch{Disabled: &disabled}); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.st.EndSyncJob(t.Context(), sched, store.SyncJobResult{}); err != nil {
			t.Fatal(err)
		}
		if s, err := f.st.Schedule(t.Context(), f.org, f.conn.ID); err != nil || s.DueAt.IsZero() {
			t.Errorf("it never syncs again: %v %+v", err, s)
		}
	})
}
