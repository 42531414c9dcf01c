package engine

import (
	"context"

	"sirocco/hub"
)

// complete gives records what is kept of those parts of them that may not be read, and the owners whom the CRM tells by a name alone that
// it no longer lists. Before it asks for what is kept it waits until that is ready.
func (e *Engine) complete(ctx context.Context, organization, connection string, records []hub.Record, ready func(context.Context) error) error {
	unread, names := map[hub.Model][]string{}, []string(nil)
	for i := range records {
		r := &records[i]
		if r.Unread != 0 && !r.Deleted {
			unread[r.Model] = append(unread[r.Model], r.ExternalID)
		}
		if r.OwnerName != "" {
			names = append(names, r.OwnerName)
		}
	}
	if len(unread) == 0 && len(names) == 0 {
		return nil
	}
	if err := ready(ctx); err != nil {
		return err
	}
	for model, ids := range unread {
		known, err := e.Store.Kept(ctx, organization, connection, model, nil, ids)
		if err != nil {
			return err
		}
		for i := range records {
			for k := range known {
				if r := &records[i]; r.Model == model && r.ExternalID == known[k].ExternalID {
					r.Keep(&known[k])
				}
			}
		}
	}
	owners, err := e.Store.CRMUsersNamed(ctx, organization, connection, names)
	if err != nil {
		return err
	}
	for i := range records {
		if r := &records[i]; r.Refs.Owner == "" && r.OwnerName != "" {
			r.Refs.Owner = owners[r.OwnerName]
		}
	}
	return nil
}

// pageBefore returns what waits until the page before is in.
func (j *syncJob) pageBefore() func(context.Context) error {
	before := j.uncommitted
	return func(ctx context.Context) error {
		if before == nil {
			return nil
		}
		select {
		case <-before:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// kept returns what tells a connector of what is kept of a model's records and of what comes with them, once the page before is
// in.
func (j *syncJob) kept(info hub.ModelInfo) func(ctx context.Context, externalIDs []string) ([]hub.Record, error) {
	ready := j.pageBefore()
	return func(ctx context.Context, externalIDs []string) ([]hub.Record, error) {
		if err := ready(ctx); err != nil {
			return nil, err
		}
		return j.engine.Store.Kept(ctx, j.conn.OrganizationID, j.conn.ID, info.Model, info.Also, externalIDs)
	}
}
