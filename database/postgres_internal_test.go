package database

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sync/semaphore"
)

// lockTx is a transaction of PostgreSQL in which the lock of migrations is asked for, be it free or not. Nobody is known to have it, and waiting
// for it fails. It keeps what is done.
type lockTx struct {
	pgx.Tx
	free bool
	err  error
	did  []string
}

// row is an answer that is scanned by itself.
type row func(to ...any) error

func (r row) Scan(to ...any) error { return r(to...) }

func (t *lockTx) QueryRow(_ context.Context, query string, _ ...any) pgx.Row {
	return row(func(to ...any) error {
		if query != `SELECT pg_try_advisory_xact_lock($1)` {
			return pgx.ErrNoRows
		}
		*to[0].(*bool) = t.free
		return nil
	})
}

func (t *lockTx) Exec(_ context.Context, statement string, _ ...any) (pgconn.CommandTag, error) {
	t.did = append(t.did, statement)
	if statement == `SELECT pg_advisory_xact_lock($1)` {
		return pgconn.CommandTag{}, t.err
	}
	return pgconn.CommandTag{}, nil
}

// TestPatienceWithAnotherMigration waits for the lock of migrations as long as it is told to, or else for five minutes, and says so; a lock that
// is free is not waited for. Without a PostgreSQL, as nobody waits for five minutes.
func TestPatienceWithAnotherMigration(t *testing.T) {
	busy := &pgconn.PgError{Code: "55P03"}
	for _, c := range []struct {
		patience time.Duration
		free     bool
		want     []string
		err      error
	}{
		{0, true, nil, nil},
		{
			0, false, []string{"waiting up to 5m0s for another program that migrates the database: it has just ended", "SET LOCAL lock_timeout = 300000", "SELECT pg_advisory_xact_lock($1)"},
			&UnavailableError{Reason: "another program has been migrating the database for over 5m0s: it has just ended", RetryAfter: 5 * time.Minute, Err: busy},
		},
		{
			1500 * time.Millisecond, false,
			[]string{"waiting up to 1.5s for another program that migrates the database: it has just ended", "SET LOCAL lock_timeout = 1500", "SELECT pg_advisory_xact_lock($1)"},
			&UnavailableError{Reason: "another program has been migrating the database for over 1.5s: it has just ended", RetryAfter: 1500 * time.Millisecond, Err: busy},
		},
	} {
		tx := &lockTx{free: c.free, err: busy}
		m := Migrations{Patience: c.patience, Waiting: func(sentence string) { tx.did = append(tx.did, sentence) }}
		err := m.lockPostgres(t.Context(), tx)
		if diff := cmp.Diff(c.want, tx.did) + cmp.Diff(c.err, err); diff != "" {
			t.Errorf("with a patience of %s, the lock free: %t:\n%s", c.patience, c.free, diff)
		}
	}
}

// TestWritesBesideOthers has one connection that may write: who waits in vain for it is told so, and one who went meanwhile that they went.
func TestWritesBesideOthers(t *testing.T) {
	d := &postgresDB{writes: semaphore.NewWeighted(1), bounds: postgresBounds{lock: time.Hour}}
	done, err := d.beginWriting(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := d.beginWriting(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("one who went is told: %v", err)
	}
	d.bounds.lock = 0
	used := &UnavailableError{Reason: "all connections to PostgreSQL that write are in use", RetryAfter: time.Second, Err: context.DeadlineExceeded}
	if _, err := d.beginWriting(t.Context()); !reflect.DeepEqual(err, error(used)) {
		t.Errorf("one who waited in vain is told: %#v, want %#v", err, used)
	}
	done()
	d.bounds.lock = time.Hour
	if done, err = d.beginWriting(t.Context()); err != nil {
		t.Fatalf("once it is free: %v", err)
	}
	done()
}

// brokenTx is a transaction of PostgreSQL in which a query fails, and so does a batch.
type brokenTx struct {
	pgx.Tx
	query, batch error
}

func (t brokenTx) Query(context.Context, string, ...any) (pgx.Rows, error) { return nil, t.query }

func (t brokenTx) SendBatch(context.Context, *pgx.Batch) pgx.BatchResults {
	return brokenBatch{err: t.batch}
}

type brokenBatch struct {
	pgx.BatchResults
	err error
}

func (b brokenBatch) Close() error { return b.err }

// TestQueriesThatFail has a query fail, or what was to be sent before it: neither has rows, and the error is that one.
func TestQueriesThatFail(t *testing.T) {
	query, batch := errors.New("the query failed"), errors.New("the batch failed")
	tx := postgresTx{brokenTx{query: query, batch: batch}, time.Hour, &pgx.Batch{}}
	for i, want := range []error{query, batch, query} { // what was sent before is not sent again
		if i == 1 {
			if err := tx.Later(t.Context(), `DELETE FROM pets`); err != nil {
				t.Fatal(err)
			}
		}
		if rows, err := tx.query(t.Context(), `SELECT 1`); rows != nil || !errors.Is(err, want) {
			t.Errorf("%v, %v, want %v", rows, err, want)
		}
	}
}
