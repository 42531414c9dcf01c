package store

import (
	"context"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// QuarantineFilter chooses what is in quarantine. Empty fields choose all.
type QuarantineFilter struct {
	ConnectionID string
	Model        hub.Model
	Reason       string
	// ID chooses one item.
	ID string
}

// QuarantineGroup is what connections hold in quarantine for one reason.
type QuarantineGroup struct {
	ConnectionID string
	Model        hub.Model
	Reason       string
	// Count is of the organization's first items alone, up to one more than CountsEnd over all groups.
	Count         int64
	First, Latest time.Time
}

// HeldItem is an item in quarantine, and the connection that holds it.
type HeldItem struct {
	Quarantined

	ConnectionID string
}

const (
	quarantineChosen = ` organization_id = $1 AND ($2 = '' OR connection_id = $2) AND ($3 = '' OR model = $3) AND ($4 = '' OR reason = $4) AND ($5 = '' OR id = $5)
		AND EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = quarantine.organization_id AND c.id = quarantine.connection_id)`
	quarantineGroupsQuery = `SELECT connection_id, model, reason, COUNT(*), MIN(created_at), MAX(created_at)
		FROM (SELECT connection_id, model, reason, created_at FROM quarantine WHERE` + quarantineChosen + ` LIMIT $6) AS few
		GROUP BY connection_id, model, reason ORDER BY COUNT(*) DESC, connection_id, model, reason LIMIT $7`
	quarantineItemsQuery = `SELECT connection_id, id, model, external_id, reason, raw, created_at FROM quarantine
		WHERE` + quarantineChosen + ` AND (connection_id, id) > ($6, $7) ORDER BY connection_id, id LIMIT $8`
)

func (f *QuarantineFilter) args(organization string) []any {
	return []any{organization, f.ConnectionID, string(f.Model), f.Reason, f.ID}
}

// quarantineGroupsMost bounds how many groups are told of.
const quarantineGroupsMost = 200

// QuarantineGroups groups what is chosen by connection, model and reason, the largest group first.
func (s *Store) QuarantineGroups(ctx context.Context, organization string, f QuarantineFilter) ([]QuarantineGroup, error) {
	return queryAll(ctx, s.db, func(r database.Row) (QuarantineGroup, error) {
		var g QuarantineGroup
		var first, latest int64
		err := r.Scan(&g.ConnectionID, &g.Model, &g.Reason, &g.Count, &first, &latest)
		g.First, g.Latest = fromMicros(first), fromMicros(latest)
		return g, err
	}, quarantineGroupsQuery, append(f.args(organization), CountsEnd+1, quarantineGroupsMost)...)
}

// QuarantineItems lists what is chosen, by connection and then oldest first, after the item of a connection.
func (s *Store) QuarantineItems(ctx context.Context, organization string, f QuarantineFilter, afterConnection, after string, limit int) ([]HeldItem, error) {
	return queryPage(ctx, s.db, func(r database.Row) (HeldItem, error) {
		var q HeldItem
		var created int64
		err := r.Scan(&q.ConnectionID, &q.ID, &q.Model, &q.ExternalID, &q.Reason, &q.Raw, &created)
		q.CreatedAt = fromMicros(created)
		return q, err
	}, quarantineItemsQuery, append(f.args(organization), afterConnection, after, limit)...)
}

// RetryQuarantined takes what is chosen out of the quarantine of one connection, which f must name, and plans to read it
// again, as RetryQuarantine does.
func (s *Store) RetryQuarantined(ctx context.Context, organization string, f QuarantineFilter) (retried int, err error) {
	return s.retryQuarantine(ctx, organization, f.ConnectionID, []QuarantineFilter{f})
}

// retryQuarantine takes what any of the filters chooses of a connection out of quarantine, and rewinds its models.
func (s *Store) retryQuarantine(ctx context.Context, organization, connection string, filters []QuarantineFilter) (retried int, err error) {
	err = s.write(ctx, func(tx Tx) error {
		retried = 0
		c, err := lockConnection(ctx, tx, organization, connection)
		if err != nil {
			return err
		}
		if err := requireActive(ctx, tx, c); err != nil {
			return err
		}
		for _, f := range filters {
			f.ConnectionID = c.ID
			n, err := rewindQuarantined(ctx, tx, c, f)
			if err != nil {
				return err
			}
			retried += n
		}
		if retried == 0 {
			return nil
		}
		if _, err := makeDue(ctx, tx, organization, c.ID, s.clock()); err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "retryQuarantine", "connection", c.ID, map[string]any{"retried": retried})
	})
	return retried, err
}

func rewindQuarantined(ctx context.Context, tx Tx, c hub.Connection, f QuarantineFilter) (n int, err error) {
	type found struct {
		model hub.Model
		n     int
		since int64
	}
	args := f.args(c.OrganizationID)
	all, err := queryAll(ctx, tx, func(r database.Row) (found, error) {
		var of found
		err := r.Scan(&of.model, &of.n, &of.since)
		return of, err
	}, `SELECT model, COUNT(*), MIN(COALESCE(found_since, 0)) FROM quarantine WHERE`+quarantineChosen+` GROUP BY model`, args...)
	if err != nil {
		return 0, err
	}
	for _, of := range all {
		to := time.Time{} // the very beginning
		if of.since != 0 {
			to = fromMicros(of.since)
		}
		if err := saveSyncStateRewind(ctx, tx, c, of.model, to); err != nil {
			return n, err
		}
		n += of.n
	}
	_, err = tx.Exec(ctx, `DELETE FROM quarantine WHERE`+quarantineChosen, args...)
	return n, err
}
