package store_test

import (
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestACRMUserWhoGoesAsksForAnotherLook deletes a CRM user that a rep is matched to, in each way that CRMs tell of
// it, and however the rep is matched.
func TestACRMUserWhoGoesAsksForAnotherLook(t *testing.T) {
	matches := map[string]hub.Record{
		"by address": {Name: "Somebody", Details: hub.Details{Email: "ann@example.com"}},
		"by name":    {Name: "Ann Lee"},
		"by hand":    {Name: "Somebody"},
	}
	storetest.Each(t, func(t *testing.T, url string) {
		for how, them := range matches {
			t.Run(how, func(t *testing.T) { testCRMUserDeleted(t, url, them, how == "by hand") })
		}
	})
}

func testCRMUserDeleted(t *testing.T, url string, them hub.Record, byHand bool) {
	ctx := t.Context()
	st := storetest.Open(t, url, nil)
	org := storetest.Organization(t, st)
	ann, err := st.CreateUser(ctx, org, hub.User{Email: "ann@example.com", FirstName: "Ann", LastName: "Lee"})
	if err != nil {
		t.Fatal(err)
	}
	storetest.Recording(t, st, org, ann.ID, time.Now(), time.Hour)
	storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelUser)
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
	them.Model, them.ExternalID = hub.ModelUser, "u"
	page := func(deleted bool) store.PageCommit {
		rec := them
		rec.Deleted = deleted
		return store.PageCommit{State: store.SyncState{Model: hub.ModelUser}, Status: hub.SyncStateUpToDate, Records: []hub.Record{rec}}
	}
	commit := func(deleted bool) {
		t.Helper()
		if _, err := st.CommitPage(ctx, sched, page(deleted)); err != nil {
			t.Fatal(err)
		}
	}
	asks := func(what string, change func()) {
		t.Helper()
		storetest.Exec(t, st, `DELETE FROM relinks WHERE organization_id = $1`, org)
		change()
		if storetest.Count(t, st, `SELECT COUNT(*) FROM relinks WHERE asked_from IS NOT NULL AND organization_id = $1`, org) != 1 {
			t.Errorf("%s asks for no look", what)
		}
	}
	commit(false)
	if byHand {
		asks("a match by hand", func() {
			all, err := st.Records(ctx, org, store.RecordFilter{Model: hub.ModelUser, Limit: 1})
			if err != nil || len(all) != 1 {
				t.Fatal(err, all)
			}
			if err := st.SetMatch(ctx, org, all[0], ann.ID); err != nil {
				t.Fatal(err)
			}
		})
	}
	asks("a deletion that is told", func() { commit(true) })
	asks("a return", func() { commit(false) })
	asks("an absence", func() {
		reading := store.Reading{Model: hub.ModelUser, StartedAt: time.Now().Add(time.Second)}
		missing, err := st.Missing(ctx, sched, reading, 10)
		if err != nil {
			t.Fatal(err)
		}
		if err := st.NoteAbsent(ctx, sched, reading, missing, true, time.Time{}); err != nil {
			t.Fatal(err)
		}
		if n, err := st.DeleteAbsent(ctx, sched, hub.ModelUser, store.AbsenceConfirmed, nil); err != nil || n != 1 {
			t.Fatal(n, err)
		}
	})
}
