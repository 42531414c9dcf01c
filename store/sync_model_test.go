package store_test

import (
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestModelOfANewerVersion pulls a model over a connection that was made before its platform had it: it shows among the
// others from then on.
func TestModelOfANewerVersion(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		conn := storetest.Connection(t, st, org, hub.PlatformServiceTitan, hub.ModelEngagement)
		var claimed store.Schedule
		if _, _, err := st.ClaimSchedules(ctx, store.Room{Workers: 10}, time.Minute, func(_ store.Tx, due []store.Schedule) error {
			for _, s := range due {
				if s.OrganizationID == org {
					claimed = s
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		sched, _, err := st.BeginSyncJob(ctx, org, claimed.ConnectionID, claimed.Fence, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		since := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		for range 2 {
			page := store.PageCommit{State: store.SyncState{Model: hub.ModelEngagementUser, Since: since}, Status: hub.SyncStateUpToDate}
			if _, err := st.CommitPage(ctx, sched, page); err != nil {
				t.Fatal(err)
			}
		}
		after, err := st.Connection(ctx, org, conn.ID)
		if err != nil {
			t.Fatal(err)
		}
		if len(after.SyncStatus) != 2 {
			t.Fatalf("it shows %+v", after.SyncStatus)
		}
		if s := after.SyncStatus[1]; s.Model != hub.ModelEngagementUser || s.ID == "" || s.State != hub.SyncStateUpToDate || !s.ModifiedAfter.Equal(since) || s.CreatedAt.IsZero() {
			t.Errorf("it shows %+v", s)
		}
	})
}
