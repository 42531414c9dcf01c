package store

import (
	"context"
	"time"

	"sirocco/hub"
)

// SaveConfirmed keeps what the CRM said of one record when it was asked for it by its id: the record, those read with it, and
// that children which are not among them are gone, as is the record itself. Recordings of about then are looked at again.
func (s *Store) SaveConfirmed(ctx context.Context, organization, connection string, of hub.RecordRef, records []hub.Record, children []hub.Model, asked time.Time) error {
	err := s.write(ctx, func(tx Tx) error {
		c, err := lockConnection(ctx, tx, organization, connection)
		if err != nil {
			return err
		}
		now := s.clock().UTC().Truncate(time.Microsecond)
		all := append([]hub.Record{{Model: of.Model, ExternalID: of.ExternalID}}, records...)
		gates, err := askGates(ctx, tx, organization, connection, of.Model, "")
		if err != nil {
			return err
		}
		scope, err := newRelinkScope(ctx, tx, c, gates, all)
		if err != nil {
			return err
		}
		there := false
		write := recordWrite{organization: organization, connection: connection, gates: gates, asked: asked, now: now}
		for _, same := range byModel(records) {
			changes, _, err := upsertRecords(ctx, tx, write, same[0].Model, same)
			if err != nil {
				return err
			}
			scope.note(same[0].Model, changes)
			for i := range same {
				there = there || same[i].Model == of.Model && same[i].ExternalID == of.ExternalID
			}
		}
		if !there {
			if _, err := deleteRecords(ctx, tx, c, of.Model, []string{of.ExternalID}, children, now); err != nil {
				return err
			}
		}
		for _, child := range children {
			kept := map[string]bool{}
			for i := range records {
				if records[i].Model == child {
					kept[records[i].ExternalID] = true
				}
			}
			n, err := deleteChildren(ctx, tx, c, of.Model, child, []string{of.ExternalID}, kept, now)
			if err != nil {
				return err
			}
			scope.note(child, Changes{Deleted: n})
		}
		return scope.request(ctx, tx, now)
	})
	s.notify()
	return err
}

// MoveMatch gives a recording, where the rule may still link it, another link, or none, before a delivery is sent over the
// one that it has; the delivery, which that cancels, says why.
func (s *Store) MoveMatch(ctx context.Context, d hub.Delivery, m Match, why string) error {
	err := s.write(ctx, func(tx Tx) error {
		if err := s.saveMatch(ctx, tx, d.OrganizationID, m); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE deliveries SET error = $3 WHERE organization_id = $1 AND id = $2 AND state = $4`,
			d.OrganizationID, d.ID, why, string(hub.DeliveryCanceled))
		return err
	})
	s.notify()
	return err
}
