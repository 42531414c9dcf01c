package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"sirocco/hub"
)

// retireSlice bounds how many rows one statement of retireAccount moves.
const retireSlice = 5000

// ofAccount are the tables whose rows are of the account that a connection reads, with what makes them distinct within it.
var ofAccount = []struct{ table, key string }{
	{"records", "model, external_id"}, {"enumerated", "model, external_id"}, {"absences", "model, external_id"}, {"quarantine", "id"},
	{"moves", "model, external_id"}, {"record_contacts", "model, external_id, key"}, {"crm_user_keys", "external_id"}, {"user_matches", "external_id"},
}

// retireAccount ends all that is of the account that the connection has read so far: its records go under a connection
// that nobody has, from where they are purged, so that those of the new account get ids of their own; links to them
// end, what was to be written to them is not, and every cursor begins anew. A job that is under way loses its lease.
func (s *Store) retireAccount(ctx context.Context, tx Tx, c hub.Connection, old, account hub.CRMAccount) error {
	now, retired := s.clock().UTC().Truncate(time.Microsecond), hub.NewID()
	if err := relinkConnection(ctx, tx, c.OrganizationID, c.ID, now); err != nil {
		return err
	}
	for _, of := range ofAccount {
		for {
			n, err := tx.Exec(ctx, fmt.Sprintf(`UPDATE %[1]s SET connection_id = $3 WHERE organization_id = $1 AND connection_id = $2 AND (%[2]s) IN
				(SELECT %[2]s FROM %[1]s WHERE organization_id = $1 AND connection_id = $2 LIMIT %[3]d)`, of.table, of.key, retireSlice), c.OrganizationID, c.ID, retired)
			if err == nil && of.table == "records" {
				err = errors.Join(addUsage(ctx, tx, c.OrganizationID, hub.ResourceRecords, c.ID, -n), addUsage(ctx, tx, c.OrganizationID, hub.ResourceRecords, retired, n))
			}
			if err != nil {
				return fmt.Errorf("retire %s: %w", of.table, err)
			}
			if n < retireSlice {
				break
			}
		}
	}
	const reason = "The connection's account was replaced by another."
	for i := range c.SyncStatus {
		c.SyncStatus[i].State, c.SyncStatus[i].ModifiedAfter, c.SyncStatus[i].UpdatedAt = hub.SyncStateSyncing, time.Time{}, now
	}
	status, err := json.Marshal(c.SyncStatus)
	if err != nil {
		return err
	}
	for _, statement := range []struct {
		text string
		args []any
	}{
		{`INSERT INTO purges (organization_id, connection_id, created_at) VALUES ($1, $2, $3)`, []any{c.OrganizationID, retired, micros(now)}},
		{`UPDATE recordings SET link_connection_id = NULL, link_model = NULL, link_external_id = NULL, link_also = '[]', link_by = '', link_trigger = '',
			link_reason = $3, linked_at = NULL, updated_at = CASE WHEN updated_at < $4 THEN $4 ELSE updated_at + 1000 END
			WHERE organization_id = $1 AND link_connection_id = $2`, []any{c.OrganizationID, c.ID, reason, micros(now)}},
		{`UPDATE deliveries SET state = $3, due_at = NULL, error = $4, updated_at = $5 WHERE organization_id = $1 AND connection_id = $2 AND state = $6`,
			[]any{c.OrganizationID, c.ID, string(hub.DeliveryCanceled), reason, micros(now), string(hub.DeliveryPending)}},
		{`DELETE FROM sync_states WHERE organization_id = $1 AND connection_id = $2`, []any{c.OrganizationID, c.ID}},
		{`DELETE FROM readings WHERE organization_id = $1 AND connection_id = $2`, []any{c.OrganizationID, c.ID}},
		{`UPDATE schedules SET turn = turn + 1, lease_until = NULL, working = FALSE, run_id = NULL WHERE organization_id = $1 AND connection_id = $2`, []any{c.OrganizationID, c.ID}},
		{`DELETE FROM vendor_webhooks WHERE organization_id = $1 AND connection_id = $2`, []any{c.OrganizationID, c.ID}},
		{`UPDATE mappings SET checked_at = NULL, failed = '' WHERE organization_id = $1 AND connection_id = $2`, []any{c.OrganizationID, c.ID}},
		{`UPDATE connections SET sync_status = $3 WHERE organization_id = $1 AND id = $2`, []any{c.OrganizationID, c.ID, string(status)}},
	} {
		if _, err := tx.Exec(ctx, statement.text, statement.args...); err != nil {
			return fmt.Errorf("retire the account of a connection: %w", err)
		}
	}
	if err := endRuns(ctx, tx, Schedule{OrganizationID: c.OrganizationID, ConnectionID: c.ID}, RunEnding{RunReplaced, reason}, now); err != nil {
		return err
	}
	return s.audit(ctx, tx, c.OrganizationID, "replaceAccount", "connection", c.ID, map[string]any{"from": old.ID, "to": account.ID})
}
