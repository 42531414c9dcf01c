package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

// modelSync brings the increments of one model in, in one job.
type modelSync struct {
	job  *syncJob
	info hub.ModelInfo
	// st is the state being worked on, committed the one that is in the database.
	st, committed store.SyncState
	// status is what the connection shows for the model.
	status        hub.SyncState
	rewindApplied bool
	// first says that the page to come is the first of the run.
	first bool
	// places are those that pages of this job pointed to, pointsBack says that the latest points to one of them.
	places     map[string]bool
	pointsBack bool
	// run names the run among those whose records are remembered.
	run seenKey
	// others says that a page told of what the hub keeps that it is something else by now.
	others bool
	// wrote says that a page was committed: what came inside of its records may be gone.
	wrote bool
	// restarted says that this job began the run anew because the CRM refused its place.
	restarted bool
}

// sync pulls pages until the model is up to date. A model of which only all can be read is read whole.
func (m *modelSync) sync(ctx context.Context) error {
	m.committed = m.st
	if err := m.deleteApproved(ctx); err != nil {
		return err
	}
	if !m.info.Incremental && !m.info.Durable {
		return m.readWhole(ctx)
	}
	m.begin()
	err := m.job.readPages(ctx, m.info, m)
	if isRefusedPlace(err) && m.st.Next != "" && !m.restarted {
		m.restart()
		if !connector.AsksToWait(err) {
			err = m.job.readPages(ctx, m.info, m)
		}
	}
	if isStop(err) { // what was read is in; its end is looked for from the cursor again
		m.committed.InRun, m.committed.Next, m.committed.Barren = false, "", 0
	}
	if err == nil && (m.others || m.job.absences[m.info.Model][store.AbsenceOther] > 0) {
		err = m.job.settleOthers(ctx, m.info)
	}
	left := func(child hub.ModelInfo) bool { return m.job.absences[child.Model][store.AbsenceOther] > 0 }
	if err == nil && (m.wrote || slices.ContainsFunc(children(m.info), left)) {
		err = m.job.settleChildren(ctx, m.info)
	}
	return err
}

// readWhole reads all of a model of which the CRM cannot be asked for changes: each run is a whole reading.
func (m *modelSync) readWhole(ctx context.Context) error {
	r := &wholeReading{job: m.job, info: m.info, st: m.st, status: m.status, instead: true}
	err := r.run(ctx)
	if isStop(err) { // it begins anew
		if dropErr := r.drop(ctx); dropErr != nil {
			err = dropErr
		}
	}
	m.st, m.committed, m.status = r.st, r.committed, r.status
	return err
}

// deleteApproved deletes the records of which a person said that they count as deleted.
func (m *modelSync) deleteApproved(ctx context.Context) error {
	for _, info := range append([]hub.ModelInfo{m.info}, children(m.info)...) {
		if m.job.absences[info.Model][store.AbsenceApproved] == 0 {
			continue
		}
		if err := m.job.deleteAbsent(ctx, info, store.AbsenceApproved); err != nil {
			return err
		}
	}
	return nil
}

// lookBack is how long after its modified time the CRM may still come to show a record.
func (j *syncJob) lookBack() time.Duration {
	if d := j.connector.Info().LookBack; d > 0 {
		return d
	}
	return defaultLookBack
}

// begin decides where the run starts: where an earlier job of it left off, or at the cursor.
func (m *modelSync) begin() {
	m.places = map[string]bool{}
	now := m.job.engine.Clock()
	m.st.EnumeratedAt = m.job.firstEnumerated(m.st, now)
	if m.st.InRun && !m.st.StartedAt.IsZero() && (m.st.RewindTo == nil || m.job.sched.Continues) && !doubtsPlace(m.st.Next, m.st.Failures) {
		m.run = m.seenKey()
		return // a rewind asked for meanwhile waits for the run's end, but not for that of one that was cut off
	}
	m.st.InRun, m.st.StartedAt, m.st.AsOf, m.st.Barren = true, now, time.Time{}, 0
	m.st.BegunRun, m.first = m.job.sched.RunID, true
	if !m.info.Durable || doubtsPlace(m.st.Next, m.st.Failures) {
		m.st.Next = ""
	}
	if m.st.RewindTo != nil {
		m.st.Since, m.st.Next = *m.st.RewindTo, ""
		m.rewindApplied = true
	}
	if !m.st.Since.IsZero() {
		m.st.Since = latestCursor(now, m.st.Since, m.job.lookBack())
	}
	m.run = m.seenKey()
}

// placeTries is after how many failures in a row at a place within the pages it is no longer believed in.
const placeTries = 8

// doubtsPlace reports whether pages are to be read anew, as the CRM fails again and again where they ended: some answer so, and
// not by a refusal, where a place is too old.
func doubtsPlace(next string, failures int) bool {
	return next != "" && failures > 0 && failures%placeTries == 0
}

// restart begins the run anew at its cursor.
func (m *modelSync) restart() {
	m.job.log.Info("the CRM refuses to go on from where the pages ended; they are read again from the cursor", "model", m.info.Model)
	m.restarted, m.first, m.places, m.st.BegunRun = true, true, map[string]bool{}, m.job.sched.RunID
	m.st.Next, m.st.StartedAt, m.st.AsOf, m.st.Barren = "", m.job.engine.Clock(), time.Time{}, 0
	m.committed.Next, m.committed.StartedAt = "", m.st.StartedAt
	m.run = m.seenKey()
}

func (m *modelSync) query() connector.Query {
	q := connector.Query{Model: m.info.Model, Next: m.st.Next, Limit: m.job.engine.PageSize, Tries: m.st.Failures, Kept: m.job.kept(m.info)}
	if !m.st.Since.IsZero() {
		q.Since = m.st.Since
	}
	return q
}

// advance moves the state past the page.
func (m *modelSync) advance(got *fetched) {
	if m.st.AsOf.IsZero() {
		m.st.AsOf = got.page.AsOf
	}
	if m.first {
		m.st.Note, m.first = "", false
	}
	m.st.Note = addedNote(m.st.Note, got.page.Note)
	next := got.page.Next
	m.pointsBack = pointsBack(&got.page, m.st.Next, m.places)
	m.places[next] = true
	m.st.Next = next
	m.succeed()
	if !got.page.More {
		m.finish()
	}
}

// succeed takes away what is known of failures.
func (m *modelSync) succeed() {
	m.st.Failed, m.st.Failures, m.st.FailureCause, m.st.RetryAt = "", 0, "", time.Time{}
}

// finish ends the run and moves the cursor.
func (m *modelSync) finish() {
	now := m.job.engine.Clock()
	m.st.Since = nextCursor(now, m.st.StartedAt, m.st.AsOf, m.st.Since, m.job.lookBack())
	if m.st.EnumeratedAt.IsZero() {
		m.st.EnumeratedAt = now // it was the first run, which read all
	}
	if !m.info.Durable {
		m.st.Next = ""
	}
	m.st.InRun, m.st.StartedAt, m.st.AsOf = false, time.Time{}, time.Time{}
	m.job.complete(&m.st)
}

// complete notes that the connection's run is done with a model, unless the pages that have ended were begun by an earlier
// run: what there is now may not be in them, so this one reads the model once more. One that tries again what failed need not.
func (j *syncJob) complete(st *store.SyncState) {
	if st.BegunRun == j.sched.RunID || j.sched.Retrying {
		st.CompletedRun = j.sched.RunID
	}
}

// noteMost bounds what a CRM says of a model or an account, in bytes.
const noteMost = 500

// keptNote is what the CRM says, as it is kept.
func keptNote(note string) string {
	if len(note) > noteMost {
		note = note[:noteMost]
	}
	return hub.Storable(note)
}

// addedNote is a note with what a later page says, unless it has that.
func addedNote(note, more string) string {
	switch {
	case more == "" || strings.Contains(note, more):
		return note
	case note == "":
		return keptNote(more)
	}
	return keptNote(note + " " + more)
}

// commit brings the page in, with the state after it. A page that brings nothing is not written: where it is the last
// one, the cursor moves with the end of the job.
func (m *modelSync) commit(ctx context.Context, got *fetched) error {
	status := hub.SyncStateUpToDate
	if m.st.InRun {
		status = hub.SyncStateSyncing
	}
	totals := m.job.pageTotals()
	page := &got.page
	others, err := m.job.keptOthers(ctx, m.info.Model, page)
	if err != nil {
		return err
	}
	m.others = m.others || len(others) > 0
	if len(others) == 0 && len(page.Records) == 0 && len(page.Rejected) == 0 && !m.rewindApplied && !m.st.InRun && !m.committed.InRun {
		m.job.pending.Add(m.info.Model, totals)
		m.job.quiet = append(m.job.quiet, store.QuietModel{State: m.st, Status: status})
		m.committed, m.status = m.st, status
		return nil
	}
	valid, quarantined := sortPage(got, m.info.Model, m.query().Since)
	changes, err := m.job.engine.Store.CommitPage(ctx, m.job.sched, store.PageCommit{
		State: m.st, AskedAt: got.askedAt, Records: valid, Prepared: got.prepared, Quarantined: quarantined, Others: others, Children: m.info.Also,
		RewindApplied: m.rewindApplied, Status: status, Totals: totals,
	})
	if err != nil {
		return err
	}
	m.wrote = true
	m.job.count(changes, len(quarantined))
	m.committed, m.status = m.st, status
	if m.rewindApplied {
		m.st.RewindTo, m.committed.RewindTo, m.rewindApplied = nil, nil, false
	}
	if !page.More {
		m.job.engine.seen.forget(m.run)
		return nil
	}
	if page.Wait == 0 {
		m.st.Barren = m.barren(page, changes)
	}
	return m.job.checkBarren(m.info.Model, m.st.Barren, m.pointsBack)
}

func (m *modelSync) seenKey() seenKey {
	return seenKey{m.job.conn.ID, m.info.Model, m.st.StartedAt.UnixMicro()}
}

// barren counts the page among those that brought nothing new, where it did: nothing changed, and all that is on it was on pages
// before it.
func (m *modelSync) barren(page *connector.Page, changes store.Changes) int {
	if changes.Created+changes.Updated+changes.Deleted > 0 {
		return 0
	}
	if m.job.engine.seen.add(m.run, page) {
		return 0
	}
	return m.st.Barren + 1
}

// explain is what a failure of the model means, for people.
func (m *modelSync) explain(err error) string {
	text, right := err.Error(), m.info.Right
	switch {
	case connector.IsKind(err, connector.Unauthorized):
		text += ", though the CRM takes them elsewhere"
		if right != "" {
			text += fmt.Sprintf("; %s is read with the right %s, which they may lack", m.info.Model, right)
		}
	case right != "" && connector.IsKind(err, connector.Forbidden) && !strings.Contains(text, right):
		text += fmt.Sprintf("; %s is read with the right %s, which they lack", m.info.Model, right)
	}
	return text
}

// pageTotals is what a page adds to the run besides its records.
func (j *syncJob) pageTotals() store.RunTotals {
	j.engine.metrics.pages.WithLabelValues(string(j.conn.Platform)).Inc()
	totals := j.moved()
	totals.Pages = 1
	return totals
}

// moved is what came from the CRM and was waited for its rate limit since it was last asked.
func (j *syncJob) moved() store.RunTotals {
	tr := j.session.transport
	return store.RunTotals{Bytes: tr.bytes.Swap(0), RateWait: time.Duration(tr.waited.Swap(0))}
}

// sortPage tells the records that can be kept from those that go into quarantine.
func sortPage(got *fetched, model hub.Model, since time.Time) (valid []hub.Record, bad []store.Quarantined) {
	page := &got.page
	valid = page.Records
	if len(got.faults) > 0 { // rarely; the page keeps its own, as they tell whether it brought anything
		valid = nil
		for i := range page.Records {
			r := &page.Records[i]
			if err := got.faults[i]; err != nil {
				raw, _ := json.Marshal(r) //nolint:errchkjson,musttag // its times are valid: they were read from JSON
				bad = append(bad, store.Quarantined{Model: model, ExternalID: r.ExternalID, Reason: err.Error(), Raw: string(raw), FoundSince: since})
				continue
			}
			valid = append(valid, *r)
		}
	}
	for _, r := range page.Rejected {
		bad = append(bad, store.Quarantined{Model: model, ExternalID: r.ExternalID, Reason: r.Reason, Raw: string(r.Raw), FoundSince: since})
	}
	return valid, bad
}

func (j *syncJob) count(c store.Changes, quarantined int) {
	for change, n := range map[string]int{
		"created": c.Created, "updated": c.Updated, "unchanged": c.Unchanged, "deleted": c.Deleted, "missed": c.Missed, "quarantined": quarantined,
	} {
		if n > 0 {
			j.engine.metrics.records.WithLabelValues(string(j.conn.Platform), change).Add(float64(n))
		}
	}
}
