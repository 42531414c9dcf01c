package store_test

import (
	"strings"
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

// TestARecordThatComesTwiceInAFirstReading reads a model for the first time, in whose pages a record comes again, as where others moved
// while it was read: it is changed, and from then on each record of the run is looked for.
func TestARecordThatComesTwiceInAFirstReading(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx, clock := t.Context(), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		st := storetest.Open(t, url, func() time.Time { return clock })
		org := storetest.Organization(t, st)
		conn := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount)
		sched := storetest.Lease(t, st, org, conn.ID)
		blind := 0 // statements that look for no record
		store.Intercept(st, func(query string) error {
			if strings.HasPrefix(query, "INSERT INTO records ") && !strings.Contains(query, "ON CONFLICT") {
				blind++
			}
			return nil
		})
		account := func(id, name, phone string) hub.Record {
			return hub.Record{Model: hub.ModelAccount, ExternalID: id, Name: name, Details: hub.Details{Phones: []string{phone}}}
		}
		const one, other = "+1 555 010 0100", "+1 555 010 0101"
		for i, page := range []struct {
			records []hub.Record
			changes store.Changes
			blind   int
		}{
			{[]hub.Record{account("a", "Adams", one), account("b", "Baker", one)}, store.Changes{Created: 2}, 1},
			{[]hub.Record{account("b", "Baker & Sons", other), account("c", "Clark", one)}, store.Changes{Created: 1, Updated: 1}, 2},
			{[]hub.Record{account("d", "Davis", one)}, store.Changes{Created: 1}, 2},
		} {
			clock = clock.Add(time.Minute)
			changes, err := st.CommitPage(ctx, sched, store.PageCommit{
				State: store.SyncState{Model: hub.ModelAccount, Next: "next", InRun: true, StartedAt: clock}, Status: hub.SyncStateSyncing, Records: page.records,
			})
			if err != nil || changes != page.changes {
				t.Fatalf("page %d: %+v, %v", i+1, changes, err)
			}
			if want := map[bool]int{true: page.blind}[strings.HasPrefix(url, "postgres")]; blind != want {
				t.Errorf("after page %d, %d statements looked for no record", i+1, blind)
			}
		}
		run, err := st.SyncRun(ctx, org, conn.ID, sched.RunID)
		if want := (store.Changes{Created: 4, Updated: 1}); err != nil || run.Changes != want {
			t.Errorf("the run tells %+v, %v", run, err)
		}
		for phone, want := range map[string]int{one: 3, other: 1} {
			if found, err := st.RecordsByPhone(ctx, org, hub.ModelAccount, phone, "", nil, 10); err != nil || len(found) != want {
				t.Errorf("%s finds %+v, %v", phone, found, err)
			}
		}
		if n := storetest.Count(t, st, `SELECT used FROM usages WHERE organization_id = $1 AND resource = $2 AND part = $3`, org, hub.ResourceRecords, conn.ID); n != 4 {
			t.Errorf("%d records are counted", n)
		}
	})
}
