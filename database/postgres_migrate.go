package database

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// migrationLock is the key of PostgreSQL's advisory lock around migrations ("SIRO" in ASCII). A transaction holds it,
// never a session: behind a pooler nobody could let go of a session's.
const migrationLock = 0x5349524f

// migrationPatience is how long another program's migration is waited for, unless Migrations say otherwise.
const migrationPatience = 5 * time.Minute

// Migrate is that of SQLite for PostgreSQL, one node at a time.
func (d *postgresDB) Migrate(ctx context.Context, m Migrations) (err error) {
	defer func() { err = d.classify(err) }()
	switch holds, err := d.inspect(ctx); {
	case err != nil:
		return err
	case holds == holdsForeign:
		return ErrForeign
	}
	shared := stdlib.OpenDBFromPool(d.pool)
	done, err := isDone(ctx, m, PostgreSQL, shared, riverpgxv5.New(d.pool))
	if err := errors.Join(err, shared.Close()); done || err != nil {
		return err
	}

	cfg := d.pool.Config()
	for name := range d.bounds.settings() { // a migration takes as long as it takes
		delete(cfg.ConnConfig.RuntimeParams, name)
	}
	cfg.MaxConns, cfg.MinConns, cfg.MinIdleConns = 3, 0, 0 // the lock's, goose's, the job queue's
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer pool.Close()
	return pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{BeginQuery: "begin; set local idle_in_transaction_session_timeout = 0"}, func(tx pgx.Tx) (err error) {
		if err := m.lockPostgres(ctx, tx); err != nil {
			return err
		}
		db := stdlib.OpenDBFromPool(pool)
		defer func() { err = errors.Join(err, db.Close()) }()
		if err := m.up(ctx, PostgreSQL, db); err != nil {
			return err
		}
		return migrateJobs(ctx, riverpgxv5.New(pool))
	})
}

// Check implements DB.
func (d *postgresDB) Check(ctx context.Context, m Migrations) (err error) {
	defer func() { err = d.classify(err) }()
	switch holds, err := d.inspect(ctx); {
	case err != nil:
		return err
	case holds == holdsForeign:
		return ErrForeign
	case holds == holdsNothing:
		return ErrNothing
	}
	db := stdlib.OpenDBFromPool(d.pool)
	defer func() { err = errors.Join(err, db.Close()) }()
	done, err := isDone(ctx, m, PostgreSQL, db, riverpgxv5.New(d.pool))
	if err == nil && !done {
		err = m.refuseVersion(ctx, PostgreSQL, db)
	}
	return err
}

// lockPostgres waits until tx alone may migrate, for a bounded time.
func (m Migrations) lockPostgres(ctx context.Context, tx pgx.Tx) error {
	var locked bool
	if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1)`, int64(migrationLock)).Scan(&locked); err != nil || locked {
		return err
	}
	patience := m.Patience
	if patience == 0 {
		patience = migrationPatience
	}
	who := migrationHolder(ctx, tx)
	if m.Waiting != nil {
		m.Waiting(fmt.Sprintf("waiting up to %s for another program that migrates the database: %s", patience, who))
	}
	if _, err := tx.Exec(ctx, fmt.Sprintf(`SET LOCAL lock_timeout = %d`, patience.Milliseconds())); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(migrationLock))
	if isPgError(err, "55P03") {
		return &UnavailableError{Reason: fmt.Sprintf("another program has been migrating the database for over %s: %s", patience, who), RetryAfter: patience, Err: err}
	}
	return err
}

// migrationHolder says who holds the lock.
func migrationHolder(ctx context.Context, tx pgx.Tx) string {
	var process int32
	var name, from string
	err := tx.QueryRow(ctx, `SELECT a.pid, a.application_name, COALESCE(host(a.client_addr), 'this machine') FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
		WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objid = $1 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
		LIMIT 1`, int64(migrationLock)).Scan(&process, &name, &from)
	if err != nil {
		return "it has just ended"
	}
	return fmt.Sprintf("process %d of PostgreSQL, %q from %s; where none migrates any more, SELECT pg_terminate_backend(%[1]d) ends it", process, name, from)
}
