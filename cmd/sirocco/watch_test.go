package main

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sirocco/audio"
	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestANodeWithoutTheNewKeyStandsAside rotates the key on one node of two that have files of their own: the other does not
// encrypt with the old one, says so, and works again once it is given a copy.
func TestANodeWithoutTheNewKeyStandsAside(t *testing.T) {
	storetest.Long(t)
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
			n.watch.check(t.Context())
			w := httptest.NewRecorder()
			n.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", http.NoBody))
			if w.Code != want || !strings.Contains(w.Body.String(), text) {
				t.Errorf("it answers %d %s", w.Code, w.Body)
			}
		}
		ready(http.StatusOK, "ready")
		added, err := keys.Add()
		if err := errors.Join(err, one.PromoteKeyAlone(t.Context(), added)); err != nil {
			t.Fatal(err)
		}
		if err := creates(two); !errors.Is(err, store.ErrWrongKey) {
			t.Errorf("it encrypts with the old key: %v", err)
		}
		ready(http.StatusServiceUnavailable, "give it a copy of that key")
		if n.watch.unfit() == nil {
			t.Error("it goes on working")
		}
		spread()
		ready(http.StatusOK, "ready")
		if err := errors.Join(creates(two), creates(one)); err != nil {
			t.Error(err)
		}
	})
}

// TestANodeWithAnotherAudioStoreStandsAside, and one whose store is gone, as a disk that is not mounted.
func TestANodeWithAnotherAudioStoreStandsAside(t *testing.T) {
	storetest.Long(t)
	st := storetest.Open(t, storetest.SQLite(t), nil)
	folder := t.TempDir()
	var log bytes.Buffer
	node := func(name string) *nodeWatch {
		place, err := audio.Open(t.Context(), "file://"+filepath.ToSlash(filepath.Join(folder, name)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = place.Close() })
		return newNodeWatch(st, slog.New(slog.NewTextHandler(&log, nil)), nodeOptions{audio: place})
	}
	check := func(w *nodeWatch, fit bool) {
		t.Helper()
		w.audioAsked = time.Time{}
		w.check(t.Context())
		if got := w.unfit() == nil; got != fit {
			t.Errorf("fit is %v: %v", got, w.unfit())
		}
	}
	first, same, other := node("one"), node("one"), node("two")
	check(first, true)
	check(same, true)
	check(other, false)
	check(other, false)
	if n := strings.Count(log.String(), "its audio store is not") + strings.Count(log.String(), "audio store is not the one"); n != 1 {
		t.Errorf("it is said %d times: %s", n, &log)
	}
	marker := filepath.Join(folder, "one", "sirocco-store")
	if err := os.Rename(marker, marker+".away"); err != nil {
		t.Fatal(err)
	}
	check(first, false)
	if err := os.Rename(marker+".away", marker); err != nil {
		t.Fatal(err)
	}
	check(first, true)
	if err := st.ForgetAudio(t.Context()); err == nil {
		t.Error("the audio store was forgotten while nodes run")
	}
	for _, w := range []*nodeWatch{first, same, other} {
		w.end(t.Context())
	}
	if err := st.ForgetAudio(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(other, true)
	check(first, false)
}

// TestNodesThatDiffer in what they should share, but need not, say so and work.
func TestNodesThatDiffer(t *testing.T) {
	storetest.Long(t)
	st := storetest.Open(t, storetest.SQLite(t), nil)
	var log bytes.Buffer
	n, err := newNode(st, slog.New(slog.NewTextHandler(&log, nil)), nodeOptions{publicURL: "https://hub.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	ready := func(wants ...string) {
		t.Helper()
		n.watch.check(t.Context())
		w := httptest.NewRecorder()
		n.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", http.NoBody))
		for _, want := range wants {
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
				t.Errorf("without %q: %d %s", want, w.Code, w.Body)
			}
		}
		if got := strings.Count(w.Body.String(), "\n"); got != len(wants) {
			t.Errorf("it says %q", w.Body)
		}
	}
	ready("ready")
	other := store.Node{ID: hub.NewID(), Host: "elsewhere", Version: "v0.0.1", PublicURL: "https://other.example.com"}
	if err := st.NoteNode(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	ready("ready", "on elsewhere, which is v0.0.1", "which is https://other.example.com")
	ready("ready", "on elsewhere, which is v0.0.1", "which is https://other.example.com")
	if got := strings.Count(log.String(), "level=WARN"); got != 2 {
		t.Errorf("it is said %d times: %s", got, &log)
	}
	if err := st.ForgetNode(t.Context(), other.ID); err != nil {
		t.Fatal(err)
	}
	ready("ready")
}
