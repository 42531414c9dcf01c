package hub_test

import (
	"strings"
	"testing"

	"sirocco/hub"
)

func TestTokens(t *testing.T) {
	kinds := map[string]struct {
		prefix string
		make   func() string
		hash   func(string) (string, bool)
	}{
		"organization": {"sirocco_", hub.NewTokenText, hub.TokenHash},
		"user":         {"sirocco_user_", hub.NewUserTokenText, hub.UserTokenHash},
		"secret":       {"sirocco_secret_", hub.NewClientSecret, hub.ClientSecretHash},
	}
	for name, kind := range kinds {
		text, other := kind.make(), kind.make()
		if !strings.HasPrefix(text, kind.prefix) || len(text) != len(kind.prefix)+49 || text == other {
			t.Errorf("%s: %q and %q", name, text, other)
		}
		hash, ok := kind.hash(text)
		if again, _ := kind.hash(text); !ok || len(hash) != 64 || hash != again || strings.Contains(hash, text) {
			t.Errorf("%s: hash %q, %v", name, hash, ok)
		}
		if second, _ := kind.hash(other); second == hash {
			t.Errorf("%s: two have one hash", name)
		}
		for what, wrong := range map[string]string{
			"nothing": "", "shorter": text[:len(text)-1], "longer": text + "0", "another prefix": "x" + text[1:],
			"a typo": text[:len(text)-10] + flip(text[len(text)-10]) + text[len(text)-9:], "another checksum": text[:len(text)-1] + flip(text[len(text)-1]),
		} {
			if hash, ok := kind.hash(wrong); ok || hash != "" {
				t.Errorf("%s, %s: %q counts", name, what, wrong)
			}
		}
		for elsewhere, o := range kinds {
			if _, ok := o.hash(text); ok != (elsewhere == name) {
				t.Errorf("a text of %s counts as %s: %v", name, elsewhere, ok)
			}
		}
	}
}

// flip is another digit than c.
func flip(c byte) string {
	if c == '0' {
		return "1"
	}
	return "0"
}

func TestIDs(t *testing.T) {
	first, second := hub.NewID(), hub.NewID()
	if first >= second || !hub.ValidID(first) || first[14] != '7' {
		t.Errorf("%q, then %q", first, second)
	}
	for text, want := range map[string]bool{
		"01a20d93-18da-7722-934a-80bcd74300ab": true, "01A20D93-18da-7722-934a-80bcd74300ab": false, "{01a20d93-18da-7722-934a-80bcd74300ab}": false,
		"01a20d9318da7722934a80bcd74300ab": false, "": false, "01a20d93-18da-7722-934a-80bcd74300a": false, "urn:uuid:01a20d93-18da-7722-934a-80bcd74300ab": false,
	} {
		if got := hub.ValidID(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
