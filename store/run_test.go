package store_test

import (
	"slices"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestRunsAreListedLatestFirst pages through runs whose ids begin with the first and the last of their digits.
func TestRunsAreListedLatestFirst(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		c := storetest.Connection(t, st, org, hub.PlatformMerge)
		for _, id := range []string{"0a", "9b", "fc"} {
			storetest.Exec(t, st, `INSERT INTO sync_runs (organization_id, connection_id, id, started_at, pages, created, updated, unchanged, deleted, quarantined, bytes, rate_wait, error)
				VALUES ($1, $2, $3, 0, 0, 0, 0, 0, 0, 0, 0, 0, '')`, org, c.ID, id)
		}
		for before, want := range map[string][]string{"": {"fc", "9b"}, "9b": {"0a"}, "0a": nil} {
			runs, err := st.SyncRuns(t.Context(), org, c.ID, before, 2)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range runs {
				got = append(got, r.ID)
			}
			if !slices.Equal(got, want) {
				t.Errorf("before %q: %v, want %v", before, got, want)
			}
		}
	})
}

// TestWhatIsAskedForBeforeAJobBeginsIsThatJobs asks for a sync between a job's claim and its begin: no other job comes for it.
// TestAskingAgainDoesNotPutOff holds that a connection that is asked for all the time stays due since the first time: one
// that became due anew with each request would never be due before a look at what is.
func TestAskingAgainDoesNotPutOff(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
		st := storetest.Open(t, url, func() time.Time { return now })
		org := storetest.Organization(t, st)
		c := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount)
		first := now
		for range 3 {
			now = now.Add(time.Second)
			if err := st.RequestSync(t.Context(), org, c.ID, nil, nil); err != nil {
				t.Fatal(err)
			}
			sched, err := st.Schedule(t.Context(), org, c.ID)
			if err != nil {
				t.Fatal(err)
			}
			if !sched.DueAt.Equal(first) || sched.ModelsDueAt.After(now) {
				t.Errorf("asked again, it is due at %s, its models at %s; it was due at %s", sched.DueAt, sched.ModelsDueAt, first)
			}
		}
	})
}

func TestWhatIsAskedForBeforeAJobBeginsIsThatJobs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		c := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount)
		claim := func() (claimed []store.Schedule) {
			t.Helper()
			if _, _, err := st.ClaimSchedules(t.Context(), store.Room{Workers: 10}, time.Minute, func(_ store.Tx, due []store.Schedule) error {
				claimed = slices.Clone(due)
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			return claimed
		}
		due := claim()
		if len(due) != 1 {
			t.Fatalf("%d are due, want 1", len(due))
		}
		ask := func() {
			t.Helper()
			if err := st.RequestSync(t.Context(), org, c.ID, nil, nil); err != nil {
				t.Fatal(err)
			}
		}
		ask()
		sched, _, err := st.BeginSyncJob(t.Context(), org, c.ID, due[0].Fence, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		later := time.Now().Add(time.Hour)
		if err := st.EndSyncJob(t.Context(), sched, store.SyncJobResult{RunOver: true, Next: later, ModelsDue: later}); err != nil {
			t.Fatal(err)
		}
		if again := claim(); len(again) != 0 {
			t.Errorf("what the job did is due again: %+v", again)
		}
		ask()
		if again := claim(); len(again) != 1 {
			t.Errorf("%d are due after another request, want 1", len(again))
		}
	})
}
