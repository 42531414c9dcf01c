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
	// NoteID is the CRM's own id of the note. It is there, as SentAt is, as soon as the note is, and empty again once the note is not
	// found there any more.
	NoteID string
	// Correction is 0 for a recording's first note on the record, n for the n-th that corrects it.
	Correction int64
	// Note is what was last sent, or found to be there; its Marker is empty before.
	Note DeliveredNote
	// AskedAt is when the note was sent that is not proven to be there, or not; zero when there is none.
	AskedAt time.Time
	// Absences counts the successful looks since then that did not find it.
	Absences int64
	// Withdrawn is why it shall not be there any more, while that is not settled; else empty.
	Withdrawn string
	// Replayed says that a person asked for it to be sent again, and that it has not come to an end since.
	Replayed bool
	// Remains says which notes of it are on records that they do not belong on any more, as the CRM does not let us take them
	// back, for people; else empty.
	Remains string
	// Elsewhere says that the recording is linked to another record by now, or to none.
	Elsewhere bool
	// Error is why the last attempt failed, or which fields of the CRM could not be set, for people.
	Error                        string
	CreatedAt, UpdatedAt, SentAt time.Time
}

// IsOf reports whether the delivery is to what a link leads to.
func (d Delivery) IsOf(l Link) bool {
	return d.ConnectionID == l.ConnectionID && d.Model == l.Model && d.ExternalID == l.ExternalID
}

// DeliveredNote is a note as it was sent to the CRM.
type DeliveredNote struct {
	// On is the record that it is put on, which may be another one than the recording is linked to.
	On RecordRef
	// Marker is what it is known again by, Print what it says; see NoteMarker. The Print of one from before prints is empty.
	Marker, Print string
	// Text is what it says, without the transcript.
	Text string
	// Hash is of all that was sent; where the answer to a change of it was lost, of each that it may say, with spaces between.
	Hash string
}

// Corrections is what happens when an analysis comes again after its note was written.
type Corrections string

// The choices of a connection.
const (
	// CorrectByNote writes a second note that says that it is a correction.
	CorrectByNote Corrections = "NOTE"
	// CorrectByChange changes the note, where the CRM lets us and nobody else has changed it, else it is as CorrectByNote.
	CorrectByChange Corrections = "CHANGE"
	// CorrectNothing leaves the note as it is.
	CorrectNothing Corrections = "LEAVE"
)

// Validate checks that there is such a choice.
func (c Corrections) Validate() error {
	switch c {
	case CorrectByNote, CorrectByChange, CorrectNothing:
		return nil
	}
	return Invalid("corrections", fmt.Sprintf("is %.20q, which is none of the choices", string(c)), "NOTE, CHANGE or LEAVE")
}

// DeliveryState is how far a delivery, to a CRM or to a webhook endpoint, has come.
type DeliveryState string

// The states of a delivery. A failed one has used up its attempts and is sent again only when somebody replays it.
const (
	DeliveryPending DeliveryState = "PENDING"
	// DeliveryConfirming is sent, but not proven: the answer was lost, or proves nothing. Nothing else becomes of it before
	// it is settled.
	DeliveryConfirming DeliveryState = "CONFIRMING"
	DeliverySent       DeliveryState = "SENT"
	DeliveryFailed     DeliveryState = "FAILED"
	DeliveryCanceled   DeliveryState = "CANCELED" // what it was for is gone: the link moved, the recording was deleted
)

// Attempt is one try of a delivery.
type Attempt struct {
	Number int
	At     time.Time
	Took   time.Duration
	// Status is the HTTP status of a webhook's answer, Response its first 4 KiB; 0 where none came.
	Status   int
	Response string
	// RetryAfter is how long a webhook's receiver asked to be left alone; zero where it did not.
	RetryAfter time.Duration
	// Error is why it failed, or what of it could not be done, for people; empty when all went well.
	Error string
}

// IsThere reports whether its note was proven to be in the CRM, and is not gone since.
func (d Delivery) IsThere() bool { return !d.SentAt.IsZero() && !d.IsGone() }

// IsGone reports whether its note was proven to be in the CRM, and is not found there any more. One that was taken over from another connection has no
// NoteID, but a Print.
func (d Delivery) IsGone() bool { return !d.SentAt.IsZero() && d.NoteID == "" && d.Note.Print == "" }

// stands says where its note stands.
func (d Delivery) stands() string {
	on := d.Note.On
	if on.ExternalID == "" { // sent before that was kept
		on = RecordRef{Model: d.Model, ExternalID: d.ExternalID}
	}
	return fmt.Sprintf("its note stands on the %s %s", on.Model, on.ExternalID)
}

// NotesElsewhere says, in sentences for people, which notes of a recording stand on records that it is not linked to any more, by all its
// deliveries. One that what it is linked to has its note on, too, is where it belongs.
func NotesElsewhere(all []Delivery) []string {
	said := map[string]bool{}
	for _, d := range all {
		if !d.Elsewhere && d.IsThere() {
			said[d.stands()] = true
		}
	}
	var sentences []string
	for _, d := range all {
		if where := d.stands(); d.Elsewhere && d.IsThere() && !said[where] {
			said[where] = true
			sentences = append(sentences, fmt.Sprintf("It was linked to the %s %s before, and %s since %s.", d.Model, d.ExternalID, where, WireTime(d.SentAt)))
		}
	}
	return sentences
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
		switch {
		case !d.IsThere():
			with += ", and is not found in the CRM any more"
		case d.Elsewhere:
			with += ". The recording is no longer linked to this record; " + d.stands()
		}
		return "It was written on " + WireTime(d.SentAt) + with + "."
	case d.State == DeliveryFailed:
		attempts := "1 attempt"
		if d.Attempts != 1 {
			attempts = fmt.Sprintf("%d attempts", d.Attempts)
		}
		return "It failed after " + attempts + " and is sent again only when it is replayed, or an analysis comes that says something else."
	case d.State == DeliveryCanceled:
		return "It is not wanted any more; its error says why."
	case d.State == DeliveryConfirming && d.Error == "" && d.Withdrawn == "" && d.Absences == 0 && d.SentAt.IsZero() && d.DueAt.After(now):
		return "It is being sent since " + WireTime(d.AskedAt) + "; the CRM has not answered yet."
	case d.State == DeliveryConfirming && d.DueAt.IsZero():
		return "It was sent on " + WireTime(d.AskedAt) + ", but no answer says whether it is there, and the CRM cannot be asked: look there, and settle it."
	case d.State == DeliveryConfirming && !c.Active:
		return "It was sent on " + WireTime(d.AskedAt) + ", but no answer says whether it is there; the CRM is asked once the connection is no longer paused."
	case d.State == DeliveryConfirming && !d.DueAt.After(now):
		return "It was sent on " + WireTime(d.AskedAt) + ", but no answer says whether it is there; the CRM is asked again as soon as what waits before it is sent."
	case d.State == DeliveryConfirming:
		return "It was sent on " + WireTime(d.AskedAt) + ", but no answer says whether it is there; the CRM is asked again at " + WireTime(d.DueAt) + "."
	case !c.Active:
		return "It is held while the connection is paused, and sent when that is resumed."
	case d.DueAt.After(now):
		return "It is tried again at " + WireTime(d.DueAt) + "."
	}
	return "It is due, and sent in its turn."
}
