package engine

import (
	"net/url"
	"strings"
	"testing"

	"sirocco/store"
)

func TestShownPath(t *testing.T) {
	secrets := []string{"", "ab", "pass word", "a/b/c/d", "p%25q"}
	for given, want := range map[string]string{
		"https://crm.example/crm/v1/accounts?modified_after=2026-01-01&page_size=100": "/crm/v1/accounts?modified_after&page_size",
		"https://u:pass%20word@crm.example/x/018f3f5e-93f4-7bd7-8e14-4a5e0e8e3d11":    "/x/018f3f5e-93f4-7bd7-8e14-4a5e0e8e3d11",
		"https://crm.example/jpm/v2/tenant/1234567890123456789012/jobs":               "/jpm/v2/tenant/1234567890123456789012/jobs",
		"https://crm.example/export/appointment-assignments-of-everybody":             "/export/appointment-assignments-of-everybody",
		"https://crm.example/a%20b/pass%2520word/pass%20word/ab/xaby":                 "/a%20b/***/***/***/xaby",
		"https://crm.example/t/a/b/c/d/e":                                             "/t/***/e",
		"https://crm.example/k/9f8e7d6c5b4a39281706f5e4d3c2b1a0":                      "/k/***",
		"https://crm.example/q?pass+word=1&9f8e7d6c5b4a39281706f5e4d3c2b1a0&x=&x=2":   "/q?***&x",
	} {
		u, err := url.Parse(given)
		if err != nil {
			t.Fatal(err)
		}
		if got := shownPath(u, secrets); got != want {
			t.Errorf("%s: %s, want %s", given, got, want)
		}
	}
	long, _ := url.Parse("https://crm.example/" + strings.Repeat("word/", 500))
	if n := len(shownPath(long, nil)); n != store.CRMRequestPathMost {
		t.Errorf("a long path has %d bytes", n)
	}
}
