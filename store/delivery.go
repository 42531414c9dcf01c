package store

import (
	"context"
	"errors"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// planDelivery leaves a delivery for a recording that is processed and linked, once for each record it is linked to:
// where there is one it changes nothing. One that was canceled because the link was elsewhere for a while comes back.
func (s *Store) planDelivery(ctx context.Context, tx Tx, r hub.Recording) error {
	if !r.Processed() || !r.Linked() || r.Analysis.Failed != "" {
		return nil
	}
	c, err := connection(ctx, tx, r.OrganizationID, r.Link.ConnectionID)
	if err != nil {
		return ignoreNotFound(err)
	}
	if c.Platform == hub.PlatformCustomInput { // records are pushed to us; there is no CRM to write to
		return nil
	}
	now := s.clock()
	n, err := tx.Exec(ctx, `UPDATE deliveries SET state = $7, due_at = $6, attempts = 0, error = '', updated_at = $6
		WHERE organization_id = $1 AND connection_id = $2 AND recording_id = $3 AND model = $4 AND external_id = $5 AND state = $8`,
		r.OrganizationID, c.ID, r.ID, string(r.Link.Model), r.Link.ExternalID, micros(now), string(hub.DeliveryPending), string(hub.DeliveryCanceled))
	if err != nil {
		return err
	}
	if n == 0 {
		n, err = tx.Exec(ctx, `INSERT INTO deliveries (organization_id, connection_id, id, recording_id, model, external_id, state, attempts, due_at, note_id, error, created_at, updated_at)
			SELECT $1, $2, $3, $4, $5, $6, $7, 0, CAST($8 AS BIGINT), '', '', CAST($8 AS BIGINT), CAST($8 AS BIGINT)
			WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE organization_id = $1 AND connection_id = $2 AND recording_id = $4 AND model = $5 AND external_id = $6)`,
			r.OrganizationID, c.ID, s.newID(), r.ID, string(r.Link.Model), r.Link.ExternalID, string(hub.DeliveryPending), micros(now))
	}
	if err != nil || n == 0 {
		return err
	}
	return scheduleTask(ctx, tx, r.OrganizationID, TaskWriteBack, c.ID, now)
}

// cancelDeliveries ends what a recording was still to be written to.
func cancelDeliveries(ctx context.Context, tx Tx, organization, recording, reason string, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE deliveries SET state = $3, due_at = NULL, error = $4, updated_at = $5
		WHERE organization_id = $1 AND recording_id = $2 AND state = $6`,
		organization, recording, string(hub.DeliveryCanceled), reason, micros(now), string(hub.DeliveryPending))
	return err
}

const deliveryColumns = `organization_id, connection_id, id, recording_id, model, external_id, state, attempts, due_at, transcript, note_id, error, created_at, updated_at, sent_at`

func scanDelivery(r database.Row) (hub.Delivery, error) {
	var d hub.Delivery
	var due, sent *int64
	var created, updated int64
	err := r.Scan(&d.OrganizationID, &d.ConnectionID, &d.ID, &d.RecordingID, &d.Model, &d.ExternalID, &d.State, &d.Attempts, &due, &d.Transcript,
		&d.NoteID, &d.Error, &created, &updated, &sent)
	d.DueAt, d.SentAt, d.CreatedAt, d.UpdatedAt = fromOptionalMicros(due), fromOptionalMicros(sent), fromMicros(created), fromMicros(updated)
	return d, err
}

// itsConnectionLives keeps the deliveries of a deleted connection out of every answer until they are purged.
const itsConnectionLives = ` AND EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = deliveries.organization_id AND c.id = deliveries.connection_id)`

// Delivery returns one delivery of the organization.
func (s *Store) Delivery(ctx context.Context, organization, id string) (hub.Delivery, error) {
	return queryOne(ctx, s.db, scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries WHERE organization_id = $1 AND id = $2`+itsConnectionLives, organization, id)
}

// DeliveryFilter chooses deliveries for a list. Empty fields choose all.
type DeliveryFilter struct {
	ConnectionID string
	State        hub.DeliveryState
	RecordingID  string
	// Before is the id of the last delivery already seen.
	Before string
	Limit  int
}

// Deliveries lists deliveries of a connection, the latest first.
func (s *Store) Deliveries(ctx context.Context, organization string, f DeliveryFilter) ([]hub.Delivery, error) {
	return queryAll(ctx, s.db, scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries WHERE organization_id = $1 AND connection_id = $2 AND `+beforeID("id", "$3", f.Before)+`
		AND ($4 = '' OR state = $4) AND ($5 = '' OR recording_id = $5)`+itsConnectionLives+` ORDER BY id DESC LIMIT $6`,
		organization, f.ConnectionID, f.Before, string(f.State), f.RecordingID, f.Limit)
}

// attemptsShown bounds how many attempts of a delivery are told.
const attemptsShown = 100

// DeliveryAttempts lists the attempts of a delivery, the latest first.
func (s *Store) DeliveryAttempts(ctx context.Context, d hub.Delivery) ([]hub.Attempt, error) {
	as, err := queryAll(ctx, s.db, func(r database.Row) (hub.Attempt, error) {
		var a hub.Attempt
		var at, took int64
		err := r.Scan(&a.Number, &at, &took, &a.Error)
		a.At, a.Took = fromMicros(at), time.Duration(took)*time.Microsecond
		return a, err
	}, `SELECT number, at, took, error FROM delivery_attempts WHERE organization_id = $1 AND connection_id = $2 AND delivery_id = $3 ORDER BY number DESC LIMIT $4`,
		d.OrganizationID, d.ConnectionID, d.ID, attemptsShown)
	return as, err
}

// ReplayDelivery lets a delivery be sent now, with all its attempts before it, however it ended. What is in the CRM
// already is found there by its marker and not written again. One whose recording is gone, or that was canceled as
// the link moved, is a *hub.ConflictError.
func (s *Store) ReplayDelivery(ctx context.Context, organization, id string) (hub.Delivery, error) {
	var d hub.Delivery
	err := s.write(ctx, func(tx Tx) error {
		now := s.clock()
		before, err := queryOne(ctx, tx, scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries WHERE organization_id = $1 AND id = $2`+itsConnectionLives, organization, id)
		if err != nil {
			return err
		}
		r, err := lockRecording(ctx, tx, organization, before.RecordingID)
		switch {
		case errors.Is(err, hub.ErrNotFound):
			return hub.Conflict("The recording was deleted; there is nothing to send.")
		case err != nil:
			return err
		case before.State == hub.DeliveryCanceled && (r.Link.ConnectionID != before.ConnectionID || r.Link.Model != before.Model || r.Link.ExternalID != before.ExternalID):
			return hub.Conflict("The recording is no longer linked to the %s %s; link it there first.", before.Model, before.ExternalID)
		}
		d, err = queryOne(ctx, tx, scanDelivery, `UPDATE deliveries SET state = $3, due_at = $4, attempts = 0, error = '', updated_at = $4
			WHERE organization_id = $1 AND id = $2`+itsConnectionLives+` RETURNING `+deliveryColumns, organization, id, string(hub.DeliveryPending), micros(now))
		if err != nil {
			return err
		}
		if err := scheduleTask(ctx, tx, organization, TaskWriteBack, d.ConnectionID, now); err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "replay", "delivery", id, map[string]any{"connectionId": d.ConnectionID, "recordingId": d.RecordingID})
	})
	s.notify()
	return d, err
}
