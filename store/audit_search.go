package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// AuditLooked is how many entries one search of the audit log looks at: what is rare is searched for a part at a time.
const AuditLooked = 20_000

// AuditSearch chooses entries of the audit log. Empty fields choose all.
type AuditSearch struct {
	// ActorKind, Action, ObjectKind and ObjectID are as an entry has them.
	ActorKind                    hub.ActorKind
	Action, ObjectKind, ObjectID string
	// Actor is a part of the name of who it was, whatever its case.
	Actor string
	// From and Until bound when it was, the first included and the second not.
	From, Until time.Time
	// Before is the id that the entries are before.
	Before string
	Limit  int
}

// chooses reports whether the search leaves out entries that are of its object and its time.
func (q *AuditSearch) chooses() bool {
	return q.ActorKind != "" || q.Action != "" || q.ObjectKind != "" || q.Actor != ""
}

// The log between two ids, the newest first; that of one object is found by an index of its own.
const (
	auditSpan     = ` FROM audit WHERE organization_id = $1 AND id >= $2 AND id < $3`
	auditSpanOf   = auditSpan + ` AND object_id = $4`
	auditChosen   = `SELECT id, at, actor_kind, actor_id, actor_name, action, object_kind, object_id, changes`
	auditChosenBy = ` AND ($5 = '' OR object_kind = $5) AND ($6 = '' OR action = $6) AND ($7 = '' OR actor_kind = $7) AND lower(actor_name) LIKE lower($8) ESCAPE '!' ORDER BY id DESC LIMIT $9`
	auditQuery    = auditChosen + auditSpan + ` AND $4 = ''` + auditChosenBy
	auditOfQuery  = auditChosen + auditSpanOf + auditChosenBy
	// auditEdgeQuery finds the last entry that a search looks at.
	auditEdgeQuery   = `SELECT id` + auditSpan + ` AND $4 = ''` + auditEdge
	auditEdgeOfQuery = `SELECT id` + auditSpanOf + auditEdge
	auditEdge        = ` ORDER BY id DESC LIMIT 1 OFFSET $5`
)

// SearchAudit lists the entries of the organization's audit log that a search chooses, newest first, and the id that the
// next page is before; empty where there is none. A page may have fewer than its limit and yet not be the last, as a
// search ends after AuditLooked entries.
func (s *Store) SearchAudit(ctx context.Context, organization string, q AuditSearch) (entries []hub.AuditEntry, next string, err error) {
	from, until := (&EventDeliveryFilter{From: q.From, Until: q.Until}).span()
	if q.Before != "" {
		until = min(until, q.Before)
	}
	query, edge := auditQuery, auditEdgeQuery
	if q.ObjectID != "" {
		query, edge = auditOfQuery, auditEdgeOfQuery
	}
	if q.chooses() { // without, what is looked at is what is listed
		last, err := queryAll(ctx, s.db, scanText, edge, organization, from, until, q.ObjectID, AuditLooked-1)
		if err != nil {
			return nil, "", err
		}
		if len(last) == 1 && last[0] > from {
			from, next = last[0], last[0]
		}
	}
	entries, err = queryPage(ctx, s.db, scanAudit, query, organization, from, until, q.ObjectID, q.ObjectKind, q.Action, string(q.ActorKind), contains(q.Actor), q.Limit+1)
	switch {
	case errors.Is(err, ErrCut):
	case err != nil:
		return nil, "", err
	case len(entries) <= q.Limit:
		return entries, next, nil
	default:
		entries = entries[:q.Limit]
	}
	return entries, entries[len(entries)-1].ID, nil
}

func scanAudit(r database.Row) (hub.AuditEntry, error) {
	var e hub.AuditEntry
	var at int64
	err := r.Scan(&e.ID, &at, &e.Actor.Kind, &e.Actor.ID, &e.Actor.Name, &e.Action, &e.ObjectKind, &e.ObjectID, &e.Changes)
	e.At = fromMicros(at)
	return e, err
}

var likeEscaper = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// contains is the pattern of LIKE, with ! as its escape, for what has the text in it.
func contains(text string) string { return "%" + likeEscaper.Replace(text) + "%" }
