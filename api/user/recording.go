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
	rec, err := s.Store.SeenRecording(r, r.User.OrganizationID, r.User.UserID, id)
	return rec, hub.Missing(recordingKind, err)
}

// recordingHead is recording for what shows nothing of its analysis.
func (s *server) recordingHead(r *wire.Request, id string) (hub.Recording, error) {
	rec, err := s.Store.SeenRecordingHead(r, r.User.OrganizationID, r.User.UserID, id)
	return rec, hub.Missing(recordingKind, err)
}

func (s *server) listRecordings(r *wire.Request, in *struct {
	Limit               string     `query:"limit" doc:"How many recordings the page has at most: 1 to 100, 100 without it."`
	ConversationType    string     `query:"conversationType" doc:"Only recordings of this type, or of one of several, separated by commas."`
	Result              ResultText `query:"result" doc:"Only recordings that ended so, or in one of several ways, separated by commas."`
	OrganizationID      string     `query:"organizationId" doc:"The user's own organization, if any."`
	TeamID              string     `query:"teamId" doc:"Only recordings of this team, or of one of several, separated by commas."`
	CreatedAfter        string     `query:"dateCreated:gt" doc:"Only recordings that began after this time."`
	CreatedBefore       string     `query:"dateCreated:lt" doc:"Only recordings that began before this time."`
	OrderBy             string     `query:"orderBy" doc:"What to order by: dateCreated, which is the default, conversationType, result, teamId or organizationId."`
	OrderDirection      string     `query:"orderDirection" enum:"asc,desc" doc:"desc, which is the default, lists the newest first."`
	Cursor              string     `query:"cursor" doc:"The cursor of the page before; leave it out for the first page."`
	CRMLinkStatus       LinkStatus `query:"crmLinkStatus" doc:"unlinked: only recordings whose link leads to no account, contact or lead that is there, neither directly nor by an engagement or opportunity. Beyond the contract, linked: exactly the others."`
	ShowCRMCustomer     string     `query:"showCrmCustomer" enum:"true,false" doc:"Show the record that each is linked to."`
	ShowEvaluationScore string     `query:"showEvaluationScore" enum:"true,false" doc:"Show their scores."`
	ShowFollowups       string     `query:"showFollowups" enum:"true,false" doc:"Show their followups."`
},
) (*UserRecordingsAnswer, error) {
	v, err := s.viewer(r, in.OrganizationID)
	if err != nil {
		return nil, err
	}
	var q wire.Query
	size := q.PageSize("limit", in.Limit, seenPage, seenPage)
	f := store.SeenRecordingFilter{
		By: v, ConversationTypes: wire.Words(in.ConversationType), Results: wire.Words(string(in.Result)), TeamIDs: wire.Words(in.TeamID),
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
	found, err := s.Store.SeenRecordings(r, r.User.OrganizationID, f)
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
