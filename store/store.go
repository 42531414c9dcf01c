// Package store keeps everything Sirocco knows in one database, SQLite or PostgreSQL, behind one set of
// methods. It holds no rules: what may change and how is decided in hub; store makes it durable.
//
// Every method takes the organization first, and every key and index begins with it.
package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sirocco/hub"
)

// Store is a database with Sirocco's tables in it. It is safe for concurrent use.
type Store struct {
	db    database
	clock hub.Clock
	keys  *Keys
	wake  wake
}

// database is what the two kinds of database do differently.
type database interface {
	querier
	// write runs fn in a transaction and returns once that is durable, or has left no trace. fn may run
	// more than once and must not wait for anything but its own statements.
	write(ctx context.Context, fn func(Tx) error) error
	// writeOne is write for an fn that changes something with one statement at most.
	writeOne(ctx context.Context, fn func(Tx) error) error
	// classify turns an error of the driver into one of the domain where it is one.
	classify(err error) error
	migrate(ctx context.Context) error
	native() any
	close() error
}

// querier runs single statements.
type querier interface {
	exec(ctx context.Context, query string, args ...any) (affected int64, err error)
	query(ctx context.Context, query string, args ...any) (rows, error)
	// among makes the condition that a column is one of values.
	among(values []string) (condition func(parameter string) string, arg any)
}

// rows is what database/sql and pgx agree on.
type rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close() error
}

// Tx is a transaction in progress; it ends with the function it was given to.
type Tx interface {
	querier
	// Native returns the driver's own transaction (*sql.Tx or pgx.Tx), to enqueue jobs in it.
	Native() any
	// upsert runs the upsert of records, and answers for those it wrote.
	upsert(ctx context.Context, organization, connection string, now int64, batch []recordRow) ([]writtenRecord, error)
	// changeConnection runs an update of one connection that returns it, and where there is something to change
	// notes the entry in the audit log, in one statement where a round trip costs.
	changeConnection(ctx context.Context, update string, args, entry []any) ([]hub.Connection, error)
	// forUpdate is the end of a SELECT whose rows nobody else may change until the transaction ends.
	forUpdate() string
	// skipLocked is the same, passing over rows that somebody else holds.
	skipLocked() string
}

// Options of Open.
type Options struct {
	// Clock is time.Now when nil.
	Clock hub.Clock
	// MaxConnections bounds the connections to PostgreSQL and the readers of SQLite; 0 means a default for the machine.
	MaxConnections int
	// Keys encrypts credentials. Without it a Store can do all else.
	Keys *Keys
}

// Open connects to the database that url names, makes or upgrades its tables, and returns the Store.
// A url is "sqlite:" and a path, or a PostgreSQL connection URL.
func Open(ctx context.Context, url string, opts Options) (*Store, error) {
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	var db database
	var err error
	switch {
	case strings.HasPrefix(url, "sqlite:"):
		db, err = openSQLite(strings.TrimPrefix(url, "sqlite:"), opts)
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		db, err = openPostgres(ctx, url, opts)
	default:
		return nil, errors.New(`the database URL must begin with "sqlite:" or "postgres://", as in sqlite:sirocco.db`)
	}
	if err != nil {
		return nil, err
	}
	if err := db.migrate(ctx); err != nil {
		return nil, errors.Join(db.classify(err), db.close())
	}
	return &Store{db: db, clock: opts.Clock, keys: opts.Keys}, nil
}

// Native returns the driver's own handle for writing (*sql.DB or *pgxpool.Pool), for the job queue that shares the database.
func (s *Store) Native() any { return s.db.native() }

// Close ends all connections. Writes under way finish first.
func (s *Store) Close() error { return s.db.close() }

// readyRoom is how much a database must be able to grow to count as ready.
var readyRoom = strings.Repeat(".", 32<<10)

// Ready proves that the database takes a durable write now and has room to grow; otherwise its error says
// why not.
func (s *Store) Ready(ctx context.Context) error {
	return s.write(ctx, func(tx Tx) error {
		for _, room := range []string{readyRoom, ""} {
			if _, err := tx.exec(ctx, `UPDATE readiness SET checked_at = $1, room = $2 WHERE id = 1`, micros(s.clock()), room); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) write(ctx context.Context, fn func(Tx) error) error {
	return s.db.classify(s.db.write(ctx, fn))
}

func (s *Store) writeOne(ctx context.Context, fn func(Tx) error) error {
	return s.db.classify(s.db.writeOne(ctx, fn))
}

// one runs a query of at most one row and scans it; it returns hub.ErrNotFound where there is none.
func one[T any](ctx context.Context, q querier, scan func(rows) (T, error), query string, args ...any) (T, error) {
	var zero T
	all, err := many(ctx, q, scan, query, args...)
	if err != nil {
		return zero, err
	}
	if len(all) == 0 {
		return zero, hub.ErrNotFound
	}
	return all[0], nil
}

// many runs a query, which must have its own LIMIT or be bounded by a key, and scans all rows.
func many[T any](ctx context.Context, q querier, scan func(rows) (T, error), query string, args ...any) ([]T, error) {
	rs, err := q.query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	var all []T
	for rs.Next() {
		v, err := scan(rs)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("scan: %w", err), rs.Close())
		}
		all = append(all, v)
	}
	return all, errors.Join(rs.Err(), rs.Close())
}

// met is the error of a statement that has to meet a row: err, or none where it met no row.
func met(n int64, err, none error) error {
	if err == nil && n == 0 {
		return none
	}
	return err
}

// shownNow is the time in whole milliseconds, as clients are shown it, so that a list may be bounded by what was read.
func (s *Store) shownNow() time.Time { return s.clock().UTC().Truncate(time.Millisecond) }

// micros is how a time is stored: microseconds since 1970 in UTC.
func micros(t time.Time) int64 { return t.UnixMicro() }

// fromMicros is the opposite of micros.
func fromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }

// optionalMicros stores the zero time as NULL.
func optionalMicros(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	us := t.UnixMicro()
	return &us
}

func fromOptionalMicros(us *int64) time.Time {
	if us == nil {
		return time.Time{}
	}
	return fromMicros(*us)
}

// optional stores the zero value as NULL.
func optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func deref[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}
