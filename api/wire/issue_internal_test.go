package wire

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFieldPaths splits the paths of fields. A name that a client chose is one part, whatever is in it.
func TestFieldPaths(t *testing.T) {
	for field, want := range map[string][]any{
		"":                         {},
		"name":                     {"name"},
		"pages[2].title":           {"pages", 2, "title"},
		"[2].account.name":         {2, "account", "name"},
		`models."FOO"`:             {"models", "FOO"},
		`models."a.b[1]\"".object`: {"models", `a.b[1]"`, "object"},
		`models."broken`:           {"models", `"broken`},
	} {
		if diff := cmp.Diff(want, fieldPath(field)); diff != "" {
			t.Errorf("%s: %s", field, diff)
		}
	}
}
