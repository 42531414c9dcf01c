package store_test

import (
	"strings"
	"testing"
	"time"

	"sirocco/store"
	"sirocco/store/storetest"
)

// TestRunsAreUpgraded upgrades a database whose runs were left going on: those that nothing works on end, at the latest when
// the one after them began, and those that are worked on go on.
func TestRunsAreUpgraded(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, url string) {
		ctx := t.Context()
		if err := store.MigrateTo(ctx, url, 11); err != nil {
			t.Fatal(err)
		}
		db := connect(t, url)
		run := func(connection, id, started, ended, problem string) string {
			return `INSERT INTO sync_runs (organization_id, connection_id, id, started_at, ended_at, pages, created, updated, unchanged, deleted, quarantined, bytes, rate_wait, error)
				VALUES ('org', '` + connection + `', '` + id + `', ` + started + `, ` + ended + `, 1, 2, 3, 4, 5, 6, 7, 8, '` + problem + `')`
		}
		for _, statement := range []string{
			`INSERT INTO organizations (id, name, created_at) VALUES ('org', 'Acme', 0)`,
			`INSERT INTO connections (organization_id, id, platform, name, external_account_id, is_active, sync_transcript, sync_status, created_at, updated_at)
				VALUES ('org', 'on', 'MERGE', 'c', '4711', TRUE, FALSE, '[]', 0, 0), ('org', 'off', 'SERVICE_TITAN', 'c', '4711', FALSE, FALSE, '[]', 0, 0)`,
			`INSERT INTO schedules (organization_id, connection_id, interval_seconds, due_at, lease_until, turn, run_id, failures, waiting)
				VALUES ('org', 'on', 300, NULL, 5000000, 7, 'd', 0, ''), ('org', 'off', 300, NULL, NULL, 7, 'p', 0, '')`,
			run("on", "a", "1000000", "1500000", ""), run("on", "b", "2000000", "2500000", "It failed."),
			run("on", "c", "3000000", "NULL", ""), run("on", "d", "4000000", "NULL", ""), run("off", "p", "6000000", "NULL", ""),
		} {
			if _, err := db.Exec(statement); err != nil {
				t.Fatal(err, statement)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		st := storetest.Open(t, url, nil)
		for _, want := range []struct {
			connection, id string
			outcome        store.RunOutcome
			ended          int64
		}{
			{"on", "a", store.RunDone, 1_500_000}, {"on", "b", store.RunFailed, 2_500_000}, {"on", "c", store.RunCutOff, 4_000_000},
			{"on", "d", "", 0}, {"off", "p", store.RunCutOff, 6_000_000},
		} {
			got, err := st.SyncRun(ctx, "org", want.connection, want.id)
			if err != nil || got.Outcome != want.outcome || got.Created != 2 || len(got.Models) != 0 {
				t.Errorf("%v %+v, want %+v", err, got, want)
			}
			if want.ended != 0 && !got.EndedAt.Equal(time.UnixMicro(want.ended)) || want.ended == 0 && !got.EndedAt.IsZero() {
				t.Errorf("%s ended at %s", want.id, got.EndedAt)
			}
			if want.outcome == store.RunCutOff && !strings.Contains(got.Error, "cut off") {
				t.Errorf("why %s ended: %q", want.id, got.Error)
			}
		}
		if sched, err := st.Schedule(ctx, "org", "off"); err != nil || sched.RunID != "" {
			t.Errorf("the paused one: %v %+v", err, sched)
		}
		if sched, err := st.Schedule(ctx, "org", "on"); err != nil || sched.RunID != "d" || !sched.Working {
			t.Errorf("the one at work: %v %+v", err, sched)
		}
	})
}
