package hub

import "time"

// EventType names what subscribers are told of.
type EventType string

// The events of the contract.
const (
	EventRecordingProcessed EventType = "integrations.recordingProcessed"
	EventRecordingLinked    EventType = "integrations.recordingLinked"
)

// Event is one thing that happened, with the payload that every endpoint gets.
type Event struct {
	ID             string
	OrganizationID string
	Type           EventType
	RecordingID    string
	// Payload is the JSON as it was when it happened.
	Payload   string
	CreatedAt time.Time
}

// WebhookEndpoint is where an organization wants to be told of events.
type WebhookEndpoint struct {
	ID             string
	OrganizationID string
	URL            string
	Description    string
	// EventTypes are those it is told of; empty for all.
	EventTypes []EventType
	// PreviousUntil is how long the secret before the current one still signs, too; zero when there is none.
	PreviousUntil time.Time
	// DisabledAt is zero for an endpoint that is told; DisabledReason says why it is not.
	DisabledAt     time.Time
	DisabledReason string
	// FailingSince is when the first of the failures in a row was; zero when the last attempt succeeded.
	FailingSince         time.Time
	CreatedAt, UpdatedAt time.Time
}
