package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"sirocco/database"
	"sirocco/hub"
)

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
		refer(hub.ModelEngagementType, &refs.EngagementType)
		refer(hub.ModelUser, &refs.User)
		refer(hub.ModelUser, &refs.Owner)
		for j := range records[i].Details.OtherContacts {
			refer(hub.ModelContact, &records[i].Details.OtherContacts[j])
		}
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
	merges, err := mergesFrom(ctx, q, organization, connection, model, slices.Collect(maps.Keys(refs)))
	if err != nil {
		return err
	}
	for from := range merges {
		to, ok := merges.Survivor(from)
		if !ok {
			continue
		}
		for _, ref := range refs[from] {
			*ref = to
		}
	}
	return nil
}

// mergesFrom returns the merges of the records that the external ids name, and of those that they were merged into, to
// the end.
func mergesFrom(ctx context.Context, q database.Querier, organization, connection string, model hub.Model, ids []string) (hub.Merges, error) {
	type merge struct{ from, to string }
	scan := func(r database.Row) (merge, error) {
		var m merge
		err := r.Scan(&m.from, &m.to)
		return m, err
	}
	in, arg := q.Dialect().In("$4", ids)
	// CROSS JOIN, as SQLite takes the sides of one in their order: by its own it might look through all merges that there are.
	const merged = `records r WHERE r.organization_id = $1 AND r.connection_id = $2 AND r.model = $3 AND r.merged_into IS NOT NULL AND r.external_id `
	// UNION keeps each merge once, so that even a circle of them ends.
	found, err := queryAll(ctx, q, scan, `WITH RECURSIVE chain (from_id, to_id) AS (
		SELECT r.external_id, r.merged_into FROM `+merged+in+`
		UNION SELECT r.external_id, r.merged_into FROM chain CROSS JOIN `+merged+`= chain.to_id
	) SELECT from_id, to_id FROM chain`, organization, connection, string(model), arg)
	if err != nil {
		return nil, fmt.Errorf("follow merges of %s: %w", model, err)
	}
	merges := make(hub.Merges, len(found))
	for _, m := range found {
		merges[m.from] = m.to
	}
	return merges, nil
}

// mergedInCircles returns which of the records, all of them about to be written, would be merged into themselves by way
// of others, by their indices. What a record is about to say of its merge replaces what is known; among several whose
// merges make a circle it is the last.
func mergedInCircles(ctx context.Context, q database.Querier, organization, connection string, records []hub.Record) (circular []int, err error) {
	known := map[hub.Model]hub.Merges{}
	targets := map[hub.Model][]string{}
	for i := range records {
		if r := &records[i]; r.MergedInto != "" {
			targets[r.Model] = append(targets[r.Model], r.MergedInto)
		}
	}
	for model, ids := range targets {
		if known[model], err = mergesFrom(ctx, q, organization, connection, model, ids); err != nil {
			return nil, err
		}
	}
	if len(known) == 0 {
		return nil, nil
	}
	for i := range records {
		delete(known[records[i].Model], records[i].ExternalID)
	}
	for i := range records {
		if r := &records[i]; r.MergedInto != "" && known[r.Model].Refuse(r.ExternalID, r.MergedInto) {
			circular = append(circular, i)
		}
	}
	return circular, nil
}

// setCirclesAside takes records of a page that are merged in a circle out of it, for the quarantine.
func setCirclesAside(ctx context.Context, tx Tx, sched Schedule, page *PageCommit) error {
	circular, err := mergedInCircles(ctx, tx, sched.OrganizationID, sched.ConnectionID, page.Records)
	if err != nil || len(circular) == 0 {
		return err
	}
	kept, aside := []hub.Record{}, slices.Clone(page.Quarantined)
	for i := range page.Records {
		r := &page.Records[i]
		if !slices.Contains(circular, i) {
			kept = append(kept, *r)
			continue
		}
		raw, err := json.Marshal(r) //nolint:musttag // it is kept for people to look at
		if err != nil {
			return err
		}
		aside = append(aside, Quarantined{
			Model: r.Model, ExternalID: r.ExternalID, Reason: circleError("mergedInto", r).Error(), Raw: string(raw), FoundSince: page.State.Since,
		})
	}
	page.Records, page.Quarantined = kept, aside
	return nil
}

// circleError says of a field that it would merge the record into itself.
func circleError(field string, r *hub.Record) error {
	return hub.Invalid(field, fmt.Sprintf("merges %s into itself, by way of %s", hub.Quoted(r.ExternalID), hub.Quoted(r.MergedInto)),
		"another record of the same kind, which was not merged into this one")
}
