package store

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// firstOfItsRecord keeps a delivery waiting behind an earlier one to the same record. What was sent is settled without: the earlier one may
// wait for that.
const firstOfItsRecord = ` AND (state <> 'PENDING' OR NOT EXISTS (SELECT 1 FROM deliveries p WHERE p.organization_id = deliveries.organization_id AND p.connection_id = deliveries.connection_id
	AND p.model = deliveries.model AND p.external_id = deliveries.external_id AND p.id < deliveries.id AND p.state = 'PENDING'))`

// ofThisAccount keeps what was to be written to an account that was replaced from being written to the one after it.
const ofThisAccount = ` AND NOT EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = deliveries.organization_id AND c.id = deliveries.connection_id AND c.retiring = TRUE)`

// ofAccountBefore is of deliveries to an account that their connection had before, ofItsAccount of those to the one that it has.
const (
	ofAccountBefore = ` AND EXISTS ` + accountCameLater
	ofItsAccount    = ` AND NOT EXISTS ` + accountCameLater

	accountCameLater = `(SELECT 1 FROM connections c WHERE c.organization_id = deliveries.organization_id AND c.id = deliveries.connection_id AND c.account_since >= deliveries.created_at)`
)

// nothingToSettle keeps a delivery waiting while the same recording's note on another record is not settled.
const nothingToSettle = ` AND (state <> 'PENDING' OR NOT EXISTS (SELECT 1 FROM deliveries u JOIN connections live ON live.organization_id = u.organization_id AND live.id = u.connection_id
	WHERE u.organization_id = deliveries.organization_id AND u.recording_id = deliveries.recording_id AND u.id <> deliveries.id AND u.state = 'CONFIRMING'))`

// NextDelivery returns the delivery of the connection that is to be sent next, due or not; hub.ErrNotFound where
// none waits. One to the same record as an earlier one waits for that, and for what was sent of its recording elsewhere
// and is not settled.
func (s *Store) NextDelivery(ctx context.Context, organization, connection string) (hub.Delivery, error) {
	return queryOne(ctx, s.db, scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries
		WHERE organization_id = $1 AND connection_id = $2 AND due_at IS NOT NULL`+ofThisAccount+firstOfItsRecord+nothingToSettle+` ORDER BY due_at, id LIMIT 1`, organization, connection)
}

// DeliveryEnd is what came of an attempt to send a delivery.
type DeliveryEnd struct {
	State hub.DeliveryState
	// DueAt is when a pending one is tried again.
	DueAt time.Time
	// Counts says that the attempt used up one of those that a delivery has.
	Counts bool
	// Correct is how a note that does not say what is true now is corrected, whatever the connection chose; empty is as it chose.
	Correct hub.Corrections
	// Gone says that the note, which was proven to be in the CRM, is not found there any more, so that nothing corrects it.
	Gone bool
	// Absent counts another successful look that did not find the note.
	Absent bool
	// Remains says which note of it remains on a record that it does not belong on, for people, beside what did before.
	Remains string
	// Error is why it was not sent, or which fields were not set, for people.
	Error string
	// At and Took are when the attempt was made and how long it took; without At there was none.
	At   time.Time
	Took time.Duration
	// Synced are the extractions, as they were sent, whose values are in fields of the CRM now.
	Synced []hub.EntityExtraction
}

// DeliveriesWait reports whether any delivery of the connection waits, be it for another one.
func (s *Store) DeliveriesWait(ctx context.Context, organization, connection string) (bool, error) {
	return deliveriesWait(ctx, s.db, organization, connection)
}

func deliveriesWait(ctx context.Context, q database.Querier, organization, connection string) (bool, error) {
	return queryAny(ctx, q, `SELECT 1 FROM deliveries WHERE organization_id = $1 AND connection_id = $2 AND due_at IS NOT NULL LIMIT 1`, organization, connection)
}

// EarlierMarkers are what the recording's first notes may be known by on whatever record: those of records that were merged
// since, and those that a program wrote before markers said what a note is.
func (s *Store) EarlierMarkers(ctx context.Context, organization, recording string) ([]string, error) {
	return queryAll(ctx, s.db, scanText, `SELECT marker FROM earlier_markers WHERE organization_id = $1 AND recording_id = $2
		UNION SELECT marker FROM deliveries WHERE organization_id = $1 AND recording_id = $2 AND correction = 0 AND marker <> '' ORDER BY marker`, organization, recording)
}

// NotedOn is the record that has a note of the delivery's recording, by way of the same link, or what that record was merged
// into; zero where none has.
func (s *Store) NotedOn(ctx context.Context, d hub.Delivery) (hub.RecordRef, error) {
	all, err := queryAll(ctx, s.db, scanRef, `SELECT target_model, target_external_id FROM deliveries WHERE organization_id = $1 AND recording_id = $2 AND connection_id = $3 AND model = $4 AND external_id = $5
		AND sent_at IS NOT NULL AND target_model <> ''`+ofItsAccount+` ORDER BY correction DESC, id DESC LIMIT 1`, d.OrganizationID, d.RecordingID, d.ConnectionID, string(d.Model), d.ExternalID)
	if err != nil || len(all) == 0 {
		return hub.RecordRef{}, err
	}
	return s.Survivor(ctx, d.OrganizationID, d.ConnectionID, all[0])
}

// Twin is the delivery whose note is the same as one of d would be by its marker, and was proven to be in the CRM: what a recording is linked
// to by now may have its note on the same record as what it was linked to before. hub.ErrNotFound is returned where there is none.
func (s *Store) Twin(ctx context.Context, d hub.Delivery, marker string) (hub.Delivery, error) {
	return queryOne(ctx, s.db, scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries WHERE organization_id = $1 AND recording_id = $2 AND connection_id = $3 AND marker = $4 AND id <> $5
		AND sent_at IS NOT NULL`+ofItsAccount+` ORDER BY sent_at DESC, id DESC LIMIT 1`, d.OrganizationID, d.RecordingID, d.ConnectionID, marker, d.ID)
}

// correctedMost bounds how many notes a correction is taken to be of.
const correctedMost = 20

// Corrected are the deliveries whose notes a correction is to take the place of, the last one first: those that were proven to be there, be
// it over another link to the same record.
func (s *Store) Corrected(ctx context.Context, d hub.Delivery, on hub.RecordRef) ([]hub.Delivery, error) {
	return queryAll(ctx, s.db, scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries WHERE organization_id = $1 AND recording_id = $2 AND connection_id = $3
		AND (model = $4 AND external_id = $5 AND correction < $6 OR (model <> $4 OR external_id <> $5) AND target_model = $8 AND target_external_id = $9)
		AND sent_at IS NOT NULL`+ofItsAccount+` ORDER BY sent_at DESC, correction DESC, id DESC LIMIT $7`,
		d.OrganizationID, d.RecordingID, d.ConnectionID, string(d.Model), d.ExternalID, d.Correction, correctedMost, string(on.Model), on.ExternalID)
}

// IsCorrected reports whether a later correction of the delivery's note is there.
func (s *Store) IsCorrected(ctx context.Context, d hub.Delivery) (bool, error) {
	return queryAny(ctx, s.db, `SELECT 1 FROM deliveries WHERE organization_id = $1 AND recording_id = $2 AND connection_id = $3 AND model = $4 AND external_id = $5
		AND correction > $6 AND state = $7 AND note_print <> '' LIMIT 1`, d.OrganizationID, d.RecordingID, d.ConnectionID, string(d.Model), d.ExternalID, d.Correction, string(hub.DeliverySent))
}

// MergedInto are the records that were merged into one, and that a note of the delivery's recording was sent to before, over whatever
// connection.
func (s *Store) MergedInto(ctx context.Context, d hub.Delivery, survivor hub.RecordRef) ([]hub.RecordRef, error) {
	type noted struct {
		on hub.RecordRef
		// before is the record that on was merged from over an earlier connection; empty where none was.
		before string
		merged bool
	}
	all, err := queryAll(ctx, s.db, func(r database.Row) (noted, error) {
		n := noted{on: hub.RecordRef{Model: survivor.Model}}
		err := r.Scan(&n.on.ExternalID, &n.before, &n.merged)
		return n, err
	}, `SELECT DISTINCT d.target_external_id, d.merged_external_id, r.merged_into IS NOT NULL FROM deliveries d
		LEFT JOIN records r ON r.organization_id = d.organization_id AND r.connection_id = d.connection_id AND r.model = d.target_model AND r.external_id = d.target_external_id
		WHERE d.organization_id = $1 AND d.recording_id = $2 AND d.connection_id = $3 AND d.target_model = $4 AND d.marker <> '' ORDER BY d.target_external_id, d.merged_external_id`,
		d.OrganizationID, d.RecordingID, d.ConnectionID, string(survivor.Model))
	if err != nil {
		return nil, err
	}
	var merged []hub.RecordRef
	add := func(of hub.RecordRef) {
		if of != survivor && !slices.Contains(merged, of) {
			merged = append(merged, of)
		}
	}
	for _, n := range all {
		if n.before != "" {
			add(hub.RecordRef{Model: survivor.Model, ExternalID: n.before})
		}
		if !n.merged {
			continue
		}
		into, err := s.Survivor(ctx, d.OrganizationID, d.ConnectionID, n.on)
		if err != nil {
			return nil, err
		}
		if into == survivor {
			add(n.on)
		}
	}
	return merged, nil
}

// Survivor is a record of a connection, or what it was merged into.
func (s *Store) Survivor(ctx context.Context, organization, connection string, of hub.RecordRef) (hub.RecordRef, error) {
	return survivorOf(ctx, s.db, organization, connection, of)
}

func survivorOf(ctx context.Context, q database.Querier, organization, connection string, of hub.RecordRef) (hub.RecordRef, error) {
	err := resolveMerges(ctx, q, organization, connection, of.Model, map[string][]*string{of.ExternalID: {&of.ExternalID}})
	return of, err
}

// noteTextMost bounds how much of a note's text is kept, in bytes.
const noteTextMost = 32 << 10

// BeginNote keeps what is about to be sent, before it is: from here on the delivery is sent and not proven, until
// SaveNote or EndDelivery says otherwise. A note of it that was proven before is no more. It reports false for one that is no longer to be sent.
func (s *Store) BeginNote(ctx context.Context, t Task, d hub.Delivery, n hub.DeliveredNote, due time.Time) (bool, error) {
	begun := false
	err := s.write(ctx, func(tx Tx) error {
		changed, err := tx.Exec(ctx, `UPDATE deliveries SET state = 'CONFIRMING', asked_at = COALESCE(asked_at, $4), due_at = $5, target_model = $6, target_external_id = $7, marker = $8,
				note_print = $9, note_text = $10, note_hash = $11, note_id = '', sent_at = NULL, absences = CASE WHEN state = 'PENDING' THEN 0 ELSE absences END, updated_at = $4
			WHERE organization_id = $1 AND connection_id = $2 AND id = $3 AND state IN ('PENDING', 'CONFIRMING') AND withdrawn = ''`+ofThisAccount,
			d.OrganizationID, d.ConnectionID, d.ID, micros(s.clock()), micros(due), string(n.On.Model), n.On.ExternalID, n.Marker, n.Print, keptText(n.Text), n.Hash)
		if begun = changed > 0; err != nil {
			return err
		}
		return holdTaskLease(ctx, tx, t)
	})
	return begun, err
}

// ChangeNote keeps what a note may say besides, before it is changed: until SaveNote says which, it says one of these.
func (s *Store) ChangeNote(ctx context.Context, t Task, d hub.Delivery, hash string) error {
	return s.write(ctx, func(tx Tx) error {
		_, err := tx.Exec(ctx, `UPDATE deliveries SET note_hash = note_hash || ' ' || CAST($4 AS TEXT) WHERE organization_id = $1 AND connection_id = $2 AND id = $3`,
			d.OrganizationID, d.ConnectionID, d.ID, hash)
		if err != nil {
			return err
		}
		return holdTaskLease(ctx, tx, t)
	})
}

// CancelNote takes BeginNote back: it is known that nothing was sent.
func (s *Store) CancelNote(ctx context.Context, d hub.Delivery) error {
	return s.write(ctx, func(tx Tx) error {
		_, err := tx.Exec(ctx, `UPDATE deliveries SET state = CASE WHEN withdrawn = '' THEN 'PENDING' ELSE 'CANCELED' END, due_at = CASE WHEN withdrawn = '' THEN CAST($4 AS BIGINT) ELSE NULL END,
				error = CASE WHEN withdrawn = '' THEN error ELSE withdrawn END, withdrawn = '', asked_at = NULL, absences = 0
			WHERE organization_id = $1 AND connection_id = $2 AND id = $3 AND state = 'CONFIRMING'`, d.OrganizationID, d.ConnectionID, d.ID, micros(s.clock()))
		return err
	})
}

// keptText is as much of a note's text as is kept.
func keptText(text string) string {
	return strings.ToValidUTF8(text[:min(len(text), noteTextMost)], "")
}

// WrittenNote is a note that is in the CRM.
type WrittenNote struct {
	// ID is the CRM's own.
	ID string
	hub.DeliveredNote
	// Existed says that an earlier attempt had written it, so that what is known of its transcript stays.
	Existed bool
	// SentAt is when another delivery wrote it; zero where none did.
	SentAt time.Time
	// Transcript says whether the transcript is in it.
	Transcript bool
}

// SaveNote keeps that a delivery's note is in the CRM: from now on the rule does not move the recording's link. Where
// the delivery was withdrawn meanwhile, it counts as sent.
func (s *Store) SaveNote(ctx context.Context, t Task, d hub.Delivery, n WrittenNote) error {
	return s.write(ctx, func(tx Tx) error {
		now := s.clock()
		_, err := tx.Exec(ctx, `UPDATE recordings SET written_at = COALESCE(written_at, $3) WHERE organization_id = $1 AND id = $2`,
			d.OrganizationID, d.RecordingID, micros(now))
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE deliveries SET note_id = $4, transcript = CASE WHEN $5 THEN transcript ELSE $6 END,
				sent_at = CASE WHEN $5 THEN COALESCE(sent_at, asked_at, $14, $7) ELSE $7 END, updated_at = $7, asked_at = NULL, absences = 0,
				target_model = $8, target_external_id = $9, marker = $10, note_print = $11, note_text = $12, note_hash = $13,
				state = CASE WHEN state = 'CANCELED' OR withdrawn <> '' THEN 'SENT' WHEN state = 'CONFIRMING' THEN 'PENDING' ELSE state END,
				due_at = CASE WHEN state IN ('CANCELED', 'SENT') OR withdrawn <> '' THEN NULL ELSE CAST($7 AS BIGINT) END,
				error = CASE WHEN withdrawn <> '' THEN withdrawn || ' Its note stands there.' ELSE error END, withdrawn = ''
			WHERE organization_id = $1 AND connection_id = $2 AND id = $3`,
			d.OrganizationID, d.ConnectionID, d.ID, n.ID, n.Existed, n.Transcript, micros(now), string(n.On.Model), n.On.ExternalID, n.Marker, n.Print, keptText(n.Text), n.Hash, optionalMicros(n.SentAt))
		if err != nil {
			return err
		}
		return holdTaskLease(ctx, tx, t)
	})
}

// EndDelivery keeps what came of an attempt, with all that follows from it. What was sent counts as sent, even where
// the delivery was canceled meanwhile.
func (s *Store) EndDelivery(ctx context.Context, t Task, d hub.Delivery, end DeliveryEnd) error {
	return s.write(ctx, func(tx Tx) error {
		now := s.clock()
		var r hub.Recording
		if end.State == hub.DeliverySent { // recordings are locked before deliveries, wherever both are
			var err error
			if r, err = lockRecording(ctx, tx, d.OrganizationID, d.RecordingID); ignoreNotFound(err) != nil {
				return err
			}
		}
		if err := markSynced(ctx, tx, d, end.Synced, now); err != nil {
			return err
		}
		counts, absent := int64(0), int64(0)
		if end.Counts {
			counts = 1
		}
		if end.Absent {
			absent = 1
		}
		// One that was withdrawn meanwhile, and is not there, is not tried again; one that a person settled meanwhile stays settled,
		// where all that is known here is that nothing is.
		_, err := tx.Exec(ctx, `UPDATE deliveries SET state = CASE WHEN withdrawn <> '' AND $4 = 'PENDING' THEN 'CANCELED' ELSE $4 END,
				due_at = CASE WHEN withdrawn <> '' AND $4 = 'PENDING' THEN NULL ELSE CAST($5 AS BIGINT) END,
				error = CASE WHEN withdrawn <> '' AND $4 = 'PENDING' THEN TRIM(withdrawn || ' ' || TRIM(remains || ' ' || $10)) ELSE $7 END, remains = TRIM(remains || ' ' || CAST($10 AS TEXT)), attempts = attempts + $6, absences = absences + $9, updated_at = $8,
				asked_at = CASE WHEN $4 = 'CONFIRMING' THEN asked_at ELSE NULL END, withdrawn = CASE WHEN $4 = 'CONFIRMING' THEN withdrawn ELSE '' END,
				replayed = replayed AND $4 IN ('PENDING', 'CONFIRMING'), note_id = CASE WHEN $11 THEN '' ELSE note_id END, note_print = CASE WHEN $11 THEN '' ELSE note_print END,
				note_text = CASE WHEN $11 THEN '' ELSE note_text END, note_hash = CASE WHEN $11 THEN '' ELSE note_hash END
			WHERE organization_id = $1 AND connection_id = $2 AND id = $3 AND (state IN ('PENDING', 'CONFIRMING') OR $4 = 'SENT')
				AND ($4 <> 'CONFIRMING' OR state = 'CONFIRMING')`,
			d.OrganizationID, d.ConnectionID, d.ID, string(end.State), optionalMicros(end.DueAt), counts, end.Error, micros(now), absent, end.Remains, end.Gone)
		if err != nil {
			return err
		}
		if err := insertAttempt(ctx, tx, d, end); err != nil {
			return err
		}
		if end.State == hub.DeliverySent && !end.Gone {
			if err := s.correctSent(ctx, tx, r, d, end); err != nil {
				return err
			}
		}
		// Last, as recordings come before tasks wherever both are locked.
		if err := holdTaskLease(ctx, tx, t); err != nil || d.State != hub.DeliveryConfirming || end.State == hub.DeliveryConfirming {
			return err
		}
		return wakeWaiting(ctx, tx, d, now)
	})
}

// EndWithdrawn keeps what became of a note that was sent, and found where it is no longer wanted. Where it is wanted again meanwhile, what was
// taken back is sent once more.
func (s *Store) EndWithdrawn(ctx context.Context, t Task, d hub.Delivery, end DeliveryEnd, noteID string) error {
	return s.write(ctx, func(tx Tx) error {
		now := s.clock()
		kept, sent := noteID, optionalMicros(d.AskedAt)
		if end.State == hub.DeliveryCanceled { // it is not there any more
			kept, sent = "", nil
		}
		const isWantedBack = `withdrawn = '' AND $4 = 'CANCELED'`
		n, err := tx.Exec(ctx, `UPDATE deliveries SET state = CASE WHEN `+isWantedBack+` THEN 'PENDING' ELSE $4 END, due_at = CASE WHEN `+isWantedBack+` THEN CAST($8 AS BIGINT) END,
				error = CASE WHEN withdrawn = '' THEN '' ELSE $5 END, note_id = $6, sent_at = $7, withdrawn = '', asked_at = NULL, absences = 0, updated_at = $8
			WHERE organization_id = $1 AND connection_id = $2 AND id = $3 AND state = 'CONFIRMING'`,
			d.OrganizationID, d.ConnectionID, d.ID, string(end.State), end.Error, kept, sent, micros(now))
		if err != nil || n == 0 {
			return err
		}
		if err := insertAttempt(ctx, tx, d, end); err != nil {
			return err
		}
		if err := holdTaskLease(ctx, tx, t); err != nil {
			return err
		}
		return wakeWaiting(ctx, tx, d, now)
	})
}

func insertAttempt(ctx context.Context, tx Tx, d hub.Delivery, end DeliveryEnd) error {
	if end.At.IsZero() {
		return nil
	}
	_, err := tx.Exec(ctx, `INSERT INTO delivery_attempts (organization_id, connection_id, delivery_id, number, at, took, error)
		SELECT $1, $2, $3, COALESCE(MAX(number), 0) + 1, CAST($4 AS BIGINT), CAST($5 AS BIGINT), CAST($6 AS TEXT)
		FROM delivery_attempts WHERE organization_id = $1 AND connection_id = $2 AND delivery_id = $3`,
		d.OrganizationID, d.ConnectionID, d.ID, micros(end.At), end.Took.Microseconds(), end.Error)
	return err
}

// correctSent looks whether what was sent is still true of r, the locked recording: the analysis may have come again
// meanwhile.
func (s *Store) correctSent(ctx context.Context, tx Tx, r hub.Recording, d hub.Delivery, end DeliveryEnd) error {
	if !d.IsOf(r.Link) || !r.Processed() {
		return nil
	}
	all, err := deliveriesOn(ctx, tx, r)
	if err != nil || len(all) == 0 {
		return err
	}
	if end.Correct == "" && standing(all).Note.Print == "" { // what it says is not known
		return nil
	}
	return s.correctDelivery(ctx, tx, r, all, end.Correct)
}

// wakeWaiting lets the connections look again that have something of the recording to send: it waited for d.
func wakeWaiting(ctx context.Context, tx Tx, d hub.Delivery, now time.Time) error {
	connections, err := queryAll(ctx, tx, scanText, `SELECT DISTINCT connection_id FROM deliveries WHERE organization_id = $1 AND recording_id = $2 AND due_at IS NOT NULL ORDER BY connection_id`,
		d.OrganizationID, d.RecordingID)
	for _, c := range connections {
		err = errors.Join(err, scheduleTask(ctx, tx, d.OrganizationID, TaskWriteBack, c, now))
	}
	return err
}

// markSynced notes which extractions of the recording are in the CRM's fields. One that another analysis has changed
// meanwhile is left alone.
func markSynced(ctx context.Context, tx Tx, d hub.Delivery, synced []hub.EntityExtraction, now time.Time) error {
	if len(synced) == 0 {
		return nil
	}
	r, err := lockRecording(ctx, tx, d.OrganizationID, d.RecordingID)
	if err != nil {
		return ignoreNotFound(err)
	}
	if _, err := loadAnalysis(ctx, tx, &r); err != nil {
		return err
	}
	now = now.UTC().Truncate(time.Millisecond)
	changed := false
	for i := range r.Analysis.Extractions {
		e := &r.Analysis.Extractions[i]
		if slices.ContainsFunc(synced, func(sent hub.EntityExtraction) bool { return reflect.DeepEqual(sent, *e) }) {
			e.Status, e.UpdatedAt, changed = hub.ExtractionSynced, now, true
		}
	}
	if !changed {
		return nil
	}
	analysis, err := saveAnalysis(ctx, tx, r.OrganizationID, r.ID, r.Analysis)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE recordings SET analysis = $3, updated_at = $4 WHERE organization_id = $1 AND id = $2`,
		r.OrganizationID, r.ID, analysis, micros(hub.NextVersion(r.UpdatedAt, now)))
	return err
}

// resumeWriteBack lets a connection send what waits, if anything does.
func resumeWriteBack(ctx context.Context, tx Tx, organization, connection string, now time.Time) error {
	waiting, err := deliveriesWait(ctx, tx, organization, connection)
	if err != nil || !waiting {
		return err
	}
	return scheduleTask(ctx, tx, organization, TaskWriteBack, connection, now)
}
