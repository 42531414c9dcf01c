package store_test

import (
	"testing"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// TestDeletedConnectionsAreEmptiedInTurn deletes connections of three organizations: a slice of each goes before the second slice of any, so
// that one with much in it, or that fails again and again, does not stand before the rest.
func TestDeletedConnectionsAreEmptiedInTurn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		const organizations = 3
		for range organizations {
			org := storetest.Organization(t, st)
			c := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount)
			for _, table := range []string{"enumerated", "moves"} {
				storetest.Exec(t, st, `INSERT INTO `+table+` (organization_id, connection_id, model, external_id) VALUES ($1, $2, 'ACCOUNT', 'x')`, org, c.ID)
			}
			if _, err := st.DeleteConnection(t.Context(), org, c.ID, nil); err != nil {
				t.Fatal(err)
			}
		}
		for i := range organizations {
			if more, err := st.Purge(t.Context()); err != nil || !more {
				t.Fatal(more, err)
			}
			if n := storetest.Count(t, st, `SELECT COUNT(*) FROM enumerated`); n != organizations-i-1 {
				t.Errorf("after %d slices %d connections have had none of theirs removed", i+1, n)
			}
		}
		for more := true; more; {
			var err error
			if more, err = st.Purge(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for _, table := range []string{"purges", "moves"} {
			if n := storetest.Count(t, st, `SELECT COUNT(*) FROM `+table); n != 0 {
				t.Errorf("%d rows are left in %s", n, table)
			}
		}
	})
}
