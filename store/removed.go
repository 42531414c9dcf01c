package store

import (
	"context"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

const (
	// removeSlice bounds how many records one transaction of DeleteRemoved deletes.
	removeSlice = 250
	// removeLook bounds how many it looks at, at one time.
	removeLook = 1000
)

// DeleteRemoved soft-deletes the engagements pushed over a connection, named as in PushOver, that start within the two
// times, both included, and are not among the valid ones. It returns how many those were. It does so a slice at a time,
// between which others write: where it fails in the middle, the same again does the rest.
func (s *Store) DeleteRemoved(ctx context.Context, organization, over string, valid []string, from, to time.Time) (int, error) {
	if err := validSpan(from, to); err != nil {
		return 0, err
	}
	known := make(map[string]bool, len(valid))
	for _, id := range valid {
		known[id] = true
	}
	connection, _, err := s.removeEngagements(ctx, organization, over, nil, from, to)
	if err != nil {
		return 0, err
	}
	deleted := 0
	for place := (engagementPlace{start: micros(from)}); ; {
		page, err := s.engagementsFrom(ctx, organization, connection, place, to)
		if err != nil || len(page) == 0 {
			return deleted, err
		}
		place = page[len(page)-1]
		var gone []string
		for _, e := range page {
			if !known[e.externalID] {
				gone = append(gone, e.externalID)
			}
		}
		for len(gone) > 0 {
			slice := gone[:min(removeSlice, len(gone))]
			_, n, err := s.removeEngagements(ctx, organization, over, slice, from, to)
			if err != nil {
				return deleted, err
			}
			deleted, gone = deleted+n, gone[len(slice):]
		}
	}
}

// engagementPlace is an engagement in the order of their starts.
type engagementPlace struct {
	start      int64
	externalID string
}

// engagementsFrom returns the next living engagements after a place that start no later than to.
func (s *Store) engagementsFrom(ctx context.Context, organization, connection string, after engagementPlace, to time.Time) ([]engagementPlace, error) {
	return queryAll(ctx, s.db, func(r database.Row) (engagementPlace, error) {
		var e engagementPlace
		err := r.Scan(&e.start, &e.externalID)
		return e, err
	}, `SELECT start_time, external_id FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3
		AND start_time >= $4 AND start_time <= $5 AND (start_time > $4 OR external_id > $6) AND deleted_at IS NULL ORDER BY start_time, external_id LIMIT $7`,
		organization, connection, string(hub.ModelEngagement), after.start, micros(to), after.externalID, removeLook)
}

// removeEngagements deletes those of some engagements that still start within the times, in one transaction, and returns
// the connection and how many they were. Of none it only finds whether the connection may be pushed to.
func (s *Store) removeEngagements(ctx context.Context, organization, over string, ids []string, from, to time.Time) (connection string, deleted int, err error) {
	unlock, err := s.pushes.lock(ctx, organization)
	if err != nil {
		return "", 0, err
	}
	defer unlock()
	err = s.write(ctx, func(tx Tx) error {
		deleted = 0
		c, err := lockPushed(ctx, tx, organization, over)
		if err != nil {
			return err
		}
		if connection = c.ID; len(ids) == 0 {
			return nil
		}
		in, arg := tx.Dialect().In("$4", ids)
		removed, err := queryAll(ctx, tx, scanText, `UPDATE records SET deleted_at = $5, updated_at = $5 WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND external_id `+in+`
			AND start_time >= $6 AND start_time <= $7 AND deleted_at IS NULL RETURNING external_id`,
			organization, c.ID, string(hub.ModelEngagement), arg, micros(s.clock()), micros(from), micros(to))
		if err != nil || len(removed) == 0 {
			return err
		}
		gone := make([]hub.Record, len(removed))
		for i, id := range removed {
			gone[i] = hub.Record{Model: hub.ModelEngagement, ExternalID: id}
		}
		deleted = len(removed)
		if err := relinkWithout(ctx, tx, c, gone, s.clock()); err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "deleteRemoved", "connection", c.ID, map[string]any{
			"deleted": deleted, "fromTime": hub.WireTime(from), "toTime": hub.WireTime(to),
		})
	})
	return connection, deleted, err
}
