package store

import (
	"context"
	"maps"
	"slices"

	"sirocco/database"
	"sirocco/hub"
)

// LinkedCRM returns what the recording's link has to do with in the CRM; nil where it is not linked, or its
// connection is gone.
func (s *Store) LinkedCRM(ctx context.Context, r hub.Recording) (*hub.LinkedCRM, error) {
	crm, err := linkedCRM(ctx, s.db, r)
	return crm, err
}

// LinkedCRMs is LinkedCRM for many recordings of one organization, by recording.
func (s *Store) LinkedCRMs(ctx context.Context, organization string, rs []hub.Recording) (map[string]*hub.LinkedCRM, error) {
	crms, err := linkedCRMs(ctx, s.db, organization, rs)
	return crms, err
}

func linkedCRM(ctx context.Context, q database.Querier, r hub.Recording) (*hub.LinkedCRM, error) {
	crms, err := linkedCRMs(ctx, q, r.OrganizationID, []hub.Recording{r})
	return crms[r.ID], err
}

func linkedCRMs(ctx context.Context, q database.Querier, organization string, rs []hub.Recording) (map[string]*hub.LinkedCRM, error) {
	found := map[RecordKey]Record{}
	// The linked records themselves, what they and the others refer to, and what their opportunities refer to.
	about := make(map[string][]RecordKey, len(rs)) // by recording, in the order of the hops
	var keys []RecordKey
	beside, err := linkedBeside(ctx, q, organization, rs)
	if err != nil {
		return nil, err
	}
	for _, r := range rs {
		if !r.Linked() {
			continue
		}
		for _, ref := range append([]hub.RecordRef{{Model: r.Link.Model, ExternalID: r.Link.ExternalID}}, beside[r.ID]...) {
			about[r.ID] = append(about[r.ID], RecordKey{r.Link.ConnectionID, ref.Model, ref.ExternalID})
		}
		keys = append(keys, about[r.ID]...)
	}
	reached := map[string]int{} // how many of a recording's keys have been followed
	for hop := 0; hop < 3 && len(keys) > 0; hop++ {
		more, err := recordsByKey(ctx, q, organization, keys)
		if err != nil {
			return nil, err
		}
		if err := followContacts(ctx, q, organization, more); err != nil {
			return nil, err
		}
		maps.Copy(found, more)
		keys = keys[:0]
		for id, list := range about {
			for _, k := range list[reached[id]:] {
				if hop > 0 && k.Model != hub.ModelEngagement && k.Model != hub.ModelOpportunity {
					continue
				}
				next := refersTo(found[k])
				about[id] = append(about[id], next...)
				keys = append(keys, next...)
			}
			reached[id] = len(list)
		}
	}
	return showLinked(ctx, q, organization, rs, about, found)
}

// linkedBeside are the records that recordings are linked to besides the main one, by recording. Where a CRM has merged
// one since, it is the survivor; the main one itself follows when the merge comes.
func linkedBeside(ctx context.Context, q database.Querier, organization string, rs []hub.Recording) (map[string][]hub.RecordRef, error) {
	beside, named := map[string][]hub.RecordRef{}, map[recordPlace]map[string][]*string{}
	for _, r := range rs {
		also := slices.Clone(r.Link.Also)
		beside[r.ID] = also
		for i := range also {
			p := recordPlace{r.Link.ConnectionID, also[i].Model}
			if named[p] == nil {
				named[p] = map[string][]*string{}
			}
			named[p][also[i].ExternalID] = append(named[p][also[i].ExternalID], &also[i].ExternalID)
		}
	}
	for p, refs := range named {
		if err := resolveMerges(ctx, q, organization, p.connection, p.model, refs); err != nil {
			return nil, err
		}
	}
	return beside, nil
}

// refersTo are the keys of the records of a conversation that a record refers to.
func refersTo(rec Record) []RecordKey {
	var keys []RecordKey
	for _, ref := range []hub.RecordRef{
		{Model: hub.ModelOpportunity, ExternalID: rec.Refs.Opportunity}, {Model: hub.ModelAccount, ExternalID: rec.Refs.Account},
		{Model: hub.ModelContact, ExternalID: rec.Refs.Contact}, {Model: hub.ModelLead, ExternalID: rec.Refs.Lead},
	} {
		if ref.ExternalID != "" {
			keys = append(keys, RecordKey{rec.ConnectionID, ref.Model, ref.ExternalID})
		}
	}
	for _, contact := range rec.Details.OtherContacts {
		keys = append(keys, RecordKey{rec.ConnectionID, hub.ModelContact, contact})
	}
	return keys
}

// followContacts points the records' contacts after the first at the survivors of merges. The first, like all that has a
// column, follows when the merge comes.
func followContacts(ctx context.Context, q database.Querier, organization string, records map[RecordKey]Record) error {
	named := map[string]map[string][]*string{} // by connection
	for k, rec := range records {
		for i := range rec.Details.OtherContacts {
			if named[k.ConnectionID] == nil {
				named[k.ConnectionID] = map[string][]*string{}
			}
			contact := &rec.Details.OtherContacts[i]
			named[k.ConnectionID][*contact] = append(named[k.ConnectionID][*contact], contact)
		}
	}
	for connection, refs := range named {
		if err := resolveMerges(ctx, q, organization, connection, hub.ModelContact, refs); err != nil {
			return err
		}
	}
	return nil
}

// identityOf is how a record is told to clients.
func identityOf(rec Record) hub.CRMIdentity {
	return hub.CRMIdentity{Key: rec.ExternalID, ID: rec.ID, ExternalID: rec.ShownID()}
}

func showLinked(ctx context.Context, q database.Querier, organization string, rs []hub.Recording, about map[string][]RecordKey, found map[RecordKey]Record) (map[string]*hub.LinkedCRM, error) {
	shown := make(map[string]*hub.LinkedCRM, len(rs))
	for _, r := range rs {
		keys := about[r.ID]
		if len(keys) == 0 || found[keys[0]].ID == "" {
			continue
		}
		crm := &hub.LinkedCRM{ConnectionID: r.Link.ConnectionID}
		seen := map[string]bool{}
		put := func(to **hub.CRMIdentity, id hub.CRMIdentity) {
			if *to == nil { // the record itself and what it refers to come before what comes with another
				*to = &id
			}
		}
		for _, k := range nearestFirst(keys, found) {
			rec := found[k]
			if rec.ID == "" || seen[rec.ID] {
				continue
			}
			seen[rec.ID] = true
			id := identityOf(rec)
			switch k.Model {
			case hub.ModelEngagement:
				put(&crm.Engagement, id)
			case hub.ModelOpportunity:
				put(&crm.Opportunity, id)
			case hub.ModelAccount:
				put(&crm.Account, id)
			case hub.ModelLead:
				put(&crm.Lead, id)
			case hub.ModelContact:
				crm.Contacts = append(crm.Contacts, id)
			}
		}
		shown[r.ID] = crm
	}
	return shown, repsOf(ctx, q, organization, rs, shown)
}

// nearestFirst puts what the linked record itself refers to before what was named beside it.
func nearestFirst(keys []RecordKey, found map[RecordKey]Record) []RecordKey {
	return append(append(keys[:1:1], refersTo(found[keys[0]])...), keys[1:]...)
}

// repsOf tells of each recording's rep who they are in the CRM that it is linked to: the CRM users that are matched to
// whoever recorded, and nobody else.
func repsOf(ctx context.Context, q database.Querier, organization string, rs []hub.Recording, shown map[string]*hub.LinkedCRM) error {
	of := map[string][]RecordKey{} // by user
	var keys []RecordKey
	for _, r := range rs {
		if _, known := of[r.UserID]; known || shown[r.ID] == nil {
			continue
		}
		matched, err := crmUsersOf(ctx, q, organization, r.UserID)
		if err != nil {
			return err
		}
		of[r.UserID] = matched
		keys = append(keys, matched...)
	}
	found, err := recordsByKey(ctx, q, organization, keys)
	if err != nil {
		return err
	}
	for _, r := range rs {
		crm := shown[r.ID]
		if crm == nil {
			continue
		}
		for _, k := range of[r.UserID] {
			if rep := found[k]; k.ConnectionID == crm.ConnectionID && rep.ID != "" {
				crm.Users = append(crm.Users, identityOf(rep))
			}
		}
	}
	return nil
}
