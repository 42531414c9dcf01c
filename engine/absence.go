package engine

import (
	"context"
	"slices"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

const (
	// findBatch is how many missing records the CRM is asked for at a time, and findMost how many at most: a reading that
	// misses more is not believed anyway. missingBatch is how many are noted at a time where it cannot be asked.
	findBatch, findMost, missingBatch = 20, 5000, 1000
	// heldFrom is from how many deletions on those of a large part of a model wait for a person.
	heldFrom = 20
)

// settle decides about what a complete reading did not meet: what the CRM says is not there, or what an earlier reading
// did not meet either, is deleted, unless that is so much that a person has to decide.
func (r *wholeReading) settle(ctx context.Context) error {
	j := r.job
	finder, finds := j.connector.(connector.Finder)
	if finds {
		many, err := j.engine.Store.MissingMoreThan(ctx, j.sched, r.w, findMost)
		if err != nil {
			return err
		}
		finds = !many
	}
	for {
		limit := missingBatch
		if finds { // fewer after a failure: where each takes a request of its own, many seldom come through together
			limit = max(1, findBatch>>r.w.Tries)
		}
		missing, err := j.engine.Store.Missing(ctx, j.sched, r.w, limit)
		if err != nil {
			return err
		}
		if len(missing) == 0 {
			break
		}
		last, told := missing[len(missing)-1], finds
		if finds {
			if saved := r.w; j.sliceOver() { // before each request, too
				j.readings[r.info.Model] = &saved
				return errYield
			}
			missing, told, err = r.notFound(ctx, finder, missing)
			if connector.IsKind(err, connector.Refused) && !connector.AsksToWait(err) { // of this model it cannot be asked
				finds = false
				continue
			}
			if err != nil && (ctx.Err() != nil || r.w.Tries != readingTries || endingOf(err).stops != stopsModel) {
				return err
			}
			if err != nil { // of this one alone the CRM does not say: the others do not wait for it, unless the next one fails, too
				j.log.Warn("whether a record is gone is left open", "model", r.info.Model, "record", last, "error", err)
				r.w.Tries++
			} else {
				r.w.Tries = 0
			}
			r.w.RetryAt, r.w.Failed = time.Time{}, ""
		}
		r.w.Next = last
		if err := j.engine.Store.NoteAbsent(ctx, j.sched, r.w, missing, told, r.w.StartedAt.Add(-j.sched.Interval)); err != nil {
			return err
		}
		r.saved = r.w
		if saved := r.w; j.sliceOver() {
			j.readings[r.info.Model] = &saved
			return errYield
		}
	}
	held, err := j.engine.Store.SettleAbsences(ctx, j.sched, r.info.Model, heldFrom, j.sched.DeletionLimit)
	if err != nil {
		return err
	}
	if held > 0 {
		j.log.Warn("a whole reading did not meet a large part of a model: a person has to decide", "model", r.info.Model, "records", held)
	}
	return j.deleteAbsent(ctx, r.info, store.AbsenceConfirmed)
}

// keptOthers are the ids of those that a page says are no records of the model, where the hub keeps any of them as such.
func (j *syncJob) keptOthers(ctx context.Context, model hub.Model, page *connector.Page) ([]string, error) {
	kept, err := j.engine.Store.KeepsAny(ctx, j.conn.OrganizationID, j.conn.ID, model, page.Others)
	if err != nil || !kept {
		return nil, err
	}
	return page.Others, nil
}

// settleOthers deletes what increments told is something else by now, unless that is so much that a person has to decide.
func (j *syncJob) settleOthers(ctx context.Context, info hub.ModelInfo) error {
	held, err := j.engine.Store.SettleOthers(ctx, j.sched, info.Model, heldFrom, j.sched.DeletionLimit)
	if err != nil {
		return err
	}
	if held > 0 {
		j.log.Warn("a large part of a model is something else at the CRM by now, or gone from what it came inside of: a person has to decide", "model", info.Model, "records", held)
		return nil
	}
	return j.deleteAbsent(ctx, info, store.AbsenceOther)
}

// settleChildren deletes what came inside records of the model and is not there any more, once its pages are read, unless that is so much
// that a person has to decide.
func (j *syncJob) settleChildren(ctx context.Context, info hub.ModelInfo) error {
	if len(info.Also) == 0 {
		return nil
	}
	absent, err := j.engine.Store.Absences(ctx, j.conn.OrganizationID, j.conn.ID)
	if err != nil {
		return err
	}
	for _, child := range children(info) {
		if absent[child.Model][store.AbsenceOther] == 0 {
			continue
		}
		if err := j.settleOthers(ctx, child); err != nil {
			return err
		}
	}
	return nil
}

// children are the models of what comes inside records of the model.
func children(info hub.ModelInfo) []hub.ModelInfo {
	all := make([]hub.ModelInfo, len(info.Also))
	for i, model := range info.Also {
		all[i].Model = model
	}
	return all
}

// deleteAbsent deletes the records of a model whose absence is in the state.
func (j *syncJob) deleteAbsent(ctx context.Context, info hub.ModelInfo, state store.AbsenceState) error {
	for {
		n, err := j.engine.Store.DeleteAbsent(ctx, j.sched, info.Model, state, info.Also)
		if err != nil || n == 0 {
			return err
		}
		j.count(store.Changes{Deleted: n}, 0)
	}
}

// notFound asks for records that a reading did not meet. Those that are there it brings in, which counts as meeting
// them; the ids of the others it returns, and whether the CRM told that these are gone.
func (r *wholeReading) notFound(ctx context.Context, finder connector.Finder, missing []string) (gone []string, told bool, err error) {
	got := fetched{askedAt: r.job.engine.Clock()}
	r.job.asked, r.job.reading = true, r.info.Model
	if got.page, err = finder.Find(r.job.requests.of(ctx, r.info.Model), &r.job.session.Session, r.info.Model, missing); err != nil {
		return nil, false, err
	}
	there := map[string]bool{}
	for _, rec := range got.page.Records {
		if rec.Model == r.info.Model { // what comes with it may have the same number
			there[rec.ExternalID] = true
		}
	}
	for _, item := range got.page.Rejected {
		if item.ExternalID == "" {
			return nil, false, connector.Fail(connector.Malformed, r.job.name(), "records of %s that were asked for came without their ids", r.info.Model)
		}
		there[item.ExternalID] = true
	}
	if err := r.job.engine.complete(ctx, r.job.conn.OrganizationID, r.job.conn.ID, got.page.Records, r.job.pageBefore()); err != nil {
		return nil, false, err
	}
	if len(there) > 0 {
		if err := r.commit(ctx, &got); err != nil {
			return nil, false, err
		}
	}
	return slices.DeleteFunc(missing, func(id string) bool { return there[id] }), !got.page.Listed, nil
}
