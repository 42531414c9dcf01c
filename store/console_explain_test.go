package store_test

import (
	"cmp"
	"database/sql"
	"regexp"
	"strings"
	"testing"

	"sirocco/store"
	"sirocco/store/storetest"
)

// TestConsoleQueriesHaveTheirIndexes asks SQLite how it finds what pages of the console show: never through a whole table.
// What counts stop at (few) is read whole.
func TestConsoleQueriesHaveTheirIndexes(t *testing.T) {
	storetest.Needs(t, "sqlite")
	st := storetest.Open(t, storetest.SQLite(t), nil)
	db, ok := st.Native().(*sql.DB)
	if !ok {
		t.Fatalf("a %T", st.Native())
	}
	parameter := regexp.MustCompile(`\$\d+`)
	for name, query := range store.ConsoleQueries() {
		named := map[string]bool{}
		for _, found := range parameter.FindAllString(query, -1) {
			named[found] = true
		}
		rows, err := db.QueryContext(t.Context(), `EXPLAIN QUERY PLAN `+query, make([]any, len(named))...)
		if err != nil {
			t.Fatal(name, err, query)
		}
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(detail, "SCAN ") && !strings.Contains(detail, "CONSTANT ROW") && !strings.Contains(detail, "VIRTUAL TABLE") && detail != "SCAN few" && !strings.HasPrefix(detail, "SCAN (") {
				t.Errorf("%s: %s", name, detail)
			}
		}
		if err := cmp.Or(rows.Err(), rows.Close()); err != nil {
			t.Error(name, err)
		}
	}
}
