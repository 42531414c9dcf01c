package livecheck

import "testing"

// TestNobodysIDs makes ids that no record has. Vendors that count up have those beside the ones that were read.
func TestNobodysIDs(t *testing.T) {
	for _, test := range []struct {
		ids  []string
		want string
	}{
		{[]string{"94772", "94771"}, "99999"},
		{[]string{"1500000003"}, "2147483647"},
		{[]string{"2200000003"}, "9999999999"},
		{[]string{"9007199254740993"}, "9999999999999999"},
		{[]string{"1000000000000000000"}, "9223372036854775807"},
		{[]string{"7", "9"}, "0"},
		{[]string{"0"}, "9"},
		{[]string{"b2f4c0"}, "b2f4c1"},
		{[]string{"b2f4c7", "b2f4c0"}, "b2f4c00"},
		{[]string{"größe"}, "größ0"},
	} {
		if got := nobodys(test.ids); got != test.want {
			t.Errorf("beside %q: %q, and not %q", test.ids, got, test.want)
		}
	}
}
