package database

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgresTries bounds how often a write is run again that PostgreSQL gave up to let another pass.
const postgresTries = 5

func (d *postgresDB) Write(ctx context.Context, fn func(Tx) error) error {
	if d.refusesWrites {
		return ErrReadOnly
	}
	for try := 1; ; try++ {
		err := d.transact(ctx, fn)
		again := isPgError(err, "40001", "40P01") || // serialization failure, deadlock
			isPgError(err, "25006") && d.becameReadOnly()
		if !again || try == postgresTries {
			return d.classify(err)
		}
	}
}

// transact runs fn in a transaction. An error that comes after the commit was sent, and does not say what became of it,
// is an *outcomeError.
func (d *postgresDB) transact(ctx context.Context, fn func(Tx) error) error {
	done, err := d.beginWriting(ctx)
	if err != nil {
		return err
	}
	defer done()
	conn, err := d.acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	tx, err := d.beginOn(ctx, conn)
	if err != nil {
		return err
	}
	defer func() { // does nothing once the commit was sent; also where fn panics
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.bounds.answer)
		defer cancel()
		_ = tx.Rollback(ctx) // a connection that cannot roll back is closed, and with it the transaction
	}()
	own := postgresTx{tx, d.bounds.answer, &pgx.Batch{}}
	if err := fn(own); err != nil {
		return err
	}
	if err := own.sendLater(ctx); err != nil {
		return err
	}
	// Without the caller's cancellation, which would leave open what became of it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.bounds.answer)
	defer cancel()
	if err := tx.Commit(ctx); err != nil {
		return commitError(err)
	}
	d.readOnly.Store(false)
	return nil
}

// beginWriting waits until a write may have a connection: some of the pool are for reads alone, which never wait for
// writes that wait for each other's locks.
func (d *postgresDB) beginWriting(ctx context.Context) (done func(), err error) {
	waiting, cancel := context.WithTimeout(ctx, d.bounds.lock)
	defer cancel()
	if err := d.writes.Acquire(waiting, 1); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &UnavailableError{Reason: "all connections to PostgreSQL that write are in use", RetryAfter: time.Second, Err: err}
	}
	return func() { d.writes.Release(1) }, nil
}

// writersOf is how many of a pool's connections may write at the same time.
func writersOf(connections int32) int64 { return int64(max(1, connections-max(1, connections/4))) }

func (d *postgresDB) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	waiting, cancel := context.WithTimeout(ctx, d.bounds.lock)
	defer cancel()
	conn, err := d.pool.Acquire(waiting)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil && d.pool.Stat().AcquiredConns() >= d.pool.Config().MaxConns {
		return nil, &UnavailableError{Reason: "all connections to PostgreSQL are in use", RetryAfter: time.Second, Err: err}
	}
	return conn, err
}

func (d *postgresDB) beginOn(ctx context.Context, conn *pgxpool.Conn) (pgx.Tx, error) {
	ctx, cancel := context.WithTimeout(ctx, d.bounds.answer)
	defer cancel()
	return conn.BeginTx(ctx, pgx.TxOptions{BeginQuery: d.begin})
}

// outcomeError is a commit, or a statement that is a transaction of its own, that was sent and whose answer did not come.
type outcomeError struct{ error }

func (e *outcomeError) Unwrap() error { return e.error }

// commitError tells the errors that leave open what became of a commit from those that say that it was not done.
func commitError(err error) error {
	if errors.Is(err, pgx.ErrTxCommitRollback) || pgconn.SafeToRetry(err) {
		return err
	}
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok && !strings.HasPrefix(pe.Code, "57P") && !strings.HasPrefix(pe.Code, "08") {
		return err
	}
	return &outcomeError{err}
}

// WriteOne spares the round trips of BEGIN and COMMIT: a statement alone is a transaction of its own. Behind a pooler,
// where only a transaction can have bounds, it is Write.
func (d *postgresDB) WriteOne(ctx context.Context, fn func(Tx) error) error {
	if d.pooled || d.refusesWrites {
		return d.Write(ctx, fn)
	}
	for try := 1; ; try++ {
		err := fn(postgresOne{d})
		if err == nil {
			d.readOnly.Store(false)
		}
		if !isPgError(err, "25006") || !d.becameReadOnly() || try == postgresTries {
			return d.classify(err)
		}
	}
}

// postgresTx runs statements in a transaction.
type postgresTx struct {
	tx     pgx.Tx
	answer time.Duration
	// later are statements that are not sent yet.
	later *pgx.Batch
}

func (t postgresTx) Later(_ context.Context, query string, args ...any) error {
	t.later.Queue(query, args...)
	return nil
}

// sendLater sends what waits to be sent.
func (t postgresTx) sendLater(ctx context.Context) error {
	if t.later.Len() == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, t.answer)
	defer cancel()
	sent := *t.later
	*t.later = pgx.Batch{}
	return t.tx.SendBatch(ctx, &sent).Close()
}

func (t postgresTx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if err := t.sendLater(ctx); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, t.answer)
	defer cancel()
	tag, err := t.tx.Exec(ctx, query, args...)
	return tag.RowsAffected(), err
}

func (t postgresTx) query(ctx context.Context, query string, args ...any) (rows, error) {
	if err := t.sendLater(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, t.answer)
	rs, err := t.tx.Query(ctx, query, args...)
	if err != nil {
		cancel()
		return nil, err
	}
	return pgxRows{rs, cancel}, nil
}

func (t postgresTx) Native() any { return t.tx }

func (t postgresTx) Dialect() Dialect { return PostgreSQL }

func (t postgresTx) classify(err error) error { return err }

// postgresOne runs each statement for itself on the pool.
type postgresOne struct{ db *postgresDB }

func (t postgresOne) Exec(ctx context.Context, query string, args ...any) (affected int64, err error) {
	rs, err := t.query(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	if err := rs.Close(); err != nil {
		return 0, err
	}
	return rs.(*oneRows).CommandTag().RowsAffected(), nil
}

func (t postgresOne) query(ctx context.Context, query string, args ...any) (rows, error) {
	conn, err := t.db.acquire(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.db.bounds.answer)
	rs, err := conn.Query(ctx, query, args...)
	end := func() { cancel(); conn.Release() }
	if err != nil {
		end()
		return nil, commitError(err)
	}
	return &oneRows{pgxRows{rs, end}}, nil
}

func (t postgresOne) Later(ctx context.Context, query string, args ...any) error {
	_, err := t.Exec(ctx, query, args...)
	return err
}

func (t postgresOne) Native() any { return t.db.pool }

func (t postgresOne) Dialect() Dialect { return PostgreSQL }

func (t postgresOne) classify(err error) error { return err }

// pgxRows gives pgx's rows the Close of database/sql's. It calls end when they are closed.
type pgxRows struct {
	pgx.Rows
	end func()
}

func (r pgxRows) Close() error {
	r.Rows.Close()
	r.end()
	return r.Err()
}

// oneRows are those of a statement that is a transaction of its own.
type oneRows struct{ pgxRows }

func (r *oneRows) Err() error {
	if err := r.pgxRows.Err(); err != nil {
		return commitError(err)
	}
	return nil
}

func (r *oneRows) Close() error {
	_ = r.pgxRows.Close()
	return r.Err()
}
