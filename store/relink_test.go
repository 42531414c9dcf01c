package store_test

import (
	"database/sql"
	"fmt"
	"strings"
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

// TestALookOfBeforeMovesNoLink saves what a look found that began before another one moved the recording's link: the other knew
// more, and its word stands.
func TestALookOfBeforeMovesNoLink(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := benchWorldOn(t, url)
		ctx := t.Context()
		if _, err := w.st.Push(ctx, w.org, []hub.RecordPatch{{Model: hub.ModelEngagement, ExternalID: "e", Create: true, Change: func(r *hub.Record) { r.Name = "a visit" }}}); err != nil {
			t.Fatal(err)
		}
		id := storetest.Recording(t, w.st, w.org, w.user, time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), time.Hour)
		if _, err := w.st.SetLink(ctx, w.org, id, hub.Link{ConnectionID: w.connection, Model: hub.ModelEngagement, ExternalID: "e"}); err != nil {
			t.Fatal(err)
		}
		storetest.Exec(t, w.st, `UPDATE recordings SET link_by = $1 WHERE id = $2`, string(hub.LinkedByMatching), id)
		was, err := w.st.Recording(ctx, w.org, id)
		if err != nil {
			t.Fatal(err)
		}
		moves := func(to hub.Link) {
			t.Helper()
			if err := w.st.MoveMatch(ctx, hub.Delivery{OrganizationID: w.org}, store.Match{RecordingID: id, Before: was.Link, Link: to}, ""); err != nil {
				t.Fatal(err)
			}
		}
		moves(hub.Link{ConnectionID: was.Link.ConnectionID, By: hub.Offered, Reason: "It may be of the appointment."})
		moves(was.Link)
		if now, err := w.st.Recording(ctx, w.org, id); err != nil || now.Link.By != hub.Offered || now.Link.ExternalID != "" {
			t.Errorf("%+v, %v", now.Link, err)
		}
	})
}

// TestAnotherLookTakesInAllThatIsLinked changes an engagement to which recordings of very different days are linked: the look
// reaches from the first to the last. They are found by their index, whose order says which those are.
func TestAnotherLookTakesInAllThatIsLinked(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := benchWorldOn(t, url)
		ctx := t.Context()
		push := func(model hub.Model, id, name string, length time.Duration) {
			t.Helper()
			start := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
			if _, err := w.st.Push(ctx, w.org, []hub.RecordPatch{{Model: model, ExternalID: id, Create: true, Change: func(r *hub.Record) {
				r.Name, r.StartTime, r.EndTime = name, start, start.Add(length)
			}}}); err != nil {
				t.Fatal(err)
			}
		}
		push(hub.ModelEngagement, "e", "a visit", time.Hour)
		push(hub.ModelEngagement, "other", "a visit", time.Hour)
		w.linked(t, hub.ModelEngagement, 500, "'e'")
		w.linked(t, hub.ModelEngagement, 3, "'other'")
		storetest.Exec(t, w.st, `UPDATE recordings SET started_at = 60000000000, ended_at = 60001000000 WHERE link_external_id = 'other'`)
		storetest.Exec(t, w.st, `DELETE FROM relinks`)
		push(hub.ModelEngagement, "e", "another visit", 2*time.Hour)
		reach := int64(14 * 3600)
		if n := storetest.Count(t, w.st, `SELECT COUNT(*) FROM relinks WHERE organization_id = $1 AND asked_from <= $2 AND asked_until >= $3`, w.org, (1-reach)*1_000_000, (500+reach)*1_000_000); n != 1 {
			t.Error("the look does not reach from the first to the last")
		}
		if _, ok := w.st.Native().(*sql.DB); !ok {
			return
		}
		text := strings.Join(queryPlan(t, w.st, store.LinkedSpanQuery(), nil, nil, nil, nil), "\n")
		if strings.Count(text, "COVERING INDEX recordings_by_link (organization_id=? AND link_connection_id=? AND link_model=? AND link_external_id=?)") != 2 || strings.Contains(text, "B-TREE") {
			t.Error(fmt.Sprint("the first and the last are looked for among all:\n", text))
		}
	})
}
