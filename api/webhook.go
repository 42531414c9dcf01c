package api

import (
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"sirocco/hub"
	"sirocco/store"
)

// WebhookEndpoint is where an organization wants to be told of events.
type WebhookEndpoint struct {
	ID                  string   `json:"id"`
	URL                 string   `json:"url"`
	Description         string   `json:"description"`
	EventTypes          []string `json:"eventTypes" doc:"The events it is told of; empty for all."`
	Disabled            bool     `json:"disabled"`
	DisabledReason      *string  `json:"disabledReason" doc:"Why it is disabled, in a sentence; null when it is not."`
	FailingSince        *string  `json:"failingSince" doc:"Since when every attempt has failed; null when the last one succeeded. After five days it is disabled."`
	PreviousSecretUntil *string  `json:"previousSecretUntil" doc:"How long the secret before the current one signs, too; null when there is none."`
	CreatedAt           string   `json:"createdAt"`
	UpdatedAt           string   `json:"updatedAt"`
}

func (s *server) showEndpoint(w hub.WebhookEndpoint) WebhookEndpoint {
	types := make([]string, len(w.EventTypes))
	for i, t := range w.EventTypes {
		types[i] = string(t)
	}
	if !w.PreviousUntil.After(s.Clock()) {
		w.PreviousUntil = time.Time{}
	}
	return WebhookEndpoint{
		ID: w.ID, URL: w.URL, Description: w.Description, EventTypes: types, Disabled: !w.DisabledAt.IsZero(), DisabledReason: optionalText(w.DisabledReason),
		FailingSince: optionalTime(w.FailingSince), PreviousSecretUntil: optionalTime(w.PreviousUntil),
		CreatedAt: hub.WireTime(w.CreatedAt), UpdatedAt: hub.WireTime(w.UpdatedAt),
	}
}

// EndpointAnswer is one webhook endpoint.
type EndpointAnswer struct {
	Body WebhookEndpoint
}

// EndpointSecretAnswer is a webhook endpoint with a secret just made.
type EndpointSecretAnswer struct {
	Body struct {
		WebhookEndpoint
		Secret string `json:"secret" doc:"What events are signed with, shown only here. Give it to a Svix or Standard Webhooks library."`
	}
}

// EndpointsAnswer is one page of webhook endpoints.
type EndpointsAnswer struct {
	Body struct {
		Data   []WebhookEndpoint `json:"data"`
		Cursor *string           `json:"cursor" doc:"Give it as cursor to get the next page; null on the last."`
	}
}

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
		tries[i] = EventAttempt{Number: t.Number, At: hub.WireTime(t.At), TookMs: t.Took.Milliseconds(), Response: t.Response, Error: optionalText(t.Error)}
		if t.Status != 0 {
			tries[i].StatusCode = &t.Status
		}
	}
	return EventDelivery{
		EventID: d.Event.ID, MessageID: "msg_" + d.Event.ID, EventType: string(d.Event.Type), RecordingID: d.Event.RecordingID, State: string(d.State),
		Attempts: d.Attempts, NextAt: optionalTime(d.DueAt), CreatedAt: hub.WireTime(d.CreatedAt), Tries: tries,
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

// EventsReplayedAnswer tells how many events are sent again.
type EventsReplayedAnswer struct {
	Body struct {
		Replayed int  `json:"replayed"`
		More     bool `json:"more" doc:"True when there may be further ones: call it again."`
	}
}

const (
	endpointsPath = "/v1/webhooks/endpoints"
	webhookTag    = "Webhooks"
	endpointKind  = "webhook endpoint"
)

func (s *server) registerWebhooks() {
	add := func(id, method, path, summary, description string, status int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: endpointsPath + path, Summary: summary, Description: description, DefaultStatus: status,
			Tags: []string{webhookTag}, Extensions: map[string]any{extensionKey: true},
		}
	}
	register(s, add("createWebhookEndpoint", http.MethodPost, "", "Create a webhook endpoint",
		"The answer has the secret that its events are signed with. A URL begins with https://, or names this machine, and its host has a public address.", http.StatusCreated),
		jsonErrors(http.StatusConflict), s.createEndpoint)
	register(s, add("listWebhookEndpoints", http.MethodGet, "", "List the webhook endpoints", "", 0), jsonErrors(), s.listEndpoints)
	register(s, add("getWebhookEndpoint", http.MethodGet, "/{id}", "Get a webhook endpoint", "", 0), jsonErrors(http.StatusNotFound), s.getEndpoint)
	register(s, add("patchWebhookEndpoint", http.MethodPatch, "/{id}", "Change a webhook endpoint",
		"While it is disabled it is told of nothing new, and what is pending waits.", 0), jsonErrors(http.StatusNotFound), s.patchEndpoint)
	register(s, add("deleteWebhookEndpoint", http.MethodDelete, "/{id}", "Delete a webhook endpoint", "", 0), jsonErrors(http.StatusNotFound), s.deleteEndpoint)
	register(s, add("rotateWebhookSecret", http.MethodPost, "/{id}/rotate-secret", "Give a webhook endpoint a new secret",
		"For 24 hours events are signed with both secrets, so that the receiver can change over.", 0), jsonErrors(http.StatusNotFound), s.rotateSecret)
	register(s, add("testWebhookEndpoint", http.MethodPost, "/{id}/test", "Send a test event to a webhook endpoint",
		"It is of the type asked for, with made-up ids, and goes to this endpoint alone.", http.StatusAccepted), jsonErrors(http.StatusNotFound, http.StatusConflict), s.testEndpoint)
	register(s, add("listEventDeliveries", http.MethodGet, "/{id}/deliveries", "List what a webhook endpoint was told", "With the attempts and what the receiver answered. Kept for 90 days.", 0),
		jsonErrors(http.StatusNotFound), s.listEventDeliveries)
	register(s, add("replayEvent", http.MethodPost, "/{id}/deliveries/{eventId}/replay", "Send an event again", "Whatever came of it so far; it keeps its messageId.", http.StatusAccepted),
		jsonErrors(http.StatusNotFound, http.StatusConflict), s.replayEvent)
	register(s, add("replayFailedEvents", http.MethodPost, "/{id}/replay", "Send again all events that failed", "Those that wait for another attempt are sent now, too. Up to ten thousand at a call.", http.StatusAccepted),
		jsonErrors(http.StatusNotFound, http.StatusConflict), s.replayFailed)
	s.describeEvents()
}

// RecordingEventWebhookPayload is what webhook endpoints are sent, as the contract has it.
type RecordingEventWebhookPayload hub.RecordingEvent

// describeEvents puts the events into the document.
func (s *server) describeEvents() {
	doc := s.huma.OpenAPI()
	schema := doc.Components.Schemas.Schema(reflect.TypeFor[RecordingEventWebhookPayload](), true, "")
	doc.Webhooks = map[string]*huma.PathItem{}
	for t, summary := range map[hub.EventType]string{
		hub.EventRecordingProcessed: "A recording was processed",
		hub.EventRecordingLinked:    "A recording was linked to a CRM record",
	} {
		doc.Webhooks[string(t)] = &huma.PathItem{Post: &huma.Operation{
			OperationID: string(t), Summary: summary, Tags: []string{webhookTag},
			Description: "Either event may come first; act when both flags are true. The headers svix-id, svix-timestamp and svix-signature, and the same as webhook-..., are what a " +
				"Svix or Standard Webhooks library verifies. The id is the same at every attempt. Any answer of 2xx within 15 seconds will do; otherwise it is sent again for about a day.",
			RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}},
			Responses:   map[string]*huma.Response{"2XX": {Description: "It was received."}},
			Security:    []map[string][]string{},
		}}
	}
}

func eventTypes(names *[]string) *[]hub.EventType {
	if names == nil {
		return nil
	}
	types := make([]hub.EventType, len(*names))
	for i, name := range *names {
		types[i] = hub.EventType(name)
	}
	return &types
}

func (s *server) createEndpoint(r *request, in *struct {
	OrganizationSelector
	Body struct {
		URL         string    `json:"url"`
		Description *string   `json:"description,omitempty"`
		EventTypes  *[]string `json:"eventTypes,omitempty" maxItems:"20" doc:"The events to be told of; all when empty or left out."`
	}
},
) (*EndpointSecretAnswer, error) {
	organization, err := s.organization(r, in.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	n := hub.WebhookPatch{URL: &in.Body.URL, Description: in.Body.Description, EventTypes: eventTypes(in.Body.EventTypes)}
	if err := n.Validate(s.WebhookAllowPrivate); err != nil {
		return nil, err
	}
	w, secret, err := s.Store.CreateEndpoint(r, organization, n)
	if err != nil {
		return nil, err
	}
	out := &EndpointSecretAnswer{}
	out.Body.WebhookEndpoint, out.Body.Secret = s.showEndpoint(w), secret
	return out, nil
}

func (s *server) listEndpoints(r *request, in *struct {
	OrganizationSelector
	PageQuery
},
) (*EndpointsAnswer, error) {
	organization, err := s.organization(r, in.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	found, cursor, err := readPage(in.PageQuery, func(w hub.WebhookEndpoint) string { return w.ID }, func(after string, limit int) ([]hub.WebhookEndpoint, error) {
		return s.Store.Endpoints(r, organization, after, limit)
	})
	out := &EndpointsAnswer{}
	out.Body.Data, out.Body.Cursor = showEach(found, s.showEndpoint), cursor
	return out, err
}

func (s *server) getEndpoint(r *request, in *IDPath) (*EndpointAnswer, error) {
	w, err := atPath(s, r, in, endpointKind, func(organization string) (hub.WebhookEndpoint, error) {
		return s.Store.Endpoint(r, organization, in.ID)
	})
	return &EndpointAnswer{s.showEndpoint(w)}, err
}

func (s *server) patchEndpoint(r *request, in *struct {
	IDPath
	Body struct {
		URL         *string   `json:"url,omitempty"`
		Description *string   `json:"description,omitempty"`
		EventTypes  *[]string `json:"eventTypes,omitempty" maxItems:"20"`
		Disabled    *bool     `json:"disabled,omitempty"`
	}
},
) (*EndpointAnswer, error) {
	p := hub.WebhookPatch{URL: in.Body.URL, Description: in.Body.Description, EventTypes: eventTypes(in.Body.EventTypes), Disabled: in.Body.Disabled}
	w, err := atPath(s, r, &in.IDPath, endpointKind, func(organization string) (hub.WebhookEndpoint, error) {
		if err := p.Validate(s.WebhookAllowPrivate); err != nil {
			return hub.WebhookEndpoint{}, err
		}
		return s.Store.PatchEndpoint(r, organization, in.ID, p)
	})
	return &EndpointAnswer{s.showEndpoint(w)}, err
}

func (s *server) deleteEndpoint(r *request, in *IDPath) (*EndpointAnswer, error) {
	w, err := atPath(s, r, in, endpointKind, func(organization string) (hub.WebhookEndpoint, error) {
		return s.Store.DeleteEndpoint(r, organization, in.ID)
	})
	return &EndpointAnswer{s.showEndpoint(w)}, err
}

func (s *server) rotateSecret(r *request, in *IDPath) (*EndpointSecretAnswer, error) {
	return atPath(s, r, in, endpointKind, func(organization string) (*EndpointSecretAnswer, error) {
		w, secret, err := s.Store.RotateSecret(r, organization, in.ID)
		out := &EndpointSecretAnswer{}
		out.Body.WebhookEndpoint, out.Body.Secret = s.showEndpoint(w), secret
		return out, err
	})
}

func (s *server) testEndpoint(r *request, in *struct {
	IDPath
	Body struct {
		EventType string `json:"eventType,omitempty" enum:"integrations.recordingProcessed,integrations.recordingLinked" default:"integrations.recordingProcessed"`
	}
},
) (*EventSentAnswer, error) {
	return atPath(s, r, &in.IDPath, endpointKind, func(organization string) (*EventSentAnswer, error) {
		id, err := s.Store.SendTestEvent(r, organization, in.ID, hub.EventType(in.Body.EventType))
		out := &EventSentAnswer{}
		out.Body.EventID = id
		return out, err
	})
}

func (s *server) listEventDeliveries(r *request, in *struct {
	IDPath
	Cursor   string `query:"cursor" doc:"The cursor of the page before; leave it out for the first page."`
	PageSize int    `query:"pageSize" minimum:"1" maximum:"100" default:"50" doc:"How many items the page has at most."`
	State    string `query:"state" enum:"PENDING,SENT,FAILED" doc:"Only those in this state."`
},
) (*EventDeliveriesAnswer, error) {
	return atPath(s, r, &in.IDPath, endpointKind, func(organization string) (*EventDeliveriesAnswer, error) {
		if _, err := s.Store.Endpoint(r, organization, in.ID); err != nil {
			return nil, err
		}
		page, eventID := PageQuery{in.Cursor, in.PageSize}, func(d store.EventDelivery) string { return d.Event.ID }
		found, cursor, err := readPage(page, eventID, func(before string, limit int) ([]store.EventDelivery, error) {
			return s.Store.EventDeliveries(r, organization, in.ID, store.EventDeliveryFilter{State: hub.DeliveryState(in.State), Before: before, Limit: limit})
		})
		out := &EventDeliveriesAnswer{}
		out.Body.Data, out.Body.Cursor = showEach(found, showEventDelivery), cursor
		return out, err
	})
}

func (s *server) replayEvent(r *request, in *struct {
	IDPath
	EventID string `path:"eventId"`
},
) (*EventSentAnswer, error) {
	return atPath(s, r, &in.IDPath, endpointKind, func(organization string) (*EventSentAnswer, error) {
		if _, err := s.Store.Endpoint(r, organization, in.ID); err != nil {
			return nil, err
		}
		if !hub.ValidID(in.EventID) {
			return nil, &missingError{"event of this endpoint"}
		}
		out := &EventSentAnswer{}
		out.Body.EventID = in.EventID
		return out, missing("event of this endpoint", s.Store.ReplayEvent(r, organization, in.ID, in.EventID))
	})
}

func (s *server) replayFailed(r *request, in *struct {
	IDPath
	Body struct {
		Since time.Time `json:"since" doc:"Only events since then."`
	}
},
) (*EventsReplayedAnswer, error) {
	return atPath(s, r, &in.IDPath, endpointKind, func(organization string) (*EventsReplayedAnswer, error) {
		n, err := s.Store.ReplayFailed(r, organization, in.ID, in.Body.Since)
		out := &EventsReplayedAnswer{}
		out.Body.Replayed, out.Body.More = n, n == store.ReplayMost
		return out, err
	})
}
