package store

import (
	"context"

	"sirocco/hub"
)

// OpportunitiesOf finds the opportunities of accounts and contacts, up to limit of each, oldest first. Keys of other
// models have none.
func (s *Store) OpportunitiesOf(ctx context.Context, organization string, keys []RecordKey, limit int) (map[RecordKey][]Record, error) {
	found := map[RecordKey][]Record{}
	for g, ids := range byPlace(keys) {
		if g.model != hub.ModelAccount && g.model != hub.ModelContact {
			continue
		}
		column := customerRef[g.model]
		in, arg := s.db.Dialect().In("$4", ids)
		all, err := queryAll(ctx, s.db, scanRecord, `SELECT `+recordColumns+` FROM (SELECT `+recordColumns+`, ROW_NUMBER() OVER (PARTITION BY `+column+` ORDER BY id) AS place
			FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND `+column+` `+in+` AND deleted_at IS NULL`+ofLiveConnection+`) AS ranked WHERE place <= $5 ORDER BY id`,
			organization, g.connection, string(hub.ModelOpportunity), arg, limit)
		if err != nil {
			return nil, err
		}
		for _, o := range all {
			of := o.Refs.Account
			if g.model == hub.ModelContact {
				of = o.Refs.Contact
			}
			k := RecordKey{g.connection, g.model, of}
			found[k] = append(found[k], o)
		}
	}
	return found, nil
}

// UsersOfOpportunities finds who is joined to opportunities, by opportunity. Keys of other models have none.
func (s *Store) UsersOfOpportunities(ctx context.Context, organization string, keys []RecordKey) (map[RecordKey][]Record, error) {
	found := map[RecordKey][]Record{}
	for g, ids := range byPlace(keys) {
		if g.model != hub.ModelOpportunity {
			continue
		}
		all, err := s.Joined(ctx, organization, g.connection, hub.ModelOpportunityUser, ids)
		if err != nil {
			return nil, err
		}
		for _, j := range all {
			k := RecordKey{g.connection, g.model, j.Refs.Opportunity}
			found[k] = append(found[k], j)
		}
	}
	return found, nil
}
