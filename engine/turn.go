package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

// turn is one job's work on one connection: some pages of its models, for about a slice of time.
type turn struct {
	engine  *Engine
	sched   store.Schedule
	conn    hub.Connection
	started time.Time
	log     *slog.Logger

	connector connector.Connector
	session   *session
	states    map[hub.Model]*store.SyncState
	// pending is what was done and is not yet in the run's row.
	pending store.RunTotals
	// failed is the first error of a model in this run.
	failed error
}

// errGiveWay ends a turn whose slice is over.
var errGiveWay = errors.New("the slice is over")

func (t *turn) run(ctx context.Context) error {
	t.engine.measures.turns.Inc()
	defer t.engine.measures.turns.Dec()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		t.watch(ctx, cancel)
	}()
	err := t.sync(ctx)
	if cause := context.Cause(ctx); cause != nil && err != nil {
		err = cause
	}
	cancel(nil)
	<-watched
	return t.end(context.WithoutCancel(ctx), err)
}

// watch keeps the turn alive, and ends it when the connection is paused, deleted or given to another job,
// even while the vendor lets it wait.
func (t *turn) watch(ctx context.Context, cancel context.CancelCauseFunc) {
	ticker := time.NewTicker(watch)
	defer ticker.Stop()
	renewed := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		var err error
		if time.Since(renewed) >= renewal {
			err = t.engine.Store.RenewTurn(ctx, t.sched, turnLease)
			renewed = time.Now()
		} else {
			err = t.engine.Store.CheckTurn(ctx, t.sched)
		}
		if errors.Is(err, hub.ErrPaused) || errors.Is(err, hub.ErrNotFound) || errors.Is(err, store.ErrTurnOver) {
			cancel(err)
			return
		}
	}
}

// sync goes through the models in order. What fails one of them does not stop the others.
func (t *turn) sync(ctx context.Context) error {
	var ok bool
	if t.connector, ok = t.engine.Connectors[t.conn.Platform]; !ok {
		return fmt.Errorf("no connector for %s", t.conn.Platform)
	}
	states, err := t.engine.Store.SyncStates(ctx, t.conn.OrganizationID, t.conn.ID)
	if err != nil {
		return err
	}
	t.states = make(map[hub.Model]*store.SyncState, len(states))
	for i := range states {
		t.states[states[i].Model] = &states[i]
	}
	if t.session, err = t.engine.open(ctx, t.connector, t.conn); err != nil {
		return err
	}
	t.session.transport.notice = func(wait time.Duration) { t.noteWait(ctx, wait) }
	for _, info := range t.connector.Info().Models {
		st := t.states[info.Model]
		if st == nil {
			st = &store.SyncState{Model: info.Model}
			t.states[info.Model] = st
		}
		if st.PassedRun == t.sched.RunID {
			t.remember(st.Failed)
			continue
		}
		m := &modelSync{turn: t, info: info, st: *st, status: t.statusOf(info.Model)}
		if err := m.run(ctx); err != nil {
			if stop := t.modelFailed(ctx, m, err); stop != nil {
				return stop
			}
		}
	}
	return nil
}

// rateLimit is what a connection says that it does while a rate limit is waited for.
const rateLimit = "waits for the CRM's rate limit"

// noteWait lets the connection say that it waits. Nothing but the sentence is lost where it cannot be noted.
func (t *turn) noteWait(ctx context.Context, wait time.Duration) {
	if err := t.engine.Store.NoteWait(ctx, t.sched, rateLimit, t.engine.Clock().Add(wait)); err != nil {
		t.log.Debug("a wait was not noted", "error", err)
	}
}

func (t *turn) statusOf(model hub.Model) hub.SyncState {
	for _, s := range t.conn.SyncStatus {
		if s.Model == model {
			return s.State
		}
	}
	return ""
}

func (t *turn) remember(problem string) {
	if problem != "" && t.failed == nil {
		t.failed = errors.New(problem)
	}
}

// modelFailed decides what an error of one model means: it returns the error that ends the turn, or notes the
// failure and returns nil where the other models can go on.
func (t *turn) modelFailed(ctx context.Context, m *modelSync, err error) error {
	var ce *connector.Error
	switch {
	case ctx.Err() != nil, errors.Is(err, errGiveWay), errors.Is(err, hub.ErrPaused), errors.Is(err, hub.ErrNotFound), errors.Is(err, store.ErrTurnOver):
		return err
	case connector.IsKind(err, connector.Unauthorized), connector.IsKind(err, connector.RateLimited):
		return err
	case errors.As(err, &ce):
		t.engine.measures.errors.WithLabelValues(string(t.conn.Platform), string(ce.Kind)).Inc()
	case isStop(err):
	default: // ours, not the vendor's: the database, or a bug
		return err
	}
	t.log.Warn("a model's sync failed", "model", m.info.Model, "error", err)
	t.remember(err.Error())
	st := m.committed
	st.Failed, st.PassedRun = err.Error(), t.sched.RunID
	_, commitErr := t.engine.Store.CommitPage(ctx, t.sched, store.PageCommit{State: st, Status: hub.SyncStateError})
	return commitErr
}

// end gives the connection back and plans its next turn.
func (t *turn) end(ctx context.Context, err error) error {
	if t.session != nil {
		t.pending.Bytes += t.session.transport.bytes.Swap(0)
		t.pending.RateWait += time.Duration(t.session.transport.waited.Swap(0))
		t.session.transport.heed(err)
	}
	now := t.engine.Clock()
	end := store.TurnEnd{Totals: t.pending}
	var ce *connector.Error
	switch {
	case err == nil && t.failed == nil:
		if t.session != nil && t.session.refused {
			if err := t.engine.Store.AcceptCredentials(ctx, t.conn.OrganizationID, t.conn.ID); err != nil {
				return err
			}
		}
		end.RunOver, end.Next = true, now.Add(interval(t.sched.Interval))
	case err == nil:
		end.RunOver, end.RunError = true, t.failed.Error()
		end.Failures = t.sched.Failures + 1
		end.Next = now.Add(backoff(end.Failures))
		end.Waiting = "tries again after a failure: " + t.failed.Error()
	case errors.Is(err, errGiveWay):
		end.Next, end.Waiting = now, store.Continuing
	case errors.Is(err, hub.ErrNotFound), errors.Is(err, store.ErrTurnOver):
		return nil
	case errors.Is(err, hub.ErrPaused):
		return t.engine.endPaused(ctx, t.sched)
	case errors.Is(err, hub.ErrNeedsCredentials):
		return t.needsCredentials(ctx, end, "has no credentials", "needs credentials: PUT them to /v1/core/integrations/connections/"+t.conn.ID+"/credentials")
	case connector.IsKind(err, connector.Unauthorized) && t.session != nil && t.session.Token != "" && !t.session.fresh:
		// The access token may have ended before its time: try once with a new one.
		if dropErr := t.engine.Store.PutToken(ctx, t.conn.OrganizationID, t.conn.ID, t.session.set, "", time.Time{}); dropErr != nil {
			return dropErr
		}
		end.Next, end.Waiting, end.Failures = now, "gets a new access token", t.sched.Failures
	case connector.IsKind(err, connector.Unauthorized):
		rejected, rejectErr := t.engine.Store.RejectCredentials(ctx, t.conn.OrganizationID, t.conn.ID, t.session.set)
		if rejectErr != nil {
			return rejectErr
		}
		if !rejected {
			end.Next, end.Waiting, end.Failures = now, "tries its new credentials", t.sched.Failures
			break
		}
		return t.needsCredentials(ctx, end, err.Error(), "needs new credentials: "+err.Error())
	case errors.As(err, &ce) && ce.Kind == connector.RateLimited:
		end.Failures = t.sched.Failures + 1
		wait := ce.RetryAfter
		if wait == 0 {
			wait = backoff(end.Failures)
		}
		end.Next, end.Waiting = now.Add(wait), rateLimit
	case errors.As(err, &ce), errors.Is(err, context.Canceled): // no token to be had; or this node stops
		end.Failures = t.sched.Failures
		end.Next = now
		if ce != nil {
			end.Failures++
			end.Next, end.Waiting = now.Add(backoff(end.Failures)), "tries again after a failure: "+ce.Error()
		}
	default:
		end.Failures = t.sched.Failures + 1
		end.Next, end.Waiting = now.Add(backoff(end.Failures)), "tries again after an internal error; the server's log has it"
		t.log.Error("a turn failed", "error", err)
	}
	endErr := t.engine.Store.EndTurn(ctx, t.sched, end)
	if errors.Is(endErr, store.ErrTurnOver) {
		return nil
	}
	return endErr
}

// needsCredentials ends the run and plans no other: only new credentials, or somebody's wish, begin one.
func (t *turn) needsCredentials(ctx context.Context, end store.TurnEnd, reason, waiting string) error {
	err := t.engine.Store.FailModels(ctx, t.sched, reason)
	switch {
	case errors.Is(err, hub.ErrPaused):
		return t.engine.endPaused(ctx, t.sched)
	case errors.Is(err, hub.ErrNotFound), errors.Is(err, store.ErrTurnOver):
		return nil
	case err != nil:
		return err
	}
	end.RunOver, end.RunError, end.Waiting = true, reason, waiting
	end.Failures = t.sched.Failures + 1
	err = t.engine.Store.EndTurn(ctx, t.sched, end)
	if errors.Is(err, store.ErrTurnOver) {
		return nil
	}
	return err
}
