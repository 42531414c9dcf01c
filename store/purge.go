package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// enqueuePurge erases what must be gone with the connection at once, and notes the rest for Purge.
func enqueuePurge(ctx context.Context, tx Tx, c hub.Connection, account hub.CRMAccount, now time.Time) error {
	organization, connection := c.OrganizationID, c.ID
	if err := deleteTask(ctx, tx, organization, TaskWriteBack, connection); err != nil {
		return err
	}
	if err := endRuns(ctx, tx, Schedule{OrganizationID: organization, ConnectionID: connection}, runDeleted, now); err != nil {
		return err
	}
	leaving, err := leaveVendorWebhook(ctx, tx, organization, connection, now)
	if err != nil {
		return err
	}
	for _, table := range []string{"credentials", "schedules", "sync_states", "readings", "inbound_secrets", "mappings", "rereads"} {
		if leaving && table == "credentials" { // the vendor is asked with them to take its webhook back
			continue
		}
		if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE organization_id = $1 AND connection_id = $2`, organization, connection); err != nil {
			return err
		}
	}
	if !leaving {
		if _, err := tx.Exec(ctx, `DELETE FROM vendor_webhooks WHERE organization_id = $1 AND connection_id = $2`, organization, connection); err != nil {
			return err
		}
	}
	return insertPurge(ctx, tx, c, account, now)
}

// insertPurge notes that what is of an account that a connection has had is to be purged; where there still is some of one before, of that.
func insertPurge(ctx context.Context, tx Tx, c hub.Connection, account hub.CRMAccount, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO purges (organization_id, connection_id, created_at, platform, account_id) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		c.OrganizationID, c.ID, micros(now), string(c.Platform), account.ID)
	return err
}

// purgeSlice bounds how many rows of a table one Purge removes.
const purgeSlice = 1000

// purged are the tables that Purge empties of a deleted connection.
var purged = []string{
	"records", "enumerated", "absences", "sync_runs", "crm_requests", "quarantine", "deliveries", "delivery_attempts", "moves", "touches", "record_contacts", "crm_user_keys", "user_matches",
}

// purgeKey is a connection of which something is to be purged.
type purgeKey struct{ organization, connection string }

func scanPurgeKey(r database.Row) (purgeKey, error) {
	var k purgeKey
	err := r.Scan(&k.organization, &k.connection)
	return k, err
}

// Purge removes a slice of the rows that deleted connections, and accounts that others replaced, left behind, and reports
// whether any are left.
func (s *Store) Purge(ctx context.Context) (more bool, err error) {
	key, err := s.purging.next(func(after purgeKey) (purgeKey, error) {
		return queryOne(ctx, s.db, scanPurgeKey,
			`SELECT organization_id, connection_id FROM purges WHERE (organization_id, connection_id) > ($1, $2) ORDER BY organization_id, connection_id LIMIT 1`, after.organization, after.connection)
	})
	if err != nil {
		return false, ignoreNotFound(err)
	}
	organization, connection := key.organization, key.connection
	if _, err := s.Connection(ctx, organization, connection); !errors.Is(err, hub.ErrNotFound) {
		if err == nil {
			_, err = s.RetireAccount(ctx, organization, connection)
		}
		return err == nil || errors.Is(err, hub.ErrNotFound), ignoreNotFound(err) // it may have been deleted just now
	}
	err = s.write(ctx, func(tx Tx) error {
		if held, err := holdRow(ctx, tx, `SELECT 1 FROM purges WHERE organization_id = $1 AND connection_id = $2`, organization, connection); err != nil || !held {
			return err
		}
		if n, err := s.unlinkDeleted(ctx, tx, organization, connection); err != nil || n > 0 {
			return err
		}
		if some, err := purgeSome(ctx, tx, purged, organization, connection); err != nil || some {
			return err
		}
		if left, err := anyLeft(ctx, tx, purged, `connection_id`, organization, connection); err != nil || left {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM usages WHERE organization_id = $1 AND resource = $2 AND part = $3`, organization, string(hub.ResourceRecords), connection); err != nil {
			return err
		}
		return endPurge(ctx, tx, organization, connection)
	})
	return err == nil, err
}

// holdRow holds a row of work that follows in slices for the rest of the transaction, and reports whether it is there still. Two nodes that
// remove slices of the same would meet the same rows: to the one that waited for the other nothing would seem to be left.
func holdRow(ctx context.Context, tx Tx, query string, args ...any) (held bool, err error) {
	return queryAny(ctx, tx, query+tx.Dialect().ForUpdate(), args...)
}

// anyLeft reports whether one of the tables has a row of something that is about to count as gone. A slice that found none says less: whoever
// else removes or changes rows meanwhile, as those that are too old, takes them from under it.
func anyLeft(ctx context.Context, tx Tx, tables []string, column, organization, id string) (bool, error) {
	for _, table := range tables {
		if left, err := queryAny(ctx, tx, `SELECT 1 FROM `+table+` WHERE organization_id = $1 AND `+column+` = $2 LIMIT 1`, organization, id); err != nil || left {
			return left, err
		}
	}
	return false, nil
}

// inSlices does something in transactions of its own until one of them changes less than purgeSlice rows.
func (s *Store) inSlices(ctx context.Context, slice func(Tx) (int64, error)) error {
	for more := true; more; {
		err := s.write(ctx, func(tx Tx) error {
			n, err := slice(tx)
			more = n >= purgeSlice
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// withoutRowID are those of the tables that have no rowid in SQLite, with their keys.
var withoutRowID = map[string][]string{"record_contacts": {"organization_id", "connection_id", "model", "external_id", "key"}}

// purgeSome removes a slice of a connection's rows from the first of the tables that has any, and reports whether one had.
func purgeSome(ctx context.Context, tx Tx, tables []string, organization, connection string) (some bool, err error) {
	for _, table := range tables {
		order := ""
		if table == "deliveries" {
			order = ` ORDER BY id`
			if err := keepMarkers(ctx, tx, organization, connection); err != nil {
				return false, fmt.Errorf("keep the markers of notes: %w", err)
			}
		}
		n, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE `+tx.Dialect().RowsOf(table+` WHERE organization_id = $1 AND connection_id = $2`+order+` LIMIT $3`, withoutRowID[table]...), organization, connection, purgeSlice)
		if err == nil && table == "records" {
			err = addUsage(ctx, tx, organization, hub.ResourceRecords, connection, -n)
		}
		if err != nil {
			return false, fmt.Errorf("purge %s: %w", table, err)
		}
		if n > 0 {
			return true, nil
		}
	}
	return false, nil
}

// endPurge notes that nothing is left to purge of a connection.
func endPurge(ctx context.Context, tx Tx, organization, connection string) error {
	_, err := tx.Exec(ctx, `DELETE FROM purges WHERE organization_id = $1 AND connection_id = $2`, organization, connection)
	return err
}

// aging is a table whose rows are kept for a time after that in the column.
type aging struct {
	table, column string
	kept          time.Duration
}

// purgeOlder removes a slice of the rows that are older than they are kept, and reports whether there may be more. Where
// there are none it only reads.
func (s *Store) purgeOlder(ctx context.Context, a aging) (more bool, err error) {
	before := micros(s.clock().Add(-a.kept))
	old, err := queryAny(ctx, s.db, fmt.Sprintf(`SELECT 1 FROM %s WHERE %s < $1 LIMIT 1`, a.table, a.column), before)
	if err != nil || !old {
		return false, err
	}
	err = s.write(ctx, func(tx Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM `+a.table+` WHERE `+tx.Dialect().RowsOf(a.table+` WHERE `+a.column+` < $1 ORDER BY `+a.column+` LIMIT $2`), before, purgeSlice)
		more = n == purgeSlice
		return err
	})
	return more && err == nil, err
}

// PurgeOldEntries removes a slice of the mobile events, of the requests of the audit log, and of what was sent and linked over
// connections that are gone, that are older than they are kept, and reports whether there may be more.
func (s *Store) PurgeOldEntries(ctx context.Context) (more bool, err error) {
	for _, a := range []aging{
		{"mobile_events", "created_at", hub.MobileEventKept},
		{"api_calls", "created_at", APICallKept},
		{"sent_before", "asked_at", SentBeforeKept},
		{"links_before", "created_at", SentBeforeKept},
	} {
		left, failed := s.purgeOlder(ctx, a)
		more, err = more || left, errors.Join(err, failed)
	}
	return more && err == nil, err
}

// unlinkDeleted takes the links of a slice of recordings along with the connection that they were over, as unlinkAll does.
func (s *Store) unlinkDeleted(ctx context.Context, tx Tx, organization, connection string) (int, error) {
	return s.unlinkAll(ctx, tx, organization, connection, "The connection that it was linked over was deleted.")
}

// unlinkSlice bounds how many recordings unlinkAll takes the links away from, each by a statement of its own.
const unlinkSlice = 250

// unlinkAll takes the links over a connection away from a slice of recordings, for the reason, and returns how many those were: no
// link points at what is gone. Those that stand are kept for another connection to the account; the rule may link the others again.
func (s *Store) unlinkAll(ctx context.Context, tx Tx, organization, connection, reason string) (int, error) {
	rs, err := queryAll(ctx, tx, scanRecording, `SELECT `+recordingColumns+` FROM recordings WHERE organization_id = $1 AND link_connection_id = $2 ORDER BY id LIMIT $3`+tx.Dialect().ForUpdate(),
		organization, connection, unlinkSlice)
	if err != nil || len(rs) == 0 {
		return 0, err
	}
	of, err := purgedAccount(ctx, tx, organization, connection)
	if err != nil {
		return 0, err
	}
	now := s.clock()
	from, until := rs[0].StartedAt, rs[0].EndedAt
	ids := make([]string, len(rs))
	for i := range rs {
		r := &rs[i]
		ids[i] = r.ID
		if err := keepLink(ctx, tx, *r, of, now); err != nil {
			return 0, err
		}
		if r.StartedAt.Before(from) {
			from = r.StartedAt
		}
		if r.EndedAt.After(until) {
			until = r.EndedAt
		}
		r.Link = hub.Link{Reason: reason}
		r.UpdatedAt = hub.NextVersion(r.UpdatedAt, now)
		if err := saveLink(ctx, tx, r); err != nil {
			return 0, err
		}
	}
	// What it was written to is gone: it may be written to what it is linked to from now on.
	in, arg := tx.Dialect().In("$2", ids)
	if _, err := tx.Exec(ctx, `UPDATE recordings SET written_at = NULL WHERE organization_id = $1 AND id `+in, organization, arg); err != nil {
		return 0, err
	}
	return len(ids), requestRelink(ctx, tx, organization, from, until, now)
}

// Shrink gives a slice of the room that removed rows left in the database's file back to the disk, and reports whether
// there is more.
func (s *Store) Shrink(ctx context.Context) (more bool, err error) {
	more, err = s.db.Shrink(ctx)
	return more, domainError(err)
}

// Compact rewrites the database's file without that room, also one from before Shrink could; see database.DB.
func (s *Store) Compact(ctx context.Context) error { return domainError(s.db.Compact(ctx)) }
