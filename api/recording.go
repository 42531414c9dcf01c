package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"sirocco/hub"
	"sirocco/store"
)

// RecordingFields are what a recording has both in a list and alone, as the organization surface shows it.
type RecordingFields struct {
	ID                     string              `json:"id"`
	OrganizationID         string              `json:"organizationId"`
	UserID                 string              `json:"userId"`
	Title                  string              `json:"title"`
	DurationInMilliseconds float64             `json:"durationInMilliseconds" doc:"0 until the analysis tells it."`
	Latitude               float64             `json:"latitude" doc:"0 where it is not known."`
	Longitude              float64             `json:"longitude" doc:"0 where it is not known."`
	Result                 string              `json:"result" enum:"OPEN,WON,LOST"`
	CreatedAt              string              `json:"createdAt"`
	UpdatedAt              string              `json:"updatedAt"`
	RootDataPurgedAt       *string             `json:"rootDataPurgedAt,omitempty" nullable:"true" doc:"When its audio was erased."`
	Deleted                bool                `json:"deleted"`
	DeletedAt              *string             `json:"deletedAt,omitempty" nullable:"true"`
	Links                  RecordingLinks      `json:"links"`
	IsProcessingDone       *bool               `json:"isProcessingDone,omitempty"`
	IsEntityExtractionDone *bool               `json:"isEntityExtractionDone,omitempty"`
	IsSummaryDone          *bool               `json:"isSummaryDone,omitempty"`
	CRM                    *RecordingCRM       `json:"crm,omitempty" doc:"What it is linked to; left out while it is not linked."`
	Summary                *[]RecordingSummary `json:"summary,omitempty" nullable:"false"`
	EntityExtractions      *[]ExtractedValue   `json:"entityExtractions,omitempty" nullable:"false"`
	EvaluationScore        *float64            `json:"evaluationScore,omitempty"`
}

// Recording is one recording.
type Recording struct {
	RecordingFields
	Followups *[]Followup `json:"followups,omitempty" nullable:"false"`
}

// ListedRecording is a recording in a list.
type ListedRecording struct {
	RecordingFields
	Followups *[]FollowupScore `json:"followups,omitempty" nullable:"false"`
}

// FollowupScore is a followup in a list of recordings.
type FollowupScore struct {
	ID    string  `json:"id,omitempty"`
	Score float64 `json:"score,omitempty"`
}

// RecordingLinks says where a recording is found.
type RecordingLinks struct {
	Web WebLinks `json:"web"`
}

// WebLinks are URLs.
type WebLinks struct {
	Self string `json:"self"`
}

// RecordingCRM is what a recording is linked to.
type RecordingCRM struct {
	IntegrationConnectionID string             `json:"integrationConnectionId"`
	Users                   *[]hub.CRMIdentity `json:"users,omitempty" nullable:"false"`
	Engagement              *hub.CRMIdentity   `json:"engagement,omitempty"`
	Opportunity             *hub.CRMIdentity   `json:"opportunity,omitempty"`
	Contacts                *[]hub.CRMIdentity `json:"contacts,omitempty" nullable:"false"`
	Account                 *hub.CRMIdentity   `json:"account,omitempty"`
	Lead                    *hub.CRMIdentity   `json:"lead,omitempty"`
}

// RecordingSummary is one section of a summary.
type RecordingSummary struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Content string `json:"content"`
}

// RecordingParts are the parts of a recording that are shown on demand.
type RecordingParts struct {
	ShowCRMLinks          string `query:"showCrmLinks" enum:"true,false" doc:"Show what it is linked to."`
	ShowSummary           string `query:"showSummary" enum:"true,false" doc:"Show its summary."`
	ShowEntityExtractions string `query:"showEntityExtractions" enum:"true,false" doc:"Show the values found in it."`
	ShowEvaluationScore   string `query:"showEvaluationScore" enum:"true,false" doc:"Show its score."`
	ShowFollowups         string `query:"showFollowups" enum:"true,false" doc:"Show its followups."`
}

// RecordingAnswer is one recording.
type RecordingAnswer struct {
	Body Recording
}

// RecordingsAnswer is one page of recordings.
type RecordingsAnswer struct {
	Body struct {
		Data   []ListedRecording `json:"data" nullable:"false"`
		Cursor *string           `json:"cursor"`
	}
}

// SummariesAnswer is a recording's summary.
type SummariesAnswer struct {
	Body []RecordingSummary `nullable:"false"`
}

const (
	recordingsPath = recordingsPathOf
	recordingTag   = "Recordings"
	recordingKind  = "recording"
)

func (s *server) registerRecordings() {
	register(s, huma.Operation{
		OperationID: "listRecordings", Method: http.MethodGet, Path: legacyPrefix + recordingsPath, Summary: "List the organization's recordings",
		Description: "Those that changed last come last, so that who remembers the last updatedAt and goes on from there misses none. " +
			"With a filter on updatedAt deleted recordings are listed too, as deleted; otherwise they are not.",
		Tags: []string{recordingTag},
	}, jsonErrors(), s.listRecordings)
	register(s, huma.Operation{
		OperationID: "getRecording", Method: http.MethodGet, Path: legacyPrefix + recordingsPath + "/{id}", Summary: "Get a recording of the organization", Tags: []string{recordingTag},
	}, notFound, s.getRecording)
	register(s, huma.Operation{
		OperationID: "getRecordingSummaries", Method: http.MethodGet, Path: recordingsPath + "/{id}/summaries", Summary: "Get the summary of a recording of the organization", Tags: []string{recordingTag},
	}, notFound, func(r *request, in *IDPath) (*SummariesAnswer, error) {
		rec, err := s.recording(r, in)
		if err != nil {
			return nil, err
		}
		return &SummariesAnswer{Body: showSummary(rec)}, nil
	})
	s.registerAnalysis()
}

// recording returns the recording that a path names.
func (s *server) recording(r *request, in *IDPath) (hub.Recording, error) {
	return atPath(s, r, in, recordingKind, func(organization string) (hub.Recording, error) { return s.Store.Recording(r, organization, in.ID) })
}

func (s *server) getRecording(r *request, in *struct {
	IDPath
	RecordingParts
},
) (*RecordingAnswer, error) {
	rec, err := s.recording(r, &in.IDPath)
	if err != nil {
		return nil, err
	}
	shown, err := s.showRecordings(r, []hub.Recording{rec}, in.RecordingParts)
	if err != nil {
		return nil, err
	}
	out := &RecordingAnswer{Body: Recording{RecordingFields: shown[0]}}
	if in.ShowFollowups == "true" {
		followups, err := s.followupsOf(r, []hub.Recording{rec})
		if err != nil {
			return nil, err
		}
		out.Body.Followups = new(followups)
	}
	return out, nil
}

func (s *server) listRecordings(r *request, in *struct {
	OrganizationSelector
	CreatedAfter           string `query:"createdAt:gt" nullable:"true" doc:"Only recordings made after this time."`
	CreatedBefore          string `query:"createdAt:lt" nullable:"true" doc:"Only recordings made before this time."`
	UpdatedFrom            string `query:"updatedAt:gte" nullable:"true" doc:"Only recordings that changed at this time or later."`
	UpdatedAfter           string `query:"updatedAt:gt" nullable:"true" doc:"Only recordings that changed after this time."`
	UpdatedBefore          string `query:"updatedAt:lt" nullable:"true" doc:"Only recordings that changed before this time."`
	UpdatedUntil           string `query:"updatedAt:lte" nullable:"true" doc:"Only recordings that changed at this time or before."`
	PageSize               string `query:"pageSize" doc:"How many recordings the page has at most: 1 to 1000, 100 without it."`
	Cursor                 string `query:"cursor" doc:"The cursor of the page before; leave it out for the first page."`
	IsProcessingDone       string `query:"isProcessingDone" enum:"true,false" doc:"Only recordings whose analysis is there, or is not."`
	IsEntityExtractionDone string `query:"isEntityExtractionDone" enum:"true,false" doc:"As isProcessingDone: an analysis comes whole."`
	IsSummaryDone          string `query:"isSummaryDone" enum:"true,false" doc:"As isProcessingDone: an analysis comes whole."`
	RecordingParts
},
) (*RecordingsAnswer, error) {
	organization, err := s.organization(r, in.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	var q query
	size := q.pageSize("pageSize", in.PageSize)
	f := store.RecordingFilter{Limit: size + 1, After: q.after(in.Cursor)}
	f.CreatedAfter, f.CreatedBefore = q.at("createdAt:gt", in.CreatedAfter), q.at("createdAt:lt", in.CreatedBefore)
	// What clients are shown is cut to milliseconds: after one means from the next one on.
	f.UpdatedFrom = latest(q.at("updatedAt:gte", in.UpdatedFrom), nextMillisecond(q.at("updatedAt:gt", in.UpdatedAfter)))
	f.UpdatedBefore = earliest(q.at("updatedAt:lt", in.UpdatedBefore), nextMillisecond(q.at("updatedAt:lte", in.UpdatedUntil)))
	f.WithDeleted = !f.UpdatedFrom.IsZero() || !f.UpdatedBefore.IsZero()
	if err := q.err(); err != nil {
		return nil, err
	}
	for _, done := range []string{in.IsProcessingDone, in.IsEntityExtractionDone, in.IsSummaryDone} {
		if done != "" {
			f.Processed = append(f.Processed, done == "true")
		}
	}
	found, err := s.Store.Recordings(r, organization, f)
	if err != nil {
		return nil, err
	}
	out := &RecordingsAnswer{}
	found, out.Body.Cursor = cutAt(found, size, func(rec hub.Recording) store.ListPlace { return store.ListPlace{At: rec.UpdatedAt, ID: rec.ID} })
	shown, err := s.showRecordings(r, found, in.RecordingParts)
	if err != nil {
		return nil, err
	}
	scores, err := s.followupScores(r, organization, found, in.ShowFollowups == "true")
	if err != nil {
		return nil, err
	}
	out.Body.Data = make([]ListedRecording, len(found))
	for i := range found {
		out.Body.Data[i] = ListedRecording{RecordingFields: shown[i], Followups: scores(found[i].ID)}
	}
	return out, nil
}

// followupScores reads the followups of recordings where they are wanted, and returns what shows those of one.
func (s *server) followupScores(r *request, organization string, rs []hub.Recording, wanted bool) (func(id string) *[]FollowupScore, error) {
	if !wanted {
		return func(string) *[]FollowupScore { return nil }, nil
	}
	found, err := s.Store.FollowupsOf(r, organization, idsOf(rs))
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

func (s *server) showRecordings(r *request, rs []hub.Recording, parts RecordingParts) ([]RecordingFields, error) {
	var crms map[string]*hub.LinkedCRM
	if parts.ShowCRMLinks == "true" && len(rs) > 0 {
		var err error
		if crms, err = s.Store.LinkedCRMs(r, rs[0].OrganizationID, rs); err != nil {
			return nil, err
		}
	}
	shown := make([]RecordingFields, len(rs))
	for i := range rs {
		shown[i] = s.showRecording(r, &rs[i], parts)
		if crm := crms[rs[i].ID]; crm != nil {
			shown[i].CRM = showLinkedCRM(crm)
		}
	}
	return shown, nil
}

func (s *server) showRecording(r *request, rec *hub.Recording, parts RecordingParts) RecordingFields {
	done := rec.Processed()
	f := RecordingFields{
		ID: rec.ID, OrganizationID: rec.OrganizationID, UserID: rec.UserID, Title: rec.Title, DurationInMilliseconds: float64(rec.Duration.Milliseconds()),
		Result: "OPEN", CreatedAt: hub.WireTime(rec.CreatedAt), UpdatedAt: hub.WireTime(rec.UpdatedAt),
		RootDataPurgedAt: optionalTime(rec.PurgedAt), Deleted: !rec.DeletedAt.IsZero(), DeletedAt: optionalTime(rec.DeletedAt),
		IsProcessingDone: &done, IsEntityExtractionDone: &done, IsSummaryDone: &done,
	}
	switch rec.Result {
	case hub.ResultClosed:
		f.Result = "WON"
	case hub.ResultNotClosed:
		f.Result = "LOST"
	}
	if rec.Latitude != nil && rec.Longitude != nil {
		f.Latitude, f.Longitude = *rec.Latitude, *rec.Longitude
	}
	f.Links.Web.Self = r.Origin + recordingsPath + "/" + rec.ID
	if parts.ShowSummary == "true" {
		f.Summary = new(showSummary(*rec))
	}
	if parts.ShowEntityExtractions == "true" {
		values := []ExtractedValue{}
		for _, e := range rec.Analysis.Extractions {
			values = append(values, showValues(e.Values)...)
		}
		f.EntityExtractions = &values
	}
	if parts.ShowEvaluationScore == "true" {
		f.EvaluationScore = rec.Score
	}
	return f
}

func showLinkedCRM(crm *hub.LinkedCRM) *RecordingCRM {
	list := func(ids []hub.CRMIdentity) *[]hub.CRMIdentity {
		if ids == nil {
			ids = []hub.CRMIdentity{}
		}
		return &ids
	}
	return &RecordingCRM{
		IntegrationConnectionID: crm.ConnectionID, Users: list(crm.Users), Engagement: crm.Engagement, Opportunity: crm.Opportunity,
		Contacts: list(crm.Contacts), Account: crm.Account, Lead: crm.Lead,
	}
}

func showSummary(rec hub.Recording) []RecordingSummary {
	shown := make([]RecordingSummary, len(rec.Analysis.Summary))
	for i, section := range rec.Analysis.Summary {
		shown[i] = RecordingSummary{ID: section.ID, Name: section.Header, Content: section.Content}
	}
	return shown
}
