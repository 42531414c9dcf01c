package user

import (
	"net/http"
	"strconv"

	"sirocco/api/view"
	"sirocco/api/wire"
	"sirocco/hub"
)

// Transcript is a page of what was said, and by whom.
type Transcript struct {
	Utterances    []view.Utterance  `json:"utterances" nullable:"false"`
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

func (s *server) registerUtterances() {
	wire.RegisterUser(s.API, operation("listUtterances", http.MethodGet, "/{id}/utterances", "Get a recording's transcript"), hub.ScopeRead, wire.ZodErrors(), s.listUtterances)
}

func (s *server) listUtterances(r *wire.Request, in *struct {
	RecordingPath
	Cursor   string `query:"cursor" doc:"The cursor of the page before; leave it out for the first page."`
	PageSize string `query:"pageSize" doc:"How many utterances the page has at most: 1 to 1000, 100 without it."`
},
) (*UtterancesAnswer, error) {
	rec, err := s.recording(r, in.ID)
	if err != nil {
		return nil, err
	}
	var q wire.Query
	size, from := q.PageSize("pageSize", in.PageSize), int64(0)
	if in.Cursor != "" {
		if from, err = strconv.ParseInt(in.Cursor, 10, 64); err != nil || from < 0 {
			q.Wrong("cursor", "is not one of ours", "the cursor of the page before, unchanged")
		}
	}
	if err := q.Err(); err != nil {
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
	out.Body.Data.Utterances = make([]view.Utterance, len(found))
	for i, u := range found {
		out.Body.Data.Utterances[i] = view.Utterance{
			Utterance: u.Text, StartTimeInMillis: float64(u.Start), EndTimeInMillis: float64(u.End), SpeakerTag: u.Speaker, Redacted: u.Redacted, Confidence: u.Confidence}
	}
	return out, nil
}
