package engine

import (
	"testing"

	"sirocco/hub"
)

// TestWhatIsWrongWithAMappingIsShort tells some of it whole, and how much more there is: a sentence has not room for all.
func TestWhatIsWrongWithAMappingIsShort(t *testing.T) {
	wrong := &hub.InvalidError{}
	for _, test := range []struct{ field, want string }{
		{"a", "a is wrong; expected b"}, {"b", "a is wrong; expected b; b is wrong; expected b"}, {"c", "a is wrong; expected b; b is wrong; expected b; and 1 more"},
	} {
		wrong.Issues = append(wrong.Issues, hub.Issue{Field: test.field, Problem: "is wrong", Want: "b"})
		if got := issuesSaid(wrong); got != test.want {
			t.Errorf("of %d: %s", len(wrong.Issues), got)
		}
	}
}
