package store_test

import (
	"strconv"
	"testing"

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
