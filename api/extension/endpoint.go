package extension

import (
	"net/http"
	"time"

	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// WebhookEndpoint is where an organization wants to be told of events.
type WebhookEndpoint struct {
	ID                  string   `json:"id"`
	URL                 string   `json:"url"`
	Description         string   `json:"description"`
	EventTypes          []string `json:"eventTypes" enum:"integrations.recordingProcessed,integrations.recordingLinked" doc:"The events it is told of; empty for all."`
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
		ID: w.ID, URL: w.URL, Description: w.Description, EventTypes: types, Disabled: !w.DisabledAt.IsZero(), DisabledReason: wire.OrNull(w.DisabledReason),
		FailingSince: wire.TimeOrNull(w.FailingSince), PreviousSecretUntil: wire.TimeOrNull(w.PreviousUntil),
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
		Secret string `json:"secret" required:"false" secret:"true" doc:"What events are signed with, in the first answer alone: one that is given again leaves it out. Give it to a Svix or Standard Webhooks library."`
	}
}

// EndpointsAnswer is one page of webhook endpoints.
type EndpointsAnswer struct {
	Body struct {
		Data   []WebhookEndpoint `json:"data"`
		Cursor *string           `json:"cursor" doc:"Give it as cursor to get the next page; null on the last."`
	}
}

const (
	endpointsPath = "/v1/webhooks/endpoints"
	endpointTag   = "Webhook endpoints"
	endpointKind  = "webhook endpoint"
)

// endpointOperation is what the operations on webhook endpoints have in common.
func endpointOperation(id, method, path, summary, description string, status int) wire.Operation {
	return wire.Operation{
		OperationID: id, Method: method, Path: endpointsPath + path, Summary: summary, Description: description, DefaultStatus: status,
		Tags: []string{endpointTag}, Extensions: wire.Extension(),
	}
}

func (s *server) registerEndpoints() {
	add := endpointOperation
	wire.Register(s.API, add("createWebhookEndpoint", http.MethodPost, "", "Create a webhook endpoint",
		"The answer has the secret that its events are signed with. A URL begins with https:// and its host has a public address; or it names this machine, and then http:// will do.", http.StatusCreated),
		wire.JSONErrors(http.StatusConflict, http.StatusForbidden), s.createEndpoint)
	wire.Register(s.API, add("listWebhookEndpoints", http.MethodGet, "", "List the webhook endpoints", "", 0), wire.JSONErrors(), s.listEndpoints)
	wire.Register(s.API, add("getWebhookEndpoint", http.MethodGet, "/{id}", "Get a webhook endpoint", "", 0), wire.JSONErrors(http.StatusNotFound), s.getEndpoint)
	wire.Register(s.API, add("patchWebhookEndpoint", http.MethodPatch, "/{id}", "Change a webhook endpoint",
		"While it is disabled it is told of nothing new, and what is pending waits.", 0), wire.JSONErrors(http.StatusNotFound), s.patchEndpoint)
	wire.Register(s.API, add("deleteWebhookEndpoint", http.MethodDelete, "/{id}", "Delete a webhook endpoint", "", 0), wire.JSONErrors(http.StatusNotFound), s.deleteEndpoint)
	wire.Register(s.API, add("rotateWebhookSecret", http.MethodPost, "/{id}/rotate-secret", "Give a webhook endpoint a new secret",
		"For 24 hours events are signed with both secrets, so that the receiver can change over.", 0), wire.JSONErrors(http.StatusNotFound), s.rotateSecret)
	wire.Register(s.API, add("testWebhookEndpoint", http.MethodPost, "/{id}/test", "Send a test event to a webhook endpoint",
		"It is of the type asked for, with made-up ids, and goes to this endpoint alone.", http.StatusAccepted), wire.JSONErrors(http.StatusNotFound, http.StatusConflict), s.testEndpoint)
	wire.Register(s.API, wire.Repeatable(add("replayFailedEvents", http.MethodPost, "/{id}/replay", "Send again all events that failed or were missed", "Those that wait for another attempt are sent now, too, and so are those that happened while the endpoint was disabled, which it is not told of otherwise. Up to ten thousand at a call.", http.StatusAccepted)),
		wire.JSONErrors(http.StatusNotFound, http.StatusConflict), s.replayFailed)
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

func (s *server) createEndpoint(r *wire.Request, in *struct {
	wire.OrganizationSelector
	Body struct {
		URL         string    `json:"url"`
		Description *string   `json:"description,omitempty"`
		EventTypes  *[]string `json:"eventTypes,omitempty" maxItems:"20" enum:"integrations.recordingProcessed,integrations.recordingLinked" doc:"The events to be told of; all when empty or left out."`
	}
},
) (*EndpointSecretAnswer, error) {
	organization, err := r.Organization(in.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	n := hub.WebhookPatch{URL: &in.Body.URL, Description: in.Body.Description, EventTypes: eventTypes(in.Body.EventTypes)}
	if err := n.Validate(s.Targets); err != nil {
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

func (s *server) listEndpoints(r *wire.Request, in *struct {
	wire.OrganizationSelector
	wire.PageQuery
},
) (*EndpointsAnswer, error) {
	out := &EndpointsAnswer{}
	var err error
	out.Body.Data, out.Body.Cursor, err = wire.List(r, in.OrganizationSelector, in.PageQuery, func(w hub.WebhookEndpoint) string { return w.ID }, s.showEndpoint, func(organization, after string, limit int) ([]hub.WebhookEndpoint, error) {
		return s.Store.Endpoints(r, organization, after, limit)
	})
	return out, err
}

func (s *server) getEndpoint(r *wire.Request, in *wire.IDPath) (*EndpointAnswer, error) {
	w, err := wire.AtPath(r, in, endpointKind, func(organization string) (hub.WebhookEndpoint, error) {
		return s.Store.Endpoint(r, organization, in.ID)
	})
	return &EndpointAnswer{s.showEndpoint(w)}, err
}

func (s *server) patchEndpoint(r *wire.Request, in *struct {
	wire.IDPath
	Body struct {
		URL         *string   `json:"url,omitempty"`
		Description *string   `json:"description,omitempty"`
		EventTypes  *[]string `json:"eventTypes,omitempty" maxItems:"20" enum:"integrations.recordingProcessed,integrations.recordingLinked"`
		Disabled    *bool     `json:"disabled,omitempty"`
	}
},
) (*EndpointAnswer, error) {
	p := hub.WebhookPatch{URL: in.Body.URL, Description: in.Body.Description, EventTypes: eventTypes(in.Body.EventTypes), Disabled: in.Body.Disabled}
	w, err := wire.AtPath(r, &in.IDPath, endpointKind, func(organization string) (hub.WebhookEndpoint, error) {
		if err := p.Validate(s.Targets); err != nil {
			return hub.WebhookEndpoint{}, err
		}
		return s.Store.PatchEndpoint(r, organization, in.ID, p)
	})
	return &EndpointAnswer{s.showEndpoint(w)}, err
}

func (s *server) deleteEndpoint(r *wire.Request, in *wire.IDPath) (*EndpointAnswer, error) {
	w, err := wire.AtPath(r, in, endpointKind, func(organization string) (hub.WebhookEndpoint, error) {
		return s.Store.DeleteEndpoint(r, organization, in.ID)
	})
	return &EndpointAnswer{s.showEndpoint(w)}, err
}

func (s *server) rotateSecret(r *wire.Request, in *wire.IDPath) (*EndpointSecretAnswer, error) {
	return wire.AtPath(r, in, endpointKind, func(organization string) (*EndpointSecretAnswer, error) {
		w, secret, err := s.Store.RotateSecret(r, organization, in.ID)
		out := &EndpointSecretAnswer{}
		out.Body.WebhookEndpoint, out.Body.Secret = s.showEndpoint(w), secret
		return out, err
	})
}

// EventsReplayedAnswer tells how many events are sent again.
type EventsReplayedAnswer struct {
	Body struct {
		Replayed int  `json:"replayed"`
		More     bool `json:"more" doc:"True when there may be further ones: call it again."`
	}
}

func (s *server) testEndpoint(r *wire.Request, in *struct {
	wire.IDPath
	Body *struct {
		EventType string `json:"eventType,omitempty" enum:"integrations.recordingProcessed,integrations.recordingLinked" default:"integrations.recordingProcessed"`
	}
},
) (*EventSentAnswer, error) {
	return wire.AtPath(r, &in.IDPath, endpointKind, func(organization string) (*EventSentAnswer, error) {
		event := hub.EventRecordingProcessed
		if in.Body != nil {
			event = hub.EventType(in.Body.EventType)
		}
		id, err := s.Store.SendTestEvent(r, organization, in.ID, event)
		out := &EventSentAnswer{}
		out.Body.EventID = id
		return out, err
	})
}

func (s *server) replayFailed(r *wire.Request, in *struct {
	wire.IDPath
	Body *struct {
		Since time.Time `json:"since,omitzero" doc:"Only events since then; those of the last 24 hours where it is left out."`
	}
},
) (*EventsReplayedAnswer, error) {
	return wire.AtPath(r, &in.IDPath, endpointKind, func(organization string) (*EventsReplayedAnswer, error) {
		var since time.Time
		if in.Body != nil {
			since = in.Body.Since
		}
		n, err := s.Store.ReplayFailed(r, organization, in.ID, since)
		out := &EventsReplayedAnswer{}
		out.Body.Replayed, out.Body.More = n, n == store.ReplayMost
		return out, err
	})
}
