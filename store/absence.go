package store

import (
	"context"
	"slices"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// AbsenceState is what is known of a record that the CRM no longer shows: that a complete reading did not meet, or whose row is
// something else by now.
type AbsenceState string

// The states. None of them deletes anything: an absence that is confirmed, and not held, is deleted as its reading ends.
const (
	// AbsenceNoted is one that one reading did not meet, and of which the CRM cannot be asked by id.
	AbsenceNoted AbsenceState = "NOTED"
	// AbsenceConfirmed is one of which the CRM said that it is not there, or that a second reading did not meet either.
	AbsenceConfirmed AbsenceState = "CONFIRMED"
	// AbsenceOther is one whose row the CRM shows as something that the hub keeps no record of, whoever reads its page, or that what it
	// came inside of does not have any more.
	AbsenceOther AbsenceState = "OTHER"
	// AbsenceHeld is one of so many that a person has to decide.
	AbsenceHeld AbsenceState = "HELD"
	// AbsenceApproved and AbsenceKept are those of which a person said that they count as deleted, or do not.
	AbsenceApproved AbsenceState = "APPROVED"
	AbsenceKept     AbsenceState = "KEPT"
)

// AbsenceCounts are how many absences of a model are in each state.
type AbsenceCounts map[AbsenceState]int

// Absences counts the absences of a connection by model and state; a model without any is left out.
func (s *Store) Absences(ctx context.Context, organization, connection string) (map[hub.Model]AbsenceCounts, error) {
	return absences(ctx, s.db, organization, connection)
}

func absences(ctx context.Context, q database.Querier, organization, connection string) (map[hub.Model]AbsenceCounts, error) {
	type count struct {
		model hub.Model
		state AbsenceState
		n     int
	}
	counts, err := queryAll(ctx, q, func(r database.Row) (count, error) {
		var c count
		err := r.Scan(&c.model, &c.state, &c.n)
		return c, err
	}, `SELECT model, state, COUNT(*) FROM absences WHERE organization_id = $1 AND connection_id = $2 GROUP BY model, state`, organization, connection)
	if err != nil || len(counts) == 0 {
		return nil, err
	}
	all := map[hub.Model]AbsenceCounts{}
	for _, c := range counts {
		if all[c.model] == nil {
			all[c.model] = AbsenceCounts{}
		}
		all[c.model][c.state] = c.n
	}
	return all, nil
}

// missingFrom selects the records that a whole reading, all of whose pages are read, did not meet. What came in or was
// written since it began was met elsewhere, or came after its page.
const missingFrom = ` FROM records r WHERE r.organization_id = $1 AND r.connection_id = $2 AND r.model = $3 AND r.deleted_at IS NULL
	AND r.created_at < $4 AND r.written_at < $4
	AND NOT EXISTS (SELECT 1 FROM enumerated e WHERE e.organization_id = $1 AND e.connection_id = $2 AND e.model = $3 AND e.external_id = r.external_id)`

// Missing returns up to limit ids, after w.Next in their order, of records that a whole reading did not meet.
func (s *Store) Missing(ctx context.Context, sched Schedule, w Reading, limit int) ([]string, error) {
	return queryAll(ctx, s.db, scanText, `SELECT r.external_id`+missingFrom+` AND r.external_id > $5 ORDER BY r.external_id LIMIT $6`,
		sched.OrganizationID, sched.ConnectionID, string(w.Model), micros(w.StartedAt), w.Next, limit)
}

// MissingMoreThan reports whether a whole reading did not meet more than n records.
func (s *Store) MissingMoreThan(ctx context.Context, sched Schedule, w Reading, n int) (bool, error) {
	return queryAny(ctx, s.db, `SELECT 1`+missingFrom+` LIMIT 1 OFFSET $5`,
		sched.OrganizationID, sched.ConnectionID, string(w.Model), micros(w.StartedAt), n)
}

// NoteAbsent notes records that the whole reading w did not meet, and how far it is with that. Confirmed are those of
// which the CRM said that they are not there; others are confirmed where a reading begun before confirmAfter did not meet
// them either. Its error may be one of RenewLease's.
func (s *Store) NoteAbsent(ctx context.Context, sched Schedule, w Reading, externalIDs []string, confirmed bool, confirmAfter time.Time) error {
	return s.write(ctx, func(tx Tx) error {
		if _, err := holdLease(ctx, tx, sched); err != nil {
			return err
		}
		state := AbsenceNoted
		if confirmed {
			state = AbsenceConfirmed
		}
		for _, id := range externalIDs {
			_, err := tx.Exec(ctx, `INSERT INTO absences (organization_id, connection_id, model, external_id, noted_at, state) VALUES ($1, $2, $3, $4, $5, $6)
				ON CONFLICT (organization_id, connection_id, model, external_id) DO UPDATE SET state = $7
				WHERE absences.state = $8 AND (excluded.state = $7 OR absences.noted_at <= $9)`,
				sched.OrganizationID, sched.ConnectionID, string(w.Model), id, micros(w.StartedAt), string(state),
				string(AbsenceConfirmed), string(AbsenceNoted), micros(confirmAfter))
			if err != nil {
				return err
			}
		}
		return saveReading(ctx, tx, sched, w)
	})
}

// noteOthers notes those records of which a page says that they are something else by now, or that what they came inside of does not have
// them any more, unless they were written after it was asked for.
func noteOthers(ctx context.Context, tx Tx, c hub.Connection, model hub.Model, others []string, asked time.Time) error {
	if len(others) == 0 {
		return nil
	}
	in, arg := tx.Dialect().In("$4", others)
	_, err := tx.Exec(ctx, `INSERT INTO absences (organization_id, connection_id, model, external_id, noted_at, state)
		SELECT organization_id, connection_id, model, external_id, CAST($5 AS BIGINT), CAST($6 AS TEXT) FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3
			AND external_id `+in+` AND deleted_at IS NULL AND COALESCE(written_at, 0) <= $5
		ON CONFLICT (organization_id, connection_id, model, external_id) DO UPDATE SET state = $6 WHERE absences.state = $7`,
		c.OrganizationID, c.ID, string(model), arg, micros(asked), string(AbsenceOther), string(AbsenceNoted))
	return err
}

// KeepsAny reports whether the connection has a living record of the model under one of the ids.
func (s *Store) KeepsAny(ctx context.Context, organization, connection string, model hub.Model, externalIDs []string) (bool, error) {
	if len(externalIDs) == 0 {
		return false, nil
	}
	in, arg := s.db.Dialect().In("$4", externalIDs)
	return queryAny(ctx, s.db, `SELECT 1 FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND external_id `+in+` AND deleted_at IS NULL LIMIT 1`,
		organization, connection, string(model), arg)
}

// SettleOthers decides about the records of the model that are something else by now, once a run has read what changed: at least
// atLeast of them that are more than limit percent of the model are held, the others count as deleted: DeleteAbsent is to take
// them. Its error may be one of RenewLease's.
func (s *Store) SettleOthers(ctx context.Context, sched Schedule, model hub.Model, atLeast, limit int) (held int, err error) {
	all, err := absences(ctx, s.db, sched.OrganizationID, sched.ConnectionID)
	if err != nil {
		return 0, err
	}
	many, err := s.isLargePart(ctx, sched, model, all[model][AbsenceOther], atLeast, limit)
	if err != nil || !many {
		return 0, err
	}
	return all[model][AbsenceOther], s.holdAbsences(ctx, sched, model, AbsenceOther, AbsenceHeld)
}

// holdAbsences moves the absences of the model from one state into another, in slices.
func (s *Store) holdAbsences(ctx context.Context, sched Schedule, model hub.Model, from, to AbsenceState) error {
	return s.inSlices(ctx, func(tx Tx) (int64, error) {
		if _, err := holdLease(ctx, tx, sched); err != nil {
			return 0, err
		}
		return moveAbsences(ctx, tx, sched.OrganizationID, sched.ConnectionID, model, from, to)
	})
}

// SettleAbsences decides what becomes of what whole readings of the model did not meet, once one has looked at all of
// it: the absences are held where the reading met nothing at all, or where at least atLeast of them would be deleted and
// those are more than limit percent of the model. Else what was held is not any more: it is confirmed. Cut off between two of its
// slices it decides the same again. Its error may be one of RenewLease's.
func (s *Store) SettleAbsences(ctx context.Context, sched Schedule, model hub.Model, atLeast, limit int) (held int, err error) {
	err = s.inSlices(ctx, func(tx Tx) (int64, error) {
		if _, err := holdLease(ctx, tx, sched); err != nil {
			return 0, err
		}
		return tx.Exec(ctx, `DELETE FROM absences WHERE `+tx.Dialect().RowsOf(`absences a WHERE a.organization_id = $1 AND a.connection_id = $2 AND a.model = $3
				AND NOT EXISTS (SELECT 1 FROM records r WHERE r.organization_id = $1 AND r.connection_id = $2 AND r.model = $3
					AND r.external_id = a.external_id AND r.deleted_at IS NULL) LIMIT $4`), sched.OrganizationID, sched.ConnectionID, string(model), purgeSlice)
	})
	if err != nil {
		return 0, err
	}
	if held, err = s.tooManyAbsent(ctx, sched, model, atLeast, limit); err != nil {
		return 0, err
	}
	from, to := []AbsenceState{AbsenceHeld, AbsenceOther}, AbsenceConfirmed
	if held > 0 {
		from, to = []AbsenceState{AbsenceNoted, AbsenceConfirmed, AbsenceOther}, AbsenceHeld
	}
	for _, state := range from {
		if err := s.holdAbsences(ctx, sched, model, state, to); err != nil {
			return 0, err
		}
	}
	return held, nil
}

// tooManyAbsent counts the absences of the model where a person has to decide about them; it is 0 where nobody has.
func (s *Store) tooManyAbsent(ctx context.Context, sched Schedule, model hub.Model, atLeast, limit int) (int, error) {
	all, err := absences(ctx, s.db, sched.OrganizationID, sched.ConnectionID)
	if err != nil {
		return 0, err
	}
	of := all[model]
	gone := of[AbsenceNoted] + of[AbsenceConfirmed] + of[AbsenceOther] + of[AbsenceHeld]
	if gone == 0 || limit >= 100 {
		return 0, nil
	}
	met, err := queryAny(ctx, s.db, `SELECT 1 FROM enumerated WHERE organization_id = $1 AND connection_id = $2 AND model = $3 LIMIT 1`, sched.OrganizationID, sched.ConnectionID, string(model))
	if err != nil {
		return 0, err
	}
	many, err := s.isLargePart(ctx, sched, model, gone, atLeast, limit)
	if err != nil || !many && met {
		return 0, err
	}
	return gone, nil
}

// isLargePart reports whether so many records are at least atLeast and more than limit percent of the model.
func (s *Store) isLargePart(ctx context.Context, sched Schedule, model hub.Model, gone, atLeast, limit int) (bool, error) {
	if gone < atLeast || limit >= 100 {
		return false, nil
	}
	if limit <= 0 {
		return true, nil
	}
	enough := (gone*100 + limit - 1) / limit // they are few where the model has at least so many records
	few, err := s.HasMoreRecords(ctx, sched.OrganizationID, sched.ConnectionID, model, enough-1)
	return !few, err
}

// moveAbsences moves a slice of a model's absences from one state into another, and reports how many those were.
func moveAbsences(ctx context.Context, tx Tx, organization, connection string, model hub.Model, from, to AbsenceState) (int64, error) {
	return tx.Exec(ctx, `UPDATE absences SET state = $4 WHERE `+tx.Dialect().RowsOf(`absences WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND state = $5 LIMIT $6`),
		organization, connection, string(model), string(to), string(from), purgeSlice)
}

// deletionSlice bounds how many records one DeleteAbsent marks.
const deletionSlice = 1000

// DeleteAbsent marks a slice of the model's records whose absence is in the state as deleted, their children with them,
// and reports how many those were without the children; call it until that is 0. Its error may be one of RenewLease's.
func (s *Store) DeleteAbsent(ctx context.Context, sched Schedule, model hub.Model, state AbsenceState, children []hub.Model) (int, error) {
	taken := 0
	err := s.write(ctx, func(tx Tx) error {
		taken = 0
		c, err := holdLease(ctx, tx, sched)
		if err != nil {
			return err
		}
		ids, err := queryAll(ctx, tx, scanText, `SELECT external_id FROM absences WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND state = $4 LIMIT $5`,
			sched.OrganizationID, sched.ConnectionID, string(model), string(state), deletionSlice)
		if err != nil || len(ids) == 0 {
			return err
		}
		taken = len(ids)
		in, arg := tx.Dialect().In("$4", ids)
		_, err = tx.Exec(ctx, `DELETE FROM absences WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND external_id `+in,
			sched.OrganizationID, sched.ConnectionID, string(model), arg)
		if err != nil {
			return err
		}
		deleted, err := deleteRecords(ctx, tx, c, model, ids, children, s.clock())
		if err != nil {
			return err
		}
		return addToRun(ctx, tx, sched, deleted)
	})
	return taken, err
}

// deleteRecords marks living records as deleted, and their children with them, and reports how many of each model those were.
func deleteRecords(ctx context.Context, tx Tx, c hub.Connection, model hub.Model, externalIDs []string, children []hub.Model, now time.Time) (ModelTotals, error) {
	in, arg := tx.Dialect().In("$4", externalIDs)
	marked, err := queryAll(ctx, tx, scanText, `UPDATE records SET deleted_at = $5, updated_at = $5
		WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND external_id `+in+` AND deleted_at IS NULL RETURNING external_id`,
		c.OrganizationID, c.ID, string(model), arg, micros(now))
	if err != nil {
		return nil, err
	}
	gone := make([]hub.Record, len(marked))
	for i, id := range marked {
		gone[i] = hub.Record{Model: model, ExternalID: id}
	}
	if err := relinkWithout(ctx, tx, c, gone, now); err != nil {
		return nil, err
	}
	deleted := ModelTotals{}
	deleted.Add(model, RunTotals{Deleted: len(marked)})
	for _, child := range children {
		n, err := deleteChildren(ctx, tx, c, model, child, marked, nil, now)
		if err != nil {
			return nil, err
		}
		deleted.Add(child, RunTotals{Deleted: n})
	}
	return deleted, nil
}

// dropAbsences forgets the absence of records that were met.
func dropAbsences(ctx context.Context, tx Tx, organization, connection string, model hub.Model, externalIDs []string) error {
	if len(externalIDs) == 0 {
		return nil
	}
	in, arg := tx.Dialect().In("$4", externalIDs)
	return tx.Later(ctx, `DELETE FROM absences WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND external_id `+in,
		organization, connection, string(model), arg)
}

// DecideDeletions says of the held absences of the connection, or of the models named, whether they count as deleted. The
// next job deletes them; what is kept is not asked about again, unless it is met and missed anew. It reports how many. They are
// decided in slices: where it is cut off, what is left is still held.
func (s *Store) DecideDeletions(ctx context.Context, organization, connection string, models []hub.Model, deleted bool) (decided int, err error) {
	state, action := AbsenceKept, "keepRecords"
	if deleted {
		state, action = AbsenceApproved, "deleteRecords"
	}
	var chosen []hub.Model
	err = s.write(ctx, func(tx Tx) error {
		decided, chosen = 0, nil
		if _, err := lockConnection(ctx, tx, organization, connection); err != nil {
			return err
		}
		all, err := absences(ctx, tx, organization, connection)
		if err != nil {
			return err
		}
		for model, of := range all {
			if n := of[AbsenceHeld]; n > 0 && (models == nil || slices.Contains(models, model)) {
				chosen, decided = append(chosen, model), decided+n
			}
		}
		if decided == 0 {
			return nil
		}
		return s.audit(ctx, tx, organization, action, "connection", connection, map[string]any{"records": decided})
	})
	if err != nil || decided == 0 {
		return decided, err
	}
	for _, model := range chosen {
		err := s.inSlices(ctx, func(tx Tx) (int64, error) {
			if _, err := lockConnection(ctx, tx, organization, connection); err != nil {
				return 0, err
			}
			return moveAbsences(ctx, tx, organization, connection, model, AbsenceHeld, state)
		})
		if err != nil {
			return decided, err
		}
	}
	if !deleted {
		return decided, nil
	}
	return decided, s.write(ctx, func(tx Tx) error {
		c, err := lockConnection(ctx, tx, organization, connection)
		if err != nil || !c.Active {
			return ignoreNotFound(err)
		}
		_, err = makeDue(ctx, tx, organization, connection, s.clock())
		return err
	})
}

// SetDeletionLimit changes how many percent of a model may be found gone at once before a person has to decide.
func (s *Store) SetDeletionLimit(ctx context.Context, organization, connection string, percent int) error {
	return s.write(ctx, func(tx Tx) error {
		n, err := tx.Exec(ctx, `UPDATE schedules SET deletion_limit = $3 WHERE organization_id = $1 AND connection_id = $2`, organization, connection, percent)
		if err := requireAffected(n, err, hub.ErrNotFound); err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "update", "connection", connection, map[string]any{"deletionLimitPercent": percent})
	})
}

// SomeHeld returns up to limit external ids of a model's records that wait for a decision, from one of them on, by its number in
// their order, and when the first of these was missed.
func (s *Store) SomeHeld(ctx context.Context, organization, connection string, model hub.Model, from, limit int) (externalIDs []string, since time.Time, err error) {
	_, err = queryAll(ctx, s.db, func(r database.Row) (struct{}, error) {
		var id string
		var noted int64
		if err := r.Scan(&id, &noted); err != nil {
			return struct{}{}, err
		}
		if at := fromMicros(noted); since.IsZero() || at.Before(since) {
			since = at
		}
		externalIDs = append(externalIDs, id)
		return struct{}{}, nil
	}, `SELECT external_id, noted_at FROM absences WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND state = $4
		ORDER BY external_id LIMIT $5 OFFSET $6`, organization, connection, string(model), string(AbsenceHeld), limit, from)
	return externalIDs, since, err
}

// HeldRecords lists external ids of a model's records that wait for a decision, in their order after the one given.
func (s *Store) HeldRecords(ctx context.Context, organization, connection string, model hub.Model, after string, limit int) ([]string, error) {
	return queryAll(ctx, s.db, scanText, `SELECT external_id FROM absences WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND state = $4
		AND external_id > $5 ORDER BY external_id LIMIT $6`, organization, connection, string(model), string(AbsenceHeld), after, limit)
}
