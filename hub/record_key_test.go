package hub_test

import (
	"testing"

	"pgregory.net/rapid"

	"sirocco/hub"
)

// TestMadeKeysNeverCollide makes keys of hostile ids: different things have different ones, whatever their ids contain.
func TestMadeKeysNeverCollide(t *testing.T) {
	hostile := rapid.OneOf(
		rapid.StringOfN(rapid.SampledFrom([]rune{':', '0', '1', '2', 'a', '/', '\x1f', ' ', '|', 'é'}), 0, 8, -1),
		rapid.SampledFrom([]string{"1:a", "1:a:b", "sirocco:type:MEETING:x", "a:1:b", "2:", ":", "::"}),
	)
	rapid.Check(t, func(rt *rapid.T) {
		a, b, c, d := hostile.Draw(rt, "a"), hostile.Draw(rt, "b"), hostile.Draw(rt, "c"), hostile.Draw(rt, "d")
		if (hub.JoinID(a, b) == hub.JoinID(c, d)) != (a == c && b == d) {
			rt.Errorf("%q with %q and %q with %q are joined as %q and %q", a, b, c, d, hub.JoinID(a, b), hub.JoinID(c, d))
		}
		kinds := rapid.SampledFrom([]string{"MEETING", "CALL", "EMAIL", "EVENT", "SIRO_EVENT"})
		k, l := kinds.Draw(rt, "k"), kinds.Draw(rt, "l")
		if (hub.TypeID(k, a) == hub.TypeID(l, c)) != (k == l && a == c) {
			rt.Errorf("the types %s %q and %s %q are one", k, a, l, c)
		}
		// What a client names itself never is a key that Sirocco made of something else.
		if err := hub.ValidateID("externalId", hub.ModelEngagementType, hub.TypeID(k, a)); err == nil {
			rt.Errorf("a client may name %q itself", hub.TypeID(k, a))
		}
	})
}
