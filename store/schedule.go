package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// DefaultSyncInterval is how long after one run of a connection the next one begins.
const DefaultSyncInterval = 5 * time.Minute

// Schedule is when a connection syncs and why it is not syncing now.
type Schedule struct {
	OrganizationID, ConnectionID string
	Interval                     time.Duration
	// DueAt is when the next job may begin; zero when none is planned or one is under way.
	DueAt time.Time
	// LeaseUntil is how long the job under way is believed alive; zero when there is none.
	LeaseUntil time.Time
	// Fence is the fencing token of the lease: it grows with each claim, and only the job with the latest may write.
	Fence int64
	// RunID is the run in progress, or empty.
	RunID string
	// Failures counts jobs that failed since the last one that did not.
	Failures int
	// Waiting says, for people, why the connection waits; empty when it only waits for its interval.
	Waiting      string
	WaitingUntil time.Time
	// OrganizationDisabled says that the organization is disabled.
	OrganizationDisabled bool
	// Continues says that the job just begun goes on where one before it gave way, with nothing between.
	Continues bool
}

// Continuing is the Waiting of a connection that only gave way to others and goes on at once.
const Continuing = "more pages to read"

const scheduleColumns = `organization_id, connection_id, interval_seconds, due_at, lease_until, turn, run_id, failures, waiting, waiting_until`

func scanSchedule(r database.Row) (Schedule, error) {
	var s Schedule
	var interval int64
	var due, lease, waiting *int64
	var run *string
	err := r.Scan(&s.OrganizationID, &s.ConnectionID, &interval, &due, &lease, &s.Fence, &run, &s.Failures, &s.Waiting, &waiting)
	s.Interval = time.Duration(interval) * time.Second
	s.DueAt, s.LeaseUntil, s.WaitingUntil = fromOptionalMicros(due), fromOptionalMicros(lease), fromOptionalMicros(waiting)
	s.RunID = deref(run)
	return s, err
}

// createSchedule plans the first job of a new connection. One whose platform has nothing to pull gets none.
func createSchedule(ctx context.Context, tx Tx, c hub.Connection, now time.Time) error {
	if len(c.SyncStatus) == 0 {
		return nil
	}
	var due *int64
	if c.Active {
		due = optionalMicros(now)
	}
	_, err := tx.Exec(ctx, `INSERT INTO schedules (organization_id, connection_id, interval_seconds, due_at, turn, failures, waiting)
		VALUES ($1, $2, $3, $4, 0, 0, '')`, c.OrganizationID, c.ID, int64(DefaultSyncInterval/time.Second), due)
	return err
}

// pauseOrResume plans the next job of a connection that was just switched, or plans none.
func pauseOrResume(ctx context.Context, tx Tx, c hub.Connection, now time.Time) error {
	var due *int64
	if c.Active {
		due = optionalMicros(now)
	}
	_, err := tx.Exec(ctx, `UPDATE schedules SET due_at = $3, waiting = '', waiting_until = NULL, failures = 0
		WHERE organization_id = $1 AND connection_id = $2 AND ((due_at IS NULL) = $4 OR waiting <> '')`,
		c.OrganizationID, c.ID, due, c.Active)
	if err != nil || !c.Active {
		return err
	}
	return resumeWriteBack(ctx, tx, c.OrganizationID, c.ID, now)
}

// Schedule returns the schedule of a connection.
func (s *Store) Schedule(ctx context.Context, organization, connection string) (Schedule, error) {
	sched, err := queryOne(ctx, s.db, scanSchedule, `SELECT `+scheduleColumns+` FROM schedules WHERE organization_id = $1 AND connection_id = $2`, organization, connection)
	if err == nil {
		sched.OrganizationDisabled, err = organizationDisabled(ctx, s.db, organization)
	}
	return sched, err
}

// SetSyncInterval changes how often a connection syncs.
func (s *Store) SetSyncInterval(ctx context.Context, organization, connection string, interval time.Duration) error {
	return s.write(ctx, func(tx Tx) error {
		n, err := tx.Exec(ctx, `UPDATE schedules SET interval_seconds = $3 WHERE organization_id = $1 AND connection_id = $2`,
			organization, connection, int64(interval/time.Second))
		if err := requireAffected(n, err, hub.ErrNotFound); err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "update", "connection", connection, map[string]any{"intervalSeconds": int64(interval / time.Second)})
	})
}

// ClaimSchedules takes up to limit connections that are due, or whose job has died, leases each to a new job
// until lease has passed, and calls enqueue for them in the same transaction. It looks across
// organizations: it is the clock of the engine, not an answer to a caller.
func (s *Store) ClaimSchedules(ctx context.Context, limit int, lease time.Duration, enqueue func(Tx, []Schedule) error) (int, error) {
	return claim(ctx, s, "schedules", "organization_id, connection_id", scheduleColumns, scanSchedule, limit, lease, enqueue)
}

// ErrLeaseLost says that the job is no longer the one that may write: the connection was given to another job.
var ErrLeaseLost = errors.New("the lease is lost")

// SetWaiting lets the connection say what its job waits for, and until when. A job that is over changes nothing.
func (s *Store) SetWaiting(ctx context.Context, sched Schedule, waiting string, until time.Time) error {
	_, err := s.db.Exec(ctx, `UPDATE schedules SET waiting = $4, waiting_until = $5 WHERE organization_id = $1 AND connection_id = $2 AND turn = $3`,
		sched.OrganizationID, sched.ConnectionID, sched.Fence, waiting, micros(until))
	return domainError(err)
}

// RenewLease keeps a job alive for another lease. Its error says why the job has to stop: hub.ErrPaused,
// hub.ErrNotFound for a deleted connection, ErrLeaseLost.
func (s *Store) RenewLease(ctx context.Context, sched Schedule, lease time.Duration) error {
	return s.write(ctx, func(tx Tx) error {
		if _, err := holdLease(ctx, tx, sched); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE schedules SET lease_until = $3 WHERE organization_id = $1 AND connection_id = $2`,
			sched.OrganizationID, sched.ConnectionID, micros(s.clock().Add(lease)))
		return err
	})
}

// CheckLease is RenewLease without the renewal: it writes nothing.
func (s *Store) CheckLease(ctx context.Context, sched Schedule) error {
	type state struct {
		active, disabled bool
		turn             int64
	}
	now, err := queryOne(ctx, s.db, func(r database.Row) (state, error) {
		var st state
		err := r.Scan(&st.active, &st.turn, &st.disabled)
		return st, err
	}, `SELECT c.is_active, s.turn, o.disabled FROM connections c JOIN schedules s ON s.organization_id = c.organization_id AND s.connection_id = c.id
		JOIN organizations o ON o.id = c.organization_id
		WHERE c.organization_id = $1 AND c.id = $2`, sched.OrganizationID, sched.ConnectionID)
	switch {
	case err != nil:
		return err
	case now.turn != sched.Fence:
		return ErrLeaseLost
	case !now.active:
		return hub.ErrPaused
	case now.disabled:
		return hub.ErrDisabled
	}
	return nil
}

// holdLease locks the connection for the rest of the transaction and makes sure that the job may still write.
func holdLease(ctx context.Context, tx Tx, sched Schedule) (hub.Connection, error) {
	c, err := lockConnection(ctx, tx, sched.OrganizationID, sched.ConnectionID)
	if err != nil {
		return c, err
	}
	turn, err := queryOne(ctx, tx, scanCount, `SELECT turn FROM schedules WHERE organization_id = $1 AND connection_id = $2`+tx.Dialect().ForUpdate(),
		sched.OrganizationID, sched.ConnectionID)
	switch {
	case err != nil:
		return c, err
	case turn != sched.Fence:
		return c, ErrLeaseLost
	}
	return c, requireActive(ctx, tx, c)
}

// SyncJobResult is how a job ended and when the next one begins.
type SyncJobResult struct {
	// Next is when the connection is due again; zero for not before somebody does something.
	Next time.Time
	// Waiting says why, for people; empty for the plain interval.
	Waiting  string
	Failures int
	// RunOver ends the run, with RunError where it failed.
	RunOver  bool
	RunError string
	// Totals are added to the run.
	Totals RunTotals
}

// EndSyncJob gives the connection back. A sync asked for during the job begins at once.
func (s *Store) EndSyncJob(ctx context.Context, sched Schedule, end SyncJobResult) error {
	return s.write(ctx, func(tx Tx) error {
		now := s.clock()
		run := optional(sched.RunID)
		if end.RunOver {
			run = nil
		}
		waitingUntil := optionalMicros(end.Next)
		if end.Waiting == "" {
			waitingUntil = nil
		}
		n, err := tx.Exec(ctx, `UPDATE schedules SET lease_until = NULL, run_id = $4, failures = $5, waiting = $6, waiting_until = $7,
				due_at = CASE WHEN due_at IS NOT NULL THEN due_at ELSE $8 END
			WHERE organization_id = $1 AND connection_id = $2 AND turn = $3`,
			sched.OrganizationID, sched.ConnectionID, sched.Fence, run, end.Failures, end.Waiting, waitingUntil, optionalMicros(end.Next))
		if err := requireAffected(n, err, ErrLeaseLost); err != nil {
			return err
		}
		if sched.RunID == "" {
			return nil
		}
		if err := addToRun(ctx, tx, sched, end.Totals); err != nil {
			return err
		}
		if !end.RunOver {
			return nil
		}
		return endRun(ctx, tx, sched, end.RunError, now)
	})
}

// RequestSync makes the connection due now. With models, only those run again from the start of their
// next run; a rewind makes them begin at that time. What is asked for during a run waits for its end.
func (s *Store) RequestSync(ctx context.Context, organization, connection string, models []hub.Model, rewind *time.Time) error {
	return s.write(ctx, func(tx Tx) error {
		c, err := lockConnection(ctx, tx, organization, connection)
		if err != nil {
			return err
		}
		if err := requireActive(ctx, tx, c); err != nil {
			return err
		}
		if err := syncsModels(c, models); err != nil {
			return err
		}
		if rewind != nil {
			if err := rewindModels(ctx, tx, c, models, *rewind); err != nil {
				return err
			}
		}
		n, err := tx.Exec(ctx, `UPDATE schedules SET due_at = $3, waiting = '', waiting_until = NULL WHERE organization_id = $1 AND connection_id = $2`,
			organization, connection, micros(s.clock()))
		if err := requireAffected(n, err, hub.Conflict("%s", notPulledReason(c.Platform))); err != nil {
			return err
		}
		asked := map[string]any{}
		if rewind != nil {
			asked["from"] = hub.WireTime(*rewind)
		}
		if len(models) > 0 {
			asked["models"] = models
		}
		return s.audit(ctx, tx, organization, "sync", "connection", connection, asked)
	})
}

// syncsModels refuses models that the connection does not sync.
func syncsModels(c hub.Connection, models []hub.Model) error {
	for i, model := range models {
		if !slices.ContainsFunc(c.SyncStatus, func(s hub.SyncStatus) bool { return s.Model == model }) {
			return hub.Invalid(fmt.Sprintf("models[%d]", i), fmt.Sprintf("is %q, which this connection does not sync", model), "a modelName of its syncStatus")
		}
	}
	return nil
}

func rewindModels(ctx context.Context, tx Tx, c hub.Connection, models []hub.Model, to time.Time) error {
	if models == nil {
		for _, st := range c.SyncStatus {
			models = append(models, st.Model)
		}
	}
	for _, model := range models {
		if err := saveSyncStateRewind(ctx, tx, c, model, to); err != nil {
			return err
		}
	}
	return nil
}
