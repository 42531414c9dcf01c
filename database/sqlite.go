package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteBusyTimeout is how long a statement waits for another process's lock, of what it may take in all.
func sqliteBusyTimeout(timeout time.Duration) time.Duration { return timeout / 6 }

// sqliteDB is a SQLite file: many readers, and one writer whose commits are shared (see groupCommit).
type sqliteDB struct {
	path string
	// readOnly refuses writes.
	readOnly bool
	readers  *statements
	writer   *statements
	group    *groupCommit
}

func openSQLite(ctx context.Context, path string, opts Options) (DB, error) {
	file, params, _ := strings.Cut(path, "?")
	if file == "" || file == ":memory:" {
		return nil, errors.New("the SQLite database needs a file, as in sqlite:sirocco.db")
	}
	extra, err := url.ParseQuery(params)
	if err != nil {
		return nil, fmt.Errorf("the parameters of the SQLite database URL: %w", err)
	}
	dsn := func(queryOnly bool) string {
		v := url.Values{}
		v.Set("_busy_timeout", fmt.Sprint(sqliteBusyTimeout(opts.Timeout).Milliseconds()))
		if opts.ReadOnly {
			v.Set("mode", "ro")
		} else {
			v.Set("_journal_mode", "WAL")
		}
		v.Set("_synchronous", "FULL")
		v.Set("_foreign_keys", "1")
		if queryOnly {
			v.Set("_query_only", "1")
		} else {
			v.Set("_txlock", "immediate")
		}
		// A statement's own journal stays in memory: it undoes one statement and need not outlive it.
		v.Add("_pragma", "temp_store(MEMORY)")
		// What is deleted is overwritten: free pages keep nothing of it.
		v.Add("_pragma", "secure_delete(ON)")
		v.Add("_pragma", fmt.Sprintf("journal_size_limit(%d)", sqliteWALMost))
		for name, values := range extra {
			if name == "_pragma" {
				values = append(v[name], values...)
			}
			v[name] = values
		}
		return "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + v.Encode()
	}
	if host, _, _ := strings.Cut(strings.TrimPrefix(file, "//"), "/"); strings.HasPrefix(file, "//") && host != "" {
		return nil, fmt.Errorf("sqlite:%s has two slashes where the file's name begins: write sqlite:%[2]s for a file here, or sqlite:/%[2]s for one at the root", file, file[2:])
	}
	existing := opts.Existing || opts.ReadOnly
	if folder := filepath.Dir(file); !isFolder(folder) && !existing {
		return nil, fmt.Errorf("the folder %s, where the SQLite database is to be, is not there: make it first", folder)
	}
	if err := inspectSQLite(ctx, file, sqliteBusyTimeout(opts.Timeout), existing); err != nil {
		return nil, err
	}
	if !existing {
		if err := createPrivate(file); err != nil {
			return nil, err
		}
	}
	writer := sql.OpenDB(sqliteConnector(dsn(false)))
	writer.SetMaxOpenConns(1)
	readers := sql.OpenDB(sqliteConnector(dsn(true)))
	most := opts.MaxConnections
	if most == 0 {
		most = max(4, 2*runtime.GOMAXPROCS(0))
	}
	readers.SetMaxOpenConns(most)
	readers.SetMaxIdleConns(most)
	d := &sqliteDB{path: file, readOnly: opts.ReadOnly, readers: &statements{db: readers}, writer: &statements{db: writer}}
	d.group = newGroupCommit(d.writer, d.truncateWAL)
	return d, nil
}

// sqliteConnector opens connections to the database that a DSN names.
type sqliteConnector string

// Connect implements driver.Connector.
func (c sqliteConnector) Connect(context.Context) (driver.Conn, error) {
	return sqliteDriver().Open(string(c))
}

// Driver implements driver.Connector.
func (c sqliteConnector) Driver() driver.Driver { return sqliteDriver() }

// sqliteDriver keeps the WAL and its index when the last connection closes: without them no program could open the
// database on a full disk, where there is no room to make them.
var sqliteDriver = sync.OnceValue(func() *sqlite.Driver {
	d := &sqlite.Driver{}
	d.RegisterConnectionHook(func(conn sqlite.ExecQuerierContext, _ string) error {
		if file, ok := conn.(sqlite.FileControl); ok {
			if _, err := file.FileControlPersistWAL("main", 1); err != nil {
				return fmt.Errorf("keep the WAL: %w", err)
			}
		}
		return nil
	})
	return d
})

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// createPrivate makes the file where there is none, readable by its owner only: SQLite would let everybody read it, and
// gives its journals the same mode. It is made aside, for how it gives room back can be said before all else alone. What
// is there already is not opened, as closing it would end other connections' locks.
func createPrivate(file string) (err error) {
	if _, err := os.Stat(file); err == nil {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".new-*")
	if err != nil { // SQLite says better what is wrong
		return nil
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	if err := f.Close(); err != nil {
		return err
	}
	made, err := sql.Open("sqlite", "file:"+(&url.URL{Path: f.Name()}).EscapedPath()+"?_auto_vacuum=INCREMENTAL&_journal_mode=WAL")
	if err != nil {
		return err
	}
	if err := errors.Join(made.Ping(), made.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), file); err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	// Where files cannot be linked, the file gives room back once it was compacted.
	plain, err := os.OpenFile(filepath.Clean(file), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil // another has made it, or SQLite says better what is wrong
	}
	return plain.Close()
}

func (d *sqliteDB) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	var n int64
	err := d.Write(ctx, func(tx Tx) error {
		var err error
		n, err = tx.Exec(ctx, query, args...)
		return err
	})
	return n, err
}

func (d *sqliteDB) query(ctx context.Context, query string, args ...any) (rows, error) {
	stmt, err := d.readers.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	// Without the caller's cancellation, which the driver would watch with a goroutine for each query: every
	// query reads a bounded number of rows.
	rs, err := stmt.QueryContext(context.WithoutCancel(ctx), args...)
	if err != nil {
		return nil, err
	}
	return rs, nil
}

func (d *sqliteDB) Write(ctx context.Context, fn func(Tx) error) error {
	if d.readOnly {
		return ErrReadOnly
	}
	return d.classify(d.group.write(ctx, fn))
}

func (d *sqliteDB) WriteOne(ctx context.Context, fn func(Tx) error) error {
	return d.Write(ctx, fn)
}

func (d *sqliteDB) Dialect() Dialect { return SQLite }

func (d *sqliteDB) Native() any { return d.writer.db }

func (d *sqliteDB) Listening() any { return nil }

func (d *sqliteDB) Now(context.Context) (time.Time, error) { return time.Now(), nil }

func (d *sqliteDB) Close() error {
	d.group.close()
	return errors.Join(d.readers.close(), d.writer.close())
}

func (d *sqliteDB) classify(err error) error {
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return err
	}
	unavailable := func(reason string, after time.Duration) error {
		return &UnavailableError{Reason: reason, RetryAfter: after, Err: err}
	}
	if se.Code() == sqlite3.SQLITE_IOERR_SHMSIZE {
		return unavailable("the disk that holds the database is full", 10*time.Second)
	}
	switch se.Code() & 0xff {
	case sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%s is not a SQLite database", d.path)
	case sqlite3.SQLITE_FULL:
		return unavailable("the disk that holds the database is full", 10*time.Second)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return unavailable("another process holds the database locked", time.Second)
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return unavailable("the database file cannot be read or written: "+se.Error(), 10*time.Second)
	}
	return err
}
