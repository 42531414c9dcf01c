package database

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgresConnectTimeout bounds how long a request waits for a new connection, unless the URL says connect_timeout.
const postgresConnectTimeout = 3 * time.Second

// DefaultPostgresConnections is how many connections to PostgreSQL a DB has at most, unless it is told otherwise.
const DefaultPostgresConnections = 16

// postgresDB is a pool of connections to PostgreSQL 15 or later.
type postgresDB struct {
	pool *pgxpool.Pool
}

func openPostgres(ctx context.Context, url string, opts Options) (DB, error) {
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
		cfg.ConnConfig.ConnectTimeout = postgresConnectTimeout
	}
	if cfg.ConnConfig.RuntimeParams["application_name"] == "" {
		cfg.ConnConfig.RuntimeParams["application_name"] = "sirocco"
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return &postgresDB{pool: pool}, nil
}

func (d *postgresDB) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	tag, err := d.pool.Exec(ctx, query, args...)
	return tag.RowsAffected(), d.classify(err)
}

func (d *postgresDB) query(ctx context.Context, query string, args ...any) (rows, error) {
	rs, err := d.pool.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgxRows{rs}, nil
}

// postgresTries bounds how often a write is run again that PostgreSQL gave up to let another pass.
const postgresTries = 5

func (d *postgresDB) Write(ctx context.Context, fn func(Tx) error) error {
	for try := 1; ; try++ {
		err := pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
			return fn(postgresTx{tx})
		})
		var pe *pgconn.PgError
		again := errors.As(err, &pe) && (pe.Code == "40001" || pe.Code == "40P01") // serialization failure, deadlock
		if !again || try == postgresTries {
			return d.classify(err)
		}
	}
}

// WriteOne spares the round trips of BEGIN and COMMIT: a statement alone is a transaction of its own.
func (d *postgresDB) WriteOne(_ context.Context, fn func(Tx) error) error {
	return d.classify(fn(postgresTx{d.pool}))
}

func (d *postgresDB) Dialect() Dialect { return PostgreSQL }

func (d *postgresDB) Native() any { return d.pool }

func (d *postgresDB) Close() error {
	d.pool.Close()
	return nil
}

func (d *postgresDB) classify(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	unavailable := func(reason string, after time.Duration) error {
		return &UnavailableError{Reason: reason, RetryAfter: after, Err: err}
	}
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch {
		case pe.Code == "28P01", pe.Code == "28000": // without what else was tried before, as without TLS
			return &UnavailableError{Reason: "the PostgreSQL server does not let this user in", RetryAfter: 10 * time.Second, Err: pe}
		case pe.Code == "3D000":
			return &UnavailableError{Reason: "the PostgreSQL server has no such database", RetryAfter: 10 * time.Second, Err: pe}
		case pe.Code == "53100":
			return unavailable("the disk of the PostgreSQL server is full", 10*time.Second)
		case pe.Code == "53300":
			return unavailable("the PostgreSQL server has no connection left", time.Second)
		case pe.Code == "25006":
			return unavailable("the PostgreSQL server is read-only", 5*time.Second)
		case strings.HasPrefix(pe.Code, "53"), strings.HasPrefix(pe.Code, "57P"), strings.HasPrefix(pe.Code, "08"),
			strings.HasPrefix(pe.Code, "58"), pe.Code == "40001", pe.Code == "40P01", pe.Code == "55P03":
			return unavailable("the PostgreSQL server cannot serve now ("+pe.Message+")", time.Second)
		}
		return err
	}
	var ce *pgconn.ConnectError
	var ne net.Error
	if errors.As(err, &ce) || errors.As(err, &ne) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err) || strings.Contains(err.Error(), "conn closed") {
		return unavailable("the PostgreSQL server cannot be reached", time.Second)
	}
	return err
}

// postgresTx runs statements in a pgx.Tx, or each for itself on the pool.
type postgresTx struct {
	tx interface {
		Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error)
		Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
	}
}

func (t postgresTx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	tag, err := t.tx.Exec(ctx, query, args...)
	return tag.RowsAffected(), err
}

func (t postgresTx) query(ctx context.Context, query string, args ...any) (rows, error) {
	rs, err := t.tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgxRows{rs}, nil
}

func (t postgresTx) Native() any { return t.tx }

func (t postgresTx) Dialect() Dialect { return PostgreSQL }

func (t postgresTx) classify(err error) error { return err }

// pgxRows gives pgx's rows the Close of database/sql's.
type pgxRows struct{ pgx.Rows }

func (r pgxRows) Close() error {
	r.Rows.Close()
	return r.Err()
}
