package extension

import (
	"reflect"

	"sirocco/hub"
)

// RecordingEventWebhookPayload is what webhook endpoints are sent, as the contract has it.
type RecordingEventWebhookPayload hub.RecordingEvent

// describeEvents puts the events into the document.
func (s *server) describeEvents() {
	for t, summary := range map[hub.EventType]string{
		hub.EventRecordingProcessed: "A recording was processed",
		hub.EventRecordingLinked:    "A recording was linked to a CRM record",
	} {
		s.DescribeEvent(string(t), summary, "Either event may come first; act when both flags are true. The headers svix-id, svix-timestamp and svix-signature, and the same as webhook-..., are what a "+
			"Svix or Standard Webhooks library verifies. The id is the same at every attempt. Any answer of 2xx within 15 seconds will do; otherwise it is sent again for about a day. "+
			"One recording's events come in the order of their sequence.",
			reflect.TypeFor[RecordingEventWebhookPayload]())
	}
}
