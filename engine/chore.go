package engine

import (
	"context"
	"errors"
	"time"
)

// do does a round of something, and reports whether there is more to do and whether it failed, which it logs, a panic with its stack.
func (e *Engine) do(ctx context.Context, what string, round func(context.Context) (more bool, err error)) (more, failed bool) {
	err := caught("the engine", func() (err error) {
		more, err = round(ctx)
		return err
	})
	if err == nil || errors.Is(err, errChoreFailed) {
		return more, err != nil
	}
	if ctx.Err() == nil {
		e.complain(what, err)
	}
	return false, true // whatever is left is tried again later
}

// complainEvery is how often it is logged of each thing that the engine cannot do it.
const complainEvery = time.Minute

// complain logs why the engine cannot do something: once in complainEvery, not four times a second.
func (e *Engine) complain(what string, err error) {
	now := time.Now()
	if before, ok := e.complained.Load(what); ok && now.Sub(before.(time.Time)) < complainEvery {
		return
	}
	e.complained.Store(what, now)
	if p, ok := errors.AsType[*panicError](err); ok {
		err = p // with its stack
	}
	e.Logger.Error("the engine cannot "+what, "error", err)
}

// chore is something that is done a slice at a time.
type chore struct {
	what  string
	slice func(context.Context) (more bool, err error)
}

// choreRest is how long a chore that failed is left alone while others go on.
const choreRest = 4 * pollEvery

// doAll does a slice of each chore, whatever becomes of the others.
func (e *Engine) doAll(ctx context.Context, chores []chore) (more bool, err error) {
	for _, c := range chores {
		if at, ok := e.failedAt.Load(c.what); ok && time.Since(at.(time.Time)) < choreRest {
			err = errChoreFailed
			continue
		}
		some, failed := e.do(ctx, c.what, c.slice)
		more = more || some
		if failed {
			e.failedAt.Store(c.what, time.Now())
			err = errChoreFailed
		}
	}
	return more, err
}

// errChoreFailed is of a chore that was complained of.
var errChoreFailed = errors.New("not all of it can be done")

func (e *Engine) tidy(ctx context.Context) (bool, error) {
	return e.doAll(ctx, []chore{
		{"end runs that nothing works on", func(ctx context.Context) (bool, error) {
			ended, err := e.Store.EndForgottenRuns(ctx)
			return ended > 0, err
		}},
		{"forget old requests to CRMs", e.Store.PurgeCRMRequests},
		{"forget old entries", e.Store.PurgeOldEntries},
	})
}

func (e *Engine) purge(ctx context.Context) (bool, error) {
	more, err := e.doAll(ctx, []chore{
		{"go on with switching an organization's work", e.Store.SwitchWork},
		{"go on with moving references", e.Store.MoveReferences},
		{"go on with touching recordings", e.Store.TouchRecordings},
		{"go on with purging connections", e.Store.Purge},
		{"go on with purging events", e.Store.PurgeEvents},
		{"go on with purging utterances", e.Store.PurgeUtterances},
	})
	if more {
		return true, err
	}
	more, failed := e.do(ctx, "give room back to the disk", e.Store.Shrink)
	if failed {
		err = errChoreFailed
	}
	return more, err
}
