package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"sirocco/hub"
)

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
			OperationID: string(t), Summary: summary, Tags: []string{"Webhooks"},
			Description: "Either event may come first; act when both flags are true. The headers svix-id, svix-timestamp and svix-signature, and the same as webhook-..., are what a " +
				"Svix or Standard Webhooks library verifies. The id is the same at every attempt. Any answer of 2xx within 15 seconds will do; otherwise it is sent again for about a day.",
			RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}},
			Responses:   map[string]*huma.Response{"2XX": {Description: "It was received."}},
			Security:    []map[string][]string{},
		}}
	}
}
