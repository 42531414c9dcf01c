package store

import (
	"context"
	"database/sql"

	"sirocco/database"
	"sirocco/hub"
)

// nameKey is what records are searched for by: the beginning of their name, in small letters, ordered by its bytes.
var nameKey = map[database.Dialect]string{
	database.SQLite:     `lower(substr(name, 1, 64))`,
	database.PostgreSQL: `lower(substr(name, 1, 64)) COLLATE "C"`,
}

// prepareConsolePages keeps the names of records in order, and makes the table of which recordings' words and audio have
// been opened in the console, in which session and when.
func prepareConsolePages(ctx context.Context, tx *sql.Tx, dialect database.Dialect) error {
	key := nameKey[dialect]
	if dialect == database.PostgreSQL {
		key = `(` + key + `)`
	}
	for _, statement := range []string{
		`CREATE INDEX records_by_name ON records (organization_id, model, ` + key + `, id) WHERE deleted_at IS NULL`,
		`CREATE TABLE console_openings (
			organization_id TEXT NOT NULL,
			recording_id    TEXT NOT NULL,
			session_id      TEXT NOT NULL,
			at              BIGINT NOT NULL,
			PRIMARY KEY (organization_id, recording_id, session_id))`,
		`CREATE INDEX console_openings_by_age ON console_openings (at)`,
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// recordsByNameQuery finds records of a model whose name begins in a way, by name, after a name and an id.
func recordsByNameQuery(dialect database.Dialect) string { return recordsByNameWhere(dialect, "") }

// recordsByNameWhere is recordsByNameQuery of those alone of which a condition holds, which begins with AND.
func recordsByNameWhere(dialect database.Dialect, condition string) string {
	key := nameKey[dialect]
	return `SELECT ` + recordColumns + ` FROM records WHERE organization_id = $1 AND model = $2 AND ` + key + ` >= lower($3) AND ` + key + ` < lower($3) || $4
		AND (` + key + `, id) > (lower(substr($5, 1, 64)), $6) AND ($7 = '' OR connection_id = $7) AND deleted_at IS NULL` + ofLiveConnection + condition + ` ORDER BY ` + key + `, id LIMIT $8`
}

// lastLetter is after whatever a name may go on with.
const lastLetter = "\U0010FFFF"

// RecordsByName finds the records of a model whose name begins so, whatever its case, by name, after a record, in one
// connection where it is not empty.
func (s *Store) RecordsByName(ctx context.Context, organization string, model hub.Model, begins, connection string, after *Record, limit int) ([]Record, error) {
	return s.recordsByName(ctx, recordsByNameQuery(s.db.Dialect()), organization, model, begins, connection, after, limit)
}

func (s *Store) recordsByName(ctx context.Context, query, organization string, model hub.Model, begins, connection string, after *Record, limit int) ([]Record, error) {
	if runes := []rune(begins); len(runes) > 64 {
		begins = string(runes[:64])
	}
	name, id := begins, "" // PostgreSQL begins to read there, and not where the other bound is
	if after != nil {
		name, id = after.Name, after.ID
	}
	return queryPage(ctx, s.db, scanRecord, query, organization, string(model), begins, lastLetter, name, id, connection, limit)
}

// referrers are the columns by which other records refer to one of a model.
var referrers = map[hub.Model][]string{
	hub.ModelAccount: {"account_ref"}, hub.ModelContact: {"contact_ref"}, hub.ModelLead: {"lead_ref"}, hub.ModelOpportunity: {"opportunity_ref"},
	hub.ModelEngagement: {"engagement_ref"}, hub.ModelEngagementType: {"type_ref"}, hub.ModelUser: {"owner_ref", "user_ref"},
}

func referrersQuery(column string) string {
	return `SELECT ` + recordColumns + ` FROM records WHERE organization_id = $1 AND connection_id = $2 AND ` + column + ` = $3 AND deleted_at IS NULL ORDER BY ` + column + `, id DESC LIMIT $4`
}

// RecordsReferringTo lists up to limit of the records that refer to one, by each of the ways in which that can be.
func (s *Store) RecordsReferringTo(ctx context.Context, organization string, to RecordKey, limit int) ([]Record, error) {
	var all []Record
	for _, column := range referrers[to.Model] {
		found, err := queryAll(ctx, s.db, scanRecord, referrersQuery(column), organization, to.ConnectionID, to.ExternalID, limit)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}
