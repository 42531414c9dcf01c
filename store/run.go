package store

import (
	"context"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// RunTotals is what a run has done so far.
type RunTotals struct {
	Pages int
	Changes
	Quarantined int
	// Bytes came from the CRM; RateWait was spent waiting for its rate limit.
	Bytes    int64
	RateWait time.Duration
}

// Add adds up two totals.
func (t *RunTotals) Add(u RunTotals) {
	t.Pages += u.Pages
	t.Changes.Add(u.Changes)
	t.Quarantined += u.Quarantined
	t.Bytes += u.Bytes
	t.RateWait += u.RateWait
}

// SyncRun is one pass over all models of a connection.
type SyncRun struct {
	ID           string
	ConnectionID string
	StartedAt    time.Time
	// EndedAt is zero while the run goes on.
	EndedAt time.Time
	RunTotals
	// Error is why the run failed, for people; empty when it did not.
	Error string
}

func scanSyncRun(r database.Row) (SyncRun, error) {
	var run SyncRun
	var started, wait int64
	var ended *int64
	err := r.Scan(&run.ID, &run.ConnectionID, &started, &ended, &run.Pages, &run.Created, &run.Updated, &run.Unchanged, &run.Deleted,
		&run.Quarantined, &run.Missed, &run.Bytes, &wait, &run.Error)
	run.StartedAt, run.EndedAt, run.RateWait = fromMicros(started), fromOptionalMicros(ended), time.Duration(wait)*time.Microsecond
	return run, err
}

// runsKept is how many ended runs of a connection are kept.
const runsKept = 200

// BeginSyncJob starts the work of an enqueued job: it shortens the lease to one that has to be
// renewed, and begins a run where none is in progress, which is also what was asked for since it was enqueued. Its error
// may be one of RenewLease's.
func (s *Store) BeginSyncJob(ctx context.Context, organization, connection string, fence int64, lease time.Duration) (Schedule, hub.Connection, error) {
	sched := Schedule{OrganizationID: organization, ConnectionID: connection, Fence: fence}
	var c hub.Connection
	err := s.write(ctx, func(tx Tx) error {
		now := s.clock()
		var err error
		if c, err = holdLease(ctx, tx, sched); err != nil {
			return err
		}
		before, err := queryOne(ctx, tx, scanSchedule, `SELECT `+scheduleColumns+` FROM schedules WHERE organization_id = $1 AND connection_id = $2`, organization, connection)
		if err != nil {
			return err
		}
		sched, err = queryOne(ctx, tx, scanSchedule, `UPDATE schedules SET lease_until = $3, run_id = COALESCE(run_id, $4), waiting = '', waiting_until = NULL,
				retrying = CASE WHEN run_id IS NULL THEN COALESCE(models_due_at > $5, $6) ELSE retrying END,
				models_due_at = CASE WHEN run_id IS NULL AND models_due_at <= $5 THEN NULL ELSE models_due_at END,
				due_at = CASE WHEN run_id IS NULL AND due_at <= $5 THEN NULL ELSE due_at END
			WHERE organization_id = $1 AND connection_id = $2 RETURNING `+scheduleColumns,
			organization, connection, micros(now.Add(lease)), s.newID(), micros(now), false)
		if err != nil {
			return err
		}
		sched.Continues = before.Waiting == Continuing
		_, err = tx.Exec(ctx, `INSERT INTO sync_runs (organization_id, connection_id, id, started_at, pages, created, updated, unchanged, deleted, quarantined, bytes, rate_wait, error)
			VALUES ($1, $2, $3, $4, 0, 0, 0, 0, 0, 0, 0, 0, '') ON CONFLICT DO NOTHING`, organization, connection, sched.RunID, micros(now))
		if err != nil {
			return err
		}
		started, err := queryOne(ctx, tx, scanCount, `SELECT started_at FROM sync_runs WHERE organization_id = $1 AND connection_id = $2 AND id = $3`, organization, connection, sched.RunID)
		sched.RunStartedAt = fromMicros(started)
		return err
	})
	return sched, c, err
}

func addToRun(ctx context.Context, tx Tx, sched Schedule, t RunTotals) error {
	if t == (RunTotals{}) {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE sync_runs SET pages = pages + $4, created = created + $5, updated = updated + $6, unchanged = unchanged + $7,
			deleted = deleted + $8, quarantined = quarantined + $9, bytes = bytes + $10, rate_wait = rate_wait + $11, missed = missed + $12
		WHERE organization_id = $1 AND connection_id = $2 AND id = $3`,
		sched.OrganizationID, sched.ConnectionID, sched.RunID, t.Pages, t.Created, t.Updated, t.Unchanged, t.Deleted, t.Quarantined, t.Bytes, t.RateWait.Microseconds(), t.Missed)
	return err
}

func endRun(ctx context.Context, tx Tx, sched Schedule, problem string, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE sync_runs SET ended_at = $4, error = $5 WHERE organization_id = $1 AND connection_id = $2 AND id = $3`,
		sched.OrganizationID, sched.ConnectionID, sched.RunID, micros(now), problem)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `DELETE FROM sync_runs WHERE organization_id = $1 AND connection_id = $2 AND id <
		(SELECT id FROM sync_runs WHERE organization_id = $1 AND connection_id = $2 ORDER BY id DESC LIMIT 1 OFFSET $3)`,
		sched.OrganizationID, sched.ConnectionID, runsKept)
	return err
}

// SyncRuns lists the runs of a connection, latest first, before the one with the id before.
func (s *Store) SyncRuns(ctx context.Context, organization, connection, before string, limit int) ([]SyncRun, error) {
	return queryAll(ctx, s.db, scanSyncRun, `SELECT id, connection_id, started_at, ended_at, pages, created, updated, unchanged, deleted, quarantined, missed, bytes, rate_wait, error
		FROM sync_runs WHERE organization_id = $1 AND connection_id = $2 AND `+beforeID("id", "$3", before)+` ORDER BY id DESC LIMIT $4`, organization, connection, before, limit)
}
