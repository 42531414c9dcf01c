package store

import (
	"context"
	"errors"

	"sirocco/hub"
)

// LinkedCRM returns what the recording's link has to do with in the CRM; nil where it is not linked, or its
// connection is gone.
func (s *Store) LinkedCRM(ctx context.Context, r hub.Recording) (*hub.LinkedCRM, error) {
	crm, err := linkedCRM(ctx, s.db, r)
	return crm, s.db.classify(err)
}

func linkedCRM(ctx context.Context, q querier, r hub.Recording) (*hub.LinkedCRM, error) {
	if !r.Linked() {
		return nil, nil
	}
	found := map[hub.RecordRef]Record{}
	look := func(ref hub.RecordRef) error {
		if ref.ExternalID == "" || found[ref].ID != "" {
			return nil
		}
		rec, err := one(ctx, q, scanRecord, `SELECT `+recordColumns+` FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3
			AND external_id = $4 AND deleted_at IS NULL`+ofLiveConnection, r.OrganizationID, r.Link.ConnectionID, string(ref.Model), ref.ExternalID)
		if errors.Is(err, hub.ErrNotFound) {
			return nil
		}
		found[ref] = rec
		return err
	}
	// The record itself, what it and the others refer to, and what its opportunity refers to.
	refs := append([]hub.RecordRef{{Model: r.Link.Model, ExternalID: r.Link.ExternalID}}, r.Link.Also...)
	seen := map[hub.RecordRef]bool{}
	for hop := 0; hop < 3 && len(refs) > 0; hop++ {
		var next []hub.RecordRef
		for _, ref := range refs {
			if seen[ref] {
				continue
			}
			seen[ref] = true
			if err := look(ref); err != nil {
				return nil, err
			}
			if ref.Model == hub.ModelEngagement || ref.Model == hub.ModelOpportunity || hop == 0 {
				to := found[ref].Refs
				next = append(next, hub.RecordRef{Model: hub.ModelOpportunity, ExternalID: to.Opportunity}, hub.RecordRef{Model: hub.ModelAccount, ExternalID: to.Account},
					hub.RecordRef{Model: hub.ModelContact, ExternalID: to.Contact}, hub.RecordRef{Model: hub.ModelLead, ExternalID: to.Lead})
			}
		}
		refs = next
	}
	return showLinked(ctx, q, r, found)
}

func showLinked(ctx context.Context, q querier, r hub.Recording, found map[hub.RecordRef]Record) (*hub.LinkedCRM, error) {
	main := found[hub.RecordRef{Model: r.Link.Model, ExternalID: r.Link.ExternalID}]
	if main.ID == "" {
		return nil, nil
	}
	crm := &hub.LinkedCRM{ConnectionID: r.Link.ConnectionID}
	put := func(to **hub.CRMIdentity, rec Record) {
		// The record itself and what it refers to go before what comes with another.
		if *to == nil || rec.ID == main.ID {
			*to = &hub.CRMIdentity{ID: rec.ID, ExternalID: rec.ExternalID}
		}
	}
	for ref, rec := range found {
		switch {
		case rec.ID == "":
		case ref.Model == hub.ModelEngagement:
			put(&crm.Engagement, rec)
		case ref.Model == hub.ModelOpportunity && (main.Refs.Opportunity == "" || rec.ExternalID == main.Refs.Opportunity || rec.ID == main.ID):
			put(&crm.Opportunity, rec)
		case ref.Model == hub.ModelAccount && (main.Refs.Account == "" || rec.ExternalID == main.Refs.Account || rec.ID == main.ID):
			put(&crm.Account, rec)
		case ref.Model == hub.ModelLead && (main.Refs.Lead == "" || rec.ExternalID == main.Refs.Lead || rec.ID == main.ID):
			put(&crm.Lead, rec)
		case ref.Model == hub.ModelContact:
			crm.Contacts = append(crm.Contacts, hub.CRMIdentity{ID: rec.ID, ExternalID: rec.ExternalID})
		}
	}
	users, err := linkedUsers(ctx, q, r, main)
	crm.Users = users
	return crm, err
}

// linkedUsersMost bounds how many CRM users of a linked record are told.
const linkedUsersMost = 100

// linkedUsers are the CRM users who own the record or are joined to it.
func linkedUsers(ctx context.Context, q querier, r hub.Recording, main Record) ([]hub.CRMIdentity, error) {
	join, column := hub.ModelEngagementUser, "engagement_ref"
	if main.Model == hub.ModelOpportunity {
		join, column = hub.ModelOpportunityUser, "opportunity_ref"
	}
	return many(ctx, q, func(rs rows) (hub.CRMIdentity, error) {
		var id hub.CRMIdentity
		err := rs.Scan(&id.ID, &id.ExternalID)
		return id, err
	}, `SELECT u.id, u.external_id FROM records u WHERE u.organization_id = $1 AND u.connection_id = $2 AND u.model = 'USER' AND u.deleted_at IS NULL
		AND (u.external_id = $3 OR u.external_id IN (SELECT j.user_ref FROM records j WHERE j.organization_id = $1 AND j.connection_id = $2
			AND j.`+column+` = $4 AND j.model = $5 AND j.deleted_at IS NULL)) ORDER BY u.id LIMIT $6`,
		r.OrganizationID, r.Link.ConnectionID, main.Refs.Owner, main.ExternalID, string(join), linkedUsersMost)
}
