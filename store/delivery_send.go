package store

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"time"

	"sirocco/hub"
)

// firstOfItsRecord keeps a delivery waiting behind an earlier one to the same record.
const firstOfItsRecord = ` AND NOT EXISTS (SELECT 1 FROM deliveries p WHERE p.organization_id = deliveries.organization_id AND p.connection_id = deliveries.connection_id
	AND p.model = deliveries.model AND p.external_id = deliveries.external_id AND p.id < deliveries.id AND p.state = 'PENDING')`

// NextDelivery returns the delivery of the connection that is to be sent next, due or not; hub.ErrNotFound where
// none waits. One to the same record as an earlier one waits for that.
func (s *Store) NextDelivery(ctx context.Context, organization, connection string) (hub.Delivery, error) {
	return queryOne(ctx, s.db, scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries
		WHERE organization_id = $1 AND connection_id = $2 AND due_at IS NOT NULL`+firstOfItsRecord+` ORDER BY due_at, id LIMIT 1`, organization, connection)
}

// DeliveryEnd is what came of an attempt to send a delivery.
type DeliveryEnd struct {
	State hub.DeliveryState
	// DueAt is when a pending one is tried again.
	DueAt time.Time
	// Counts says that the attempt used up one of those that a delivery has.
	Counts bool
	// Error is why it was not sent, or which fields were not set, for people.
	Error string
	// At and Took are when the attempt was made and how long it took; without At there was none.
	At   time.Time
	Took time.Duration
	// Synced are the extractions, as they were sent, whose values are in fields of the CRM now.
	Synced []hub.EntityExtraction
}

// WrittenNote is a note that is in the CRM.
type WrittenNote struct {
	// ID is the CRM's own.
	ID string
	// Existed says that an earlier attempt had written it, so that what is known of its transcript stays.
	Existed bool
	// Transcript says whether the transcript is in it.
	Transcript bool
}

// SaveNote keeps that a delivery's note is in the CRM: from now on the rule does not move the recording's link. Where
// the delivery was canceled meanwhile, it counts as sent.
func (s *Store) SaveNote(ctx context.Context, t Task, d hub.Delivery, n WrittenNote) error {
	return s.write(ctx, func(tx Tx) error {
		now := s.clock()
		_, err := tx.Exec(ctx, `UPDATE recordings SET written_at = COALESCE(written_at, $3) WHERE organization_id = $1 AND id = $2`,
			d.OrganizationID, d.RecordingID, micros(now))
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE deliveries SET note_id = $4, transcript = CASE WHEN $5 THEN transcript ELSE $6 END,
				sent_at = CASE WHEN $5 THEN COALESCE(sent_at, $7) ELSE $7 END, updated_at = $7, state = CASE WHEN state = $8 THEN $9 ELSE state END
			WHERE organization_id = $1 AND connection_id = $2 AND id = $3`,
			d.OrganizationID, d.ConnectionID, d.ID, n.ID, n.Existed, n.Transcript, micros(now), string(hub.DeliveryCanceled), string(hub.DeliverySent))
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
		if err := markSynced(ctx, tx, d, end.Synced, now); err != nil {
			return err
		}
		counts := int64(0)
		if end.Counts {
			counts = 1
		}
		_, err := tx.Exec(ctx, `UPDATE deliveries SET state = $4, due_at = $5, attempts = attempts + $6, error = $7, updated_at = $8
			WHERE organization_id = $1 AND connection_id = $2 AND id = $3 AND (state = 'PENDING' OR $4 = 'SENT')`,
			d.OrganizationID, d.ConnectionID, d.ID, string(end.State), optionalMicros(end.DueAt), counts, end.Error, micros(now))
		if err != nil {
			return err
		}
		if !end.At.IsZero() {
			_, err := tx.Exec(ctx, `INSERT INTO delivery_attempts (organization_id, connection_id, delivery_id, number, at, took, error)
				SELECT $1, $2, $3, COALESCE(MAX(number), 0) + 1, CAST($4 AS BIGINT), CAST($5 AS BIGINT), CAST($6 AS TEXT)
				FROM delivery_attempts WHERE organization_id = $1 AND connection_id = $2 AND delivery_id = $3`,
				d.OrganizationID, d.ConnectionID, d.ID, micros(end.At), end.Took.Microseconds(), end.Error)
			if err != nil {
				return err
			}
		}
		// Last, as recordings come before tasks wherever both are locked.
		return holdTaskLease(ctx, tx, t)
	})
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
	analysis, err := json.Marshal(r.Analysis)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE recordings SET analysis = $3, updated_at = $4 WHERE organization_id = $1 AND id = $2`,
		r.OrganizationID, r.ID, string(analysis), micros(hub.NextVersion(r.UpdatedAt, now)))
	return err
}

// resumeWriteBack lets a connection send what waits, if anything does.
func resumeWriteBack(ctx context.Context, tx Tx, organization, connection string, now time.Time) error {
	waiting, err := queryAll(ctx, tx, scanCount, `SELECT 1 FROM deliveries WHERE organization_id = $1 AND connection_id = $2 AND due_at IS NOT NULL LIMIT 1`, organization, connection)
	if err != nil || len(waiting) == 0 {
		return err
	}
	return scheduleTask(ctx, tx, organization, TaskWriteBack, connection, now)
}
