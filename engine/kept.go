package engine

import (
	"context"

	"sirocco/hub"
)

// keepUnread gives those records of a model of which not all may be read what is kept of them.
func keepUnread(ctx context.Context, model hub.Model, records []hub.Record, kept func(ctx context.Context, externalIDs []string) ([]hub.Record, error)) error {
	var unread []string
	for i := range records {
		if r := &records[i]; r.Model == model && r.Unread != 0 && !r.Deleted {
			unread = append(unread, r.ExternalID)
		}
	}
	if len(unread) == 0 {
		return nil
	}
	known, err := kept(ctx, unread)
	if err != nil {
		return err
	}
	for i := range records {
		for k := range known {
			if r := &records[i]; r.Model == model && known[k].Model == model && r.ExternalID == known[k].ExternalID {
				r.Keep(&known[k])
			}
		}
	}
	return nil
}

// kept returns what tells a connector of what is kept of a model's records and of what comes with them, once the page before is
// in.
func (j *syncJob) kept(info hub.ModelInfo) func(ctx context.Context, externalIDs []string) ([]hub.Record, error) {
	before := j.uncommitted
	return func(ctx context.Context, externalIDs []string) ([]hub.Record, error) {
		if before != nil {
			select {
			case <-before:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		return j.engine.Store.Kept(ctx, j.conn.OrganizationID, j.conn.ID, info.Model, info.Also, externalIDs)
	}
}
