package api_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"sirocco/api"
	"sirocco/store"
	"sirocco/store/storetest"
)

const tokens = "/v1/core/auth/tokens"

type token struct {
	TokenID               string  `json:"tokenId"`
	TokenName             string  `json:"tokenName"`
	OrganizationID        string  `json:"organizationId"`
	AuthorizedOrgGroupID  *string `json:"authorizedOrgGroupId"`
	ParentOrgGroupTokenID *string `json:"parentOrgGroupTokenId"`
	Token                 string  `json:"token"`
}

func TestTokenLife(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		acme := w.tenant("Acme")
		var group, made token
		acme.group.do("GET", "/v1/core/auth/caller-identity", "").want(t, 200).into(t, &group)
		if group.AuthorizedOrgGroupID == nil || group.OrganizationID != acme.id {
			t.Fatalf("a group token: %+v", group)
		}
		create := fmt.Sprintf(`{"tokenName":"ci","organizationId":%q}`, acme.id)
		acme.token.do("POST", tokens, create).want(t, 403)
		acme.group.do("POST", tokens, create).want(t, 200).into(t, &made)
		if !regexp.MustCompile(`^sirocco_[0-9A-Za-z]{49}$`).MatchString(made.Token) || made.AuthorizedOrgGroupID != nil ||
			made.ParentOrgGroupTokenID == nil || *made.ParentOrgGroupTokenID != group.TokenID {
			t.Fatalf("made: %+v", made)
		}
		mine := w.client(made.Token)
		var who token
		mine.do("GET", "/v1/core/auth/caller-identity", "").want(t, 200).into(t, &who)
		if who.TokenID != made.TokenID || who.TokenName != "ci" {
			t.Errorf("caller identity: %+v", who)
		}
		if a := mine.do("GET", tokens+"/"+made.TokenID, "").want(t, 200); strings.Contains(a.body, made.Token) {
			t.Error("a token's text is shown again")
		}
		if a := mine.do("GET", tokens, "").want(t, 200); !strings.Contains(a.body, made.TokenID) || strings.Contains(a.body, made.Token) {
			t.Errorf("the list: %s", a.body)
		}
		mine.do("DELETE", tokens+"/"+made.TokenID, "").want(t, 403)
		acme.group.do("DELETE", tokens+"/"+made.TokenID+"?organizationId="+acme.id, "").want(t, 200)
		mine.do("GET", "/v1/core/auth/caller-identity", "").want(t, 401) // at once, on this node
		acme.group.do("GET", tokens+"/"+made.TokenID+"?organizationId="+acme.id, "").want(t, 404)
		acme.group.do("DELETE", tokens+"/"+made.TokenID+"?organizationId="+acme.id, "").want(t, 404)
		acme.group.do("POST", tokens, `{"tokenName":"","organizationId":"`+acme.id+`"}`).want(t, 400)
		acme.group.do("POST", tokens, `{"tokenName":"x","organizationId":""}`).want(t, 400)
		if strings.Contains(w.log.String(), made.Token) || strings.Contains(w.log.String(), acme.token.token) {
			t.Error("the log has a token in it")
		}
	})
}

func TestRevocationReachesAnotherNodeWithinASecond(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		acme := w.tenant("Acme")
		other := w.client(acme.token.token)
		elsewhere, err := store.Open(t.Context(), url, store.Options{Clock: w.clock.read}) // another node learns from the database alone
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = elsewhere.Close() })
		other.server = w.serve(func(c *api.Config) { c.Store = elsewhere }).URL
		other.do("GET", connections, "").want(t, 200)
		acme.group.do("DELETE", tokens+"/"+acme.tokenID+"?organizationId="+acme.id, "").want(t, 200)
		acme.token.do("GET", connections, "").want(t, 401) // at once, where it was revoked
		other.do("GET", connections, "").want(t, 200)
		w.clock.advance(time.Second)
		other.do("GET", connections, "").want(t, 401)
	})
}

func TestUnauthorized(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	acme := w.tenant("Acme")
	typo := []byte(acme.token.token)
	typo[20] ^= 1
	for _, authorization := range []string{"", "Bearer", "Bearer ", "Basic eDp5", "Bearer x", "Bearer " + string(typo), "Bearer " + acme.token.token + "x"} {
		c := w.client("")
		a := c.do("GET", connections, "", header{"Authorization", authorization}).want(t, 401)
		if !strings.HasPrefix(a.header.Get("WWW-Authenticate"), `Bearer realm="sirocco"`) {
			t.Errorf("%q: WWW-Authenticate: %s", authorization, a.header.Get("WWW-Authenticate"))
		}
	}
	acme.token.do("GET", connections, "", header{"Authorization", "bearer " + acme.token.token}).want(t, 200)
	if bare := w.client("").do("GET", connections, "", header{"Authorization", acme.token.token}).want(t, 401); !strings.Contains(bare.body, "The scheme is missing before the token") {
		t.Errorf("a token without Bearer: %s", bare.body)
	}
}

func TestLastUseIsCoarse(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		acme := w.tenant("Acme")
		used := func() time.Time {
			tok, err := w.st.Token(t.Context(), acme.id, acme.tokenID)
			if err != nil {
				t.Fatal(err)
			}
			return tok.LastUsedAt
		}
		if !used().IsZero() {
			t.Fatal("used before its first use")
		}
		first := w.clock.read()
		acme.token.do("GET", connections, "").want(t, 200)
		w.clock.advance(store.TokenUseGrain - time.Second)
		acme.token.do("GET", connections, "").want(t, 200)
		if !used().Equal(first) {
			t.Errorf("last use %s, want %s: within the grain nothing is written", used(), first)
		}
		w.clock.advance(time.Second)
		acme.token.do("GET", connections, "").want(t, 200)
		if !used().Equal(w.clock.read()) {
			t.Errorf("last use %s, want %s", used(), w.clock.read())
		}
	})
}

func TestRateLimit(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), func(c *api.Config) { c.RateLimit = 3 })
	acme, other := w.tenant("Acme"), w.tenant("Other")
	for left := 2; left >= 0; left-- {
		a := acme.token.do("GET", connections, "").want(t, 200)
		if a.header.Get("RateLimit-Policy") != `"default";q=3;w=60` || !strings.HasPrefix(a.header.Get("RateLimit"), fmt.Sprintf(`"default";r=%d;`, left)) {
			t.Errorf("headers with %d left: %v", left, a.header)
		}
	}
	a := acme.token.do("GET", connections, "").want(t, http.StatusTooManyRequests)
	if a.header.Get("Retry-After") != "20" {
		t.Errorf("Retry-After %q, want 20: three a minute", a.header.Get("Retry-After"))
	}
	other.token.do("GET", connections, "").want(t, 200) // each token has its own
	w.clock.advance(20 * time.Second)
	acme.token.do("GET", connections, "").want(t, 200)
	acme.token.do("GET", connections, "").want(t, http.StatusTooManyRequests)
}

func TestNoRateLimit(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	c := w.tenant("Acme").token
	for range 1100 {
		if a := c.do("GET", "/v1/core/auth/caller-identity", ""); a.status != 200 || a.header.Get("RateLimit") != "" {
			t.Fatalf("answered %d, %v", a.status, a.header)
		}
	}
}
