package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// syncs are the connections' syncs as work that is claimed.
var syncs = work{table: "schedules", object: "connection_id"}

// ClaimSchedules takes what the room chooses of the connections that are due, or whose job has died, leases each to a new
// job until lease has passed, and calls enqueue for them in the same transaction. It returns how many it took, and whether
// others were left. It looks across organizations: it is the clock of the engine, not an answer to a caller.
func (s *Store) ClaimSchedules(ctx context.Context, room Room, lease time.Duration, enqueue func(Tx, []Schedule) error) (claimed int, left bool, err error) {
	return claim(ctx, s, syncs, room, scheduleColumns, scanSchedule, lease, enqueue)
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
	c, _, err := lockLease(ctx, tx, sched, "")
	if err != nil {
		return c, err
	}
	return c, requireActive(ctx, tx, c)
}

// leaseQuery locks the row of a limit, where there is one, then that of the connection and then that of its schedule: the
// condition is found out before a row is locked, and the rows are locked in the order of the FROM. Who waited for one of
// them reads all as they were left, but of other tables what was there before: that is for the next statement to ask.
const leaseQuery = `WITH held AS (SELECT most FROM quotas WHERE organization_id = $1 AND resource = $3 FOR_UPDATE)
	SELECT CONNECTION, s.turn, (SELECT most FROM held) FROM connections c JOIN schedules s ON s.organization_id = c.organization_id AND s.connection_id = c.id
	WHERE c.organization_id = $1 AND c.id = $2 AND (SELECT COUNT(*) FROM held) >= 0 FOR_UPDATE`

// leaseQueries are the texts of leaseQuery.
var leaseQueries = map[database.Dialect]string{database.SQLite: leaseText(database.SQLite), database.PostgreSQL: leaseText(database.PostgreSQL)}

func leaseText(dialect database.Dialect) string {
	columns := "c." + strings.ReplaceAll(connectionColumns, ", ", ", c.")
	return strings.NewReplacer("CONNECTION", columns, "FOR_UPDATE", dialect.ForUpdate()).Replace(leaseQuery)
}

// lockLease locks the connection for the rest of the transaction, after the organization's limit of the resource where one
// is named and set, which it returns. It makes sure that the job has the lease, not that the connection is active.
func lockLease(ctx context.Context, tx Tx, sched Schedule, resource hub.Resource) (c hub.Connection, most *int64, err error) {
	var turn int64
	c, err = queryOne(ctx, tx, func(r database.Row) (hub.Connection, error) {
		return scanConnection(extraColumns{r, []any{&turn, &most}})
	}, leaseQueries[tx.Dialect()], sched.OrganizationID, sched.ConnectionID, string(resource))
	if err == nil && turn != sched.Fence {
		err = ErrLeaseLost
	}
	return c, most, err
}

// SyncJobResult is how a job ended and when the next one begins.
type SyncJobResult struct {
	// Next is when the connection is due again; zero for not before somebody does something.
	Next time.Time
	// ModelsDue is when all models are due; zero leaves that as it is. A sync asked for during the job comes first.
	ModelsDue time.Time
	// HeldUntil is until when the CRM asked to be left alone, whoever asks for a sync; zero where it did not.
	HeldUntil time.Time
	// Waiting says why, for people, and WaitingUntil until when (zero means Next); empty for the plain interval.
	Waiting      string
	WaitingUntil time.Time
	// Failures and FailureCause are those of the connection as a whole.
	Failures     int
	FailureCause string
	// RunOver ends the run, with RunError where it failed.
	RunOver  bool
	RunError string
	// Stopped says that the connection was paused, or its organization disabled: the run in progress ends with that.
	Stopped error
	// Totals are added to the run.
	Totals ModelTotals
	// Reach is what the job learned of the CRM's host.
	Reach Reach
	// Requests are those that were sent to the CRM.
	Requests []CRMRequest
	// Quiet are models whose increments brought nothing: their cursors move with the job's end.
	Quiet []QuietModel
}

// QuietModel is a model of which an increment brought nothing.
type QuietModel struct {
	State  SyncState
	Status hub.SyncState
}

// EndSyncJob gives the connection back. A sync asked for during the job begins at once, or where the run goes on when that is
// over: whatever the job, its run may have read before what changed by then.
func (s *Store) EndSyncJob(ctx context.Context, sched Schedule, end SyncJobResult) error {
	return s.write(ctx, func(tx Tx) error {
		now := s.clock()
		if err := saveQuiet(ctx, tx, sched, end.Quiet, now); err != nil {
			return err
		}
		before, err := queryOne(ctx, tx, scanSchedule, `SELECT `+scheduleColumns+` FROM schedules WHERE organization_id = $1 AND connection_id = $2`+tx.Dialect().ForUpdate(),
			sched.OrganizationID, sched.ConnectionID)
		if errors.Is(err, hub.ErrNotFound) || err == nil && before.Fence != sched.Fence {
			return ErrLeaseLost
		}
		if err != nil {
			return err
		}
		end := end // tried again, it begins with what it was given
		if errors.Is(end.Stopped, hub.ErrDisabled) {
			if stays, err := staysDisabled(ctx, tx, sched.OrganizationID); err != nil {
				return err
			} else if !stays {
				end.Next = now.Add(switchedAgain)
			}
		}
		end.followInterval(before.Interval - sched.Interval)
		due, models := end.nextDue(before, now)
		var ending RunEnding
		switch {
		case end.Stopped != nil:
			ending = stoppedRun(end.Stopped)
		case end.RunOver:
			ending = endedRun(end.RunError)
		}
		run := optional(sched.RunID)
		if ending.Outcome != "" {
			run = nil
		}
		until := end.WaitingUntil
		if until.IsZero() {
			until = end.Next
		}
		if end.Waiting == "" {
			until = time.Time{}
		}
		n, err := tx.Exec(ctx, `UPDATE schedules SET lease_until = NULL, working = FALSE, run_id = $4, failures = $5, failure_cause = $6, waiting = $7, waiting_until = $8,
				held_until = $9, models_due_at = $10, due_at = $11, `+saveReach("$12", "$13")+`
			WHERE organization_id = $1 AND connection_id = $2 AND turn = $3`,
			sched.OrganizationID, sched.ConnectionID, sched.Fence, run, end.Failures, end.FailureCause, end.Waiting, optionalMicros(until),
			optionalMicros(end.HeldUntil), optionalMicros(models), optionalMicros(due), end.Reach.Host, end.Reach.TimedOut)
		if err := requireAffected(n, err, ErrLeaseLost); err != nil {
			return err
		}
		if sched.RunID != "" {
			if err := addToRun(ctx, tx, sched, end.Totals); err != nil {
				return err
			}
			if err := s.addCRMRequests(ctx, tx, sched.OrganizationID, sched.ConnectionID, sched.RunID, end.Requests); err != nil {
				return err
			}
		}
		if ending.Outcome == "" {
			return nil
		}
		return endRuns(ctx, tx, sched, ending, now)
	})
}

// followInterval moves what is planned by the interval as it was when the job began to where a change of it puts that.
func (end *SyncJobResult) followInterval(change time.Duration) {
	if end.ModelsDue.IsZero() || change == 0 {
		return
	}
	due := end.ModelsDue.Add(change)
	if !end.Next.Before(end.ModelsDue) || due.Before(end.Next) {
		end.Next = due
	}
	end.ModelsDue = due
}

// nextDue is when the connection, and all its models, are due after the job, before which the schedule was as it is. What was
// asked for since the run began is not what the run did: it has read some before that.
func (end *SyncJobResult) nextDue(before Schedule, now time.Time) (due, models time.Time) {
	due, models = end.Next, before.ModelsDueAt
	asked := !models.IsZero() && (!before.Retrying || !before.DueAt.IsZero() || !models.After(now))
	if !asked && !end.ModelsDue.IsZero() {
		models = end.ModelsDue
	}
	switch {
	case end.Waiting == Continuing: // what was asked for begins once the run is over
	case !before.DueAt.IsZero(): // asked for during this job
		due = before.DueAt
	case asked && end.RunOver && (due.IsZero() || models.Before(due)): // during one before it, of the same run
		due = models
	}
	if !due.IsZero() && end.HeldUntil.After(due) {
		due = end.HeldUntil
	}
	return due, models
}

// saveQuiet moves the cursors of models that brought nothing, unless the job may no longer write: then they stay.
func saveQuiet(ctx context.Context, tx Tx, sched Schedule, quiet []QuietModel, now time.Time) error {
	if len(quiet) == 0 {
		return nil
	}
	c, err := holdLease(ctx, tx, sched)
	switch {
	case errors.Is(err, hub.ErrPaused), errors.Is(err, hub.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	for _, q := range quiet {
		if err := saveProgress(ctx, tx, sched, c, PageCommit{State: q.State, Status: q.Status}, now); err != nil {
			return err
		}
	}
	return nil
}
