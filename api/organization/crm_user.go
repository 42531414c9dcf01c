package organization

import (
	"net/http"

	"sirocco/api/view"
	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// CRMUser is a user of the CRM.
type CRMUser struct {
	ID           string  `json:"id"`
	ExternalID   string  `json:"externalId" doc:"The CRM's own id."`
	ConnectionID string  `json:"integrationConnectionId"`
	Name         string  `json:"name"`
	Email        *string `json:"email"`
	CreatedAt    string  `json:"createdAt"`
	UpdatedAt    string  `json:"updatedAt"`
}

func showCRMUser(r store.Record) CRMUser {
	return CRMUser{
		ID: r.ID, ExternalID: r.ShownID(), ConnectionID: r.ConnectionID, Name: r.Name, Email: wire.OrNull(r.Details.Email),
		CreatedAt: hub.WireTime(r.CreatedAt), UpdatedAt: hub.WireTime(r.UpdatedAt),
	}
}

// CRMUsersAnswer is one page of CRM users.
type CRMUsersAnswer struct {
	Body struct {
		Data   []wire.Anything `json:"data" nullable:"false"`
		Cursor wire.Anything   `json:"cursor" required:"false" doc:"Give it as cursor to get the next page; null on the last."`
	}
}

// CRMUserAnswer is one CRM user.
type CRMUserAnswer struct {
	Body struct {
		Data wire.Anything `json:"data" required:"false"`
	}
}

func (s *server) registerCRMUsers() {
	const tag = "CRM users"
	wire.Register(s.API, recordOperation("listCRMUsers", http.MethodGet, "/users", "List the users of the CRMs", tag), wire.JSONErrors(), s.listCRMUsers)
	wire.Register(s.API, recordOperation("getCRMUser", http.MethodGet, "/users/{id}", "Get a user of a CRM", tag), notFound, s.getCRMUser)
}

func (s *server) listCRMUsers(r *wire.Request, in *struct {
	wire.OrganizationSelector
	Cursor   string `query:"cursor" doc:"The cursor of the page before; leave it out for the first page."`
	PageSize string `query:"pageSize" doc:"How many items the page has at most: 1 to 1000, 100 unless said."`
},
) (*CRMUsersAnswer, error) {
	organization, err := r.Organization(in.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	var q wire.Query
	size := q.PageSize("pageSize", in.PageSize, 100, 1000)
	if err := q.Err(); err != nil {
		return nil, err
	}
	found, cursor, err := s.list(r, organization, wire.PageQuery{Cursor: in.Cursor, PageSize: size}, store.RecordFilter{Model: hub.ModelUser})
	if err != nil {
		return nil, err
	}
	out := &CRMUsersAnswer{}
	out.Body.Data = wire.Each(found, func(rec store.Record) wire.Anything { return wire.Anything{Value: showCRMUser(rec)} })
	if cursor != nil {
		out.Body.Cursor.Value = *cursor
	}
	return out, nil
}

func (s *server) getCRMUser(r *wire.Request, in *view.RecordPath) (*CRMUserAnswer, error) {
	found, err := s.record(r, in, hub.ModelUser)
	if err != nil {
		return nil, err
	}
	out := &CRMUserAnswer{}
	out.Body.Data.Value = showCRMUser(found)
	return out, nil
}
