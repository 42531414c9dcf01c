package view

import (
	"cmp"

	"sirocco/api/wire"
	"sirocco/hub"
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
	CreatedAt              string              `json:"createdAt" doc:"When the conversation took place."`
	ReceivedAt             string              `json:"receivedAt" extension:"true" doc:"When it reached this server."`
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

// ShowRecording shows a recording with the parts that are asked for, but without what it is linked to.
func ShowRecording(r *wire.Request, rec *hub.Recording, parts RecordingParts) RecordingFields {
	done := rec.Ended()
	f := RecordingFields{
		ID: rec.ID, OrganizationID: rec.OrganizationID, UserID: rec.UserID, Title: rec.Title, DurationInMilliseconds: float64(rec.Duration.Milliseconds()),
		Result: "OPEN", CreatedAt: hub.WireTime(rec.StartedAt), ReceivedAt: hub.WireTime(rec.CreatedAt), UpdatedAt: hub.WireTime(rec.UpdatedAt),
		RootDataPurgedAt: wire.TimeOrNull(rec.PurgedAt), Deleted: !rec.DeletedAt.IsZero(), DeletedAt: wire.TimeOrNull(rec.DeletedAt),
		IsProcessingDone: &done, IsEntityExtractionDone: new(rec.ExtractionDone), IsSummaryDone: new(rec.SummaryDone),
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
	f.Links.Web.Self = cmp.Or(r.ConsoleURL(rec.OrganizationID, "/recordings/"+rec.ID), r.Origin+"/v1/core/recordings/"+rec.ID)
	if parts.ShowSummary == "true" {
		f.Summary = new(ShowSummary(*rec))
	}
	if parts.ShowEntityExtractions == "true" {
		values := []ExtractedValue{}
		for _, e := range rec.Analysis.Finished() {
			values = append(values, showValues(e.Values)...)
		}
		f.EntityExtractions = &values
	}
	if parts.ShowEvaluationScore == "true" {
		f.EvaluationScore = rec.Score
	}
	return f
}

// ShowLinkedCRM shows what a recording is linked to.
func ShowLinkedCRM(crm *hub.LinkedCRM) *RecordingCRM {
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

// ShowSummary shows the sections of a recording's summary.
func ShowSummary(rec hub.Recording) []RecordingSummary {
	shown := make([]RecordingSummary, len(rec.Analysis.Summary))
	for i, section := range rec.Analysis.Summary {
		shown[i] = RecordingSummary{ID: section.ID, Name: section.Header, Content: section.Content}
	}
	return shown
}
