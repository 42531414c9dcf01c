package extension

import (
	"net/http"

	"sirocco/api/view"
	"sirocco/api/wire"
	"sirocco/hub"
)

// MobileEventAnswer is an event as it was kept.
type MobileEventAnswer struct {
	Body view.MobileEvent
}

func (s *server) registerMobileEvents() {
	wire.RegisterUser(s.API, wire.Operation{
		OperationID: "createMobileEvent", Method: http.MethodPost, Path: "/v1/core/mobile-events", DefaultStatus: http.StatusCreated, Summary: "Tell what happened in the user's recording app",
		Description: "The event of the token's user. One with the same clientEventId as one before is that one, so that an app may tell again what it is not sure of; where it says something else, it is refused.",
		Tags:        []string{"Mobile events"}, Extensions: wire.Extension(), MaxBodyBytes: 64<<10 + 1,
	}, hub.ScopeWrite, wire.ZodErrors(), s.createMobileEvent)
}

func (s *server) createMobileEvent(r *wire.Request, in *struct {
	Body struct {
		_                      struct{}          `json:"-" additionalProperties:"false"`
		ClientEventID          string            `json:"clientEventId,omitempty" maxLength:"256" doc:"The app's own name of the event."`
		EventCode              string            `json:"eventCode" enum:"recorderStateChange,networkStatusChange,appStateChange,consentStatusChanged,recordingMetadataChanged,deeplinkReceived,deeplinkConsumed,userAuthStatusChanged"`
		Event                  map[string]string `json:"event" doc:"What happened, in the form that the code has."`
		RecordingID            string            `json:"recordingId,omitempty" maxLength:"256" doc:"As the app calls it: there need not be a recording of that id yet."`
		ExternalOpportunityIDs []string          `json:"externalOpportunityIds,omitempty" nullable:"false"`
		OccurredAt             *wire.Moment      `json:"occurredAt,omitempty" doc:"When it happened; now, where it is left out. It is a day ahead at most."`
	}
},
) (*MobileEventAnswer, error) {
	var q wire.Query
	b := in.Body
	e := hub.MobileEvent{
		OrganizationID: r.User.OrganizationID, UserID: r.User.UserID, RecordingID: b.RecordingID, OpportunityIDs: b.ExternalOpportunityIDs,
		Code: hub.MobileEventCode(b.EventCode), Event: b.Event,
	}
	if b.OccurredAt != nil {
		e.OccurredAt = q.Must("occurredAt", string(*b.OccurredAt))
	}
	if err := q.Err(); err != nil {
		return nil, err
	}
	if b.ClientEventID != "" {
		e.ID = hub.MobileEventID(r.User.UserID, b.ClientEventID)
	}
	kept, err := s.Store.CreateMobileEvent(r, e)
	return &MobileEventAnswer{Body: view.ShowMobileEvent(kept)}, err
}
