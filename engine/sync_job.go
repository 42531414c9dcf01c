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

// syncJob syncs one connection under one lease: it reads pages of its models for about a time slice.
type syncJob struct {
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

// errYield ends a job whose time slice is over.
var errYield = errors.New("the slice is over")

func (j *syncJob) run(ctx context.Context) error {
	j.engine.metrics.running.Inc()
	defer j.engine.metrics.running.Dec()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		j.watch(ctx, cancel)
	}()
	err := j.sync(ctx)
	if cause := context.Cause(ctx); cause != nil && err != nil {
		err = cause
	}
	cancel(nil)
	<-watched
	return j.end(context.WithoutCancel(ctx), err)
}

// watch keeps the job alive, and ends it when the connection is paused, deleted or given to another job,
// even while the vendor lets it wait.
func (j *syncJob) watch(ctx context.Context, cancel context.CancelCauseFunc) {
	ticker := time.NewTicker(checkEvery)
	defer ticker.Stop()
	renewed := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		var err error
		if time.Since(renewed) >= renewEvery {
			err = j.engine.Store.RenewLease(ctx, j.sched, syncLease)
			renewed = time.Now()
		} else {
			err = j.engine.Store.CheckLease(ctx, j.sched)
		}
		if errors.Is(err, hub.ErrPaused) || errors.Is(err, hub.ErrNotFound) || errors.Is(err, store.ErrLeaseLost) {
			cancel(err)
			return
		}
	}
}

// sync goes through the models in order. What fails one of them does not stop the others.
func (j *syncJob) sync(ctx context.Context) error {
	var ok bool
	if j.connector, ok = j.engine.Connectors[j.conn.Platform]; !ok {
		return fmt.Errorf("no connector for %s", j.conn.Platform)
	}
	states, err := j.engine.Store.SyncStates(ctx, j.conn.OrganizationID, j.conn.ID)
	if err != nil {
		return err
	}
	j.states = make(map[hub.Model]*store.SyncState, len(states))
	for i := range states {
		j.states[states[i].Model] = &states[i]
	}
	if j.session, err = j.engine.openSession(ctx, j.connector, j.conn); err != nil {
		return err
	}
	j.session.transport.onWait = func(wait time.Duration) { j.reportWait(ctx, wait) }
	for _, info := range j.connector.Info().Models {
		st := j.states[info.Model]
		if st == nil {
			st = &store.SyncState{Model: info.Model}
			j.states[info.Model] = st
		}
		if st.CompletedRun == j.sched.RunID {
			j.keepFirstFailure(st.Failed)
			continue
		}
		m := &modelSync{job: j, info: info, st: *st, status: j.statusOf(info.Model)}
		if err := m.run(ctx); err != nil {
			if stop := j.handleModelError(ctx, m, err); stop != nil {
				return stop
			}
		}
	}
	return nil
}

// rateLimit is what a connection says that it does while a rate limit is waited for.
const rateLimit = "waits for the CRM's rate limit"

// reportWait lets the connection say that it waits. Nothing but the sentence is lost where it cannot be noted.
func (j *syncJob) reportWait(ctx context.Context, wait time.Duration) {
	if err := j.engine.Store.SetWaiting(ctx, j.sched, rateLimit, j.engine.Clock().Add(wait)); err != nil {
		j.log.Debug("a wait was not noted", "error", err)
	}
}

func (j *syncJob) statusOf(model hub.Model) hub.SyncState {
	for _, s := range j.conn.SyncStatus {
		if s.Model == model {
			return s.State
		}
	}
	return ""
}

func (j *syncJob) keepFirstFailure(problem string) {
	if problem != "" && j.failed == nil {
		j.failed = errors.New(problem)
	}
}

// handleModelError decides what an error of one model means: it returns the error that ends the job, or notes the
// failure and returns nil where the other models can go on.
func (j *syncJob) handleModelError(ctx context.Context, m *modelSync, err error) error {
	var ce *connector.Error
	switch {
	case ctx.Err() != nil, errors.Is(err, errYield), errors.Is(err, hub.ErrPaused), errors.Is(err, hub.ErrNotFound), errors.Is(err, store.ErrLeaseLost):
		return err
	case connector.IsKind(err, connector.Unauthorized), connector.IsKind(err, connector.RateLimited):
		return err
	case errors.As(err, &ce):
		j.engine.metrics.errors.WithLabelValues(string(j.conn.Platform), string(ce.Kind)).Inc()
	case isStop(err):
	default: // ours, not the vendor's: the database, or a bug
		return err
	}
	j.log.Warn("a model's sync failed", "model", m.info.Model, "error", err)
	j.keepFirstFailure(err.Error())
	st := m.committed
	st.Failed, st.CompletedRun = err.Error(), j.sched.RunID
	_, commitErr := j.engine.Store.CommitPage(ctx, j.sched, store.PageCommit{State: st, Status: hub.SyncStateError})
	return commitErr
}

// end gives the connection back and plans its next job.
func (j *syncJob) end(ctx context.Context, err error) error {
	if j.session != nil {
		j.pending.Bytes += j.session.transport.bytes.Swap(0)
		j.pending.RateWait += time.Duration(j.session.transport.waited.Swap(0))
		j.session.transport.honorRetryAfter(err)
	}
	now := j.engine.Clock()
	end := store.SyncJobResult{Totals: j.pending}
	var ce *connector.Error
	switch {
	case err == nil && j.failed == nil:
		if j.session != nil && j.session.wereRejected {
			if err := j.engine.Store.AcceptCredentials(ctx, j.conn.OrganizationID, j.conn.ID); err != nil {
				return err
			}
		}
		end.RunOver, end.Next = true, now.Add(interval(j.sched.Interval))
	case err == nil:
		end.RunOver, end.RunError = true, j.failed.Error()
		end.Failures = j.sched.Failures + 1
		end.Next = now.Add(backoff(end.Failures))
		end.Waiting = "tries again after a failure: " + j.failed.Error()
	case errors.Is(err, errYield):
		end.Next, end.Waiting = now, store.Continuing
	case errors.Is(err, hub.ErrNotFound), errors.Is(err, store.ErrLeaseLost):
		return nil
	case errors.Is(err, hub.ErrPaused):
		return j.engine.releasePaused(ctx, j.sched)
	case errors.Is(err, hub.ErrNeedsCredentials):
		return j.needsCredentials(ctx, end, "has no credentials", "needs credentials: PUT them to /v1/core/integrations/connections/"+j.conn.ID+"/credentials")
	case connector.IsKind(err, connector.Unauthorized) && j.session != nil && j.session.Token != "" && !j.session.newToken:
		// The access token may have ended before its time: try once with a new one.
		if dropErr := j.engine.Store.PutToken(ctx, j.conn.OrganizationID, j.conn.ID, j.session.credentialsSetAt, "", time.Time{}); dropErr != nil {
			return dropErr
		}
		end.Next, end.Waiting, end.Failures = now, "gets a new access token", j.sched.Failures
	case connector.IsKind(err, connector.Unauthorized):
		rejected, rejectErr := j.engine.Store.RejectCredentials(ctx, j.conn.OrganizationID, j.conn.ID, j.session.credentialsSetAt)
		if rejectErr != nil {
			return rejectErr
		}
		if !rejected {
			end.Next, end.Waiting, end.Failures = now, "tries its new credentials", j.sched.Failures
			break
		}
		return j.needsCredentials(ctx, end, err.Error(), "needs new credentials: "+err.Error())
	case errors.As(err, &ce) && ce.Kind == connector.RateLimited:
		end.Failures = j.sched.Failures + 1
		wait := ce.RetryAfter
		if wait == 0 {
			wait = backoff(end.Failures)
		}
		end.Next, end.Waiting = now.Add(wait), rateLimit
	case errors.As(err, &ce), errors.Is(err, context.Canceled): // no token to be had; or this node stops
		end.Failures = j.sched.Failures
		end.Next = now
		if ce != nil {
			end.Failures++
			end.Next, end.Waiting = now.Add(backoff(end.Failures)), "tries again after a failure: "+ce.Error()
		}
	default:
		end.Failures = j.sched.Failures + 1
		end.Next, end.Waiting = now.Add(backoff(end.Failures)), "tries again after an internal error; the server's log has it"
		j.log.Error("a turn failed", "error", err)
	}
	endErr := j.engine.Store.EndSyncJob(ctx, j.sched, end)
	if errors.Is(endErr, store.ErrLeaseLost) {
		return nil
	}
	return endErr
}

// needsCredentials ends the run and plans no other: only new credentials, or somebody's wish, begin one.
func (j *syncJob) needsCredentials(ctx context.Context, end store.SyncJobResult, reason, waiting string) error {
	err := j.engine.Store.FailModels(ctx, j.sched, reason)
	switch {
	case errors.Is(err, hub.ErrPaused):
		return j.engine.releasePaused(ctx, j.sched)
	case errors.Is(err, hub.ErrNotFound), errors.Is(err, store.ErrLeaseLost):
		return nil
	case err != nil:
		return err
	}
	end.RunOver, end.RunError, end.Waiting = true, reason, waiting
	end.Failures = j.sched.Failures + 1
	err = j.engine.Store.EndSyncJob(ctx, j.sched, end)
	if errors.Is(err, store.ErrLeaseLost) {
		return nil
	}
	return err
}
