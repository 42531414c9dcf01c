// Package storetest gives tests real databases: a SQLite file of their own and a PostgreSQL database of
// their own. What must hold on both runs as one test over both.
package storetest

import (
	"context"
	"path/filepath"
	"testing"

	"sirocco/hub"
	"sirocco/store"
)

// Each runs test once on SQLite and once on PostgreSQL, each time with an empty database.
func Each(t *testing.T, test func(t *testing.T, databaseURL string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// SQLite returns the URL of a new SQLite database.
func SQLite(t testing.TB) string {
	return "sqlite:" + filepath.Join(t.TempDir(), "sirocco.db")
}

// Open opens the database for as long as the test runs, with keys of its own. A nil clock is the real one.
func Open(t testing.TB, databaseURL string, clock hub.Clock) *store.Store {
	t.Helper()
	return OpenWith(t, databaseURL, store.Options{Clock: clock, Keys: Keys(t)})
}

// Keys makes new keys.
func Keys(t testing.TB) *store.Keys {
	t.Helper()
	keys, _, err := store.KeysFromFile(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// OpenWith opens the database for as long as the test runs.
func OpenWith(t testing.TB, databaseURL string, options store.Options) *store.Store {
	t.Helper()
	st, err := store.Open(context.Background(), databaseURL, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}
