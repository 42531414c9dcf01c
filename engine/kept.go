package engine

import (
	"context"

	"sirocco/hub"
)

// kept returns what tells a connector of what is kept of a model's records and of what comes with them; nil for a model with
// which nothing comes.
func (j *syncJob) kept(info hub.ModelInfo) func(ctx context.Context, externalIDs []string) ([]hub.Record, error) {
	if len(info.Also) == 0 {
		return nil
	}
	return func(ctx context.Context, externalIDs []string) ([]hub.Record, error) {
		return j.engine.Store.Kept(ctx, j.conn.OrganizationID, j.conn.ID, info.Model, info.Also, externalIDs)
	}
}
