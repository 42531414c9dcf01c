package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

// already looks for a note before it is written. It reports true where it is there, or was proven to be and is not listed yet; what becomes of one
// that people have moved or deleted is an error.
func (s *deliveryAttempt) already(ctx context.Context, c connector.Connector, n connector.Note, text hub.ResultNote, target hub.RecordRef) (sent sentNote, there bool, err error) {
	at := s.engine.Clock()
	before, proven, err := s.provenBefore(ctx, target, n.Marker)
	if err != nil {
		return sentNote{}, false, err
	}
	finder, looks := c.(connector.NoteFinder)
	if looks {
		q := connector.NoteQuery{}
		if q.Markers, err = s.markers(ctx, n); err != nil {
			return sentNote{}, false, err
		}
		if proven {
			q = withID(q, before.NoteID)
		}
		found, on, err := s.look(ctx, finder, target, q)
		if err != nil {
			return sentNote{}, false, err
		}
		if found.Moved {
			return sentNote{}, false, s.untaken(before, store.DeliveryEnd{
				State: hub.DeliverySent, Correct: hub.CorrectNothing,
				Error: fmt.Sprintf("Somebody has moved the note away from the %s %s in the CRM. It is left as it is, and none is written in its place.", target.Model, target.ExternalID),
			})
		}
		if found.ExternalID != "" {
			n.Target, n.ExternalID = on.Model, on.ExternalID
			sent, err = s.found(ctx, c, before, found, n, text)
			return sent, true, err
		}
		s.looked = true
	}
	if proven {
		listed := s.listed(c, before)
		switch {
		case looks && s.delivery.Replayed && at.Before(listed):
			return sentNote{}, false, notListed(listed)
		case looks && !at.Before(listed) && s.delivery.Absences == 0:
			return sentNote{}, false, s.missed(target)
		case s.delivery.Replayed: // it is written again
		case looks && !at.Before(listed):
			return sentNote{}, false, s.untaken(before, store.DeliveryEnd{State: hub.DeliverySent, Gone: true, Error: takenAway(target)})
		default: // it is there, though it is not shown
			sent, err = s.found(ctx, c, before, connector.FoundNote{ExternalID: before.NoteID, Marker: before.Note.Marker}, n, text)
			return sent, true, err
		}
	}
	return sentNote{}, false, nil
}

// provenBefore is the delivery whose note, the same, was proven to be on the record before: this one, or that over a link which the
// recording had before, whose hash counts too. It reports false, with this one, where there is none.
func (s *deliveryAttempt) provenBefore(ctx context.Context, on hub.RecordRef, marker string) (hub.Delivery, bool, error) {
	proven, err := s.wasProven(ctx, on)
	if err != nil {
		return s.delivery, false, err
	}
	twin, err := s.engine.Store.Twin(ctx, s.delivery, marker)
	switch {
	case err != nil:
		return s.delivery, proven, ignoreMissing(err)
	case !proven:
		return twin, true, nil
	}
	own := s.delivery
	own.Note.Hash += " " + twin.Note.Hash
	return own, true, nil
}

// wasProven reports whether the delivery's note was proven to be on the record before, which some others may have been merged into since.
func (s *deliveryAttempt) wasProven(ctx context.Context, on hub.RecordRef) (bool, error) {
	if s.delivery.SentAt.IsZero() || s.delivery.Note.On.ExternalID == "" { // or written before it was kept where
		return !s.delivery.SentAt.IsZero(), nil
	}
	stood, err := s.engine.Store.Survivor(ctx, s.conn.OrganizationID, s.conn.ID, s.delivery.Note.On)
	return stood == on, err
}

// untaken is the end of a delivery whose note, proven before, people have taken away: one that never wrote it is not wanted.
func (s *deliveryAttempt) untaken(before hub.Delivery, end store.DeliveryEnd) error {
	if before.ID != s.delivery.ID {
		end.State, end.Gone = hub.DeliveryCanceled, false
	}
	return &unneededError{end}
}

// stands fails where the notes that a correction is of are no longer on the record, though the CRM must list them by now. What people
// deleted or moved there is not brought back by a correction, unless that is replayed.
func (s *deliveryAttempt) stands(ctx context.Context, c connector.Connector, corrected []hub.Delivery, target hub.RecordRef) error {
	finder, looks := c.(connector.NoteFinder)
	if !looks || s.delivery.Replayed || len(corrected) == 0 || s.engine.Clock().Before(s.listed(c, corrected[0])) {
		return nil
	}
	var q connector.NoteQuery
	for _, d := range corrected {
		if d.Note.Marker == "" { // it is not known by what it was written
			return nil
		}
		on, err := s.engine.Store.Survivor(ctx, s.conn.OrganizationID, s.conn.ID, d.Note.On)
		if err != nil || on != target { // it stands where the recording belonged before
			return err
		}
		q.Markers = append(q.Markers, d.Note.Marker)
	}
	found, _, err := s.look(ctx, finder, target, withID(q, corrected[0].NoteID))
	if err != nil || found.ExternalID != "" && !found.Moved {
		return err
	}
	if !found.Moved && s.delivery.Absences == 0 {
		return s.missed(target)
	}
	gone := "is no longer on the %s %s, or was changed there so that it is not known any more"
	if found.Moved {
		gone = "was moved away from the %s %s"
	}
	return &unneededError{store.DeliveryEnd{
		State: hub.DeliveryCanceled, Error: fmt.Sprintf("The note that this corrects "+gone+". Nothing is written in its place, unless this is replayed.", target.Model, target.ExternalID),
	}}
}

// withID is the query for a note that is known by its id, too; what has none is known by its marker.
func withID(q connector.NoteQuery, id string) connector.NoteQuery {
	if !slices.Contains(q.Markers, id) {
		q.NoteID = id
	}
	return q
}

// missed lets the delivery wait for another look at notes that lacked what must be among them: one answer without it proves nothing.
func (s *deliveryAttempt) missed(on hub.RecordRef) error {
	return &unneededError{store.DeliveryEnd{
		State: hub.DeliveryPending, DueAt: s.engine.Clock().Add(deliveryWait(1)), Absent: true,
		Error: fmt.Sprintf("The note was not found on the %s %s. It is looked for once more before that is believed.", on.Model, on.ExternalID),
	}}
}

// listed is when the CRM must list the note of a delivery that was proven.
func (s *deliveryAttempt) listed(c connector.Connector, d hub.Delivery) time.Time {
	return d.SentAt.Add(s.lag(c.Info()))
}

// notListed lets the delivery wait until the CRM must list its note, which is there or was deleted since.
func notListed(until time.Time) error {
	return &unneededError{store.DeliveryEnd{State: hub.DeliveryPending, DueAt: until, Error: "It waits, as its note was written lately, and is not listed by the CRM yet, or was deleted there."}}
}

// found decides about a note that is there already, as the delivery before left it: whether it says what is true now, and what to do where
// it does not.
func (s *deliveryAttempt) found(ctx context.Context, c connector.Connector, before hub.Delivery, found connector.FoundNote, n connector.Note, text hub.ResultNote) (sentNote, error) {
	there := store.WrittenNote{ID: found.ExternalID, Existed: true, SentAt: before.SentAt, DeliveredNote: before.Note}
	there.On, there.Marker = hub.RecordRef{Model: n.Target, ExternalID: n.ExternalID}, cmp.Or(found.Marker, there.Marker)
	if of := connector.NotePrint(found.Text, there.Marker); of != "" {
		there.Print = of
	}
	changer, changes := c.(connector.NoteChanger)
	if changes && isVoid(found) { // the link has come back: it says again what it said
		return s.change(ctx, changer, found, n, text, there)
	}
	switch {
	case there.Print == n.Print, there.Print == "" && connector.SameText(n.Title+"\n"+n.Body, strings.Replace(found.Text, found.Marker, "", 1)):
		there.Print, there.Text = n.Print, text.Title+"\n\n"+text.Body
		return sentNote{WrittenNote: there}, nil
	case there.Text == "":
		there.Text = found.Text
	}
	chosen, err := s.engine.Store.Corrections(ctx, s.conn.OrganizationID, s.conn.ID)
	if err != nil {
		return sentNote{}, err
	}
	if chosen == hub.CorrectNothing {
		return sentNote{WrittenNote: there, said: "The note says what was known when it was written, and is left so, as the connection's corrections are LEAVE."}, nil
	}
	if left, err := s.engine.Store.LeftBefore(ctx, s.delivery, n.Print); err != nil {
		return sentNote{}, err
	} else if left {
		return sentNote{WrittenNote: there, said: "The note says what was known when it was written, and is left so, as the corrections of the connection before were LEAVE. A replay corrects it."}, nil
	}
	if chosen == hub.CorrectByNote || !changes {
		return sentNote{WrittenNote: there, correct: hub.CorrectByNote}, nil
	}
	if corrected, err := s.engine.Store.IsCorrected(ctx, s.delivery); err != nil {
		return sentNote{}, err
	} else if corrected {
		return sentNote{WrittenNote: there, said: "The note says what was known when it was written: the correction beside it says what is true now."}, nil
	}
	if listed := s.listed(c, before); found.Text == "" && s.engine.Clock().Before(listed) {
		return sentNote{}, notListed(listed)
	}
	if !isOurs(before, found) {
		return sentNote{WrittenNote: there, correct: hub.CorrectByNote, said: "Somebody has changed the note in the CRM, so a second one corrects it."}, nil
	}
	return s.change(ctx, changer, found, n, text, there)
}

// change gives a note that is there another text, or asks for a second one where the CRM does not let us.
func (s *deliveryAttempt) change(
	ctx context.Context, changer connector.NoteChanger, found connector.FoundNote, n connector.Note, text hub.ResultNote, there store.WrittenNote,
) (sentNote, error) {
	n.Marker = found.Marker
	if hash := noteHash(n); !slices.Contains(strings.Fields(s.delivery.Note.Hash), hash) {
		if err := s.engine.Store.ChangeNote(ctx, s.task, s.delivery, hash); err != nil {
			return sentNote{}, err
		}
	}
	switch err := changer.ChangeNote(s.requests.of(ctx, n.Target), &s.session.Session, n, found.ExternalID); {
	case isPermanent(err):
		return sentNote{WrittenNote: there, correct: hub.CorrectByNote, said: "The CRM does not let the note be changed, so a second one corrects it."}, nil
	case err != nil:
		return sentNote{}, err
	}
	there.DeliveredNote = delivered(n, text)
	return sentNote{WrittenNote: there}, nil
}

// isOurs reports whether the note is as the delivery wrote it. What earlier programs wrote is known by a digest with all white space.
func isOurs(d hub.Delivery, found connector.FoundNote) bool {
	ours := strings.Fields(d.Note.Hash)
	return slices.Contains(ours, wordsHash(found.Text)) || slices.Contains(ours, textHash(found.Text))
}
