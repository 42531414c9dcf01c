package store_test

import (
	"strconv"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestLivingRecordsAreCounted counts the living records of a connection and of a model: exactly up to ten thousand, and as one
// more where they are more, whatever number is deleted.
func TestLivingRecordsAreCounted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx, st := t.Context(), storetest.Open(t, url, nil)
		organization := storetest.Organization(t, st)
		c := storetest.Connection(t, st, organization, hub.PlatformMerge, hub.ModelContact, hub.ModelLead)
		made := 0
		add := func(model hub.Model, n int) {
			t.Helper()
			storetest.Exec(t, st, `WITH RECURSIVE n (i) AS (SELECT `+strconv.Itoa(made+1)+` UNION ALL SELECT i + 1 FROM n WHERE i < `+strconv.Itoa(made+n)+`)
				INSERT INTO records (organization_id, connection_id, model, external_id, id, name, details, hash, created_at, updated_at)
				SELECT $1, $2, $3, 'x' || i, 'r' || i, '', '{}', '', 1, 1 FROM n`, organization, c.ID, string(model))
			made += n
		}
		remove := func(n int) { // the first that live
			t.Helper()
			storetest.Exec(t, st, `UPDATE records SET deleted_at = 1 WHERE organization_id = $1 AND id IN (SELECT id FROM records WHERE organization_id = $1 AND model = 'CONTACT' AND deleted_at IS NULL ORDER BY id LIMIT `+strconv.Itoa(n)+`)`, organization)
		}
		expect := func(what string, all, contacts int64) {
			t.Helper()
			counts, err := st.ConnectionCounts(ctx, organization, c.ID)
			if err != nil || counts.Records != all {
				t.Errorf("%s: %d records, %v, want %d", what, counts.Records, err, all)
			}
			if n, err := st.ModelCount(ctx, organization, c.ID, hub.ModelContact); err != nil || n != contacts {
				t.Errorf("%s: %d contacts, %v, want %d", what, n, err, contacts)
			}
		}
		expect("none", 0, 0)
		add(hub.ModelContact, 50)
		add(hub.ModelLead, 7)
		remove(20)
		expect("some deleted", 37, 30)
		add(hub.ModelContact, store.CountMost)
		expect("more than are counted", store.CountMost+1, store.CountMost+1)
		remove(40)
		expect("as many as are counted", 9997, 9990)
		add(hub.ModelContact, store.CountMost)
		expect("more again, with some deleted", store.CountMost+1, store.CountMost+1)
		remove(store.CountMost)
		expect("more deleted than are counted", 9997, 9990)
	})
}

// TestSizesAreKept measures a database twice within seconds: it is looked at once, until the first is some seconds old.
func TestSizesAreKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		st := storetest.Open(t, databaseURL, func() time.Time { return now })
		first, err := st.Sizes(t.Context(), true)
		if err != nil || len(first.Tables) == 0 {
			t.Fatalf("%+v, %v", first, err)
		}
		storetest.Exec(t, st, `CREATE TABLE anew (a TEXT)`)
		again, err := st.Sizes(t.Context(), true)
		if err != nil || len(again.Tables) != len(first.Tables) {
			t.Errorf("%d tables were measured, then %d, %v", len(first.Tables), len(again.Tables), err)
		}
		now = now.Add(time.Minute)
		later, err := st.Sizes(t.Context(), true)
		if err != nil || len(later.Tables) != len(first.Tables)+1 && len(first.Tables) < 100 {
			t.Errorf("a minute later %d tables are measured, %v", len(later.Tables), err)
		}
	})
}
