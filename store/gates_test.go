package store_test

import (
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
	merged := false
	for _, step := range queryPlan(t, st, store.GatesQuery, "o", "c", "m", "r") {
		if strings.HasPrefix(step, "SCAN ") && step != "SCAN CONSTANT ROW" {
			t.Error(step)
		}
		merged = merged || strings.Contains(step, "INDEX records_merged ")
	}
	if !merged {
		t.Error("merged records are found without their index")
	}
}
