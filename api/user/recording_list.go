package user

import (
	"strings"

	"sirocco/api/view"
	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

func (s *server) listRecordings(r *wire.Request, in *struct {
	Limit               string      `query:"limit" doc:"How many recordings the page has at most: 1 to 100, 100 without it."`
	ConversationType    wire.Texts  `query:"conversationType,explode" doc:"Only recordings of this type, or of one of several, separated by commas."`
	Result              ResultTexts `query:"result,explode" doc:"Only recordings that ended so, or in one of several ways, separated by commas."`
	OrganizationID      string      `query:"organizationId" doc:"The user's own organization, if any."`
	TeamID              wire.Texts  `query:"teamId,explode" doc:"Only recordings of this team, or of one of several, separated by commas."`
	CreatedAfter        string      `query:"dateCreated:gt" doc:"Only recordings that began after this time."`
	CreatedBefore       string      `query:"dateCreated:lt" doc:"Only recordings that began before this time."`
	OrderBy             string      `query:"orderBy" doc:"What to order by: dateCreated, which is the default, conversationType, result, teamId or organizationId."`
	OrderDirection      string      `query:"orderDirection" enum:"asc,desc" doc:"desc, which is the default, lists the newest first."`
	Cursor              string      `query:"cursor" doc:"The cursor of the page before; leave it out for the first page."`
	CRMLinkStatus       LinkStatus  `query:"crmLinkStatus" doc:"unlinked: only recordings whose link leads to no account, contact or lead that is there, neither directly nor by an engagement or opportunity. Beyond the contract, linked: exactly the others."`
	ShowCRMCustomer     string      `query:"showCrmCustomer" enum:"true,false" doc:"Show the record that each is linked to."`
	ShowEvaluationScore string      `query:"showEvaluationScore" enum:"true,false" doc:"Show their scores."`
	ShowFollowups       string      `query:"showFollowups" enum:"true,false" doc:"Show their followups."`
},
) (*UserRecordingsAnswer, error) {
	v, err := s.viewer(r, in.OrganizationID)
	if err != nil {
		return nil, err
	}
	var q wire.Query
	size := q.PageSize("limit", in.Limit, seenPage, seenPage)
	f := store.VisibleRecordingFilter{
		By: v, ConversationTypes: wire.WordsOf(in.ConversationType), Results: wire.WordsOf(in.Result), TeamIDs: wire.WordsOf(in.TeamID),
		Linked: in.CRMLinkStatus.linked(&q), OrderBy: orderBy(&q, in.OrderBy), Ascending: in.OrderDirection == "asc", Limit: size + 1,
	}
	if f.OrderBy == store.ByStart {
		f.After = q.After(in.Cursor)
	} else {
		f.AfterText, f.After.ID = q.AfterText(in.OrderBy, in.Cursor)
	}
	f.From, f.Until = wire.AfterShown(q.At("dateCreated:gt", in.CreatedAfter)), q.At("dateCreated:lt", in.CreatedBefore)
	if err := q.Err(); err != nil {
		return nil, err
	}
	found, err := s.Store.VisibleRecordings(r, r.User.OrganizationID, f)
	cut, err := wire.IsCut(err)
	if err != nil {
		return nil, err
	}
	out := &UserRecordingsAnswer{}
	if f.OrderBy == store.ByStart {
		found, out.Body.Cursor = wire.CutAt(found, cut, size, func(rec hub.Recording) store.ListPlace { return store.ListPlace{At: rec.StartedAt, ID: rec.ID} })
	} else {
		found, out.Body.Cursor = wire.CutAtText(found, cut, size, in.OrderBy, func(rec hub.Recording) (text, id string) { return f.OrderBy.Of(&rec), rec.ID })
	}
	out.Body.Data, err = s.showRecordings(r, found, in.ShowCRMCustomer == "true", in.ShowEvaluationScore == "true", in.ShowFollowups == "true")
	return out, err
}

// seenPage is how many recordings a page has, by itself and at most.
const seenPage = 100

// LinkStatus chooses recordings by their link; the contract has one word for it, and linked is ours.
type LinkStatus string

// Schema implements huma.SchemaProvider. The published word is told, and linked taken.
func (LinkStatus) Schema(wire.Schemas) *wire.Schema {
	return &wire.Schema{Type: wire.TypeString, Extensions: map[string]any{"enum": []string{"unlinked"}, "x-sirocco-extension-enum": []string{"linked"}}}
}

// linked is whether recordings are wanted that are linked; nil where either are.
func (l LinkStatus) linked(q *wire.Query) *bool {
	switch l {
	case "":
		return nil
	case "linked", "unlinked":
		return new(l == "linked")
	}
	q.Wrong("crmLinkStatus", "is "+hub.Quoted(string(l)), "unlinked or linked")
	return nil
}

// orderBy is what a list is to be ordered by.
func orderBy(q *wire.Query, text string) store.RecordingOrder {
	switch order := store.RecordingOrder(text); order {
	case store.ByStart, store.ByConversationType, store.ByResult, store.ByTeam, store.ByOrganization:
		return order
	case "dateCreated":
		return store.ByStart
	}
	q.Wrong("orderBy", "is "+hub.Quoted(text), "dateCreated, conversationType, result, teamId or organizationId")
	return store.ByStart
}

func (s *server) showRecordings(r *wire.Request, rs []hub.Recording, customers, scores, followups bool) ([]UserRecording, error) {
	users := make([]string, len(rs))
	for i, rec := range rs {
		users[i] = rec.UserID
	}
	people, err := s.Store.People(r, r.User.OrganizationID, users)
	if err != nil {
		return nil, err
	}
	followupsOf, err := view.FollowupScores(r, s.Store, r.User.OrganizationID, rs, followups)
	if err != nil {
		return nil, err
	}
	var linked map[string]*view.CRMCustomer
	if customers {
		if linked, err = view.Customers(r, s.Store, r.User.OrganizationID, rs); err != nil {
			return nil, err
		}
	}
	shown := make([]UserRecording, len(rs))
	for i, rec := range rs {
		rep, video := people[rec.UserID], strings.HasPrefix(rec.FileType, "video/")
		shown[i] = UserRecording{
			ID: rec.ID, RepFirstName: rep.FirstName, RepLastName: rep.LastName, DateCreated: hub.WireTime(rec.StartedAt),
			DurationInMilliseconds: float64(rec.Duration.Milliseconds()), Result: ResultText(rec.Result), Title: rec.Title, UserID: rec.UserID,
			IsPrivate: new(false), Discoverable: &rec.Discoverable, IsVideo: &video, Trigger: rec.Trigger, Followups: followupsOf(rec.ID), CRMCustomer: linked[rec.ID],
			UniversalOutcomeLabel: wire.OrNull(rec.Analysis.OutcomeLabel), ExtractedCustomOutcomes: showOutcomes(rec),
		}
		if scores {
			shown[i].EvaluationScore = rec.Score
		}
	}
	return shown, nil
}

func showOutcomes(rec hub.Recording) *CustomOutcomes {
	if len(rec.Analysis.Outcomes) == 0 {
		return nil
	}
	return &CustomOutcomes{OutcomeExtractionID: hub.OutcomesID(rec.ID), Outcomes: wire.Each(rec.Analysis.Outcomes, func(o hub.Outcome) CustomOutcome {
		return CustomOutcome{CustomLabel: o.Label, UniversalLabel: wire.OrNull(o.Universal), Description: o.Description}
	})}
}
