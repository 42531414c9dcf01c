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

// TestAPauseWhileARunTriesAgain pauses and resumes a connection while a run tries again what failed, which goes on in another
// job: all models are due, so that run is no longer one that only tries again, and what follows it can be planned.
func TestAPauseWhileARunTriesAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
		st := storetest.Open(t, url, func() time.Time { return now })
		org := storetest.Organization(t, st)
		c := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount)
		begin := func() store.Schedule {
			t.Helper()
			var due []store.Schedule
			if _, _, err := st.ClaimSchedules(t.Context(), store.Room{Workers: 1}, time.Minute, func(_ store.Tx, claims []store.Schedule) error {
				due = slices.Clone(claims)
				return nil
			}); err != nil || len(due) != 1 {
				t.Fatal(due, err)
			}
			sched, _, err := st.BeginSyncJob(t.Context(), org, c.ID, due[0].Fence, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			return sched
		}
		end := func(sched store.Schedule, result store.SyncJobResult) {
			t.Helper()
			if err := st.EndSyncJob(t.Context(), sched, result); err != nil {
				t.Fatal(err)
			}
		}
		end(begin(), store.SyncJobResult{RunOver: true, RunError: "it failed", Next: now.Add(time.Minute), ModelsDue: now.Add(5 * time.Minute)})
		now = now.Add(time.Minute)
		sched := begin()
		if !sched.Retrying {
			t.Fatalf("it does not only try again: %+v", sched)
		}
		for _, active := range []bool{false, true} {
			if _, err := st.PatchConnection(t.Context(), org, c.ID, hub.ConnectionPatch{Active: &active}); err != nil {
				t.Fatal(err)
			}
		}
		end(sched, store.SyncJobResult{Next: now, Waiting: store.Continuing})
		if sched := begin(); sched.Retrying && sched.ModelsDueAt.IsZero() {
			t.Errorf("it only tries again, and nothing says when all models are due: %+v", sched)
		}
	})
}

// TestAJobThatBeginsBeforeItWasDue lets the job of a sync that was asked for begin on a node whose clock is measured to be a
// second behind that of the one that was asked: all models are due, so the run does not only try again what failed.
func TestAJobThatBeginsBeforeItWasDue(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
		st := storetest.Open(t, url, func() time.Time { return now })
		org := storetest.Organization(t, st)
		c := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount)
		claim := func() (fence int64) {
			t.Helper()
			n, _, err := st.ClaimSchedules(t.Context(), store.Room{Workers: 1}, time.Minute, func(_ store.Tx, claims []store.Schedule) error {
				fence = claims[0].Fence
				return nil
			})
			if err != nil || n != 1 {
				t.Fatal(n, err)
			}
			return fence
		}
		begin := func(fence int64) store.Schedule {
			t.Helper()
			sched, _, err := st.BeginSyncJob(t.Context(), org, c.ID, fence, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			return sched
		}
		first := begin(claim())
		if err := st.EndSyncJob(t.Context(), first, store.SyncJobResult{RunOver: true, Next: now.Add(5 * time.Minute), ModelsDue: now.Add(5 * time.Minute)}); err != nil {
			t.Fatal(err)
		}
		if err := st.RequestSync(t.Context(), org, c.ID, nil, nil); err != nil {
			t.Fatal(err)
		}
		fence := claim()
		now = now.Add(-time.Second)
		if sched := begin(fence); sched.Retrying || !sched.ModelsDueAt.IsZero() {
			t.Errorf("it only tries again: %+v", sched)
		}
	})
}

// TestStoppedSyncsAreUpgraded upgrades a database with a connection for which nothing was planned after such a pause.
func TestStoppedSyncsAreUpgraded(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, url string) {
		if err := store.MigrateTo(t.Context(), url, 39); err != nil {
			t.Fatal(err)
		}
		db := connect(t, url)
		for _, statement := range []string{
			`INSERT INTO organizations (id, name, created_at, disabled) VALUES ('on', 'Acme', 0, FALSE), ('off', 'Bolt', 0, TRUE)`,
			`INSERT INTO connections (organization_id, id, platform, name, external_account_id, is_active, sync_transcript, sync_status, created_at, updated_at)
				VALUES ('on', 'stopped', 'MERGE', 'c', '1', TRUE, FALSE, '[]', 0, 0), ('on', 'paused', 'SERVICE_TITAN', 'c', '2', FALSE, FALSE, '[]', 0, 0),
				('on', 'planned', 'COMPANY_CAM', 'c', '3', TRUE, FALSE, '[]', 0, 0), ('off', 'disabled', 'MERGE', 'c', '4', TRUE, FALSE, '[]', 0, 0)`,
			`INSERT INTO schedules (organization_id, connection_id, interval_seconds, due_at, turn, failures, waiting, retrying)
				VALUES ('on', 'stopped', 300, NULL, 7, 0, '', TRUE), ('on', 'paused', 300, NULL, 7, 0, '', TRUE),
				('on', 'planned', 300, 5000000, 7, 0, '', TRUE), ('off', 'disabled', 300, NULL, 7, 0, '', TRUE)`,
		} {
			if _, err := db.Exec(statement); err != nil {
				t.Fatal(err, statement)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		st := storetest.Open(t, url, nil)
		for connection, want := range map[string]time.Time{"stopped": time.UnixMicro(0), "paused": {}, "planned": time.UnixMicro(5_000_000), "disabled": {}} {
			org := "on"
			if connection == "disabled" {
				org = "off"
			}
			if sched, err := st.Schedule(t.Context(), org, connection); err != nil || !sched.DueAt.Equal(want) {
				t.Errorf("%s: %v, due at %s, want %s", connection, err, sched.DueAt, want)
			}
		}
	})
}

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

// TestWhatIsAskedForBeforeAJobBeginsIsThatJobs asks for a sync between a job's claim and its begin: no other job comes for it.
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

// TestWhatIsAskedForDuringARunFollowsIt asks for a sync in each way that there is, while a run of two jobs goes on: in the first
// of them, between the two, and in the second. The run may have read before what changed by then, so that another follows it
// at once, and one only.
func TestWhatIsAskedForDuringARunFollowsIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		c := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount)
		sync := func() error { return st.RequestSync(ctx, org, c.ID, nil, nil) }
		asks := map[string]func() error{
			"a person": sync,
			"a webhook": func() error {
				storetest.Exec(t, st, `UPDATE schedules SET woken_at = NULL`)
				woken, err := st.WakeSync(ctx, org, c.ID)
				if !woken {
					t.Error("the webhook is not news")
				}
				return err
			},
			"new credentials": func() error { return st.PutCredentials(ctx, org, c.ID, map[string]string{}) },
			"a person, and then for a longer interval": func() error {
				if err := sync(); err != nil {
					return err
				}
				return st.SetSyncInterval(ctx, org, c.ID, 24*time.Hour)
			},
		}
		begin := func() store.Schedule {
			t.Helper()
			var claimed []store.Schedule
			_, _, err := st.ClaimSchedules(ctx, store.Room{Workers: 10}, time.Hour, func(_ store.Tx, due []store.Schedule) error {
				claimed = slices.Clone(due)
				return nil
			})
			if err != nil || len(claimed) != 1 {
				t.Fatalf("%d are due, %v", len(claimed), err)
			}
			sched, _, err := st.BeginSyncJob(ctx, org, c.ID, claimed[0].Fence, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			return sched
		}
		end := func(sched store.Schedule, r store.SyncJobResult) {
			t.Helper()
			if err := st.EndSyncJob(ctx, sched, r); err != nil {
				t.Fatal(err)
			}
		}
		later := time.Now().Truncate(time.Second).Add(time.Hour)
		yields := store.SyncJobResult{Next: time.Now(), Waiting: store.Continuing}
		for _, over := range []store.SyncJobResult{{RunOver: true, Next: later, ModelsDue: later}, {RunOver: true, RunError: "it failed", Next: later, ModelsDue: later, Failures: 1}} {
			for name, ask := range asks {
				for when := range 3 {
					asked := func(now int) {
						t.Helper()
						if now != when {
							return
						}
						if err := ask(); err != nil {
							t.Fatal(err)
						}
					}
					storetest.Exec(t, st, `UPDATE schedules SET interval_seconds = 300, due_at = 1, models_due_at = NULL, failures = 0`)
					first := begin()
					asked(0)
					end(first, yields)
					asked(1)
					second := begin()
					if second.RunID != first.RunID {
						t.Fatalf("%s, %d: the run does not go on", name, when)
					}
					asked(2)
					end(second, over)
					third := begin()
					if third.RunID == first.RunID || third.Retrying {
						t.Errorf("%s, %d: what was asked for is of %+v", name, when, third)
					}
					end(third, store.SyncJobResult{RunOver: true, Next: later, ModelsDue: later})
					if sched, err := st.Schedule(ctx, org, c.ID); err != nil || sched.DueAt.Before(later) || sched.ModelsDueAt.Before(later) {
						t.Errorf("%s, %d: after it, it is due at %s, its models at %s, %v", name, when, sched.DueAt, sched.ModelsDueAt, err)
					}
				}
			}
		}
	})
}
