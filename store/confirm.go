package store

import (
	"context"
	"slices"
	"time"

	"sirocco/hub"
)

// secondWordAfter is how long after a first answer without a record another one counts as the second.
const secondWordAfter = 15 * time.Second

// Answer is what a CRM said of one record when it was asked for it by its id.
type Answer struct {
	// Of is the record that was asked for, AskedAt when.
	Of      hub.RecordRef
	AskedAt time.Time
	// Records are the record and those that were read with it, Absent those that were asked for and are not there.
	Records []hub.Record
	Absent  []hub.RecordRef
	// Children are the models of which Records has all that refer to the record.
	Children []hub.Model
}

// SaveConfirmed keeps an answer: its records, and that children which are not among them are gone, as is what is absent. One answer that
// lacks a record, or all children of a model, proves nothing: those stay until another one lacks them, too, and it reports that it doubts.
// Recordings of about then are looked at again.
func (s *Store) SaveConfirmed(ctx context.Context, organization, connection string, a Answer) (doubted bool, err error) {
	of, records := a.Of, a.Records
	err = s.write(ctx, func(tx Tx) error {
		doubted = false
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
		write := recordWrite{organization: organization, connection: connection, gates: gates, asked: a.AskedAt, now: now}
		for _, same := range byModel(records) {
			changes, _, err := upsertRecords(ctx, tx, write, same[0].Model, same)
			if err != nil {
				return err
			}
			scope.note(same[0].Model, changes)
			if gates.absent {
				met := make([]string, len(same))
				for i := range same {
					met[i] = same[i].ExternalID
				}
				if err := dropAbsences(ctx, tx, c.OrganizationID, c.ID, same[0].Model, met); err != nil {
					return err
				}
			}
		}
		for _, absent := range a.Absent {
			believed, err := believeAbsent(ctx, tx, c, absent.Model, []string{absent.ExternalID}, a.AskedAt)
			if err != nil {
				return err
			}
			if !believed {
				doubted = true
				continue
			}
			var children []hub.Model
			if absent == of {
				children = a.Children
			}
			if _, err := deleteRecords(ctx, tx, c, absent.Model, []string{absent.ExternalID}, children, now); err != nil {
				return err
			}
		}
		if slices.Contains(a.Absent, of) { // it says nothing of its children
			return scope.request(ctx, tx, now)
		}
		for _, child := range a.Children {
			kept := map[string]bool{}
			for i := range records {
				if records[i].Model == child {
					kept[records[i].ExternalID] = true
				}
			}
			if len(kept) == 0 {
				gone, err := childrenBut(ctx, tx, c, of.Model, child, []string{of.ExternalID}, nil)
				if err != nil {
					return err
				}
				believed, err := believeAbsent(ctx, tx, c, child, gone, a.AskedAt)
				if err != nil {
					return err
				}
				if !believed {
					doubted = true
					continue
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
	return doubted, err
}

// believeAbsent reports whether an answer without records counts as their absence: where none of them is kept as living, or each was
// missed some time before. Otherwise it notes that they were missed.
func believeAbsent(ctx context.Context, tx Tx, c hub.Connection, model hub.Model, externalIDs []string, asked time.Time) (bool, error) {
	if len(externalIDs) == 0 {
		return true, nil
	}
	in, arg := tx.Dialect().In("$4", externalIDs)
	doubted, err := queryAny(ctx, tx, `SELECT 1 FROM records r WHERE r.organization_id = $1 AND r.connection_id = $2 AND r.model = $3 AND r.external_id `+in+` AND r.deleted_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM absences a WHERE a.organization_id = $1 AND a.connection_id = $2 AND a.model = $3 AND a.external_id = r.external_id AND a.noted_at <= $5) LIMIT 1`,
		c.OrganizationID, c.ID, string(model), arg, micros(asked.Add(-secondWordAfter)))
	if err != nil {
		return false, err
	}
	if !doubted {
		return true, dropAbsences(ctx, tx, c.OrganizationID, c.ID, model, externalIDs)
	}
	_, err = tx.Exec(ctx, `INSERT INTO absences (organization_id, connection_id, model, external_id, noted_at, state)
		SELECT organization_id, connection_id, model, external_id, CAST($5 AS BIGINT), CAST($6 AS TEXT) FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3
			AND external_id `+in+` AND deleted_at IS NULL
		ON CONFLICT (organization_id, connection_id, model, external_id) DO NOTHING`,
		c.OrganizationID, c.ID, string(model), arg, micros(asked), string(AbsenceNoted))
	return false, err
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
