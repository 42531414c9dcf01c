package organization

import (
	"fmt"
	"net/http"

	"sirocco/api/view"
	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// Opportunity is an opportunity as the contract shows it.
type Opportunity struct {
	ID               string          `json:"id"`
	ExternalID       string          `json:"externalId" doc:"The CRM's own id."`
	Name             *string         `json:"name,omitempty" nullable:"true"`
	Amount           *float64        `json:"amount,omitempty"`
	ClosedAt         string          `json:"closedAt,omitempty"`
	Disposition      string          `json:"disposition,omitempty"`
	CreatedAt        string          `json:"createdAt"`
	UpdatedAt        string          `json:"updatedAt"`
	RecordingID      string          `json:"recordingId,omitempty"`
	AccountID        string          `json:"accountId,omitempty" doc:"Our id of its account."`
	OrganizationID   string          `json:"organizationId"`
	Account          wire.Anything   `json:"account" required:"false"`
	OpportunityUsers []wire.Anything `json:"opportunityUsers,omitempty" nullable:"false"`
}

func showOpportunity(organization string, r store.Record, rel *related) Opportunity {
	o := Opportunity{
		ID: r.ID, ExternalID: r.ShownID(), Name: &r.Name, Amount: r.Details.Amount, ClosedAt: r.Details.ClosedAt,
		Disposition: r.Details.Disposition, CreatedAt: hub.WireTime(r.CreatedAt), UpdatedAt: hub.WireTime(r.UpdatedAt), OrganizationID: organization,
	}
	o.RecordingID = rel.recordings[store.RecordKey{ConnectionID: r.ConnectionID, Model: hub.ModelOpportunity, ExternalID: r.ExternalID}].Latest
	if a, ok := rel.account(r); ok {
		o.AccountID, o.Account = a.ID, wire.Anything{Value: showAccount(a)}
	}
	for _, j := range rel.users(r) {
		o.OpportunityUsers = append(o.OpportunityUsers, wire.Anything{Value: showOpportunityUser(organization, j, rel)})
	}
	return o
}

// OpportunityAnswer is one opportunity.
type OpportunityAnswer struct {
	Body Opportunity
}

// OpportunitiesAnswer is one page of opportunities.
type OpportunitiesAnswer struct {
	Body struct {
		Data []Opportunity `json:"data" nullable:"false"`
		wire.PagedBody
	}
}

// PushedOpportunityAnswer is the opportunity as it is after a push.
type PushedOpportunityAnswer struct {
	Body struct {
		Data Opportunity `json:"data"`
	}
}

// PushedOpportunitiesAnswer is the opportunities as they are after a push, in its order.
type PushedOpportunitiesAnswer struct {
	Body struct {
		Data []Opportunity `json:"data" nullable:"false"`
	}
}

// RecordsQuery is how a list of opportunities or engagements is narrowed.
type RecordsQuery struct {
	wire.OrganizationSelector
	Cursor      string `query:"cursor" doc:"The cursor of the page before; leave it out for the first page."`
	PageSize    int    `query:"pageSize" extension:"true" minimum:"1" maximum:"1000" default:"100" doc:"How many items the page has at most."`
	RecordingID string `query:"recordingId" doc:"Only what is linked to this recording."`
	ExternalID  string `query:"externalId" doc:"Only what has this id in the CRM."`
	Connection  string `query:"integrationConnectionId" extension:"true" doc:"Only what came over this connection."`
}

func (q RecordsQuery) page() wire.PageQuery {
	return wire.PageQuery{Cursor: q.Cursor, PageSize: q.PageSize}
}

const opportunityTag = "Opportunities"

func (s *server) registerOpportunities() {
	wire.Register(s.API, recordOperation("listOpportunities", http.MethodGet, "/opportunities", "List opportunities", opportunityTag), wire.JSONErrors(), s.listOpportunities)
	wire.Register(s.API, recordOperation("getOpportunity", http.MethodGet, "/opportunities/{id}", "Get an opportunity", opportunityTag), notFound, s.getOpportunity)
	wire.Register(s.API, recordOperation("deleteOpportunity", http.MethodDelete, "/opportunities/{id}", "Delete an opportunity", opportunityTag), changing,
		func(r *wire.Request, in *view.RecordPath) (*DeletedAnswer, error) {
			return s.deleteRecord(r, in, hub.ModelOpportunity)
		})
	wire.Register(s.API, recordOperation("syncOpportunity", http.MethodPut, "/sync/opportunities", "Push an opportunity", opportunityTag), pushing, s.syncOpportunity)
	wire.Register(s.API, recordOperation("syncOpportunities", http.MethodPut, "/sync/batch/opportunities", "Push opportunities, all or none", opportunityTag), pushing, s.syncOpportunities)
}

func (s *server) showOpportunities(r *wire.Request, organization string, found []store.Record) ([]Opportunity, error) {
	rel, err := s.relate(r, organization, found, hub.ModelOpportunityUser)
	if err != nil {
		return nil, err
	}
	return wire.Each(found, func(rec store.Record) Opportunity { return showOpportunity(organization, rec, rel) }), nil
}

func (s *server) listOpportunities(r *wire.Request, in *RecordsQuery) (*OpportunitiesAnswer, error) {
	shown, paged, err := listRecords(s, r, in, hub.ModelOpportunity, s.showOpportunities)
	out := &OpportunitiesAnswer{}
	out.Body.Data, out.Body.PagedBody = shown, paged
	return out, err
}

func (s *server) getOpportunity(r *wire.Request, in *view.RecordPath) (*OpportunityAnswer, error) {
	shown, err := getRecord(s, r, in, hub.ModelOpportunity, s.showOpportunities)
	return &OpportunityAnswer{Body: shown}, err
}

func (s *server) syncOpportunity(r *wire.Request, in *struct {
	PushTarget
	wire.ExactBody
	Body PushedOpportunity
},
) (*PushedOpportunityAnswer, error) {
	shown, err := s.pushOpportunities(r, in.PushTarget, []PushedOpportunity{in.Body}, func(int) string { return "" })
	if err != nil {
		return nil, err
	}
	out := &PushedOpportunityAnswer{}
	out.Body.Data = shown[0]
	return out, nil
}

func (s *server) syncOpportunities(r *wire.Request, in *struct {
	PushTarget
	wire.ExactBody
	Body []PushedOpportunity `maxItems:"1000" nullable:"false"`
},
) (*PushedOpportunitiesAnswer, error) {
	out := &PushedOpportunitiesAnswer{}
	var err error
	out.Body.Data, err = s.pushOpportunities(r, in.PushTarget, in.Body, func(i int) string { return fmt.Sprintf("[%d].", i) })
	return out, err
}

func (s *server) pushOpportunities(r *wire.Request, to PushTarget, all []PushedOpportunity, field func(int) string) ([]Opportunity, error) {
	return pushEach(s, r, to, hub.ModelOpportunity, all, func(p *patches, i int, pushed *PushedOpportunity) string {
		p.opportunity(field(i), pushed)
		return pushed.ExternalID
	}, s.showOpportunities)
}
