// Package storetest gives tests real databases: a SQLite file of their own and a PostgreSQL database of
// their own. What must hold on both runs as one test over both.
package storetest

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
)

// databasesVariable names the databases that tests run on: sqlite, postgres, or both. Empty is both, but for what Alternately parts.
const databasesVariable = "SIROCCO_TEST_DATABASES"

// Each runs test once on SQLite and once on PostgreSQL, each time on a new database, side by side with other tests:
// it returns before they are through.
func Each(t *testing.T, test func(t *testing.T, databaseURL string)) {
	t.Helper()
	each(t, SQLite, Postgres, test)
}

// EachEmpty is Each on databases in which no program has been yet.
func EachEmpty(t *testing.T, test func(t *testing.T, databaseURL string)) {
	t.Helper()
	each(t, EmptySQLite, EmptyPostgres, test)
}

// Alternately is Each for the i-th of several runs of a test that differ in what has nothing to do with the database, as the CRM has: one is
// on SQLite and the next on PostgreSQL, and it begins with either by the test's name. Where both databases are asked for, each is on both.
func Alternately(t *testing.T, i int, test func(t *testing.T, databaseURL string)) {
	t.Helper()
	if os.Getenv(databasesVariable) != "" {
		Each(t, test)
		return
	}
	name, _, _ := strings.Cut(t.Name(), "/")
	for _, letter := range name {
		i += int(letter)
	}
	t.Parallel()
	database, url := "sqlite", SQLite
	if i%2 == 1 {
		database, url = "postgres", Postgres
	}
	on(t, database, url, test)
}

func each(t *testing.T, sqlite, postgres func(testing.TB) string, test func(t *testing.T, databaseURL string)) {
	t.Helper()
	t.Parallel()
	on(t, "sqlite", sqlite, test)
	on(t, "postgres", postgres, test)
}

// on runs a test on a new database of one kind.
func on(t *testing.T, name string, database func(testing.TB) string, test func(t *testing.T, databaseURL string)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		Needs(t, name)
		test(t, database(t))
	})
}

// Needs skips a test of a database, sqlite or postgres, where tests run on the other alone.
func Needs(t testing.TB, database string) {
	t.Helper()
	if only := os.Getenv(databasesVariable); only != "" && only != "both" && only != database {
		t.Skipf("%s is %s", databasesVariable, only)
	}
}

// Long skips a test that takes much of a processor, of time or of what others wait for, where tests are to be short.
func Long(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("it is left out where tests are to be short")
	}
}

// migrated is the file of a migrated SQLite database, made once in a test program.
var migrated = sync.OnceValues(func() (text []byte, err error) {
	folder, err := os.MkdirTemp("", "sirocco-template-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	file := filepath.Join(folder, "sirocco.db")
	st, err := store.OpenOrMake(context.Background(), "sqlite:"+file, store.Options{})
	if err != nil {
		return nil, err
	}
	if err := st.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

// SQLite returns the URL of a new, migrated SQLite database.
func SQLite(t testing.TB) string {
	t.Helper()
	text, err := migrated()
	if err != nil {
		t.Fatal(err)
	}
	url := EmptySQLite(t)
	if err := os.WriteFile(strings.TrimPrefix(url, "sqlite:"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	return url
}

// OtherProgram opens a SQLite database's file as another program does, past the store, for as long as the test runs.
func OtherProgram(t testing.TB, file string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", fmt.Sprintf("file:%s?_busy_timeout=%d", file, Patience.Milliseconds()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// EmptySQLite returns the URL of a SQLite database that is not there yet.
func EmptySQLite(t testing.TB) string {
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

// Patience is how long a database may take over a statement of a test: longer than the slowest machine needs.
const Patience = 10 * time.Minute

// connections to PostgreSQL are enough for a test, as each costs the server more than most tests ask of it.
const connections = 6

// OpenWith opens the database for as long as the test runs, with Patience unless the options have a timeout of their own.
func OpenWith(t testing.TB, databaseURL string, options store.Options) *store.Store {
	t.Helper()
	options.Timeout = cmp.Or(options.Timeout, Patience)
	if strings.HasPrefix(databaseURL, "postgres") {
		options.MaxConnections = cmp.Or(options.MaxConnections, connections)
	}
	st, err := store.OpenOrMake(context.Background(), databaseURL, options)
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
