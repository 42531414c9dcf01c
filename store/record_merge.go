package store

import (
	"context"
	"fmt"

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

// moveReferences makes every record that refers to from refer to its survivor to.
func moveReferences(ctx context.Context, tx Tx, organization, connection string, model hub.Model, from, to string) error {
	for _, column := range refColumns[model] {
		_, err := tx.Exec(ctx, fmt.Sprintf(`UPDATE records SET %[1]s = $4 WHERE organization_id = $1 AND connection_id = $2 AND %[1]s = $3`, column),
			organization, connection, from, to)
		if err != nil {
			return fmt.Errorf("move references from %s to %s: %w", from, to, err)
		}
	}
	return moveLinks(ctx, tx, organization, connection, model, from, to)
}

// moveLinks makes recordings that are linked to from, and what is or was on its way there, follow to the survivor.
func moveLinks(ctx context.Context, tx Tx, organization, connection string, model hub.Model, from, to string) error {
	_, err := tx.Exec(ctx, `UPDATE recordings SET link_external_id = $5
		WHERE organization_id = $1 AND link_connection_id = $2 AND link_model = $3 AND link_external_id = $4`, organization, connection, string(model), from, to)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE deliveries SET external_id = $5 WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND external_id = $4`,
		organization, connection, string(model), from, to)
	return err
}

// mergeHops bounds how long a chain of merges is followed.
const mergeHops = 8

// followMerges points the references of records that are about to be written at the survivors of merges
// already known: a CRM may go on naming the merged record for a while.
func followMerges(ctx context.Context, tx Tx, organization, connection string, records []hub.Record) error {
	byModel := map[hub.Model]map[string][]*string{}
	refer := func(model hub.Model, ref *string) {
		if *ref == "" {
			return
		}
		if byModel[model] == nil {
			byModel[model] = map[string][]*string{}
		}
		byModel[model][*ref] = append(byModel[model][*ref], ref)
	}
	for i := range records {
		refs := &records[i].Refs
		refer(hub.ModelAccount, &refs.Account)
		refer(hub.ModelContact, &refs.Contact)
		refer(hub.ModelLead, &refs.Lead)
		refer(hub.ModelOpportunity, &refs.Opportunity)
		refer(hub.ModelEngagement, &refs.Engagement)
	}
	for model, refs := range byModel {
		if err := resolveMerges(ctx, tx, organization, connection, model, refs); err != nil {
			return err
		}
	}
	return nil
}

// resolveMerges points references to records of a model, by the external id that they name, at the survivors of merges.
func resolveMerges(ctx context.Context, q database.Querier, organization, connection string, model hub.Model, refs map[string][]*string) error {
	for range mergeHops {
		moved, err := mergeTargets(ctx, q, organization, connection, model, refs)
		if err != nil || len(moved) == 0 {
			return err
		}
		for from, to := range moved {
			for _, ref := range refs[from] {
				*ref = to
			}
			refs[to] = append(refs[to], refs[from]...)
			delete(refs, from)
		}
	}
	return nil
}

// mergeTargets returns which of the external ids name merged records, and their survivors.
func mergeTargets(ctx context.Context, q database.Querier, organization, connection string, model hub.Model, refs map[string][]*string) (map[string]string, error) {
	ids := make([]string, 0, len(refs))
	for id := range refs {
		ids = append(ids, id)
	}
	type merge struct{ from, to string }
	scan := func(r database.Row) (merge, error) {
		var m merge
		err := r.Scan(&m.from, &m.to)
		return m, err
	}
	in, arg := q.Dialect().In("$4", ids)
	merges, err := queryAll(ctx, q, scan, `SELECT external_id, merged_into FROM records
		WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND merged_into IS NOT NULL AND external_id `+in,
		organization, connection, string(model), arg)
	if err != nil {
		return nil, err
	}
	moved := make(map[string]string, len(merges))
	for _, m := range merges {
		moved[m.from] = m.to
	}
	return moved, nil
}
