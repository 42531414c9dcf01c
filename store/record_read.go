package store

import (
	"context"
	"fmt"

	"sirocco/hub"
)

// ofLiveConnection keeps the rows of a deleted connection out of every answer until they are purged.
const ofLiveConnection = ` AND EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = records.organization_id AND c.id = records.connection_id)`

// Record returns one record of the organization by our id; a deleted one is hub.ErrNotFound.
func (s *Store) Record(ctx context.Context, organization string, model hub.Model, id string) (Record, error) {
	r, err := one(ctx, s.db, scanRecord, `SELECT `+recordColumns+` FROM records
		WHERE organization_id = $1 AND model = $2 AND id = $3 AND deleted_at IS NULL`+ofLiveConnection, organization, string(model), id)
	return r, s.db.classify(err)
}

// RecordFilter chooses records for a list. Empty fields choose all.
type RecordFilter struct {
	Model        hub.Model
	ConnectionID string
	ExternalID   string
	// After is the id of the last record already seen.
	After string
	Limit int
	// WithDeleted lists deleted records too.
	WithDeleted bool
}

// Records lists records of the organization, oldest first.
func (s *Store) Records(ctx context.Context, organization string, f RecordFilter) ([]Record, error) {
	query := `SELECT ` + recordColumns + ` FROM records WHERE organization_id = $1 AND model = $2 AND id > $3`
	args := []any{organization, string(f.Model), f.After, f.Limit}
	and := func(condition string, value any) {
		args = append(args, value)
		query += fmt.Sprintf(" AND "+condition, len(args))
	}
	if f.ConnectionID != "" {
		and("connection_id = $%d", f.ConnectionID)
	}
	if f.ExternalID != "" {
		and("external_id = $%d", f.ExternalID)
	}
	if !f.WithDeleted {
		query += " AND deleted_at IS NULL"
	}
	rs, err := many(ctx, s.db, scanRecord, query+ofLiveConnection+` ORDER BY id LIMIT $4`, args...)
	return rs, s.db.classify(err)
}
