package store

import (
	"context"
	"encoding/json"

	"sirocco/database"
	"sirocco/hub"
)

// gates say which of what rarely goes with records is there at all: what is not is not looked for, which would take a round
// trip for each of them with every page. They are asked by whoever holds the connection's row, and hold until the transaction
// ends: records, absences, the quarantine and the totals of runs are written by nobody else. Recordings may be linked
// meanwhile, as they may between any question about them and the commit.
type gates struct {
	// merged says that records of the connection are merged into others. A write that merges some opens it itself.
	merged bool
	// recorded says that the organization has recordings, linked that some are linked to records of the connection.
	recorded, linked bool
	// absent says that some records are absent, quarantined that items of the model are in quarantine.
	absent, quarantined bool
	// linkedBefore says that links of the organization over connections that are gone wait for another connection.
	linkedBefore bool
	// disabled says that the organization is disabled.
	disabled bool
	// totals are what the run has done so far of each model; nil where there is no run.
	totals ModelTotals
}

// madeAll reports whether each record of the model that the run has met was made by it.
func (g *gates) madeAll(model hub.Model) bool {
	met := g.totals[model]
	return g.totals != nil && met.Updated+met.Unchanged == 0
}

const gatesQuery = `SELECT
	EXISTS (SELECT 1 FROM records WHERE organization_id = $1 AND connection_id = $2 AND merged_into IS NOT NULL),
	EXISTS (SELECT 1 FROM recordings WHERE organization_id = $1),
	EXISTS (SELECT 1 FROM recordings WHERE organization_id = $1 AND link_connection_id = $2),
	EXISTS (SELECT 1 FROM absences WHERE organization_id = $1 AND connection_id = $2),
	EXISTS (SELECT 1 FROM quarantine WHERE organization_id = $1 AND connection_id = $2 AND model = $3),
	EXISTS (SELECT 1 FROM links_before WHERE organization_id = $1),
	EXISTS (SELECT 1 FROM organizations WHERE id = $1 AND disabled = TRUE),
	(SELECT models FROM sync_runs WHERE organization_id = $1 AND connection_id = $2 AND id = $4)`

// askGates asks for the gates of a model and a run; what is asked with neither leaves theirs closed.
func askGates(ctx context.Context, tx Tx, organization, connection string, model hub.Model, run string) (*gates, error) {
	return queryOne(ctx, tx, func(r database.Row) (*gates, error) {
		var g gates
		var totals *string
		if err := r.Scan(&g.merged, &g.recorded, &g.linked, &g.absent, &g.quarantined, &g.linkedBefore, &g.disabled, &totals); err != nil || totals == nil {
			return &g, err
		}
		return &g, json.Unmarshal([]byte(*totals), &g.totals)
	}, gatesQuery, organization, connection, string(model), run)
}
