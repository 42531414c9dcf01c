package store

import (
	"context"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// ChangeKind is what a change of a connection is about.
type ChangeKind string

// The kinds.
const (
	ChangeOfSettings    ChangeKind = "settings"
	ChangeOfCredentials ChangeKind = "credentials"
	ChangeOfQuarantine  ChangeKind = "quarantine"
)

// connectionChangesQuery reads the audit log of a connection, of one kind of change where it is not empty.
func connectionChangesQuery(before string) string {
	return auditChosen + ` FROM audit WHERE organization_id = $1 AND object_id = $2 AND ` + beforeID("id", "$3", before) + `
		AND ($4 = '' OR $4 = CASE WHEN object_kind = 'credentials' OR action IN ('rotate', 'replaceAccount') THEN 'credentials' WHEN action = 'retryQuarantine' THEN 'quarantine' ELSE 'settings' END)
		ORDER BY id DESC LIMIT $5`
}

// ConnectionChanges lists what people and programs changed of a connection, of one kind where it is not empty, the latest first,
// before the one with the id.
func (s *Store) ConnectionChanges(ctx context.Context, organization, connection string, kind ChangeKind, before string, limit int) ([]hub.AuditEntry, error) {
	return queryAll(ctx, s.db, scanAudit, connectionChangesQuery(before), organization, connection, before, string(kind), limit)
}

// PutAside is what one page of a CRM had of a model that could not be kept, and is in quarantine still.
type PutAside struct {
	// ID is that of the first of the items.
	ID    string
	At    time.Time
	Model hub.Model
	N     int
	// Reason is that of some of them; Reasons is how many there are.
	Reason  string
	Reasons int
}

// putAsideLooked bounds how many items are looked at for what was put aside.
const putAsideLooked = 10_000

func putAsideQuery(before string) string {
	return `SELECT MIN(id), created_at, model, COUNT(*), MIN(reason), COUNT(DISTINCT reason)
		FROM (SELECT id, created_at, model, reason FROM quarantine WHERE organization_id = $1 AND connection_id = $2 AND ` + beforeID("id", "$3", before) + ` ORDER BY id DESC LIMIT $4) AS few
		GROUP BY created_at, model ORDER BY MIN(id) DESC LIMIT $5`
}

// PutAside lists what a connection put aside into quarantine, page by page of its CRM, the latest first, before the item with the
// id. What was retried or came in well later is no longer there.
func (s *Store) PutAside(ctx context.Context, organization, connection, before string, limit int) ([]PutAside, error) {
	return queryAll(ctx, s.db, func(r database.Row) (p PutAside, err error) {
		var at int64
		err = r.Scan(&p.ID, &at, &p.Model, &p.N, &p.Reason, &p.Reasons)
		p.At = fromMicros(at)
		return p, err
	}, putAsideQuery(before), organization, connection, before, putAsideLooked, limit)
}
