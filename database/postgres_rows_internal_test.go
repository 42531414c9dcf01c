package database

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// brokenRows are rows whose reading ended with an error, or well.
type brokenRows struct {
	pgx.Rows
	err    error
	closed *bool
}

func (r brokenRows) Close() { *r.closed = true }

func (r brokenRows) Err() error { return r.err }

// TestRowsThatEnd are closed by closing them, once and for all, and say what they ended with.
func TestRowsThatEnd(t *testing.T) {
	for _, want := range []error{nil, errors.New("the server is gone")} {
		closed, ended := false, 0
		rows := pgxRows{brokenRows{err: want, closed: &closed}, func() { ended++ }}
		if err := rows.Close(); !errors.Is(err, want) || !closed || ended != 1 {
			t.Errorf("%v: closed %v, ended %d times, and want %v", err, closed, ended, want)
		}
		one := &oneRows{pgxRows{brokenRows{err: want, closed: &closed}, func() { ended++ }}}
		var lost *outcomeError
		if err := one.Close(); !errors.Is(err, want) || errors.As(err, &lost) != (want != nil) || ended != 2 {
			t.Errorf("a statement of its own: %v, ended %d times, and want %v", err, ended, want)
		}
	}
}

// TestAStatementWithoutAConnection fails as getting one does: it has no rows, and changed nothing.
func TestAStatementWithoutAConnection(t *testing.T) {
	pool, err := pgxpool.New(t.Context(), "postgres://nobody@127.0.0.1:1/none")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	one := postgresOne{&postgresDB{pool: pool, bounds: postgresBounds{lock: time.Hour, answer: time.Hour}}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if rows, err := one.query(ctx, `SELECT 1`); rows != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", rows, err)
	}
}

// TestWhatPostgresRefusesIsSaid tells what a server says that cannot serve now, and when it is worth another attempt; any other error stays as it is.
func TestWhatPostgresRefusesIsSaid(t *testing.T) {
	const passing = "the PostgreSQL server cannot serve now (it is odd)"
	for code, want := range map[string]struct {
		reason string
		after  time.Duration
	}{
		"28P01": {"the PostgreSQL server does not let this user in", 10 * time.Second},
		"28000": {"the PostgreSQL server does not let this user in", 10 * time.Second},
		"3D000": {"the PostgreSQL server has no such database", 10 * time.Second},
		"53100": {"the disk of the PostgreSQL server is full", 10 * time.Second},
		"53300": {"the PostgreSQL server has no connection left", time.Second},
		"57014": {"the PostgreSQL server took too long over a statement", 5 * time.Second},
		"55P03": {"another transaction has locked what is asked for in PostgreSQL", 5 * time.Second},
		"25006": {"the PostgreSQL server is read-only", 2 * time.Second},
		"25P03": {"the PostgreSQL server ended a transaction that took too long", time.Second},
		"25P04": {"the PostgreSQL server ended a transaction that took too long", time.Second},
		"53200": {passing, time.Second}, "57P01": {passing, time.Second}, "08006": {passing, time.Second}, "58030": {passing, time.Second},
		"40001": {passing, time.Second}, "40P01": {passing, time.Second},
		"42601": {}, "23505": {},
	} {
		said := &pgconn.PgError{Code: code, Message: "it is odd"}
		err := (&postgresDB{}).classify(said)
		unavailable, ok := errors.AsType[*UnavailableError](err)
		if !errors.Is(err, said) || ok != (want.reason != "") || ok && (unavailable.Reason != want.reason || unavailable.RetryAfter != want.after || unavailable.OutcomeUnknown) {
			t.Errorf("%s: %+v", code, err)
		}
	}
}
