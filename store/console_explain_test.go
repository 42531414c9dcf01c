package store_test

import (
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
	parameter := regexp.MustCompile(`\$\d+`)
	for name, query := range store.ConsoleQueries() {
		named := map[string]bool{}
		for _, found := range parameter.FindAllString(query, -1) {
			named[found] = true
		}
		for _, step := range queryPlan(t, st, query, make([]any, len(named))...) {
			if strings.HasPrefix(step, "SCAN ") && !strings.Contains(step, "CONSTANT ROW") && !strings.Contains(step, "VIRTUAL TABLE") && step != "SCAN few" && !strings.HasPrefix(step, "SCAN (") {
				t.Errorf("%s: %s", name, step)
			}
		}
	}
}
