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

// noteTextMost bounds how much of a note's text is kept, in bytes.
const noteTextMost = 32 << 10

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
	var beside span
	err := s.write(ctx, func(tx Tx) error {
		now := s.clock()
		var err error
		beside, err = waitsBeside(ctx, tx, d.OrganizationID, d.RecordingID)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE recordings SET written_at = COALESCE(written_at, $3) WHERE organization_id = $1 AND id = $2`,
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
		if err := beside.relink(ctx, tx, d.OrganizationID, now); err != nil {
			return err
		}
		return holdTaskLease(ctx, tx, t)
	})
	if beside.from != nil {
		s.notify()
	}
	return err
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
