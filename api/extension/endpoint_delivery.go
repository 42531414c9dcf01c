package extension

import (
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// EventDelivery is an event on its way to one endpoint.
type EventDelivery struct {
	EventID     string         `json:"eventId"`
	MessageID   string         `json:"messageId" doc:"What the headers svix-id and webhook-id carry, the same at every attempt."`
	EventType   string         `json:"eventType"`
	RecordingID string         `json:"recordingId"`
	State       string         `json:"state" enum:"PENDING,SENT,FAILED"`
	Attempts    int            `json:"attempts"`
	NextAt      *string        `json:"nextAt" doc:"When the next attempt is made; null when none is planned."`
	CreatedAt   string         `json:"createdAt"`
	Tries       []EventAttempt `json:"tries" doc:"The latest attempts, oldest first, at most twenty."`
}

// EventAttempt is one try to tell an endpoint of an event.
type EventAttempt struct {
	Number     int     `json:"number"`
	At         string  `json:"at"`
	TookMs     int64   `json:"tookMs"`
	StatusCode *int    `json:"statusCode" doc:"What the receiver answered; null when it did not."`
	Response   string  `json:"response" doc:"The first 4 KiB of the answer."`
	Error      *string `json:"error" doc:"Why it failed, in a sentence; null when it did not."`
}

func showEventDelivery(d store.EventDelivery) EventDelivery {
	tries := make([]EventAttempt, len(d.Tries))
	for i, t := range d.Tries {
		tries[i] = EventAttempt{Number: t.Number, At: hub.WireTime(t.At), TookMs: t.Took.Milliseconds(), Response: t.Response, Error: wire.OrNull(t.Error)}
		if t.Status != 0 {
			tries[i].StatusCode = &t.Status
		}
	}
	return EventDelivery{
		EventID: d.Event.ID, MessageID: "msg_" + d.Event.ID, EventType: string(d.Event.Type), RecordingID: d.Event.RecordingID, State: string(d.State),
		Attempts: d.Attempts, NextAt: wire.TimeOrNull(d.DueAt), CreatedAt: hub.WireTime(d.CreatedAt), Tries: tries,
	}
}

// EventDeliveriesAnswer is one page of an endpoint's deliveries.
type EventDeliveriesAnswer struct {
	Body struct {
		Data   []EventDelivery `json:"data" doc:"The latest first."`
		Cursor *string         `json:"cursor" doc:"Give it as cursor to get the next page; null on the last."`
	}
}

// EventSentAnswer names an event that is on its way.
type EventSentAnswer struct {
	Body struct {
		EventID string `json:"eventId"`
	}
}

func (s *server) registerEventDeliveries() {
	add := endpointOperation
	wire.Register(s.API, add("listEventDeliveries", http.MethodGet, "/{id}/deliveries", "List what a webhook endpoint was told", "With the attempts and what the receiver answered. Kept for 90 days.", 0),
		wire.JSONErrors(http.StatusNotFound), s.listEventDeliveries)
	wire.Register(s.API, add("replayEvent", http.MethodPost, "/{id}/deliveries/{eventId}/replay", "Send an event again", "Whatever came of it so far; it keeps its messageId.", http.StatusAccepted),
		wire.JSONErrors(http.StatusNotFound, http.StatusConflict), s.replayEvent)
}

func (s *server) listEventDeliveries(r *wire.Request, in *struct {
	wire.IDPath
	Cursor   string `query:"cursor" doc:"The cursor of the page before; leave it out for the first page."`
	PageSize int    `query:"pageSize" minimum:"1" maximum:"100" default:"50" doc:"How many items the page has at most."`
	State    string `query:"state" enum:"PENDING,SENT,FAILED" doc:"Only those in this state."`
},
) (*EventDeliveriesAnswer, error) {
	return wire.AtPath(r, &in.IDPath, endpointKind, func(organization string) (*EventDeliveriesAnswer, error) {
		if _, err := s.Store.Endpoint(r, organization, in.ID); err != nil {
			return nil, err
		}
		page, eventID := wire.PageQuery{Cursor: in.Cursor, PageSize: in.PageSize}, func(d store.EventDelivery) string { return d.Event.ID }
		found, cursor, err := wire.ReadPage(page, eventID, func(before string, limit int) ([]store.EventDelivery, error) {
			return s.Store.EventDeliveries(r, organization, in.ID, store.EventDeliveryFilter{State: hub.DeliveryState(in.State), Before: before, Limit: limit})
		})
		out := &EventDeliveriesAnswer{}
		out.Body.Data, out.Body.Cursor = wire.Each(found, showEventDelivery), cursor
		return out, err
	})
}

func (s *server) replayEvent(r *wire.Request, in *struct {
	wire.IDPath
	EventID string `path:"eventId"`
},
) (*EventSentAnswer, error) {
	return wire.AtPath(r, &in.IDPath, endpointKind, func(organization string) (*EventSentAnswer, error) {
		if _, err := s.Store.Endpoint(r, organization, in.ID); err != nil {
			return nil, err
		}
		if !hub.ValidID(in.EventID) {
			return nil, hub.NoSuch("event of this endpoint")
		}
		out := &EventSentAnswer{}
		out.Body.EventID = in.EventID
		return out, hub.Missing("event of this endpoint", s.Store.ReplayEvent(r, organization, in.ID, in.EventID))
	})
}
