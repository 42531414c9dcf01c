package store

import (
	"context"
	"time"

	"sirocco/hub"
)

// planDelivery leaves a delivery for a recording that is processed and linked, once for each record it is linked to.
// One that was canceled because the link was elsewhere for a while comes back.
func (s *Store) planDelivery(ctx context.Context, tx Tx, r hub.Recording) error {
	if !r.Processed() || !r.Linked() || r.Analysis.Failed != "" {
		return nil
	}
	c, err := connection(ctx, tx, r.OrganizationID, r.Link.ConnectionID)
	if err != nil {
		return exceptNotFound(err)
	}
	if c.Platform == hub.PlatformCustomInput { // records are pushed to us; there is no CRM to write to
		return nil
	}
	now := s.clock()
	n, err := tx.exec(ctx, `UPDATE deliveries SET state = CASE WHEN state = $7 THEN $8 ELSE state END, due_at = CASE WHEN state = $7 THEN $6 ELSE due_at END,
			attempts = CASE WHEN state = $7 THEN 0 ELSE attempts END, error = CASE WHEN state = $7 THEN '' ELSE error END, updated_at = CASE WHEN state = $7 THEN $6 ELSE updated_at END
		WHERE organization_id = $1 AND connection_id = $2 AND recording_id = $3 AND model = $4 AND external_id = $5`,
		r.OrganizationID, c.ID, r.ID, string(r.Link.Model), r.Link.ExternalID, micros(now), string(hub.DeliveryCanceled), string(hub.DeliveryPending))
	if err != nil {
		return err
	}
	if n == 0 {
		_, err := tx.exec(ctx, `INSERT INTO deliveries (organization_id, connection_id, id, recording_id, model, external_id, state, attempts, due_at, note_id, error, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, '', '', $8, $8)`,
			r.OrganizationID, c.ID, hub.NewID(), r.ID, string(r.Link.Model), r.Link.ExternalID, string(hub.DeliveryPending), micros(now))
		if err != nil {
			return err
		}
	}
	return due(ctx, tx, r.OrganizationID, TaskWriteBack, c.ID, now)
}

// cancelDeliveries ends what a recording was still to be written to.
func cancelDeliveries(ctx context.Context, tx Tx, organization, recording, reason string, now time.Time) error {
	_, err := tx.exec(ctx, `UPDATE deliveries SET state = $3, due_at = NULL, error = $4, updated_at = $5
		WHERE organization_id = $1 AND recording_id = $2 AND state = $6`,
		organization, recording, string(hub.DeliveryCanceled), reason, micros(now), string(hub.DeliveryPending))
	return err
}
