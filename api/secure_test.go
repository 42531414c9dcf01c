package api_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"sirocco/api"
	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store/storetest"
)

// TestAnswersAreGuarded looks at the headers of every kind of answer.
func TestAnswersAreGuarded(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	c := w.tenant("Acme").token
	nobody := w.client("")
	for path, ask := range map[string]*client{
		connections: c, connections + "/x": c, connections + "?pageSize=x": c, "/v1/core/organizations": nobody, "/healthz": nobody, "/docs/": nobody,
		"/openapi.json": nobody, "/api-externalApi" + connections: c, "/nothing": nobody,
	} {
		a := ask.do("GET", path, "")
		if a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: no nosniff", path)
		}
		if strings.Contains(path, "/v1/") && a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Cache-Control is %q", path, a.header.Get("Cache-Control"))
		}
		if path == "/docs/" {
			policy := a.header.Get("Content-Security-Policy")
			if !strings.Contains(policy, "frame-ancestors 'none'") || !strings.Contains(policy, "'sha256-") || strings.Contains(policy, "script-src 'self' 'unsafe") || a.header.Get("X-Frame-Options") != "DENY" {
				t.Errorf("/docs/ has the policy %q", policy)
			}
		}
	}
}

// TestSyntaxErrorsEchoNoSecret breaks bodies that hold secrets.
func TestSyntaxErrorsEchoNoSecret(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	c := w.tenant("Acme").token
	path := connections + "/" + c.create("MERGE").ID + "/credentials"
	for _, body := range []string{
		`{"apiKey":"SECRET12345","accountToken":"x"`, `{"apiKey":"SECRET12345" x}`, `"SECRET12345"`, `{"apiKey":["SECRET12345"]}`, `{"apiKey":"SECRET12345","apiKey":"SECRET12345"}`,
		`["SECRET12345"]`, `{"apiKey":"SECRET12345` + "\x01" + `"}`, `{"apiKey":"SECRET12345"}{}`, `SECRET12345`,
	} {
		if a := c.do("PUT", path, body).want(t, 400); strings.Contains(a.body, "SECRET") {
			t.Errorf("%s is answered with %s", body, a.body)
		}
	}
}

// TestSignedURLsEnd fetches audio by a URL whose recording, user or organization is no more.
func TestSignedURLsEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		o := w.tenant("Acme")
		made, err := w.st.CreateUser(context.Background(), o.id, hub.User{FirstName: "Rep", Email: "rep@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		rep := w.actAs(o, made.ID, hub.ScopeWrite)
		fetch := func() (string, string) {
			id := rep.record("sound", `"title":"A talk","userId":"`+made.ID+`"`)
			var signed struct{ Data struct{ URL string } }
			rep.do("POST", recordings+"/"+id+"/signedUrl", "").want(t, 200).into(t, &signed)
			if a := send(t, "GET", signed.Data.URL, nil).want(t, 200); a.body != "sound" || !strings.Contains(a.header.Get("Cache-Control"), "no-store") {
				t.Errorf("%q, %v", a.body, a.header)
			}
			return id, signed.Data.URL
		}
		id, deleted := fetch()
		rep.do("DELETE", recordings+"/"+id, "").want(t, 200)
		send(t, "GET", deleted, nil).want(t, 404)
		_, kept := fetch()
		set := func(what string) {
			t.Helper()
			storetest.Exec(t, w.st, what)
		}
		set(`UPDATE users SET disabled = TRUE`)
		send(t, "GET", kept, nil).want(t, 404)
		set(`UPDATE users SET disabled = FALSE`)
		send(t, "GET", kept, nil).want(t, 200)
		set(`UPDATE organizations SET disabled = TRUE`)
		send(t, "GET", kept, nil).want(t, 404)
		set(`UPDATE organizations SET disabled = FALSE`)
		send(t, "GET", kept, nil).want(t, 200)
		send(t, "GET", strings.Replace(kept, "by="+made.ID, "by=", 1), nil).want(t, 403)
	})
}

// TestForwardedHeaders believes the proxies that are trusted, and nobody else.
func TestForwardedHeaders(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	o := w.tenant("Acme")
	rep := w.user(o, hub.User{FirstName: "Rep", Email: "rep@example.com"}, hub.ScopeWrite)
	for _, is := range []struct {
		trusted []string
		begins  string
	}{
		{nil, "http://evil.example/"}, {[]string{"10.0.0.0/8"}, "http://127.0.0.1:"}, {[]string{"127.0.0.1"}, "https://hub.example.com/"},
	} {
		proxies, err := wire.ParseProxies(is.trusted)
		if err != nil {
			t.Fatal(err)
		}
		server := w.serve(func(cfg *api.Config) { cfg.TrustedProxies = proxies })
		req, err := http.NewRequest(http.MethodPost, server.URL+recordings+"/signed-urls", strings.NewReader(`{"fileType":"audio/mpeg","fileSize":5}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Host = "evil.example"
		for name, value := range map[string]string{"X-Forwarded-Proto": "https", "X-Forwarded-Host": "hub.example.com", "x-siro-auth-token": rep.user, "Content-Type": "application/json"} {
			req.Header.Set(name, value)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if text := readAll(t, resp); !strings.Contains(text, `"uploadUrl":"`+is.begins) {
			t.Errorf("trusting %v: %s", is.trusted, text)
		}
	}
	if _, err := wire.ParseProxies([]string{"proxy.example"}); err == nil {
		t.Error("a name is taken for an address")
	}
}

func readAll(t *testing.T, resp *http.Response) string {
	t.Helper()
	defer func() { _ = resp.Body.Close() }()
	var b strings.Builder
	if _, err := io.Copy(&b, resp.Body); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
