package store

import (
	"context"
	"time"

	"sirocco/hub"
)

// deleteAbsentChildren deletes the children that the page's records no longer have.
func deleteAbsentChildren(ctx context.Context, tx Tx, c hub.Connection, page PageCommit, child hub.Model, now time.Time) (int, error) {
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
	return deleteChildren(ctx, tx, c, page.State.Model, child, parents, present, now)
}

// deleteChildren deletes the records of a model that refer to one of the parents, except those to keep.
func deleteChildren(ctx context.Context, tx Tx, c hub.Connection, parent, child hub.Model, parents []string, keep map[string]bool, now time.Time) (int, error) {
	if len(parents) == 0 {
		return 0, nil
	}
	in, arg := tx.Dialect().In("$4", parents)
	found, err := queryAll(ctx, tx, scanText, `SELECT external_id FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3
		AND `+refColumns[parent][0]+` `+in+` AND deleted_at IS NULL`, c.OrganizationID, c.ID, string(child), arg)
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
		AND external_id `+in, c.OrganizationID, c.ID, string(child), arg, micros(now))
	return int(n), err
}
