package user

import (
	"net/http"

	"sirocco/api/view"
	"sirocco/api/wire"
	"sirocco/hub"
)

// ExtractionsAnswer is the values found in a recording.
type ExtractionsAnswer struct {
	Body struct {
		Data []view.EntityExtraction `json:"data" nullable:"false"`
		wire.PagedBody
	}
}

func (s *server) registerExtractions() {
	extractions := operation("listExtractions", http.MethodGet, "", "Get the values found in a recording")
	extractions.Path = "/v1/core/entities/extractions/{recordingId}"
	wire.RegisterUser(s.API, extractions, hub.ScopeRead, wire.ZodErrors(), s.listExtractions)
}

func (s *server) listExtractions(r *wire.Request, in *struct {
	RecordingID string `path:"recordingId"`
},
) (*ExtractionsAnswer, error) {
	rec, err := s.recording(r, in.RecordingID)
	if err != nil {
		return nil, err
	}
	out := &ExtractionsAnswer{}
	out.Body.Data = view.ShowExtractions(rec)
	return out, nil
}
