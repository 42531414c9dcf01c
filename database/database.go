// Package database opens SQLite and PostgreSQL and makes one set of methods of the two: statements, transactions that
// share their commits, migrations, and errors that say what a caller can do about them.
//
// It knows no table and no rule: what is in a database, and what its errors mean to a client, is for the packages above.
package database

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// DB is a database. It is safe for concurrent use. Its methods return errors of this package where the database cannot
// serve or has no such row, and otherwise those of the driver.
type DB interface {
	Querier
	// Write runs fn in a transaction and returns once that is durable, or has left no trace. fn may run
	// more than once and must not wait for anything but its own statements.
	Write(ctx context.Context, fn func(Tx) error) error
	// WriteOne is Write for an fn that changes something with one statement at most.
	WriteOne(ctx context.Context, fn func(Tx) error) error
	// Migrate makes the tables, or brings them to the version of the program; see Migrations. It returns ErrForeign for a
	// database that another program has made tables in.
	Migrate(ctx context.Context, m Migrations) error
	// Check finds the tables at the version of the program and writes nothing. Otherwise it returns ErrNothing, ErrForeign,
	// an *OlderError or a *NewerError.
	Check(ctx context.Context, m Migrations) error
	// Now asks PostgreSQL for its time. SQLite's is the machine's.
	Now(ctx context.Context) (time.Time, error)
	// Shrink gives a slice of the room that deleted rows left in the database's file back to the disk, where it is much, and
	// reports whether there is more. PostgreSQL does that by itself.
	Shrink(ctx context.Context) (more bool, err error)
	// Compact rewrites the database's file without the room that deleted rows left in it. Nobody can write meanwhile, and the
	// disk must have room for it twice. Files from before Shrink was able to do that need it once.
	Compact(ctx context.Context) error
	// Native returns the driver's own handle for writing (*sql.DB or *pgxpool.Pool), for the job queue that shares the database.
	Native() any
	// Listening returns the handle over which PostgreSQL's LISTEN works (*pgxpool.Pool), for the job queue; nil where there is
	// none: on SQLite, and behind a pooler without Options.Direct.
	Listening() any
	// Close ends all connections. Writes under way finish first.
	Close() error
}

// Querier runs single statements: a DB or a Tx. See QueryOne and QueryAll for those that return rows.
type Querier interface {
	// Exec runs a statement and returns how many rows it changed.
	Exec(ctx context.Context, query string, args ...any) (affected int64, err error)
	// Dialect is which SQL the database understands.
	Dialect() Dialect

	query(ctx context.Context, query string, args ...any) (rows, error)
	// classify turns an error of the driver into one of this package where it is one. A Tx leaves that to its end.
	classify(err error) error
}

// Tx is a transaction in progress; it ends with the function it was given to.
type Tx interface {
	Querier
	// Later is Exec for a statement whose outcome nobody looks at: PostgreSQL gets it together with the statements like it that
	// come after it, before the next other one or the commit, all by one round trip. Its error may come from any of these.
	Later(ctx context.Context, query string, args ...any) error
	// Native returns the driver's own transaction (*sql.Tx or pgx.Tx), to enqueue jobs in it.
	Native() any
}

// Row is a row of an answer.
type Row interface {
	// Scan copies the columns into what dest points at.
	Scan(dest ...any) error
}

// rows is what database/sql and pgx agree on.
type rows interface {
	Row
	Next() bool
	Err() error
	Close() error
}

// Options of Open.
type Options struct {
	// MaxConnections bounds the connections to PostgreSQL and the readers of SQLite; 0 means a default for the machine.
	MaxConnections int
	// Timeout is how long the database may take over a statement before its transaction is given up; 0 means DefaultTimeout.
	// A sixth of it is for PostgreSQL to take a connection, unless the URL says connect_timeout, or for another process to let
	// go of a SQLite file; a third for another transaction's lock in PostgreSQL.
	Timeout time.Duration
	// Direct is the URL of the same PostgreSQL database past a pooler.
	Direct string
	// Existing makes no SQLite file where there is none: it is ErrNothing then.
	Existing bool
	// ReadOnly is Existing, and refuses every write.
	ReadOnly bool
	// Logger is told of what mends itself; nil is nobody.
	Logger *slog.Logger
}

// DefaultTimeout is Options.Timeout unless they say otherwise.
const DefaultTimeout = 30 * time.Second

// Open connects to the database that url names: "sqlite:" and a path, or a PostgreSQL connection URL.
func Open(ctx context.Context, url string, opts Options) (DB, error) {
	if opts.Timeout == 0 {
		opts.Timeout = DefaultTimeout
	}
	switch {
	case strings.HasPrefix(url, "sqlite:"):
		return openSQLite(ctx, strings.TrimPrefix(url, "sqlite:"), opts)
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		return openPostgres(ctx, url, opts)
	}
	return nil, errors.New(`the database URL must begin with "sqlite:" or "postgres://", as in sqlite:sirocco.db`)
}

// QueryOne runs a query of at most one row and scans it. It returns ErrNotFound where there is none.
func QueryOne[T any](ctx context.Context, q Querier, scan func(Row) (T, error), query string, args ...any) (T, error) {
	var zero T
	all, err := QueryAll(ctx, q, scan, query, args...)
	if err != nil {
		return zero, err
	}
	if len(all) == 0 {
		return zero, ErrNotFound
	}
	return all[0], nil
}

// QueryAll runs a query, which must have its own LIMIT or be bounded by a key, and scans all rows.
func QueryAll[T any](ctx context.Context, q Querier, scan func(Row) (T, error), query string, args ...any) ([]T, error) {
	rs, err := q.query(ctx, query, args...)
	if err != nil {
		return nil, q.classify(err)
	}
	var all []T
	for rs.Next() {
		v, err := scan(rs)
		if err != nil {
			return nil, q.classify(errors.Join(fmt.Errorf("scan: %w", err), rs.Close()))
		}
		all = append(all, v)
	}
	return all, q.classify(errors.Join(rs.Err(), rs.Close()))
}
