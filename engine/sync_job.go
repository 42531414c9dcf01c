package engine

import (
	"context"
	"errors"
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
	// opened says that the session is open: what fails from then on is of a model, or of the connection.
	opened   bool
	states   map[hub.Model]*store.SyncState
	readings map[hub.Model]*store.Reading
	absences map[hub.Model]store.AbsenceCounts
	// shown are models of which the CRM shows again what waits for a decision.
	shown map[hub.Model]bool
	// reading is the model that was asked for last.
	reading hub.Model
	// uncommitted is closed once the page is in that comes before the one asked for; nil where there is none.
	uncommitted chan struct{}
	// asked says that a page was asked for: a job makes some progress, however long it took to begin.
	asked bool
	// pending is what was done and is not yet in the run's row, quiet the models whose increments brought nothing.
	pending store.ModelTotals
	quiet   []store.QuietModel
	// requests are those that are sent to the CRM.
	requests requestLog
	// failed is the first error of a model in this run, retryAt when the first of what failed is tried again.
	failed  error
	retryAt time.Time
	// readingLeft says that a whole reading goes on in the next run, whose increments come first.
	readingLeft bool
	// waits is the model that the CRM will have prepared first; nil where nothing is waited for.
	waits *waitError
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
		cancel(guarded(j.log, "watching a job", func() error { j.watch(ctx, cancel); return nil }))
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
		if j.engine.unfit() != nil { // another node is to go on
			cancel(context.Canceled)
			return
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

// sync brings the increments of all models in, in order, and then goes on with a whole reading. What fails one of them
// does not stop the others.
func (j *syncJob) sync(ctx context.Context) error {
	if until := j.sched.HeldUntil; until.After(j.engine.Clock()) { // made due meanwhile, by a resume for instance
		return &heldError{until}
	}
	var ok bool
	if j.connector, ok = j.engine.Connectors[j.conn.Platform]; !ok {
		return connector.Fail(connector.Temporary, string(j.conn.Platform), "this server has no such platform; its file belongs into the folder of --connectors")
	}
	if err := j.clearWay(ctx); err != nil {
		return err
	}
	if err := j.load(ctx); err != nil {
		return err
	}
	// Due before all models are, by the clock of who began it, though nothing failed: it was made due by one that was ahead.
	j.sched.Retrying = j.sched.Retrying && j.someFailed()
	var err error
	if j.session, err = j.engine.openSession(j.requests.of(ctx, ""), j.connector, j.conn); err != nil {
		return err
	}
	j.opened = true
	j.session.transport.onWait = func(wait time.Duration) { j.reportWait(ctx, wait) }
	if err := j.askAccount(ctx); err != nil {
		return err
	}
	if err := j.checkMapping(ctx); err != nil {
		return err
	}
	for _, info := range j.connector.Info().Models {
		if err := j.syncModel(ctx, info); err != nil {
			return err
		}
	}
	if j.waits != nil {
		return j.waits
	}
	if err := j.askHeld(ctx); err != nil {
		return err
	}
	if err := j.readWhole(ctx); err != nil {
		return err
	}
	if j.waits != nil {
		return j.waits
	}
	return j.registerWebhook(ctx)
}

// clearWay removes what is left of the account that the connection had before, and of how its mapping read before, so that nothing
// comes in beside it. What a slice of time is too short for goes on in the next job.
func (j *syncJob) clearWay(ctx context.Context) error {
	retire := func(ctx context.Context) (bool, error) {
		if !j.conn.Retiring {
			return false, nil
		}
		return j.engine.Store.RetireAccount(ctx, j.conn.OrganizationID, j.conn.ID)
	}
	reread := func(ctx context.Context) (bool, error) { return j.engine.Store.BeginRereads(ctx, j.sched) }
	for _, slice := range []func(context.Context) (bool, error){retire, reread} {
		for {
			more, err := slice(ctx)
			if err != nil {
				return err
			}
			if !more {
				break
			}
			if j.engine.Clock().Sub(j.started) >= timeSlice {
				return errYield
			}
		}
	}
	return nil
}

// heldError says that the CRM asked to be left alone until then.
type heldError struct{ until time.Time }

func (e *heldError) Error() string { return rateLimit }

// load reads where the connection's models stand.
func (j *syncJob) load(ctx context.Context) error {
	states, err := j.engine.Store.SyncStates(ctx, j.conn.OrganizationID, j.conn.ID)
	if err != nil {
		return err
	}
	readings, err := j.engine.Store.Readings(ctx, j.conn.OrganizationID, j.conn.ID)
	if err != nil {
		return err
	}
	j.states, j.readings = make(map[hub.Model]*store.SyncState, len(states)), make(map[hub.Model]*store.Reading, len(readings))
	for i := range states {
		j.states[states[i].Model] = &states[i]
	}
	for i := range readings {
		j.readings[readings[i].Model] = &readings[i]
	}
	j.shown = map[hub.Model]bool{}
	j.absences, err = j.engine.Store.Absences(ctx, j.conn.OrganizationID, j.conn.ID)
	return err
}

// someFailed reports whether a model, or a whole reading, is to be tried again.
func (j *syncJob) someFailed() bool {
	for _, st := range j.states {
		if st.Failed != "" {
			return true
		}
	}
	for _, w := range j.readings {
		if w.Failed != "" || !w.RetryAt.IsZero() {
			return true
		}
	}
	return false
}

func (j *syncJob) state(model hub.Model) *store.SyncState {
	st := j.states[model]
	if st == nil {
		st = &store.SyncState{Model: model}
		j.states[model] = st
	}
	return st
}

// syncModel brings the increments of one model in, unless this run is done with it, or it failed and is not to be tried
// yet.
func (j *syncJob) syncModel(ctx context.Context, info hub.ModelInfo) error {
	st := j.state(info.Model)
	switch {
	case st.CompletedRun == j.sched.RunID, st.RetryAt.After(j.engine.Clock()):
		j.keepFailure(st.Failed, st.RetryAt)
		return nil
	case j.sched.Retrying && st.Failed == "": // not by RetryAt, which a sync that is asked for takes away, also once this run began
		return nil
	case j.sliceOver():
		return errYield
	}
	for range 2 { // once more where the first time ended what an earlier run had begun
		m := &modelSync{job: j, info: info, st: *st, status: j.statusOf(info.Model)}
		err := m.sync(ctx)
		if isStop(err) { // pages that lead nowhere are no success after which it is tried again soon
			m.committed.Failures, m.committed.FailureCause = st.Failures, st.FailureCause
		}
		*st = m.committed
		if wait, ok := errors.AsType[*waitError](err); ok {
			return j.waitFor(wait)
		}
		if err != nil {
			return j.handleModelError(ctx, m, err)
		}
		if st.CompletedRun == j.sched.RunID {
			return nil
		}
		if j.sliceOver() {
			return errYield
		}
	}
	return nil
}

// sliceOver reports whether the job is to give way. It asks for a page at least.
func (j *syncJob) sliceOver() bool { return j.asked && j.engine.Clock().Sub(j.started) >= timeSlice }

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

// keepFailure notes that something failed in this run, or waits since an earlier one, and when it is tried again.
func (j *syncJob) keepFailure(problem string, retryAt time.Time) {
	if problem == "" {
		return
	}
	if j.failed == nil {
		j.failed = errors.New(problem)
	}
	if !retryAt.IsZero() && (j.retryAt.IsZero() || retryAt.Before(j.retryAt)) {
		j.retryAt = retryAt
	}
}

// handleModelError does what the table of endings says of an error of one model: it returns the error that ends the job,
// or notes the failure and returns nil where the other models can go on.
func (j *syncJob) handleModelError(ctx context.Context, m *modelSync, err error) error {
	if ctx.Err() != nil {
		return err
	}
	held := j.leftAlone(ctx, err)
	end := j.endingOf(ctx, err)
	if end.stops != stopsModel {
		return err
	}
	if ce, ok := errors.AsType[*connector.Error](err); ok {
		j.engine.metrics.errors.WithLabelValues(string(j.conn.Platform), string(ce.Kind)).Inc()
	}
	st := m.committed
	st.Failures, st.FailureCause = countFailure(st.Failures, st.FailureCause, err)
	st.Failed, st.CompletedRun = m.explain(err), j.sched.RunID
	st.RetryAt = j.engine.Clock().Add(end.wait(err, st.Failures))
	j.log.Warn("a model's sync failed", "model", m.info.Model, "error", err)
	j.keepFailure(st.Failed, st.RetryAt)
	_, commitErr := j.engine.Store.CommitPage(ctx, j.sched, store.PageCommit{State: st, Status: hub.SyncStateError})
	*j.state(m.info.Model) = st
	if commitErr != nil {
		return commitErr
	}
	return held
}

// endingOf is what an error of one model, or of what is asked beside the models, means in this job. A refusal of the credentials is
// that model's alone where the CRM takes them when it is asked whose they are: else one list would stop all the others.
func (j *syncJob) endingOf(ctx context.Context, err error) ending {
	end := endingOf(err)
	if end.stops != stopsCredentials || askedWait(err) > 0 || j.session.Token != "" && !j.session.newToken {
		return end
	}
	if _, err := j.check(ctx); err == nil || connector.IsKind(err, connector.Forbidden) {
		end.stops = stopsModel
	}
	return end
}

// accepted notes, once in a job, that the CRM answers with the credentials that it had refused.
func (j *syncJob) accepted(ctx context.Context) error {
	if j.session.refusals == 0 {
		return nil
	}
	j.session.refusals = 0
	return j.engine.Store.AcceptCredentials(ctx, j.conn.OrganizationID, j.conn.ID)
}
