package organization

import (
	"encoding/json"
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// LoggedCall is a request that changed something.
type LoggedCall struct {
	ID             string         `json:"id"`
	OrganizationID string         `json:"organizationId"`
	TokenID        string         `json:"tokenId" doc:"The token that it was made with."`
	Endpoint       string         `json:"endpoint" doc:"The path as it was called, with the ids in it."`
	Method         string         `json:"method"`
	TS             float64        `json:"ts" doc:"When, in milliseconds since 1970."`
	Body           map[string]any `json:"body" doc:"What was sent. Secrets and what was said in recordings are replaced; of a body of more than 4 KiB the beginning is there, with a word about it; the items of a list are in items."`
	UserID         string         `json:"userId,omitempty" doc:"The user whose token it was."`
}

// LoggedCallsAnswer is one page of the log.
type LoggedCallsAnswer struct {
	wire.NextCursor
	Body []LoggedCall `nullable:"false"`
}

func (s *server) registerAuditLogs() {
	wire.Register(s.API, wire.Operation{
		OperationID: "listAuditLogs", Method: http.MethodGet, Path: "/v1/audit/logs", Summary: "List the requests that changed something",
		Description: "The newest first: those made with a token of the organization, or of one of its users. To go on, give the id of the last entry as cursor. They are kept for 90 days.",
		Tags:        []string{"Audit"},
	}, wire.JSONErrors(), s.listAuditLogs)
}

func (s *server) listAuditLogs(r *wire.Request, in *struct {
	wire.OrganizationSelector
	Cursor   string  `query:"cursor" doc:"The id of the last entry of the page before; leave it out for the first page."`
	PageSize float64 `query:"pageSize" minimum:"1" maximum:"100" default:"25" doc:"How many entries the page has at most."`
},
) (*LoggedCallsAnswer, error) {
	organization, err := r.Organization(in.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	if in.Cursor != "" && !hub.ValidID(in.Cursor) {
		return nil, hub.Invalid("cursor", "is not one of ours", "the id of the last entry of the page before")
	}
	size := int(in.PageSize)
	found, err := s.Store.APICalls(r, organization, in.Cursor, size+1)
	cut, err := wire.IsCut(err)
	if err != nil {
		return nil, err
	}
	out := &LoggedCallsAnswer{}
	if len(found) > size || cut {
		found = found[:min(len(found), size)]
		out.Set(&found[len(found)-1].ID)
	}
	out.Body = wire.Each(found, func(c store.LoggedCall) LoggedCall {
		l := LoggedCall{ID: c.ID, OrganizationID: c.OrganizationID, TokenID: c.TokenID, Endpoint: c.Endpoint, Method: c.Method, TS: float64(c.At.UnixMilli()), UserID: c.UserID}
		if err := json.Unmarshal([]byte(c.Body), &l.Body); err != nil {
			r.Log.Error("the body of a logged request is no object", "entry", c.ID, "error", err)
		}
		if l.Body == nil {
			l.Body = map[string]any{}
		}
		return l
	})
	return out, nil
}
