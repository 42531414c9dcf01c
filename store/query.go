package store

import (
	"context"
	"errors"

	"sirocco/database"
	"sirocco/hub"
)

// write runs fn in a transaction and returns once that is durable, or has left no trace; see database.DB.
func (s *Store) write(ctx context.Context, fn func(Tx) error) error {
	if tx := within(ctx); tx != nil {
		return domainError(fn(tx))
	}
	return domainError(s.db.Write(ctx, fn))
}

// writeOne is write for an fn that changes something with one statement at most.
func (s *Store) writeOne(ctx context.Context, fn func(Tx) error) error {
	if tx := within(ctx); tx != nil {
		return domainError(fn(tx))
	}
	return domainError(s.db.WriteOne(ctx, fn))
}

// queryOne runs a query of at most one row and scans it; it returns hub.ErrNotFound where there is none.
func queryOne[T any](ctx context.Context, q database.Querier, scan func(database.Row) (T, error), query string, args ...any) (T, error) {
	if tx := within(ctx); tx != nil {
		q = tx
	}
	v, err := database.QueryOne(ctx, q, scan, query, args...)
	return v, domainError(err)
}

// queryAll runs a query, which must have its own LIMIT or be bounded by a key, and scans all rows.
func queryAll[T any](ctx context.Context, q database.Querier, scan func(database.Row) (T, error), query string, args ...any) ([]T, error) {
	if tx := within(ctx); tx != nil {
		q = tx
	}
	all, err := database.QueryAll(ctx, q, scan, query, args...)
	return all, domainError(err)
}

// queryAny reports whether a query of a number, which must end at its first row, has one.
func queryAny(ctx context.Context, q database.Querier, query string, args ...any) (bool, error) {
	found, err := queryAll(ctx, q, scanCount, query, args...)
	return len(found) > 0, err
}

// domainError turns an error of the database into the one of the domain that says the same to a client.
func domainError(err error) error {
	if errors.Is(err, database.ErrNotFound) {
		return hub.ErrNotFound
	}
	if u, ok := errors.AsType[*database.UnavailableError](err); ok {
		return &hub.UnavailableError{Reason: u.Reason, RetryAfter: u.RetryAfter, OutcomeUnknown: u.OutcomeUnknown, Err: u.Err}
	}
	return err
}

// requireAffected is the error of a statement that has to change a row: err, or none where it changed no row.
func requireAffected(n int64, err, none error) error {
	if err == nil && n == 0 {
		return none
	}
	return err
}
