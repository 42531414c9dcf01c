package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// RunTotals is what a run has done so far.
type RunTotals struct {
	Pages int `json:"pages,omitempty"`
	Changes
	Quarantined int `json:"quarantined,omitempty"`
	// Bytes came from the CRM; RateWait was spent waiting for its rate limit.
	Bytes    int64         `json:"bytes,omitempty"`
	RateWait time.Duration `json:"rateWait,omitempty"`
}

// Add adds up two totals.
func (t *RunTotals) Add(u RunTotals) {
	t.Pages += u.Pages
	t.Changes.Add(u.Changes)
	t.Quarantined += u.Quarantined
	t.Bytes += u.Bytes
	t.RateWait += u.RateWait
}

// ModelTotals is what a run has done so far of each model.
type ModelTotals map[hub.Model]RunTotals

// Add adds to what was done of a model.
func (m ModelTotals) Add(model hub.Model, t RunTotals) {
	sum := m[model]
	sum.Add(t)
	m[model] = sum
}

// Sum is what was done of all models together.
func (m ModelTotals) Sum() (sum RunTotals) {
	for _, t := range m {
		sum.Add(t)
	}
	return sum
}

// RunOutcome is how a run ended.
type RunOutcome string

// The outcomes of runs.
const (
	RunDone     RunOutcome = "DONE"
	RunFailed   RunOutcome = "FAILED"
	RunPaused   RunOutcome = "PAUSED"   // isActive became false
	RunDisabled RunOutcome = "DISABLED" // its organization was disabled
	RunCutOff   RunOutcome = "CUT_OFF"  // the server that worked on it stopped, or lost the database
	RunReplaced RunOutcome = "REPLACED" // its account or its mapping was replaced by another one
	RunDeleted  RunOutcome = "DELETED"  // the connection was deleted
)

// RunEnding is how a run ended, and why, in a sentence for people; Why is empty where it went through.
type RunEnding struct {
	Outcome RunOutcome
	Why     string
}

// The endings of runs that did not come to their own end.
var (
	runPaused   = RunEnding{RunPaused, "It was paused. The run after it goes on from there."}
	runDisabled = RunEnding{RunDisabled, "Its organization was disabled. The run after it goes on from there."}
	runCutOff   = RunEnding{RunCutOff, "It was cut off: the server that worked on it stopped, or lost the database. The run after it goes on from there."}
	runDeleted  = RunEnding{RunDeleted, "The connection was deleted."}
)

// stoppedRun is the ending of a run whose connection may not be synced, for the reason.
func stoppedRun(reason error) RunEnding {
	if errors.Is(reason, hub.ErrDisabled) {
		return runDisabled
	}
	return runPaused
}

// endedRun is the ending of a run that came to its own end, or failed with the problem.
func endedRun(problem string) RunEnding {
	if problem != "" {
		return RunEnding{RunFailed, problem}
	}
	return RunEnding{Outcome: RunDone}
}

// SyncRun is one pass over all models of a connection.
type SyncRun struct {
	ID           string
	ConnectionID string
	StartedAt    time.Time
	// EndedAt is zero while the run goes on.
	EndedAt time.Time
	// Outcome is how it ended; empty while it goes on.
	Outcome RunOutcome
	RunTotals
	// Models is what was done of each model; one of which nothing was done is not in it.
	Models ModelTotals
	// Error is why the run failed or was cut short, for people; empty when it was not.
	Error string
	// Woken says that it began because the vendor said by a webhook that something changed.
	Woken bool
}

// syncRunColumns are those of a run r.
const syncRunColumns = `r.id, r.connection_id, r.started_at, r.ended_at, r.pages, r.created, r.updated, r.unchanged, r.deleted, r.quarantined, r.missed, r.bytes, r.rate_wait, r.error, r.outcome, r.models, r.woken`

func scanSyncRun(r database.Row) (SyncRun, error) {
	var run SyncRun
	var started, wait int64
	var ended *int64
	var models string
	err := r.Scan(&run.ID, &run.ConnectionID, &started, &ended, &run.Pages, &run.Created, &run.Updated, &run.Unchanged, &run.Deleted,
		&run.Quarantined, &run.Missed, &run.Bytes, &wait, &run.Error, &run.Outcome, &models, &run.Woken)
	if err != nil {
		return run, err
	}
	run.StartedAt, run.EndedAt, run.RateWait = fromMicros(started), fromOptionalMicros(ended), time.Duration(wait)*time.Microsecond
	if err := json.Unmarshal([]byte(models), &run.Models); err != nil {
		return run, fmt.Errorf("models of run %s: %w", run.ID, err)
	}
	return run, nil
}

// runsKept is how many ended runs of a connection are kept.
const runsKept = 200

// BeginSyncJob starts the work of an enqueued job: it shortens the lease to one that has to be
// renewed, and begins a run where none is in progress, which is also what was asked for since it was enqueued. A run whose
// job did not give the connection back was cut off: another one begins. Its error may be one of RenewLease's.
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
		begins := before.RunID == "" || before.Working
		if begins {
			if err := endRuns(ctx, tx, sched, runCutOff, now); err != nil {
				return err
			}
			before.RunID = s.newID()
		}
		sched, err = queryOne(ctx, tx, scanSchedule, `UPDATE schedules SET lease_until = $3, working = TRUE, run_id = $4, waiting = '', waiting_until = NULL,
				retrying = CASE WHEN $7 THEN COALESCE(models_due_at > $5, $6) ELSE retrying AND models_due_at IS NOT NULL END,
				models_due_at = CASE WHEN $7 AND models_due_at <= $5 THEN NULL ELSE models_due_at END,
				due_at = CASE WHEN $7 AND due_at <= $5 THEN NULL ELSE due_at END
			WHERE organization_id = $1 AND connection_id = $2 RETURNING `+scheduleColumns,
			organization, connection, micros(now.Add(lease)), before.RunID, micros(now.Add(clockBlur)), false, begins)
		if err != nil {
			return err
		}
		sched.Continues = before.Waiting == Continuing
		woken := false
		if begins {
			if woken, err = takeWake(ctx, tx, sched, now); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `INSERT INTO sync_runs (organization_id, connection_id, id, started_at, pages, created, updated, unchanged, deleted, quarantined, bytes, rate_wait, error, woken)
			VALUES ($1, $2, $3, $4, 0, 0, 0, 0, 0, 0, 0, 0, '', $5) ON CONFLICT DO NOTHING`, organization, connection, sched.RunID, micros(now), woken)
		if err != nil {
			return err
		}
		started, err := queryOne(ctx, tx, scanCount, `SELECT started_at FROM sync_runs WHERE organization_id = $1 AND connection_id = $2 AND id = $3`, organization, connection, sched.RunID)
		sched.RunStartedAt = fromMicros(started)
		return err
	})
	return sched, c, err
}

// addToRun adds to what the run in progress has done.
func addToRun(ctx context.Context, tx Tx, sched Schedule, done ModelTotals) error {
	if done.Sum() == (RunTotals{}) {
		return nil
	}
	models, err := queryOne(ctx, tx, scanModelTotals, `SELECT models FROM sync_runs WHERE organization_id = $1 AND connection_id = $2 AND id = $3`,
		sched.OrganizationID, sched.ConnectionID, sched.RunID)
	if err != nil {
		return ignoreNotFound(err)
	}
	return saveRunTotals(ctx, tx, sched, models, done)
}

func scanModelTotals(r database.Row) (m ModelTotals, err error) {
	var text string
	if err := r.Scan(&text); err != nil {
		return nil, err
	}
	return m, json.Unmarshal([]byte(text), &m)
}

// saveRunTotals is addToRun where what the run had done so far of each model is known; nil is no run.
func saveRunTotals(ctx context.Context, tx Tx, sched Schedule, models, done ModelTotals) error {
	t := done.Sum()
	if t == (RunTotals{}) || models == nil {
		return nil
	}
	for model, t := range done {
		if model != "" && t != (RunTotals{}) {
			models.Add(model, t)
		}
	}
	after, err := json.Marshal(models)
	if err != nil {
		return err
	}
	return tx.Later(ctx, `UPDATE sync_runs SET pages = pages + $4, created = created + $5, updated = updated + $6, unchanged = unchanged + $7,
			deleted = deleted + $8, quarantined = quarantined + $9, bytes = bytes + $10, rate_wait = rate_wait + $11, missed = missed + $12, models = $13
		WHERE organization_id = $1 AND connection_id = $2 AND id = $3`, sched.OrganizationID, sched.ConnectionID, sched.RunID,
		t.Pages, t.Created, t.Updated, t.Unchanged, t.Deleted, t.Quarantined, t.Bytes, t.RateWait.Microseconds(), t.Missed, string(after))
}

// endRuns ends what is in progress of the connection's runs, and forgets the oldest.
func endRuns(ctx context.Context, tx Tx, sched Schedule, ending RunEnding, now time.Time) error {
	n, err := tx.Exec(ctx, `UPDATE sync_runs SET ended_at = $3, error = $4, outcome = $5 WHERE organization_id = $1 AND connection_id = $2 AND ended_at IS NULL`,
		sched.OrganizationID, sched.ConnectionID, micros(now), ending.Why, string(ending.Outcome))
	if err != nil || n == 0 {
		return err
	}
	_, err = tx.Exec(ctx, `DELETE FROM sync_runs WHERE organization_id = $1 AND connection_id = $2 AND id <
		(SELECT id FROM sync_runs WHERE organization_id = $1 AND connection_id = $2 ORDER BY id DESC LIMIT 1 OFFSET $3)`,
		sched.OrganizationID, sched.ConnectionID, runsKept)
	return err
}

// endIdleRuns ends the runs in progress of the organization's connections from one to another that no job is under way for: such
// a job ends its own.
func endIdleRuns(ctx context.Context, tx Tx, organization, first, last string, ending RunEnding, now time.Time) error {
	const idle = `organization_id = $1 AND connection_id >= $2 AND connection_id <= $3 AND lease_until IS NULL AND run_id IS NOT NULL`
	_, err := tx.Exec(ctx, `UPDATE sync_runs SET ended_at = $4, error = $5, outcome = $6 WHERE organization_id = $1 AND ended_at IS NULL
		AND (connection_id, id) IN (SELECT connection_id, run_id FROM schedules WHERE `+idle+`)`,
		organization, first, last, micros(now), ending.Why, string(ending.Outcome))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE schedules SET run_id = NULL WHERE `+idle, organization, first, last)
	return err
}

// EndForgottenRuns ends runs that nothing works on, whatever left them so, and reports how many.
func (s *Store) EndForgottenRuns(ctx context.Context) (int, error) {
	type key struct{ organization, connection, run string }
	forgotten, err := queryAll(ctx, s.db, func(r database.Row) (key, error) {
		var k key
		err := r.Scan(&k.organization, &k.connection, &k.run)
		return k, err
	}, `SELECT organization_id, connection_id, id FROM sync_runs r WHERE ended_at IS NULL AND `+forgottenRun+` LIMIT 1000`)
	if err != nil || len(forgotten) == 0 {
		return 0, err
	}
	var ended int64
	err = s.write(ctx, func(tx Tx) error {
		ended = 0
		for _, k := range forgotten {
			n, err := tx.Exec(ctx, `UPDATE sync_runs AS r SET ended_at = $4, error = $5, outcome = $6
				WHERE organization_id = $1 AND connection_id = $2 AND id = $3 AND ended_at IS NULL AND `+forgottenRun,
				k.organization, k.connection, k.run, micros(s.clock()), runCutOff.Why, string(RunCutOff))
			if err != nil {
				return err
			}
			ended += n
		}
		return nil
	})
	return int(ended), err
}

// forgottenRun is the condition of a run r that is not the one in progress of its connection.
const forgottenRun = `NOT EXISTS (SELECT 1 FROM schedules s WHERE s.organization_id = r.organization_id AND s.connection_id = r.connection_id AND s.run_id = r.id)`

// SyncRuns lists the runs of a connection, latest first, before the one with the id before.
func (s *Store) SyncRuns(ctx context.Context, organization, connection, before string, limit int) ([]SyncRun, error) {
	return queryAll(ctx, s.db, scanSyncRun, `SELECT `+syncRunColumns+`
		FROM sync_runs r WHERE organization_id = $1 AND connection_id = $2 AND `+beforeID("id", "$3", before)+` ORDER BY id DESC LIMIT $4`, organization, connection, before, limit)
}

// SyncRun returns one run of a connection.
func (s *Store) SyncRun(ctx context.Context, organization, connection, id string) (SyncRun, error) {
	return queryOne(ctx, s.db, scanSyncRun, `SELECT `+syncRunColumns+` FROM sync_runs r WHERE organization_id = $1 AND connection_id = $2 AND id = $3`, organization, connection, id)
}
