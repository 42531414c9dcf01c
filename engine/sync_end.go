package engine

import (
	"context"
	"errors"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

// end gives the connection back and plans its next job: what the table of endings says of err.
func (j *syncJob) end(ctx context.Context, err error) error {
	now := j.engine.Clock()
	end := store.SyncJobResult{}
	if j.session != nil {
		j.pending.Add(j.reading, j.moved())
		j.heed(ctx, err)
		if wait := j.session.transport.heldFor(); wait > 0 {
			end.HeldUntil = now.Add(wait)
		}
	}
	end.Totals, end.Quiet, end.Requests = j.pending, j.quietNow(), j.requests.take()
	var held *heldError
	var waits *waitError
	var unmapped *mappingError
	var wrong *wrongAccountError
	switch {
	case err == nil:
		j.planNext(&end, now)
	case errors.As(err, &held):
		end.Next, end.HeldUntil, end.Waiting = held.until, held.until, rateLimit
	case errors.As(err, &waits):
		end.Next, end.Waiting = waits.until, waits.Error()
	case errors.Is(err, errYield):
		end.Next, end.Waiting = now, store.Continuing
	case errors.Is(err, hub.ErrNotFound), errors.Is(err, store.ErrLeaseLost):
		return nil
	case errors.Is(err, hub.ErrPaused):
		return j.stopped(ctx, end, err)
	case errors.As(err, &unmapped):
		return j.endUnmapped(ctx, unmapped, end, now)
	case errors.As(err, &wrong):
		end.Next = now.Add(jitter(accountEvery, 4))
		end.ModelsDue, end.Waiting = end.Next, "asks again whose its credentials are: "+wrong.Error()
		return j.needsCredentials(ctx, end, wrong.Error()+".")
	case errors.Is(err, hub.ErrNeedsCredentials):
		end.Waiting = store.NeedsCredentials
		return j.needsCredentials(ctx, end, "there are no credentials")
	case errors.Is(err, context.Canceled), errors.Is(err, store.ErrWrongKey): // this node stops, or stands aside
		end.Next, end.Failures, end.FailureCause = now, j.sched.Failures, j.sched.FailureCause
	default:
		return j.endFailed(ctx, err, end, now)
	}
	return j.giveBack(ctx, end)
}

// heed lets the account be left alone where by err the CRM asks for it.
func (j *syncJob) heed(ctx context.Context, err error) {
	if err := j.session.transport.heed(ctx, err); err != nil {
		j.log.Error("what the CRM asked for was not noted for its account", "error", err) // the connection itself waits
	}
}

// leftAlone is a *heldError where by err, which ends no more than what was asked for, the CRM asks to be left alone for a while, with
// whatever status; else nil. The run goes on once that is over.
func (j *syncJob) leftAlone(ctx context.Context, err error) error {
	j.heed(ctx, err)
	if asked := askedWait(err); asked > 0 && connector.Status(err) != 0 {
		return &heldError{j.engine.Clock().Add(asked)}
	}
	return nil
}

// quietNow are the models whose increments brought nothing, as they stand by now: a whole reading may have ended since.
func (j *syncJob) quietNow() []store.QuietModel {
	quiet := make([]store.QuietModel, len(j.quiet))
	for i, q := range j.quiet {
		quiet[i] = store.QuietModel{State: *j.state(q.State.Model), Status: q.Status}
	}
	return quiet
}

// stopped ends the job and its run as the connection was paused, or its organization disabled: it is due again when that
// is over.
func (j *syncJob) stopped(ctx context.Context, end store.SyncJobResult, reason error) error {
	return j.engine.release(ctx, j.sched, store.SyncJobResult{Totals: end.Totals, Requests: end.Requests, Stopped: reason})
}

func (j *syncJob) giveBack(ctx context.Context, end store.SyncJobResult) error {
	end.Reach = slotOf(ctx).reached()
	err := j.engine.Store.EndSyncJob(ctx, j.sched, end)
	if errors.Is(err, store.ErrLeaseLost) {
		return nil
	}
	return err
}

// planNext ends a run that went through all its models: they are due after the interval, what failed before that.
func (j *syncJob) planNext(end *store.SyncJobResult, now time.Time) {
	end.RunOver, end.Next = true, j.sched.ModelsDueAt
	if !j.sched.Retrying {
		end.ModelsDue = now.Add(interval(j.sched.Interval))
		if j.readingLeft {
			end.ModelsDue = now
		}
		end.Next = end.ModelsDue
	}
	if !j.retryAt.IsZero() && j.retryAt.Before(end.Next) {
		end.Next = j.retryAt
	}
	if j.failed != nil {
		end.RunError, end.Waiting, end.WaitingUntil = j.failed.Error(), "tries again after a failure: "+j.failed.Error(), j.retryAt
	}
	if end.Waiting == "" && !end.HeldUntil.IsZero() {
		end.Waiting, end.WaitingUntil = rateLimit, end.HeldUntil
	}
}

// endFailed ends a job whose connection failed as a whole.
func (j *syncJob) endFailed(ctx context.Context, err error, end store.SyncJobResult, now time.Time) error {
	ending := endingOf(err)
	if !j.opened {
		ending = endingOfSession(err)
	}
	if ending.stops == stopsCredentials {
		return j.endRefused(ctx, err, end, ending, now)
	}
	end.Failures, end.FailureCause = countFailure(j.sched.Failures, j.sched.FailureCause, err)
	end.Next = now.Add(ending.wait(err, end.Failures))
	if !connector.IsKind(err, connector.RateLimited) { // which is a wait within the run
		end.RunOver, end.RunError = true, err.Error()
		if !j.sched.Retrying {
			end.ModelsDue = end.Next
		}
	}
	ce, fromCRM := errors.AsType[*connector.Error](err)
	switch {
	case fromCRM && ce.Kind == connector.RateLimited:
		end.Waiting = rateLimit
		// The connector's own reason, as how many of the day's calls are used, and neither a refusal nor our limit.
		if why, its := strings.CutPrefix(ce.Message, j.name()+": "); its && ce.Status == 0 {
			end.Waiting += ": " + why
		}
	case fromCRM:
		end.Waiting = "tries again after a failure: " + ce.Error()
	default:
		end.Waiting = "tries again after an internal error; the server's log has it"
		end.RunError = "It met an internal error; the server's log has it."
		j.log.Error("a sync job failed", "error", err)
	}
	return j.giveBack(ctx, end)
}

// endRefused ends a job whose credentials the CRM refused. An access token may have ended before its time: it is tried
// once with a new one. One refusal is not the end: they are tried again with growing waits, also once they count as
// rejected.
func (j *syncJob) endRefused(ctx context.Context, err error, end store.SyncJobResult, ending ending, now time.Time) error {
	end.Failures, end.FailureCause = j.sched.Failures, j.sched.FailureCause
	if j.session.Token != "" && !j.session.newToken {
		if dropErr := j.engine.Store.DropToken(ctx, j.conn.OrganizationID, j.conn.ID, j.session.credentialsSetAt); dropErr != nil {
			return dropErr
		}
		end.Next, end.Waiting = now, "gets a new access token"
		return j.giveBack(ctx, end)
	}
	refusal, noted, noteErr := j.engine.Store.RefuseCredentials(ctx, j.conn.OrganizationID, j.conn.ID, j.session.credentialsSetAt)
	if noteErr != nil {
		return noteErr
	}
	if !noted {
		end.Next, end.Waiting = now, "tries its new credentials"
		return j.giveBack(ctx, end)
	}
	end.Next = now.Add(ending.wait(err, refusal.Times))
	end.ModelsDue = end.Next
	end.Waiting = "tries again after a failure: " + err.Error()
	if refusal.Rejected {
		end.Waiting = "needs new credentials: " + err.Error()
		return j.needsCredentials(ctx, end, err.Error())
	}
	end.RunOver, end.RunError = true, err.Error()
	return j.giveBack(ctx, end)
}

// needsCredentials ends the run and shows all models as failed, for the reason.
func (j *syncJob) needsCredentials(ctx context.Context, end store.SyncJobResult, reason string) error {
	err := j.engine.Store.FailModels(ctx, j.sched, reason)
	switch {
	case errors.Is(err, hub.ErrPaused):
		return j.stopped(ctx, end, err)
	case errors.Is(err, hub.ErrNotFound), errors.Is(err, store.ErrLeaseLost):
		return nil
	case err != nil:
		return err
	}
	end.RunOver, end.RunError = true, reason
	return j.giveBack(ctx, end)
}
