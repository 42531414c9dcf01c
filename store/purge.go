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
func enqueuePurge(ctx context.Context, tx Tx, organization, connection string, now time.Time) error {
	if err := deleteTask(ctx, tx, organization, TaskWriteBack, connection); err != nil {
		return err
	}
	if err := endRuns(ctx, tx, Schedule{OrganizationID: organization, ConnectionID: connection}, runDeleted, now); err != nil {
		return err
	}
	if err := relinkConnection(ctx, tx, organization, connection, now); err != nil {
		return err
	}
	leaving, err := leaveVendorWebhook(ctx, tx, organization, connection, now)
	if err != nil {
		return err
	}
	for _, table := range []string{"credentials", "schedules", "sync_states", "readings", "inbound_secrets", "mappings"} {
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
	_, err = tx.Exec(ctx, `INSERT INTO purges (organization_id, connection_id, created_at) VALUES ($1, $2, $3)`, organization, connection, micros(now))
	return err
}

// purgeSlice bounds how many rows of a table one Purge removes.
const purgeSlice = 1000

// purged are the tables that Purge empties, with what makes their rows distinct within a connection.
var purged = []struct{ table, key string }{
	{"records", "model, external_id"}, {"enumerated", "model, external_id"}, {"absences", "model, external_id"}, {"sync_runs", "id"}, {"crm_requests", "id"}, {"quarantine", "id"},
	{"deliveries", "id"}, {"delivery_attempts", "delivery_id, number"},
	{"moves", "model, external_id"}, {"record_contacts", "model, external_id, key"}, {"crm_user_keys", "external_id"}, {"user_matches", "external_id"},
}

// Purge removes a slice of the rows that deleted connections left behind, and reports whether any are left.
func (s *Store) Purge(ctx context.Context) (more bool, err error) {
	type key struct{ organization, connection string }
	keys, err := queryAll(ctx, s.db, func(r database.Row) (key, error) {
		var k key
		err := r.Scan(&k.organization, &k.connection)
		return k, err
	}, `SELECT organization_id, connection_id FROM purges LIMIT 1`)
	if err != nil || len(keys) == 0 {
		return false, err
	}
	return true, s.write(ctx, func(tx Tx) error {
		if n, err := s.unlinkDeleted(ctx, tx, keys[0].organization, keys[0].connection); err != nil || n > 0 {
			return err
		}
		for _, p := range purged {
			n, err := tx.Exec(ctx, fmt.Sprintf(`DELETE FROM %[1]s WHERE organization_id = $1 AND connection_id = $2 AND (%[2]s) IN
				(SELECT %[2]s FROM %[1]s WHERE organization_id = $1 AND connection_id = $2 LIMIT %[3]d)`, p.table, p.key, purgeSlice),
				keys[0].organization, keys[0].connection)
			if err == nil && p.table == "records" {
				err = addUsage(ctx, tx, keys[0].organization, hub.ResourceRecords, keys[0].connection, -n)
			}
			if err != nil || n > 0 {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `DELETE FROM usages WHERE organization_id = $1 AND resource = $2 AND part = $3`, keys[0].organization, string(hub.ResourceRecords), keys[0].connection); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM purges WHERE organization_id = $1 AND connection_id = $2`, keys[0].organization, keys[0].connection)
		return err
	})
}

// aging is a table whose rows, which key tells apart, are kept for a time after that in the column.
type aging struct {
	table, key, column string
	kept               time.Duration
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
		n, err := tx.Exec(ctx, fmt.Sprintf(`DELETE FROM %[1]s WHERE (%[2]s) IN (SELECT %[2]s FROM %[1]s WHERE %[3]s < $1 ORDER BY %[3]s LIMIT %[4]d)`,
			a.table, a.key, a.column, purgeSlice), before)
		more = n == purgeSlice
		return err
	})
	return more && err == nil, err
}

// PurgeOldEntries removes a slice of the mobile events and of the requests of the audit log that are older than they are
// kept, and reports whether there may be more.
func (s *Store) PurgeOldEntries(ctx context.Context) (more bool, err error) {
	for _, a := range []aging{
		{"mobile_events", "organization_id, id", "created_at", hub.MobileEventKept},
		{"api_calls", "organization_id, id", "created_at", APICallKept},
	} {
		left, failed := s.purgeOlder(ctx, a)
		more, err = more || left, errors.Join(err, failed)
	}
	return more && err == nil, err
}

// unlinkDeleted takes the links of a slice of recordings along with the connection that they were over, a person's too:
// no link points at what is gone. The rule may link them again.
func (s *Store) unlinkDeleted(ctx context.Context, tx Tx, organization, connection string) (int, error) {
	rs, err := queryAll(ctx, tx, scanRecording, `SELECT `+recordingColumns+` FROM recordings WHERE organization_id = $1 AND link_connection_id = $2 ORDER BY id LIMIT $3`+tx.Dialect().ForUpdate(),
		organization, connection, purgeSlice)
	if err != nil || len(rs) == 0 {
		return 0, err
	}
	now := s.clock()
	from, until := rs[0].StartedAt, rs[0].EndedAt
	for i := range rs {
		r := &rs[i]
		if r.StartedAt.Before(from) {
			from = r.StartedAt
		}
		if r.EndedAt.After(until) {
			until = r.EndedAt
		}
		r.Link = hub.Link{Reason: "The connection that it was linked over was deleted."}
		r.UpdatedAt = hub.NextVersion(r.UpdatedAt, now)
		if err := saveLink(ctx, tx, r); err != nil {
			return 0, err
		}
	}
	// What it was written to is gone: it may be written to what it is linked to from now on.
	ids := make([]string, len(rs))
	for i := range rs {
		ids[i] = rs[i].ID
	}
	in, arg := tx.Dialect().In("$2", ids)
	if _, err := tx.Exec(ctx, `UPDATE recordings SET written_at = NULL WHERE organization_id = $1 AND id `+in, organization, arg); err != nil {
		return 0, err
	}
	return len(rs), requestRelink(ctx, tx, organization, from, until, now)
}

// Shrink gives a slice of the room that removed rows left in the database's file back to the disk, and reports whether
// there is more.
func (s *Store) Shrink(ctx context.Context) (more bool, err error) {
	more, err = s.db.Shrink(ctx)
	return more, domainError(err)
}

// Compact rewrites the database's file without that room, also one from before Shrink could; see database.DB.
func (s *Store) Compact(ctx context.Context) error { return domainError(s.db.Compact(ctx)) }
