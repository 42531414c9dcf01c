package api

import (
	"net/http"
	"strconv"

	"sirocco/hub"
)

// SummarySection is one section of a summary, as the user surface shows it.
type SummarySection struct {
	ID                 string   `json:"id"`
	PromptHeader       string   `json:"promptHeader"`
	PromptResponse     string   `json:"promptResponse"`
	SummaryResultIndex *float64 `json:"summaryResultIndex"`
	Quotes             *[]Quote `json:"quotes,omitempty" nullable:"true"`
}

// Transcript is a page of what was said, and by whom.
type Transcript struct {
	Utterances    []Utterance       `json:"utterances" nullable:"false"`
	IsLowDataMode bool              `json:"isLowDataMode"`
	SpeakerMap    map[string]string `json:"speakerMap"`
}

// UtterancesAnswer is one page of a transcript.
type UtterancesAnswer struct {
	Body struct {
		Data     Transcript `json:"data"`
		PageSize *float64   `json:"pageSize"`
		Cursor   *float64   `json:"cursor" doc:"Give it as cursor to get the next page; null on the last."`
	}
}

// SummaryAnswer is a recording's summary.
type SummaryAnswer struct {
	Body struct {
		Data []SummarySection `json:"data" nullable:"false"`
		PagedBody
	}
}

// ExtractionsAnswer is the values found in a recording.
type ExtractionsAnswer struct {
	Body struct {
		Data []EntityExtraction `json:"data" nullable:"false"`
		PagedBody
	}
}

func (s *server) registerSeenAnalyses() {
	registerUser(s, seenOperation("listUtterances", http.MethodGet, "/{id}/utterances", "Get a recording's transcript"), hub.ScopeRead, zodErrors(), s.listUtterances)
	registerUser(s, seenOperation("getRecordingSummary", http.MethodGet, "/{id}/summary", "Get the summary of a recording that the user sees"), hub.ScopeRead, zodErrors(), s.getSummary)
	extractions := seenOperation("listExtractions", http.MethodGet, "", "Get the values found in a recording")
	extractions.Path = "/v1/core/entities/extractions/{recordingId}"
	registerUser(s, extractions, hub.ScopeRead, zodErrors(), s.listExtractions)
}

func (s *server) listUtterances(r *request, in *struct {
	SeenRecordingPath
	Cursor   string `query:"cursor" doc:"The cursor of the page before; leave it out for the first page."`
	PageSize string `query:"pageSize" doc:"How many utterances the page has at most: 1 to 1000, 100 without it."`
},
) (*UtterancesAnswer, error) {
	rec, err := s.seenRecording(r, in.ID, false)
	if err != nil {
		return nil, err
	}
	var q query
	size, from := q.pageSize("pageSize", in.PageSize), int64(0)
	if in.Cursor != "" {
		if from, err = strconv.ParseInt(in.Cursor, 10, 64); err != nil || from < 0 {
			q.wrong("cursor", "is not one of ours", "the cursor of the page before, unchanged")
		}
	}
	if err := q.err(); err != nil {
		return nil, err
	}
	found, err := s.Store.Utterances(r, rec.OrganizationID, rec.ID, from, size+1)
	if err != nil {
		return nil, err
	}
	out := &UtterancesAnswer{}
	out.Body.PageSize = new(float64(size))
	if len(found) > size {
		found = found[:size]
		out.Body.Cursor = new(float64(from) + float64(size))
	}
	out.Body.Data.SpeakerMap = map[string]string{}
	if rec.Analysis.Speakers != nil {
		out.Body.Data.SpeakerMap = rec.Analysis.Speakers
	}
	out.Body.Data.Utterances = make([]Utterance, len(found))
	for i, u := range found {
		out.Body.Data.Utterances[i] = Utterance{
			Utterance: u.Text, StartTimeInMillis: float64(u.Start), EndTimeInMillis: float64(u.End), SpeakerTag: u.Speaker, Redacted: u.Redacted, Confidence: u.Confidence}
	}
	return out, nil
}

func (s *server) getSummary(r *request, in *SeenRecordingPath) (*SummaryAnswer, error) {
	rec, err := s.seenRecording(r, in.ID, false)
	if err != nil {
		return nil, err
	}
	out := &SummaryAnswer{}
	out.Body.Data = make([]SummarySection, len(rec.Analysis.Summary))
	for i, section := range rec.Analysis.Summary {
		shown := SummarySection{ID: section.ID, PromptHeader: section.Header, PromptResponse: section.Content, SummaryResultIndex: new(float64(i))}
		if section.Quotes != nil {
			quotes := make([]Quote, len(section.Quotes))
			for j, q := range section.Quotes {
				quotes[j] = Quote{Quote: q.Text, StartTimeInMillis: float64(q.Start), EndTimeInMillis: float64(q.End)}
			}
			shown.Quotes = &quotes
		}
		out.Body.Data[i] = shown
	}
	return out, nil
}

func (s *server) listExtractions(r *request, in *struct {
	RecordingID string `path:"recordingId"`
},
) (*ExtractionsAnswer, error) {
	rec, err := s.seenRecording(r, in.RecordingID, false)
	if err != nil {
		return nil, err
	}
	out := &ExtractionsAnswer{}
	out.Body.Data = showExtractions(rec)
	return out, nil
}
