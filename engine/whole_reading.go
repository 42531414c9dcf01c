package engine

import (
	"context"
	"errors"
	"hash/fnv"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

// Every model is read whole now and then, for what its increments cannot bring: what was deleted without a word, what
// came to be shown late, what changed without its modified time. A model of up to smallModel records is due at most
// dailyReading after the last reading, a larger one weeklyReading; each up to a quarter earlier, so that they spread.
const (
	dailyReading  = 24 * time.Hour
	weeklyReading = 7 * dailyReading
	smallModel    = 10_000
	// readingTries is how often a page of a reading is tried before the reading is given up, to begin anew hours later.
	readingTries = 8
)

// stagger is a fraction of 1 by which a model's whole readings come earlier, always the same one, so that those of all connections
// do not come together.
func stagger(connection string, model hub.Model) float64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(connection + "/" + string(model)))
	return float64(h.Sum32()) / (1 << 32)
}

// firstEnumerated is when the model counts as last read whole. Where that is not known, as after an upgrade, it is a time
// within the last day.
func (j *syncJob) firstEnumerated(st store.SyncState, now time.Time) time.Time {
	if !st.EnumeratedAt.IsZero() || st.Since.IsZero() {
		return st.EnumeratedAt
	}
	return now.Add(-time.Duration(stagger(j.conn.ID, st.Model) * float64(dailyReading)))
}

// readingDue reports whether the model is to be read whole.
func (j *syncJob) readingDue(ctx context.Context, st *store.SyncState) (bool, error) {
	if st.EnumeratedAt.IsZero() {
		return false, nil
	}
	if j.shown[st.Model] {
		return true, nil
	}
	elapsed := j.engine.Clock().Sub(st.EnumeratedAt)
	waits := func(period time.Duration) bool {
		return elapsed < period-time.Duration(stagger(j.conn.ID, st.Model)*float64(period)/4)
	}
	absent := j.absences[st.Model]
	switch {
	case absent[store.AbsenceNoted] > 0 && elapsed >= j.sched.Interval: // what the last one did not meet needs a second one
	case waits(dailyReading):
		return false, nil
	}
	if !waits(weeklyReading) || !waits(dailyReading) && absent[store.AbsenceNoted] > 0 {
		return true, nil
	}
	large, err := j.engine.Store.HasMoreRecords(ctx, j.conn.OrganizationID, j.conn.ID, st.Model, smallModel)
	return !large, err
}

// nextReading returns the model whose whole reading goes on or begins now; found is false where none is to. A model
// whose increments are not in, or fail, waits: what is urgent comes first. So do those of which the CRM prepares what comes next.
func (j *syncJob) nextReading(ctx context.Context, prepared map[hub.Model]bool) (next hub.ModelInfo, found bool, err error) {
	var oldest time.Time
	for _, info := range j.connector.Info().Models {
		st, now := j.state(info.Model), j.engine.Clock()
		if !info.Incremental && !info.Durable || st.InRun || st.Since.IsZero() || st.Failed != "" || prepared[info.Model] {
			continue
		}
		began := now
		if w := j.readings[info.Model]; w != nil {
			if w.RetryAt.After(now) {
				j.keepFailure(w.Failed, w.RetryAt)
				continue
			}
			began = w.StartedAt
		} else if due, err := j.readingDue(ctx, st); err != nil || !due || j.sched.Retrying {
			if err != nil {
				return next, false, err
			}
			continue
		}
		if !found || began.Before(oldest) {
			next, found, oldest = info, true, began
		}
	}
	return next, found, nil
}

// readWhole goes on with whole readings, one after another, for what is left of the slice. A run that goes on for longer
// than the interval ends: the increments of the next one come before the rest of the reading.
func (j *syncJob) readWhole(ctx context.Context) error {
	for prepared := map[hub.Model]bool{}; ; {
		info, found, err := j.nextReading(ctx, prepared)
		if err != nil || !found {
			return err
		}
		if j.sliceOver() {
			return j.yieldReading()
		}
		st := j.state(info.Model)
		r := &wholeReading{job: j, info: info, st: *st, status: j.statusOf(info.Model)}
		err = r.run(ctx)
		*st = r.committed
		if wait, ok := errors.AsType[*waitError](err); ok {
			prepared[info.Model], err = true, j.waitFor(wait)
		}
		if err != nil {
			if err := j.handleReadingError(ctx, r, err); err != nil {
				return err
			}
		}
	}
}

// yieldReading gives way: to other connections, or to the increments where they are due.
func (j *syncJob) yieldReading() error {
	if j.sched.Retrying || j.engine.Clock().Sub(j.sched.RunStartedAt) < j.sched.Interval {
		return errYield
	}
	j.readingLeft = true
	return nil
}

// handleReadingError does what the table of endings says of an error of a whole reading. It keeps its place, and the
// page that failed is tried again some times before the reading is given up.
func (j *syncJob) handleReadingError(ctx context.Context, r *wholeReading, err error) error {
	if err == errYield { //nolint:errorlint // never wrapped
		return j.yieldReading()
	}
	if ctx.Err() != nil {
		return err
	}
	held := j.leftAlone(ctx, err)
	end := j.endingOf(ctx, err)
	if end.stops != stopsModel {
		return err
	}
	j.log.Warn("a whole reading failed", "model", r.info.Model, "error", err)
	w := r.saved
	w.Tries++
	w.Failed = "all of " + string(r.info.Model) + " is read again: " + err.Error()
	w.RetryAt = j.engine.Clock().Add(end.wait(err, w.Tries))
	if isStop(err) || w.Tries > readingTries {
		r.w.Complete = false
		j.keepFailure(w.Failed, time.Time{})
		err := r.end(ctx)
		*j.state(r.info.Model) = r.committed
		if err != nil {
			return err
		}
		return held
	}
	j.readings[r.info.Model] = &w
	j.keepFailure(w.Failed, w.RetryAt)
	if err := j.engine.Store.SaveReading(ctx, j.sched, w); err != nil {
		return err
	}
	return held
}

// wholeReading reads all of one model, beside its increments, and then looks for what it did not meet.
type wholeReading struct {
	job  *syncJob
	info hub.ModelInfo
	// st and committed are the model's state, as it is worked on and as it is in the database.
	st, committed store.SyncState
	status        hub.SyncState
	// instead says that it takes the place of the model's increments.
	instead bool
	// w is the reading, saved what of it is in the database.
	w, saved store.Reading
	// places are those that pages of this job pointed to, pointsBack says that the latest points to one of them.
	places     map[string]bool
	pointsBack bool
	// first says that the page to come is the first.
	first bool
}

func (r *wholeReading) run(ctx context.Context) error {
	r.committed = r.st
	if err := r.begin(ctx); err != nil {
		return err
	}
	if !r.w.AllRead {
		err := r.job.readPages(ctx, r.info, r)
		if isRefusedPlace(err) && r.w.Next != "" {
			r.job.log.Info("the CRM refuses to go on with a whole reading; it begins anew", "model", r.info.Model)
			if restarted := r.restart(ctx); restarted != nil || !connector.AsksToWait(err) {
				err = restarted
			}
			if err == nil {
				err = r.job.readPages(ctx, r.info, r)
			}
		}
		if err != nil {
			return err
		}
	}
	if r.w.Complete {
		if err := r.settle(ctx); err != nil {
			return err
		}
	}
	if err := r.job.settleChildren(ctx, r.info); err != nil {
		return err
	}
	return r.end(ctx)
}

func (r *wholeReading) begin(ctx context.Context) error {
	if w := r.job.readings[r.info.Model]; w != nil {
		r.places, r.w, r.saved = map[string]bool{}, *w, *w
		doubted := !r.w.AllRead && doubtsPlace(r.w.Next, r.st.Failures)
		if !r.instead || r.st.RewindTo == nil && !doubted {
			return nil
		}
	}
	return r.restart(ctx)
}

// restart begins it from nothing.
func (r *wholeReading) restart(ctx context.Context) error {
	r.places = map[string]bool{}
	r.w = store.Reading{Model: r.info.Model, StartedAt: r.job.engine.Clock(), Since: r.st.Since, Complete: true, Tries: r.w.Tries}
	r.saved = r.w
	if r.job.readings[r.info.Model] != nil { // cut off here, it is not to go on from its old place without what it had met
		if err := r.job.engine.Store.SaveReading(ctx, r.job.sched, r.w); err != nil {
			return err
		}
	}
	if err := r.forget(ctx); err != nil {
		return err
	}
	if r.instead {
		r.st.InRun, r.st.StartedAt, r.st.AsOf = true, r.w.StartedAt, time.Time{}
		r.st.BegunRun, r.first = r.job.sched.RunID, true
	}
	return nil
}

func (r *wholeReading) query() connector.Query {
	q := connector.Query{Model: r.info.Model, Next: r.w.Next, Limit: r.job.engine.PageSize, Tries: r.w.Tries, Kept: r.job.kept(r.info)}
	if r.instead {
		q.Tries = r.st.Failures
	}
	return q
}

func (r *wholeReading) advance(got *fetched) {
	next := got.page.Next
	r.pointsBack = pointsBack(&got.page, r.w.Next, r.places)
	r.places[next] = true
	r.w.Next = next
	if got.page.Wait == 0 {
		r.w.Barren++
	}
	r.w.Tries, r.w.RetryAt, r.w.Failed = 0, time.Time{}, ""
	if !got.page.More {
		r.w.Next, r.w.AllRead = "", true
	}
	if r.instead {
		if r.first {
			r.st.Note, r.first = "", false
		}
		r.st.Note = addedNote(r.st.Note, got.page.Note)
		if r.st.AsOf.IsZero() {
			r.st.AsOf = got.page.AsOf
		}
		r.st.Failed, r.st.Failures, r.st.FailureCause, r.st.RetryAt = "", 0, "", time.Time{}
	}
}

// commit keeps a page, and which records it met.
func (r *wholeReading) commit(ctx context.Context, got *fetched) error {
	if r.instead {
		r.status = hub.SyncStateSyncing
	}
	since := r.st.Since
	if r.instead {
		since = time.Time{}
	}
	if len(got.page.Passed) > 0 && r.job.engine.seen.add(r.seenKey(), &connector.Page{Passed: got.page.Passed}) { // what is kept is noted with the page
		r.w.Barren = 0
	}
	valid, quarantined := sortPage(got, r.info.Model, since)
	for _, q := range quarantined {
		if q.ExternalID == "" { // it may be any of those that are missing
			r.w.Complete = false
		}
	}
	changes, err := r.job.engine.Store.CommitPage(ctx, r.job.sched, store.PageCommit{
		State: r.st, Reading: &r.w, AskedAt: got.askedAt, Records: valid, Prepared: got.prepared, Quarantined: quarantined, Others: got.page.Others, Children: r.info.Also,
		RewindApplied: r.instead && r.st.RewindTo != nil, Status: r.status, Totals: r.job.pageTotals(),
	})
	if err != nil {
		return err
	}
	if r.instead {
		r.st.RewindTo = nil
	}
	r.job.count(changes, len(quarantined))
	r.committed, r.saved = r.st, r.w
	saved := r.w
	r.job.readings[r.info.Model] = &saved
	if !got.page.More {
		return nil
	}
	return r.job.checkBarren(r.info.Model, r.w.Barren, r.pointsBack)
}

// end takes the reading away, and then what it met: cut off in between, it would not have met anything. One that cannot tell
// what is gone is due again a quarter of a day later.
func (r *wholeReading) end(ctx context.Context) error {
	now := r.job.engine.Clock()
	r.st.EnumeratedAt = now
	if !r.w.Complete {
		r.st.EnumeratedAt = now.Add(-dailyReading * 3 / 4)
	}
	if r.instead {
		r.st.Since = nextCursor(now, r.w.StartedAt, r.st.AsOf, r.st.Since, r.job.lookBack())
		r.st.InRun, r.st.StartedAt, r.st.AsOf = false, time.Time{}, time.Time{}
		r.job.complete(&r.st)
		r.status = hub.SyncStateUpToDate
	}
	if err := r.job.engine.Store.EndReading(ctx, r.job.sched, r.st, r.status); err != nil {
		return err
	}
	delete(r.job.readings, r.info.Model)
	delete(r.job.shown, r.info.Model)
	r.committed = r.st
	return r.forget(ctx)
}

// drop takes the reading away without a result.
func (r *wholeReading) drop(ctx context.Context) error {
	r.committed.InRun, r.committed.StartedAt = false, time.Time{}
	if err := r.job.engine.Store.EndReading(ctx, r.job.sched, r.committed, hub.SyncStateError); err != nil {
		return err
	}
	delete(r.job.readings, r.info.Model)
	return r.forget(ctx)
}

func (r *wholeReading) seenKey() seenKey {
	return seenKey{r.job.conn.ID, r.info.Model, r.w.StartedAt.UnixMicro()}
}

func (r *wholeReading) forget(ctx context.Context) error {
	r.job.engine.seen.forget(r.seenKey())
	for {
		n, err := r.job.engine.Store.ForgetEnumeration(ctx, r.job.sched, r.info.Model)
		if err != nil || n == 0 {
			return err
		}
	}
}
