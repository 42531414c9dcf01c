package engine

import (
	"context"
	"math/rand/v2"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

const (
	// heldAsk is how often the CRM is asked by id for some of what waits for a decision, and heldAsked for how many. Where it
	// shows one of them again, the model is read whole before its own interval is over: a reading alone meets all of them.
	heldAsk   = 15 * time.Minute
	heldAsked = 5
)

// askHeld asks for some of the records that wait for a decision, of the models of which they can be asked for. What comes of it
// is kept by the reading that it begins.
func (j *syncJob) askHeld(ctx context.Context) error {
	finder, ok := j.connector.(connector.Finder)
	if !ok || j.sched.Retrying {
		return nil
	}
	for _, info := range j.connector.Info().Models {
		held := j.absences[info.Model][store.AbsenceHeld]
		if held == 0 || j.readings[info.Model] != nil || !j.heldAskDue(j.state(info.Model)) {
			continue
		}
		if j.sliceOver() {
			return errYield
		}
		ids, since, err := j.engine.Store.SomeHeld(ctx, j.conn.OrganizationID, j.conn.ID, info.Model, rand.IntN(max(1, held-heldAsked+1)), heldAsked)
		if err != nil {
			return err
		}
		now := j.engine.Clock()
		if j.absent(info.Model) > findMost && 2*now.Sub(j.state(info.Model).EnumeratedAt) < now.Sub(since) {
			continue // a reading does not ask for so many by id, and may not meet them: each next one waits for longer
		}
		shown, err := j.shows(ctx, finder, info.Model, ids)
		if err != nil {
			if ctx.Err() != nil || j.endingOf(ctx, err).stops != stopsModel {
				return err
			}
			j.log.Debug("what waits for a decision cannot be asked for", "model", info.Model, "error", err) // it is asked another time
			j.heed(ctx, err)
			continue
		}
		if shown {
			j.shown[info.Model] = true
		}
	}
	return nil
}

// absent is how many absences of the model are known.
func (j *syncJob) absent(model hub.Model) (n int) {
	for _, of := range j.absences[model] {
		n += of
	}
	return n
}

// heldAskDue reports whether the model's next time to ask for what is held lies between the run before and this one.
func (j *syncJob) heldAskDue(st *store.SyncState) bool {
	elapsed := j.engine.Clock().Sub(st.EnumeratedAt)
	before := elapsed - j.sched.Interval*6/5 // plans have some jitter
	return before < 0 || elapsed/heldAsk > before/heldAsk
}

// shows reports whether the CRM has one of the records that are asked for by their ids.
func (j *syncJob) shows(ctx context.Context, finder connector.Finder, model hub.Model, ids []string) (bool, error) {
	if len(ids) == 0 {
		return false, nil
	}
	j.asked, j.reading = true, model
	page, err := finder.Find(j.requests.of(ctx, model), &j.session.Session, model, ids)
	if err != nil {
		return false, err
	}
	for i := range page.Records {
		if r := &page.Records[i]; r.Model == model && !r.Deleted && r.MergedInto == "" {
			return true, nil
		}
	}
	return len(page.Rejected) > 0, nil
}
