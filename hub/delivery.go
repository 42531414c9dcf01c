package hub

import (
	"fmt"
	"time"
)

// Delivery is a recording's result on its way to the CRM.
type Delivery struct {
	OrganizationID, ConnectionID, ID string
	RecordingID                      string
	// Model and ExternalID name the record that the recording is linked to.
	Model      Model
	ExternalID string
	State      DeliveryState
	Attempts   int
	// DueAt is when the next attempt is made; zero when none is planned.
	DueAt time.Time
	// Transcript says whether the transcript went with it; nil before it was sent, and where it is not known, as the
	// CRM's answer was lost.
	Transcript *bool
	// NoteID is the CRM's own id of the note. It is there, as SentAt is, as soon as the note is.
	NoteID string
	// Error is why the last attempt failed, or which fields of the CRM could not be set, for people.
	Error                        string
	CreatedAt, UpdatedAt, SentAt time.Time
}

// DeliveryState is how far a delivery, to a CRM or to a webhook endpoint, has come.
type DeliveryState string

// The states of a delivery. A failed one has used up its attempts and is sent again only when somebody replays it.
const (
	DeliveryPending  DeliveryState = "PENDING"
	DeliverySent     DeliveryState = "SENT"
	DeliveryFailed   DeliveryState = "FAILED"
	DeliveryCanceled DeliveryState = "CANCELED" // what it was for is gone: the link moved, the recording was deleted
)

// Attempt is one try of a delivery.
type Attempt struct {
	Number int
	At     time.Time
	Took   time.Duration
	// Status is the HTTP status of a webhook's answer, Response its first 4 KiB; 0 where none came.
	Status   int
	Response string
	// Error is why it failed, or what of it could not be done, for people; empty when all went well.
	Error string
}

// Explain says in a sentence, for people, how the delivery over c stands.
func (d Delivery) Explain(c Connection, now time.Time) string {
	switch {
	case d.State == DeliverySent:
		with := ""
		switch {
		case d.Transcript == nil:
		case *d.Transcript:
			with = ", with the transcript"
		default:
			with = ", without the transcript"
		}
		return "It was written on " + WireTime(d.SentAt) + with + "."
	case d.State == DeliveryFailed:
		return fmt.Sprintf("It failed after %d attempts and is sent again only when it is replayed.", d.Attempts)
	case d.State == DeliveryCanceled:
		return "It is not sent: what it was for is gone."
	case !c.Active:
		return "It is held while the connection is paused: set isActive to true to send it."
	case d.DueAt.After(now):
		return "It is tried again at " + WireTime(d.DueAt) + "."
	}
	return "It is sent as soon as what waits before it is, and the CRM accepts the connection's credentials."
}
