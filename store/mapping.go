package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// Mapping is a connection's own mapping.
type Mapping struct {
	hub.Mapping
	// UpdatedAt is when it was set. What is found out about it is kept only while no other was set since.
	UpdatedAt time.Time
	// CheckedAt is when the CRM said that all is there that it names; zero before.
	CheckedAt time.Time
	// Failed is what the CRM said is not there, for people; empty where it did not.
	Failed string
}

// Explain says in a sentence what is known of a connection's own mapping, and which mapping counts: standard where it has none.
func (m *Mapping) Explain(standard hub.Mapping) (sentence string, counts hub.Mapping) {
	switch {
	case m.UpdatedAt.IsZero():
		return "It has no mapping of its own: this is the preset that counts instead.", standard
	case !m.CheckedAt.IsZero():
		return "The CRM said that all of it is there.", m.Mapping
	case m.Failed != "":
		return "It cannot be read by: " + m.Failed + ".", m.Mapping
	}
	return "It is not checked yet, as the CRM could not be asked when it was put: it is checked before the next run.", m.Mapping
}

// Mapping returns a connection's own mapping; hub.ErrNotFound where it has none, or there is no such connection.
func (s *Store) Mapping(ctx context.Context, organization, connection string) (Mapping, error) {
	return mappingOf(ctx, s.db, organization, connection)
}

func mappingOf(ctx context.Context, q database.Querier, organization, connection string) (Mapping, error) {
	return queryOne(ctx, q, func(r database.Row) (Mapping, error) {
		var m Mapping
		var text string
		var updated int64
		var checked *int64
		if err := r.Scan(&text, &updated, &checked, &m.Failed); err != nil {
			return m, err
		}
		m.UpdatedAt, m.CheckedAt = fromMicros(updated), fromOptionalMicros(checked)
		return m, json.Unmarshal([]byte(text), &m.Mapping)
	}, `SELECT mapping, updated_at, checked_at, failed FROM mappings WHERE organization_id = $1 AND connection_id = $2`, organization, connection)
}

// PutMapping sets a connection's mapping once check has found that it can be, and returns the connection. Where the CRM cannot be
// asked the mapping is kept as one that is not checked. The models that are read otherwise than by what was before, or by standard
// where nothing was, are read whole anew; the records of those that are read from another object count as deleted. What already
// is so costs no write. ifUpdatedAt is as in hub.ConnectionPatch.
func (s *Store) PutMapping(ctx context.Context, organization, connection string, given hub.GivenMapping, standard hub.Mapping, ifUpdatedAt []time.Time, check hub.CheckMapping) (c hub.Connection, m Mapping, err error) {
	if c, err = s.Connection(ctx, organization, connection); err != nil {
		return c, m, err
	}
	if !hub.MatchesVersion(ifUpdatedAt, c.UpdatedAt) {
		return c, m, hub.ErrStale
	}
	mapping, err := check(ctx, c, given)
	_, unasked := errors.AsType[*hub.UnavailableError](err)
	if err != nil && !unasked {
		return c, m, err
	}
	text, err := json.Marshal(mapping)
	if err != nil {
		return c, m, err
	}
	err = s.write(ctx, func(tx Tx) error {
		if c, err = lockConnection(ctx, tx, organization, connection); err != nil {
			return err
		}
		if !hub.MatchesVersion(ifUpdatedAt, c.UpdatedAt) {
			return hub.ErrStale
		}
		now := s.clock()
		before, err := mappingOf(ctx, tx, organization, connection)
		if errors.Is(err, hub.ErrNotFound) {
			before = Mapping{Mapping: standard}
		} else if err != nil {
			return err
		}
		changed, moved := mapping.Changed(before.Mapping)
		same := len(changed) == 0 && before.NoteField == mapping.NoteField && before.Preset == mapping.Preset && !before.UpdatedAt.IsZero()
		if same && (unasked || !before.CheckedAt.IsZero()) { // what was known of it stays known
			m = before
			return nil
		}
		m = Mapping{Mapping: mapping, UpdatedAt: hub.NextVersion(before.UpdatedAt, now)}
		if !unasked {
			m.CheckedAt = now
		}
		_, err = tx.Exec(ctx, `INSERT INTO mappings (organization_id, connection_id, mapping, updated_at, checked_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (organization_id, connection_id) DO UPDATE SET mapping = excluded.mapping, updated_at = excluded.updated_at, checked_at = excluded.checked_at, failed = ''`,
			organization, connection, string(text), micros(m.UpdatedAt), optionalMicros(m.CheckedAt))
		if err != nil {
			return err
		}
		if err := rereadModels(ctx, tx, &c, changed, moved, now); err != nil {
			return err
		}
		c.UpdatedAt = hub.NextVersion(c.UpdatedAt, now)
		if _, err := tx.Exec(ctx, `UPDATE connections SET updated_at = $3 WHERE organization_id = $1 AND id = $2`, organization, connection, micros(c.UpdatedAt)); err != nil {
			return err
		}
		if c.Active {
			if _, err := makeDue(ctx, tx, organization, connection, now); err != nil {
				return err
			}
		}
		return s.audit(ctx, tx, organization, "set", "mapping", connection, map[string]any{"preset": mapping.Preset, "noteField": mapping.NoteField, "models": modelTexts(changed), "checked": !unasked})
	})
	return c, m, err
}

func modelTexts(models []hub.Model) []string {
	texts := make([]string, len(models))
	for i, m := range models {
		texts[i] = string(m)
	}
	return texts
}

// remapped ends the run that a change of the mapping cuts off.
var remapped = RunEnding{RunReplaced, "The connection's mapping was changed."}

// rereadModels lets models be read from nothing, and the records of those that moved count as deleted from the next run on,
// whose job does first what BeginRereads says. A job that is under way, which reads by what was before, loses its lease.
func rereadModels(ctx context.Context, tx Tx, c *hub.Connection, changed, moved []hub.Model, now time.Time) error {
	if len(changed) == 0 {
		return nil
	}
	for _, model := range changed {
		_, err := tx.Exec(ctx, `INSERT INTO rereads (organization_id, connection_id, model, moved) VALUES ($1, $2, $3, $4)
			ON CONFLICT (organization_id, connection_id, model) DO UPDATE SET moved = rereads.moved OR excluded.moved, place = ''`,
			c.OrganizationID, c.ID, string(model), slices.Contains(moved, model))
		if err != nil {
			return fmt.Errorf("let %s be read anew: %w", model, err)
		}
		for _, table := range []string{"sync_states", "readings"} {
			if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE organization_id = $1 AND connection_id = $2 AND model = $3`, c.OrganizationID, c.ID, string(model)); err != nil {
				return fmt.Errorf("let %s be read anew: %w", model, err)
			}
		}
		for i := range c.SyncStatus {
			if st := &c.SyncStatus[i]; st.Model == model {
				st.State, st.ModifiedAfter, st.UpdatedAt = hub.SyncStateSyncing, time.Time{}, now.UTC().Truncate(time.Microsecond)
			}
		}
	}
	status, err := json.Marshal(c.SyncStatus)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE connections SET sync_status = $3 WHERE organization_id = $1 AND id = $2`, c.OrganizationID, c.ID, string(status)); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE schedules SET turn = turn + 1, lease_until = NULL, working = FALSE, run_id = NULL WHERE organization_id = $1 AND connection_id = $2`, c.OrganizationID, c.ID); err != nil {
		return err
	}
	return endRuns(ctx, tx, Schedule{OrganizationID: c.OrganizationID, ConnectionID: c.ID}, remapped, now)
}

// BeginRereads does a slice of what comes before models are read that the mapping reads otherwise than before, and reports
// whether there may be more. Its error may be one of RenewLease's.
func (s *Store) BeginRereads(ctx context.Context, sched Schedule) (more bool, err error) {
	key := []any{sched.OrganizationID, sched.ConnectionID}
	some, err := queryAny(ctx, s.db, `SELECT 1 FROM rereads WHERE organization_id = $1 AND connection_id = $2 LIMIT 1`, key...)
	if err != nil || !some {
		return false, err
	}
	return true, s.write(ctx, func(tx Tx) error {
		if _, err := holdLease(ctx, tx, sched); err != nil {
			return err
		}
		var moved bool
		var place string
		model, err := queryOne(ctx, tx, func(r database.Row) (model string, err error) {
			err = r.Scan(&model, &moved, &place)
			return model, err
		}, `SELECT model, moved, place FROM rereads WHERE organization_id = $1 AND connection_id = $2 ORDER BY model LIMIT 1`, key...)
		if err != nil {
			return ignoreNotFound(err)
		}
		of := []any{sched.OrganizationID, sched.ConnectionID, model}
		n, err := tx.Exec(ctx, `DELETE FROM enumerated WHERE `+
			tx.Dialect().RowsOf(`enumerated WHERE organization_id = $1 AND connection_id = $2 AND model = $3 LIMIT $4`), append(of, enumerationSlice)...)
		if err != nil || n > 0 {
			return err
		}
		last := ""
		if moved {
			if last, err = s.approveAbsences(ctx, tx, of, place); err != nil {
				return err
			}
		}
		if last == "" {
			_, err = tx.Exec(ctx, `DELETE FROM rereads WHERE organization_id = $1 AND connection_id = $2 AND model = $3`, of...)
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE rereads SET place = $4 WHERE organization_id = $1 AND connection_id = $2 AND model = $3`, append(of, last)...)
		return err
	})
}

// approveAbsences lets a slice of the living records of a model, from place on, count as deleted, and returns the last of them; it is
// empty where there is none.
func (s *Store) approveAbsences(ctx context.Context, tx Tx, of []any, place string) (last string, err error) {
	ids, err := queryAll(ctx, tx, scanText, `SELECT external_id FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND deleted_at IS NULL
		AND external_id > $4 ORDER BY external_id LIMIT $5`, append(of, place, deletionSlice)...)
	if err != nil || len(ids) == 0 {
		return "", err
	}
	last = ids[len(ids)-1]
	_, err = tx.Exec(ctx, `INSERT INTO absences (organization_id, connection_id, model, external_id, noted_at, state)
		SELECT organization_id, connection_id, model, external_id, CAST($4 AS BIGINT), CAST($5 AS TEXT) FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3
			AND deleted_at IS NULL AND external_id > $6 AND external_id <= $7
		ON CONFLICT (organization_id, connection_id, model, external_id) DO UPDATE SET state = excluded.state`,
		append(of, micros(s.clock()), string(AbsenceApproved), place, last)...)
	return last, err
}

// MappingChecked keeps the mapping of a connection as the CRM spells it, or what it says is not there, unless another one was set
// since. Its error may be one of RenewLease's.
func (s *Store) MappingChecked(ctx context.Context, sched Schedule, of time.Time, m hub.Mapping, failed string) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx Tx) error {
		if _, err := holdLease(ctx, tx, sched); err != nil {
			return err
		}
		if failed != "" {
			_, err := tx.Exec(ctx, `UPDATE mappings SET failed = $4 WHERE organization_id = $1 AND connection_id = $2 AND updated_at = $3`, sched.OrganizationID, sched.ConnectionID, micros(of), failed)
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE mappings SET mapping = $4, checked_at = $5, failed = '' WHERE organization_id = $1 AND connection_id = $2 AND updated_at = $3`,
			sched.OrganizationID, sched.ConnectionID, micros(of), string(text), micros(s.clock()))
		return err
	})
}

// mappingNotes say that a mapping is not checked yet, where it is not.
func mappingNotes(ctx context.Context, q database.Querier, organization, connection string) ([]string, error) {
	failed, err := queryAll(ctx, q, scanText, `SELECT failed FROM mappings WHERE organization_id = $1 AND connection_id = $2 AND checked_at IS NULL`, organization, connection)
	if err != nil || len(failed) == 0 {
		return nil, err
	}
	if failed[0] != "" {
		return []string{"Its mapping cannot be read by: " + failed[0] + "."}, nil
	}
	return []string{"Its mapping is not checked yet, as the CRM could not be asked when it was put: it is checked before the next run."}, nil
}
