package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sirocco/database"
	"sirocco/hub"
)

type actorKey struct{}

// WithActor says who makes the changes that are made with the context.
func WithActor(ctx context.Context, a hub.Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// actorOf is who makes a change: Sirocco itself, unless somebody is named.
func actorOf(ctx context.Context) hub.Actor {
	if a, ok := ctx.Value(actorKey{}).(hub.Actor); ok {
		return a
	}
	return Sirocco()
}

// Sirocco is who makes the changes of the background.
func Sirocco() hub.Actor { return hub.Actor{Kind: hub.ActorSirocco, Name: "Sirocco"} }

// audit remembers a change within the transaction that makes it. changes has the new values of what changed;
// of texts and secrets only that they did is kept (see redacted).
func (s *Store) audit(ctx context.Context, tx Tx, organization, action, kind, id string, changes map[string]any) error {
	entry, err := s.auditEntry(ctx, organization, action, kind, id, changes)
	if err != nil {
		return err
	}
	if _, err = tx.Exec(ctx, auditInsert+`VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, entry...); err != nil {
		return err
	}
	return s.noteCall(ctx, tx, organization)
}

const auditInsert = `INSERT INTO audit (organization_id, id, at, actor_kind, actor_id, actor_name, action, object_kind, object_id, changes) `

// auditEntry is the parameters of auditInsert.
func (s *Store) auditEntry(ctx context.Context, organization, action, kind, id string, changes map[string]any) ([]any, error) {
	text, err := auditChanges(kind, changes)
	if err != nil {
		return nil, err
	}
	a := actorOf(ctx)
	return []any{organization, s.newID(), micros(s.clock()), string(a.Kind), a.ID, a.Name, action, kind, id, text}, nil
}

// updateConnection runs an update of one connection that returns it, and where it changed something notes the entry in
// the audit log, and the call, if any, among those of its request.
func updateConnection(ctx context.Context, tx Tx, update string, args, entry, call []any) ([]hub.Connection, error) {
	if tx.Dialect() == database.SQLite {
		return updateThenAudit(ctx, tx, update, args, entry, call)
	}
	return updateWithAudit(ctx, tx, update, args, entry, call)
}

// updateThenAudit is two statements: on SQLite there is no round trip to save.
func updateThenAudit(ctx context.Context, tx Tx, update string, args, entry, call []any) ([]hub.Connection, error) {
	changed, err := queryAll(ctx, tx, scanConnection, update, args...)
	if err != nil || len(changed) == 0 {
		return nil, err
	}
	if _, err = tx.Exec(ctx, auditInsert+`VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, entry...); err != nil {
		return nil, err
	}
	return changed, insertCall(ctx, tx, call)
}

// updateWithAudit is one statement, which on PostgreSQL needs no transaction around it.
func updateWithAudit(ctx context.Context, tx Tx, update string, args, entry, call []any) ([]hub.Connection, error) {
	with := `WITH changed AS (` + update + `), noted AS (` + auditInsert + `SELECT ` + castTexts(entry, len(args), 2) + ` FROM changed)`
	if call != nil {
		with += `, called AS (` + callInsert + `SELECT ` + castTexts(call, len(args)+len(entry), len(call)-1) + ` FROM changed` + callOnce + `)`
	}
	return queryAll(ctx, tx, scanConnection, with+` SELECT `+connectionColumns+` FROM changed`, slices.Concat(args, entry, call)...)
}

// castTexts are the parameters of values that come after others, all texts but for the time at one place.
func castTexts(values []any, after, timeAt int) string {
	parameters := make([]string, len(values))
	for i := range values {
		parameters[i] = fmt.Sprintf("CAST($%d AS TEXT)", after+i+1)
	}
	parameters[timeAt] = fmt.Sprintf("CAST($%d AS BIGINT)", after+timeAt+1)
	return strings.Join(parameters, ", ")
}

// AuditFilter chooses entries of the audit log. Empty fields choose all.
type AuditFilter struct {
	ObjectKind, ObjectID string
	// Before is the id of the last entry already seen.
	Before string
	Limit  int
}

// Audit lists the organization's audit log, newest first.
func (s *Store) Audit(ctx context.Context, organization string, f AuditFilter) ([]hub.AuditEntry, error) {
	query, args := `SELECT id, at, actor_kind, actor_id, actor_name, action, object_kind, object_id, changes FROM audit WHERE organization_id = $1`, []any{organization}
	for _, c := range []struct{ condition, value string }{{"object_kind =", f.ObjectKind}, {"object_id =", f.ObjectID}, {"id <", f.Before}} {
		if c.value != "" {
			args = append(args, c.value)
			query += fmt.Sprintf(" AND %s $%d", c.condition, len(args))
		}
	}
	args = append(args, f.Limit)
	entries, err := queryPage(ctx, s.db, scanAudit, query+fmt.Sprintf(" ORDER BY id DESC LIMIT $%d", len(args)), args...)
	return entries, err
}
