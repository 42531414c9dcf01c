package database

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/semaphore"
)

// DefaultPostgresConnections is how many connections to PostgreSQL a DB has at most, unless it is told otherwise.
const DefaultPostgresConnections = 16

// postgresDB is a pool of connections to PostgreSQL 15 or later, or to a pooler before it.
type postgresDB struct {
	pool *pgxpool.Pool
	// writes is how many of the pool's connections may write: others are for reads.
	writes *semaphore.Weighted
	// direct leads past the pooler; nil where none was named.
	direct *pgxpool.Pool
	// pooled says that a pooler stands between, which may give each transaction another session.
	pooled bool
	// begin starts a transaction with its bounds.
	begin  string
	bounds postgresBounds
	log    *slog.Logger
	// refusesWrites says that it was opened for reading alone.
	refusesWrites bool

	// readOnly is set from the first write that a read-only server refused to the next that it took.
	readOnly atomic.Bool
	reset    sync.Mutex
	resetAt  time.Time
}

// postgresBounds are how long what is asked of PostgreSQL may take. The server ends what it can end before the client
// stops waiting: then nothing has been changed for sure.
type postgresBounds struct {
	// lock is for another transaction's lock, or a connection of the pool; statement for a whole statement; answer for its
	// answer, from a server that may be frozen or out of reach.
	lock, statement, answer time.Duration
}

// settings are what tells the server of its part.
func (b postgresBounds) settings() map[string]string {
	return map[string]string{
		"lock_timeout":      strconv.FormatInt(b.lock.Milliseconds(), 10),
		"statement_timeout": strconv.FormatInt(b.statement.Milliseconds(), 10),
		// A node that froze in a transaction must not hold its locks for ever.
		"idle_in_transaction_session_timeout": strconv.FormatInt(2*b.answer.Milliseconds(), 10),
	}
}

func openPostgres(ctx context.Context, url string, opts Options) (DB, error) {
	d := &postgresDB{begin: "begin", refusesWrites: opts.ReadOnly, bounds: postgresBounds{lock: opts.Timeout / 3, statement: opts.Timeout * 2 / 3, answer: opts.Timeout}, log: opts.Logger}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	cfg, err := postgresConfig(url, opts)
	if err != nil {
		return nil, err
	}
	if d.pooled, err = isPooled(ctx, cfg.ConnConfig); err != nil {
		return nil, d.classify(fmt.Errorf("connect: %w", err))
	}
	if d.pooled {
		d.adaptToPooler(url, cfg)
	} else {
		if opts.ReadOnly {
			cfg.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
		}
		for name, value := range d.bounds.settings() {
			if _, chosen := cfg.ConnConfig.RuntimeParams[name]; !chosen {
				cfg.ConnConfig.RuntimeParams[name] = value
			}
		}
	}
	if opts.Direct != "" {
		direct, err := postgresConfig(opts.Direct, Options{MaxConnections: 2, Timeout: opts.Timeout})
		if err != nil {
			return nil, fmt.Errorf("the direct address: %w", err)
		}
		if d.direct, err = pgxpool.NewWithConfig(ctx, direct); err != nil {
			return nil, fmt.Errorf("the direct address: %w", err)
		}
	}
	d.writes = semaphore.NewWeighted(writersOf(cfg.MaxConns))
	if d.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func postgresConfig(url string, opts Options) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err // pgx leaves the password out of it
	}
	if opts.MaxConnections > 0 {
		cfg.MaxConns = int32(min(opts.MaxConnections, 1000))
	} else if !strings.Contains(url, "pool_max_conns") {
		cfg.MaxConns = DefaultPostgresConnections
	}
	if !strings.Contains(url, "connect_timeout") {
		cfg.ConnConfig.ConnectTimeout = opts.Timeout / 6
	}
	if cfg.ConnConfig.RuntimeParams["application_name"] == "" {
		cfg.ConnConfig.RuntimeParams["application_name"] = "sirocco"
	}
	return cfg, nil
}

// adaptToPooler leaves out all that belongs to a session: settings at its start, which PgBouncer refuses, and named
// statements, which the next transaction would not find in its own.
func (d *postgresDB) adaptToPooler(url string, cfg *pgxpool.Config) {
	if !strings.Contains(url, "default_query_exec_mode") {
		cfg.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	var begin strings.Builder
	begin.WriteString("begin")
	for name, value := range d.bounds.settings() {
		begin.WriteString("; set local " + name + " = " + value)
	}
	d.begin = begin.String()
}

// isPooled reports whether a pooler answers: it makes up the number of the process that PostgreSQL says truly.
func isPooled(ctx context.Context, cfg *pgx.ConnConfig) (pooled bool, err error) {
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	var process uint32
	if err := conn.QueryRow(ctx, `SELECT pg_backend_pid()`, pgx.QueryExecModeSimpleProtocol).Scan(&process); err != nil {
		return false, err
	}
	return process != conn.PgConn().PID(), nil
}

func (d *postgresDB) Exec(ctx context.Context, query string, args ...any) (affected int64, err error) {
	err = d.WriteOne(ctx, func(tx Tx) error {
		affected, err = tx.Exec(ctx, query, args...)
		return err
	})
	return affected, err
}

func (d *postgresDB) query(ctx context.Context, query string, args ...any) (rows, error) {
	ctx, cancel := context.WithTimeout(ctx, d.bounds.statement)
	rs, err := d.pool.Query(ctx, query, args...)
	if err != nil {
		cancel()
		return nil, err
	}
	return pgxRows{rs, cancel}, nil
}

func (d *postgresDB) Dialect() Dialect { return PostgreSQL }

func (d *postgresDB) Native() any { return d.pool }

func (d *postgresDB) Listening() any {
	switch {
	case d.direct != nil:
		return d.direct
	case !d.pooled:
		return d.pool
	}
	return nil
}

func (d *postgresDB) Now(ctx context.Context) (now time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, d.bounds.statement)
	defer cancel()
	return now, d.classify(d.pool.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now))
}

func (d *postgresDB) Shrink(context.Context) (bool, error) { return false, nil }

func (d *postgresDB) Compact(context.Context) error {
	return errors.New("PostgreSQL compacts its files by itself (autovacuum); where that is not enough, VACUUM FULL does it")
}

func (d *postgresDB) Close() error {
	for _, pool := range []*pgxpool.Pool{d.pool, d.direct} {
		if pool != nil {
			pool.Close()
		}
	}
	return nil
}

// becameReadOnly gives up all connections: they lead to a server that has changed its role, where new ones may lead to
// the one that took it over. It reports whether that may have mended it.
func (d *postgresDB) becameReadOnly() bool {
	if d.readOnly.CompareAndSwap(false, true) {
		d.log.Warn("the PostgreSQL server has become read-only, as after a change of roles: all connections are made anew")
	}
	d.reset.Lock()
	defer d.reset.Unlock()
	if time.Since(d.resetAt) < time.Second {
		return false
	}
	d.pool.Reset()
	d.resetAt = time.Now()
	return true
}

func isPgError(err error, codes ...string) bool {
	pe, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return false
	}
	return slices.Contains(codes, pe.Code)
}
