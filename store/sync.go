package store

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// SyncState is where the sync of one model of a connection stands, as the engine needs it.
type SyncState struct {
	Model hub.Model
	// Since is the cursor: everything that the CRM changed up to here is in; zero before the first complete run.
	Since time.Time
	// Next is the connector's own place: within a run, or between runs of a durable feed.
	Next string
	// StartedAt is our clock when the first page of the run in progress was asked for.
	StartedAt time.Time
	// AsOf is up to when the vendor's changes are all in once the run in progress ends; zero when it does not tell.
	AsOf time.Time
	// InRun says that a run of this model was begun and not finished; it goes on from Next.
	InRun bool
	// BegunRun is the id of the connection run in which the run in progress of the model, or the last one, was begun.
	BegunRun string
	// Note is what the CRM said of the model at that beginning, for people: what keeps it from being up to date; usually empty.
	Note string
	// Barren counts the pages in a row of the run in progress that brought nothing not yet seen in it.
	Barren int
	// EnumeratedAt is when the model was last read whole.
	EnumeratedAt time.Time
	// RewindTo, when not nil, is where the next run of the model begins instead of Since.
	RewindTo *time.Time
	// CompletedRun is the id of the last connection run that is done with this model.
	CompletedRun string
	// Failed is why the model's last run failed, for people; empty when it did not.
	Failed string
	// Failures counts the failures in a row of the same FailureCause; before RetryAt it is not tried again.
	Failures     int
	FailureCause string
	RetryAt      time.Time
}

const syncStateColumns = `model, since, next, started_at, as_of, in_run, barren, enumerated_at, rewind_to, passed_run, failed, failures, failure_cause, retry_at, begun_run, note`

func scanSyncState(r database.Row) (SyncState, error) {
	var st SyncState
	var since, started, asOf, enumerated, rewind, retry *int64
	err := r.Scan(&st.Model, &since, &st.Next, &started, &asOf, &st.InRun, &st.Barren, &enumerated, &rewind, &st.CompletedRun,
		&st.Failed, &st.Failures, &st.FailureCause, &retry, &st.BegunRun, &st.Note)
	st.Since, st.StartedAt, st.AsOf, st.EnumeratedAt = fromOptionalMicros(since), fromOptionalMicros(started), fromOptionalMicros(asOf), fromOptionalMicros(enumerated)
	st.RetryAt = fromOptionalMicros(retry)
	if rewind != nil {
		t := fromMicros(*rewind)
		if *rewind == 0 {
			t = time.Time{}
		}
		st.RewindTo = &t
	}
	return st, err
}

// SyncStates returns the states of a connection's models; a model that never ran has none.
func (s *Store) SyncStates(ctx context.Context, organization, connection string) ([]SyncState, error) {
	states, err := syncStates(ctx, s.db, organization, connection)
	return states, err
}

func syncStates(ctx context.Context, q database.Querier, organization, connection string) ([]SyncState, error) {
	return queryAll(ctx, q, scanSyncState, `SELECT `+syncStateColumns+` FROM sync_states WHERE organization_id = $1 AND connection_id = $2`, organization, connection)
}

func saveSyncState(ctx context.Context, tx Tx, sched Schedule, st SyncState) error {
	return tx.Later(ctx, `INSERT INTO sync_states (organization_id, connection_id, model, since, next, started_at, as_of, in_run, barren, enumerated_at,
			passed_run, failed, failures, failure_cause, retry_at, begun_run, note)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) ON CONFLICT (organization_id, connection_id, model) DO UPDATE SET
			since = excluded.since, next = excluded.next, started_at = excluded.started_at, as_of = excluded.as_of, in_run = excluded.in_run,
			barren = excluded.barren, enumerated_at = excluded.enumerated_at, passed_run = excluded.passed_run, failed = excluded.failed,
			failures = excluded.failures, failure_cause = excluded.failure_cause, retry_at = excluded.retry_at, begun_run = excluded.begun_run, note = excluded.note`,
		sched.OrganizationID, sched.ConnectionID, string(st.Model), optionalMicros(st.Since), st.Next, optionalMicros(st.StartedAt),
		optionalMicros(st.AsOf), st.InRun, st.Barren, optionalMicros(st.EnumeratedAt), st.CompletedRun, st.Failed,
		st.Failures, st.FailureCause, optionalMicros(st.RetryAt), st.BegunRun, st.Note)
}

// saveSyncStateRewind notes where the model's next run begins: at the time, unless its cursor, or what was asked for
// before, is earlier still. A cursor never moves past what is not in. Only beginning that run takes the note away.
func saveSyncStateRewind(ctx context.Context, tx Tx, c hub.Connection, model hub.Model, to time.Time) error {
	at := int64(0) // from the very beginning, as a model without a cursor is read
	if to.After(time.UnixMicro(0)) {
		at = micros(to)
	}
	const earlier = `CASE WHEN COALESCE(sync_states.since, 0) < excluded.rewind_to THEN COALESCE(sync_states.since, 0) ELSE excluded.rewind_to END`
	_, err := tx.Exec(ctx, `INSERT INTO sync_states (organization_id, connection_id, model, next, in_run, passed_run, failed, rewind_to)
		VALUES ($1, $2, $3, '', $4, '', '', $5) ON CONFLICT (organization_id, connection_id, model) DO UPDATE SET
			rewind_to = CASE WHEN sync_states.rewind_to < `+earlier+` THEN sync_states.rewind_to ELSE `+earlier+` END`,
		c.OrganizationID, c.ID, string(model), false, at)
	return err
}

// PageCommit is one page of one model and the place after it.
type PageCommit struct {
	// State is the model's state after the page.
	State SyncState
	// Reading is the whole reading that the page belongs to, as it is after the page; nil for a page of an increment.
	Reading *Reading
	// AskedAt is when the page was asked for; zero means now.
	AskedAt time.Time
	// Records are the page's valid records, of the model and those that come with it.
	Records []hub.Record
	// Prepared is what Prepare made of them; nil where nobody had the time.
	Prepared Prepared
	// Quarantined are its other items.
	Quarantined []Quarantined
	// Others are external ids of items that are no records of the state's model: what is kept as one of them is absent.
	Others []string
	// RewindApplied says that the run began where State.RewindTo asked, which is thereby done.
	RewindApplied bool
	// Children are models whose records come with those of the state's model, all of them: what a living record of the page no longer
	// has is absent.
	Children []hub.Model
	// Status is what the contract's syncStatus shows for the model after the page.
	Status hub.SyncState
	// Totals are what the page adds to the run besides what becomes of its records.
	Totals RunTotals
}

// errRetiring says that what is of the account that a connection had before is not gone yet: RetireAccount is to end first.
var errRetiring = errors.New("the records of the account before are not removed yet")

// CommitPage brings a page in and moves the cursor past it, both or neither. Its error may be one of RenewLease's.
func (s *Store) CommitPage(ctx context.Context, sched Schedule, page PageCommit) (Changes, error) {
	first := page.State.EnumeratedAt.IsZero() // the model is being read for the first time
	changes, err := s.commitPage(ctx, sched, page, first)
	if first && database.IsDuplicate(err) {
		return s.commitPage(ctx, sched, page, false)
	}
	return changes, err
}

// commitPage is CommitPage. With fresh it takes the records of a model for such as are not there yet, as long as the run has met none
// of it that is: it fails where that is wrong.
func (s *Store) commitPage(ctx context.Context, sched Schedule, page PageCommit, fresh bool) (Changes, error) {
	var changes Changes
	err := s.write(ctx, func(tx Tx) error {
		changes = Changes{}
		now := s.clock().UTC().Truncate(time.Microsecond)
		held, c, gates, err := holdPage(ctx, tx, sched, page.State.Model, now)
		if err != nil {
			return err
		}
		page := page // tried again, it begins with what it was given
		if err := setCirclesAside(ctx, tx, sched, &page); err != nil {
			return err
		}
		scope, err := newRelinkScope(ctx, tx, c, gates, page.Records)
		if err != nil {
			return err
		}
		asked := page.AskedAt
		if asked.IsZero() {
			asked = now
		}
		write := recordWrite{organization: c.OrganizationID, connection: c.ID, gates: gates, prepared: page.Prepared, fresh: fresh, asked: asked, now: now}
		done, err := upsertPage(ctx, tx, c, write, page, scope)
		if err != nil {
			return err
		}
		changes = done.Sum().Changes
		if err := held.check(ctx, tx, now); err != nil {
			return err
		}
		if err := scope.request(ctx, tx, now); err != nil {
			return err
		}
		if err := relinkToRecords(ctx, tx, c, gates, page.Records, now); err != nil {
			return err
		}
		if err := noteEnumerated(ctx, tx, sched, gates, page); err != nil {
			return err
		}
		others := slices.DeleteFunc(slices.Clone(page.Others), func(id string) bool { // the page has both: the next one says which is so
			return slices.ContainsFunc(page.Records, func(r hub.Record) bool { return r.Model == page.State.Model && r.ExternalID == id })
		})
		if err := noteOthers(ctx, tx, c, page.State.Model, others, asked); err != nil {
			return err
		}
		fresh, err := quarantine(ctx, tx, sched, page.Quarantined, now)
		if err != nil {
			return err
		}
		if gates.quarantined || len(page.Quarantined) > 0 {
			if err := releaseQuarantined(ctx, tx, sched, page); err != nil {
				return err
			}
		}
		if err := saveProgress(ctx, tx, sched, c, page, now); err != nil {
			return err
		}
		totals := page.Totals
		totals.Quarantined += fresh
		done.Add(page.State.Model, totals)
		return saveRunTotals(ctx, tx, sched, gates.totals, done)
	})
	return changes, err
}

// holdPage holds what a page of the model is written under, as holdLimits and holdLease do, and asks for what it has to do with.
func holdPage(ctx context.Context, tx Tx, sched Schedule, model hub.Model, now time.Time) (*heldLimits, hub.Connection, *gates, error) {
	c, most, err := lockLease(ctx, tx, sched, hub.ResourceRecords)
	if err != nil {
		return nil, c, nil, err
	}
	gates, err := askGates(ctx, tx, sched.OrganizationID, sched.ConnectionID, model, sched.RunID)
	switch {
	case err != nil:
		return nil, c, nil, err
	case !c.Active:
		return nil, c, nil, hub.ErrPaused
	case gates.disabled:
		return nil, c, nil, hub.ErrDisabled
	case c.Retiring:
		return nil, c, nil, errRetiring
	case most == nil:
		return &heldLimits{}, c, gates, nil
	}
	held, err := newHeldLimits(ctx, tx, sched.OrganizationID, now, limit{hub.ResourceRecords, *most})
	return held, c, gates, err
}

// upsertPage brings the records of a page in, and notes the children that they no longer have. It reports what became
// of the records of each model.
func upsertPage(ctx context.Context, tx Tx, c hub.Connection, write recordWrite, page PageCommit, scope *relinkScope) (ModelTotals, error) {
	done := ModelTotals{}
	for _, records := range byModel(page.Records) {
		model, of := records[0].Model, write
		of.fresh = write.fresh && write.gates.madeAll(model)
		ch, changed, err := upsertRecords(ctx, tx, of, model, records)
		if err != nil {
			return nil, err
		}
		if page.Reading != nil {
			ch.Missed = missed(records, changed, page.Reading.Since)
		}
		scope.note(model, ch)
		done.Add(model, RunTotals{Changes: ch})
	}
	for _, child := range page.Children {
		gone, n, err := goneChildren(ctx, tx, c, page, child, write.now)
		if err != nil {
			return nil, err
		}
		if err := noteOthers(ctx, tx, c, child, gone, write.asked); err != nil {
			return nil, err
		}
		scope.note(child, Changes{Deleted: n})
		done.Add(child, RunTotals{Deleted: n})
	}
	return done, nil
}

// missed counts the changed records that an increment should have brought: those modified before the cursor.
func missed(records []hub.Record, changed []string, cursor time.Time) (n int) {
	for i := range records {
		at := records[i].ModifiedAt
		if !at.IsZero() && at.Before(cursor) && slices.Contains(changed, records[i].ExternalID) {
			n++
		}
	}
	return n
}

// saveProgress keeps where the page leaves its model.
func saveProgress(ctx context.Context, tx Tx, sched Schedule, c hub.Connection, page PageCommit, now time.Time) error {
	if err := saveSyncState(ctx, tx, sched, page.State); err != nil {
		return err
	}
	if page.Reading != nil {
		if err := saveReading(ctx, tx, sched, *page.Reading); err != nil {
			return err
		}
	}
	if page.RewindApplied {
		if err := clearRewind(ctx, tx, sched, page.State.Model); err != nil {
			return err
		}
	}
	if !page.State.Since.IsZero() && mayBringFirst(c, page.State.Model) {
		if err := relinkOnceRead(ctx, tx, c, page.State.Model, now); err != nil {
			return err
		}
	}
	return updateSyncStatus(ctx, tx, c, page.State, page.Status, now)
}

func clearRewind(ctx context.Context, tx Tx, sched Schedule, model hub.Model) error {
	return tx.Later(ctx, `UPDATE sync_states SET rewind_to = NULL WHERE organization_id = $1 AND connection_id = $2 AND model = $3`,
		sched.OrganizationID, sched.ConnectionID, string(model))
}

// byModel splits records by model, in the order in which the models first come.
func byModel(records []hub.Record) [][]hub.Record {
	of := 0
	for of < len(records) && records[of].Model == records[0].Model {
		of++
	}
	if of == len(records) && of > 0 { // mostly: none is copied
		return [][]hub.Record{records}
	}
	var split [][]hub.Record
	for _, r := range records {
		i := slices.IndexFunc(split, func(rs []hub.Record) bool { return rs[0].Model == r.Model })
		if i < 0 {
			split = append(split, nil)
			i = len(split) - 1
		}
		split[i] = append(split[i], r)
	}
	return split
}

// updateSyncStatus tells on the connection where the model's sync stands, if that is news.
func updateSyncStatus(ctx context.Context, tx Tx, c hub.Connection, st SyncState, status hub.SyncState, now time.Time) error {
	i := slices.IndexFunc(c.SyncStatus, func(s hub.SyncStatus) bool { return s.Model == st.Model })
	if i < 0 { // made before the platform's connector pulled the model
		c.SyncStatus = append(c.SyncStatus, hub.SyncStatus{ID: hub.NewID(), Model: st.Model, CreatedAt: now})
		i = len(c.SyncStatus) - 1
	}
	shown := &c.SyncStatus[i]
	if shown.State == status && shown.ModifiedAfter.Equal(st.Since) {
		return nil
	}
	shown.State, shown.ModifiedAfter, shown.UpdatedAt = status, st.Since, now
	text, err := json.Marshal(c.SyncStatus)
	if err != nil {
		return err
	}
	return tx.Later(ctx, `UPDATE connections SET sync_status = $3 WHERE organization_id = $1 AND id = $2`, c.OrganizationID, c.ID, string(text))
}

// FailModels shows every model of the connection as failed, with the same sentence: nothing can be pulled.
func (s *Store) FailModels(ctx context.Context, sched Schedule, reason string) error {
	return s.write(ctx, func(tx Tx) error {
		c, err := holdLease(ctx, tx, sched)
		if err != nil {
			return err
		}
		states, err := syncStates(ctx, tx, sched.OrganizationID, sched.ConnectionID)
		if err != nil {
			return err
		}
		now := s.clock()
		for i := range c.SyncStatus {
			st := SyncState{Model: c.SyncStatus[i].Model}
			if j := slices.IndexFunc(states, func(s SyncState) bool { return s.Model == st.Model }); j >= 0 {
				st = states[j]
			}
			st.Failed, st.CompletedRun = reason, sched.RunID
			if err := saveSyncState(ctx, tx, sched, st); err != nil {
				return err
			}
			if err := updateSyncStatus(ctx, tx, c, st, hub.SyncStateError, now); err != nil {
				return err
			}
		}
		return nil
	})
}
