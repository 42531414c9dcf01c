package user

import (
	"net/http"
	"slices"
	"strings"

	"sirocco/api/view"
	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// ResultText is how a conversation ended; the contract lets it be any text.
type ResultText string

// Schema implements huma.SchemaProvider.
func (ResultText) Schema(wire.Schemas) *wire.Schema {
	return &wire.Schema{AnyOf: []*wire.Schema{
		{Type: wire.TypeString}, {Type: wire.TypeString, Enum: []any{string(hub.ResultClosed), string(hub.ResultNotClosed), string(hub.ResultInProgress)}},
	}}
}

// ResultTexts is a parameter of such texts, as wire.Texts is.
type ResultTexts []string

// Schema implements huma.SchemaProvider. What it is told to be is not checked: what is read is a list.
func (ResultTexts) Schema(r wire.Schemas) *wire.Schema {
	return &wire.Schema{Extensions: map[string]any{"anyOf": ResultText("").Schema(r).AnyOf}}
}

// UserRecording is a recording in a list, as the user surface shows it.
type UserRecording struct {
	ID                      string                `json:"id"`
	RepFirstName            string                `json:"repFirstName,omitempty"`
	RepLastName             string                `json:"repLastName,omitempty"`
	DateCreated             string                `json:"dateCreated" doc:"When the conversation began."`
	DurationInMilliseconds  float64               `json:"durationInMilliseconds,omitempty"`
	Result                  ResultText            `json:"result,omitempty"`
	Title                   string                `json:"title,omitempty"`
	IsPrivate               *bool                 `json:"isPrivate,omitempty" doc:"Always false: nothing here hides a recording from its coaches and administrators."`
	UserID                  string                `json:"userId,omitempty"`
	Discoverable            *bool                 `json:"discoverable,omitempty"`
	IsVideo                 *bool                 `json:"isVideo,omitempty"`
	Trigger                 string                `json:"trigger,omitempty" enum:"button-press,deeplink,modern-deeplink,mobile-sdk"`
	Followups               *[]view.FollowupScore `json:"followups,omitempty" nullable:"false"`
	CRMCustomer             *view.CRMCustomer     `json:"crmCustomer,omitempty"`
	EvaluationScore         *float64              `json:"evaluationScore,omitempty"`
	UniversalOutcomeLabel   *string               `json:"universalOutcomeLabel,omitempty" nullable:"true"`
	ExtractedCustomOutcomes *CustomOutcomes       `json:"extractedCustomOutcomes,omitempty" doc:"The outcomes that its analysis found by the organization's own labels; left out where there are none."`
}

// CustomOutcomes are outcomes of an organization's own kind.
type CustomOutcomes struct {
	OutcomeExtractionID string          `json:"outcomeExtractionId"`
	Outcomes            []CustomOutcome `json:"outcomes" nullable:"false"`
}

// CustomOutcome is an outcome of an organization's own kind.
type CustomOutcome struct {
	CustomLabel    string  `json:"customLabel"`
	UniversalLabel *string `json:"universalLabel"`
	Description    string  `json:"description,omitempty"`
}

// WholeRecording is one recording as the user surface shows it.
type WholeRecording struct {
	ID                     string                   `json:"id"`
	DateCreated            string                   `json:"dateCreated" doc:"When the conversation began."`
	TranscriptionStatus    string                   `json:"transcriptionStatus,omitempty" enum:"RECORDING,UPLOADING,UPLOADED,TRANSCRIBING,AWAITING_REDACTION,REDACTING,COMPLETE,SECONDARY_TRANSCRIPTION_COMPLETE,ERROR,UNRECOVERABLE_ERROR,REMOVED,RAW_SPLIT"`
	ProcessingStatus       string                   `json:"processingStatus,omitempty" enum:"in-progress,complete,error"`
	ProcessingStage        string                   `json:"processingStage,omitempty" enum:"recording,uploading,processing,done"`
	OrganizationID         string                   `json:"organizationId,omitempty"`
	TeamID                 string                   `json:"teamId,omitempty"`
	UserID                 string                   `json:"userId,omitempty"`
	Title                  string                   `json:"title,omitempty"`
	DurationInMilliseconds float64                  `json:"durationInMilliseconds,omitempty"`
	Deleted                bool                     `json:"deleted"`
	ConversationType       string                   `json:"conversationType,omitempty"`
	TranscriptionLanguage  string                   `json:"transcriptionLanguage,omitempty" enum:"English,Spanish,French"`
	CRMOpportunities       *[]RecordingOpportunity  `json:"crmOpportunities,omitempty" nullable:"false"`
	CRMCustomer            *view.CRMCustomer        `json:"crmCustomer,omitempty"`
	EvaluationScore        *float64                 `json:"evaluationScore,omitempty"`
	Followups              *[]view.Followup         `json:"followups,omitempty" nullable:"false"`
	UniversalOutcomeLabel  *string                  `json:"universalOutcomeLabel,omitempty" nullable:"true"`
	Summary                *string                  `json:"summary,omitempty"`
	EntityExtractions      *[]view.EntityExtraction `json:"entityExtractions,omitempty" nullable:"false"`
}

// RecordingOpportunity is an opportunity of a recording.
type RecordingOpportunity struct {
	OpportunityExternalID *string              `json:"opportunityExternalId"`
	AccountID             *string              `json:"accountId"`
	AccountName           *string              `json:"accountName"`
	AccountExternalID     *string              `json:"accountExternalId"`
	Disposition           *string              `json:"disposition"`
	ClosedAt              *string              `json:"closedAt"`
	Name                  *string              `json:"name"`
	Amount                *float64             `json:"amount"`
	IntegrationName       *string              `json:"integrationName"`
	IntegrationPlatform   *string              `json:"integrationPlatform"`
	Addresses             []OpportunityAddress `json:"addresses" nullable:"false"`
}

// OpportunityAddress is a postal address.
type OpportunityAddress struct {
	Street  string `json:"street,omitempty"`
	City    string `json:"city,omitempty"`
	State   string `json:"state,omitempty"`
	Zip     string `json:"zip,omitempty"`
	Country string `json:"country,omitempty"`
}

// UserRecordingsAnswer is one page of recordings.
type UserRecordingsAnswer struct {
	Body struct {
		Data   []UserRecording `json:"data" nullable:"false"`
		Cursor *string         `json:"cursor"`
	}
}

// WholeRecordingAnswer is one recording.
type WholeRecordingAnswer struct {
	Body struct {
		Data WholeRecording `json:"data"`
		wire.PagedBody
	}
}

// NullAnswer says that something was done.
type NullAnswer struct {
	Body wire.Optional[string]
}

// RecordingPath names a recording that a user sees.
type RecordingPath struct {
	ID string `path:"id"`
}

func operation(id, method, path, summary string) wire.Operation {
	return wire.Operation{OperationID: id, Method: method, Path: recordingsPath + path, Summary: summary, Tags: []string{recordingTag}}
}

func (s *server) registerRecordings() {
	list := operation("listSeenRecordings", http.MethodGet, "", "List the recordings that the user sees")
	list.Description = "The user's own, those of the teams that the user coaches, those that may be discovered, and all where the user is an administrator."
	wire.RegisterUser(s.API, list, hub.ScopeRead, wire.TextErrors(http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusInternalServerError), s.listRecordings)
	wire.RegisterUser(s.API, operation("getSeenRecording", http.MethodGet, "/{id}", "Get a recording that the user sees"), hub.ScopeRead, wire.ZodErrors(), s.getRecording)
	wire.RegisterUser(s.API, operation("deleteRecording", http.MethodDelete, "/{id}", "Delete a recording, its texts and its audio"), hub.ScopeWrite, wire.ZodErrors(), s.deleteRecording)
}

// viewer returns the user of the request. organization is that which the client names, if any: it can only be the
// user's own.
func (s *server) viewer(r *wire.Request, organization string) (hub.Viewer, error) {
	if organization != "" && organization != r.User.OrganizationID {
		return hub.Viewer{}, hub.Forbidden("This access token is not of that organization.")
	}
	v, err := s.Store.Viewer(r, r.User.OrganizationID, r.User.UserID)
	return v, hub.Missing("user", err)
}

// recording returns the recording that a path names, where the user sees it.
func (s *server) recording(r *wire.Request, id string) (hub.Recording, error) {
	rec, err := s.Store.VisibleRecording(r, r.User.OrganizationID, r.User.UserID, id)
	return rec, hub.Missing(recordingKind, err)
}

// recordingHead is recording for what shows nothing of its analysis.
func (s *server) recordingHead(r *wire.Request, id string) (hub.Recording, error) {
	rec, err := s.Store.VisibleRecordingHead(r, r.User.OrganizationID, r.User.UserID, id)
	return rec, hub.Missing(recordingKind, err)
}

func (s *server) getRecording(r *wire.Request, in *struct {
	RecordingPath
	ShowCRMOpportunities  string `query:"showCrmOpportunities" doc:"true shows the opportunity that it is linked to."`
	ShowEvaluationScore   string `query:"showEvaluationScore" doc:"true shows its score."`
	ShowFollowups         string `query:"showFollowups" doc:"true shows its followups."`
	ShowCRMCustomers      string `query:"showCrmCustomers" doc:"true shows the record that it is linked to."`
	ShowSummary           string `query:"showSummary" doc:"true shows its summary."`
	ShowEntityExtractions string `query:"showEntityExtractions" doc:"true shows the values found in it."`
},
) (*WholeRecordingAnswer, error) {
	read := s.recordingHead
	if in.ShowSummary == "true" || in.ShowEntityExtractions == "true" {
		read = s.recording
	}
	rec, err := read(r, in.ID)
	if err != nil {
		return nil, err
	}
	out := &WholeRecordingAnswer{}
	out.Body.Data = showWholeRecording(rec)
	d := &out.Body.Data
	teams, err := s.Store.TeamNames(r, rec.OrganizationID, []string{rec.TeamID})
	if err != nil {
		return nil, err
	}
	if _, there := teams[rec.TeamID]; !there { // a deleted team is nobody's
		d.TeamID = ""
	}
	if in.ShowSummary == "true" {
		d.Summary = new(summaryText(rec))
	}
	if in.ShowEntityExtractions == "true" {
		d.EntityExtractions = new(view.ShowExtractions(rec))
	}
	if in.ShowEvaluationScore == "true" {
		d.EvaluationScore = rec.Score
	}
	if in.ShowFollowups == "true" {
		followups, err := view.FollowupsOf(r, s.Store, []hub.Recording{rec})
		if err != nil {
			return nil, err
		}
		d.Followups = &followups
	}
	if in.ShowCRMCustomers == "true" {
		customers, err := view.Customers(r, s.Store, rec.OrganizationID, []hub.Recording{rec})
		if err != nil {
			return nil, err
		}
		d.CRMCustomer = customers[rec.ID]
	}
	if in.ShowCRMOpportunities == "true" {
		opportunities, err := s.opportunities(r, rec)
		if err != nil {
			return nil, err
		}
		d.CRMOpportunities = &opportunities
	}
	return out, nil
}

func showWholeRecording(rec hub.Recording) WholeRecording {
	w := WholeRecording{
		ID: rec.ID, DateCreated: hub.WireTime(rec.StartedAt), TranscriptionStatus: string(rec.Status), ProcessingStatus: "in-progress", ProcessingStage: "processing",
		OrganizationID: rec.OrganizationID, TeamID: rec.TeamID, UserID: rec.UserID, Title: rec.Title, DurationInMilliseconds: float64(rec.Duration.Milliseconds()),
		ConversationType: rec.ConversationType, UniversalOutcomeLabel: wire.OrNull(rec.Analysis.OutcomeLabel),
	}
	switch rec.Status {
	case hub.RecordingComplete:
		w.ProcessingStatus, w.ProcessingStage = "complete", "done"
	case hub.RecordingError:
		w.ProcessingStatus, w.ProcessingStage = "error", "done"
	}
	if slices.Contains([]string{"English", "Spanish", "French"}, rec.Analysis.Language) { // the contract has no others
		w.TranscriptionLanguage = rec.Analysis.Language
	}
	return w
}

// summaryText is a summary in one piece.
func summaryText(rec hub.Recording) string {
	parts := make([]string, len(rec.Analysis.Summary))
	for i, section := range rec.Analysis.Summary {
		parts[i] = strings.TrimSpace(section.Header + "\n" + section.Content)
	}
	return strings.Join(parts, "\n\n")
}

func (s *server) opportunities(r *wire.Request, rec hub.Recording) ([]RecordingOpportunity, error) {
	crm, err := s.Store.LinkedCRM(r, rec)
	if err != nil || crm == nil || crm.Opportunity == nil {
		return []RecordingOpportunity{}, err
	}
	o, err := s.Store.Record(r, rec.OrganizationID, hub.ModelOpportunity, crm.Opportunity.ID)
	if err != nil {
		return nil, err
	}
	of := store.RecordKey{ConnectionID: o.ConnectionID, Model: hub.ModelAccount, ExternalID: o.Refs.Account}
	accounts, err := s.Store.RecordsByKey(r, rec.OrganizationID, []store.RecordKey{of})
	if err != nil {
		return nil, err
	}
	connections, err := view.ConnectionsByID(r, s.Store, rec.OrganizationID)
	if err != nil {
		return nil, err
	}
	c := connections[o.ConnectionID]
	shown := RecordingOpportunity{
		OpportunityExternalID: &o.ExternalID, Disposition: wire.OrNull(o.Details.Disposition), ClosedAt: wire.OrNull(o.Details.ClosedAt), Name: wire.OrNull(o.Name),
		Amount: o.Details.Amount, IntegrationName: wire.OrNull(c.Name), IntegrationPlatform: wire.OrNull(string(c.Platform)), Addresses: []OpportunityAddress{},
	}
	if account, ok := accounts[of]; ok {
		shown.AccountID, shown.AccountName, shown.AccountExternalID = &account.ID, wire.OrNull(account.Name), &account.ExternalID
		for _, a := range account.Details.Addresses {
			shown.Addresses = append(shown.Addresses, OpportunityAddress{Street: a.Street, City: a.City, State: a.State, Zip: a.Zip, Country: a.Country})
		}
	}
	return []RecordingOpportunity{shown}, nil
}

func (s *server) deleteRecording(r *wire.Request, in *RecordingPath) (*NullAnswer, error) {
	if _, err := s.Store.DeleteRecordingFor(r, r.User.OrganizationID, r.User.UserID, in.ID); err != nil {
		return nil, hub.Missing(recordingKind, err)
	}
	return &NullAnswer{}, nil
}
