package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"sirocco/hub"
)

// reshapeRecords gives records the columns that connectors have values for, and pushed ones keys that no two can share.
func reshapeRecords(ctx context.Context, tx *sql.Tx, now time.Time) error {
	for _, statement := range shapeStatements {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	for more := true; more; { // what stays keeps its key, which may be one that another would have got
		result, err := tx.ExecContext(ctx, keepTaken)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		if err != nil {
			return err
		}
		more = n > 0
	}
	if err := listKept(ctx, tx, now); err != nil {
		return err
	}
	for _, statement := range rekeyStatements {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// ofPushed keeps to the records of connections that customers push to: the keys of others are their CRMs'.
const ofPushed = `FROM records r JOIN connections c ON c.organization_id = r.organization_id AND c.id = r.connection_id AND c.platform = 'SIRO_CUSTOM_INPUT'`

// joinedSide is what a record joins a user to.
const joinedSide = `(CASE r.model WHEN 'OPPORTUNITY_USER' THEN r.opportunity_ref ELSE r.engagement_ref END)`

// shapeStatements add the columns and find which records get another key: those that join users, by both their sides,
// and engagement types that were pushed without an external id, by their names. Among several that would get the same,
// it is the one that had the key of the two, or lives, or came first.
var shapeStatements = []string{
	`ALTER TABLE records ADD COLUMN remote_id TEXT`,
	`CREATE INDEX records_by_remote_id ON records (organization_id, connection_id, model, remote_id) WHERE remote_id IS NOT NULL`,
	`CREATE INDEX records_merged ON records (organization_id, connection_id, model, external_id) WHERE merged_into IS NOT NULL`,
	// Whose data the credentials open, as the CRM says; empty until it has said so.
	`ALTER TABLE credentials ADD COLUMN account_id TEXT NOT NULL DEFAULT ''`,
	`ALTER TABLE credentials ADD COLUMN account_name TEXT NOT NULL DEFAULT ''`,
	`CREATE TABLE rekeyed AS SELECT organization_id, connection_id, model, id, was, becomes, place FROM (
		SELECT organization_id, connection_id, model, id, was, becomes, preferred, living, ROW_NUMBER() OVER (PARTITION BY organization_id, connection_id, model, becomes ORDER BY preferred DESC, living DESC, id) AS place FROM (
			SELECT r.organization_id, r.connection_id, r.model, r.id, r.external_id AS was,
				octet_length(` + joinedSide + `) || ':' || ` + joinedSide + ` || ':' || r.user_ref AS becomes,
				CASE WHEN r.external_id = ` + joinedSide + ` || ':' || r.user_ref THEN 1 ELSE 0 END AS preferred,
				CASE WHEN r.deleted_at IS NULL THEN 1 ELSE 0 END AS living
			` + ofPushed + ` WHERE r.model IN ('OPPORTUNITY_USER', 'ENGAGEMENT_USER') AND ` + joinedSide + ` IS NOT NULL AND r.user_ref IS NOT NULL
			UNION ALL
			SELECT r.organization_id, r.connection_id, r.model, r.id, r.external_id, 'sirocco:type:' || r.external_id, 1, 1
			` + ofPushed + ` JOIN (SELECT 'MEETING' AS word UNION ALL SELECT 'CALL' UNION ALL SELECT 'APPOINTMENT' UNION ALL SELECT 'EMAIL' UNION ALL SELECT 'TEXT'
				UNION ALL SELECT 'EVENT' UNION ALL SELECT 'SIRO_EVENT' UNION ALL SELECT 'SIRO_BOT_RECORDING') words ON r.external_id = word || ':' || r.name
			WHERE r.model = 'ENGAGEMENT_TYPE'
		) k
	) ranked`,
	`CREATE INDEX rekeyed_by_key ON rekeyed (organization_id, connection_id, model, was)`,
}

// keepTaken leaves those their keys whose new ones belong to a record that keeps it.
const keepTaken = `UPDATE rekeyed SET place = 2 WHERE place = 1 AND EXISTS (SELECT 1 FROM records r
	WHERE r.organization_id = rekeyed.organization_id AND r.connection_id = rekeyed.connection_id AND r.model = rekeyed.model AND r.external_id = rekeyed.becomes
	AND r.external_id <> rekeyed.was AND NOT EXISTS (SELECT 1 FROM rekeyed o WHERE o.organization_id = r.organization_id
		AND o.connection_id = r.connection_id AND o.model = r.model AND o.was = r.external_id AND o.place = 1))`

// rekeyStatements give the new keys, by way of ones that nobody has: a new key may be another's old one.
var rekeyStatements = []string{
	`UPDATE records SET external_id = 'rekeyed ' || k.id FROM rekeyed k WHERE k.place = 1 AND records.organization_id = k.organization_id
		AND records.connection_id = k.connection_id AND records.model = k.model AND records.external_id = k.was`,
	`UPDATE records SET external_id = k.becomes FROM rekeyed k WHERE k.place = 1 AND records.organization_id = k.organization_id
		AND records.connection_id = k.connection_id AND records.model = k.model AND records.external_id = 'rekeyed ' || k.id`,
	`UPDATE records SET type_ref = k.becomes FROM rekeyed k WHERE k.place = 1 AND k.model = 'ENGAGEMENT_TYPE' AND records.organization_id = k.organization_id
		AND records.connection_id = k.connection_id AND records.type_ref = k.was`,
	`DROP TABLE rekeyed`,
}

// listKept puts the records that keep their keys, because others have or get the new ones, into the quarantine, where
// people see them. They go on as they are.
func listKept(ctx context.Context, tx *sql.Tx, now time.Time) (err error) {
	rows, err := tx.QueryContext(ctx, `SELECT organization_id, connection_id, model, was, becomes FROM rekeyed WHERE place > 1 ORDER BY organization_id, connection_id, model, was`)
	if err != nil {
		return err
	}
	type row struct{ organization, connection, model, was, becomes string }
	var kept []row
	for rows.Next() {
		var k row
		if err := rows.Scan(&k.organization, &k.connection, &k.model, &k.was, &k.becomes); err != nil {
			return errors.Join(err, rows.Close())
		}
		kept = append(kept, k)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, k := range kept {
		q := Quarantined{
			Model: hub.Model(k.model), ExternalID: k.was,
			Reason: fmt.Sprintf("It stays under the key %s, as another record of the same user and engagement or opportunity has the key %s: push or delete one of them.", k.was, k.becomes),
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO quarantine (organization_id, connection_id, id, model, external_id, fingerprint, reason, raw, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8) ON CONFLICT (organization_id, connection_id, model, fingerprint) DO NOTHING`,
			k.organization, k.connection, hub.NewID(), k.model, k.was, q.fingerprint(), q.Reason, micros(now))
		if err != nil {
			return err
		}
	}
	return nil
}
