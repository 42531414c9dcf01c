package organization

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"

	"sirocco/api/view"
	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// Engagement is an engagement as the contract shows it.
type Engagement struct {
	ID                 string          `json:"id"`
	ExternalID         string          `json:"externalId" doc:"The CRM's own id."`
	EngagementType     string          `json:"engagementType" doc:"The activity type of its type, or the type's name; empty when it has none."`
	Direction          string          `json:"direction,omitempty"`
	Subject            string          `json:"subject,omitempty"`
	Content            string          `json:"content,omitempty"`
	StartTime          string          `json:"startTime,omitempty"`
	StartTimeLocalized string          `json:"startTimeLocalized,omitempty"`
	EndTime            string          `json:"endTime,omitempty"`
	CreatedAt          string          `json:"createdAt"`
	UpdatedAt          string          `json:"updatedAt"`
	RecordingID        string          `json:"recordingId,omitempty"`
	OpportunityID      string          `json:"opportunityId,omitempty" doc:"Our id of its opportunity."`
	AccountID          string          `json:"accountId,omitempty" doc:"Our id of its account."`
	OrganizationID     string          `json:"organizationId"`
	Account            wire.Anything   `json:"account" required:"false"`
	EngagementUsers    []wire.Anything `json:"engagementUsers,omitempty" nullable:"false"`
}

func showEngagement(organization string, r store.Record, rel *related) Engagement {
	e := Engagement{
		ID: r.ID, ExternalID: r.ShownID(), Direction: r.Details.Direction, Subject: r.Details.Subject, Content: r.Details.Content,
		StartTime: wire.TimeOrEmpty(r.StartTime), StartTimeLocalized: r.Details.LocalStart, EndTime: wire.TimeOrEmpty(r.EndTime),
		CreatedAt: hub.WireTime(r.CreatedAt), UpdatedAt: hub.WireTime(r.UpdatedAt), OrganizationID: organization,
		OpportunityID: rel.id(r, hub.ModelOpportunity, r.Refs.Opportunity),
	}
	kind := rel.found[store.RecordKey{ConnectionID: r.ConnectionID, Model: hub.ModelEngagementType, ExternalID: r.Refs.EngagementType}]
	e.RecordingID = rel.recordings[store.RecordKey{ConnectionID: r.ConnectionID, Model: hub.ModelEngagement, ExternalID: r.ExternalID}].Latest
	e.EngagementType = cmp.Or(kind.Details.ActivityType, r.Details.ActivityType, kind.Name)
	if a, ok := rel.account(r); ok {
		e.AccountID, e.Account = a.ID, wire.Anything{Value: showAccount(a)}
	}
	for _, j := range rel.users(r) {
		e.EngagementUsers = append(e.EngagementUsers, wire.Anything{Value: showEngagementUser(organization, j, rel)})
	}
	return e
}

// EngagementAnswer is one engagement.
type EngagementAnswer struct {
	Body Engagement
}

// EngagementsAnswer is one page of engagements.
type EngagementsAnswer struct {
	Body struct {
		Data []Engagement `json:"data" nullable:"false"`
		wire.PagedBody
	}
}

// UserEngagementsAnswer is one page of a CRM user's engagements.
type UserEngagementsAnswer struct {
	wire.NextCursor
	Body []Engagement `nullable:"false"`
}

// PushedEngagementAnswer is the engagement as it is after a push.
type PushedEngagementAnswer struct {
	Body struct {
		Data Engagement `json:"data"`
	}
}

// PushedEngagementsAnswer is the engagements as they are after a push, in its order.
type PushedEngagementsAnswer struct {
	Body struct {
		Data []Engagement `json:"data" nullable:"false"`
	}
}

// SuccessAnswer says that something was done.
type SuccessAnswer struct {
	Body struct {
		Data struct {
			Success bool `json:"success"`
			Deleted int  `json:"deleted" extension:"true" doc:"How many engagements were deleted."`
		} `json:"data"`
	}
}

const engagementTag = "Engagements"

func (s *server) registerEngagements() {
	wire.Register(s.API, recordOperation("listEngagements", http.MethodGet, "/engagements", "List engagements", engagementTag), wire.JSONErrors(), s.listEngagements)
	wire.Register(s.API, recordOperation("listUserEngagements", http.MethodGet, "/users/{id}/engagements", "List a CRM user's engagements", engagementTag), notFound, s.listUserEngagements)
	wire.Register(s.API, recordOperation("getEngagement", http.MethodGet, "/engagements/{id}", "Get an engagement", engagementTag), notFound, s.getEngagement)
	wire.Register(s.API, recordOperation("deleteEngagement", http.MethodDelete, "/engagements/{id}", "Delete an engagement", engagementTag), changing, s.deleteEngagement)
	wire.Register(s.API, recordOperation("syncEngagement", http.MethodPut, "/sync/engagements", "Push an engagement", engagementTag), pushing, s.syncEngagement)
	wire.Register(s.API, recordOperation("syncEngagements", http.MethodPut, "/sync/batch/engagements", "Push engagements, all or none", engagementTag), pushing, s.syncEngagements)
	wire.Register(s.API, wire.Repeatable(recordOperation("deleteRemovedEngagements", http.MethodPost, "/sync/engagements/soft-delete-removed",
		"Delete the engagements of a time that the CRM no longer has", engagementTag)), changing, s.deleteRemoved)
}

func (s *server) showEngagements(r *wire.Request, organization string, found []store.Record) ([]Engagement, error) {
	rel, err := s.relate(r, organization, found, hub.ModelEngagementUser)
	if err != nil {
		return nil, err
	}
	return wire.Each(found, func(rec store.Record) Engagement { return showEngagement(organization, rec, rel) }), nil
}

func (s *server) listEngagements(r *wire.Request, in *RecordsQuery) (*EngagementsAnswer, error) {
	shown, paged, err := listRecords(s, r, in, hub.ModelEngagement, s.showEngagements)
	out := &EngagementsAnswer{}
	out.Body.Data, out.Body.PagedBody = shown, paged
	return out, err
}

func (s *server) listUserEngagements(r *wire.Request, in *struct {
	view.RecordPath
	Cursor         string  `query:"cursor" doc:"The id of the last item of the page before, or the Next-Cursor of its answer; leave it out for the first page."`
	Limit          float64 `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"How many items the page has at most."`
	StartingAfter  string  `query:"startingAfter" doc:"Only engagements that start at this time or later."`
	StartingBefore string  `query:"startingBefore" doc:"Only engagements that start before this time."`
},
) (*UserEngagementsAnswer, error) {
	user, err := s.record(r, &in.RecordPath, hub.ModelUser)
	if err != nil {
		return nil, err
	}
	organization, err := r.Organization(in.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	f := store.RecordFilter{Model: hub.ModelEngagement, ConnectionID: user.ConnectionID, OfUser: user.ExternalID}
	var q wire.Query
	f.From, f.Until = q.At("startingAfter", in.StartingAfter), q.At("startingBefore", in.StartingBefore)
	if err := q.Err(); err != nil {
		return nil, err
	}
	found, cursor, err := s.list(r, organization, wire.PageQuery{Cursor: in.Cursor, PageSize: int(in.Limit)}, f)
	if err != nil {
		return nil, err
	}
	out := &UserEngagementsAnswer{}
	out.Set(cursor)
	out.Body, err = s.showEngagements(r, organization, found)
	return out, err
}

func (s *server) getEngagement(r *wire.Request, in *view.RecordPath) (*EngagementAnswer, error) {
	shown, err := getRecord(s, r, in, hub.ModelEngagement, s.showEngagements)
	return &EngagementAnswer{Body: shown}, err
}

func (s *server) deleteEngagement(r *wire.Request, in *struct {
	view.RecordPath
	IDType   string `query:"idType" enum:"internal,external" doc:"Whether id is ours, as without this, or the CRM's."`
	Platform string `query:"integrationPlatform" doc:"The platform of the connection that an external id is of."`
},
) (*DeletedAnswer, error) {
	if in.IDType != "external" {
		return s.deleteRecord(r, &in.RecordPath, hub.ModelEngagement)
	}
	organization, err := r.Organization(in.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	found, err := s.Store.FindRecord(r, organization, store.RecordTarget{Model: hub.ModelEngagement, ExternalID: in.ID, Platform: hub.Platform(in.Platform)})
	if errors.Is(err, store.ErrSeveralRecords) {
		return nil, hub.Conflict("Several connections have an engagement with this external id: name the integrationPlatform.")
	}
	if err != nil {
		return nil, err
	}
	return s.deleteRecord(r, &view.RecordPath{OrganizationSelector: in.OrganizationSelector, ID: found.ID}, hub.ModelEngagement)
}

func (s *server) syncEngagement(r *wire.Request, in *struct {
	PushTarget
	wire.ExactBody
	Body PushedEngagement
},
) (*PushedEngagementAnswer, error) {
	shown, err := s.pushEngagements(r, in.PushTarget, []PushedEngagement{in.Body}, func(int) string { return "" })
	if err != nil {
		return nil, err
	}
	out := &PushedEngagementAnswer{}
	out.Body.Data = shown[0]
	return out, nil
}

func (s *server) syncEngagements(r *wire.Request, in *struct {
	PushTarget
	wire.ExactBody
	Body []PushedEngagement `maxItems:"1000" nullable:"false"`
},
) (*PushedEngagementsAnswer, error) {
	out := &PushedEngagementsAnswer{}
	var err error
	out.Body.Data, err = s.pushEngagements(r, in.PushTarget, in.Body, func(i int) string { return fmt.Sprintf("[%d].", i) })
	return out, err
}

func (s *server) pushEngagements(r *wire.Request, to PushTarget, all []PushedEngagement, field func(int) string) ([]Engagement, error) {
	return pushEach(s, r, to, hub.ModelEngagement, all, func(p *patches, i int, pushed *PushedEngagement) string {
		p.engagement(field(i), pushed)
		return pushed.ExternalID
	}, s.showEngagements)
}

func (s *server) deleteRemoved(r *wire.Request, in *struct {
	PushTarget
	Body struct {
		ValidExternalIDs []string    `json:"validExternalIds" nullable:"false" maxItems:"50000" doc:"What the CRM still has in that time."`
		FromTime         wire.Moment `json:"fromTime"`
		ToTime           wire.Moment `json:"toTime" doc:"Included, as fromTime is."`
	}
},
) (*SuccessAnswer, error) {
	organization, err := r.Organization(in.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	var q wire.Query
	from, to := q.Must("fromTime", string(in.Body.FromTime)), q.Must("toTime", string(in.Body.ToTime))
	if err := q.Err(); err != nil {
		return nil, err
	}
	out := &SuccessAnswer{}
	out.Body.Data.Success = true
	out.Body.Data.Deleted, err = s.Store.DeleteRemoved(r, organization, in.Connection, in.Body.ValidExternalIDs, from, to)
	return out, err
}
