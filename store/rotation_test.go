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

// TestRowsThatWereLeftArePurged upgrades a database in which rows of connections that are gone were left.
func TestRowsThatWereLeftArePurged(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, url string) {
		if err := store.MigrateTo(t.Context(), url, 71); err != nil {
			t.Fatal(err)
		}
		db := connect(t, url)
		for _, statement := range []string{
			`INSERT INTO organizations (id, name, created_at) VALUES ('org', 'Acme', 0)`,
			`INSERT INTO connections (organization_id, id, platform, name, external_account_id, is_active, sync_transcript, sync_status, created_at, updated_at)
				VALUES ('org', 'there', 'MERGE', 'c', '4711', TRUE, FALSE, '[]', 0, 0)`,
			`INSERT INTO records (organization_id, connection_id, model, external_id, id, name, details, hash, created_at, updated_at) VALUES ('org', 'there', 'ACCOUNT', 'a', 'i', 'A', '{}', '', 1, 1)`,
			`INSERT INTO records (organization_id, connection_id, model, external_id, id, name, details, hash, created_at, updated_at) VALUES ('org', 'gone', 'ACCOUNT', 'a', 'j', 'A', '{}', '', 1, 1)`,
			`INSERT INTO enumerated (organization_id, connection_id, model, external_id) VALUES ('org', 'gone', 'ACCOUNT', 'a'), ('org', 'also', 'ACCOUNT', 'a')`,
		} {
			if _, err := db.Exec(statement); err != nil {
				t.Fatal(err, statement)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		st := storetest.Open(t, url, nil)
		for more := true; more; {
			var err error
			if more, err = st.Purge(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for table, want := range map[string]int{"records": 1, "enumerated": 0, "purges": 0} {
			if n := storetest.Count(t, st, `SELECT COUNT(*) FROM `+table); n != want {
				t.Errorf("%d rows are left in %s, want %d", n, table, want)
			}
		}
	})
}
