package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"sirocco/hub"
	"sirocco/store"
)

// FollowupContext is one thing to know for a followup.
type FollowupContext struct {
	Header string `json:"header"`
	Value  string `json:"value"`
}

// FollowupChange is one change of a followup.
type FollowupChange struct {
	ID              string  `json:"id"`
	UpdatedBy       string  `json:"updatedBy"`
	UpdatedByUserID *string `json:"updatedByUserId"`
	CreatedAt       string  `json:"createdAt"`
	Note            string  `json:"note,omitempty"`
	Status          string  `json:"status,omitempty" enum:"TO_DO,IN_PROGRESS,COMPLETE"`
}

// Followup is something worth coming back to a customer for.
type Followup struct {
	RecordingID        string              `json:"recordingId"`
	RecordingTitle     *string             `json:"recordingTitle"`
	RepName            string              `json:"repName"`
	RepID              string              `json:"repId"`
	TeamName           *string             `json:"teamName"`
	TeamID             string              `json:"teamId" doc:"The rep's team when the recording was made; empty where the rep had none."`
	FollowupID         string              `json:"followupId"`
	DateCreated        string              `json:"dateCreated"`
	FollowupType       string              `json:"followupType" enum:"REHASH,CROSS_SELL"`
	Score              float64             `json:"score"`
	FollowupAction     *string             `json:"followupAction"`
	Context            []FollowupContext   `json:"context" nullable:"false"`
	UpdatedAt          string              `json:"updatedAt"`
	Metadata           []map[string]string `json:"metadata" nullable:"false"`
	Starred            bool                `json:"starred"`
	Status             string              `json:"status" enum:"TO_DO,IN_PROGRESS,COMPLETE"`
	Thinking           string              `json:"thinking"`
	History            *[]FollowupChange   `json:"history,omitempty" nullable:"true"`
	CRMURL             *string             `json:"crmUrl,omitempty" nullable:"true"`
	CRMCustomer        Maybe[CRMCustomer]  `json:"crmCustomer"`
	HasFollowupComment bool                `json:"hasFollowupComment"`
	Note               *string             `json:"note"`
	Completed          bool                `json:"completed"`
	CompletedBy        *string             `json:"completedBy"`
	CompletedAt        *string             `json:"completedAt"`
}

// FollowupsPage is a page of followups, and how many there are on all.
type FollowupsPage struct {
	TotalCount   float64    `json:"totalCount"`
	TotalRevenue *float64   `json:"totalRevenue,omitempty" doc:"Never told: what a followup may bring is not known."`
	Followups    []Followup `json:"followups" nullable:"false"`
}

// FollowupsAnswer is one page of followups.
type FollowupsAnswer struct {
	Body struct {
		Data FollowupsPage `json:"data"`
		PagedBody
	}
}

func (s *server) registerFollowups() {
	registerUser(s, huma.Operation{
		OperationID: "listFollowups", Method: http.MethodGet, Path: "/v1/core/followups", Summary: "List the followups of the recordings that the user sees",
		Description: "The newest come first.", Tags: []string{"Followups"},
	}, hub.ScopeRead, zodErrors(), s.listFollowups)
}

func (s *server) listFollowups(r *request, in *struct {
	OrganizationID     string         `query:"organizationId" doc:"The user's own organization, if any."`
	Cursor             string         `query:"cursor" doc:"The cursor of the page before; leave it out for the first page."`
	Limit              int            `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"How many followups the page has at most."`
	MinimumScore       int64          `query:"minimumScore" nullable:"true" default:"3" doc:"Only followups with at least this score."`
	Starred            Optional[bool] `query:"starred" doc:"Only followups that are starred, or are not."`
	Statuses           []string       `query:"statuses,explode" nullable:"false" enum:"TO_DO,IN_PROGRESS,COMPLETE" doc:"Only followups in one of these."`
	Scores             Integers       `query:"scores,explode" doc:"Only followups with one of these scores."`
	UserIDs            []string       `query:"userIds,explode" nullable:"false" doc:"Only these users' followups."`
	TeamIDs            []string       `query:"teamIds,explode" nullable:"false" doc:"Only these teams' followups."`
	CreatedAfter       string         `query:"createdAfter" nullable:"true" doc:"Only followups that came after this time."`
	CreatedBefore      string         `query:"createdBefore" nullable:"true" doc:"Only followups that came before this time."`
	ConversationTypes  []string       `query:"conversationTypes,explode" nullable:"false" maxItems:"10" doc:"Only followups of recordings of one of these."`
	IncludeHistory     bool           `query:"includeHistory" nullable:"true" doc:"Show their changes."`
	ExcludeCRMCustomer bool           `query:"excludeCrmCustomer" nullable:"true" doc:"Do not look up their customers."`
},
) (*FollowupsAnswer, error) {
	viewer, err := s.viewer(r, in.OrganizationID)
	if err != nil {
		return nil, err
	}
	f := store.FollowupFilter{
		By: viewer, MinimumScore: &in.MinimumScore, Scores: in.Scores, Statuses: in.Statuses, UserIDs: in.UserIDs, TeamIDs: in.TeamIDs,
		ConversationTypes: in.ConversationTypes, Limit: in.Limit + 1,
	}
	if in.Starred.Sent {
		f.Starred = &in.Starred.Value
	}
	var q query
	f.After = q.after(in.Cursor)
	f.From, f.Until = q.at("createdAfter", in.CreatedAfter), q.at("createdBefore", in.CreatedBefore)
	if err := q.err(); err != nil {
		return nil, err
	}
	found, total, err := s.Store.Followups(r, r.User.OrganizationID, f)
	if err != nil {
		return nil, err
	}
	found, cursor := cutAt(found, in.Limit, func(f hub.Followup) store.ListPlace { return store.ListPlace{At: f.CreatedAt, ID: f.ID} })
	out := &FollowupsAnswer{}
	out.Body.PagedBody = pagedBody(PageQuery{PageSize: in.Limit}, cursor)
	out.Body.Data.TotalCount = float64(total)
	ids := make([]string, len(found))
	for i, f := range found {
		ids[i] = f.RecordingID
	}
	recordings, err := s.Store.RecordingsByID(r, r.User.OrganizationID, ids)
	if err != nil {
		return nil, err
	}
	out.Body.Data.Followups, err = s.showFollowups(r, recordings, found, !in.ExcludeCRMCustomer)
	if in.IncludeHistory {
		for i := range out.Body.Data.Followups {
			out.Body.Data.Followups[i].History = new([]FollowupChange{}) // nothing changes a followup but its analysis
		}
	}
	return out, err
}

// followupsOf shows the followups of recordings.
func (s *server) followupsOf(r *request, rs []hub.Recording) ([]Followup, error) {
	if len(rs) == 0 {
		return []Followup{}, nil
	}
	found, err := s.Store.FollowupsOf(r, rs[0].OrganizationID, idsOf(rs))
	if err != nil {
		return nil, err
	}
	var all []hub.Followup
	for _, rec := range rs {
		all = append(all, found[rec.ID]...)
	}
	return s.showFollowups(r, rs, all, true)
}

func teamsOf(rs []hub.Recording) []string {
	ids := make([]string, len(rs))
	for i, rec := range rs {
		ids[i] = rec.TeamID
	}
	return ids
}

func (s *server) showFollowups(r *request, rs []hub.Recording, all []hub.Followup, withCustomers bool) ([]Followup, error) {
	shown := make([]Followup, len(all))
	if len(all) == 0 || len(rs) == 0 {
		return shown, nil
	}
	organization := rs[0].OrganizationID
	byID := make(map[string]hub.Recording, len(rs))
	users := make([]string, len(rs))
	for i, rec := range rs {
		byID[rec.ID], users[i] = rec, rec.UserID
	}
	people, err := s.Store.People(r, organization, users)
	if err != nil {
		return nil, err
	}
	teams, err := s.Store.TeamNames(r, organization, teamsOf(rs))
	if err != nil {
		return nil, err
	}
	var customers map[string]*CRMCustomer
	if withCustomers {
		if customers, err = s.customers(r, organization, rs); err != nil {
			return nil, err
		}
	}
	for i, f := range all {
		rec, rep := byID[f.RecordingID], people[f.UserID]
		shown[i] = Followup{
			RecordingID: f.RecordingID, RecordingTitle: optionalText(rec.Title), RepName: rep.Name(), RepID: f.UserID, TeamID: rec.TeamID, TeamName: optionalText(teams[rec.TeamID]),
			FollowupID: f.ID, DateCreated: hub.WireTime(f.CreatedAt), FollowupType: f.Kind, Score: float64(f.Score), FollowupAction: optionalText(f.Details.Action),
			Context: make([]FollowupContext, len(f.Details.Context)), UpdatedAt: hub.WireTime(f.UpdatedAt), Metadata: []map[string]string{}, Starred: f.Starred,
			Status: f.Status, Thinking: f.Details.Thinking, HasFollowupComment: f.Details.Note != "", Note: optionalText(f.Details.Note),
			Completed: f.Status == "COMPLETE", CompletedBy: optionalText(f.Details.CompletedBy), CompletedAt: optionalTime(f.Details.CompletedAt),
		}
		for j, c := range f.Details.Context {
			shown[i].Context[j] = FollowupContext(c)
		}
		if customer := customers[rec.ID]; customer != nil {
			shown[i].CRMCustomer = Maybe[CRMCustomer]{Sent: true, Value: *customer}
		}
	}
	return shown, nil
}
