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

// TestCredentialsThatAreTakenAgain lets the CRM refuse a connection's credentials once, also when it is asked whose they are.
func TestCredentialsThatAreTakenAgain(t *testing.T) {
	storetest.Long(t)
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		r.crm.Faults.Script(simulator.Fault{Kind: simulator.Unauthorized}, simulator.Fault{Kind: simulator.Unauthorized})
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
		f.crm.checkFails = func() error {
			if asked.Load() == 1 {
				return connector.Fail(connector.Unauthorized, "Test CRM", "the credentials are not accepted")
			}
			return nil
		}
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
		if n, _, err := f.st.ClaimSchedules(t.Context(), store.Room{Workers: 10}, time.Minute, func(store.Tx, []store.Schedule) error { return nil }); err != nil || n != 1 {
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

// TestOneRefusalIsNotTheEnd lets the CRM refuse the credentials once: a minute later all goes on, and nobody did anything.
func TestOneRefusalIsNotTheEnd(t *testing.T) {
	storetest.Long(t)
	onMerge(t, func(t *testing.T, r *hubRig) {
		before := r.synced("")
		r.crm.Faults.Script(simulator.Fault{Kind: simulator.Unauthorized})
		r.request()
		until(t, "they are refused", func() bool { return r.latest().ID != before.ID && r.latest().Error != "" })
		if text := r.explanation(); strings.Contains(text, "needs") {
			t.Errorf("after one refusal it says: %s", text)
		}
		refused := r.latest()
		r.ahead.Add(int64(2 * time.Minute))
		until(t, "a run ends well by itself", func() bool {
			run := r.latest()
			return run.ID != refused.ID && !run.EndedAt.IsZero() && run.Error == ""
		})
	})
}

// TestWhatIsForbiddenFailsAlone lets the CRM forbid one model, and allow it later.
func TestWhatIsForbiddenFailsAlone(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.crm.Faults.Always(simulator.Fault{Kind: simulator.Forbidden, Match: "/leads"})
		until(t, "a run ends", func() bool { return strings.Contains(r.latest().Error, "403") && !r.latest().EndedAt.IsZero() })
		for model, s := range r.states() {
			if want := map[bool]hub.SyncState{true: hub.SyncStateError, false: hub.SyncStateUpToDate}[model == hub.ModelLead]; s != want {
				t.Errorf("%s is %s", model, s)
			}
		}
		sched, err := r.st.Schedule(t.Context(), r.conn.OrganizationID, r.conn.ID)
		if err != nil || sched.ModelsDueAt.Sub(r.now()) < 3*time.Minute || sched.DueAt.Sub(r.now()) > time.Minute {
			t.Errorf("the interval does not hold for the others, or the one is not tried before: %v %+v", err, sched)
		}
		r.crm.Faults.Stop()
		asked := r.crm.Requests()["GET /api/crm/v1/accounts"]
		r.ahead.Add(int64(time.Minute))
		until(t, "leads come by themselves", func() bool { return r.states()[hub.ModelLead] == hub.SyncStateUpToDate })
		if n := r.crm.Requests()["GET /api/crm/v1/accounts"] - asked; n != 0 {
			t.Errorf("accounts were asked for %d times meanwhile", n)
		}
	})
}

// TestRetryAfterIsHeededOnOtherStatuses has the CRM down for a while that it names: it is left alone, a sync that is asked
// for says until when it waits, and new credentials are tried.
func TestRetryAfterIsHeededOnOtherStatuses(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.synced("")
		r.crm.Faults.Always(simulator.Fault{Kind: simulator.Unavailable, RetryAfter: "3000"})
		r.request()
		until(t, "it waits", func() bool { return strings.Contains(r.explanation(), "the next attempt is at") })
		if n := r.crm.Faults.Taken(simulator.Unavailable); n != 1 {
			t.Errorf("it was asked %d times", n)
		}
		r.request()
		sched, err := r.st.Schedule(t.Context(), r.conn.OrganizationID, r.conn.ID)
		if err != nil || sched.DueAt.Sub(r.now()) < 45*time.Minute || !strings.Contains(r.explanation(), "the next attempt is at") {
			t.Errorf("a sync that is asked for: %v, %s: %s", err, sched.DueAt, r.explanation())
		}
		r.crm.Faults.Stop()
		before := r.latest().ID
		creds, err := r.st.Credentials(t.Context(), r.conn.OrganizationID, r.conn.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.st.PutCredentials(t.Context(), r.conn.OrganizationID, r.conn.ID, creds.Values); err != nil {
			t.Fatal(err)
		}
		until(t, "new credentials are tried", func() bool {
			run := r.latest()
			return !run.EndedAt.IsZero() && run.Error == "" && (run.ID != before || run.Pages > 0)
		})
	})
}

// TestASyncHeedsRetryAfterOnEveryStatus lets a CRM refuse one list, or answer what is none, and say when to come again: nothing more is
// sent before, whoever asks for a sync, and then the run goes on with the other lists.
func TestASyncHeedsRetryAfterOnEveryStatus(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	for _, kind := range []simulator.FaultKind{
		simulator.BadRequest, simulator.Gone, simulator.Conflict, simulator.Forbidden, simulator.Malformed, simulator.NoRows, simulator.WrongType, simulator.SignInPage,
	} {
		t.Run(string(kind), func(t *testing.T) {
			onMerge(t, func(t *testing.T, r *hubRig) {
				first := r.synced("")
				r.crm.Faults.Script(simulator.Fault{Kind: kind, RetryAfter: "3000", Match: "/accounts"})
				r.request()
				held := func() bool {
					sched, err := r.st.Schedule(t.Context(), r.conn.OrganizationID, r.conn.ID)
					if err != nil {
						t.Fatal(err)
					}
					return sched.LeaseUntil.IsZero() && sched.HeldUntil.Sub(r.now()) > 45*time.Minute && !sched.DueAt.Before(sched.HeldUntil) &&
						strings.Contains(r.explanation(), "the next attempt is at")
				}
				until(t, "it waits", held)
				asked := r.asked()
				r.request()
				if n := r.asked(); n != asked || r.crm.Faults.Taken(kind) != 1 || !held() {
					t.Errorf("a sync that is asked for: it was asked %d times more: %s", n-asked, r.explanation())
				}
				r.ahead.Add(int64(3001 * time.Second))
				run := r.synced(first.ID)
				if states := r.states(); states[hub.ModelAccount] != hub.SyncStateUpToDate {
					t.Errorf("%+v: %v", run, states)
				}
			})
		})
	}
}

// TestAChangedIntervalCountsAtOnce shortens and lengthens it while the connection waits.
func TestAChangedIntervalCountsAtOnce(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.synced("")
		until(t, "it only waits for its interval", func() bool {
			s, err := r.st.Schedule(t.Context(), r.conn.OrganizationID, r.conn.ID)
			return err == nil && s.LeaseUntil.IsZero() && s.DueAt.After(r.now())
		})
		for _, interval := range []time.Duration{24 * time.Hour, time.Hour} {
			if err := r.st.SetSyncInterval(t.Context(), r.conn.OrganizationID, r.conn.ID, interval); err != nil {
				t.Fatal(err)
			}
			sched, err := r.st.Schedule(t.Context(), r.conn.OrganizationID, r.conn.ID)
			if wait := sched.DueAt.Sub(r.now()); err != nil || wait < interval*8/10 || wait > interval*12/10 {
				t.Errorf("%s: due in %s, %v", interval, wait, err)
			}
		}
	})
}
