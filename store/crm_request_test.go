package store_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestCRMRequestsAreBounded keeps more requests of a connection than it may have, and lets them age: the latest are kept,
// for a day, those of write-back too, and none of a deleted connection.
func TestCRMRequestsAreBounded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		st := storetest.Open(t, url, func() time.Time { return now })
		org := storetest.Organization(t, st)
		conn := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount)
		sched := storetest.Lease(t, st, org, conn.ID)
		made := 0
		sent := func(n int) []store.CRMRequest {
			requests := make([]store.CRMRequest, n)
			for i := range requests {
				requests[i] = store.CRMRequest{SentAt: now, Method: "GET", Path: fmt.Sprint("/", made), Status: 200}
				made++
			}
			return requests
		}
		end := func(n int) {
			t.Helper()
			if err := st.EndSyncJob(t.Context(), sched, store.SyncJobResult{Requests: sent(n)}); err != nil {
				t.Fatal(err)
			}
		}
		list := func(f store.CRMRequestFilter) []store.CRMRequest {
			t.Helper()
			f.Limit = 3 * store.CRMRequestsKept
			found, err := st.CRMRequests(t.Context(), org, conn.ID, f)
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		end(2*store.CRMRequestsKept - 5)
		end(7)
		all := list(store.CRMRequestFilter{RunID: sched.RunID})
		if len(all) != store.CRMRequestsKept || all[0].Path != fmt.Sprint("/", made-1) || all[0].RunID != sched.RunID {
			t.Fatalf("%d are kept, %+v first", len(all), all[0])
		}
		now = now.Add(store.CRMRequestAge - time.Minute)
		storetest.Exec(t, st, `INSERT INTO tasks (organization_id, kind, object_id, due_at, lease_until, turn) VALUES ($1, 'WRITE_BACK', $2, NULL, 0, 1)`, org, conn.ID)
		task := store.Task{OrganizationID: org, Kind: store.TaskWriteBack, ObjectID: conn.ID, Fence: 1}
		if err := st.AddCRMRequests(t.Context(), task, sent(1)); err != nil {
			t.Fatal(err)
		}
		if n := len(list(store.CRMRequestFilter{})); n != store.CRMRequestsKept {
			t.Errorf("%d are kept after one of write-back", n)
		}
		purge := func() {
			t.Helper()
			for more := true; more; {
				var err error
				if more, err = st.PurgeCRMRequests(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		purge()
		if n := len(list(store.CRMRequestFilter{})); n != store.CRMRequestsKept {
			t.Errorf("%d are kept within a day", n)
		}
		now = now.Add(2 * time.Minute)
		purge()
		if left := list(store.CRMRequestFilter{}); len(left) != 1 || left[0].RunID != "" {
			t.Errorf("%d are kept after a day", len(left))
		}
		if _, err := st.DeleteConnection(t.Context(), org, conn.ID, nil); err != nil {
			t.Fatal(err)
		}
		for more := true; more; {
			var err error
			if more, err = st.Purge(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM crm_requests`); n != 0 {
			t.Errorf("%d are left of a deleted connection", n)
		}
	})
}

// TestAnUnreadableIDOfAnyLengthIsNoted meets an item in a whole reading whose id is longer than an index takes.
func TestAnUnreadableIDOfAnyLengthIsNoted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		conn := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount)
		sched := storetest.Lease(t, st, org, conn.ID)
		var long strings.Builder // which no compression makes short
		for i := range 2000 {
			fmt.Fprintf(&long, "%x", sha256.Sum256([]byte{byte(i), byte(i >> 8)}))
		}
		_, err := st.CommitPage(t.Context(), sched, store.PageCommit{
			State: store.SyncState{Model: hub.ModelAccount}, Reading: &store.Reading{Model: hub.ModelAccount, StartedAt: time.Now()},
			Quarantined: []store.Quarantined{{Model: hub.ModelAccount, ExternalID: long.String(), Reason: "bad"}, {Model: hub.ModelAccount, ExternalID: "short", Reason: "bad"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM enumerated`); n != 1 {
			t.Errorf("%d are noted as met, want 1", n)
		}
	})
}
