package organization

import (
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// EngagementUser joins a CRM user to an engagement.
type EngagementUser struct {
	ID             string `json:"id"`
	EngagementID   string `json:"engagementId" doc:"Our id of the engagement; empty until it has come in."`
	UserID         string `json:"userId" doc:"Our id of the CRM user; empty until it has come in."`
	Name           string `json:"name,omitempty"`
	OrganizationID string `json:"organizationId"`
	CreatedAt      string `json:"createdAt"`
	UpdatedAt      string `json:"updatedAt"`
	ConnectionID   string `json:"integrationConnectionId"`
}

func showEngagementUser(organization string, r store.Record, rel *related) EngagementUser {
	return EngagementUser{
		ID: r.ID, EngagementID: rel.id(r, hub.ModelEngagement, r.Refs.Engagement), UserID: rel.id(r, hub.ModelUser, r.Refs.User),
		Name: r.Name, OrganizationID: organization,
		CreatedAt: hub.WireTime(r.CreatedAt), UpdatedAt: hub.WireTime(r.UpdatedAt), ConnectionID: r.ConnectionID,
	}
}

// EngagementUserBody is what a client says of a user of an engagement.
type EngagementUserBody struct {
	EngagementID *string `json:"engagementId,omitempty"`
	UserID       *string `json:"userId,omitempty" doc:"Our id of the CRM user."`
	Name         *string `json:"name,omitempty"`
}

func (s *server) registerEngagementUsers() {
	users := &participants[EngagementUser, EngagementUserBody]{
		s: s, model: hub.ModelEngagementUser, of: hub.ModelEngagement, field: "engagementId", show: showEngagementUser,
		side: func(r *hub.Refs) *string { return &r.Engagement },
		read: func(b EngagementUserBody) (of, user *string, change func(*hub.Record)) {
			return b.EngagementID, b.UserID, func(r *hub.Record) { wire.Set(&r.Name, b.Name) }
		},
	}
	wire.Register(s.API, recordOperation("listEngagementUsers", http.MethodGet, "/engagement-users", "List the users of engagements", engagementTag), notFound,
		func(r *wire.Request, in *struct {
			ParticipantQuery
			EngagementID string `query:"engagementId"`
		},
		) (*ParticipantsAnswer[EngagementUser], error) {
			return users.list(r, &in.ParticipantQuery, in.EngagementID)
		})
	wire.Register(s.API, recordOperation("createEngagementUser", http.MethodPost, "/engagement-users", "Add a user of an engagement", engagementTag), changing, users.create)
	wire.Register(s.API, recordOperation("getEngagementUser", http.MethodGet, "/engagement-users/{id}", "Get a user of an engagement", engagementTag), notFound, users.get)
	wire.Register(s.API, recordOperation("putEngagementUser", http.MethodPut, "/engagement-users/{id}", "Change a user of an engagement", engagementTag), changing, users.put)
	wire.Register(s.API, recordOperation("deleteEngagementUser", http.MethodDelete, "/engagement-users/{id}", "Remove a user of an engagement", engagementTag), changing, users.delete)
}
