package store_test

import (
	"database/sql"
	"errors"
	"testing"

	"sirocco/store"
)

// queryPlan is how SQLite finds what a query asks for, step by step.
func queryPlan(t *testing.T, st *store.Store, query string, args ...any) (steps []string) {
	t.Helper()
	db, ok := st.Native().(*sql.DB)
	if !ok {
		t.Fatalf("a %T", st.Native())
	}
	rows, err := db.QueryContext(t.Context(), `EXPLAIN QUERY PLAN `+query, args...)
	if err != nil {
		t.Fatal(err, query)
	}
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, detail)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		t.Fatal(err, query)
	}
	return steps
}
