package extension

import (
	"encoding/json"
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// AuditEntry is one change that somebody made.
type AuditEntry struct {
	ID         string         `json:"id"`
	At         string         `json:"at"`
	Actor      Actor          `json:"actor" doc:"Who made the change."`
	Action     string         `json:"action" doc:"What was done, a verb."`
	ObjectKind string         `json:"objectKind" doc:"The kind of thing that was changed."`
	ObjectID   string         `json:"objectId"`
	Changes    map[string]any `json:"changes" doc:"The new values of what changed, by field. Secret values are never among them."`
}

// Actor is who made a change.
type Actor struct {
	Kind string  `json:"kind" enum:"TOKEN,USER,COMMAND_LINE,SIROCCO,CONSOLE"`
	ID   *string `json:"id" doc:"The id of the token or of the user; null for the others."`
	Name string  `json:"name"`
}

// AuditAnswer is one page of the audit log.
type AuditAnswer struct {
	Body struct {
		Data   []AuditEntry `json:"data" doc:"The newest first."`
		Cursor *string      `json:"cursor" doc:"Give it as cursor to get the next page; null on the last."`
	}
}

func (s *server) registerAudit() {
	wire.Register(s.API, wire.Operation{
		OperationID: "listAudit", Method: http.MethodGet, Path: "/v1/audit",
		Summary: "List who changed what", Tags: []string{"Audit"}, Extensions: wire.Extension(),
		Description: "Every change made through the API or on the command line. Nothing here is ever changed or removed.",
	}, wire.JSONErrors(), s.listAudit)
}

func (s *server) listAudit(r *wire.Request, in *struct {
	wire.OrganizationSelector
	wire.PageQuery
	ObjectKind string `query:"objectKind" doc:"Only changes of things of this kind."`
	ObjectID   string `query:"objectId" doc:"Only changes of the thing with this id."`
},
) (*AuditAnswer, error) {
	organization, err := r.Organization(in.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	found, cursor, err := wire.ReadPage(in.PageQuery, func(e hub.AuditEntry) string { return e.ID }, func(before string, limit int) ([]hub.AuditEntry, error) {
		return s.Store.Audit(r, organization, store.AuditFilter{ObjectKind: in.ObjectKind, ObjectID: in.ObjectID, Before: before, Limit: limit})
	})
	if err != nil {
		return nil, err
	}
	out := &AuditAnswer{}
	out.Body.Cursor = cursor
	out.Body.Data = make([]AuditEntry, len(found))
	for i, e := range found {
		out.Body.Data[i] = AuditEntry{
			ID: e.ID, At: hub.WireTime(e.At), Actor: Actor{Kind: string(e.Actor.Kind), ID: wire.OrNull(e.Actor.ID), Name: e.Actor.Name},
			Action: e.Action, ObjectKind: e.ObjectKind, ObjectID: e.ObjectID,
		}
		if err := json.Unmarshal([]byte(e.Changes), &out.Body.Data[i].Changes); err != nil {
			return nil, err
		}
	}
	return out, nil
}
