package user

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

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

// followupStatuses are the words of the contract, conversationTypesMost how many types of conversation are asked for at most.
var followupStatuses = []string{"TO_DO", "IN_PROGRESS", "COMPLETE"}

const conversationTypesMost = 10

// FollowupStatuses is a list parameter of such words, as wire.Integers is of numbers.
type FollowupStatuses []string

// Schema implements huma.SchemaProvider. The words are told here and checked once the list is taken apart.
func (FollowupStatuses) Schema(wire.Schemas) *wire.Schema {
	return &wire.Schema{Type: "array", Items: &wire.Schema{Type: wire.TypeString, Extensions: map[string]any{"enum": followupStatuses}}}
}

func (s *server) registerFollowups() {
	wire.RegisterUser(s.API, wire.Operation{
		OperationID: "listFollowups", Method: http.MethodGet, Path: "/v1/core/followups", Summary: "List followups",
		Description: "The user's own, those of the teams that the user coaches, and all where the user is an administrator. The newest come first.", Tags: []string{"Followups"},
	}, hub.ScopeRead, wire.ZodErrors(), s.listFollowups)
}

func (s *server) listFollowups(r *wire.Request, in *struct {
	OrganizationID     string           `query:"organizationId" doc:"The user's own organization, if any."`
	Cursor             string           `query:"cursor" doc:"The cursor of the page before; leave it out for the first page."`
	Limit              int              `query:"limit" minimum:"1" maximum:"100" default:"25" doc:"How many followups the page has at most."`
	MinimumScore       int64            `query:"minimumScore" nullable:"true" minimum:"1" maximum:"5" default:"3" doc:"Only followups with at least this score."`
	Starred            bool             `query:"starred" nullable:"true" default:"false" doc:"Only followups that are starred; all without it, as with false."`
	Statuses           FollowupStatuses `query:"statuses,explode" doc:"Only followups in one of these. Each list is separated by commas, or one parameter an item."`
	Scores             wire.Integers    `query:"scores,explode" doc:"Only followups with one of these scores."`
	UserIDs            []string         `query:"userIds,explode" nullable:"false" doc:"Only these users' followups."`
	TeamIDs            []string         `query:"teamIds,explode" nullable:"false" doc:"Only these teams' followups."`
	CreatedAfter       string           `query:"createdAfter" nullable:"true" doc:"Only followups that came after this time."`
	CreatedBefore      string           `query:"createdBefore" nullable:"true" doc:"Only followups that came before this time."`
	ConversationTypes  []string         `query:"conversationTypes,explode" nullable:"false" maxItems:"10" doc:"Only followups of recordings of one of these."`
	IncludeHistory     bool             `query:"includeHistory" nullable:"true" doc:"Show their changes."`
	ExcludeCRMCustomer bool             `query:"excludeCrmCustomer" nullable:"true" doc:"Do not look up their customers."`
},
) (*FollowupsAnswer, error) {
	viewer, err := s.viewer(r, in.OrganizationID)
	if err != nil {
		return nil, err
	}
	f := store.FollowupFilter{
		By: viewer, MinimumScore: &in.MinimumScore, Statuses: wire.WordsOf(in.Statuses), UserIDs: wire.WordsOf(in.UserIDs), TeamIDs: wire.WordsOf(in.TeamIDs),
		ConversationTypes: wire.WordsOf(in.ConversationTypes), Starred: in.Starred, Limit: in.Limit + 1,
	}
	var q wire.Query
	for _, status := range f.Statuses {
		if !slices.Contains(followupStatuses, status) {
			q.Wrong("statuses", "has "+hub.Quoted(status), "of "+strings.Join(followupStatuses, ", "))
		}
	}
	for _, text := range wire.WordsOf(in.Scores) {
		score, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			q.Wrong("scores", "has "+hub.Quoted(text), "whole numbers")
		}
		f.Scores = append(f.Scores, score)
	}
	if n := len(f.ConversationTypes); n > conversationTypesMost {
		q.Wrong("conversationTypes", fmt.Sprintf("has %d items", n), fmt.Sprintf("%d at most", conversationTypesMost))
	}
	f.After = q.After(in.Cursor)
	f.From, f.Until = q.At("createdAfter", in.CreatedAfter), q.At("createdBefore", in.CreatedBefore)
	if err := q.Err(); err != nil {
		return nil, err
	}
	found, sum, err := s.Store.Followups(r, r.User.OrganizationID, f)
	cut, err := wire.IsCut(err)
	if err != nil {
		return nil, err
	}
	found, cursor := wire.CutAt(found, cut, in.Limit, func(f hub.Followup) store.ListPlace { return store.ListPlace{At: f.CreatedAt, ID: f.ID} })
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
