package store

import (
	"context"
	"slices"
	"time"

	"sirocco/hub"
)

// Kept returns records of a model with these external ids, and those of other models that came with them and refer to them. What
// is deleted is not among them. What is in quarantine comes without its ModifiedAt: not all of it was read.
func (s *Store) Kept(ctx context.Context, organization, connection string, model hub.Model, with []hub.Model, externalIDs []string) ([]hub.Record, error) {
	if len(externalIDs) == 0 {
		return nil, nil
	}
	in, arg := s.db.Dialect().In("$4", externalIDs)
	kept, err := queryAll(ctx, s.db, scanRecord, `SELECT `+recordColumns+` FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3
		AND external_id `+in+` AND deleted_at IS NULL`, organization, connection, string(model), arg)
	if err != nil {
		return nil, err
	}
	for _, child := range with {
		children, err := queryAll(ctx, s.db, scanRecord, `SELECT `+recordColumns+` FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3
			AND `+refColumns[model][0]+` `+in+` AND deleted_at IS NULL`, organization, connection, string(child), arg)
		if err != nil {
			return nil, err
		}
		kept = append(kept, children...)
	}
	in, arg = s.db.Dialect().In("$4", fingerprints(externalIDs))
	aside, err := queryAll(ctx, s.db, scanText, `SELECT external_id FROM quarantine WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND fingerprint `+in,
		organization, connection, string(model), arg)
	if err != nil {
		return nil, err
	}
	records := make([]hub.Record, len(kept))
	for i := range kept {
		records[i] = kept[i].Record
		if records[i].Model == model && slices.Contains(aside, records[i].ExternalID) {
			records[i].ModifiedAt = time.Time{}
		}
	}
	return records, nil
}
