package user

import (
	"net/http"

	"sirocco/api/view"
	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// FollowupsPage is a page of followups, and how many there are on all.
type FollowupsPage struct {
	TotalCount   float64         `json:"totalCount"`
	TotalRevenue *float64        `json:"totalRevenue,omitempty" doc:"What the opportunities are worth that all that fit the query are linked to, each counted once."`
	Followups    []view.Followup `json:"followups" nullable:"false"`
}

// FollowupsAnswer is one page of followups.
type FollowupsAnswer struct {
	Body struct {
		Data FollowupsPage `json:"data"`
		wire.PagedBody
	}
}

func (s *server) registerFollowups() {
	wire.RegisterUser(s.API, wire.Operation{
		OperationID: "listFollowups", Method: http.MethodGet, Path: "/v1/core/followups", Summary: "List followups",
		Description: "The user's own, those of the teams that the user coaches, and all where the user is an administrator. The newest come first.", Tags: []string{"Followups"},
	}, hub.ScopeRead, wire.ZodErrors(), s.listFollowups)
}

func (s *server) listFollowups(r *wire.Request, in *struct {
	OrganizationID     string        `query:"organizationId" doc:"The user's own organization, if any."`
	Cursor             string        `query:"cursor" doc:"The cursor of the page before; leave it out for the first page."`
	Limit              int           `query:"limit" minimum:"1" maximum:"100" default:"25" doc:"How many followups the page has at most."`
	MinimumScore       int64         `query:"minimumScore" nullable:"true" minimum:"1" maximum:"5" default:"3" doc:"Only followups with at least this score."`
	Starred            bool          `query:"starred" nullable:"true" default:"false" doc:"Only followups that are starred; all without it, as with false."`
	Statuses           []string      `query:"statuses,explode" nullable:"false" enum:"TO_DO,IN_PROGRESS,COMPLETE" doc:"Only followups in one of these."`
	Scores             wire.Integers `query:"scores,explode" doc:"Only followups with one of these scores."`
	UserIDs            []string      `query:"userIds,explode" nullable:"false" doc:"Only these users' followups."`
	TeamIDs            []string      `query:"teamIds,explode" nullable:"false" doc:"Only these teams' followups."`
	CreatedAfter       string        `query:"createdAfter" nullable:"true" doc:"Only followups that came after this time."`
	CreatedBefore      string        `query:"createdBefore" nullable:"true" doc:"Only followups that came before this time."`
	ConversationTypes  []string      `query:"conversationTypes,explode" nullable:"false" maxItems:"10" doc:"Only followups of recordings of one of these."`
	IncludeHistory     bool          `query:"includeHistory" nullable:"true" doc:"Show their changes."`
	ExcludeCRMCustomer bool          `query:"excludeCrmCustomer" nullable:"true" doc:"Do not look up their customers."`
},
) (*FollowupsAnswer, error) {
	viewer, err := s.viewer(r, in.OrganizationID)
	if err != nil {
		return nil, err
	}
	f := store.FollowupFilter{
		By: viewer, MinimumScore: &in.MinimumScore, Scores: in.Scores, Statuses: in.Statuses, UserIDs: in.UserIDs, TeamIDs: in.TeamIDs,
		ConversationTypes: in.ConversationTypes, Starred: in.Starred, Limit: in.Limit + 1,
	}
	var q wire.Query
	f.After = q.After(in.Cursor)
	f.From, f.Until = q.At("createdAfter", in.CreatedAfter), q.At("createdBefore", in.CreatedBefore)
	if err := q.Err(); err != nil {
		return nil, err
	}
	found, sum, err := s.Store.Followups(r, r.User.OrganizationID, f)
	if err != nil {
		return nil, err
	}
	found, cursor := wire.CutAt(found, false, in.Limit, func(f hub.Followup) store.ListPlace { return store.ListPlace{At: f.CreatedAt, ID: f.ID} })
	out := &FollowupsAnswer{}
	out.Body.PagedBody = wire.NewPagedBody(wire.PageQuery{PageSize: in.Limit}, cursor)
	out.Body.Data.TotalCount, out.Body.Data.TotalRevenue = float64(sum.Count), &sum.Revenue
	ids := make([]string, len(found))
	for i, f := range found {
		ids[i] = f.RecordingID
	}
	recordings, err := s.Store.RecordingsByID(r, r.User.OrganizationID, ids)
	if err != nil {
		return nil, err
	}
	out.Body.Data.Followups, err = view.ShowFollowups(r, s.Store, recordings, found, !in.ExcludeCRMCustomer)
	if in.IncludeHistory {
		for i := range out.Body.Data.Followups {
			out.Body.Data.Followups[i].History = view.ShowHistory(found[i])
		}
	}
	return out, err
}
