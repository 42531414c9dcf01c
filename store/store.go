// Package store keeps everything Sirocco knows in one database, SQLite or PostgreSQL, behind one set of
// methods. It holds no rules: what may change and how is decided in hub; store makes it durable.
//
// Every method takes the organization first, and every key and index begins with it.
package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// Store is a database with Sirocco's tables in it. It is safe for concurrent use.
type Store struct {
	db       database.DB
	clock    hub.Clock
	keys     *Keys
	notifier notifier

	revocations revocations
}

// Tx is a transaction in progress; it ends with the function it was given to.
type Tx = database.Tx

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
	db, err := database.Open(ctx, url, database.Options{MaxConnections: opts.MaxConnections})
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, migrations()); err != nil {
		return nil, errors.Join(domainError(err), db.Close())
	}
	return &Store{db: db, clock: opts.Clock, keys: opts.Keys}, nil
}

// Native returns the driver's own handle for writing (*sql.DB or *pgxpool.Pool), for the job queue that shares the database.
func (s *Store) Native() any { return s.db.Native() }

// Close ends all connections. Writes under way finish first.
func (s *Store) Close() error { return s.db.Close() }

// readyRoom is how much a database must be able to grow to count as ready.
var readyRoom = strings.Repeat(".", 32<<10)

// Ready proves that the database takes a durable write now and has room to grow; otherwise its error says
// why not.
func (s *Store) Ready(ctx context.Context) error {
	return s.write(ctx, func(tx Tx) error {
		for _, room := range []string{readyRoom, ""} {
			if _, err := tx.Exec(ctx, `UPDATE readiness SET checked_at = $1, room = $2 WHERE id = 1`, micros(s.clock()), room); err != nil {
				return err
			}
		}
		return nil
	})
}

// nowMillis is the time in whole milliseconds, as clients are shown it, so that a list may be bounded by what was read.
func (s *Store) nowMillis() time.Time { return s.clock().UTC().Truncate(time.Millisecond) }
