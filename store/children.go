package store

import (
	"context"
	"slices"
	"time"

	"sirocco/hub"
)

// goneChildren tells the children that the page's living records no longer have; those of deleted ones are deleted with them, and counted.
// Who is on a record, as a user, is what the record says now, and nobody has to decide on it: users who are not any more are deleted, too.
func goneChildren(ctx context.Context, tx Tx, c hub.Connection, page PageCommit, child hub.Model, now time.Time) (gone []string, deleted int, err error) {
	var living, dead []string
	present := map[string]bool{}
	for _, r := range page.Records {
		switch {
		case r.Model == page.State.Model && (r.Deleted || child == hub.ModelOpportunityUser || child == hub.ModelEngagementUser):
			dead = append(dead, r.ExternalID)
		case r.Model == page.State.Model:
			living = append(living, r.ExternalID)
		case r.Model == child:
			present[r.ExternalID] = true
		}
	}
	if deleted, err = deleteChildren(ctx, tx, c, page.State.Model, child, dead, present, now); err != nil {
		return nil, 0, err
	}
	gone, err = childrenBut(ctx, tx, c, page.State.Model, child, living, present)
	return gone, deleted, err
}

// childrenBut returns the living records of a model that refer to one of the parents, except those to keep.
func childrenBut(ctx context.Context, tx Tx, c hub.Connection, parent, child hub.Model, parents []string, keep map[string]bool) ([]string, error) {
	if len(parents) == 0 {
		return nil, nil
	}
	in, arg := tx.Dialect().In("$4", parents)
	found, err := queryAll(ctx, tx, scanText, `SELECT external_id FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3
		AND `+refColumns[parent][0]+` `+in+` AND deleted_at IS NULL`, c.OrganizationID, c.ID, string(child), arg)
	return slices.DeleteFunc(found, func(id string) bool { return keep[id] }), err
}

// deleteChildren deletes the records of a model that refer to one of the parents, except those to keep.
func deleteChildren(ctx context.Context, tx Tx, c hub.Connection, parent, child hub.Model, parents []string, keep map[string]bool, now time.Time) (int, error) {
	gone, err := childrenBut(ctx, tx, c, parent, child, parents, keep)
	if err != nil {
		return 0, err
	}
	if len(gone) == 0 {
		return 0, nil
	}
	in, arg := tx.Dialect().In("$4", gone)
	n, err := tx.Exec(ctx, `UPDATE records SET deleted_at = $5, updated_at = $5 WHERE organization_id = $1 AND connection_id = $2 AND model = $3
		AND external_id `+in, c.OrganizationID, c.ID, string(child), arg, micros(now))
	return int(n), err
}
