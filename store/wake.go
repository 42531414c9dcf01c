package store

import (
	"context"
	"errors"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// wakeGap is how long after one run that a webhook asked for the next such run begins at the earliest: what comes
// meanwhile is of that one.
const wakeGap = 10 * time.Second

// wakeAccountsMost bounds how many connections of one account a webhook wakes.
const wakeAccountsMost = 100

// wakeState is what decides when a webhook lets a connection sync.
type wakeState struct {
	due, models, lease, held, woken time.Time
	failures                        int
	// running says that a run is in progress, be it between two jobs.
	running bool
}

func scanWakeState(r database.Row) (wakeState, error) {
	var w wakeState
	var due, models, lease, held, woken *int64
	err := r.Scan(&due, &models, &lease, &held, &woken, &w.failures, &w.running)
	w.due, w.models, w.lease = fromOptionalMicros(due), fromOptionalMicros(models), fromOptionalMicros(lease)
	w.held, w.woken = fromOptionalMicros(held), fromOptionalMicros(woken)
	return w, err
}

const wakeQuery = `SELECT due_at, models_due_at, lease_until, held_until, woken_at, failures, run_id IS NOT NULL FROM schedules WHERE organization_id = $1 AND connection_id = $2`

// at is when the connection is to sync because of a webhook that comes now; ok is false where it will anyway by then, or
// where a webhook changes nothing: while it fails as a whole, and where nothing is planned, as without credentials.
func (w wakeState) at(now time.Time) (at time.Time, ok bool) {
	at = now
	if next := w.woken.Add(wakeGap); !w.woken.IsZero() && next.After(at) {
		at = next
	}
	if w.held.After(at) {
		at = w.held
	}
	switch {
	case w.failures > 0, w.due.IsZero() && w.lease.IsZero():
		return at, false
	case w.running: // it may have read before what changed
		return at, w.models.IsZero() || w.models.After(at)
	case w.due.IsZero(): // a job is about to begin
		return at, true
	}
	return at, w.due.After(at) || w.models.After(at)
}

// WakeSync lets a connection sync because its vendor says that something changed: at once, or else as soon as wakeGap
// and the vendor's own Retry-After allow. It reports whether that is news; many webhooks at a time cost one write. What
// failed waits for its own time, and a connection that is paused, disabled or gone, or that pulls nothing, is left alone.
func (s *Store) WakeSync(ctx context.Context, organization, connection string) (woken bool, err error) {
	kept, err := queryOne(ctx, s.db, scanWakeState, wakeQuery, organization, connection)
	if err != nil {
		return false, ignoreNotFound(err)
	}
	if _, ok := kept.at(s.clock()); !ok {
		return false, nil
	}
	err = s.write(ctx, func(tx Tx) error {
		woken = false
		c, err := lockConnection(ctx, tx, organization, connection)
		if err != nil {
			return ignoreNotFound(err)
		}
		if err := requireActive(ctx, tx, c); err != nil {
			if errors.Is(err, hub.ErrPaused) { // or disabled
				return nil
			}
			return err
		}
		kept, err := queryOne(ctx, tx, scanWakeState, wakeQuery+tx.Dialect().ForUpdate(), organization, connection)
		if err != nil {
			return ignoreNotFound(err)
		}
		now := s.clock()
		at, ok := kept.at(now)
		if !ok {
			return nil
		}
		n, err := tx.Exec(ctx, `UPDATE schedules SET due_at = CASE WHEN due_at <= $3 THEN due_at ELSE $3 END, models_due_at = $3, woken_at = $3, woken = TRUE,
				waiting = CASE WHEN held_until > $4 THEN waiting ELSE '' END, waiting_until = CASE WHEN held_until > $4 THEN waiting_until END
			WHERE organization_id = $1 AND connection_id = $2`, organization, connection, micros(at), micros(now))
		woken = n > 0
		return err
	})
	if woken {
		s.notify()
	}
	return woken, err
}

// takeWake reports whether the run that begins now does because of a webhook, and forgets it.
func takeWake(ctx context.Context, tx Tx, sched Schedule, now time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE schedules SET woken = FALSE WHERE organization_id = $1 AND connection_id = $2 AND woken AND woken_at <= $3`,
		sched.OrganizationID, sched.ConnectionID, micros(now))
	return n > 0, err
}

// WakeAccount is WakeSync of every connection of the platform, of whatever organization, that is of the account: by what
// its CRM says where it was asked, or else by what its maker said. It returns how many were woken.
func (s *Store) WakeAccount(ctx context.Context, platform hub.Platform, account string) (woken int, err error) {
	if account == "" || !hub.IsStorable(account) {
		return 0, nil
	}
	type key struct{ organization, connection string }
	found, err := queryAll(ctx, s.db, func(r database.Row) (key, error) {
		var k key
		err := r.Scan(&k.organization, &k.connection)
		return k, err
	}, `SELECT c.organization_id, c.id FROM credentials k JOIN connections c ON c.organization_id = k.organization_id AND c.id = k.connection_id
			WHERE k.account_id = $2 AND c.platform = $1
		UNION SELECT c.organization_id, c.id FROM connections c WHERE c.platform = $1 AND c.external_account_id = $2 AND NOT EXISTS (
			SELECT 1 FROM credentials k WHERE k.organization_id = c.organization_id AND k.connection_id = c.id AND k.account_id <> '')
		LIMIT $3`, string(platform), account, wakeAccountsMost)
	if err != nil {
		return 0, err
	}
	for _, k := range found {
		ok, err := s.WakeSync(ctx, k.organization, k.connection)
		if err != nil {
			return woken, err
		}
		if ok {
			woken++
		}
	}
	return woken, nil
}
