package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"sirocco/hub"
)

// accountReplaced is why what was of the account of a connection before is gone, for people.
const accountReplaced = "The connection's account was replaced by another."

// ofAccount are the tables whose rows are of the account that a connection reads.
var ofAccount = []string{"records", "enumerated", "absences", "quarantine", "moves", "record_contacts", "crm_user_keys", "user_matches"}

// replaceAccount ends all that is of the account that the connection has read so far, however much that is: its records are
// in no answer from then on, nothing is written to them, every cursor begins anew, and a job that is under way loses its
// lease. RetireAccount removes them in slices, and nothing of the new account comes in before they are gone.
func (s *Store) replaceAccount(ctx context.Context, tx Tx, c hub.Connection, old, account hub.CRMAccount) error {
	now := s.clock().UTC().Truncate(time.Microsecond)
	for i := range c.SyncStatus {
		c.SyncStatus[i].State, c.SyncStatus[i].ModifiedAfter, c.SyncStatus[i].UpdatedAt = hub.SyncStateSyncing, time.Time{}, now
	}
	status, err := json.Marshal(c.SyncStatus)
	if err != nil {
		return err
	}
	if err := s.rememberSent(ctx, tx, c, old, now); err != nil {
		return err
	}
	if err := insertPurge(ctx, tx, c, old, now); err != nil {
		return err
	}
	key := []any{c.OrganizationID, c.ID}
	for _, statement := range []struct {
		text string
		args []any
	}{
		{`DELETE FROM sync_states WHERE organization_id = $1 AND connection_id = $2`, key},
		{`DELETE FROM rereads WHERE organization_id = $1 AND connection_id = $2`, key},
		{`DELETE FROM readings WHERE organization_id = $1 AND connection_id = $2`, key},
		{`UPDATE schedules SET turn = turn + 1, lease_until = NULL, working = FALSE, run_id = NULL WHERE organization_id = $1 AND connection_id = $2`, key},
		{`DELETE FROM vendor_webhooks WHERE organization_id = $1 AND connection_id = $2`, key},
		{`UPDATE mappings SET checked_at = NULL, failed = '' WHERE organization_id = $1 AND connection_id = $2`, key},
		{`UPDATE connections SET sync_status = $3, retiring = TRUE, account_since = $4 WHERE organization_id = $1 AND id = $2`, append(key, string(status), micros(now))},
	} {
		if _, err := tx.Exec(ctx, statement.text, statement.args...); err != nil {
			return fmt.Errorf("replace the account of a connection: %w", err)
		}
	}
	if err := endRuns(ctx, tx, Schedule{OrganizationID: c.OrganizationID, ConnectionID: c.ID}, RunEnding{RunReplaced, accountReplaced}, now); err != nil {
		return err
	}
	return s.audit(ctx, tx, c.OrganizationID, "replaceAccount", "connection", c.ID, map[string]any{"from": old.ID, "to": account.ID})
}

// RetireAccount removes a slice of what is left of the account that a connection had before: links to its records first,
// then notes that were to be written to them, then the records. It reports whether there may be more. What a slice did is
// done for good, whoever goes on.
func (s *Store) RetireAccount(ctx context.Context, organization, connection string) (more bool, err error) {
	err = s.write(ctx, func(tx Tx) error {
		more = false
		c, err := lockConnection(ctx, tx, organization, connection)
		if err != nil || !c.Retiring {
			return err
		}
		more, err = s.retireSome(ctx, tx, c)
		if err != nil || more {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE connections SET retiring = FALSE WHERE organization_id = $1 AND id = $2`, organization, connection)
		if err != nil {
			return err
		}
		return endPurge(ctx, tx, organization, connection)
	})
	return more, err
}

// retireSome does what RetireAccount says of one slice, and reports whether there was anything to do.
func (s *Store) retireSome(ctx context.Context, tx Tx, c hub.Connection) (some bool, err error) {
	unlinked, err := s.unlinkAll(ctx, tx, c.OrganizationID, c.ID, accountReplaced)
	if err != nil || unlinked > 0 {
		return true, err
	}
	canceled, err := tx.Exec(ctx, `UPDATE deliveries SET state = $3, due_at = NULL, error = $4, updated_at = $5 WHERE `+
		tx.Dialect().RowsOf(`deliveries WHERE organization_id = $1 AND connection_id = $2 AND state = $6 LIMIT $7`),
		c.OrganizationID, c.ID, string(hub.DeliveryCanceled), accountReplaced, micros(s.clock()), string(hub.DeliveryPending), purgeSlice)
	if err != nil || canceled > 0 {
		return true, err
	}
	// Whether a note is there that was sent to the account before cannot be found out any more, over this connection.
	given, err := tx.Exec(ctx, `UPDATE deliveries SET state = $3, due_at = NULL, withdrawn = '', asked_at = NULL, absences = 0, error = $4, updated_at = $5 WHERE `+
		tx.Dialect().RowsOf(`deliveries WHERE organization_id = $1 AND connection_id = $2 AND state = $6 LIMIT $7`),
		c.OrganizationID, c.ID, string(hub.DeliveryCanceled), accountReplaced+" Whether its note is there could not be found out before.", micros(s.clock()), string(hub.DeliveryConfirming), purgeSlice)
	if err != nil || given > 0 {
		return true, err
	}
	return purgeSome(ctx, tx, ofAccount, c.OrganizationID, c.ID)
}
