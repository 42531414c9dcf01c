package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

const (
	// sentLately is how long after a note was sent the vendor may not list it yet, though it is there, unless Options.NoteLag says that
	// it is longer.
	sentLately = 72 * time.Hour
	// SentBeforeKept is for how long after it was sent a note is remembered beyond its connection.
	SentBeforeKept = 90 * 24 * time.Hour
)

// sentLast are the deliveries d over a connection, to the account that it has, whose notes are not proven to be there, or were sent since $3.
const sentLast = ` FROM deliveries d JOIN connections c ON c.organization_id = d.organization_id AND c.id = d.connection_id`
const whereLast = ` WHERE d.organization_id = $1 AND d.connection_id = $2 AND d.marker <> '' AND d.created_at > c.account_since
	AND (d.state = 'CONFIRMING' AND d.asked_at IS NOT NULL OR d.sent_at >= $3)`

// unlistedFor is how long after a note was sent the platform may not list it yet.
func (s *Store) unlistedFor(p hub.Platform) time.Duration { return max(sentLately, s.noteLag[p]) }

// rememberSent keeps, beyond a connection that goes or whose account is replaced, which of its notes are not proven to be there,
// and which were: what people have taken away at the CRM is not written again over the next one. It is called while the connection's records
// are still there.
func (s *Store) rememberSent(ctx context.Context, tx Tx, c hub.Connection, account hub.CRMAccount, now time.Time) error {
	args := []any{c.OrganizationID, c.ID, micros(now.Add(-SentBeforeKept))}
	const remoteID = `COALESCE((SELECT r.remote_id FROM records r WHERE r.organization_id = d.organization_id AND r.connection_id = d.connection_id AND `
	_, err := tx.Exec(ctx, `INSERT INTO sent_before (organization_id, recording_id, id, platform, account_id, model, external_id, correction, target_model, target_external_id, marker,
			note_print, note_hash, asked_at, proven, remote_id, target_remote_id)
		SELECT d.organization_id, d.recording_id, d.id, CAST($4 AS TEXT), CAST($5 AS TEXT), d.model, d.external_id, d.correction, d.target_model, d.target_external_id, d.marker,
			d.note_print, d.note_hash, COALESCE(d.asked_at, d.sent_at), d.state <> 'CONFIRMING',
			`+remoteID+`r.model = d.model AND r.external_id = d.external_id), ''), `+remoteID+`r.model = d.target_model AND r.external_id = d.target_external_id), '')`+
		sentLast+whereLast+` ON CONFLICT DO NOTHING`, append(slices.Clone(args), string(c.Platform), account.ID)...)
	if err != nil {
		return err
	}
	merged, err := queryAll(ctx, tx, scanRef, `SELECT DISTINCT d.target_model, d.target_external_id`+sentLast+`
		JOIN records r ON r.organization_id = d.organization_id AND r.connection_id = d.connection_id AND r.model = d.target_model AND r.external_id = d.target_external_id
		`+whereLast+` AND r.merged_into IS NOT NULL`, args...)
	if err != nil {
		return err
	}
	for _, on := range merged { // some vendors move the notes of such a record to the one that survived
		survivor, err := survivorOf(ctx, tx, c.OrganizationID, c.ID, on)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE sent_before SET merged_external_id = target_external_id, target_external_id = $5, target_remote_id = COALESCE((SELECT r.remote_id FROM records r
				WHERE r.organization_id = $1 AND r.connection_id = $2 AND r.model = $3 AND r.external_id = $5), '')
			WHERE organization_id = $1 AND target_model = $3 AND target_external_id = $4 AND EXISTS (SELECT 1 FROM deliveries d WHERE d.organization_id = $1 AND d.connection_id = $2 AND d.id = sent_before.id)`,
			c.OrganizationID, c.ID, string(on.Model), on.ExternalID, survivor.ExternalID); err != nil {
			return err
		}
	}
	return nil
}

func scanRef(r database.Row) (hub.RecordRef, error) {
	var ref hub.RecordRef
	err := r.Scan(&ref.Model, &ref.ExternalID)
	return ref, err
}

// remembered is a note that was sent over an earlier connection: by way of a record, and on one.
type remembered struct {
	id, account string
	by, on      hub.RecordRef
	// byRemote and onRemote are what the CRM itself calls the two.
	byRemote, onRemote string
	// merged is the record that the note was put on, where that was merged into on; else empty.
	merged  string
	proven  bool
	askedAt time.Time
}

func scanRemembered(r database.Row) (remembered, error) {
	var b remembered
	var asked int64
	err := r.Scan(&b.id, &b.account, &b.by.Model, &b.by.ExternalID, &b.byRemote, &b.on.Model, &b.on.ExternalID, &b.onRemote, &b.merged, &b.proven, &asked)
	b.askedAt = fromMicros(asked)
	return b, err
}

// AdoptSentBefore looks once more, before a delivery is sent, for what was sent of its recording over an earlier connection: the records
// may have come since it was planned. With taken the delivery is settled by what was found, and not sent; with awaited a record that
// has, or may have, such a note is not here yet.
func (s *Store) AdoptSentBefore(ctx context.Context, d hub.Delivery) (taken, awaited bool, err error) {
	const ofRecording = `SELECT 1 FROM sent_before WHERE organization_id = $1 AND recording_id = $2 LIMIT 1`
	if some, err := queryAny(ctx, s.db, ofRecording, d.OrganizationID, d.RecordingID); err != nil || !some {
		return false, false, err
	}
	err = s.write(ctx, func(tx Tx) error {
		taken, awaited = false, false
		r, err := lockRecording(ctx, tx, d.OrganizationID, d.RecordingID)
		if err != nil {
			return ignoreNotFound(err)
		}
		c, err := connection(ctx, tx, d.OrganizationID, d.ConnectionID)
		if err != nil || !d.IsOf(r.Link) {
			return ignoreNotFound(err)
		}
		if taken, awaited, err = s.adoptSentBefore(ctx, tx, r, c, s.clock()); err != nil || !taken {
			return err
		}
		const planned = ` WHERE organization_id = $1 AND connection_id = $2 AND id = $3`
		n, err := tx.Exec(ctx, `DELETE FROM deliveries`+planned+` AND state = 'PENDING' AND marker = '' AND EXISTS (SELECT 1 FROM deliveries o WHERE o.organization_id = deliveries.organization_id
			AND o.connection_id = deliveries.connection_id AND o.recording_id = deliveries.recording_id AND o.model = deliveries.model AND o.external_id = deliveries.external_id AND o.state = 'CONFIRMING')`,
			d.OrganizationID, d.ConnectionID, d.ID)
		if err != nil || n == 0 {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM delivery_attempts WHERE organization_id = $1 AND connection_id = $2 AND delivery_id = $3`, d.OrganizationID, d.ConnectionID, d.ID)
		return err
	})
	return taken, awaited, err
}

// adoptSentBefore makes what was sent of a recording over an earlier connection to the account deliveries of its connection c, each
// CONFIRMING: it is looked for until the vendor's lists must have it, and nothing of the recording is sent before. What is not
// proven is taken back where it stands on another record than the recording is linked to; what is known to be there stays. It reports
// whether there was any, and whether a record that such a note may be on is awaited.
func (s *Store) adoptSentBefore(ctx context.Context, tx Tx, r hub.Recording, c hub.Connection, now time.Time) (taken, awaited bool, err error) {
	all, err := queryAll(ctx, tx, scanRemembered, `SELECT id, account_id, model, external_id, remote_id, target_model, target_external_id, target_remote_id, merged_external_id, proven, asked_at
		FROM sent_before WHERE organization_id = $1 AND recording_id = $2 AND platform = $3 ORDER BY id`, r.OrganizationID, r.ID, string(c.Platform))
	if err != nil || len(all) == 0 {
		return false, false, err
	}
	account, err := accountOf(ctx, tx, c.OrganizationID, c.ID)
	if err := ignoreNotFound(err); err != nil {
		return false, false, err
	}
	link := hub.RecordRef{Model: r.Link.Model, ExternalID: r.Link.ExternalID}
	for _, b := range all {
		isSame := !account.Differs(hub.CRMAccount{ID: b.account})
		byKnown, err := callAsNow(ctx, tx, c, &b.by, b.byRemote, isSame)
		if err != nil {
			return false, false, err
		}
		before := cmp.Or(b.merged, b.on.ExternalID)
		onKnown, err := callAsNow(ctx, tx, c, &b.on, b.onRemote, isSame)
		if err != nil {
			return false, false, err
		}
		merged := ""
		if isSame && before != b.on.ExternalID { // in another account its id is another by now
			merged = before
		}
		if onKnown && b.on == link { // whatever led to it, and though that may never come
			b.by, byKnown = link, true
		}
		if !byKnown || !onKnown {
			if byKnown && b.proven && b.by != link {
				continue
			}
			waits, err := s.awaits(ctx, tx, c, b, byKnown, onKnown, now)
			if err != nil {
				return false, false, err
			}
			awaited = awaited || waits
			continue
		}
		if b.proven && b.by != link && b.on != link {
			continue
		}
		withdrawn := ""
		if b.by != link {
			withdrawn = "The recording's link moved before it was proven to be there."
		}
		taken = true
		if _, err := tx.Exec(ctx, `INSERT INTO deliveries (organization_id, connection_id, id, recording_id, model, external_id, state, attempts, due_at, note_id, error, created_at, updated_at,
				correction, target_model, target_external_id, marker, note_print, note_hash, asked_at, sent_at, withdrawn, merged_external_id)
			SELECT organization_id, CAST($4 AS TEXT), id, recording_id, CAST($9 AS TEXT), CAST($6 AS TEXT), 'CONFIRMING', 0, CAST($5 AS BIGINT), '', '', CAST($5 AS BIGINT), CAST($5 AS BIGINT),
				correction, target_model, CAST($7 AS TEXT), marker, note_print, note_hash, asked_at, CASE WHEN proven THEN asked_at END, CAST($8 AS TEXT), CAST($10 AS TEXT)
			FROM sent_before WHERE organization_id = $1 AND recording_id = $2 AND id = $3
			ON CONFLICT (organization_id, connection_id, id) DO UPDATE SET state = excluded.state, due_at = excluded.due_at, created_at = excluded.created_at, updated_at = excluded.updated_at,
				model = excluded.model, external_id = excluded.external_id, target_external_id = excluded.target_external_id, asked_at = excluded.asked_at, sent_at = excluded.sent_at, withdrawn = excluded.withdrawn, merged_external_id = excluded.merged_external_id, error = '', absences = 0`,
			r.OrganizationID, r.ID, b.id, c.ID, micros(now), b.by.ExternalID, b.on.ExternalID, withdrawn, string(b.by.Model), merged); err != nil {
			return false, false, err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM sent_before WHERE organization_id = $1 AND recording_id = $2 AND id = $3`, r.OrganizationID, r.ID, b.id); err != nil {
			return false, false, err
		}
	}
	if !taken {
		return false, awaited, nil
	}
	return true, awaited, scheduleTask(ctx, tx, r.OrganizationID, TaskWriteBack, c.ID, now)
}

// awaits reports whether a record of a note that was sent lately is to come yet, under another id: where one of its two records is here,
// it is the same CRM, and the other will; where none is, that is not known before the model was read once.
func (s *Store) awaits(ctx context.Context, tx Tx, c hub.Connection, b remembered, byKnown, onKnown bool, now time.Time) (bool, error) {
	lacking, remote := b.on, b.onRemote
	if !byKnown {
		lacking, remote = b.by, b.byRemote
	}
	isRead := slices.ContainsFunc(c.SyncStatus, func(m hub.SyncStatus) bool { return m.Model == lacking.Model })
	if remote == "" || !isRead || now.Sub(b.askedAt) >= s.unlistedFor(c.Platform) {
		return false, nil
	}
	if byKnown || onKnown && !b.proven {
		return true, nil
	}
	once, err := queryAny(ctx, tx, `SELECT 1 FROM sync_states WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND since IS NOT NULL`, c.OrganizationID, c.ID, string(lacking.Model))
	return !once, err
}

// callAsNow names a record of an earlier connection as the connection c does by now: what it was merged into, and, where a service
// between was linked to the CRM anew, the record that the CRM itself calls the same. It reports false for a record of another account
// that is not here.
func callAsNow(ctx context.Context, tx Tx, c hub.Connection, ref *hub.RecordRef, remote string, isSame bool) (bool, error) {
	var found []string
	if remote != "" {
		var err error
		if found, err = queryAll(ctx, tx, scanText, `SELECT external_id FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND remote_id = $4
			ORDER BY CASE WHEN deleted_at IS NULL THEN 0 ELSE 1 END, external_id LIMIT 1`, c.OrganizationID, c.ID, string(ref.Model), remote); err != nil {
			return false, err
		}
	}
	switch {
	case len(found) > 0:
		ref.ExternalID = found[0]
	case !isSame:
		return false, nil
	}
	var err error
	*ref, err = survivorOf(ctx, tx, c.OrganizationID, c.ID, *ref)
	return true, err
}

// keepMarkers keeps what the first notes of the next slice of a deleted connection's deliveries are known by, and what they and their
// corrections were left without, before these go: the same CRM may come back, and under other ids of its records.
func keepMarkers(ctx context.Context, tx Tx, organization, connection string) error {
	_, err := tx.Exec(ctx, `INSERT INTO earlier_markers (organization_id, recording_id, marker, left_print)
		SELECT d.organization_id, d.recording_id, d.marker, MAX(COALESCE((SELECT l.left_print FROM deliveries l WHERE l.organization_id = d.organization_id AND l.recording_id = d.recording_id
			AND l.connection_id = d.connection_id AND l.model = d.model AND l.external_id = d.external_id AND l.left_print <> '' ORDER BY l.correction DESC LIMIT 1), ''))
		FROM (SELECT organization_id, connection_id, recording_id, model, external_id, marker, correction FROM deliveries WHERE organization_id = $1 AND connection_id = $2 ORDER BY id LIMIT $3) d
		WHERE d.marker <> '' AND d.correction = 0 GROUP BY d.organization_id, d.recording_id, d.marker
		ON CONFLICT (organization_id, recording_id, marker) DO UPDATE SET left_print = excluded.left_print`, organization, connection, purgeSlice)
	return err
}
