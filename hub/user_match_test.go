package hub

import (
	"testing"
)

func TestMatchUser(t *testing.T) {
	ann, nobody := "ann", ""
	for name, c := range map[string]struct {
		hand            *string
		byEmail, byName []string
		user            string
		by              MatchBy
	}{
		"by hand before all":          {&ann, []string{"bob"}, []string{"cid"}, "ann", MatchedByHand},
		"nobody by hand":              {&nobody, []string{"bob"}, []string{"cid"}, "", MatchedByHand},
		"e-mail before name":          {nil, []string{"bob"}, []string{"cid"}, "bob", MatchedByEmail},
		"name alone":                  {nil, nil, []string{"cid"}, "cid", MatchedByName},
		"a name that two have":        {nil, nil, []string{"cid", "dan"}, "", NotMatched},
		"e-mail though two have name": {nil, []string{"bob"}, []string{"cid", "dan"}, "bob", MatchedByEmail},
		"nothing":                     {nil, nil, nil, "", NotMatched},
	} {
		if user, by := MatchUser(c.hand, c.byEmail, c.byName); user != c.user || by != c.by {
			t.Errorf("%s: %q by %s, want %q by %s", name, user, by, c.user, c.by)
		}
	}
}
