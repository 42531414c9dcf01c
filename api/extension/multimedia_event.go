package extension

import (
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
)

// MultimediaEvent is a recording that was made elsewhere, and how far it is.
type MultimediaEvent struct {
	ID              string  `json:"id"`
	ExternalID      string  `json:"externalId"`
	ExternalEventID string  `json:"externalEventId"`
	ExternalUserID  string  `json:"externalUserId"`
	Status          string  `json:"status" enum:"PENDING,FETCHED,FAILED"`
	Reason          *string `json:"reason" doc:"Why it was not fetched, or why its recording is not linked; null where there is nothing to say."`
	Attempts        int64   `json:"attempts"`
	NextAttemptAt   *string `json:"nextAttemptAt"`
	RecordingID     *string `json:"recordingId"`
	RemoteCreatedAt string  `json:"remoteCreatedAt"`
	CreatedAt       string  `json:"createdAt"`
}

// MultimediaEventsAnswer is one page of them.
type MultimediaEventsAnswer struct {
	Body struct {
		Data   []MultimediaEvent `json:"data" nullable:"false"`
		Cursor *string           `json:"cursor"`
	}
}

func (s *server) registerMultimediaEvents() {
	wire.Register(s.API, wire.Operation{
		OperationID: "listMultimediaEvents", Method: http.MethodGet, Path: "/v1/integrations/multimedia-events", Summary: "List the recordings that were made elsewhere",
		Description: "The newest first, with what came of them. Where the audio is fetched from is not told: it may be signed.", Tags: []string{"Multimedia events"}, Extensions: wire.Extension(),
	}, wire.JSONErrors(), func(r *wire.Request, in *struct {
		wire.OrganizationSelector
		SmallPageQuery
		Status string `query:"status" enum:"PENDING,FETCHED,FAILED" doc:"Only those that are so far."`
	},
	) (*MultimediaEventsAnswer, error) {
		shown, cursor, err := wire.List(r, in.OrganizationSelector, in.page(), func(e hub.MultimediaEvent) string { return e.ID }, func(e hub.MultimediaEvent) MultimediaEvent {
			return MultimediaEvent{
				ID: e.ID, ExternalID: e.ExternalID, ExternalEventID: e.ExternalEventID, ExternalUserID: e.ExternalUserID, Status: string(e.Status), Reason: wire.OrNull(e.Reason),
				Attempts: e.Attempts, NextAttemptAt: wire.TimeOrNull(e.DueAt), RecordingID: wire.OrNull(e.RecordingID),
				RemoteCreatedAt: hub.WireTime(e.StartedAt), CreatedAt: hub.WireTime(e.CreatedAt),
			}
		}, func(organization, after string, limit int) ([]hub.MultimediaEvent, error) {
			return s.Store.MultimediaEvents(r, organization, hub.MultimediaStatus(in.Status), after, limit)
		})
		out := &MultimediaEventsAnswer{}
		out.Body.Data, out.Body.Cursor = shown, cursor
		return out, err
	})
}
