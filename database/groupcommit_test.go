package database

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// newGroup opens a file with one table, and a writer for it.
func newGroup(t *testing.T) *groupCommit {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "g.db")+"?_journal_mode=WAL&_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE TABLE numbers (n INTEGER PRIMARY KEY)`); err != nil {
		t.Fatal(err)
	}
	g := newGroupCommit(&statements{db: db}, func() {})
	t.Cleanup(func() {
		g.close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

func insert(ctx context.Context, n int) func(Tx) error {
	return func(tx Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO numbers (n) VALUES ($1)`, n)
		return err
	}
}

func (g *groupCommit) numbers(t *testing.T) map[int]bool {
	t.Helper()
	all := map[int]bool{}
	rows, err := g.stmts.db.Query(`SELECT n FROM numbers`)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		all[n] = true
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestGroupSharesACommit holds the writer back until many writes wait, some of them bad: the good ones
// are in, each bad one failed alone.
func TestGroupSharesACommit(t *testing.T) {
	g := newGroup(t)
	ctx := context.Background()
	hold, held := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		_ = g.write(ctx, func(Tx) error {
			close(held)
			<-hold
			return nil
		})
	})
	<-held
	const writes = 60
	answers := make([]error, writes)
	gone, cancel := context.WithCancel(ctx)
	for i := range writes {
		all.Go(func() {
			switch i % 6 {
			case 0:
				answers[i] = g.write(ctx, insertThen(ctx, i, errors.New("thought better of it")))
			case 1:
				answers[i] = g.write(ctx, func(tx Tx) error {
					_ = insert(ctx, i)(tx)
					panic("a bug")
				})
			case 2:
				answers[i] = g.write(gone, insert(ctx, i))
			default:
				answers[i] = g.write(ctx, insert(ctx, i))
			}
		})
	}
	for len(g.queue) < writes {
		runtime.Gosched() // until all are in line
	}
	cancel()
	close(hold)
	all.Wait()
	in := g.numbers(t)
	for i, err := range answers {
		want := [...]string{"thought better", "a bug", "canceled", "", "", ""}[i%6]
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("write %d answered %v", i, err)
		}
		if in[i] != (err == nil) {
			t.Errorf("write %d answered %v, and is in: %t", i, err, in[i])
		}
	}
}

func insertThen(ctx context.Context, n int, err error) func(Tx) error {
	return func(tx Tx) error { return errors.Join(insert(ctx, n)(tx), err) }
}

// TestGroupFailsTogether breaks the transaction under a group, as a full disk does: nobody is told that a write is in, nor is told of
// another's that what it is about is not there.
func TestGroupFailsTogether(t *testing.T) {
	g := newGroup(t)
	ctx := context.Background()
	hold, held := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() { _ = g.write(ctx, func(Tx) error { close(held); <-hold; return nil }) })
	<-held
	answers := make([]error, 10)
	for i := range answers {
		all.Go(func() {
			answers[i] = g.write(ctx, func(tx Tx) error {
				if err := insert(ctx, i)(tx); err != nil || i != 5 {
					return err
				}
				_, err := tx.Exec(ctx, `ROLLBACK`)
				return errors.Join(err, ErrNotFound)
			})
		})
	}
	for len(g.queue) < len(answers) {
		runtime.Gosched()
	}
	close(hold)
	all.Wait()
	in := g.numbers(t)
	for i, err := range answers {
		if err == nil && !in[i] {
			t.Errorf("write %d was acknowledged and is not in", i)
		}
		if errors.Is(err, ErrNotFound) != (i == 5) {
			t.Errorf("write %d is told %v", i, err)
		}
	}
	if err := g.write(ctx, insert(ctx, 99)); err != nil {
		t.Errorf("the writer did not recover: %v", err)
	}
}

// TestGroupClose finishes what waits, and refuses what comes later.
func TestGroupClose(t *testing.T) {
	g := newGroup(t)
	ctx := context.Background()
	answers := make([]error, 50)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = g.write(ctx, insert(ctx, i)) })
	}
	g.close()
	all.Wait()
	in := g.numbers(t)
	for i, err := range answers {
		if in[i] != (err == nil) || err != nil && !errors.Is(err, ErrClosed) {
			t.Errorf("write %d answered %v, and is in: %t", i, err, in[i])
		}
	}
	if err := g.write(ctx, insert(ctx, 99)); !errors.Is(err, ErrClosed) {
		t.Errorf("after close it answers %v", err)
	}
}
