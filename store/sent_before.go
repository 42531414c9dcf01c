package store

import (
	"context"
	"time"

	"sirocco/hub"
)

const (
	// sentLately is how long after a note was sent the vendor may not list it yet, though it is there: longer than any platform's lag.
	sentLately = 72 * time.Hour
	// SentBeforeKept is how long it is remembered what was sent over a connection that is gone.
	SentBeforeKept = 90 * 24 * time.Hour
)

// rememberSent keeps, beyond a connection that goes or whose account is replaced, which of its notes are not proven to be there,
// and which the vendor may not list yet.
func rememberSent(ctx context.Context, tx Tx, c hub.Connection, account hub.CRMAccount, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO sent_before (organization_id, recording_id, id, platform, account_id, model, external_id, correction, target_model, target_external_id, marker,
			note_print, note_hash, asked_at, proven)
		SELECT d.organization_id, d.recording_id, d.id, CAST($3 AS TEXT), CAST($4 AS TEXT), d.model, d.external_id, d.correction, d.target_model, d.target_external_id, d.marker,
			d.note_print, d.note_hash, COALESCE(d.asked_at, d.sent_at), d.state <> 'CONFIRMING'
		FROM deliveries d JOIN connections c ON c.organization_id = d.organization_id AND c.id = d.connection_id
		WHERE d.organization_id = $1 AND d.connection_id = $2 AND d.marker <> '' AND d.created_at > c.account_since
			AND (d.state = 'CONFIRMING' AND d.asked_at IS NOT NULL OR d.sent_at >= $5)
		ON CONFLICT DO NOTHING`, c.OrganizationID, c.ID, string(c.Platform), account.ID, micros(now.Add(-sentLately)))
	return err
}

// takeOverSent makes what was sent of a recording over an earlier connection to the account deliveries of its connection c, each
// CONFIRMING: it is looked for until the vendor's lists must have it, and nothing of the recording is sent before. What is not
// proven is taken back where it stands on another record than the recording is linked to; what is known to be there stays.
func takeOverSent(ctx context.Context, tx Tx, r hub.Recording, c hub.Connection, now time.Time) error {
	some, err := queryAny(ctx, tx, `SELECT 1 FROM sent_before WHERE organization_id = $1 AND recording_id = $2 LIMIT 1`, r.OrganizationID, r.ID)
	if err != nil || !some {
		return err
	}
	account, err := accountOf(ctx, tx, c.OrganizationID, c.ID)
	if err := ignoreNotFound(err); err != nil {
		return err
	}
	const ofAccount = ` FROM sent_before WHERE organization_id = $1 AND recording_id = $2 AND platform = $3 AND (account_id = $4 OR account_id = '' OR CAST($4 AS TEXT) = '')
		AND (proven = FALSE OR (model = $5 AND external_id = $6) OR (target_model = $5 AND target_external_id = $6))`
	args := []any{r.OrganizationID, r.ID, string(c.Platform), account.ID, string(r.Link.Model), r.Link.ExternalID}
	n, err := tx.Exec(ctx, `INSERT INTO deliveries (organization_id, connection_id, id, recording_id, model, external_id, state, attempts, due_at, note_id, error, created_at, updated_at,
			correction, target_model, target_external_id, marker, note_print, note_hash, asked_at, withdrawn)
		SELECT organization_id, CAST($7 AS TEXT), id, recording_id, model, external_id, 'CONFIRMING', 0, CAST($8 AS BIGINT), '', '', CAST($8 AS BIGINT), CAST($8 AS BIGINT),
			correction, target_model, target_external_id, marker, note_print, note_hash, asked_at,
			CASE WHEN model = $5 AND external_id = $6 THEN '' ELSE 'The recording''s link moved before it was proven to be there.' END`+ofAccount+`
		ON CONFLICT (organization_id, connection_id, id) DO UPDATE SET state = excluded.state, due_at = excluded.due_at, created_at = excluded.created_at, updated_at = excluded.updated_at,
			asked_at = excluded.asked_at, withdrawn = excluded.withdrawn, error = '', absences = 0`, append(args, c.ID, micros(now))...)
	if err != nil || n == 0 {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE`+ofAccount, args...); err != nil {
		return err
	}
	return scheduleTask(ctx, tx, r.OrganizationID, TaskWriteBack, c.ID, now)
}

// keepMarkers keeps what the first notes of the next slice of a deleted connection's deliveries are known by, before these go: the
// same CRM may come back under other ids of its records.
func keepMarkers(ctx context.Context, tx Tx, organization, connection string) error {
	_, err := tx.Exec(ctx, `INSERT INTO earlier_markers (organization_id, recording_id, marker)
		SELECT DISTINCT d.organization_id, d.recording_id, d.marker
		FROM (SELECT organization_id, recording_id, marker, correction FROM deliveries WHERE organization_id = $1 AND connection_id = $2 ORDER BY id LIMIT $3) d
		WHERE d.marker <> '' AND d.correction = 0 ON CONFLICT DO NOTHING`, organization, connection, purgeSlice)
	return err
}
