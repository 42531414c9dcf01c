package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestAPageThatWaitsSeesWhatItWaitedFor lets a page wait for a row that somebody else holds, who then changes what the page
// depends on: the page goes by what there is once it has the row, though its lease is one question that began before. The limit's
// row comes first: who waits for it holds nothing that others need.
func TestAPageThatWaitsSeesWhatItWaitedFor(t *testing.T) {
	t.Parallel()
	storetest.Needs(t, "postgres")
	const connection = `SELECT 1 FROM connections WHERE organization_id = $1 FOR UPDATE`
	for name, c := range map[string]struct {
		// held is locked before the page comes, and meanwhile done while it waits.
		held, meanwhile string
		want            error
	}{
		"another job":           {connection, `UPDATE schedules SET turn = turn + 1 WHERE organization_id = $1`, store.ErrLeaseLost},
		"another job, later":    {`SELECT 1 FROM schedules WHERE organization_id = $1 FOR UPDATE`, `UPDATE schedules SET turn = turn + 1 WHERE organization_id = $1`, store.ErrLeaseLost},
		"a pause":               {connection, `UPDATE connections SET is_active = FALSE WHERE organization_id = $1`, hub.ErrPaused},
		"a disabled one":        {connection, `UPDATE organizations SET disabled = TRUE WHERE id = $1`, hub.ErrDisabled},
		"a deletion":            {connection, `DELETE FROM connections WHERE organization_id = $1`, hub.ErrNotFound},
		"a limit":               {`SELECT 1 FROM quotas WHERE organization_id = $1 FOR UPDATE`, `UPDATE quotas SET most = 0 WHERE organization_id = $1`, &hub.QuotaError{Resource: hub.ResourceRecords}},
		"a limit, no other row": {`SELECT 1 FROM quotas WHERE organization_id = $1 FOR UPDATE`, `SELECT 1 FROM connections, schedules WHERE connections.organization_id = $1 FOR UPDATE NOWAIT`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, url := t.Context(), storetest.Postgres(t)
			st := storetest.Open(t, url, nil)
			org, most := storetest.Organization(t, st), int64(100)
			conn := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount)
			if err := st.SetLimits(ctx, org, map[hub.Resource]*int64{hub.ResourceRecords: &most}); err != nil {
				t.Fatal(err)
			}
			sched := storetest.Lease(t, st, org, conn.ID)
			other, err := pgx.Connect(ctx, url)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = other.Close(context.Background()) })
			tx, err := other.Begin(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Exec(ctx, c.held, org); err != nil {
				t.Fatal(err)
			}
			committed := make(chan error, 1)
			go func() {
				_, err := st.CommitPage(ctx, sched, store.PageCommit{
					State: store.SyncState{Model: hub.ModelAccount, Since: time.Unix(1, 0)}, Status: hub.SyncStateUpToDate,
					Records: []hub.Record{{Model: hub.ModelAccount, ExternalID: "a", Name: "A"}},
				})
				committed <- err
			}()
			storetest.Until(t, "the page waits", func() bool {
				return storetest.Count(t, st, `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) == 1
			})
			if _, err := tx.Exec(ctx, c.meanwhile, org); err != nil {
				t.Fatal(err)
			}
			if err := tx.Commit(ctx); err != nil {
				t.Fatal(err)
			}
			got := <-committed
			_, passed := errors.AsType[*hub.QuotaError](got)
			if _, limit := errors.AsType[*hub.QuotaError](c.want); !errors.Is(got, c.want) && !(limit && passed) {
				t.Errorf("it ends with %v", got)
			}
			records := 0
			if c.want == nil {
				records = 1
			}
			if n := storetest.Count(t, st, `SELECT COUNT(*) FROM records`); n != records {
				t.Errorf("%d records are there", n)
			}
		})
	}
}
