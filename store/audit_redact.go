package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"unicode/utf8"

	"sirocco/database"
)

const (
	// auditText is how many bytes of a text the audit log keeps, auditList how many items of a list.
	auditText = 256
	auditList = 50
	// auditMost is how many bytes the changes of one entry have at most: of more only the names are kept.
	auditMost = 16 << 10
)

// auditNever are the fields, by kind of object, of which the audit log notes only that they changed: what was said in a
// conversation, and what a CRM's record holds of people. It is never removed, so it must not be what outlives a deletion.
var auditNever = map[string]func(field string) bool{
	"recording": func(field string) bool { return field == "title" || field == "contactName" || field == "contactPhone" },
	"crmRecord": func(field string) bool {
		return field != "model" && field != "externalId" && field != "deleted" && field != "refersTo" && field != "startTime" && field != "endTime"
	},
}

// redacted is what the audit log keeps of changes to an object of a kind: no texts, no secrets, and nothing without bound.
func redacted(kind string, changes map[string]any) map[string]any {
	kept := make(map[string]any, len(changes))
	never := auditNever[kind]
	for field, value := range changes {
		switch text, isText := value.(string); {
		case never != nil && never(field):
			kept[field] = "changed"
		case isText && field == "url" && kind == endpointKind:
			kept[field] = hostOf(text)
		default:
			kept[field] = bounded(value)
		}
	}
	if text, err := json.Marshal(kept); err == nil && len(text) > auditMost {
		for field := range kept {
			kept[field] = "changed"
		}
	}
	return kept
}

// hostOf is a webhook URL as far as its host: its path and its query may be what its receiver knows its senders by.
func hostOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "a URL"
	}
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return u.Scheme + "://" + u.Host + "/..."
	}
	return u.Scheme + "://" + u.Host + u.Path
}

// bounded cuts long texts and lists. Each type that changes have is one that JSON reads back as it is here.
func bounded(value any) any {
	switch v := value.(type) {
	case string:
		if len(v) <= auditText {
			return v
		}
		cut := auditText
		for cut > 0 && !utf8.RuneStart(v[cut]) {
			cut--
		}
		return fmt.Sprintf("%s... (%d bytes)", v[:cut], len(v))
	case []string:
		all := make([]any, len(v))
		for i := range v {
			all[i] = v[i]
		}
		return bounded(all)
	case []any:
		kept := make([]any, 0, min(len(v), auditList+1))
		for i, item := range v {
			if i == auditList {
				return append(kept, fmt.Sprintf("and %d more", len(v)-i))
			}
			kept = append(kept, bounded(item))
		}
		return kept
	}
	return value
}

// redactAudit takes out of the audit log what earlier versions kept in it of texts and secrets. It is the one change
// that the log ever sees, and leaves it as append-only as it was.
func redactAudit(ctx context.Context, tx *sql.Tx, dialect database.Dialect) error {
	open, shut := []string{`DROP TRIGGER audit_not_updated`, `DROP TRIGGER audit_not_deleted`}, auditTriggers[database.SQLite]
	if dialect == database.PostgreSQL {
		open, shut = []string{`ALTER TABLE audit DISABLE TRIGGER audit_kept`}, []string{`ALTER TABLE audit ENABLE TRIGGER audit_kept`}
	}
	if err := executeAll(ctx, tx, open); err != nil {
		return err
	}
	for last := (auditRow{}); ; {
		slice, err := auditRows(ctx, tx, last)
		if err != nil {
			return err
		}
		if len(slice) == 0 {
			return executeAll(ctx, tx, shut)
		}
		for _, row := range slice {
			last = row
			var changes map[string]any
			if err := json.Unmarshal([]byte(row.changes), &changes); err != nil {
				return fmt.Errorf("changes of the audit entry %s: %w", row.id, err)
			}
			text, err := json.Marshal(redacted(row.kind, changes))
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `UPDATE audit SET changes = $3 WHERE organization_id = $1 AND id = $2 AND changes <> $3`, row.organization, row.id, string(text)); err != nil {
				return err
			}
		}
	}
}

func executeAll(ctx context.Context, tx *sql.Tx, statements []string) error {
	for _, statement := range statements {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

type auditRow struct{ organization, id, kind, changes string }

func auditRows(ctx context.Context, tx *sql.Tx, last auditRow) (slice []auditRow, err error) {
	rs, err := tx.QueryContext(ctx, `SELECT organization_id, id, object_kind, changes FROM audit WHERE (organization_id, id) > ($1, $2)
		ORDER BY organization_id, id LIMIT $3`, last.organization, last.id, fillSlice)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rs.Close()) }()
	for rs.Next() {
		var row auditRow
		if err := rs.Scan(&row.organization, &row.id, &row.kind, &row.changes); err != nil {
			return nil, err
		}
		slice = append(slice, row)
	}
	return slice, rs.Err()
}

// auditChanges is what an entry keeps of changes, as JSON.
func auditChanges(kind string, changes map[string]any) (string, error) {
	text, err := json.Marshal(redacted(kind, changes))
	return string(text), err
}
