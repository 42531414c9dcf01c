package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestEveryRunEnds leaves a run in each way, while a job works on it and between two of its jobs: it ends, and says why.
func TestEveryRunEnds(t *testing.T) {
	off, on := false, true
	pause := func(t *testing.T, st *store.Store, c hub.Connection) {
		if _, err := st.PatchConnection(t.Context(), c.OrganizationID, c.ID, hub.ConnectionPatch{Active: &off}); err != nil {
			t.Fatal(err)
		}
	}
	disable := func(t *testing.T, st *store.Store, c hub.Connection) {
		if _, err := st.UpdateOrganization(t.Context(), c.OrganizationID, "", hub.OrganizationPatch{Disabled: &on}); err != nil {
			t.Fatal(err)
		}
	}
	remove := func(t *testing.T, st *store.Store, c hub.Connection) {
		if _, err := st.DeleteConnection(t.Context(), c.OrganizationID, c.ID, nil); err != nil {
			t.Fatal(err)
		}
	}
	replace := func(t *testing.T, st *store.Store, c hub.Connection) {
		for _, account := range []string{"a", "b"} {
			check := func(context.Context, hub.Connection, map[string]string) (hub.CRMAccount, error) {
				return hub.CRMAccount{ID: account}, nil
			}
			if _, err := st.SetCredentials(t.Context(), c.OrganizationID, c.ID, map[string]string{}, true, check); err != nil {
				t.Fatal(err)
			}
		}
	}
	// A job that is under way when the connection stops finds so, and gives it back.
	stopped := func(reason error) func(*store.Store, *testing.T, store.Schedule) {
		return func(st *store.Store, t *testing.T, sched store.Schedule) {
			if err := st.EndSyncJob(t.Context(), sched, store.SyncJobResult{Stopped: reason}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name    string
		leave   func(t *testing.T, st *store.Store, c hub.Connection)
		give    func(st *store.Store, t *testing.T, sched store.Schedule)
		outcome store.RunOutcome
		why     string
	}{
		{"paused", pause, stopped(hub.ErrPaused), store.RunPaused, "paused"},
		{"disabled", disable, stopped(hub.ErrDisabled), store.RunDisabled, "disabled"},
		{"deleted", remove, nil, store.RunDeleted, "deleted"},
		{"of another account", replace, nil, store.RunReplaced, "replaced"},
	} {
		for _, between := range []bool{false, true} {
			name := c.name + " while a job works"
			if between {
				name = c.name + " between two jobs"
			}
			t.Run(name, func(t *testing.T) {
				storetest.Each(t, func(t *testing.T, url string) {
					st := storetest.Open(t, url, nil)
					org := storetest.Organization(t, st)
					conn := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount)
					sched := storetest.Lease(t, st, org, conn.ID)
					if between {
						if err := st.EndSyncJob(t.Context(), sched, store.SyncJobResult{Next: time.Now().Add(time.Hour), Waiting: store.Continuing}); err != nil {
							t.Fatal(err)
						}
					}
					c.leave(t, st, conn)
					if !between && c.give != nil {
						c.give(st, t, sched)
					}
					run, err := st.SyncRun(t.Context(), org, conn.ID, sched.RunID)
					if err != nil || run.EndedAt.IsZero() || run.Outcome != c.outcome || !strings.Contains(run.Error, c.why) {
						t.Errorf("%v %+v", err, run)
					}
				})
			})
		}
	}
}

// TestARunThatWasCutOffEnds lets a job die in the middle of a run, and then also one that had not begun its work: the first
// run ends and another goes on; the second time the run goes on, as nothing of it was under way.
func TestARunThatWasCutOffEnds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		st := storetest.Open(t, url, func() time.Time { return now })
		org := storetest.Organization(t, st)
		conn := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount)
		claim := func() int64 {
			var claimed []store.Schedule
			if _, _, err := st.ClaimSchedules(t.Context(), store.Room{Workers: 10}, time.Minute, func(_ store.Tx, due []store.Schedule) error {
				claimed = append(claimed, due...)
				return nil
			}); err != nil || len(claimed) != 1 {
				t.Fatal(err, claimed)
			}
			return claimed[0].Fence
		}
		begin := func(fence int64) store.Schedule {
			sched, _, err := st.BeginSyncJob(t.Context(), org, conn.ID, fence, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			return sched
		}
		first := begin(claim())
		now = now.Add(2 * time.Minute) // its node is gone
		second := begin(claim())
		run, err := st.SyncRun(t.Context(), org, conn.ID, first.RunID)
		if err != nil || run.Outcome != store.RunCutOff || !run.EndedAt.Equal(now) || second.RunID == first.RunID || second.Retrying {
			t.Errorf("%v %+v, then %+v", err, run, second)
		}
		if err := st.EndSyncJob(t.Context(), second, store.SyncJobResult{Next: now, Waiting: store.Continuing}); err != nil {
			t.Fatal(err)
		}
		claim()
		now = now.Add(2 * time.Minute) // the job was lost in the queue
		third := begin(claim())
		if third.RunID != second.RunID {
			t.Errorf("another run begins though none was cut off")
		}
		if err := st.EndSyncJob(t.Context(), third, store.SyncJobResult{Next: now, RunOver: true}); err != nil {
			t.Fatal(err)
		}
		runs, err := st.SyncRuns(t.Context(), org, conn.ID, "", 10)
		if err != nil || len(runs) != 2 || runs[0].Outcome != store.RunDone || runs[0].Error != "" {
			t.Errorf("%v %+v", err, runs)
		}
	})
}

// TestForgottenRunsEnd leaves a run behind that is in progress by no connection, beside one that is.
func TestForgottenRunsEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		conn := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount)
		sched := storetest.Lease(t, st, org, conn.ID)
		storetest.Exec(t, st, `INSERT INTO sync_runs (organization_id, connection_id, id, started_at, pages, created, updated, unchanged, deleted, quarantined, bytes, rate_wait, error)
			VALUES ($1, $2, 'lost', 0, 0, 0, 0, 0, 0, 0, 0, 0, '')`, org, conn.ID)
		for _, want := range []int{1, 0} {
			if n, err := st.EndForgottenRuns(t.Context()); err != nil || n != want {
				t.Errorf("%v, %d ended, want %d", err, n, want)
			}
		}
		lost, err := st.SyncRun(t.Context(), org, conn.ID, "lost")
		if err != nil || lost.EndedAt.IsZero() || lost.Outcome != store.RunCutOff {
			t.Errorf("%v %+v", err, lost)
		}
		if going, err := st.SyncRun(t.Context(), org, conn.ID, sched.RunID); err != nil || !going.EndedAt.IsZero() {
			t.Errorf("the one that goes on: %v %+v", err, going)
		}
	})
}

// TestARunTellsOfEachModel commits pages of two models, of which one brings another model's records with it.
func TestARunTellsOfEachModel(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		conn := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount, hub.ModelEngagement)
		sched := storetest.Lease(t, st, org, conn.ID)
		commit := func(page store.PageCommit) {
			t.Helper()
			if _, err := st.CommitPage(t.Context(), sched, page); err != nil {
				t.Fatal(err)
			}
		}
		account := func(id string) hub.Record { return hub.Record{Model: hub.ModelAccount, ExternalID: id, Name: id} }
		commit(store.PageCommit{
			State: store.SyncState{Model: hub.ModelAccount}, Records: []hub.Record{account("1"), account("2")},
			Quarantined: []store.Quarantined{{Model: hub.ModelAccount, ExternalID: "3", Reason: "bad"}}, Totals: store.RunTotals{Pages: 1, Bytes: 10},
		})
		commit(store.PageCommit{State: store.SyncState{Model: hub.ModelAccount}, Records: []hub.Record{account("1")}, Totals: store.RunTotals{Pages: 1, Bytes: 5, RateWait: time.Second}})
		visit := hub.Record{Model: hub.ModelEngagement, ExternalID: "e"}
		rep := hub.Record{Model: hub.ModelEngagementUser, ExternalID: "u", Refs: hub.Refs{Engagement: "e", User: "x"}}
		page := store.PageCommit{
			State: store.SyncState{Model: hub.ModelEngagement}, Records: []hub.Record{visit, rep}, Children: []hub.Model{hub.ModelEngagementUser}, Totals: store.RunTotals{Pages: 1},
		}
		commit(page)
		page.Records = []hub.Record{visit}
		commit(page)
		end := store.SyncJobResult{RunOver: true, Totals: store.ModelTotals{hub.ModelAccount: {Pages: 1}, "": {Bytes: 7}}}
		if err := st.EndSyncJob(t.Context(), sched, end); err != nil {
			t.Fatal(err)
		}
		run, err := st.SyncRun(t.Context(), org, conn.ID, sched.RunID)
		if err != nil {
			t.Fatal(err)
		}
		want := store.ModelTotals{
			hub.ModelAccount:        {Pages: 3, Changes: store.Changes{Created: 2, Unchanged: 1}, Quarantined: 1, Bytes: 15, RateWait: time.Second},
			hub.ModelEngagement:     {Pages: 2, Changes: store.Changes{Created: 1, Unchanged: 1}},
			hub.ModelEngagementUser: {Changes: store.Changes{Created: 1, Deleted: 1}},
		}
		if d := cmp.Diff(want, run.Models); d != "" {
			t.Error(d)
		}
		sum := want.Sum()
		sum.Bytes += 7
		if d := cmp.Diff(sum, run.RunTotals); d != "" {
			t.Error(d)
		}
	})
}
