package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

const (
	// maxQuarantined is how many items of a model may be in quarantine before its sync stops: that many are
	// not bad records but a CRM that has changed.
	maxQuarantined = 1000
	// maxClockLead is how far ahead of our clock a CRM's modified time is believed. One far beyond would move
	// the cursor past all that is yet to come.
	maxClockLead = 24 * time.Hour
	// missingBatch bounds how many missing records are marked in one transaction, findBatch how many are asked for before.
	missingBatch, findBatch = 1000, 20
)

// stopError is why a model's sync cannot go on though the vendor answers.
type stopError struct{ reason string }

func (e *stopError) Error() string { return e.reason }

func isStop(err error) bool {
	_, ok := err.(*stopError) //nolint:errorlint // made here and never wrapped
	return ok
}

// modelSync is the sync of one model in one job.
type modelSync struct {
	job  *syncJob
	info hub.ModelInfo
	// st is the state being worked on, committed the one that is in the database.
	st, committed store.SyncState
	// status is what the connection shows for the model.
	status        hub.SyncState
	rewindApplied bool
	seen          map[string]bool
	// allRead says that an earlier job read all pages of an enumeration: what is missing is still to be deleted.
	allRead bool
	// quarantineLimit is how many items of the model may come to be in quarantine in this job.
	quarantineLimit int
}

// fetchResult is what came of fetching a page.
type fetchResult struct {
	page connector.Page
	err  error
}

// run pulls pages until the model is up to date. While one page is committed the next is fetched.
func (m *modelSync) run(ctx context.Context) error {
	m.committed = m.st
	if err := m.begin(ctx); err != nil {
		return err
	}
	if m.allRead {
		return m.deleteMissing(ctx)
	}
	ctx, cancel := context.WithCancel(ctx) // ends a fetch ahead that nobody will wait for
	defer cancel()
	next := m.fetch(ctx)
	for {
		var got fetchResult
		select {
		case got = <-next:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if got.err != nil {
			return got.err
		}
		if !hub.IsStorable(got.page.Next) {
			return connector.Fail(connector.Malformed, m.name(), "the next page of %s is named by what is no text", m.info.Model)
		}
		asked := m.st.Next
		m.advance(&got.page)
		if got.page.More {
			if m.st.Next == asked || m.seen[m.st.Next] {
				return &stopError{fmt.Sprintf("%s: the pages of %s repeat themselves, so their end is never reached", m.name(), m.info.Model)}
			}
			m.seen[m.st.Next] = true
			next = m.fetch(ctx)
		}
		if err := m.commit(ctx, &got.page); err != nil {
			return err
		}
		if !got.page.More {
			if m.st.Enumerating {
				return m.deleteMissing(ctx)
			}
			return nil
		}
		if m.sliceOver() {
			return errYield
		}
	}
}

func (m *modelSync) sliceOver() bool { return m.job.engine.Clock().Sub(m.job.started) >= timeSlice }

func (m *modelSync) name() string { return m.job.connector.Info().Name }

// begin decides where the run starts: where an earlier job of it left off, or at the cursor.
func (m *modelSync) begin(ctx context.Context) error {
	m.seen = map[string]bool{}
	quarantined, err := m.countQuarantined(ctx)
	if err != nil {
		return err
	}
	if quarantined >= maxQuarantined && m.st.RewindTo == nil && !m.job.sched.Continues {
		return m.quarantineFull(quarantined)
	}
	// A retry of a full quarantine meets its items again, and needs some room for others.
	m.quarantineLimit = max(maxQuarantined, quarantined+maxQuarantined/10)
	if m.st.InRun && !m.st.Enumerating && (m.st.RewindTo == nil || m.job.sched.Continues) {
		return nil // a rewind asked for meanwhile waits for the run's end, but not for that of one that was cut off
	}
	if m.st.InRun && m.job.sched.Continues && m.st.Failed == "" {
		// An enumeration that only gave way is still whole. One that has begun and has no next page has read all.
		m.allRead = m.st.Enumerating && m.st.Next == ""
		return nil
	}
	if m.st.Enumerating {
		// Cut off in between, it may have missed what moved meanwhile: begin it again.
		if err := m.forget(ctx); err != nil {
			return err
		}
		m.st.Next = ""
	}
	now := m.job.engine.Clock()
	m.st.InRun, m.st.Newest, m.st.AsOf = true, time.Time{}, time.Time{}
	if !m.info.Durable {
		m.st.Next = ""
	}
	if m.st.RewindTo != nil {
		m.st.Since, m.st.Next = *m.st.RewindTo, ""
		m.rewindApplied = true
	}
	first := m.st.Since.IsZero() && m.st.Next == ""
	if first && m.st.EnumeratedAt.IsZero() {
		m.st.EnumeratedAt = now // nothing can be missing yet
	}
	due := now.Sub(m.st.EnumeratedAt) >= enumerateEvery || !m.info.Incremental && !m.info.Durable && !first
	m.st.Enumerating = !m.info.ReportsDeletes && due
	if m.st.Enumerating {
		m.st.Next = ""
	}
	return nil
}

func (m *modelSync) countQuarantined(ctx context.Context) (int, error) {
	counts, err := m.job.engine.Store.QuarantineCounts(ctx, m.job.conn.OrganizationID, m.job.conn.ID)
	return counts[m.info.Model], err
}

func (m *modelSync) quarantineFull(quarantined int) error {
	return &stopError{fmt.Sprintf("%d records of %s are in quarantine: see why, then retry the quarantine", quarantined, m.info.Model)}
}

// query asks for the page after m.st.
func (m *modelSync) query() connector.Query {
	q := connector.Query{Model: m.info.Model, Next: m.st.Next, Limit: m.job.engine.PageSize}
	if m.info.Incremental && !m.st.Enumerating && !m.st.Since.IsZero() {
		q.Since = m.st.Since.Add(-overlap)
	}
	return q
}

// fetch gets the next page in the background.
func (m *modelSync) fetch(ctx context.Context) <-chan fetchResult {
	answer := make(chan fetchResult, 1)
	q := m.query()
	go func() {
		defer func() {
			if p := recover(); p != nil { // one connector's mistake ends no other's sync
				m.job.log.Error("a connector panicked", "model", m.info.Model, "panic", p, "stack", string(debug.Stack()))
				answer <- fetchResult{err: connector.Fail(connector.Malformed, m.name(), "the connector cannot handle what the CRM answered; the log has the details")}
			}
		}()
		page, err := m.job.connector.Fetch(ctx, &m.job.session.Session, q)
		answer <- fetchResult{page, err}
	}()
	return answer
}

// advance moves the state past the page.
func (m *modelSync) advance(page *connector.Page) {
	limit := m.job.engine.Clock().Add(maxClockLead)
	for i := range page.Records {
		if at := page.Records[i].ModifiedAt; at.After(m.st.Newest) && at.Before(limit) {
			m.st.Newest = at
		}
	}
	if m.st.AsOf.IsZero() {
		m.st.AsOf = page.AsOf
	}
	m.st.Next, m.st.Failed = page.Next, ""
	if page.More {
		return
	}
	if !m.st.Enumerating { // else it ends when what is missing is marked
		m.finish()
	}
}

// finish ends the run: the cursor moves to the newest time seen, and no further than the CRM's clock
// was when the run began.
func (m *modelSync) finish() {
	newest := m.st.Newest
	if newest.IsZero() && m.st.Since.IsZero() {
		newest = m.st.AsOf // nothing there yet: everything up to now is in
	}
	if !m.st.AsOf.IsZero() && newest.After(m.st.AsOf) {
		newest = m.st.AsOf
	}
	if newest.After(m.st.Since) {
		m.st.Since = newest
	}
	m.st.InRun, m.st.Enumerating, m.st.Newest, m.st.AsOf = false, false, time.Time{}, time.Time{}
	m.st.CompletedRun = m.job.sched.RunID
}

// commit brings the page in, with the state after it. A page that brings nothing is not written.
func (m *modelSync) commit(ctx context.Context, page *connector.Page) error {
	status := hub.SyncStateUpToDate
	if m.st.InRun {
		status = hub.SyncStateSyncing
	}
	tr := m.job.session.transport
	totals := store.RunTotals{Pages: 1, Bytes: tr.bytes.Swap(0), RateWait: time.Duration(tr.waited.Swap(0))}
	m.job.engine.metrics.pages.WithLabelValues(string(m.job.conn.Platform)).Inc()
	if len(page.Records) == 0 && len(page.Rejected) == 0 && status == m.status && !m.rewindApplied && m.sameCursor() {
		m.job.pending.Add(totals)
		return nil
	}
	valid, quarantined := m.sort(page)
	changes, err := m.job.engine.Store.CommitPage(ctx, m.job.sched, store.PageCommit{
		State: m.st, Records: valid, Quarantined: quarantined, Children: m.info.Also, RewindApplied: m.rewindApplied, Status: status, Totals: totals,
	})
	if err != nil {
		return err
	}
	m.count(changes, len(quarantined))
	m.committed, m.status, m.rewindApplied = m.st, status, false
	if len(quarantined) == 0 {
		return nil
	}
	n, err := m.countQuarantined(ctx)
	if err == nil && n >= m.quarantineLimit {
		err = m.quarantineFull(n)
	}
	return err
}

// sameCursor reports whether the next run would begin as the one in the database.
func (m *modelSync) sameCursor() bool {
	a, b := m.st, m.committed
	return !a.InRun && !b.InRun && a.Since.Equal(b.Since) && a.Next == b.Next && a.Failed == b.Failed && a.EnumeratedAt.Equal(b.EnumeratedAt)
}

// sort tells the records that can be kept from those that go into quarantine.
func (m *modelSync) sort(page *connector.Page) (valid []hub.Record, bad []store.Quarantined) {
	valid = page.Records[:0]
	for i := range page.Records {
		r := &page.Records[i]
		r.Mend()
		if err := r.Validate(); err != nil {
			raw, _ := json.Marshal(r) //nolint:errchkjson,musttag // its times are valid: they were read from JSON
			bad = append(bad, store.Quarantined{Model: m.info.Model, ExternalID: r.ExternalID, Reason: err.Error(), Raw: string(raw), FoundSince: m.query().Since})
			continue
		}
		valid = append(valid, *r)
	}
	for _, r := range page.Rejected {
		bad = append(bad, store.Quarantined{Model: m.info.Model, ExternalID: r.ExternalID, Reason: r.Reason, Raw: string(r.Raw), FoundSince: m.query().Since})
	}
	return valid, bad
}

func (m *modelSync) count(c store.Changes, quarantined int) {
	for change, n := range map[string]int{"created": c.Created, "updated": c.Updated, "unchanged": c.Unchanged, "deleted": c.Deleted, "quarantined": quarantined} {
		if n > 0 {
			m.job.engine.metrics.records.WithLabelValues(string(m.job.conn.Platform), change).Add(float64(n))
		}
	}
}

// deleteMissing marks what a complete enumeration did not meet and what is not there, and ends the run.
func (m *modelSync) deleteMissing(ctx context.Context) error {
	limit := missingBatch
	finder, finds := m.job.connector.(connector.Finder)
	if finds {
		limit = findBatch
	}
	for {
		missing, err := m.job.engine.Store.Missing(ctx, m.job.sched, m.info.Model, limit)
		if err != nil {
			return err
		}
		if len(missing) == 0 {
			break
		}
		if finds {
			if missing, err = m.notFound(ctx, finder, missing); err != nil {
				return err
			}
		}
		n, err := m.job.engine.Store.DeleteMissing(ctx, m.job.sched, m.info.Model, missing, m.info.Also)
		if err != nil {
			return err
		}
		m.count(store.Changes{Deleted: n}, 0)
		if m.sliceOver() {
			return errYield
		}
	}
	m.st.EnumeratedAt = m.job.engine.Clock()
	if !m.info.Durable {
		m.st.Next = ""
	}
	m.finish()
	// The notes go first: a run that ends here starts the next enumeration without them.
	if err := m.forget(ctx); err != nil {
		return err
	}
	_, err := m.job.engine.Store.CommitPage(ctx, m.job.sched, store.PageCommit{State: m.st, RewindApplied: m.rewindApplied, Status: hub.SyncStateUpToDate})
	if err == nil {
		m.committed, m.status = m.st, hub.SyncStateUpToDate
	}
	return err
}

// notFound asks for records that an enumeration did not meet. Those that are there it brings in, which counts as
// meeting them; the ids of the others it returns.
func (m *modelSync) notFound(ctx context.Context, finder connector.Finder, missing []string) ([]string, error) {
	page, err := finder.Find(ctx, &m.job.session.Session, m.info.Model, missing)
	if err != nil {
		return nil, err
	}
	there := map[string]bool{}
	for _, r := range page.Records {
		there[r.ExternalID] = true
	}
	for _, r := range page.Rejected {
		there[r.ExternalID] = true
	}
	if len(there) > 0 {
		if err := m.commit(ctx, &page); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(missing, func(id string) bool { return there[id] }), nil
}

func (m *modelSync) forget(ctx context.Context) error {
	for {
		n, err := m.job.engine.Store.ForgetEnumeration(ctx, m.job.sched, m.info.Model)
		if err != nil || n == 0 {
			return err
		}
	}
}
