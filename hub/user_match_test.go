package hub_test

import (
	"testing"

	"sirocco/hub"
)

func TestMatchUser(t *testing.T) {
	ann, nobody := "ann", ""
	for name, c := range map[string]struct {
		hand            *string
		byEmail, byName []string
		user            string
		by              hub.MatchBy
	}{
		"by hand before all":          {&ann, []string{"bob"}, []string{"cid"}, "ann", hub.MatchedByHand},
		"nobody by hand":              {&nobody, []string{"bob"}, []string{"cid"}, "", hub.MatchedByHand},
		"e-mail before name":          {nil, []string{"bob"}, []string{"cid"}, "bob", hub.MatchedByEmail},
		"name alone":                  {nil, nil, []string{"cid"}, "cid", hub.MatchedByName},
		"a name that two have":        {nil, nil, []string{"cid", "dan"}, "", hub.NotMatched},
		"e-mail though two have name": {nil, []string{"bob"}, []string{"cid", "dan"}, "bob", hub.MatchedByEmail},
		"nothing":                     {nil, nil, nil, "", hub.NotMatched},
	} {
		if user, by := hub.MatchUser(c.hand, c.byEmail, c.byName); user != c.user || by != c.by {
			t.Errorf("%s: %q by %s, want %q by %s", name, user, by, c.user, c.by)
		}
	}
}
