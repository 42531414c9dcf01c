package hub

import "time"

// Recording is a conversation that a user recorded with a customer.
type Recording struct {
	ID             string
	OrganizationID string
	UserID         string
	// TeamID is the user's team when the recording came; empty for none.
	TeamID string
	Title  string
	// FileType is the audio's media type, Blob its key in the blob store, Size its bytes.
	FileType string
	Blob     string
	Size     int64
	// StartedAt is when the conversation began, EndedAt when it ended: StartedAt where that is not known yet.
	StartedAt, EndedAt time.Time
	Duration           time.Duration
	// Latitude and Longitude are where it was recorded, in degrees; nil where that is not known.
	Latitude, Longitude *float64
	Result              RecordingResult
	ConversationType    string
	Trigger             string
	Discoverable        bool
	// ContactName and ContactPhone are what the uploader knew of the customer.
	ContactName, ContactPhone string
	Status                    RecordingStatus
	// ProcessedAt is when the analysis came; zero before it.
	ProcessedAt time.Time
	Analysis    Analysis
	// SummaryDone and ExtractionDone say that the analysis has these; lists read no more of it than its head.
	SummaryDone, ExtractionDone bool
	// Score is the evaluation's, as the analysis gave it; nil without one.
	Score *float64
	Link  Link
	// WrittenAt is when its result was first written back; from then on only a person moves its link.
	WrittenAt time.Time
	// WordsFrom is where the store has its utterances.
	WordsFrom            int64
	CreatedAt, UpdatedAt time.Time
	// DeletedAt is zero for a recording that is there; PurgedAt is when its audio and texts were erased.
	DeletedAt, PurgedAt time.Time
}

// Processed reports whether the recording's analysis is there.
func (r *Recording) Processed() bool { return !r.ProcessedAt.IsZero() }

// Ended reports whether the recording's processing has ended, well or not.
func (r *Recording) Ended() bool { return r.Processed() || r.Status == RecordingError }

// Linked reports whether the recording is linked to a CRM record.
func (r *Recording) Linked() bool { return r.Link.ExternalID != "" }

// MayBeMatched reports whether the rule may link the recording, or link it otherwise: nobody but the rule has, and
// its result is not in a CRM yet.
func (r *Recording) MayBeMatched() bool {
	return (r.Link.By == NotLinked || r.Link.By == Offered || r.Link.By == LinkedByMatching) && r.WrittenAt.IsZero() && r.DeletedAt.IsZero()
}

// LongestRecording is the longest time a recording or an appointment is looked for in: one that began before is over.
const LongestRecording = 24 * time.Hour

// RecordingResult is how the conversation ended, spelled as the user surface spells it; empty where nobody said.
type RecordingResult string

// The results of the contract. The organization surface calls them WON, LOST and OPEN.
const (
	ResultClosed     RecordingResult = "closed"
	ResultNotClosed  RecordingResult = "not closed"
	ResultInProgress RecordingResult = "in progress"
)

// RecordingStatus is the contract's transcriptionStatus.
type RecordingStatus string

// The statuses that Sirocco gives. The contract has more, of steps that happen elsewhere.
const (
	RecordingUploaded RecordingStatus = "UPLOADED"
	RecordingComplete RecordingStatus = "COMPLETE"
	RecordingError    RecordingStatus = "ERROR"
	RecordingRemoved  RecordingStatus = "REMOVED"
)

// Analysis is what a conversation-analysis service found in a recording, less the utterances and followups, which
// are kept row by row. The JSON names are those of storage.
type Analysis struct {
	Language    string             `json:"language,omitempty"`
	Speakers    map[string]string  `json:"speakers,omitempty"`
	Summary     []SummarySection   `json:"summary,omitempty"`
	Extractions []EntityExtraction `json:"extractions,omitempty"`
	// OutcomeLabel is the universal name of how the conversation ended.
	OutcomeLabel string `json:"outcomeLabel,omitempty"`
	// Outcomes are those found by the organization's own labels.
	Outcomes []Outcome `json:"outcomes,omitempty"`
	// Failed is why the service could not analyse the recording; empty when it could.
	Failed string `json:"failed,omitempty"`
}

// Outcome is an outcome of an organization's own kind. The JSON names are those of storage.
type Outcome struct {
	Label string `json:"label"`
	// Universal is POSITIVE, NEGATIVE or NEUTRAL; empty where that is not known any more.
	Universal   string `json:"universal,omitempty"`
	Description string `json:"description,omitempty"`
}

// SummarySection is one part of a summary under its own header.
type SummarySection struct {
	ID      string  `json:"id"`
	Header  string  `json:"header"`
	Content string  `json:"content"`
	Quotes  []Quote `json:"quotes,omitempty"`
}

// Quote is a passage of the recording that a summary rests on.
type Quote struct {
	Text  string `json:"text"`
	Start int64  `json:"start"` // milliseconds from the beginning
	End   int64  `json:"end"`
}

// EntityExtraction is a set of values found in a recording by one definition.
type EntityExtraction struct {
	ID             string `json:"id"`
	DefinitionID   string `json:"definitionId"`
	DefinitionName string `json:"definitionName,omitempty"`
	// DefinitionDeleted says that the definition was deleted since.
	DefinitionDeleted bool             `json:"definitionDeleted,omitempty"`
	Status            string           `json:"status"`
	Values            []ExtractedValue `json:"values"`
	Mappings          []FieldMapping   `json:"mappings,omitempty"`
	CreatedAt         time.Time        `json:"createdAt"`
	UpdatedAt         time.Time        `json:"updatedAt"`
}

// ExtractedValue is one value found. Value is a string, number, boolean, null, or a list of those.
type ExtractedValue struct {
	Name     string         `json:"name"`
	Value    any            `json:"value,omitempty"`
	Mappings []FieldMapping `json:"mappings,omitempty"`
}

// FieldMapping says which field of the CRM a value goes to.
type FieldMapping struct {
	Model string `json:"model"`
	Field string `json:"field"`
}

// Utterance is one stretch of a speaker's words.
type Utterance struct {
	Speaker    string
	Text       string
	Start, End int64 // milliseconds from the beginning
	Redacted   bool
	// Confidence is the service's, from 0 to 1; nil where it has none.
	Confidence *float64
}

// Followup is something worth coming back to a customer for.
type Followup struct {
	ID          string
	RecordingID string
	UserID      string
	// Kind is REHASH or CROSS_SELL; Status TO_DO, IN_PROGRESS or COMPLETE.
	Kind    string
	Score   int64
	Status  string
	Starred bool
	Details FollowupDetails
	// UpdatedAt is when anything of it last changed.
	CreatedAt, UpdatedAt time.Time
}

// FollowupDetails are the parts of a followup that nothing is looked up by. The JSON names are those of storage.
type FollowupDetails struct {
	Action      string            `json:"action,omitempty"`
	Thinking    string            `json:"thinking,omitempty"`
	Note        string            `json:"note,omitempty"`
	Context     []FollowupContext `json:"context,omitempty"`
	CompletedBy string            `json:"completedBy,omitempty"`
	CompletedAt time.Time         `json:"completedAt,omitzero"`
	// Metadata is what the analysis says of it beside all that, as it came.
	Metadata []map[string]string `json:"metadata,omitempty"`
	// History is what people did with it, oldest first.
	History []FollowupChange `json:"history,omitempty"`
}

// FollowupChange is what somebody changed of a followup. The JSON names are those of storage.
type FollowupChange struct {
	ID string `json:"id"`
	// By is the name of who changed it, UserID the id of that user; empty for the organization's own program.
	By     string    `json:"by"`
	UserID string    `json:"userId,omitempty"`
	At     time.Time `json:"at"`
	Note   string    `json:"note,omitempty"`
	Status string    `json:"status,omitempty"`
}

// FollowupPatch is a change to a followup; nil leaves a field as it is.
type FollowupPatch struct {
	Status  *string
	Starred *bool
	// Note is one more note.
	Note *string
}

// Apply changes f as p says, by a user, at now, and reports whether anything is different. A change of status and a note
// are written into its history.
func (p *FollowupPatch) Apply(f *Followup, userID, name string, now time.Time) bool {
	entry := FollowupChange{ID: NewID(), By: name, UserID: userID, At: now}
	if set(&f.Status, p.Status) {
		entry.Status = f.Status
		f.Details.CompletedBy, f.Details.CompletedAt = "", time.Time{}
		if f.Status == "COMPLETE" {
			f.Details.CompletedBy, f.Details.CompletedAt = name, now
		}
	}
	if p.Note != nil && *p.Note != "" {
		entry.Note, f.Details.Note = *p.Note, *p.Note
	}
	written := entry.Status != "" || entry.Note != ""
	if written {
		f.Details.History = append(f.Details.History, entry)
	}
	starred := set(&f.Starred, p.Starred)
	if written || starred {
		f.UpdatedAt = NextVersion(f.UpdatedAt, now)
	}
	return written || starred
}

// FollowupContext is one thing to know for a followup.
type FollowupContext struct {
	Header string `json:"header"`
	Value  string `json:"value"`
}
