package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"modernc.org/sqlite"
)

// groupCommitMost bounds how many writes share one commit, and with it how long the first of them waits.
const groupCommitMost = 256

// groupCommit owns SQLite's writing connection. It takes all writes that wait, runs each in a savepoint
// of one transaction, commits once, and answers all: the price of a durable commit is shared.
type groupCommit struct {
	stmts *statements
	// idle is called after writes, once none has come for groupCommitIdle.
	idle  func()
	queue chan *groupWrite
	// closing guards queue against a write that comes while close runs.
	closing sync.RWMutex
	closed  bool
	done    chan struct{}
}

type groupWrite struct {
	ctx    context.Context //nolint:containedctx // the caller waits for exactly this write
	fn     func(Tx) error
	answer chan error
}

// groupCommitIdle is how long no write comes before the writer tidies up.
const groupCommitIdle = time.Second

func newGroupCommit(stmts *statements, idle func()) *groupCommit {
	g := &groupCommit{stmts: stmts, idle: idle, queue: make(chan *groupWrite, groupCommitMost), done: make(chan struct{})}
	go g.run()
	return g
}

// write hands fn to the writer and waits for its commit. Once handed over it is waited for whatever
// becomes of ctx, so that the caller never believes that a write did not happen which did.
func (g *groupCommit) write(ctx context.Context, fn func(Tx) error) error {
	w := &groupWrite{ctx: ctx, fn: fn, answer: make(chan error, 1)}
	if err := g.enqueue(w); err != nil {
		return err
	}
	return <-w.answer
}

func (g *groupCommit) enqueue(w *groupWrite) error {
	g.closing.RLock()
	defer g.closing.RUnlock()
	if g.closed {
		return ErrClosed
	}
	select {
	case g.queue <- w:
		return nil
	case <-w.ctx.Done():
		return w.ctx.Err()
	}
}

// close lets the waiting writes finish and stops the writer.
func (g *groupCommit) close() {
	g.closing.Lock()
	if !g.closed {
		g.closed = true
		close(g.queue)
	}
	g.closing.Unlock()
	<-g.done
}

func (g *groupCommit) run() {
	defer close(g.done)
	group := make([]*groupWrite, 0, groupCommitMost)
	pause := time.NewTimer(groupCommitIdle)
	defer pause.Stop()
	for {
		var first *groupWrite
		select {
		case <-pause.C:
			g.idle()
			continue
		case first = <-g.queue:
		}
		if first == nil { // closed
			return
		}
		group = append(group[:0], first)
		for len(group) < groupCommitMost {
			select {
			case w, ok := <-g.queue:
				if ok {
					group = append(group, w)
					continue
				}
			default:
			}
			break
		}
		g.commit(group)
		pause.Reset(groupCommitIdle)
	}
}

// commit runs the group in one transaction and answers each of its writes.
func (g *groupCommit) commit(group []*groupWrite) {
	ctx := context.Background() // a caller that went away must not take the group's transaction with it
	answers := make([]error, len(group))
	err := g.transact(ctx, group, answers)
	for i, w := range group {
		if answers[i] == nil {
			answers[i] = err
		}
		w.answer <- answers[i]
	}
}

// transact fills answers with the errors of single writes; its own error is that of all others.
func (g *groupCommit) transact(ctx context.Context, group []*groupWrite, answers []error) error {
	sqlTx, err := g.stmts.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = sqlTx.Rollback() }() // of what was not committed; each write has its own error
	tx := &sqliteTx{tx: sqlTx, shared: g.stmts, local: map[string]*sql.Stmt{}}
	committable := false
	for i, w := range group {
		if err := w.ctx.Err(); err != nil {
			answers[i] = err
			continue
		}
		if len(group) == 1 {
			answers[i] = guarded(w.fn, tx)
			committable = answers[i] == nil
			break
		}
		if _, err := tx.Exec(ctx, "SAVEPOINT one"); err != nil {
			return err
		}
		answers[i] = guarded(w.fn, tx)
		if answers[i] != nil {
			// On a full disk and its like SQLite has already rolled back everything; then this fails, and so
			// does every write of the group: none of them is durable.
			if _, err := tx.Exec(ctx, "ROLLBACK TO one"); err != nil {
				if trouble, ok := errors.AsType[*sqlite.Error](answers[i]); ok {
					return trouble
				}
				return fmt.Errorf("undo a write that failed beside this one: %w", err) // why that failed says nothing of this one
			}
		} else {
			committable = true
		}
		if _, err := tx.Exec(ctx, "RELEASE one"); err != nil {
			return err
		}
	}
	if !committable {
		return nil
	}
	if err := sqlTx.Commit(); err != nil {
		// After a failed COMMIT SQLite's transaction may still be open, and database/sql no longer ends it.
		_, _ = g.stmts.db.ExecContext(ctx, "ROLLBACK")
		return fmt.Errorf("commit: %w", err)
	}
	for _, query := range tx.fresh {
		_, _ = g.stmts.prepare(ctx, query) // only speed is lost: the next transaction prepares it for itself
	}
	return nil
}

// guarded runs fn and turns a panic into an error, so that one bad write cannot end the writer.
func guarded(fn func(Tx) error, tx Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a write: %v\n%s", p, debug.Stack())
		}
	}()
	return fn(tx)
}
