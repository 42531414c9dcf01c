package engine_test

import (
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/store/storetest"
)

// TestWhatIsRefusedAloneFailsAlone lets the CRM answer 401 for one list, as some do where a right is missing, and later no more: the
// other models go on, also those after it, and the credentials count as good. With all of it refused they do not.
func TestWhatIsRefusedAloneFailsAlone(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	for _, p := range pulled[:2] { // with a key, and with tokens
		t.Run(p.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, url string) {
				crm := p.crm(simulator.Options{Seed: 45, Records: 40, ValidateEvery: -1})
				crm.Faults.Always(simulator.Fault{Kind: simulator.Unauthorized, Match: "/leads"})
				r := newHubRig(t, url, p.connector, crm)
				for range 3 {
					until(t, "all others are up to date", func() bool {
						states := r.states()
						for model, s := range states {
							if (s == hub.SyncStateUpToDate) == (model == hub.ModelLead) {
								return false
							}
						}
						return states[hub.ModelLead] == hub.SyncStateError && !r.latest().EndedAt.IsZero()
					})
					before := r.latest().ID
					r.ahead.Add(int64(2 * time.Hour))
					until(t, "another run ends", func() bool { run := r.latest(); return run.ID != before && !run.EndedAt.IsZero() })
				}
				refusals := func() int {
					creds, err := r.st.Credentials(t.Context(), r.conn.OrganizationID, r.conn.ID)
					if err != nil {
						t.Fatal(err)
					}
					return creds.Refusals
				}
				if n := refusals(); n != 0 {
					t.Errorf("the credentials count as refused %d times", n)
				}
				crm.Faults.Stop()
				r.ahead.Add(int64(2 * time.Hour))
				until(t, "leads come by themselves", func() bool { return r.states()[hub.ModelLead] == hub.SyncStateUpToDate })
				r.equal()
				crm.Faults.Always(simulator.Fault{Kind: simulator.Unauthorized})
				r.ahead.Add(int64(2 * time.Hour))
				until(t, "they are refused", func() bool { return refusals() > 0 })
			})
		})
	}
}

// TestWhatMayNotBeReadStays takes the right from an app to read what SERVICE_TITAN tells of customers and jobs in lists of their own: what is
// known of that stays, and the sentence says which right is missing.
func TestWhatMayNotBeReadStays(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	for list, right := range map[string]string{"/customers/contacts": "tn.crm.customers:r", "/locations": "tn.crm.locations:r", "/estimates": "tn.sal.estimates:r"} {
		t.Run(right, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, url string) {
				r := newHubRig(t, url, pulled[1].connector, pulled[1].crm(simulator.Options{Seed: 48, Records: 60, ValidateEvery: -1}))
				last := r.synced("")
				again := func() {
					t.Helper()
					if err := r.st.RequestSync(t.Context(), r.conn.OrganizationID, r.conn.ID, nil, &time.Time{}); err != nil {
						t.Fatal(err)
					}
					last = r.synced(last.ID)
					r.equal()
				}
				r.crm.Faults.Always(simulator.Fault{Kind: simulator.Forbidden, Match: list})
				again()
				if text := r.explanation(); last.Updated != 0 || !strings.Contains(text, right) || !strings.Contains(text, "stays as it is") {
					t.Errorf("%d are changed: %s", last.Updated, text)
				}
				r.crm.Faults.Stop()
				again()
				if text := r.explanation(); strings.Contains(text, right) {
					t.Error(text)
				}
			})
		})
	}
}

// TestWhatIsAskedBesideTheModelsHeedsRetryAfter lets the CRM ask to be left alone when it is asked whose the credentials are.
func TestWhatIsAskedBesideTheModelsHeedsRetryAfter(t *testing.T) {
	t.Parallel()
	for kind, status := range map[connector.Kind]int{connector.RateLimited: 429, connector.Temporary: 503} {
		t.Run(string(kind), func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, url string) {
				f := newLater(t, url, newCRM(20), false)
				f.crm.mu.Lock()
				f.crm.checkFails = func() error {
					e := connector.Fail(kind, "Test CRM", "not now")
					e.Status, e.RetryAfter = status, 3*time.Hour
					return e
				}
				f.crm.mu.Unlock()
				f.ahead.Add(int64(2 * time.Hour))
				f.sync(t)
				until(t, "it is left alone", func() bool {
					s, err := f.st.Schedule(t.Context(), f.org, f.conn.ID)
					return err == nil && s.HeldUntil.Sub(f.now()) > 2*time.Hour && !s.DueAt.Before(s.HeldUntil)
				})
				f.crm.mu.Lock()
				before := f.crm.fetches
				f.crm.checkFails = nil
				f.crm.mu.Unlock()
				until(t, "it goes on by itself", func() bool {
					skipToDue(t, f.st, f.conn, &f.ahead)
					f.crm.mu.Lock()
					defer f.crm.mu.Unlock()
					return f.crm.fetches > before
				})
				f.upToDate(t)
			})
		})
	}
}
