package engine

import (
	"context"

	"sirocco/hub"
)

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
