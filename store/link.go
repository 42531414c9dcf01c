package store

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"sirocco/hub"
)

// SetLink links a recording to a CRM record because a person says so; the record must be there. The same link again
// changes nothing. A recording that is not there is hub.ErrNotFound, a record that is not is a *hub.InvalidError.
func (s *Store) SetLink(ctx context.Context, organization, id string, l hub.Link) (hub.Recording, error) {
	var r hub.Recording
	err := s.write(ctx, func(tx Tx) error {
		var err error
		if r, err = lockRecording(ctx, tx, organization, id); err != nil {
			return err
		}
		return s.linkByHand(ctx, tx, &r, l)
	})
	s.notify()
	return r, err
}

// linkByHand is SetLink for a locked recording.
func (s *Store) linkByHand(ctx context.Context, tx Tx, r *hub.Recording, l hub.Link) error {
	l.By = hub.LinkedByHand
	if err := requireRecords(ctx, tx, r.OrganizationID, &l); err != nil {
		return err
	}
	if r.Link.By == hub.LinkedByHand && r.Link.SameRecord(l) && r.Link.Trigger == l.Trigger {
		return nil
	}
	if l.Reason == "" {
		l.Reason = "It was linked by hand."
	}
	if err := forgetLinkBefore(ctx, tx, r); err != nil {
		return err
	}
	if err := s.moveLink(ctx, tx, r, l); err != nil {
		return err
	}
	// What this one is of is what the others of the day are not.
	if err := requestRelink(ctx, tx, r.OrganizationID, r.StartedAt, r.EndedAt, s.clock()); err != nil {
		return err
	}
	return s.audit(ctx, tx, r.OrganizationID, "link", "recording", r.ID, map[string]any{
		"connectionId": l.ConnectionID, "model": l.Model, "externalId": l.ExternalID, "trigger": l.Trigger,
	})
}

// RemoveLink takes a recording's link away because a person says so: the rule does not link it again, and what was
// not written back yet is not. A recording without a link stays without one from then on.
func (s *Store) RemoveLink(ctx context.Context, organization, id, trigger string) (hub.Recording, error) {
	var r hub.Recording
	err := s.write(ctx, func(tx Tx) error {
		var err error
		if r, err = lockRecording(ctx, tx, organization, id); err != nil {
			return err
		}
		return s.unlinkByHand(ctx, tx, &r, trigger)
	})
	s.notify()
	return r, err
}

// unlinkByHand is RemoveLink for a locked recording.
func (s *Store) unlinkByHand(ctx context.Context, tx Tx, r *hub.Recording, trigger string) error {
	if r.Link.By == hub.LinkedByHand && !r.Linked() {
		return nil
	}
	before := r.Link
	if err := forgetLinkBefore(ctx, tx, r); err != nil {
		return err
	}
	if err := s.moveLink(ctx, tx, r, hub.Link{By: hub.LinkedByHand, Trigger: trigger, Reason: "It was unlinked by hand."}); err != nil {
		return err
	}
	if err := requestRelink(ctx, tx, r.OrganizationID, r.StartedAt, r.EndedAt, s.clock()); err != nil {
		return err
	}
	return s.audit(ctx, tx, r.OrganizationID, "unlink", "recording", r.ID, map[string]any{
		"connectionId": before.ConnectionID, "model": before.Model, "externalId": before.ExternalID, "trigger": trigger,
	})
}

// requireRecords makes sure that a link's records, all of them, are there. One that is named by the CRM's own id, or by a short
// one of Salesforce, is from then on named by its key.
func requireRecords(ctx context.Context, tx Tx, organization string, l *hub.Link) error {
	l.Also = slices.Clone(l.Also)
	keys := []*string{&l.ExternalID}
	for i := range l.Also {
		keys = append(keys, &l.Also[i].ExternalID)
	}
	for i, ref := range append([]hub.RecordRef{{Model: l.Model, ExternalID: l.ExternalID}}, l.Also...) {
		key, err := queryOne(ctx, tx, scanText, `SELECT external_id FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3
			AND `+isNamed(4, 5)+` AND deleted_at IS NULL`+ofLiveConnection+` ORDER BY CASE WHEN external_id = $4 THEN 0 ELSE 1 END LIMIT 1`,
			organization, l.ConnectionID, string(ref.Model), ref.ExternalID, hub.SalesforceID(ref.ExternalID))
		if errors.Is(err, hub.ErrNotFound) {
			return hub.Invalid("externalId", "names no "+string(ref.Model)+" of the connection", "the externalId of a record that is there")
		}
		if err != nil {
			return err
		}
		*keys[i] = key
	}
	return nil
}

// moveLink gives the locked recording another link, or none, with all that follows from it: what was to be written
// to the record before is not, and a new or moved link is announced.
func (s *Store) moveLink(ctx context.Context, tx Tx, r *hub.Recording, l hub.Link) error {
	before, now := r.Link, s.clock().UTC().Truncate(time.Microsecond)
	moved := !before.SameRecord(l)
	r.Link = l
	if r.Link.At = before.At; moved {
		r.Link.At = now
	}
	if !r.Linked() {
		r.Link.At = time.Time{}
	}
	if moved || before.By != l.By { // another sentence alone is no change of the recording
		r.UpdatedAt = hub.NextVersion(r.UpdatedAt, now)
	}
	if err := saveLink(ctx, tx, r); err != nil {
		return err
	}
	if !moved { // it may have waited for the rule to look again
		return s.planDelivery(ctx, tx, *r)
	}
	what := "The recording's link moved"
	if !r.Linked() {
		what = "The recording's link ended"
	}
	if err := cancelDeliveries(ctx, tx, r.OrganizationID, r.ID, what, now); err != nil || !r.Linked() {
		return err
	}
	return s.publish(ctx, tx, *r, hub.EventRecordingLinked)
}

func saveLink(ctx context.Context, tx Tx, r *hub.Recording) error {
	also := r.Link.Also
	if also == nil {
		also = []hub.RecordRef{}
	}
	text, err := json.Marshal(also)
	if err != nil {
		return err
	}
	lost, err := lostText(r.Link.Lost)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE recordings SET link_connection_id = $3, link_model = $4, link_external_id = $5, link_also = $6, link_by = $7,
			link_trigger = $8, link_reason = $9, linked_at = $10, updated_at = $11, link_basis = $12, link_lost = $13 WHERE organization_id = $1 AND id = $2`,
		r.OrganizationID, r.ID, optional(r.Link.ConnectionID), optional(string(r.Link.Model)), optional(r.Link.ExternalID), string(text), string(r.Link.By),
		r.Link.Trigger, r.Link.Reason, optionalMicros(r.Link.At), micros(r.UpdatedAt), r.Link.Basis, lost)
	return err
}

func ignoreNotFound(err error) error {
	if errors.Is(err, hub.ErrNotFound) {
		return nil
	}
	return err
}

func ignoreInvalid(err error) error {
	if _, ok := errors.AsType[*hub.InvalidError](err); ok {
		return nil
	}
	return err
}
