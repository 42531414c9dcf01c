package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"sirocco/api"
	"sirocco/api/wire"
	"sirocco/store/storetest"
)

// TestStrangersCostNothing asks a thousand times whether the node is ready: one write answers all who ask in a second.
func TestStrangersCostNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		nobody := w.client("")
		nobody.do("GET", "/readyz", "").want(t, 200)
		storetest.Exec(t, w.st, `UPDATE readiness SET checked_at = 0`)
		for range 200 {
			nobody.do("GET", "/readyz", "").want(t, 200)
			nobody.do("GET", "/metrics", "").want(t, 200)
		}
		if storetest.Count(t, w.st, `SELECT checked_at FROM readiness`) != 0 {
			t.Error("200 requests within a second wrote")
		}
		w.clock.advance(2 * time.Second)
		nobody.do("GET", "/readyz", "").want(t, 200)
		if storetest.Count(t, w.st, `SELECT checked_at FROM readiness`) == 0 {
			t.Error("a second later nothing is written: /readyz says nothing of the database now")
		}
	})
}

// TestStrangersAreLimited sends tokens that are none: their address has a limit, which whoever has a token does not meet,
// and which counts an IPv6 /64 as one and a proxy's clients each for themselves.
func TestStrangersAreLimited(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	proxies, err := wire.ParseProxies([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	w.server = w.serve(func(cfg *api.Config) { cfg.RateLimit, cfg.TrustedProxies = 50, proxies })
	good := w.tenant("Acme").token
	ask := func(token, from string) int {
		t.Helper()
		req, err := http.NewRequest(http.MethodGet, w.server.URL+connections, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		if from != "" {
			req.Header.Set("X-Forwarded-For", from)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	if status := ask(good.token, "2001:db8::1"); status != 200 {
		t.Fatal(status)
	}
	limited := 0
	for i := range 60 {
		if ask(fmt.Sprintf("sirocco_%d", i), fmt.Sprintf("6.6.6.6, 2001:db8::%x", i+1)) == http.StatusTooManyRequests {
			limited++
		}
	}
	if limited < 10 || limited > 12 {
		t.Errorf("of 60 wrong tokens from one /64 %d were limited, want those beyond 50", limited)
	}
	for from, want := range map[string]int{"2001:db8::ffff": 429, "2001:db8:0:1::1": 401, "192.0.2.1": 401, "": 401} {
		if got := ask("sirocco_x", from); got != want {
			t.Errorf("a wrong token from %q is answered %d, want %d", from, got, want)
		}
	}
	if status := ask(good.token, "2001:db8::1"); status != 200 {
		t.Errorf("who has a token is answered %d", status)
	}
}

// TestOrganizationsAreLimited takes the requests of all tokens of an organization together.
func TestOrganizationsAreLimited(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	w.server = w.serve(func(cfg *api.Config) { cfg.OrganizationRateLimit = 10 })
	o, other := w.tenant("Acme"), w.tenant("Other")
	for range 5 {
		o.token.do("GET", connections, "").want(t, 200)
		o.group.do("GET", connections, "").want(t, 200)
	}
	for _, c := range []*client{o.token, o.group} {
		if a := c.do("GET", connections, "").want(t, 429); !strings.Contains(a.body, "organization") || a.header.Get("Retry-After") == "" {
			t.Errorf("%s %v", a.body, a.header)
		}
	}
	other.token.do("GET", connections, "").want(t, 200)
}
