package view

import (
	"context"

	"sirocco/api/wire"
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
	RecordingID        string                     `json:"recordingId"`
	RecordingTitle     *string                    `json:"recordingTitle"`
	RepName            string                     `json:"repName"`
	RepID              string                     `json:"repId"`
	TeamName           *string                    `json:"teamName"`
	TeamID             string                     `json:"teamId" doc:"The rep's team when the recording was made; empty where the rep had none."`
	FollowupID         string                     `json:"followupId"`
	DateCreated        string                     `json:"dateCreated"`
	FollowupType       string                     `json:"followupType" enum:"REHASH,CROSS_SELL"`
	Score              float64                    `json:"score"`
	FollowupAction     *string                    `json:"followupAction"`
	Context            []FollowupContext          `json:"context" nullable:"false"`
	UpdatedAt          string                     `json:"updatedAt"`
	Metadata           []map[string]string        `json:"metadata" nullable:"false"`
	Starred            bool                       `json:"starred"`
	Status             string                     `json:"status" enum:"TO_DO,IN_PROGRESS,COMPLETE"`
	Thinking           string                     `json:"thinking"`
	History            *[]FollowupChange          `json:"history,omitempty" nullable:"true"`
	CRMURL             *string                    `json:"crmUrl,omitempty" nullable:"true"`
	CRMCustomer        wire.Optional[CRMCustomer] `json:"crmCustomer"`
	HasFollowupComment bool                       `json:"hasFollowupComment"`
	Note               *string                    `json:"note"`
	Completed          bool                       `json:"completed"`
	CompletedBy        *string                    `json:"completedBy"`
	CompletedAt        *string                    `json:"completedAt"`
}

// FollowupsOf shows the followups of recordings.
func FollowupsOf(ctx context.Context, st *store.Store, rs []hub.Recording) ([]Followup, error) {
	if len(rs) == 0 {
		return []Followup{}, nil
	}
	found, err := st.FollowupsOf(ctx, rs[0].OrganizationID, idsOf(rs))
	if err != nil {
		return nil, err
	}
	var all []hub.Followup
	for _, rec := range rs {
		all = append(all, found[rec.ID]...)
	}
	return ShowFollowups(ctx, st, rs, all, true)
}

func teamsOf(rs []hub.Recording) []string {
	ids := make([]string, len(rs))
	for i, rec := range rs {
		ids[i] = rec.TeamID
	}
	return ids
}

// ShowFollowups shows followups of the recordings, and their customers unless those are not wanted.
func ShowFollowups(ctx context.Context, st *store.Store, rs []hub.Recording, all []hub.Followup, withCustomers bool) ([]Followup, error) {
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
	people, err := st.People(ctx, organization, users)
	if err != nil {
		return nil, err
	}
	teams, err := st.TeamNames(ctx, organization, teamsOf(rs))
	if err != nil {
		return nil, err
	}
	var customers map[string]*CRMCustomer
	if withCustomers {
		if customers, err = Customers(ctx, st, organization, rs); err != nil {
			return nil, err
		}
	}
	for i, f := range all {
		rec, rep := byID[f.RecordingID], people[f.UserID]
		shown[i] = Followup{
			RecordingID: f.RecordingID, RecordingTitle: wire.OrNull(rec.Title), RepName: rep.Name(), RepID: f.UserID, TeamName: wire.OrNull(teams[rec.TeamID]),
			FollowupID: f.ID, DateCreated: hub.WireTime(f.CreatedAt), FollowupType: f.Kind, Score: float64(f.Score), FollowupAction: wire.OrNull(f.Details.Action),
			Context: make([]FollowupContext, len(f.Details.Context)), UpdatedAt: hub.WireTime(f.UpdatedAt), Metadata: metadataOf(f), Starred: f.Starred,
			Status: f.Status, Thinking: f.Details.Thinking, HasFollowupComment: f.Details.Note != "", Note: wire.OrNull(f.Details.Note),
			Completed: f.Status == "COMPLETE", CompletedBy: wire.OrNull(f.Details.CompletedBy), CompletedAt: wire.TimeOrNull(f.Details.CompletedAt),
		}
		if _, there := teams[rec.TeamID]; there { // a deleted team is nobody's
			shown[i].TeamID = rec.TeamID
		}
		for j, c := range f.Details.Context {
			shown[i].Context[j] = FollowupContext(c)
		}
		if customer := customers[rec.ID]; customer != nil {
			shown[i].CRMCustomer, shown[i].CRMURL = wire.Some(*customer), wire.OrNull(customer.CRMURL)
		}
	}
	return shown, nil
}

// metadataOf is what the analysis says of a followup beside all else; never null.
func metadataOf(f hub.Followup) []map[string]string {
	if f.Details.Metadata == nil {
		return []map[string]string{}
	}
	return f.Details.Metadata
}

// ShowHistory shows what people did with a followup, oldest first.
func ShowHistory(f hub.Followup) *[]FollowupChange {
	shown := wire.Each(f.Details.History, func(c hub.FollowupChange) FollowupChange {
		return FollowupChange{ID: c.ID, UpdatedBy: c.By, UpdatedByUserID: wire.OrNull(c.UserID), CreatedAt: hub.WireTime(c.At), Note: c.Note, Status: c.Status}
	})
	return &shown
}

// FollowupScore is a followup in a list of recordings.
type FollowupScore struct {
	ID    string  `json:"id,omitempty"`
	Score float64 `json:"score,omitempty"`
}

// FollowupScores reads the followups of recordings where they are wanted, and returns what shows those of one.
func FollowupScores(ctx context.Context, st *store.Store, organization string, rs []hub.Recording, wanted bool) (func(id string) *[]FollowupScore, error) {
	if !wanted {
		return func(string) *[]FollowupScore { return nil }, nil
	}
	found, err := st.FollowupsOf(ctx, organization, idsOf(rs))
	return func(id string) *[]FollowupScore {
		shown := make([]FollowupScore, len(found[id]))
		for i, f := range found[id] {
			shown[i] = FollowupScore{ID: f.ID, Score: float64(f.Score)}
		}
		return &shown
	}, err
}

func idsOf(rs []hub.Recording) []string {
	ids := make([]string, len(rs))
	for i, rec := range rs {
		ids[i] = rec.ID
	}
	return ids
}
