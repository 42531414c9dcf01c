package organization

import (
	"net/http"

	"sirocco/api/view"
	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// ListedRecording is a recording in a list.
type ListedRecording struct {
	view.RecordingFields
	Followups *[]view.FollowupScore `json:"followups,omitempty" nullable:"false"`
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
	Body []view.RecordingSummary `nullable:"false"`
}

const (
	recordingsPath = "/v1/core/recordings"
	recordingTag   = "Recordings"
	recordingKind  = "recording"
)

func (s *server) registerRecordings() {
	wire.Register(s.API, wire.Operation{
		OperationID: "listRecordings", Method: http.MethodGet, Path: wire.LegacyPrefix + recordingsPath, Summary: "List the organization's recordings",
		Description: "Those that changed last come last, so that who remembers the last updatedAt and goes on from there misses none. " +
			"Deleted recordings are among them, as deleted.",
		Tags: []string{recordingTag},
	}, wire.JSONErrors(), s.listRecordings)
	wire.Register(s.API, wire.Operation{
		OperationID: "getRecording", Method: http.MethodGet, Path: wire.LegacyPrefix + recordingsPath + "/{id}", Summary: "Get a recording of the organization", Tags: []string{recordingTag},
	}, notFound, s.getRecording)
	wire.Register(s.API, wire.Operation{
		OperationID: "getRecordingSummaries", Method: http.MethodGet, Path: recordingsPath + "/{id}/summaries", Summary: "Get the summary of a recording of the organization", Tags: []string{recordingTag},
	}, notFound, func(r *wire.Request, in *wire.IDPath) (*SummariesAnswer, error) {
		rec, err := s.recording(r, in)
		if err != nil {
			return nil, err
		}
		return &SummariesAnswer{Body: view.ShowSummary(rec)}, nil
	})
}

// recording returns the recording that a path names, deleted or not.
func (s *server) recording(r *wire.Request, in *wire.IDPath) (hub.Recording, error) {
	return wire.AtPath(r, in, recordingKind, func(organization string) (hub.Recording, error) {
		return s.Store.RecordingOrDeleted(r, organization, in.ID)
	})
}

func (s *server) getRecording(r *wire.Request, in *struct {
	wire.IDPath
	view.RecordingParts
},
) (*view.RecordingAnswer, error) {
	rec, err := s.recording(r, &in.IDPath)
	if err != nil {
		return nil, err
	}
	shown, err := s.showRecordings(r, []hub.Recording{rec}, in.RecordingParts)
	if err != nil {
		return nil, err
	}
	out := &view.RecordingAnswer{Body: view.Recording{RecordingFields: shown[0]}}
	if in.ShowFollowups == "true" {
		followups, err := view.FollowupsOf(r, s.Store, []hub.Recording{rec})
		if err != nil {
			return nil, err
		}
		out.Body.Followups = new(followups)
	}
	return out, nil
}

func (s *server) listRecordings(r *wire.Request, in *struct {
	wire.OrganizationSelector
	CreatedAfter           string `query:"createdAt:gt" nullable:"true" doc:"Only conversations that took place after this time."`
	CreatedBefore          string `query:"createdAt:lt" nullable:"true" doc:"Only conversations that took place before this time."`
	UpdatedFrom            string `query:"updatedAt:gte" nullable:"true" doc:"Only recordings that changed at this time or later."`
	UpdatedAfter           string `query:"updatedAt:gt" nullable:"true" doc:"Only recordings that changed after this time."`
	UpdatedBefore          string `query:"updatedAt:lt" nullable:"true" doc:"Only recordings that changed before this time."`
	UpdatedUntil           string `query:"updatedAt:lte" nullable:"true" doc:"Only recordings that changed at this time or before."`
	PageSize               string `query:"pageSize" doc:"How many recordings the page has at most: 1 to 1000, 25 without it."`
	Cursor                 string `query:"cursor" doc:"The cursor of the page before; leave it out for the first page."`
	IsProcessingDone       string `query:"isProcessingDone" enum:"true,false" doc:"Only recordings whose analysis is there, or is not."`
	IsEntityExtractionDone string `query:"isEntityExtractionDone" enum:"true,false" doc:"Only recordings whose extractions are told and none of them under way, or those of which they are not."`
	IsSummaryDone          string `query:"isSummaryDone" enum:"true,false" doc:"Only recordings that have a summary, or that have none."`
	view.RecordingParts
},
) (*RecordingsAnswer, error) {
	organization, err := r.Organization(in.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	var q wire.Query
	size := q.PageSize("pageSize", in.PageSize, 25, 1000)
	f := store.RecordingFilter{Limit: size + 1, After: q.After(in.Cursor)}
	// What clients are shown is cut to milliseconds: after one means from the next one on.
	f.StartedFrom, f.StartedBefore = wire.AfterShown(q.At("createdAt:gt", in.CreatedAfter)), q.At("createdAt:lt", in.CreatedBefore)
	f.UpdatedFrom = latest(q.At("updatedAt:gte", in.UpdatedFrom), wire.AfterShown(q.At("updatedAt:gt", in.UpdatedAfter)))
	f.UpdatedBefore = earliest(q.At("updatedAt:lt", in.UpdatedBefore), wire.AfterShown(q.At("updatedAt:lte", in.UpdatedUntil)))
	if err := q.Err(); err != nil {
		return nil, err
	}
	for _, flag := range []struct {
		text string
		to   **bool
	}{{in.IsProcessingDone, &f.Processed}, {in.IsEntityExtractionDone, &f.Extracted}, {in.IsSummaryDone, &f.Summarized}} {
		if flag.text != "" {
			*flag.to = new(flag.text == "true")
		}
	}
	found, err := s.Store.Recordings(r, organization, f)
	cut, err := wire.IsCut(err)
	if err != nil {
		return nil, err
	}
	if in.ShowSummary == "true" || in.ShowEntityExtractions == "true" {
		room, err := s.Store.LoadAnalyses(r, found)
		if err != nil {
			return nil, err
		}
		found, cut = found[:room], cut || room < len(found)
	}
	out := &RecordingsAnswer{}
	found, out.Body.Cursor = wire.CutAt(found, cut, size, func(rec hub.Recording) store.ListPlace { return store.ListPlace{At: rec.UpdatedAt, ID: rec.ID} })
	shown, err := s.showRecordings(r, found, in.RecordingParts)
	if err != nil {
		return nil, err
	}
	scores, err := view.FollowupScores(r, s.Store, organization, found, in.ShowFollowups == "true")
	if err != nil {
		return nil, err
	}
	out.Body.Data = make([]ListedRecording, len(found))
	for i := range found {
		out.Body.Data[i] = ListedRecording{RecordingFields: shown[i], Followups: scores(found[i].ID)}
	}
	return out, nil
}

func (s *server) showRecordings(r *wire.Request, rs []hub.Recording, parts view.RecordingParts) ([]view.RecordingFields, error) {
	var crms map[string]*hub.LinkedCRM
	if parts.ShowCRMLinks == "true" && len(rs) > 0 {
		var err error
		if crms, err = s.Store.LinkedCRMs(r, rs[0].OrganizationID, rs); err != nil {
			return nil, err
		}
	}
	shown := make([]view.RecordingFields, len(rs))
	for i := range rs {
		shown[i] = view.ShowRecording(r, &rs[i], parts)
		if crm := crms[rs[i].ID]; crm != nil {
			shown[i].CRM = view.ShowLinkedCRM(crm)
		}
	}
	return shown, nil
}
