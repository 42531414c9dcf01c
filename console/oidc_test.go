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

// TestSignInByOIDC signs people in through a real provider: into their organization, in their role, as their user, with
// their name in the audit log; and out again.
func TestSignInByOIDC(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		p := newIdentity(t)
		var rules *hub.SignInRules
		s := serveOn(t, databaseURL, withIdentity(p), func(o *Options) { rules = &o.OIDC.Rules })
		organization := s.organization("Cedar Roofing")
		s.organization("Bolt Solar")
		rules.Organizations["cedar"] = organization // the map is the server's own, too
		p.register(s.url)
		user, err := s.store.CreateUser(t.Context(), organization, hub.User{Email: "Dana@cedar.example", FirstName: "Dana", LastName: "Whitfield"})
		if err != nil {
			t.Fatal(err)
		}
		p.claims["dana"]["company"] = "cedar"
		p.add("olu", "olu@cedar.example", "ops")
		p.claims["olu"]["company"] = []string{organization}
		p.add("root", "root@hub.example", "admins")

		dana := s.stranger()
		mustContain(t, dana.get("/sign-in?next=%2Frecordings"), "Sign in with Cedar ID", `href="/console/sign-in/oidc?next=%2Frecordings"`)
		begun := dana.do(http.MethodGet, "/sign-in/oidc?next=%2Frecordings", nil)
		for _, part := range []string{"code_challenge_method=S256", "code_challenge=", "nonce=", "state=", "response_type=code", "scope=openid+profile+email"} {
			if !strings.Contains(begun.location, part) {
				t.Errorf("%s lacks %s", begun.location, part)
			}
		}
		if cookie := begun.header.Get("Set-Cookie"); !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") || !strings.Contains(cookie, "Path=/console/sign-in/oidc") {
			t.Error(cookie)
		}
		if a := dana.signIn("/sign-in/oidc?next=%2Frecordings", "dana"); a.status != http.StatusSeeOther || a.location != "/console/recordings" {
			t.Fatalf("%d %s %s", a.status, a.location, a.body)
		}
		mustContain(t, dana.get("/"), "<h1>Cedar Roofing</h1>", "Dana Whitfield, dana", "looks")
		if a := dana.do(http.MethodPost, "/connections", url.Values{"platform": {"MERGE"}}); a.status != http.StatusForbidden {
			t.Errorf("a viewer acts: %d", a.status)
		}
		olu, root := s.stranger(), s.stranger()
		olu.signIn("/sign-in/oidc", "olu")
		mustContain(t, olu.get("/connections/new"), "Cedar Roofing")
		root.signIn("/sign-in/oidc", "root")
		mustContain(t, root.get("/"), "Cedar Roofing", "Bolt Solar")

		sessions, err := s.store.ConsoleSessions(t.Context(), organization, "", 9)
		want := hub.ConsolePerson{Name: "Dana Whitfield, dana", Role: hub.ConsoleViewer, Method: hub.ConsoleByOIDC, OrganizationID: organization, Subject: "dana", UserID: user.ID}
		if err != nil || len(sessions) != 2 || sessions[0].ConsolePerson != want || sessions[0].EndsAt.Sub(sessions[0].CreatedAt) != hub.ConsoleProviderLife {
			t.Errorf("%+v, %v", sessions, err)
		}
		entries, err := s.store.Audit(t.Context(), organization, store.AuditFilter{ObjectKind: "consoleSession", Limit: 9})
		if err != nil || len(entries) != 2 || entries[0].Actor.Name != "Olu Whitfield, olu" && entries[1].Actor.Name != "Olu Whitfield, olu" {
			t.Errorf("%+v, %v", entries, err)
		}

		// Signed out here, and told how to be there, too.
		out := dana.do(http.MethodPost, "/sign-out", nil)
		page := dana.get(strings.TrimPrefix(out.location, "/console"))
		mustContain(t, page, "You are signed out here.", "Sign out of Cedar ID, too", p.url+"/end_session?client_id="+clientID)
		if a := dana.do(http.MethodGet, "/", nil); a.status != http.StatusSeeOther {
			t.Errorf("signed out, and yet %d", a.status)
		}

		// A user who is disabled is out at once, and does not come in again.
		dana.signIn("/sign-in/oidc", "dana")
		disabled := true
		if _, err := s.store.UpdateUser(t.Context(), organization, user.ID, hub.UserPatch{Disabled: &disabled}); err != nil {
			t.Fatal(err)
		}
		if a := dana.do(http.MethodGet, "/", nil); a.status != http.StatusSeeOther {
			t.Errorf("disabled, and yet %d", a.status)
		}
		if a := dana.signIn("/sign-in/oidc", "dana"); a.status != http.StatusForbidden || !strings.Contains(a.body, "whose user is disabled here") {
			t.Errorf("disabled, and yet %d %s", a.status, a.body)
		}
	})
}

// TestOIDCRefusals lets in nobody whom the rules or the protocol do not, and says why in words.
func TestOIDCRefusals(t *testing.T) {
	p := newIdentity(t)
	var rules *hub.SignInRules
	now := time.Time{}
	s := serveOn(t, storetest.SQLite(t), withIdentity(p), func(o *Options) {
		rules = &o.OIDC.Rules
		clock := o.Clock
		o.Clock = func() time.Time { return clock().Add(now.Sub(time.Time{})) }
	})
	organization := s.organization("Cedar Roofing")
	rules.Organizations["cedar"] = organization
	p.register(s.url)
	p.add("eve", "eve@elsewhere.example", "chess")
	p.add("ned", "ned@elsewhere.example", "sales")
	p.claims["ned"]["company"] = hub.NewID()
	p.add("una", "una@elsewhere.example", "sales")
	p.claims["dana"]["company"] = "cedar"

	refused := func(name string, a answer, status int, words ...string) {
		t.Helper()
		if a.status != status {
			t.Errorf("%s: %d %s", name, a.status, a.location)
		}
		mustContain(t, a.body, words...)
		if sessions, err := s.store.ConsoleSessions(t.Context(), organization, "", 9); err != nil || len(sessions) != 0 {
			t.Errorf("%s: %+v, %v", name, sessions, err)
		}
	}
	back := func(b *browser, person string) string {
		t.Helper()
		return strings.TrimPrefix(b.goThere("/sign-in/oidc", person).String(), b.url)
	}
	refused("no role", s.stranger().signIn("/sign-in/oidc", "eve"), http.StatusForbidden, "nothing there says that you may use Sirocco", "Eve Whitfield, eve", "Sign in with another account of Cedar ID", "again=1")
	refused("no organization", s.stranger().signIn("/sign-in/oidc", "una"), http.StatusForbidden, "which organization of this server")
	refused("another server's organization", s.stranger().signIn("/sign-in/oidc", "ned"), http.StatusForbidden, "an organization that this server does not have")
	if a := s.stranger().do(http.MethodGet, "/sign-in/oidc?again=1", nil); !strings.Contains(a.location, "prompt=login") {
		t.Errorf("as another: %s", a.location)
	}

	// The way back is for the browser that began it alone, and once.
	b := s.stranger()
	to := back(b, "dana")
	refused("another browser", s.stranger().do(http.MethodGet, to, nil), http.StatusBadRequest, "was not begun in this browser")
	refused("another state", b.do(http.MethodGet, strings.Replace(to, "state=", "state=x", 1), nil), http.StatusBadRequest, "was not begun in this browser")
	refused("denied", b.do(http.MethodGet, strings.Replace(strings.Replace(to, "code=", "error=access_denied&was=", 1), "?", "?error_description=Dana+<is>+away.&", 1), nil), http.StatusForbidden, "Cedar ID did not let you in: Dana &lt;is&gt; away.")
	refused("after a denial", b.do(http.MethodGet, to, nil), http.StatusBadRequest, "was not begun in this browser")
	b = s.stranger()
	to = back(b, "dana")
	refused("another issuer", b.do(http.MethodGet, to+"&iss=https%3A%2F%2Felsewhere.example", nil), http.StatusBadRequest, "Another provider than Cedar ID")
	b = s.stranger()
	to = back(b, "dana")
	refused("another code", b.do(http.MethodGet, strings.Replace(to, "code=", "code=x", 1), nil), http.StatusUnauthorized, "does not stand by this sign-in")

	// Without its verifier a code is worth nothing, and a token without the nonce neither: the flows of two browsers are mixed.
	one, two := s.stranger(), s.stranger()
	first, second := back(one, "dana"), back(two, "dana")
	code := queryOf(t, first, "code")
	refused("a stolen code", two.do(http.MethodGet, strings.Replace(second, queryOf(t, second, "code"), code, 1), nil), http.StatusUnauthorized, "does not stand by this sign-in")

	now = time.Time{}.Add(time.Hour + clockSkew + time.Minute) // a token is good for an hour
	refused("too late", s.stranger().signIn("/sign-in/oidc", "dana"), http.StatusBadGateway, "cannot be relied on")
	now = time.Time{}

	// A token that was altered on its way, or is of another key.
	p.change = func(path, body string) string {
		if path == "/oauth/token" {
			return strings.Replace(body, `"id_token":"`, `"id_token":"x`, 1)
		}
		return body
	}
	refused("an altered token", s.stranger().signIn("/sign-in/oidc", "dana"), http.StatusBadGateway, "cannot be relied on")
	p.change = nil
	if a := s.stranger().signIn("/sign-in/oidc", "dana"); a.status != http.StatusSeeOther {
		t.Errorf("and without all that: %d %s", a.status, a.body)
	}
	now = time.Time{}.Add(time.Hour + clockSkew/2) // as when clocks differ a little
	if a := s.stranger().signIn("/sign-in/oidc", "dana"); a.status != http.StatusSeeOther {
		t.Errorf("with another clock: %d %s", a.status, a.body)
	}
}

func queryOf(t *testing.T, address, name string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || u.Query().Get(name) == "" {
		t.Fatal(address, err)
	}
	return url.QueryEscape(u.Query().Get(name))
}

// TestOIDCProviderComesAndGoes starts without its provider, says so to people, signs them in once it is there, outlives its
// being gone, and follows it to another key.
func TestOIDCProviderComesAndGoes(t *testing.T) {
	p := newIdentity(t)
	p.down.Store(true)
	var ahead time.Duration
	s := serveOn(t, storetest.SQLite(t), withIdentity(p), func(o *Options) {
		clock := o.Clock
		o.Clock = func() time.Time { return clock().Add(ahead) }
		o.OIDC.Rules.Organization = ""
		o.OIDC.Rules.Operators = nil
		o.OIDC.Rules.ServerOperators = []string{hub.EverySignIn}
	})
	p.register(s.url)
	if n := p.asked.Load(); n != 0 {
		t.Errorf("it was asked %d times before anybody wanted to sign in", n)
	}
	mustContain(t, s.stranger().get("/sign-in"), "Cedar ID cannot be asked now who you are", "Try Cedar ID again", `id="token"`)
	if a := s.stranger().do(http.MethodGet, "/sign-in/oidc", nil); a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "cannot be asked now") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if n := p.asked.Load(); n != 1 {
		t.Errorf("it was asked %d times in a row while it did not answer", n)
	}
	p.down.Store(false)
	mustContain(t, s.stranger().get("/sign-in"), "cannot be asked now") // it is left alone for a while
	ahead = providerPause
	enters := func() {
		t.Helper()
		if a := s.stranger().signIn("/sign-in/oidc", "dana"); a.status != http.StatusSeeOther {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	mustContain(t, s.stranger().get("/sign-in"), "Sign in with Cedar ID")
	enters()
	p.key.Store(newSigningKey(t)) // it changes its key, and says so nowhere
	enters()
	p.bare = true // what it knows of people has to be asked for
	enters()
	ahead += providerFresh
	p.down.Store(true)
	if a := s.stranger().do(http.MethodGet, "/sign-in/oidc", nil); a.status != http.StatusSeeOther {
		t.Errorf("what it was is not known any more: %d", a.status)
	}
	b := s.stranger()
	p.down.Store(false)
	to := strings.TrimPrefix(b.goThere("/sign-in/oidc", "dana").String(), b.url)
	p.down.Store(true)
	if a := b.do(http.MethodGet, to, nil); a.status != http.StatusBadGateway || !strings.Contains(a.body, "did not answer who you are") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// TestOIDCSessionsEnd lets a session by a provider end a day after it began, however much it is used.
func TestOIDCSessionsEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL)
		b := s.as(hub.ConsolePerson{Role: hub.ConsoleOperator, Method: hub.ConsoleByOIDC, Subject: "dana"})
		b.get("/")
		storetest.Exec(t, s.store, `UPDATE console_sessions SET ends_at = ends_at - $1`, (hub.ConsoleProviderLife - time.Minute).Microseconds())
		b.get("/")
		storetest.Exec(t, s.store, `UPDATE console_sessions SET ends_at = ends_at - $1`, time.Minute.Microseconds())
		if a := b.do(http.MethodGet, "/", nil); a.status != http.StatusSeeOther {
			t.Errorf("a day later: %d", a.status)
		}
	})
}
