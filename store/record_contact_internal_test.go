package store

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sirocco/database"
)

// TestContactsAreInsertedInSlices: on PostgreSQL one statement takes all pairs, on SQLite one takes twenty, or one of what is left. Who wants no
// more of them is given none.
func TestContactsAreInsertedInSlices(t *testing.T) {
	pairs := make([]contactPair, 42)
	ids, keys, values := make([]string, len(pairs)), make([]string, len(pairs)), make([]any, 0, 2*len(pairs))
	for i := range pairs {
		ids[i], keys[i] = fmt.Sprint("id", i), fmt.Sprint("key", i)
		pairs[i] = contactPair{ids[i], keys[i]}
		values = append(values, ids[i], keys[i])
	}
	of := []any{"org", "c", "CONTACT"}
	for dialect, want := range map[database.Dialect][][]any{
		database.PostgreSQL: {append(slices.Clone(of), ids, keys)},
		database.SQLite: {
			append(slices.Clone(of), values[:40]...), append(slices.Clone(of), values[40:80]...),
			append(slices.Clone(of), values[80:82]...), append(slices.Clone(of), values[82:]...),
		},
	} {
		var args [][]any
		for insert := range contactInserts(dialect, "org", "c", "CONTACT", pairs) {
			args = append(args, insert.args)
		}
		if diff := cmp.Diff(want, args); diff != "" {
			t.Errorf("%s:\n%s", dialect, diff)
		}
		for range contactInserts(dialect, "org", "c", "CONTACT", pairs) {
			break
		}
	}
}
