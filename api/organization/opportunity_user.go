package organization

import (
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// OpportunityUser joins a CRM user to an opportunity.
type OpportunityUser struct {
	ID               string   `json:"id"`
	OpportunityID    string   `json:"opportunityId" doc:"Our id of the opportunity; empty until it has come in."`
	UserID           string   `json:"userId" doc:"Our id of the CRM user; empty until it has come in."`
	Name             string   `json:"name,omitempty"`
	AmountPercentage *float64 `json:"amountPercentage,omitempty" doc:"The user's share of the sale, a fraction from 0 to 1."`
	OrganizationID   string   `json:"organizationId"`
	CreatedAt        string   `json:"createdAt"`
	UpdatedAt        string   `json:"updatedAt"`
	ConnectionID     string   `json:"integrationConnectionId"`
}

func showOpportunityUser(organization string, r store.Record, rel *related) OpportunityUser {
	return OpportunityUser{
		ID: r.ID, OpportunityID: rel.id(r, hub.ModelOpportunity, r.Refs.Opportunity), UserID: rel.id(r, hub.ModelUser, r.Refs.User),
		Name: r.Name, AmountPercentage: r.Details.ShareOfSale, OrganizationID: organization,
		CreatedAt: hub.WireTime(r.CreatedAt), UpdatedAt: hub.WireTime(r.UpdatedAt), ConnectionID: r.ConnectionID,
	}
}

// OpportunityUserBody is what a client says of a user of an opportunity.
type OpportunityUserBody struct {
	OpportunityID    *string  `json:"opportunityId,omitempty"`
	UserID           *string  `json:"userId,omitempty" doc:"Our id of the CRM user."`
	Name             *string  `json:"name,omitempty"`
	AmountPercentage *float64 `json:"amountPercentage,omitempty" minimum:"0" maximum:"1" doc:"A fraction from 0 to 1."`
}

func (s *server) registerOpportunityUsers() {
	users := &participants[OpportunityUser, OpportunityUserBody]{
		s: s, model: hub.ModelOpportunityUser, of: hub.ModelOpportunity, field: "opportunityId", show: showOpportunityUser,
		side: func(r *hub.Refs) *string { return &r.Opportunity },
		read: func(b OpportunityUserBody) (of, user *string, change func(*hub.Record)) {
			return b.OpportunityID, b.UserID, func(r *hub.Record) {
				wire.Set(&r.Name, b.Name)
				if b.AmountPercentage != nil {
					r.Details.ShareOfSale = b.AmountPercentage
				}
			}
		},
	}
	wire.Register(s.API, recordOperation("listOpportunityUsers", http.MethodGet, "/opportunity-users", "List the users of opportunities", opportunityTag), notFound,
		func(r *wire.Request, in *struct {
			ParticipantQuery
			OpportunityID string `query:"opportunityId"`
		},
		) (*ParticipantsAnswer[OpportunityUser], error) {
			return users.list(r, &in.ParticipantQuery, in.OpportunityID)
		})
	wire.Register(s.API, recordOperation("createOpportunityUser", http.MethodPost, "/opportunity-users", "Add a user of an opportunity", opportunityTag), changing, users.create)
	wire.Register(s.API, recordOperation("getOpportunityUser", http.MethodGet, "/opportunity-users/{id}", "Get a user of an opportunity", opportunityTag), notFound, users.get)
	wire.Register(s.API, recordOperation("putOpportunityUser", http.MethodPut, "/opportunity-users/{id}", "Change a user of an opportunity", opportunityTag), changing, users.put)
	wire.Register(s.API, recordOperation("deleteOpportunityUser", http.MethodDelete, "/opportunity-users/{id}", "Remove a user of an opportunity", opportunityTag), changing, users.delete)
}
