package store

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"sirocco/database"
	"sirocco/hub"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrations are those of the store's tables: files, and functions for what one SQL text for both dialects cannot say.
func migrations(clock hub.Clock) database.Migrations {
	files, _ := fs.Sub(migrationFiles, "migrations") // fails for names that are no paths
	return database.Migrations{Files: files, Funcs: map[int64]func(context.Context, *sql.Tx, database.Dialect) error{
		7: makeAuditAppendOnly,
		8: func(ctx context.Context, tx *sql.Tx, _ database.Dialect) error { return fillUserKeys(ctx, tx) },
		10: func(ctx context.Context, tx *sql.Tx, _ database.Dialect) error {
			return reshapeRecords(ctx, tx, clock())
		},
		20: redactAudit,
		21: func(ctx context.Context, tx *sql.Tx, _ database.Dialect) error { return splitAnalyses(ctx, tx) },
		34: func(ctx context.Context, tx *sql.Tx, _ database.Dialect) error { return fillPhoneKeys(ctx, tx) },
		39: prepareConsolePages,
		40: makeRecordContacts,
		43: makeScoreDays,
		48: countScoredByDay,
	}}
}

func makeAuditAppendOnly(ctx context.Context, tx *sql.Tx, dialect database.Dialect) error {
	for _, statement := range auditTriggers[dialect] {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// auditTriggers makes the database itself refuse to change or remove what the audit log has.
var auditTriggers = map[database.Dialect][]string{
	database.SQLite: {
		`CREATE TRIGGER audit_not_updated BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`,
		`CREATE TRIGGER audit_not_deleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`,
	},
	database.PostgreSQL: {
		`CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$`,
		`CREATE TRIGGER audit_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()`,
	},
}

// fillSlice is how many rows fillUserKeys reads at a time.
const fillSlice = 1000

// fillUserKeys notes what the CRM users that are already there are matched by.
func fillUserKeys(ctx context.Context, tx *sql.Tx) error {
	for last := (userRow{}); ; {
		slice, err := userRows(ctx, tx, last)
		if err != nil || len(slice) == 0 {
			return err
		}
		for _, u := range slice {
			last = u
			r := hub.Record{Name: u.name}
			if err := json.Unmarshal([]byte(u.details), &r.Details); err != nil {
				return fmt.Errorf("details of CRM user %s of connection %s: %w", u.externalID, u.connection, err)
			}
			email, name := r.UserKeys()
			if _, err := tx.ExecContext(ctx, userKeysUpsert, u.organization, u.connection, u.externalID, optional(email), optional(name)); err != nil {
				return err
			}
		}
	}
}

type userRow struct{ organization, connection, externalID, name, details string }

func userRows(ctx context.Context, tx *sql.Tx, last userRow) (slice []userRow, err error) {
	rs, err := tx.QueryContext(ctx, `SELECT organization_id, connection_id, external_id, name, details FROM records WHERE model = 'USER'
		AND (organization_id, connection_id, external_id) > ($1, $2, $3) ORDER BY organization_id, connection_id, external_id LIMIT $4`,
		last.organization, last.connection, last.externalID, fillSlice)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rs.Close()) }()
	for rs.Next() {
		var u userRow
		if err := rs.Scan(&u.organization, &u.connection, &u.externalID, &u.name, &u.details); err != nil {
			return nil, err
		}
		slice = append(slice, u)
	}
	return slice, rs.Err()
}
