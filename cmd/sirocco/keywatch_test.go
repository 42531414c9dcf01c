package main

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestANodeWithoutTheNewKeyStandsAside rotates the key on one node of two that have files of their own: the other does not
// encrypt with the old one, says so, and works again once it is given a copy.
func TestANodeWithoutTheNewKeyStandsAside(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		folder := t.TempDir()
		first, second := filepath.Join(folder, "first"), filepath.Join(folder, "second")
		spread := func() {
			text, err := os.ReadFile(first)
			if err := errors.Join(err, os.WriteFile(second+".new", text, 0o600), os.Rename(second+".new", second)); err != nil {
				t.Fatal(err)
			}
		}
		open := func(file string) (*store.Store, *store.Keys) {
			keys, _, err := store.KeysFromFile(file)
			if err != nil {
				t.Fatal(err)
			}
			st := storetest.OpenWith(t, url, store.Options{Keys: keys})
			if err := st.ProveKey(t.Context()); err != nil {
				t.Fatal(err)
			}
			return st, keys
		}
		one, keys := open(first)
		spread()
		two, _ := open(second)
		n, err := newNode(two, slog.New(slog.DiscardHandler), nodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		org := storetest.Organization(t, one)
		hook := "https://example.com/hook"
		creates := func(st *store.Store) error {
			_, _, err := st.CreateEndpoint(t.Context(), org, hub.WebhookPatch{URL: &hook})
			return err
		}
		ready := func(want int, text string) {
			t.Helper()
			n.key.check(t.Context())
			w := httptest.NewRecorder()
			n.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", http.NoBody))
			if w.Code != want || !strings.Contains(w.Body.String(), text) {
				t.Errorf("it answers %d %s", w.Code, w.Body)
			}
		}
		ready(http.StatusOK, "ready")
		if err := keys.Rotate(); err != nil {
			t.Fatal(err)
		}
		if _, err := one.Reseal(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := creates(two); !errors.Is(err, store.ErrWrongKey) {
			t.Errorf("it encrypts with the old key: %v", err)
		}
		ready(http.StatusServiceUnavailable, "give it a copy of that key")
		if n.key.wrong() == nil {
			t.Error("it goes on working")
		}
		spread()
		ready(http.StatusOK, "ready")
		if err := errors.Join(creates(two), creates(one)); err != nil {
			t.Error(err)
		}
	})
}
