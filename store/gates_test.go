package store_test

import (
	"cmp"
	"database/sql"
	"strings"
	"testing"

	"sirocco/store"
	"sirocco/store/storetest"
)

// TestGatesHaveTheirIndexes asks SQLite how it finds out what there is at all, which every page of a sync asks: never through a
// whole table, nor through all records of the connection for those that are merged.
func TestGatesHaveTheirIndexes(t *testing.T) {
	storetest.Needs(t, "sqlite")
	st := storetest.Open(t, storetest.SQLite(t), nil)
	db, ok := st.Native().(*sql.DB)
	if !ok {
		t.Fatalf("a %T", st.Native())
	}
	rows, err := db.QueryContext(t.Context(), `EXPLAIN QUERY PLAN `+store.GatesQuery, "o", "c", "m", "r")
	if err != nil {
		t.Fatal(err)
	}
	merged := false
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(detail, "SCAN ") && detail != "SCAN CONSTANT ROW" {
			t.Error(detail)
		}
		merged = merged || strings.Contains(detail, "INDEX records_merged ")
	}
	if err := cmp.Or(rows.Err(), rows.Close()); err != nil || !merged {
		t.Errorf("merged records are found without their index: %v", err)
	}
}
