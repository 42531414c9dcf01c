package store_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestSyncStatesAreUpgraded upgrades a database of version 9 in the middle of things: cursors stay, runs under way begin
// anew at them, all is read whole within a day, and connections that were given up are tried again.
func TestSyncStatesAreUpgraded(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, url string) {
		ctx := t.Context()
		if err := store.MigrateTo(ctx, url, 9); err != nil {
			t.Fatal(err)
		}
		cursor := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
		us := cursor.UnixMicro()
		db := connect(t, url)
		for _, statement := range []string{
			`INSERT INTO organizations (id, name, created_at) VALUES ('org', 'Acme', 0)`,
			`INSERT INTO connections (organization_id, id, platform, name, external_account_id, is_active, sync_transcript, sync_status, created_at, updated_at)
				VALUES ('org', 'c', 'MERGE', 'c', '4711', TRUE, FALSE, '[]', 0, 0)`,
			`INSERT INTO schedules (organization_id, connection_id, interval_seconds, due_at, turn, failures, waiting) VALUES ('org', 'c', 300, NULL, 7, 3, 'needs new credentials')`,
			`INSERT INTO credentials (organization_id, connection_id, sealed, rejected_at, updated_at) VALUES ('org', 'c', 'x', CURSOR, CURSOR)`,
			`INSERT INTO sync_states (organization_id, connection_id, model, since, next, newest, as_of, in_run, enumerating, enumerated_at, passed_run, failed)
				VALUES ('org', 'c', 'ACCOUNT', CURSOR, 'page 7', CURSOR, CURSOR, TRUE, TRUE, CURSOR, '', ''), ('org', 'c', 'LEAD', CURSOR, 'feed 9', NULL, NULL, FALSE, FALSE, CURSOR, 'r', '')`,
			`INSERT INTO enumerated (organization_id, connection_id, model, external_id) VALUES ('org', 'c', 'ACCOUNT', 'a1')`,
			`INSERT INTO sync_runs (organization_id, connection_id, id, started_at, pages, created, updated, unchanged, deleted, quarantined, bytes, rate_wait, error)
				VALUES ('org', 'c', 'r', CURSOR, 1, 2, 3, 4, 5, 6, 7, 8, '')`,
			`INSERT INTO records (organization_id, connection_id, model, external_id, id, name, details, hash, created_at, updated_at) VALUES ('org', 'c', 'ACCOUNT', 'a1', 'i', 'A', '{}', '', CURSOR, CURSOR)`,
		} {
			if _, err := db.Exec(strings.ReplaceAll(statement, "CURSOR", strconv.FormatInt(us, 10))); err != nil {
				t.Fatal(err, statement)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		st := storetest.Open(t, url, nil)
		states, err := st.SyncStates(ctx, "org", "c")
		if err != nil || len(states) != 2 {
			t.Fatal(err, states)
		}
		for _, s := range states {
			next := map[hub.Model]string{hub.ModelAccount: "", hub.ModelLead: "feed 9"}[s.Model]
			if !s.Since.Equal(cursor) || s.InRun || s.Next != next || !s.EnumeratedAt.IsZero() {
				t.Errorf("%+v", s)
			}
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM enumerated`); n != 0 {
			t.Errorf("%d notes of the enumeration that was cut are left", n)
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM records WHERE written_at = 0`); n != 1 {
			t.Error("the record is not taken for one that any answer may change")
		}
		sched, err := st.Schedule(ctx, "org", "c")
		if err != nil || sched.DueAt.IsZero() || sched.DueAt.After(time.Now()) || sched.DeletionLimit != 30 {
			t.Errorf("%v %+v", err, sched)
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM credentials WHERE refusals = 4 AND rejected_at IS NOT NULL`); n != 1 {
			t.Error("the refusal is forgotten")
		}
		if runs, err := st.SyncRuns(ctx, "org", "c", "", 5); err != nil || len(runs) != 1 || runs[0].Created != 2 || runs[0].Missed != 0 {
			t.Errorf("%v %+v", err, runs)
		}
	})
}
