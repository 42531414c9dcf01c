package store

import (
	"context"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// Reading is a whole reading of one model under way, beside its increments.
type Reading struct {
	Model hub.Model
	// Next is the connector's place; once all is read, the last of the missing records that was looked at.
	Next string
	// StartedAt is our clock when its first page was asked for.
	StartedAt time.Time
	// Since is the model's cursor as it stood then; zero where there was none.
	Since time.Time
	// AllRead says that all pages are read: what it did not meet is being looked at.
	AllRead bool
	// Complete says that nothing so far keeps it from telling what is gone.
	Complete bool
	// Barren counts the pages in a row that brought nothing not yet met.
	Barren int
	// Tries counts the failures of the page after Next; before RetryAt it is not tried again. Failed says why, for people.
	Tries   int
	RetryAt time.Time
	Failed  string
}

const readingColumns = `model, next, started_at, since, all_read, complete, barren, tries, retry_at, failed`

func scanReading(r database.Row) (Reading, error) {
	var w Reading
	var started int64
	var since, retry *int64
	err := r.Scan(&w.Model, &w.Next, &started, &since, &w.AllRead, &w.Complete, &w.Barren, &w.Tries, &retry, &w.Failed)
	w.StartedAt, w.Since, w.RetryAt = fromMicros(started), fromOptionalMicros(since), fromOptionalMicros(retry)
	return w, err
}

// Readings returns the whole readings of a connection that are under way, oldest first.
func (s *Store) Readings(ctx context.Context, organization, connection string) ([]Reading, error) {
	return queryAll(ctx, s.db, scanReading, `SELECT `+readingColumns+` FROM readings WHERE organization_id = $1 AND connection_id = $2 ORDER BY started_at, model`,
		organization, connection)
}

func saveReading(ctx context.Context, tx Tx, sched Schedule, w Reading) error {
	return tx.Later(ctx, `INSERT INTO readings (organization_id, connection_id, `+readingColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (organization_id, connection_id, model) DO UPDATE SET
			next = excluded.next, started_at = excluded.started_at, since = excluded.since, all_read = excluded.all_read, complete = excluded.complete,
			barren = excluded.barren, tries = excluded.tries, retry_at = excluded.retry_at, failed = excluded.failed`,
		sched.OrganizationID, sched.ConnectionID, string(w.Model), w.Next, micros(w.StartedAt), optionalMicros(w.Since), w.AllRead, w.Complete, w.Barren,
		w.Tries, optionalMicros(w.RetryAt), w.Failed)
}

// SaveReading keeps where a whole reading stands. Its error may be one of RenewLease's.
func (s *Store) SaveReading(ctx context.Context, sched Schedule, w Reading) error {
	return s.write(ctx, func(tx Tx) error {
		if _, err := holdLease(ctx, tx, sched); err != nil {
			return err
		}
		return saveReading(ctx, tx, sched, w)
	})
}

// EndReading ends a whole reading: the model's state is as given from then on. Its notes are to be forgotten afterwards, by
// ForgetEnumeration, at the latest before the next one begins. Its error may be one of RenewLease's.
func (s *Store) EndReading(ctx context.Context, sched Schedule, st SyncState, status hub.SyncState) error {
	return s.write(ctx, func(tx Tx) error {
		c, err := holdLease(ctx, tx, sched)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM readings WHERE organization_id = $1 AND connection_id = $2 AND model = $3`, sched.OrganizationID, sched.ConnectionID, string(st.Model))
		if err != nil {
			return err
		}
		return saveProgress(ctx, tx, sched, c, PageCommit{State: st, Status: status}, s.clock())
	})
}

// HasMoreRecords reports whether the connection has more than n living records of the model.
func (s *Store) HasMoreRecords(ctx context.Context, organization, connection string, model hub.Model, n int) (bool, error) {
	return hasMoreRecords(ctx, s.db, organization, connection, model, n)
}

func hasMoreRecords(ctx context.Context, q database.Querier, organization, connection string, model hub.Model, n int) (bool, error) {
	return queryAny(ctx, q, `SELECT 1 FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND deleted_at IS NULL
		LIMIT 1 OFFSET $4`, organization, connection, string(model), n)
}

// noteEnumerated notes which records of the model a page has met: a whole reading keeps them until its end, and whatever page
// they are on, they are no longer absent.
func noteEnumerated(ctx context.Context, tx Tx, sched Schedule, gates *gates, page PageCommit) error {
	var records, unreadable []string
	for _, r := range page.Records {
		if r.Model == page.State.Model {
			records = append(records, r.ExternalID)
		}
	}
	for _, q := range page.Quarantined { // there, though unreadable: not gone
		if q.ExternalID != "" && len(q.ExternalID) <= hub.MaxIDLength { // no record has a longer one
			unreadable = append(unreadable, hub.Storable(q.ExternalID))
		}
	}
	if page.Reading != nil {
		if err := markEnumerated(ctx, tx, sched, page, records, unreadable); err != nil {
			return err
		}
	}
	if !gates.absent {
		return nil
	}
	for _, child := range page.Children {
		var met []string
		for _, r := range page.Records {
			if r.Model == child {
				met = append(met, r.ExternalID)
			}
		}
		if err := dropAbsences(ctx, tx, sched.OrganizationID, sched.ConnectionID, child, met); err != nil {
			return err
		}
	}
	return dropAbsences(ctx, tx, sched.OrganizationID, sched.ConnectionID, page.State.Model, append(records, unreadable...))
}

// markEnumerated notes the records that a whole reading met. A page with some that it had not yet met is not barren.
func markEnumerated(ctx context.Context, tx Tx, sched Schedule, page PageCommit, records, unreadable []string) error {
	fresh := int64(0)
	if len(records) > 0 {
		in, arg := tx.Dialect().In("$4", records)
		n, err := tx.Exec(ctx, `INSERT INTO enumerated (organization_id, connection_id, model, external_id) SELECT organization_id, connection_id, model, external_id FROM records
			WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND external_id `+in+` ON CONFLICT DO NOTHING`,
			sched.OrganizationID, sched.ConnectionID, string(page.State.Model), arg)
		if err != nil {
			return err
		}
		fresh += n
	}
	for _, id := range unreadable {
		n, err := tx.Exec(ctx, `INSERT INTO enumerated (organization_id, connection_id, model, external_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
			sched.OrganizationID, sched.ConnectionID, string(page.State.Model), id)
		if err != nil {
			return err
		}
		fresh += n
	}
	if fresh > 0 {
		page.Reading.Barren = 0
	}
	return nil
}

// enumerationSlice bounds how many rows one transaction of ForgetEnumeration removes.
const enumerationSlice = 1000

// ForgetEnumeration removes up to a slice of an enumeration's notes, and reports how many; call it until that is 0. Its error
// may be one of RenewLease's: what another job has met since is not forgotten.
func (s *Store) ForgetEnumeration(ctx context.Context, sched Schedule, model hub.Model) (int, error) {
	var n int64
	err := s.write(ctx, func(tx Tx) error {
		if _, err := holdLease(ctx, tx, sched); err != nil {
			return err
		}
		var err error
		n, err = tx.Exec(ctx, `DELETE FROM enumerated WHERE `+tx.Dialect().RowsOf(`enumerated WHERE organization_id = $1 AND connection_id = $2 AND model = $3 LIMIT $4`),
			sched.OrganizationID, sched.ConnectionID, string(model), enumerationSlice)
		return err
	})
	return int(n), err
}
