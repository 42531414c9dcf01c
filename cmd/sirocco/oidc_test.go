package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sirocco/hub"
)

// TestOIDCFlags refuses flags by which nobody could sign in, and says which is wrong.
func TestOIDCFlags(t *testing.T) {
	good := func() oidcFlags {
		return oidcFlags{Issuer: "https://id.example.com", ClientID: "sirocco", Operators: []string{"ops"}, Organization: hub.NewID(), RoleClaim: "groups", UserClaim: "email"}
	}
	for want, change := range map[string]func(*oidcFlags){
		"":                                     func(*oidcFlags) {},
		"--oidc-issuer names":                  func(f *oidcFlags) { f.Issuer = "" },
		"--oidc-issuer must":                   func(f *oidcFlags) { f.Issuer = "id.example.com" },
		"--oidc-client-id":                     func(f *oidcFlags) { f.ClientID = "" },
		"one of them":                          func(f *oidcFlags) { f.ClientSecret, f.ClientSecretFile = "x", "y" },
		"nobody could sign in":                 func(f *oidcFlags) { f.Operators = nil },
		"which organization people":            func(f *oidcFlags) { f.Organization = "" },
		`--oidc-organization: "acme" is no id`: func(f *oidcFlags) { f.Organization = "acme" },
		"--oidc-organizations: acme=x":         func(f *oidcFlags) { f.Organizations = map[string]string{"acme": "x"} },
	} {
		f := good()
		change(&f)
		err := f.validate()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v", want, err)
		}
	}
	f := good()
	f.ClientSecretFile = filepath.Join(t.TempDir(), "secret")
	if _, err := f.provider(nil, false); err == nil {
		t.Error("a secret that is not there")
	}
	if err := os.WriteFile(f.ClientSecretFile, []byte("hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if p, err := f.provider(nil, false); err != nil || p.ClientSecret != "hush" || p.Name != "id.example.com" {
		t.Errorf("%+v, %v", p, err)
	}
}

// TestOIDCClient asks the issuer wherever it is, nothing else at an address that is not public, follows no redirect, and
// ends an answer that is too long.
func TestOIDCClient(t *testing.T) {
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, other.URL, http.StatusFound)
			return
		}
		w.Write(make([]byte, 2*oidcAnswerMost))
	}))
	defer issuer.Close()
	f := oidcFlags{Issuer: issuer.URL, ClientID: "sirocco"}
	p, err := f.provider(nil, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Client.Get(other.URL); err == nil || !strings.Contains(err.Error(), "is not asked") {
		t.Errorf("another host of this machine: %v", err)
	}
	away, err := p.Client.Get(issuer.URL + "/away")
	if err != nil || away.StatusCode != http.StatusFound {
		t.Fatal(away, err)
	}
	long, err := p.Client.Get(issuer.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer long.Body.Close()
	if n, err := io.Copy(io.Discard, long.Body); err == nil || n > oidcAnswerMost {
		t.Errorf("%d bytes, %v", n, err)
	}
}
