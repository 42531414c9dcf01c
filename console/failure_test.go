package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"sirocco/store/storetest"
)

// TestWhatIsNoText answers a parameter or a field that no database keeps by a page, whoever asks.
func TestWhatIsNoText(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL)
		b := s.operator(s.organization("Acme Roofing"))
		for _, path := range []string{"/records?q=%00", "/recordings?state=%ff", "/sign-in?next=%00", "/?%00=x"} {
			a := b.do(http.MethodGet, path, nil)
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.header.Get("Content-Type"), "text/html") {
				t.Errorf("%s: %d %s", path, a.status, a.body)
			}
			mustContain(t, a.body, "it holds what is no text")
		}
		if a := b.do(http.MethodPost, "/webhooks", url.Values{"description": {"a\x00b"}}); a.status != http.StatusUnprocessableEntity {
			t.Errorf("in a form: %d", a.status)
		}
	})
}

// TestForeignFormsAreRefused tells whoever is signed in that another site asked for something, and does not ask them to sign in.
func TestForeignFormsAreRefused(t *testing.T) {
	s := serveOn(t, storetest.SQLite(t))
	b := s.operator(s.organization("Acme Roofing"))
	a := b.do(http.MethodPost, "/sign-out", nil, "Sec-Fetch-Site", "cross-site")
	if a.status != http.StatusForbidden || strings.Contains(a.body, ">Sign in<") {
		t.Errorf("%d %s", a.status, a.body)
	}
	mustContain(t, a.body, "Another site asked for this", "To the overview", "Acme Roofing")
	mustContain(t, s.stranger().do(http.MethodPost, "/sign-out", nil, "Sec-Fetch-Site", "cross-site").body, ">Sign in<")
}
