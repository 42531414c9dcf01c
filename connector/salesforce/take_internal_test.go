package salesforce

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWhatAFieldTakes turns a value into what a field of each type takes, and refuses what it does not.
func TestWhatAFieldTakes(t *testing.T) {
	for _, test := range []struct {
		kind  string
		value any
		want  any // nil is refused
	}{
		{"boolean", "Yes", true}, {"boolean", true, true}, {"boolean", "no", false}, {"boolean", "maybe", nil},
		{"double", "12.5", 12.5}, {"currency", 12.5, 12.5}, {"percent", " 7 ", 7.0}, {"currency", "a lot", nil},
		{"int", "12", int64(12)}, {"long", 12.0, int64(12)}, {"int", "12.5", nil}, {"long", "many", nil},
		{"date", "2026-05-01T10:30:00+02:00", "2026-05-01"}, {"date", "2026-05-01", "2026-05-01"}, {"date", "soon", nil},
		{"datetime", "2026-05-01T10:30:00+02:00", "2026-05-01T08:30:00.000Z"}, {"datetime", "2026-05-01", "2026-05-01T00:00:00.000Z"}, {"datetime", "soon", nil},
		{"multipicklist", []any{"Roof", "Gutters"}, "Roof;Gutters"}, {"multipicklist", "Roof", "Roof"},
		{"string", " Roof ", "Roof"}, {"string", strings.Repeat("ä", 10), strings.Repeat("ä", 10)}, {"string", strings.Repeat("a", 11), nil}, {"textarea", 7.0, "7"},
		{"picklist", "Roof", "Roof"}, {"combobox", "Roof", "Roof"}, {"email", "a@b.example", nil}, {"phone", "555-0100", "555-0100"}, {"url", "https://a.example", nil},
		{"reference", "003", nil}, {"", "x", nil},
	} {
		got, ok := (field{Name: "F__c", Type: test.kind, Length: 10}).take(test.value)
		if ok != (test.want != nil) || ok && !cmp.Equal(got, test.want) {
			t.Errorf("a field of the type %s takes %v as %#v: %t", test.kind, test.value, got, ok)
		}
	}
	if got, ok := (field{Type: "string"}).take(strings.Repeat("a", 500)); !ok || got != strings.Repeat("a", 500) {
		t.Errorf("a text in a field of no length is %v: %t", got, ok)
	}
}

// TestAListOfNamesEnds names as many as are told of, and says that there are others.
func TestAListOfNamesEnds(t *testing.T) {
	var names []string
	for i := range namedMost + 1 {
		names = append(names, fmt.Sprintf("F%d", i))
	}
	all := strings.Join(names[:namedMost], ", ")
	for n, want := range map[int]string{0: "", 1: "F0", 2: "F0, F1", namedMost: all, namedMost + 1: all + " and others"} {
		if got := listed(names[:n]); got != want {
			t.Errorf("%d names: %s", n, got)
		}
	}
}
