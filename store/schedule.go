package store

import (
	"context"
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
	// Failures counts the failures in a row of the same FailureCause, of the connection as a whole.
	Failures     int
	FailureCause string
	// ModelsDueAt is when all models are due; before it a job tries only what failed. Zero while they are being synced.
	ModelsDueAt time.Time
	// Retrying says that the run in progress tries only what failed.
	Retrying bool
	// HeldUntil is until when the CRM asked to be left alone.
	HeldUntil time.Time
	// DeletionLimit is how many percent of a model may be found gone at once before a person has to decide.
	DeletionLimit int
	// Held counts the records of each model that were not met and that a person has to decide about.
	Held map[hub.Model]int
	// Notes are what the CRM says that keeps a model or the account from being in order, in sentences.
	Notes []string
	// RunStartedAt is when the run in progress began, for the job that works on it.
	RunStartedAt time.Time
	// Waiting says, for people, why the connection waits; empty when it only waits for its interval.
	Waiting      string
	WaitingUntil time.Time
	// OrganizationDisabled says that the organization is disabled.
	OrganizationDisabled bool
	// Host is whom the last job asked, and Timeouts how often in a row it was not answered in time.
	Host     string
	Timeouts int
	// Working says that a job has begun and has not given the connection back.
	Working bool
	// OutdatedAt is from when on the CRM's lists say what it last said, asked about a link, that is not kept; zero when it never did.
	OutdatedAt time.Time
	// Continues says that the job just begun goes on where one before it gave way, with nothing between.
	Continues bool
}

// Continuing is the Waiting of a connection that only gave way to others and goes on at once.
const Continuing = "more pages to read"

// NeedsCredentials and NeedsMapping are the Waiting of a connection that does nothing before a person gave it what it needs.
const (
	NeedsCredentials = "needs credentials" //nolint:gosec // a sentence, no credentials
	NeedsMapping     = "waits for a mapping that it can be read by"
)

const scheduleColumns = `organization_id, connection_id, interval_seconds, due_at, lease_until, turn, run_id, failures, failure_cause,
	models_due_at, retrying, held_until, deletion_limit, waiting, waiting_until, host, timeouts, working, outdated_at`

func scanSchedule(r database.Row) (Schedule, error) {
	var s Schedule
	var interval int64
	var due, lease, models, held, waiting, outdated *int64
	var run *string
	err := r.Scan(&s.OrganizationID, &s.ConnectionID, &interval, &due, &lease, &s.Fence, &run, &s.Failures, &s.FailureCause,
		&models, &s.Retrying, &held, &s.DeletionLimit, &s.Waiting, &waiting, &s.Host, &s.Timeouts, &s.Working, &outdated)
	s.Interval = time.Duration(interval) * time.Second
	s.DueAt, s.LeaseUntil, s.WaitingUntil = fromOptionalMicros(due), fromOptionalMicros(lease), fromOptionalMicros(waiting)
	s.ModelsDueAt, s.HeldUntil, s.OutdatedAt = fromOptionalMicros(models), fromOptionalMicros(held), fromOptionalMicros(outdated)
	s.RunID = deref(run)
	return s, err
}

// createSchedule plans the first job of a new connection. One whose platform has nothing to pull gets none.
func createSchedule(ctx context.Context, tx Tx, c hub.Connection, now time.Time) error {
	if len(c.SyncStatus) == 0 || c.Platform.Inbound() {
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
	_, err := tx.Exec(ctx, `UPDATE schedules SET due_at = $3, waiting = '', waiting_until = NULL, failures = 0, models_due_at = CASE WHEN run_id IS NULL THEN NULL ELSE models_due_at END
		WHERE organization_id = $1 AND connection_id = $2 AND ((due_at IS NULL) = $4 OR waiting <> '')`,
		c.OrganizationID, c.ID, due, c.Active)
	if err != nil {
		return err
	}
	if !c.Active {
		return endIdleRuns(ctx, tx, c.OrganizationID, c.ID, c.ID, stoppedRun(nil), now)
	}
	return resumeWriteBack(ctx, tx, c.OrganizationID, c.ID, now)
}

// Schedule returns the schedule of a connection.
func (s *Store) Schedule(ctx context.Context, organization, connection string) (Schedule, error) {
	sched, err := queryOne(ctx, s.db, scanSchedule, `SELECT `+scheduleColumns+` FROM schedules WHERE organization_id = $1 AND connection_id = $2`, organization, connection)
	if err != nil {
		return sched, err
	}
	if sched.OrganizationDisabled, err = organizationDisabled(ctx, s.db, organization); err != nil {
		return sched, err
	}
	if sched.Notes, err = crmNotes(ctx, s.db, organization, connection); err != nil {
		return sched, err
	}
	all, err := absences(ctx, s.db, organization, connection)
	for model, counts := range all {
		if n := counts[AbsenceHeld]; n > 0 {
			if sched.Held == nil {
				sched.Held = map[hub.Model]int{}
			}
			sched.Held[model] = n
		}
	}
	return sched, err
}

// crmNotes are what the CRM said of the account, what is not known of the mapping, and then what the CRM said of the models.
func crmNotes(ctx context.Context, q database.Querier, organization, connection string) ([]string, error) {
	notes, err := queryAll(ctx, q, scanText, `SELECT account_note FROM credentials WHERE organization_id = $1 AND connection_id = $2 AND account_note <> ''`, organization, connection)
	if err != nil {
		return nil, err
	}
	unchecked, err := mappingNotes(ctx, q, organization, connection)
	if err != nil {
		return nil, err
	}
	notes = append(notes, unchecked...)
	webhooks, err := webhookNotes(ctx, q, organization, connection)
	if err != nil {
		return nil, err
	}
	notes = append(notes, webhooks...)
	of, err := queryAll(ctx, q, scanText, `SELECT note FROM sync_states WHERE organization_id = $1 AND connection_id = $2 AND note <> '' ORDER BY model`, organization, connection)
	for _, note := range of {
		if !slices.Contains(notes, note) { // as of models that the CRM has as one
			notes = append(notes, note)
		}
	}
	return notes, err
}

// SetSyncInterval changes how often a connection syncs. It counts at once: what is due after an interval is due after
// the new one from when that interval began.
func (s *Store) SetSyncInterval(ctx context.Context, organization, connection string, interval time.Duration) error {
	return s.write(ctx, func(tx Tx) error {
		sched, err := queryOne(ctx, tx, scanSchedule, `SELECT `+scheduleColumns+` FROM schedules WHERE organization_id = $1 AND connection_id = $2`+tx.Dialect().ForUpdate(), organization, connection)
		if err != nil {
			return err
		}
		models, due := sched.ModelsDueAt, sched.DueAt
		if models.After(s.clock()) { // what is due already, as it was asked for, stays so
			models = models.Add(interval - sched.Interval)
			now := s.clock()
			if latest := now.Add(interval); models.After(latest) { // the interval before was planned longer than it is, by a random part
				models = latest
			}
			if models.Before(now) {
				models = now
			}
			waits := due.IsZero() || sched.HeldUntil.After(s.clock()) || sched.Failures > 0
			if !waits && (due.Equal(sched.ModelsDueAt) || models.Before(due)) {
				due = models
			}
		}
		_, err = tx.Exec(ctx, `UPDATE schedules SET interval_seconds = $3, models_due_at = $4, due_at = $5 WHERE organization_id = $1 AND connection_id = $2`,
			organization, connection, int64(interval/time.Second), optionalMicros(models), optionalMicros(due))
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "update", "connection", connection, map[string]any{"intervalSeconds": int64(interval / time.Second)})
	})
}

// HoldSync keeps the connection, unless it is being synced, from asking its CRM before a time: it asked to be left alone until then
// as something was written to it. waiting says so for people.
func (s *Store) HoldSync(ctx context.Context, organization, connection string, until time.Time, waiting string) error {
	return s.writeOne(ctx, func(tx Tx) error {
		_, err := tx.Exec(ctx, `UPDATE schedules SET held_until = $3, waiting = $4, waiting_until = $3, due_at = CASE WHEN due_at < $3 THEN $3 ELSE due_at END
			WHERE organization_id = $1 AND connection_id = $2 AND lease_until IS NULL AND (held_until IS NULL OR held_until < $3)`,
			organization, connection, micros(until), waiting)
		return err
	})
}

// makeDue lets all models of the connection be synced now, and what failed be tried again. Only until when the CRM asked
// to be left alone it waits nevertheless. What is due already stays due since when it is: a node claims what was due when it
// began to look, and would never find a connection that is asked for again and again before the claim is made.
func makeDue(ctx context.Context, tx Tx, organization, connection string, now time.Time) (int64, error) {
	for _, table := range []string{"sync_states", "readings"} {
		if _, err := tx.Exec(ctx, `UPDATE `+table+` SET retry_at = NULL WHERE organization_id = $1 AND connection_id = $2 AND retry_at IS NOT NULL`, organization, connection); err != nil {
			return 0, err
		}
	}
	return tx.Exec(ctx, `UPDATE schedules SET models_due_at = CASE WHEN models_due_at <= $3 THEN models_due_at ELSE $3 END,
			due_at = CASE WHEN held_until > $3 THEN held_until WHEN due_at <= $3 THEN due_at ELSE $3 END,
			waiting = CASE WHEN held_until > $3 THEN waiting ELSE '' END, waiting_until = CASE WHEN held_until > $3 THEN waiting_until END
		WHERE organization_id = $1 AND connection_id = $2`, organization, connection, micros(now))
}

// NoteOutdated keeps that the CRM says something else than what is kept, and makes the connection due at a time from which on its lists say
// so, too.
func (s *Store) NoteOutdated(ctx context.Context, organization, connection string, at time.Time) error {
	err := s.write(ctx, func(tx Tx) error {
		if _, err := makeDue(ctx, tx, organization, connection, at); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE schedules SET outdated_at = $3 WHERE organization_id = $1 AND connection_id = $2`, organization, connection, micros(at))
		return err
	})
	s.notify()
	return err
}

// RequestSync makes the connection due now. With models, only those run again from the start of their
// next run; a rewind, which is not ahead of now, makes them begin at that time or at their cursor, whichever is earlier. What is asked for during a run waits for its end.
func (s *Store) RequestSync(ctx context.Context, organization, connection string, models []hub.Model, rewind *time.Time) error {
	if now := s.clock(); rewind != nil && rewind.After(now) {
		return hub.Invalid("from", "is ahead of now, "+hub.WireTime(now), "a time that has passed: cursors only go back")
	}
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
		n, err := makeDue(ctx, tx, organization, connection, s.clock())
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
