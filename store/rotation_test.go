package store_test

import (
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"sirocco/hub"
	"sirocco/store"
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

// TestNodesEmptyADeletedConnectionTogether lets two nodes remove slices of one connection side by side: all of it goes, though the one waits
// for rows that the other has removed by then.
func TestNodesEmptyADeletedConnectionTogether(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		nodes := []*store.Store{st, st}
		if strings.HasPrefix(url, "postgres") {
			nodes[1] = storetest.Open(t, url, nil)
		}
		org := storetest.Organization(t, st)
		c := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount)
		storetest.Exec(t, st, `INSERT INTO enumerated (organization_id, connection_id, model, external_id)
			WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 6000) SELECT $1, $2, 'ACCOUNT', CAST(n AS TEXT) FROM numbers`, org, c.ID)
		if _, err := st.DeleteConnection(t.Context(), org, c.ID, nil); err != nil {
			t.Fatal(err)
		}
		var all errgroup.Group
		for _, node := range nodes {
			all.Go(func() error {
				for {
					if more, err := node.Purge(t.Context()); err != nil || !more {
						return err
					}
				}
			})
		}
		if err := all.Wait(); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"purges", "enumerated"} {
			if n := storetest.Count(t, st, `SELECT COUNT(*) FROM `+table); n != 0 {
				t.Errorf("%d rows are left in %s", n, table)
			}
		}
	})
}
