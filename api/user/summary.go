package user

import (
	"net/http"

	"sirocco/api/view"
	"sirocco/api/wire"
	"sirocco/hub"
)

// SummarySection is one section of a summary, as the user surface shows it.
type SummarySection struct {
	ID                 string        `json:"id"`
	PromptHeader       string        `json:"promptHeader"`
	PromptResponse     string        `json:"promptResponse"`
	SummaryResultIndex *float64      `json:"summaryResultIndex"`
	Quotes             *[]view.Quote `json:"quotes" required:"false" nullable:"true" doc:"Null where the section rests on none."`
}

// SummaryAnswer is a recording's summary.
type SummaryAnswer struct {
	Body struct {
		Data []SummarySection `json:"data" nullable:"false"`
		wire.PagedBody
	}
}

func (s *server) registerSummaries() {
	wire.RegisterUser(s.API, operation("getRecordingSummary", http.MethodGet, "/{id}/summary", "Get the summary of a recording that the user sees"), hub.ScopeRead, wire.ZodErrors(), s.getSummary)
}

func (s *server) getSummary(r *wire.Request, in *RecordingPath) (*SummaryAnswer, error) {
	rec, err := s.recording(r, in.ID)
	if err != nil {
		return nil, err
	}
	out := &SummaryAnswer{}
	out.Body.Data = make([]SummarySection, len(rec.Analysis.Summary))
	for i, section := range rec.Analysis.Summary {
		shown := SummarySection{ID: section.ID, PromptHeader: section.Header, PromptResponse: section.Content, SummaryResultIndex: new(float64(i))}
		if len(section.Quotes) > 0 {
			quotes := make([]view.Quote, len(section.Quotes))
			for j, q := range section.Quotes {
				quotes[j] = view.Quote{Quote: q.Text, StartTimeInMillis: float64(q.Start), EndTimeInMillis: float64(q.End)}
			}
			shown.Quotes = &quotes
		}
		out.Body.Data[i] = shown
	}
	return out, nil
}
