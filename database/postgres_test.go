package database_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"sirocco/database"
	"sirocco/store/storetest"
)

// openPostgresPets opens a migrated database of pets on PostgreSQL.
func openPostgresPets(t *testing.T, url string, opts database.Options) database.DB {
	t.Helper()
	db := openMigrated(t, url, opts)
	if err := db.Migrate(t.Context(), pets); err != nil {
		t.Fatal(err)
	}
	return db
}

// openMigrated opens a database in which the pets are. It may have a short timeout, which making them may reach.
func openMigrated(t *testing.T, url string, opts database.Options) database.DB {
	t.Helper()
	db, err := database.Open(t.Context(), url, opts)
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

// session is a connection of the test's own, past the package.
func session(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func exec(t *testing.T, conn *pgx.Conn, statement string) {
	t.Helper()
	if _, err := conn.Exec(context.Background(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// unavailable wants an error of that kind, with a time to come back.
func unavailable(t *testing.T, what string, err error, unknown bool) {
	t.Helper()
	u, ok := errors.AsType[*database.UnavailableError](err)
	if !ok || u.RetryAfter <= 0 || u.OutcomeUnknown != unknown {
		t.Errorf("%s: %v, %+v; want it unavailable, the outcome unknown %v", what, err, u, unknown)
	}
}

func setLegs(db database.DB, legs int) error {
	return db.Write(context.Background(), func(tx database.Tx) error {
		_, err := tx.Exec(context.Background(), `UPDATE pets SET legs = $1`, legs)
		return err
	})
}

func setLegsOfAll(db database.DB, legs int) error {
	_, err := db.Exec(context.Background(), `UPDATE pets SET legs = $1`, legs)
	return err
}

func readPets(db database.DB) error {
	_, err := database.QueryAll(context.Background(), db, scanPet, `SELECT name, legs FROM pets`)
	return err
}

func legs(t *testing.T, conn *pgx.Conn) (n int) {
	t.Helper()
	if err := conn.QueryRow(context.Background(), `SELECT legs FROM pets WHERE name = 'Rex'`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestLockedTableIsUnavailable locks a table from outside: each kind of statement is given up, and what was to be written
// is not written when the lock goes; directly and through a pooler.
func TestLockedTableIsUnavailable(t *testing.T) {
	t.Parallel()
	storetest.Needs(t, "postgres")
	for _, through := range []string{"directly", "PgBouncer"} {
		t.Run(through, func(t *testing.T) {
			t.Parallel()
			direct := storetest.EmptyPostgres(t)
			openPostgresPets(t, direct, database.Options{})
			address := direct
			if through == "PgBouncer" {
				address = storetest.Pooler(t, direct)
			}
			db := openMigrated(t, address, database.Options{Timeout: 9 * time.Second}) // the server ends what waits seconds before the client does
			storetest.Until(t, "it has a connection", func() bool { return readPets(db) == nil })
			locker := session(t, direct)
			exec(t, locker, `BEGIN; LOCK TABLE pets`)
			unavailable(t, "write", setLegs(db, 7), false)
			unavailable(t, "one statement", setLegsOfAll(db, 7), false)
			unavailable(t, "read", readPets(db), false)
			exec(t, locker, `ROLLBACK`)
			if n := legs(t, locker); n != 4 {
				t.Errorf("Rex has %d legs after all", n)
			}
			storetest.Until(t, "all goes on", func() bool { return errors.Join(setLegs(db, 4), setLegsOfAll(db, 4), readPets(db)) == nil })
		})
	}
}

// TestErrorsOfBusyServerAreUnavailable raises what a server raises that has no time or no room.
func TestErrorsOfBusyServerAreUnavailable(t *testing.T) {
	t.Parallel()
	storetest.Needs(t, "postgres")
	db := openPostgresPets(t, storetest.EmptyPostgres(t), database.Options{})
	for _, code := range []string{"57014", "25P03", "25P04", "55P03", "53300"} {
		err := db.Write(t.Context(), func(tx database.Tx) error {
			_, err := tx.Exec(t.Context(), `DO $$ BEGIN RAISE 'no' USING ERRCODE = '`+code+`'; END $$`)
			return err
		})
		unavailable(t, code, err, false)
	}
}

// TestUsedUpConnectionsAreUnavailable takes the pool's only connection: who waits for one is told so.
func TestUsedUpConnectionsAreUnavailable(t *testing.T) {
	t.Parallel()
	storetest.Needs(t, "postgres")
	address := storetest.EmptyPostgres(t)
	openPostgresPets(t, address, database.Options{})
	db := openMigrated(t, address, database.Options{MaxConnections: 1, Timeout: 6 * time.Second})
	storetest.Until(t, "it has its connection", func() bool { return readPets(db) == nil })
	err := db.Write(t.Context(), func(database.Tx) error {
		unavailable(t, "write", setLegs(db, 7), false)
		unavailable(t, "read", readPets(db), false)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestRoleSwapHeals lets the open connections be those of a read-only server, and new ones not: no write fails, and one
// line says so.
func TestRoleSwapHeals(t *testing.T) {
	t.Parallel()
	storetest.Needs(t, "postgres")
	address := storetest.EmptyPostgres(t)
	name := strings.TrimPrefix(mustParse(t, address).Path, "/")
	openPostgresPets(t, address, database.Options{})
	operator := session(t, address)
	exec(t, operator, `ALTER DATABASE `+name+` SET default_transaction_read_only = on`)
	var log bytes.Buffer
	db := openPostgresPets(t, address, database.Options{MaxConnections: 2, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	unavailable(t, "on a read-only server", setLegs(db, 3), false)
	exec(t, operator, `ALTER DATABASE `+name+` RESET default_transaction_read_only`)
	storetest.Until(t, "writes go on", func() bool { return setLegs(db, 5) == nil })
	if err := setLegsOfAll(db, 5); err != nil {
		t.Error(err)
	}
	if lines := strings.Count(log.String(), "\n"); lines != 1 {
		t.Errorf("the log has %d lines: %s", lines, log.String())
	}
}

func mustParse(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// freezer passes bytes between clients and a server until it meets a text in what clients say. Then nothing passes any
// more; the text itself still does where it is to be heard.
type freezer struct {
	server string
	heard  bool

	mu     sync.Mutex
	text   []byte
	frozen chan struct{}
}

// freeze waits for a text from now on. An empty one thaws: connections made from now on work.
func (f *freezer) freeze(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.text, f.frozen = []byte(text), make(chan struct{})
}

// isFrozen reports whether the text was met.
func (f *freezer) isFrozen() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case <-f.frozen:
		return true
	default:
		return false
	}
}

func (f *freezer) serve(l net.Listener) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", f.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		go f.pass(client, server, true)
		go f.pass(server, client, false)
	}
}

func (f *freezer) pass(from, to net.Conn, toServer bool) {
	defer func() { _ = from.Close(); _ = to.Close() }()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		f.mu.Lock()
		text, frozen := f.text, f.frozen
		met := toServer && len(text) > 0 && bytes.Contains(buffer[:n], text)
		if met && frozen != nil {
			select {
			case <-frozen:
			default:
				close(frozen)
			}
		}
		f.mu.Unlock()
		still := false
		if frozen != nil && len(text) > 0 {
			select {
			case <-frozen:
				still = !met || !f.heard
			default:
			}
		}
		if still {
			_, _ = io.Copy(io.Discard, from) // until the client has enough of it
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// TestFrozenServerIsUnavailable lets the server fall silent in each phase of a write: before the commit was sent nothing
// is written, also later; after it the error says that this is not known.
func TestFrozenServerIsUnavailable(t *testing.T) {
	t.Parallel()
	storetest.Needs(t, "postgres")
	for name, c := range map[string]frozenWrite{
		"before the write is heard":  {"UPDATE pets", false, setLegs, false, 4},
		"after the write is heard":   {"UPDATE pets", true, setLegs, false, 4},
		"before the commit is heard": {"commit", false, setLegs, true, 4},
		"after the commit is heard":  {"commit", true, setLegs, true, 9},
		"a statement alone":          {"UPDATE pets", true, setLegsOfAll, true, 9},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := storetest.EmptyPostgres(t)
			openPostgresPets(t, address, database.Options{})
			// A write that was given up before it came to the text, as on a slow machine, says nothing: it gets more time.
			for timeout := 3 * time.Second; !c.met(t, address, timeout); timeout *= 2 {
			}
		})
	}
}

// frozenWrite is a write that the server falls silent in, and what becomes of it.
type frozenWrite struct {
	// text is where it falls silent; heard says that it has still heard that.
	text  string
	heard bool
	write func(database.DB, int) error
	// unknown says that the error leaves open what became of the write, legs what did.
	unknown bool
	legs    int
}

// met writes through a freezer. It reports whether the write came to the text, in the time that it had.
func (c frozenWrite) met(t *testing.T, address string, timeout time.Duration) bool {
	t.Helper()
	watch := session(t, address)
	exec(t, watch, `UPDATE pets SET legs = 4`)
	through := mustParse(t, address)
	f := &freezer{server: through.Host, heard: c.heard}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go f.serve(l)
	through.Host = l.Addr().String()
	u := through.Query()
	u.Set("default_query_exec_mode", "exec") // so that the text is in what is sent each time
	through.RawQuery = u.Encode()
	db := openMigrated(t, through.String(), database.Options{Timeout: timeout})
	f.freeze(c.text)
	written := c.write(db, 9)
	if !f.isFrozen() {
		f.freeze("")
		return false
	}
	unavailable(t, "the write", written, c.unknown)
	f.freeze("")
	storetest.Until(t, "no transaction is left", func() bool {
		var n int
		if err := watch.QueryRow(context.Background(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n == 0
	})
	if n := legs(t, watch); n != c.legs {
		t.Errorf("Rex has %d legs, want %d", n, c.legs)
	}
	return true
}

// TestPooler works through PgBouncer in transaction mode as without: programs start after one another and at once, and
// nothing is left locked. LISTEN goes past it.
func TestPooler(t *testing.T) {
	t.Parallel()
	storetest.Needs(t, "postgres")
	direct := storetest.EmptyPostgres(t)
	pooled := storetest.Pooler(t, direct)
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			db := openPostgresPets(t, pooled, database.Options{})
			for range 20 {
				if err := errors.Join(setLegs(db, 4), setLegsOfAll(db, 4), readPets(db)); err != nil {
					t.Error(err)
				}
			}
			if db.Listening() != nil {
				t.Error("it would listen through the pooler")
			}
		})
	}
	all.Wait()
	if db := openPostgresPets(t, pooled, database.Options{Direct: direct}); db.Listening() == nil {
		t.Error("it does not listen at the direct address")
	}
	if db := openPostgresPets(t, direct, database.Options{}); db.Listening() != db.Native() {
		t.Error("without a pooler it does not listen where it writes")
	}
}

// TestMigrationWaitsWithASentence holds the lock of migrations, as an older program's session may for ever: it is said
// who has it, and waited for a bounded time; a database that needs none is opened beside it.
func TestMigrationWaitsWithASentence(t *testing.T) {
	t.Parallel()
	storetest.Needs(t, "postgres")
	address := storetest.EmptyPostgres(t)
	db, err := database.Open(t.Context(), address, database.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	holder := session(t, address)
	exec(t, holder, `SELECT pg_advisory_lock(1397314127)`)
	m := pets
	var said []string
	m.Patience, m.Waiting = 100*time.Millisecond, func(sentence string) { said = append(said, sentence) }
	err = db.Migrate(t.Context(), m)
	unavailable(t, "migration", err, false)
	if len(said) != 1 || !strings.Contains(said[0], "pg_terminate_backend(") || !strings.Contains(err.Error(), "has been migrating") {
		t.Errorf("it says %q, then %v", said, err)
	}
	exec(t, holder, `SELECT pg_advisory_unlock(1397314127)`)
	if err := db.Migrate(t.Context(), m); err != nil || len(said) != 1 {
		t.Errorf("%v, having said %q", err, said)
	}
	exec(t, holder, `SELECT pg_advisory_lock(1397314127)`)
	if err := db.Migrate(t.Context(), m); err != nil || len(said) != 1 {
		t.Errorf("a migrated database: %v, having said %q", err, said)
	}
}
