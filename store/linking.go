package store

import (
	"context"
	"encoding/json"

	"sirocco/database"
	"sirocco/hub"
)

// Linking is how sure the rule must be to link a recording to an appointment of a connection, and what it left open.
type Linking struct {
	// Thresholds are the connection's own; one that is zero is the default.
	Thresholds hub.Thresholds
	// Offered is how many recordings wait for a person to say what they are of, where an appointment of this connection is
	// the most probable.
	Offered int64
}

// Linking returns how a connection's recordings are linked.
func (s *Store) Linking(ctx context.Context, organization, connection string) (Linking, error) {
	var l Linking
	text, err := queryOne(ctx, s.db, scanText, `SELECT link_thresholds FROM connections WHERE organization_id = $1 AND id = $2`, organization, connection)
	if err != nil {
		return l, err
	}
	if err := json.Unmarshal([]byte(text), &l.Thresholds); err != nil {
		return l, err
	}
	l.Offered, err = queryOne(ctx, s.db, scanCount, `SELECT COUNT(*) FROM recordings WHERE organization_id = $1 AND link_connection_id = $2 AND link_by = $3
		AND deleted_at IS NULL`, organization, connection, string(hub.Offered))
	return l, err
}

// SetThresholds sets a connection's own thresholds, and lets its recordings be looked at again: those of the last 90 days
// that may be linked otherwise. Thresholds that cannot be are a *hub.InvalidError.
func (s *Store) SetThresholds(ctx context.Context, organization, connection string, t hub.Thresholds) error {
	if err := t.Validate(); err != nil {
		return err
	}
	text, err := json.Marshal(t)
	if err != nil {
		return err
	}
	err = s.write(ctx, func(tx Tx) error {
		n, err := tx.Exec(ctx, `UPDATE connections SET link_thresholds = $3 WHERE organization_id = $1 AND id = $2`, organization, connection, string(text))
		if err := requireAffected(n, err, hub.ErrNotFound); err != nil {
			return err
		}
		now := s.clock()
		if err := requestRelink(ctx, tx, organization, now.Add(-relinkWindow), now.Add(hub.LongestRecording), now); err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "update", "connection", connection, map[string]any{"linkThresholds": t})
	})
	s.notify()
	return err
}

// thresholds are those of connections that have their own.
func (s *Store) thresholds(ctx context.Context, organization string) (map[string]hub.Thresholds, error) {
	type own struct {
		connection string
		thresholds hub.Thresholds
	}
	found, err := queryAll(ctx, s.db, func(r database.Row) (own, error) {
		var o own
		var text string
		if err := r.Scan(&o.connection, &text); err != nil {
			return o, err
		}
		return o, json.Unmarshal([]byte(text), &o.thresholds)
	}, `SELECT id, link_thresholds FROM connections WHERE organization_id = $1 AND link_thresholds <> '{}'`, organization)
	all := make(map[string]hub.Thresholds, len(found))
	for _, o := range found {
		all[o.connection] = o.thresholds
	}
	return all, err
}
