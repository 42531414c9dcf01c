// Package store keeps everything Sirocco knows in one database, SQLite or PostgreSQL, behind one set of
// methods. It holds no rules: what may change and how is decided in hub; store makes it durable.
//
// Every method takes the organization first, and every key and index begins with it.
package store

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// Store is a database with Sirocco's tables in it. It is safe for concurrent use.
type Store struct {
	db    database.DB
	clock hub.Clock
	// nodeClock is what clock reads on PostgreSQL, where nodes share the database's time; nil elsewhere.
	nodeClock *nodeClock
	keys      *Keys
	notifier  notifier
	// upgradedFrom is the version of the tables that this program found and brought on; 0 where it did neither.
	upgradedFrom int64

	revocations revocations
	// fannedOut is after which organization's events the next look plans those of others; a text.
	fannedOut atomic.Value
	// pushes lets the long writes of an organization come one after another.
	pushes keyedLock
	// purging and its like are where the work that follows in the background is.
	purging   rotation[purgeKey]
	moving    rotation[moveKey]
	touched   rotation[string]
	switching rotation[string]
	leaving   rotation[leavingEndpoint]
	hidden    rotation[hiddenUtterances]
	// noteLag is Options.NoteLag.
	noteLag map[hub.Platform]time.Duration
	// measured is how large the database was lately.
	measured measured
}

// Tx is a transaction in progress; it ends with the function it was given to.
type Tx = database.Tx

// Options of Open.
type Options struct {
	// Clock is taken as it is. When nil it is the machine's, on PostgreSQL corrected to the database's, by which all nodes go.
	Clock hub.Clock
	// MachineClock is the machine's clock; time.Now when nil.
	MachineClock hub.Clock
	// MaxConnections bounds the connections to PostgreSQL and the readers of SQLite; 0 means a default for the machine.
	MaxConnections int
	// Timeout is how long the database may take over a statement before its transaction is given up; 0 means
	// database.DefaultTimeout. See database.Options.
	Timeout time.Duration
	// Direct is the URL of the same PostgreSQL database past a pooler, for the job queue to listen at.
	Direct string
	// ReadOnly refuses every write.
	ReadOnly bool
	// Logger is told what is waited for, and what has mended itself; nil is nobody.
	Logger *slog.Logger
	// Keys encrypts credentials. Without it a Store can do all else.
	Keys *Keys
	// NoteLag is how long a note may be missing from the lists of a platform, which counts where it is longer than three days.
	NoteLag map[hub.Platform]time.Duration
	// Intercept is for tests: it is shown each statement first, and may let it fail; see database.Intercept. nil is none.
	Intercept func(ctx context.Context, query string) error
}

// Open connects to the database that url names, which must be there with tables of the program's version: it makes and
// upgrades nothing. A url is "sqlite:" and a path, or a PostgreSQL connection URL. It returns database.ErrNothing,
// database.ErrForeign, a *database.OlderError or a *database.NewerError where it is not so.
func Open(ctx context.Context, url string, opts Options) (*Store, error) {
	return open(ctx, url, opts, database.DB.Check, true)
}

// OpenOrMake is Open, but makes the database and its tables where there are none, and upgrades older ones.
func OpenOrMake(ctx context.Context, url string, opts Options) (*Store, error) {
	return open(ctx, url, opts, database.DB.Migrate, false)
}

func open(ctx context.Context, url string, opts Options, prepare func(database.DB, context.Context, database.Migrations) error, existing bool) (*Store, error) {
	db, err := database.Open(ctx, url, database.Options{
		MaxConnections: opts.MaxConnections, Timeout: opts.Timeout, Direct: opts.Direct, Existing: existing, ReadOnly: opts.ReadOnly, Logger: opts.Logger,
	})
	if err != nil {
		return nil, domainError(err)
	}
	s := &Store{db: db, keys: opts.Keys, noteLag: opts.NoteLag}
	if err := s.setClock(ctx, opts); err != nil {
		return nil, errors.Join(domainError(err), db.Close())
	}
	todo := migrations(s.clock)
	if opts.Logger != nil {
		todo.Waiting = func(sentence string) { opts.Logger.Warn(sentence) }
	}
	todo.Begun = func(from int64) { s.upgradedFrom = from }
	if err := prepare(db, ctx, todo); err != nil {
		return nil, errors.Join(domainError(err), s.Close())
	}
	if opts.Intercept != nil {
		s.db = database.Intercept(db, opts.Intercept)
	}
	return s, nil
}

// setClock decides by which clock the store goes.
func (s *Store) setClock(ctx context.Context, opts Options) (err error) {
	machine, log := opts.MachineClock, opts.Logger
	if machine == nil {
		machine = time.Now
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	switch {
	case opts.Clock != nil:
		s.clock = opts.Clock
	case s.db.Dialect() == database.SQLite:
		s.clock = machine
	default:
		if s.nodeClock, err = startClock(ctx, machine, s.db.Now, log); err != nil {
			return err
		}
		s.clock = s.nodeClock.now
	}
	return nil
}

// Native returns the driver's own handle for writing (*sql.DB or *pgxpool.Pool), for the job queue that shares the database.
func (s *Store) Native() any { return s.db.Native() }

// Listening returns the handle over which PostgreSQL's LISTEN works (*pgxpool.Pool); nil where there is none.
func (s *Store) Listening() any { return s.db.Listening() }

// Close ends all connections. Writes under way finish first.
func (s *Store) Close() error {
	if s.nodeClock != nil {
		s.nodeClock.close()
	}
	return s.db.Close()
}

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
