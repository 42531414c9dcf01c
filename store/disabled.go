package store

import (
	"context"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// organizationDisabled reports whether the organization is disabled: nothing is done for it in the background then.
func organizationDisabled(ctx context.Context, q database.Querier, organization string) (bool, error) {
	n, err := queryOne(ctx, q, scanCount, `SELECT COUNT(*) FROM organizations WHERE id = $1 AND disabled = $2`, organization, true)
	return n > 0, err
}

// switchedAgain is when work that a disabled organization has is looked at again, while somebody is about to switch that.
const switchedAgain = time.Second

// staysDisabled reports whether the organization is disabled and nobody is about to enable it, and lets nobody do so until the
// transaction ends. Whoever enables it then finds what the transaction took off the clock; what somebody takes off it
// after that one has looked, nobody would find.
func staysDisabled(ctx context.Context, tx Tx, organization string) (bool, error) {
	return queryAny(ctx, tx, staysDisabledQuery(tx.Dialect(), "$1"), organization)
}

// staysDisabledQuery finds 1 where staysDisabled does, else nothing.
func staysDisabledQuery(dialect database.Dialect, organization string) string {
	return `SELECT 1 FROM organizations WHERE id = ` + organization + ` AND disabled = TRUE` + dialect.ForShareSkipLocked()
}

// requireActive fails with hub.ErrPaused, or hub.ErrDisabled, where nothing may be done over the connection.
func requireActive(ctx context.Context, q database.Querier, c hub.Connection) error {
	if !c.Active {
		return hub.ErrPaused
	}
	disabled, err := organizationDisabled(ctx, q, c.OrganizationID)
	if err == nil && disabled {
		err = hub.ErrDisabled
	}
	return err
}

// ActiveConnection returns a connection that something is about to be done over. It fails with hub.ErrPaused, or
// hub.ErrDisabled, where nothing may be.
func (s *Store) ActiveConnection(ctx context.Context, organization, id string) (hub.Connection, error) {
	c, err := s.Connection(ctx, organization, id)
	if err == nil {
		err = requireActive(ctx, s.db, c)
	}
	return c, err
}

// switchSlice bounds how many schedules and tasks one transaction takes off the clock or makes due.
const switchSlice = 500

// switchPlace is how far that has come: past the schedule of the connection object while kind is empty, then past the task object
// of the kind.
type switchPlace struct{ kind, object string }

func scanSwitchPlace(r database.Row) (switchPlace, error) {
	var p switchPlace
	err := r.Scan(&p.kind, &p.object)
	return p, err
}

// suspendOrResume takes the background work of an organization that was just disabled off the clock, or makes it due again, with
// what a job is under way for: that one may have seen that it has to stop. Where there is much, the rest follows in the
// background; what is due until then finds that nothing is to be done.
func suspendOrResume(ctx context.Context, tx Tx, o hub.Organization, now time.Time) error {
	return switchSome(ctx, tx, o.ID, o.Disabled, switchPlace{}, now)
}

// switchSome does a slice of that from a place on, and notes where the next one begins.
func switchSome(ctx context.Context, tx Tx, organization string, disabled bool, from switchPlace, now time.Time) error {
	room := switchSlice
	if from.kind == "" {
		connections, err := queryAll(ctx, tx, scanText, `SELECT connection_id FROM schedules WHERE organization_id = $1 AND connection_id > $2 ORDER BY connection_id LIMIT $3`,
			organization, from.object, room)
		if err != nil {
			return err
		}
		if n := len(connections); n > 0 {
			if err := switchSchedules(ctx, tx, organization, disabled, connections[0], connections[n-1], now); err != nil {
				return err
			}
			from, room = switchPlace{object: connections[n-1]}, room-n
		}
	}
	if room > 0 {
		tasks, err := queryAll(ctx, tx, scanSwitchPlace, `SELECT kind, object_id FROM tasks WHERE organization_id = $1 AND (kind, object_id) > ($2, $3) ORDER BY kind, object_id LIMIT $4`,
			organization, from.kind, from.object, room)
		if err != nil {
			return err
		}
		if n := len(tasks); n > 0 {
			first, last := tasks[0], tasks[n-1]
			if _, err := tx.Exec(ctx, `UPDATE tasks SET due_at = $2 WHERE organization_id = $1 AND (kind, object_id) >= ($3, $4) AND (kind, object_id) <= ($5, $6)`,
				organization, dueUnless(disabled, now), first.kind, first.object, last.kind, last.object); err != nil {
				return err
			}
			from, room = last, room-n
		}
	}
	if room > 0 {
		_, err := tx.Exec(ctx, `DELETE FROM switches WHERE organization_id = $1`, organization)
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO switches (organization_id, kind, object) VALUES ($1, $2, $3)
		ON CONFLICT (organization_id) DO UPDATE SET kind = excluded.kind, object = excluded.object`, organization, from.kind, from.object)
	return err
}

// dueUnless is now, or never where the organization is disabled.
func dueUnless(disabled bool, now time.Time) *int64 {
	if disabled {
		return nil
	}
	return optionalMicros(now)
}

// switchSchedules is switchSome for the connections of an organization from one to another, which ends the runs in progress where
// it is disabled.
func switchSchedules(ctx context.Context, tx Tx, organization string, disabled bool, first, last string, now time.Time) error {
	which := ` AND due_at IS NULL
		AND EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = schedules.organization_id AND c.id = schedules.connection_id AND c.is_active = true)`
	if disabled {
		which = ""
	}
	if _, err := tx.Exec(ctx, `UPDATE schedules SET due_at = $4 WHERE organization_id = $1 AND connection_id >= $2 AND connection_id <= $3`+which,
		organization, first, last, dueUnless(disabled, now)); err != nil || !disabled {
		return err
	}
	return endIdleRuns(ctx, tx, organization, first, last, runDisabled, now)
}

// SwitchWork goes on with taking the background work of an organization that was disabled off the clock, or with making that of one
// which was enabled due, and reports whether there is more.
func (s *Store) SwitchWork(ctx context.Context) (more bool, err error) {
	waiting, err := s.switching.next(func(after string) (string, error) {
		return queryOne(ctx, s.db, scanText, `SELECT organization_id FROM switches WHERE organization_id > $1 ORDER BY organization_id LIMIT 1`, after)
	})
	if err != nil {
		return false, ignoreNotFound(err)
	}
	err = s.write(ctx, func(tx Tx) error {
		// Whoever switches it has its row: what is noted is of what the row says now.
		o, err := queryOne(ctx, tx, scanOrganization, `SELECT `+organizationColumns+` FROM organizations WHERE id = $1`+tx.Dialect().ForUpdate(), waiting)
		if err != nil {
			return err
		}
		place, err := queryOne(ctx, tx, scanSwitchPlace, `SELECT kind, object FROM switches WHERE organization_id = $1`, o.ID)
		if err != nil {
			return ignoreNotFound(err) // another node has done the last of it
		}
		return switchSome(ctx, tx, o.ID, o.Disabled, place, s.clock())
	})
	if err != nil {
		return false, err
	}
	s.notify() // where it was enabled, there may be something to do
	return true, nil
}
