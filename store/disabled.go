package store

import (
	"context"

	"sirocco/database"
	"sirocco/hub"
)

// organizationDisabled reports whether the organization is disabled: nothing is done for it in the background then.
func organizationDisabled(ctx context.Context, q database.Querier, organization string) (bool, error) {
	n, err := queryOne(ctx, q, scanCount, `SELECT COUNT(*) FROM organizations WHERE id = $1 AND disabled = $2`, organization, true)
	return n > 0, err
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

// suspendOrResume takes all background work of an organization that was just disabled off the clock, or makes all of
// it due again, with what a job is under way for: that one may have seen that it has to stop.
func suspendOrResume(ctx context.Context, tx Tx, o hub.Organization, now int64) error {
	due, which := &now, ` AND due_at IS NULL
		AND EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = schedules.organization_id AND c.id = schedules.connection_id AND c.is_active = true)`
	if o.Disabled {
		due, which = nil, ""
	}
	if _, err := tx.Exec(ctx, `UPDATE schedules SET due_at = $2 WHERE organization_id = $1`+which, o.ID, due); err != nil {
		return err
	}
	if o.Disabled {
		if err := endIdleRuns(ctx, tx, o.ID, "", runDisabled, fromMicros(now)); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `UPDATE tasks SET due_at = $2 WHERE organization_id = $1`, o.ID, due)
	return err
}
