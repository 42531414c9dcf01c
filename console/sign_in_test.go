package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestSignInByLink opens the console by the link of the command line: once, by the button, for all organizations.
func TestSignInByLink(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL)
		first, second := s.organization("Acme Roofing"), s.organization("Bolt Solar")
		link, err := s.store.CreateConsoleLogin(t.Context(), hub.ConsolePerson{Name: "ann", Role: hub.ConsoleOperator})
		if err != nil {
			t.Fatal(err)
		}
		b := s.stranger()
		if a := b.do(http.MethodGet, "/", nil); a.status != http.StatusSeeOther || a.location != "/console/sign-in" {
			t.Fatalf("a stranger gets %d %s", a.status, a.location)
		}
		mustContain(t, b.get("/open?key="+link), "ann", "all organizations")
		mustContain(t, s.stranger().get("/open?key="+link), "ann") // a preview looks too
		answer := b.do(http.MethodPost, "/open", url.Values{"key": {link}})
		cookie := answer.header.Get("Set-Cookie")
		if answer.status != http.StatusSeeOther || !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") || strings.Contains(cookie, "Secure") {
			t.Fatalf("%d, %s", answer.status, cookie)
		}
		mustContain(t, b.get("/"), "Acme Roofing", "Bolt Solar")
		mustContain(t, b.get("/?organization="+second), "<h1>Bolt Solar</h1>", first) // the switch has the other
		if a := s.stranger().do(http.MethodPost, "/open", url.Values{"key": {link}}); a.status != http.StatusGone {
			t.Errorf("the link worked twice: %d", a.status)
		}
		b.post("/sign-out")
		if a := b.do(http.MethodGet, "/", nil); a.status != http.StatusSeeOther {
			t.Errorf("signed out, and yet %d", a.status)
		}
	})
}

// TestSignInByToken signs in with an organization's token, which sees that alone, and with a group's.
func TestSignInByToken(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL)
		own, sister, other := s.organization("Acme Roofing"), s.organization("Acme Siding"), s.organization("Bolt Solar")
		laptop, text, err := s.store.CreateToken(t.Context(), own, store.NewToken{Name: "laptop"})
		if err != nil {
			t.Fatal(err)
		}
		b := s.stranger()
		for token, why := range map[string]string{"sirocco_x": "is no token", hub.NewTokenText(): "unknown or revoked"} {
			if a := b.do(http.MethodPost, "/sign-in", url.Values{"token": {token}}); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, why) {
				t.Errorf("%s: %d %s", token, a.status, a.body)
			}
		}
		if to := b.post("/sign-in", "token", text, "name", "Ben", "next", "//elsewhere.example/"); to != "/" {
			t.Errorf("led to %s", to)
		}
		mustContain(t, b.get("/"), "<h1>Acme Roofing</h1>", "Ben, with the token laptop")
		if used, err := s.store.Token(t.Context(), own, laptop.ID); err != nil || used.LastUsedAt.IsZero() {
			t.Errorf("the token that somebody signed in with was never used: %v", err)
		}
		for _, foreign := range []string{sister, other, "nowhere"} {
			if a := b.do(http.MethodGet, "/?organization="+foreign, nil); a.status != http.StatusNotFound {
				t.Errorf("%s: %d", foreign, a.status)
			}
		}

		group, text, err := s.store.CreateToken(t.Context(), own, store.NewToken{Name: "headquarters", Group: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.store.AddToGroup(t.Context(), sister, group.GroupID); err != nil {
			t.Fatal(err)
		}
		g := s.stranger()
		g.post("/sign-in", "token", text, "look", "1")
		all := g.get("/")
		mustContain(t, all, "Acme Roofing", "Acme Siding")
		if strings.Contains(all, "Bolt Solar") {
			t.Error("a group sees an organization that is not its own")
		}
		if a := g.do(http.MethodGet, "/?organization="+other, nil); a.status != http.StatusNotFound {
			t.Errorf("another's: %d", a.status)
		}
		if _, err := s.store.RevokeToken(t.Context(), own, group.ID); err != nil {
			t.Fatal(err)
		}
		if a := g.do(http.MethodGet, "/", nil); a.status != http.StatusSeeOther {
			t.Errorf("the token is revoked, and yet %d", a.status)
		}
	})
}

// TestDoor is what holds for every request, whoever makes it: headers, other sites, attempts, TLS, and a path before.
func TestDoor(t *testing.T) {
	attempts := 0
	s := serveOn(t, storetest.SQLite(t), func(o *Options) {
		o.PublicURL = "https://hub.example.com/crm"
		o.Origin = func(*http.Request) string { return "https://hub.example.com" }
		o.Admit = func(*http.Request) (time.Duration, bool) { attempts++; return 30 * time.Second, attempts <= 2 }
	})
	b := s.stranger()
	a := b.do(http.MethodGet, "/sign-in", nil)
	csp := a.header.Get("Content-Security-Policy")
	if strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") || a.header.Get("Referrer-Policy") != "same-origin" {
		t.Errorf("headers: %v", a.header)
	}
	mustContain(t, a.body, `action="/crm/console/sign-in"`, `href="/crm/console/assets/console.css`)
	for _, foreign := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://elsewhere.example"}} {
		if a := b.do(http.MethodPost, "/sign-in", nil, foreign...); a.status != http.StatusForbidden {
			t.Errorf("%v: %d", foreign, a.status)
		}
	}
	organization := s.organization("Acme")
	_, text, err := s.store.CreateToken(t.Context(), organization, store.NewToken{Name: "laptop"})
	if err != nil {
		t.Fatal(err)
	}
	a = b.do(http.MethodPost, "/sign-in", url.Values{"token": {text}}, "Origin", "https://hub.example.com")
	if cookie := a.header.Get("Set-Cookie"); a.status != http.StatusSeeOther || !strings.Contains(cookie, "__Secure-") || !strings.Contains(cookie, "; Secure") || !strings.Contains(cookie, "Path=/crm/console") {
		t.Errorf("%d, %s", a.status, cookie)
	}
	b.do(http.MethodPost, "/open", nil)
	if a := b.do(http.MethodPost, "/sign-in", url.Values{"token": {text}}); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") != "30" {
		t.Errorf("the third attempt: %d", a.status)
	}
}

// TestSecretsOfNobodyAreCounted limits the cookies and links that are looked for in vain, and not whoever is signed in.
func TestSecretsOfNobodyAreCounted(t *testing.T) {
	counted := 0
	s := serveOn(t, storetest.SQLite(t), func(o *Options) {
		o.AdmitStranger = func(*http.Request) (time.Duration, bool) { counted++; return 30 * time.Second, counted <= 4 }
	})
	signedIn := s.as(hub.ConsolePerson{Role: hub.ConsoleViewer})
	for range 3 {
		if a := signedIn.do(http.MethodGet, "/", nil); a.status != http.StatusOK {
			t.Fatalf("who is signed in: %d", a.status)
		}
	}
	forge := func() int {
		return s.stranger().do(http.MethodGet, "/", nil, "Cookie", sessionCookie+"="+hub.NewConsoleSessionText()).status
	}
	open := func() int {
		return s.stranger().do(http.MethodGet, "/open?key="+hub.NewConsoleLoginText(), nil).status
	}
	for i, want := range []int{http.StatusSeeOther, http.StatusSeeOther, http.StatusTooManyRequests} {
		if got := forge(); got != want {
			t.Errorf("forged cookie %d: %d, want %d", i, got, want)
		}
		if i == 0 {
			if got := open(); got != http.StatusGone {
				t.Errorf("a forged link: %d", got)
			}
		}
	}
	if got := open(); got != http.StatusTooManyRequests {
		t.Errorf("one forged link too many: %d", got)
	}
	if a := signedIn.do(http.MethodGet, "/", nil); a.status != http.StatusOK {
		t.Errorf("who is signed in, beside them: %d", a.status)
	}
	before := counted
	if a := s.stranger().do(http.MethodGet, "/", nil, "Cookie", sessionCookie+"=x"); a.status != http.StatusSeeOther || counted != before {
		t.Errorf("what has not the form of a secret is counted: %d", a.status)
	}
}
