package extension

import (
	"net/http"
	"time"

	"sirocco/api/view"
	"sirocco/api/wire"
	"sirocco/hub"
)

// analysisMost is how many bytes an analysis may have: hours of transcript.
const analysisMost = 16 << 20

// SentExtraction is a set of values as an analysis sends it.
type SentExtraction struct {
	ID             string                `json:"id,omitempty" format:"uuid" doc:"Made up, always the same way, where it is left out."`
	DefinitionID   string                `json:"siroEntityDefinitionId,omitempty" maxLength:"256" doc:"Whose values these are; any text that is not a UUID gets one, always the same."`
	DefinitionName string                `json:"siroEntityDefinitionName,omitempty" maxLength:"256"`
	Deleted        bool                  `json:"siroEntityDefinitionDeleted,omitempty" doc:"Whether the definition was deleted since."`
	Status         string                `json:"status,omitempty" enum:"IN_PROGRESS,SUCCESS,FAIL,SYNCED" default:"SUCCESS"`
	Extraction     []view.ExtractedValue `json:"extraction" nullable:"false" maxItems:"1000"`
	Mappings       []view.FieldMapping   `json:"mappings,omitempty" maxItems:"100"`
}

// SentSection is a section of a summary as an analysis sends it.
type SentSection struct {
	ID      string       `json:"id,omitempty" maxLength:"256" doc:"Made up, always the same way, where it is left out or no UUID."`
	Name    string       `json:"name"`
	Content string       `json:"content"`
	Quotes  []view.Quote `json:"quotes,omitempty" maxItems:"1000"`
}

// SentFollowup is a followup as an analysis sends it.
type SentFollowup struct {
	ID             string                 `json:"id,omitempty" maxLength:"256" doc:"The sender's own name of it, by which it is known again in a later analysis."`
	FollowupType   string                 `json:"followupType" enum:"REHASH,CROSS_SELL"`
	Score          int64                  `json:"score" minimum:"1" maximum:"5"`
	FollowupAction string                 `json:"followupAction,omitempty"`
	Thinking       string                 `json:"thinking,omitempty"`
	Note           string                 `json:"note,omitempty"`
	Context        []view.FollowupContext `json:"context,omitempty" maxItems:"1000"`
	Starred        bool                   `json:"starred,omitempty"`
	Status         string                 `json:"status,omitempty" enum:"TO_DO,IN_PROGRESS,COMPLETE" default:"TO_DO"`
	CompletedBy    string                 `json:"completedBy,omitempty"`
	CompletedAt    *time.Time             `json:"completedAt,omitempty"`
	Metadata       []map[string]string    `json:"metadata,omitempty" maxItems:"100"`
}

// SentOutcome is an outcome of an organization's own kind as an analysis sends it.
type SentOutcome struct {
	CustomLabel    string  `json:"customLabel" minLength:"1" maxLength:"256"`
	UniversalLabel *string `json:"universalLabel,omitempty" enum:"POSITIVE,NEGATIVE,NEUTRAL" doc:"What it counts as; left out where that is not known any more."`
	Description    string  `json:"description,omitempty" maxLength:"10000" doc:"When the outcome counts as met."`
}

// SentScore is what a recording was given for a metric, as an analysis sends it.
type SentScore struct {
	MetricID             string        `json:"metricId" format:"uuid"`
	Value                float64       `json:"value" doc:"In the metric's unit; of an AI metric, of 100."`
	Impact               string        `json:"impact,omitempty" maxLength:"4096" doc:"How much it matters."`
	Thinking             string        `json:"thinking,omitempty" maxLength:"16384" doc:"Why."`
	Recommendation       string        `json:"recommendation,omitempty" maxLength:"16384"`
	ThinkingWithCitation *SentCitation `json:"thinkingWithCitation,omitempty"`
}

// SentCitation is reasons that number their quotes, as in [1].
type SentCitation struct {
	CitedThinking string       `json:"citedThinking" maxLength:"16384"`
	Citations     []view.Quote `json:"citations" nullable:"false" maxItems:"100"`
}

// SentAnalysis is everything that a conversation-analysis service says of a recording.
type SentAnalysis struct {
	Language               string            `json:"language,omitempty" maxLength:"64" doc:"English, Spanish, French or another one."`
	DurationInMilliseconds float64           `json:"durationInMilliseconds,omitempty"`
	Utterances             []view.Utterance  `json:"utterances,omitempty" maxItems:"100000" doc:"The transcript, in order; at most 100,000."`
	SpeakerMap             map[string]string `json:"speakerMap,omitempty" doc:"The names of the speakers by their tags."`
	Summary                []SentSection     `json:"summary,omitempty"`
	EntityExtractions      []SentExtraction  `json:"entityExtractions,omitempty" doc:"What was found; an empty list says that there was nothing to find."`
	EvaluationScore        *float64          `json:"evaluationScore,omitempty"`
	Followups              []SentFollowup    `json:"followups,omitempty"`
	UniversalOutcomeLabel  string            `json:"universalOutcomeLabel,omitempty" enum:"POSITIVE,NEGATIVE,NEUTRAL"`
	CustomOutcomes         []SentOutcome     `json:"customOutcomes,omitempty" maxItems:"100" doc:"The outcomes that were found, by the organization's own labels."`
	Scores                 []SentScore       `json:"scores,omitempty" nullable:"false" maxItems:"200" doc:"What it was given for the metrics of scorecards."`
	Failed                 string            `json:"failed,omitempty" minLength:"1" maxLength:"1000" doc:"Why the recording could not be analysed; nothing else counts beside it."`
}

func (in *SentAnalysis) result() hub.AnalysisResult {
	if in.Failed != "" {
		return hub.AnalysisResult{Failed: in.Failed}
	}
	a := hub.AnalysisResult{
		Language: in.Language, Speakers: in.SpeakerMap, OutcomeLabel: in.UniversalOutcomeLabel,
		Duration: time.Duration(millis(in.DurationInMilliseconds)) * time.Millisecond, Score: in.EvaluationScore,
	}
	for _, u := range in.Utterances {
		a.Utterances = append(a.Utterances, hub.Utterance{
			Speaker: u.SpeakerTag, Text: u.Utterance, Start: millis(u.StartTimeInMillis), End: millis(u.EndTimeInMillis), Redacted: u.Redacted, Confidence: u.Confidence})
	}
	for _, section := range in.Summary {
		s := hub.SummarySection{ID: section.ID, Header: section.Name, Content: section.Content}
		for _, q := range section.Quotes {
			s.Quotes = append(s.Quotes, hub.Quote{Text: q.Quote, Start: millis(q.StartTimeInMillis), End: millis(q.EndTimeInMillis)})
		}
		a.Summary = append(a.Summary, s)
	}
	if in.EntityExtractions != nil { // that nothing was found is told by an empty list
		a.Extractions = []hub.EntityExtraction{}
	}
	for _, e := range in.EntityExtractions {
		x := hub.EntityExtraction{ID: e.ID, DefinitionID: e.DefinitionID, DefinitionName: e.DefinitionName, DefinitionDeleted: e.Deleted, Status: e.Status, Mappings: readMappings(e.Mappings)}
		for _, v := range e.Extraction {
			value := hub.ExtractedValue{Name: v.Name, Value: v.Value.Value}
			if v.Mappings != nil {
				value.Mappings = readMappings(*v.Mappings)
			}
			x.Values = append(x.Values, value)
		}
		a.Extractions = append(a.Extractions, x)
	}
	for _, o := range in.CustomOutcomes {
		a.Outcomes = append(a.Outcomes, hub.Outcome{Label: o.CustomLabel, Universal: wire.OrZero(o.UniversalLabel), Description: o.Description})
	}
	for _, sent := range in.Scores {
		score := hub.Score{MetricID: sent.MetricID, Value: sent.Value, Details: hub.ScoreDetails{Impact: sent.Impact, Thinking: sent.Thinking, Recommendation: sent.Recommendation}}
		if c := sent.ThinkingWithCitation; c != nil {
			score.Details.Cited = c.CitedThinking
			for _, q := range c.Citations {
				score.Details.Citations = append(score.Details.Citations, hub.Quote{Text: q.Quote, Start: millis(q.StartTimeInMillis), End: millis(q.EndTimeInMillis)})
			}
		}
		a.Scores = append(a.Scores, score)
	}
	for _, f := range in.Followups {
		d := hub.FollowupDetails{Action: f.FollowupAction, Thinking: f.Thinking, Note: f.Note, CompletedBy: f.CompletedBy, Metadata: f.Metadata}
		for _, c := range f.Context {
			d.Context = append(d.Context, hub.FollowupContext(c))
		}
		wire.Set(&d.CompletedAt, f.CompletedAt)
		a.Followups = append(a.Followups, hub.Followup{ID: f.ID, Kind: f.FollowupType, Score: f.Score, Status: f.Status, Starred: f.Starred, Details: d})
	}
	return a
}

// millis are whole milliseconds; what is beyond every recording stays so.
func millis(sent float64) int64 {
	const most = float64(2 * hub.LongestRecording / time.Millisecond)
	return int64(max(-most, min(sent, most)))
}

func readMappings(sent []view.FieldMapping) []hub.FieldMapping {
	var read []hub.FieldMapping
	for _, m := range sent {
		read = append(read, hub.FieldMapping{Model: m.CRMModelName, Field: m.CRMFieldName})
	}
	return read
}

func (s *server) registerAnalysis() {
	wire.Register(s.API, wire.Operation{
		OperationID: "putRecordingAnalysis", Method: http.MethodPut, Path: recordingsPath + "/{id}/analysis", Summary: "Set a recording's analysis",
		Description: "How a conversation-analysis service hands in everything that it found, at once. It takes the place of what was sent before; the same " +
			"body again changes nothing. It has to say something: of a recording without words, why there are none, in `failed`. The first one without `failed` makes the recording processed, which subscribers are told of, once.",
		Tags: []string{recordingTag}, MaxBodyBytes: analysisMost + 1, Extensions: wire.Extension(),
	}, wire.JSONErrors(http.StatusNotFound, http.StatusConflict), s.putAnalysis)
}

func (s *server) putAnalysis(r *wire.Request, in *struct {
	wire.IDPath
	Body SentAnalysis
},
) (*view.RecordingAnswer, error) {
	rec, err := wire.AtPath(r, &in.IDPath, recordingKind, func(organization string) (hub.Recording, error) {
		return s.Store.PutAnalysis(r, organization, in.ID, in.Body.result())
	})
	return &view.RecordingAnswer{Body: view.Recording{RecordingFields: view.ShowRecording(r, &rec, view.RecordingParts{})}}, err
}
