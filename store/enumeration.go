package store

import (
	"context"
	"time"

	"sirocco/hub"
)

// markEnumerated notes which records of the model a complete enumeration has met on this page.
func markEnumerated(ctx context.Context, tx Tx, sched Schedule, page PageCommit) error {
	const query = `INSERT INTO enumerated (organization_id, connection_id, model, external_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`
	mark := func(model hub.Model, externalID string) error {
		_, err := tx.Exec(ctx, query, sched.OrganizationID, sched.ConnectionID, string(model), externalID)
		return err
	}
	for _, r := range page.Records {
		if r.Model == page.State.Model {
			if err := mark(r.Model, r.ExternalID); err != nil {
				return err
			}
		}
	}
	for _, q := range page.Quarantined { // there, though unreadable: not gone
		if q.ExternalID != "" {
			if err := mark(page.State.Model, hub.Storable(q.ExternalID)); err != nil {
				return err
			}
		}
	}
	return nil
}

// enumerationSlice bounds how many rows one transaction of ForgetEnumeration removes.
const enumerationSlice = 1000

// Missing returns up to limit ids of the model's records that the complete enumeration just ended did not meet.
func (s *Store) Missing(ctx context.Context, sched Schedule, model hub.Model, limit int) ([]string, error) {
	return queryAll(ctx, s.db, scanText, `SELECT r.external_id FROM records r WHERE r.organization_id = $1 AND r.connection_id = $2 AND r.model = $3 AND r.deleted_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM enumerated e WHERE e.organization_id = $1 AND e.connection_id = $2 AND e.model = $3 AND e.external_id = r.external_id)
		LIMIT $4`, sched.OrganizationID, sched.ConnectionID, string(model), limit)
}

// DeleteMissing marks records of the model as deleted, their children with them, and reports how many those were
// without the children. Its error may be one of RenewLease's.
func (s *Store) DeleteMissing(ctx context.Context, sched Schedule, model hub.Model, externalIDs []string, children []hub.Model) (int, error) {
	deleted := 0
	err := s.write(ctx, func(tx Tx) error {
		deleted = 0
		if _, err := holdLease(ctx, tx, sched); err != nil || len(externalIDs) == 0 {
			return err
		}
		in, arg := tx.Dialect().In("$4", externalIDs)
		missing, err := queryAll(ctx, tx, scanText, `UPDATE records SET deleted_at = $5, updated_at = $5
			WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND external_id `+in+` AND deleted_at IS NULL RETURNING external_id`,
			sched.OrganizationID, sched.ConnectionID, string(model), arg, micros(s.clock()))
		if err != nil {
			return err
		}
		deleted = len(missing)
		gone := make([]hub.Record, len(missing))
		for i, id := range missing {
			gone[i] = hub.Record{Model: model, ExternalID: id}
		}
		if err := relinkWithout(ctx, tx, sched.OrganizationID, sched.ConnectionID, gone, s.clock()); err != nil {
			return err
		}
		all := deleted
		for _, child := range children {
			n, err := deleteChildren(ctx, tx, sched, model, child, missing, nil, s.clock())
			if err != nil {
				return err
			}
			all += n
		}
		return addToRun(ctx, tx, sched, RunTotals{Deleted: all})
	})
	return deleted, err
}

// deleteAbsentChildren deletes the children that the page's records no longer have.
func deleteAbsentChildren(ctx context.Context, tx Tx, sched Schedule, page PageCommit, child hub.Model, now time.Time) (int, error) {
	var parents []string
	present := map[string]bool{}
	for _, r := range page.Records {
		switch r.Model {
		case page.State.Model:
			parents = append(parents, r.ExternalID)
		case child:
			present[r.ExternalID] = true
		}
	}
	return deleteChildren(ctx, tx, sched, page.State.Model, child, parents, present, now)
}

// deleteChildren deletes the records of a model that refer to one of the parents, except those to keep.
func deleteChildren(ctx context.Context, tx Tx, sched Schedule, parent, child hub.Model, parents []string, keep map[string]bool, now time.Time) (int, error) {
	if len(parents) == 0 {
		return 0, nil
	}
	in, arg := tx.Dialect().In("$4", parents)
	found, err := queryAll(ctx, tx, scanText, `SELECT external_id FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3
		AND `+refColumns[parent][0]+` `+in+` AND deleted_at IS NULL`, sched.OrganizationID, sched.ConnectionID, string(child), arg)
	if err != nil {
		return 0, err
	}
	var gone []string
	for _, id := range found {
		if !keep[id] {
			gone = append(gone, id)
		}
	}
	if len(gone) == 0 {
		return 0, nil
	}
	in, arg = tx.Dialect().In("$4", gone)
	n, err := tx.Exec(ctx, `UPDATE records SET deleted_at = $5, updated_at = $5 WHERE organization_id = $1 AND connection_id = $2 AND model = $3
		AND external_id `+in, sched.OrganizationID, sched.ConnectionID, string(child), arg, micros(now))
	return int(n), err
}

// ForgetEnumeration removes up to a slice of an enumeration's notes, and reports how many; call it until that is 0.
func (s *Store) ForgetEnumeration(ctx context.Context, sched Schedule, model hub.Model) (int, error) {
	var n int64
	err := s.write(ctx, func(tx Tx) error {
		var err error
		n, err = tx.Exec(ctx, `DELETE FROM enumerated WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND external_id IN (
			SELECT external_id FROM enumerated WHERE organization_id = $1 AND connection_id = $2 AND model = $3 LIMIT $4)`,
			sched.OrganizationID, sched.ConnectionID, string(model), enumerationSlice)
		return err
	})
	return int(n), err
}
