package database

import (
	"context"
	"strings"
)

// Intercept returns db with before called ahead of each statement, within transactions and outside of them, again ahead of each row of a
// SELECT, and with Commit at the end of each transaction. Where before returns an error, the statement fails with it. It is for tests of
// what a statement that fails leaves behind.
func Intercept(db DB, before func(ctx context.Context, query string) error) DB {
	return &interceptedDB{db, before}
}

// interceptor is what Intercept is given.
type interceptor func(ctx context.Context, query string) error

// Commit is what Intercept shows at the end of a transaction. On PostgreSQL a WriteOne is committed by then.
const Commit = "COMMIT"

type interceptedDB struct {
	DB
	before interceptor
}

func (d *interceptedDB) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if err := d.before(ctx, query); err != nil {
		return 0, err
	}
	return d.DB.Exec(ctx, query, args...)
}

func (d *interceptedDB) query(ctx context.Context, query string, args ...any) (rows, error) {
	if err := d.before(ctx, query); err != nil {
		return nil, err
	}
	return interceptRows(ctx, d.DB, d.before, query, args)
}

func (d *interceptedDB) Write(ctx context.Context, fn func(Tx) error) error {
	return d.DB.Write(ctx, d.transaction(ctx, fn))
}

func (d *interceptedDB) WriteOne(ctx context.Context, fn func(Tx) error) error {
	return d.DB.WriteOne(ctx, d.transaction(ctx, fn))
}

func (d *interceptedDB) transaction(ctx context.Context, fn func(Tx) error) func(Tx) error {
	return func(tx Tx) error {
		if err := fn(&interceptedTx{tx, d.before}); err != nil {
			return err
		}
		return d.before(ctx, Commit)
	}
}

type interceptedTx struct {
	Tx
	before interceptor
}

func (t *interceptedTx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if err := t.before(ctx, query); err != nil {
		return 0, err
	}
	return t.Tx.Exec(ctx, query, args...)
}

func (t *interceptedTx) Later(ctx context.Context, query string, args ...any) error {
	if err := t.before(ctx, query); err != nil {
		return err
	}
	return t.Tx.Later(ctx, query, args...)
}

func (t *interceptedTx) query(ctx context.Context, query string, args ...any) (rows, error) {
	if err := t.before(ctx, query); err != nil {
		return nil, err
	}
	return interceptRows(ctx, t.Tx, t.before, query, args)
}

type interceptedRows struct {
	rows
	ctx    context.Context //nolint:containedctx // of the query, whose rows these are
	query  string
	before interceptor
}

func interceptRows(ctx context.Context, q Querier, before interceptor, query string, args []any) (rows, error) {
	rs, err := q.query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(query, "SELECT") { // what a single statement changes, a row of its answer does not undo
		return rs, nil
	}
	return &interceptedRows{rs, ctx, query, before}, nil
}

func (r *interceptedRows) Scan(dest ...any) error {
	if err := r.before(r.ctx, r.query); err != nil {
		return err
	}
	return r.rows.Scan(dest...)
}
