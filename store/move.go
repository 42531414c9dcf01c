package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// refColumns is where records refer to a record of a model.
var refColumns = map[hub.Model][]string{
	hub.ModelAccount:        {"account_ref"},
	hub.ModelContact:        {"contact_ref"},
	hub.ModelLead:           {"lead_ref"},
	hub.ModelOpportunity:    {"opportunity_ref"},
	hub.ModelEngagement:     {"engagement_ref"},
	hub.ModelEngagementType: {"type_ref"},
	hub.ModelUser:           {"user_ref", "owner_ref"},
}

// moveSlice bounds how many references one transaction moves. What a merge leaves behind is noted in moves and follows in
// the background, a slice at a time: a record may be referred to by any number of others.
const moveSlice = 500

// referring is a place from which records of a model are referred to.
type referring struct {
	table, column, connection string
	// model is the column of the model of what is referred to; empty where the column is of one model.
	model string
	// also is what else changes of a row that comes to refer to another, with $7 as now.
	also string
}

// referrings are the places where a record of a model is referred to: by records, by recordings that are linked to it, and
// by what is or was on its way there.
func referrings(model hub.Model) []referring {
	var all []referring
	for _, column := range refColumns[model] {
		all = append(all, referring{table: "records", column: column, connection: "connection_id"})
	}
	return append(all,
		referring{table: "recordings", column: "link_external_id", connection: "link_connection_id", model: "link_model", also: `, updated_at = ` + nextVersion("$7")},
		referring{table: "deliveries", column: "external_id", connection: "connection_id", model: "model"})
}

// of is the condition that a row of the place refers to records of a connection. Its parameters are $1 to $3.
func (p referring) of() string {
	text := `organization_id = $1 AND ` + p.connection + ` = $2`
	if p.model == "" {
		return text + ` AND $3 <> ''`
	}
	return text + ` AND ` + p.model + ` = $3`
}

// followMerged makes what refers to one of the merged records refer to its survivor. What the database has of their merges
// counts, not what was asked for: it may have known better.
func followMerged(ctx context.Context, tx Tx, organization, connection string, model hub.Model, merged []string, now time.Time) error {
	left, err := moveReferences(ctx, tx, organization, connection, model, merged, now)
	if err != nil {
		return err
	}
	for _, id := range left {
		if _, err := tx.Exec(ctx, `INSERT INTO moves (organization_id, connection_id, model, external_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
			organization, connection, string(model), id); err != nil {
			return err
		}
	}
	return nil
}

// moveReferences moves a slice of the references to merged records to their survivors, and returns the records to which
// there may be more.
func moveReferences(ctx context.Context, tx Tx, organization, connection string, model hub.Model, merged []string, now time.Time) (left []string, err error) {
	merges, err := mergesFrom(ctx, tx, organization, connection, model, merged)
	if err != nil {
		return nil, err
	}
	survivors := map[string]string{}
	for _, id := range merged {
		if to, ok := merges.Survivor(id); ok && to != id {
			survivors[id] = to
		}
	}
	room := int64(moveSlice)
	for _, place := range referrings(model) {
		referred, err := referredTo(ctx, tx, place, organization, connection, model, slices.Sorted(maps.Keys(survivors)))
		if err != nil {
			return nil, err
		}
		from := map[string][]string{} // by survivor
		for _, id := range referred {
			from[survivors[id]] = append(from[survivors[id]], id)
		}
		for _, to := range slices.Sorted(maps.Keys(from)) {
			if room <= 0 {
				left = append(left, from[to]...)
				continue
			}
			moved, err := move(ctx, tx, place, organization, connection, model, from[to], to, room, now)
			if err != nil {
				return nil, fmt.Errorf("move references to %s: %w", to, err)
			}
			if room -= moved; room <= 0 {
				left = append(left, from[to]...)
			}
		}
	}
	slices.Sort(left)
	return slices.Compact(left), nil
}

// referredTo returns which of some records a place refers to.
func referredTo(ctx context.Context, tx Tx, place referring, organization, connection string, model hub.Model, ids []string) ([]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	values, arg := tx.Dialect().Values("$4", ids)
	return queryAll(ctx, tx, scanText, fmt.Sprintf(`SELECT v.value FROM %s WHERE EXISTS (SELECT 1 FROM %s WHERE %s AND %s = v.value)`, values, place.table, place.of(), place.column),
		organization, connection, string(model), arg)
}

// move makes up to most rows of a place that refer to some records refer to another, and returns how many. The recordings that
// show the records that refer count as changed.
func move(ctx context.Context, tx Tx, place referring, organization, connection string, model hub.Model, from []string, to string, most int64, now time.Time) (int64, error) {
	in, arg := tx.Dialect().In("$4", from)
	refers := place.of() + ` AND ` + place.column + ` ` + in
	query := `UPDATE ` + place.table + ` SET ` + place.column + ` = $5` + place.also + ` WHERE ` + tx.Dialect().RowsOf(place.table+` WHERE `+refers+` LIMIT $6`)
	args := []any{organization, connection, string(model), arg, to, most}
	if strings.Contains(place.also, "$7") {
		args = append(args, micros(now.Truncate(time.Millisecond)))
	}
	if place.table != "records" || !shownByRecordings(model) {
		return tx.Exec(ctx, query, args...)
	}
	type moved struct{ model, externalID string }
	all, err := queryAll(ctx, tx, func(r database.Row) (moved, error) {
		var m moved
		err := r.Scan(&m.model, &m.externalID)
		return m, err
	}, query+` RETURNING model, external_id`, args...)
	if err != nil {
		return 0, err
	}
	referring := map[hub.Model][]string{}
	for _, m := range all {
		referring[hub.Model(m.model)] = append(referring[hub.Model(m.model)], m.externalID)
	}
	for _, m := range slices.Sorted(maps.Keys(referring)) {
		if err := touchRecordings(ctx, tx, organization, connection, m, referring[m], now); err != nil {
			return 0, err
		}
	}
	return int64(len(all)), nil
}

// moveKey is a merged record that something refers to still.
type moveKey struct{ organization, connection, model, externalID string }

func scanMoveKey(r database.Row) (moveKey, error) {
	var k moveKey
	err := r.Scan(&k.organization, &k.connection, &k.model, &k.externalID)
	return k, err
}

// MoveReferences moves a slice of the references that merges left behind, and reports whether there are more.
func (s *Store) MoveReferences(ctx context.Context) (more bool, err error) {
	first, err := s.moving.next(func(after moveKey) (moveKey, error) {
		return queryOne(ctx, s.db, scanMoveKey, `SELECT organization_id, connection_id, model, external_id FROM moves WHERE (organization_id, connection_id, model, external_id) > ($1, $2, $3, $4)
			ORDER BY organization_id, connection_id, model, external_id LIMIT 1`, after.organization, after.connection, after.model, after.externalID)
	})
	if err != nil {
		return false, ignoreNotFound(err)
	}
	err = s.write(ctx, func(tx Tx) error {
		// The connection first, as whoever writes its records has it: a merge that is being made waits.
		if _, err := lockConnection(ctx, tx, first.organization, first.connection); err != nil && !errors.Is(err, hub.ErrNotFound) {
			return err
		}
		left, err := moveReferences(ctx, tx, first.organization, first.connection, hub.Model(first.model), []string{first.externalID}, s.clock().UTC())
		if err != nil || len(left) > 0 {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM moves WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND external_id = $4`,
			first.organization, first.connection, first.model, first.externalID)
		return err
	})
	return err == nil, err
}
