package organization

import (
	"errors"
	"slices"

	"sirocco/api/view"
	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// DeletedAnswer says that something was deleted.
type DeletedAnswer struct {
	Body bool
}

const recordsPath = "/v1/integrations"

// recordOperation is what the operations on one kind of record have in common.
func recordOperation(id, method, path, summary, tag string) wire.Operation {
	return wire.Operation{OperationID: id, Method: method, Path: recordsPath + path, Summary: summary, Tags: []string{tag}}
}

// record returns the record that a path names.
func (s *server) record(r *wire.Request, in *view.RecordPath, m hub.Model) (store.Record, error) {
	return wire.AtPath(r, (*wire.IDPath)(in), m.Noun(), func(organization string) (store.Record, error) { return s.Store.Record(r, organization, m, in.ID) })
}

// change changes the pushed record that a path names.
func (s *server) change(r *wire.Request, in *view.RecordPath, m hub.Model, change func(*hub.Record)) (store.Record, error) {
	return wire.AtPath(r, (*wire.IDPath)(in), m.Noun(), func(organization string) (store.Record, error) {
		return s.Store.ChangeRecord(r, organization, m, in.ID, change)
	})
}

func (s *server) deleteRecord(r *wire.Request, in *view.RecordPath, m hub.Model) (*DeletedAnswer, error) {
	if _, err := s.change(r, in, m, func(rec *hub.Record) { rec.Deleted = true }); err != nil {
		return nil, err
	}
	return &DeletedAnswer{Body: true}, nil
}

// list reads one page of a kind of record.
func (s *server) list(r *wire.Request, organization string, page wire.PageQuery, f store.RecordFilter) ([]store.Record, *string, error) {
	return wire.ReadPage(page, func(rec store.Record) string { return rec.ID }, func(after string, limit int) ([]store.Record, error) {
		f.After, f.Limit = after, limit
		return s.Store.Records(r, organization, f)
	})
}

// listRecords is one page of records of a model as show has them or, where the query names a recording, the one that it is
// linked to, if there is one and the query does not exclude it.
func listRecords[T any](s *server, r *wire.Request, in *RecordsQuery, m hub.Model, show func(r *wire.Request, organization string, found []store.Record) ([]T, error),
) ([]T, wire.PagedBody, error) {
	organization, err := r.Organization(in.OrganizationSelector)
	if err != nil {
		return nil, wire.PagedBody{}, err
	}
	var found []store.Record
	var cursor *string
	if in.RecordingID != "" {
		found, err = s.linkedTo(r, organization, in, m)
	} else {
		found, cursor, err = s.list(r, organization, in.page(), store.RecordFilter{Model: m, ExternalID: in.ExternalID, ConnectionID: in.Connection})
	}
	if err != nil {
		return nil, wire.PagedBody{}, err
	}
	shown, err := show(r, organization, found)
	return shown, wire.NewPagedBody(in.page(), cursor), err
}

// getRecord is the record of a model that a path names, as show has it.
func getRecord[T any](s *server, r *wire.Request, in *view.RecordPath, m hub.Model, show func(r *wire.Request, organization string, found []store.Record) ([]T, error),
) (T, error) {
	var none T
	found, err := s.record(r, in, m)
	if err != nil {
		return none, err
	}
	organization, err := r.Organization(in.OrganizationSelector)
	if err != nil {
		return none, err
	}
	shown, err := show(r, organization, []store.Record{found})
	if err != nil {
		return none, err
	}
	return shown[0], nil
}

// pushEach brings records of one model in as a customer pushes them, all or none, and shows them as they are then, in
// the order in which they came. add says what one of them asks for, and returns its external id.
func pushEach[B, T any](s *server, r *wire.Request, to PushTarget, m hub.Model, all []B, add func(p *patches, i int, pushed *B) string,
	show func(r *wire.Request, organization string, found []store.Record) ([]T, error),
) ([]T, error) {
	organization, err := r.Organization(to.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	p := s.newPatches(r, organization, to.Connection)
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = add(p, i, &all[i])
	}
	made, err := s.push(r, organization, to.Connection, p, m, ids)
	if err != nil {
		return nil, err
	}
	return show(r, organization, made)
}

// PushTarget is where a push goes.
type PushTarget struct {
	wire.OrganizationSelector
	Connection string `query:"integrationConnectionId" extension:"true" doc:"The connection that is pushed over, of a platform whose records are pushed; the SIRO_CUSTOM_INPUT one without it."`
}

// push brings patches in over a connection, named as in store.PushOver, and returns the records of a model with the
// external ids, in that order.
func (s *server) push(r *wire.Request, organization, over string, p *patches, m hub.Model, externalIDs []string) ([]store.Record, error) {
	if err := p.err(); err != nil {
		return nil, err
	}
	connection, err := s.Store.PushOver(r, organization, over, p.all)
	if err != nil {
		return nil, err
	}
	keys := make([]store.RecordKey, len(externalIDs))
	for i, id := range externalIDs {
		keys[i] = store.RecordKey{ConnectionID: connection, Model: m, ExternalID: id}
	}
	found, err := s.Store.RecordsByKey(r, organization, keys, store.DeletedToo)
	if err != nil {
		return nil, err
	}
	records := make([]store.Record, len(keys))
	for i, key := range keys {
		records[i] = found[key]
	}
	return records, nil
}

// newPatches is an empty push of the organization over a connection, named as in store.PushOver.
func (s *server) newPatches(r *wire.Request, organization, over string) *patches {
	return &patches{resolve: func(m hub.Model, id string) (string, error) { return s.Store.PushedID(r, organization, over, m, id) }}
}

// related is what records refer to, read once for a whole page.
type related struct {
	found map[store.RecordKey]store.Record
	// joined are the users of each opportunity or engagement, by connection and external id.
	joined map[store.RecordKey][]store.Record
	// recordings are the ids of the latest recordings of the opportunities or engagements themselves.
	recordings map[store.RecordKey]store.RecordRecordings
}

// relate reads what the records refer to. join is the model of their users, or empty.
func (s *server) relate(r *wire.Request, organization string, records []store.Record, join hub.Model) (*related, error) {
	rel := &related{joined: map[store.RecordKey][]store.Record{}}
	var keys []store.RecordKey
	of := map[string][]string{}
	for _, rec := range records {
		keys = append(keys,
			store.RecordKey{ConnectionID: rec.ConnectionID, Model: hub.ModelAccount, ExternalID: rec.Refs.Account},
			store.RecordKey{ConnectionID: rec.ConnectionID, Model: hub.ModelOpportunity, ExternalID: rec.Refs.Opportunity},
			store.RecordKey{ConnectionID: rec.ConnectionID, Model: hub.ModelEngagement, ExternalID: rec.Refs.Engagement},
			store.RecordKey{ConnectionID: rec.ConnectionID, Model: hub.ModelEngagementType, ExternalID: rec.Refs.EngagementType},
			store.RecordKey{ConnectionID: rec.ConnectionID, Model: hub.ModelUser, ExternalID: rec.Refs.User},
			store.RecordKey{ConnectionID: rec.ConnectionID, Model: hub.ModelUser, ExternalID: rec.Refs.Owner})
		if !rec.Deleted { // a push answers with the deleted, too, who have no users
			of[rec.ConnectionID] = append(of[rec.ConnectionID], rec.ExternalID)
		}
	}
	if join != "" {
		own := make([]store.RecordKey, len(records))
		for i, rec := range records {
			own[i] = store.RecordKey{ConnectionID: rec.ConnectionID, Model: rec.Model, ExternalID: rec.ExternalID}
		}
		var err error
		if rel.recordings, err = s.Store.RecordingsOf(r, organization, own); err != nil {
			return nil, err
		}
		for connection, ids := range of {
			all, err := s.Store.Joined(r, organization, connection, join, ids)
			if err != nil {
				return nil, err
			}
			for _, j := range all {
				model, ref := hub.ModelEngagement, j.Refs.Engagement
				if join == hub.ModelOpportunityUser {
					model, ref = hub.ModelOpportunity, j.Refs.Opportunity
				}
				key := store.RecordKey{ConnectionID: connection, Model: model, ExternalID: ref}
				rel.joined[key] = append(rel.joined[key], j)
				keys = append(keys, key, store.RecordKey{ConnectionID: connection, Model: hub.ModelUser, ExternalID: j.Refs.User})
			}
		}
	}
	var err error
	rel.found, err = s.Store.RecordsByKey(r, organization, keys)
	return rel, err
}

// linkedTo finds the record of a model that the recording of the query has to do with, unless the query excludes it.
func (s *server) linkedTo(r *wire.Request, organization string, in *RecordsQuery, m hub.Model) ([]store.Record, error) {
	if !hub.ValidID(in.RecordingID) {
		return nil, nil
	}
	rec, err := s.Store.RecordingHead(r, organization, in.RecordingID)
	if errors.Is(err, hub.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	crm, err := s.Store.LinkedCRM(r, rec)
	if err != nil || crm == nil {
		return nil, err
	}
	id := crm.Engagement
	if m == hub.ModelOpportunity {
		id = crm.Opportunity
	}
	if id == nil || in.ExternalID != "" && in.ExternalID != id.ExternalID && in.ExternalID != id.Key || in.Connection != "" && in.Connection != crm.ConnectionID {
		return nil, nil
	}
	found, err := s.Store.Record(r, organization, m, id.ID)
	return []store.Record{found}, err
}

func (rel *related) id(rec store.Record, m hub.Model, externalID string) string {
	return rel.found[store.RecordKey{ConnectionID: rec.ConnectionID, Model: m, ExternalID: externalID}].ID
}

// users are those of an opportunity or engagement: whom its CRM joined to it, and who owns it there. One that is deleted has none.
func (rel *related) users(rec store.Record) []store.Record {
	if rec.Deleted {
		return nil
	}
	joined := rel.joined[store.RecordKey{ConnectionID: rec.ConnectionID, Model: rec.Model, ExternalID: rec.ExternalID}]
	owner, ok := rel.found[store.RecordKey{ConnectionID: rec.ConnectionID, Model: hub.ModelUser, ExternalID: rec.Refs.Owner}]
	if !ok || slices.ContainsFunc(joined, func(j store.Record) bool { return j.Refs.User == rec.Refs.Owner }) {
		return joined
	}
	own := store.Record{ID: hub.OwnershipID(rec.ID, owner.ID), ConnectionID: rec.ConnectionID, CreatedAt: rec.CreatedAt, UpdatedAt: rec.UpdatedAt}
	own.Name, own.Refs.User = owner.Name, owner.ExternalID
	if rec.Model == hub.ModelOpportunity {
		own.Refs.Opportunity = rec.ExternalID
	} else {
		own.Refs.Engagement = rec.ExternalID
	}
	rel.found[store.RecordKey{ConnectionID: rec.ConnectionID, Model: rec.Model, ExternalID: rec.ExternalID}] = rec
	return append(slices.Clip(joined), own)
}

func (rel *related) account(rec store.Record) (store.Record, bool) {
	a, ok := rel.found[store.RecordKey{ConnectionID: rec.ConnectionID, Model: hub.ModelAccount, ExternalID: rec.Refs.Account}]
	return a, ok
}
