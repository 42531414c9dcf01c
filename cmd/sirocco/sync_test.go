package main

import (
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestFollowSumsUpAllRuns: a run that was under way when the sync was asked for was followed, too.
func TestFollowSumsUpAllRuns(t *testing.T) {
	st := storetest.Open(t, storetest.SQLite(t), time.Now)
	org := storetest.Organization(t, st)
	conn := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelUser)
	for i, ended := range []int64{2e6, 4e6, 6e6} {
		storetest.Exec(t, st, `INSERT INTO sync_runs (organization_id, connection_id, id, started_at, ended_at, pages, created, updated, unchanged, deleted, quarantined, bytes, rate_wait, error)
			VALUES ($1, $2, $3, $4, $5, 10, 4000, 0, 500, 0, 0, 1000000, 0, '')`, org, conn.ID, hub.NewID(), int64(i)*2e6, ended)
	}
	all, err := st.SyncRuns(t.Context(), org, conn.ID, "", 3)
	if err != nil || len(all) != 3 {
		t.Fatal(all, err)
	}
	underWay := all[1]
	underWay.EndedAt = time.Time{}
	for _, c := range []struct {
		before store.SyncRun
		want   string
	}{
		{all[1], "1 run, 10 pages: 4000 created, 0 updated, 500 unchanged"},
		{underWay, "2 runs, 20 pages: 8000 created, 0 updated, 1000 unchanged, 0 deleted, 0 into quarantine, 2.0 MB, in 4.0 s."},
		{store.SyncRun{}, "3 runs, 30 pages: 12000 created"},
	} {
		runs, err := runsSince(t.Context(), st, conn, c.before)
		if err != nil {
			t.Fatal(err)
		}
		if got := summary(runs); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}
