package store

import (
	"context"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// RecordingFilter chooses recordings of an organization. Empty fields choose all.
type RecordingFilter struct {
	CreatedAfter, CreatedBefore time.Time
	// UpdatedFrom is included, UpdatedBefore is not.
	UpdatedFrom, UpdatedBefore time.Time
	// Processed chooses those whose analysis is there, or is not.
	Processed []bool
	// WithDeleted lists deleted recordings too.
	WithDeleted bool
	After       ListPlace
	Limit       int
}

// Recordings lists the organization's recordings, those that changed last at the end: who reads to the end and goes
// on from there misses nothing.
func (s *Store) Recordings(ctx context.Context, organization string, f RecordingFilter) ([]hub.Recording, error) {
	c := conditions{args: []any{organization}}
	for _, bound := range []struct {
		condition string
		at        time.Time
	}{
		{"created_at > %s", f.CreatedAfter}, {"created_at < %s", f.CreatedBefore},
		{"updated_at >= %s", f.UpdatedFrom}, {"updated_at < %s", f.UpdatedBefore},
	} {
		if !bound.at.IsZero() {
			c.and(bound.condition, micros(bound.at))
		}
	}
	for _, processed := range f.Processed {
		if processed {
			c.text += " AND processed_at IS NOT NULL"
		} else {
			c.text += " AND processed_at IS NULL"
		}
	}
	if !f.WithDeleted {
		c.text += " AND deleted_at IS NULL"
	}
	if f.After.ID != "" {
		c.and("(updated_at, id) > (%s, %s)", micros(f.After.At), f.After.ID)
	}
	return queryAll(ctx, s.db, scanRecording, `SELECT `+recordingColumns+` FROM recordings WHERE organization_id = $1`+c.text+
		` ORDER BY updated_at, id LIMIT `+c.arg(f.Limit), c.args...)
}

// SeenRecordingFilter chooses recordings that a user sees. Empty fields choose all.
type SeenRecordingFilter struct {
	By               hub.Viewer
	ConversationType string
	Result           hub.RecordingResult
	TeamID           string
	// From and Until bound StartedAt; both are excluded.
	From, Until time.Time
	Unlinked    bool
	// Ascending lists the oldest first.
	Ascending bool
	After     ListPlace
	Limit     int
}

// SeenRecordings lists the recordings that a user sees, by when they began.
func (s *Store) SeenRecordings(ctx context.Context, organization string, f SeenRecordingFilter) ([]hub.Recording, error) {
	c := conditions{args: []any{organization}}
	c.visibleTo(s.db, f.By)
	for _, equal := range []struct{ column, value string }{
		{"r.conversation_type", f.ConversationType}, {"r.result", string(f.Result)}, {"r.team_id", f.TeamID},
	} {
		if equal.value != "" {
			c.and(equal.column+" = %s", equal.value)
		}
	}
	if !f.From.IsZero() {
		c.and("r.started_at > %s", micros(f.From))
	}
	if !f.Until.IsZero() {
		c.and("r.started_at < %s", micros(f.Until))
	}
	if f.Unlinked {
		c.text += " AND r.link_external_id IS NULL"
	}
	beyond, direction := "<", " DESC"
	if f.Ascending {
		beyond, direction = ">", ""
	}
	if f.After.ID != "" {
		c.and("(r.started_at, r.id) "+beyond+" (%s, %s)", micros(f.After.At), f.After.ID)
	}
	return queryAll(ctx, s.db, scanRecording, `SELECT `+recordingColumns+` FROM recordings r WHERE r.organization_id = $1 AND r.deleted_at IS NULL`+c.text+
		` ORDER BY r.started_at`+direction+`, r.id`+direction+` LIMIT `+c.arg(f.Limit), c.args...)
}

// RecordingsOf finds for each CRM record the latest recording that is linked to it; for an opportunity also one that
// is linked to an engagement of it.
func (s *Store) RecordingsOf(ctx context.Context, organization string, keys []RecordKey) (map[RecordKey]string, error) {
	found := make(map[RecordKey]string, len(keys))
	type group struct {
		connection string
		model      hub.Model
	}
	groups := map[group][]string{}
	for _, k := range keys {
		g := group{k.ConnectionID, k.Model}
		groups[g] = append(groups[g], k.ExternalID)
	}
	for g, ids := range groups {
		in, arg := s.db.Dialect().In("$4", ids)
		look := func(query string) error {
			_, err := queryAll(ctx, s.db, func(r database.Row) (struct{}, error) {
				var externalID, id string
				err := r.Scan(&externalID, &id)
				k := RecordKey{g.connection, g.model, externalID}
				found[k] = max(found[k], id)
				return struct{}{}, err
			}, query, organization, g.connection, string(g.model), arg)
			return err
		}
		err := look(`SELECT link_external_id, MAX(id) FROM recordings WHERE organization_id = $1 AND link_connection_id = $2 AND link_model = $3
			AND link_external_id ` + in + ` AND deleted_at IS NULL GROUP BY link_external_id`)
		if err == nil && g.model == hub.ModelOpportunity {
			err = look(`SELECT e.opportunity_ref, MAX(r.id) FROM records e JOIN recordings r ON r.organization_id = e.organization_id
				AND r.link_connection_id = e.connection_id AND r.link_model = e.model AND r.link_external_id = e.external_id
				WHERE e.organization_id = $1 AND e.connection_id = $2 AND $3 = 'OPPORTUNITY' AND e.model = 'ENGAGEMENT'
				AND e.opportunity_ref ` + in + ` AND e.deleted_at IS NULL AND r.deleted_at IS NULL GROUP BY e.opportunity_ref`)
		}
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// RecordingsByID finds recordings of the organization that are not deleted.
func (s *Store) RecordingsByID(ctx context.Context, organization string, ids []string) ([]hub.Recording, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	in, arg := s.db.Dialect().In("$2", ids)
	return queryAll(ctx, s.db, scanRecording, `SELECT `+recordingColumns+` FROM recordings WHERE organization_id = $1 AND id `+in+` AND deleted_at IS NULL`, organization, arg)
}
