package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

const (
	// noteLag is how long a note that was taken may be missing from a vendor's lists, where neither the platform nor the
	// operator says otherwise.
	noteLag = 15 * time.Minute
	// noteMargin is how much a vendor's clock may be ahead of ours.
	noteMargin = time.Hour
	// absencesProve is how many successful looks must agree that a note is not there; the last of them after the lag.
	absencesProve = 2
	// belongsMost is for how long after the lag of a note it is not settled while nobody knows where it belongs by now.
	belongsMost = 24 * time.Hour
)

// lag is how long a note may be missing from the vendor's lists.
func (s *deliveryAttempt) lag(info hub.PlatformInfo) time.Duration {
	if set, ok := s.engine.NoteLag[info.Platform]; ok {
		return set
	}
	if info.NoteLag > 0 {
		return info.NoteLag
	}
	return noteLag
}

// confirmWait is how long to wait before the CRM is asked the next time whether a note is there.
func (s *deliveryAttempt) confirmWait() time.Duration {
	return deliveryWait(int(s.delivery.Absences) + 1)
}

// confirm asks the CRM whether a note is there that was sent without a proof. It is settled by being found, or by being
// absent from successful looks until the vendor's lists must have it.
func (s *deliveryAttempt) confirm(ctx context.Context, c connector.Connector) error {
	finder, ok := c.(connector.NoteFinder)
	switch {
	case !ok && s.answered():
		end := store.DeliveryEnd{State: hub.DeliverySent}
		if s.delivery.Withdrawn != "" {
			end.Error = s.delivery.Withdrawn + " Its note stands there."
		}
		return s.engine.Store.EndDelivery(ctx, s.task, s.delivery, end)
	case !ok:
		return s.engine.Store.EndDelivery(ctx, s.task, s.delivery, store.DeliveryEnd{
			State: hub.DeliveryConfirming,
			Error: fmt.Sprintf("%s cannot be asked what notes a record has. Look there whether the note is on the %s %s, and settle the delivery.", c.Info().Name, s.delivery.Note.On.Model, s.delivery.Note.On.ExternalID),
		})
	}
	at := s.engine.Clock()
	if err := s.open(ctx, c); err != nil {
		return s.handleError(ctx, at, err)
	}
	survivor, err := s.engine.Store.Survivor(ctx, s.conn.OrganizationID, s.conn.ID, s.delivery.Note.On)
	if err != nil {
		return err
	}
	found, on, err := s.look(ctx, finder, survivor, connector.NoteQuery{Markers: []string{s.delivery.Note.Marker}, Since: s.delivery.AskedAt.Add(-noteMargin)})
	if found.ExternalID != "" {
		s.delivery.Note.On = on
	}
	d, gone := s.delivery, isGone(err)
	switch {
	case d.Withdrawn != "" && gone: // with its record every note is gone
		return s.engine.Store.EndDelivery(ctx, s.task, d, store.DeliveryEnd{State: hub.DeliveryPending})
	case err != nil && !gone:
		return s.handleError(ctx, at, err)
	case found.ExternalID == "":
		return s.absent(ctx, c, at)
	case d.Withdrawn != "":
		return s.takeBack(ctx, c, at, found)
	}
	belongs, err := s.belongsNow(ctx, c)
	written := store.WrittenNote{ID: found.ExternalID, DeliveredNote: d.Note, Existed: true}
	switch {
	case errors.Is(err, errWithdrawn): // it is due again at once, to be taken back
		return nil
	case ignoreConnector(err) != nil:
		return err
	case err != nil && !isPermanent(err) && s.engine.Clock().Sub(d.AskedAt) < s.lag(c.Info())+belongsMost:
		return s.handleError(ctx, at, err)
	case (err != nil || belongs != survivor) && !d.SentAt.IsZero(): // what was proven to be there before stays, as it would have without a new connection
		ctx = context.WithoutCancel(ctx)
		if err := s.engine.Store.SaveNote(ctx, s.task, d, written); err != nil {
			return err
		}
		return s.engine.Store.EndDelivery(ctx, s.task, d, store.DeliveryEnd{State: hub.DeliverySent})
	case err == nil && belongs != survivor:
		return s.leave(ctx, c, at, found, belongs)
	}
	// It is due again at once, for its fields.
	return s.engine.Store.SaveNote(context.WithoutCancel(ctx), s.task, d, written)
}

// answered reports whether the CRM has said of the note that it has it, over a connection that is gone since.
func (s *deliveryAttempt) answered() bool {
	return !s.delivery.SentAt.IsZero() && !s.delivery.SentAt.Before(s.delivery.AskedAt)
}

// look looks for a note on a record, and on those that were merged into it since a note of the recording was sent to them: some vendors
// move the notes of such a record, others leave them where they are. It returns the record that has it.
func (s *deliveryAttempt) look(ctx context.Context, finder connector.NoteFinder, on hub.RecordRef, q connector.NoteQuery) (connector.FoundNote, hub.RecordRef, error) {
	merged, err := s.engine.Store.MergedInto(ctx, s.delivery, on)
	if err != nil {
		return connector.FoundNote{}, on, err
	}
	var gone error
	var moved connector.FoundNote
	for _, one := range append([]hub.RecordRef{on}, merged...) {
		q.Target, q.ExternalID = one.Model, one.ExternalID
		found, err := finder.FindNote(s.requests.of(ctx, q.Target), &s.session.Session, q)
		switch {
		case isGone(err) && one == on:
			if err := s.insistGone(ctx, finder, one, err); err != nil {
				return found, one, err
			}
			gone = err
		case isGone(err): // with a record that was merged its notes may be no more
		case err != nil:
			return found, one, err
		case found.Moved: // away from this one; it may be on another of these
			moved = found
		case found.ExternalID != "":
			return found, one, nil
		}
	}
	return moved, on, gone
}

// insistGone fails where the vendor has the record whose notes it answered as not there, or does not say: that was no look.
func (s *deliveryAttempt) insistGone(ctx context.Context, asked any, of hub.RecordRef, gone error) error {
	finder, ok := asked.(connector.Finder)
	if !ok {
		return nil
	}
	page, err := finder.Find(s.requests.of(ctx, of.Model), &s.session.Session, of.Model, []string{of.ExternalID})
	switch {
	case isGone(err), connector.IsKind(err, connector.Refused) && !connector.AsksToWait(err), connector.IsKind(err, connector.Forbidden):
		return nil // of itself it cannot be asked
	case err != nil:
		return err
	}
	if !page.Shows(of) {
		return nil
	}
	return connector.Fail(connector.Malformed, string(s.conn.Platform), "the %s %s is there, and its notes were answered as if it were not: %s", of.Model, of.ExternalID, gone.Error())
}

// isGone reports whether an error says that the record that was asked about is not there.
func isGone(err error) bool {
	status := connector.Status(err)
	return status == http.StatusNotFound || status == http.StatusGone
}

// belongsNow is the record that a note which was sent belongs on: what the recording is linked to may refer to another by now. It
// fails with errWithdrawn where the link itself no longer holds.
func (s *deliveryAttempt) belongsNow(ctx context.Context, c connector.Connector) (hub.RecordRef, error) {
	r, err := s.engine.Store.Recording(ctx, s.conn.OrganizationID, s.delivery.RecordingID)
	switch {
	case errors.Is(err, hub.ErrNotFound):
		return s.delivery.Note.On, nil
	case err != nil:
		return hub.RecordRef{}, err
	case !s.delivery.IsOf(r.Link):
		return hub.RecordRef{}, s.linkedElsewhere(c.Info())
	}
	holds, err := s.linkHolds(ctx, c, r)
	if err == nil && !holds {
		err = errWithdrawn
	}
	if err != nil {
		return hub.RecordRef{}, err
	}
	crm, err := s.linked(ctx, r, c.Info())
	if err != nil {
		return hub.RecordRef{}, err
	}
	if _, removes := c.(connector.NoteRemover); !removes && isWith(crm, s.delivery.Note.On) {
		return s.delivery.Note.On, nil
	}
	return s.belongsOn(ctx, crm, c.Info())
}

// isWith reports whether an appointment is still with a contact, or of an account or a lead, that a note was sent to: of several contacts
// another one may come first by now, and the account may have been told since.
func isWith(crm *hub.LinkedCRM, on hub.RecordRef) bool {
	is := func(known *hub.CRMIdentity) bool { return known != nil && known.Key == on.ExternalID }
	switch on.Model {
	case hub.ModelAccount:
		return is(crm.Account)
	case hub.ModelLead:
		return is(crm.Lead)
	case hub.ModelContact:
		return slices.ContainsFunc(crm.Contacts, func(c hub.CRMIdentity) bool { return c.Key == on.ExternalID })
	default:
		return false
	}
}

// leave takes a note back that was found on a record that it does not belong on any more, so that it is sent to the one that it
// belongs on; where the CRM does not let us, the delivery says that it stands there.
func (s *deliveryAttempt) leave(ctx context.Context, c connector.Connector, at time.Time, found connector.FoundNote, belongs hub.RecordRef) error {
	d := s.delivery
	why := fmt.Sprintf("The %s is of the %s %s by now. Its note on the %s %s", d.Model, belongs.Model, belongs.ExternalID, d.Note.On.Model, d.Note.On.ExternalID)
	end := store.DeliveryEnd{State: hub.DeliveryPending, At: at, Error: why + " was taken back."}
	switch err := s.remove(ctx, c, found); {
	case isPermanent(err):
		end.Remains = why + " stands there: " + err.Error() + "."
		end.Error = end.Remains
	case err != nil:
		return s.handleError(ctx, at, err)
	}
	now := s.engine.Clock()
	end.DueAt, end.Took = now, now.Sub(at)
	return s.engine.Store.EndDelivery(context.WithoutCancel(ctx), s.task, d, end)
}

// absent keeps that a successful look did not find the note. It says how things were when the CRM was asked, at, not when
// the answer had come: that may be long after.
func (s *deliveryAttempt) absent(ctx context.Context, c connector.Connector, at time.Time) error {
	d, now := s.delivery, s.engine.Clock()
	end := store.DeliveryEnd{State: hub.DeliveryConfirming, Error: d.Error, Absent: true}
	until := d.AskedAt.Add(s.lag(c.Info()))
	switch {
	case d.Withdrawn == "" && s.mayRepeat(c, now):
		return s.repeat(ctx, c, at)
	case d.Absences+1 >= absencesProve && !at.Before(until) && s.answered() && d.Withdrawn == "":
		// Somebody has removed it there, or changed it, and is not contradicted.
		end.State, end.Gone, end.Error = hub.DeliverySent, true, takenAway(d.Note.On)
	case d.Absences+1 >= absencesProve && !at.Before(until):
		end.State, end.DueAt = hub.DeliveryPending, now
		if d.Attempts >= deliveryAttempts && d.Withdrawn == "" {
			end.State, end.DueAt = hub.DeliveryFailed, time.Time{}
		}
	default:
		end.DueAt = now.Add(deliveryWait(int(d.Absences) + 2))
		if end.DueAt.After(until) && at.Before(until) { // a look right after it, and no later
			end.DueAt = until
		}
	}
	return s.engine.Store.EndDelivery(ctx, s.task, d, end)
}

// takenAway says what becomes of a note that was proven to be on a record, and is not there any more.
func takenAway(on hub.RecordRef) string {
	return fmt.Sprintf("The note is no longer on the %s %s, or was changed there so that it is not known any more. It is not written again, unless this is replayed.", on.Model, on.ExternalID)
}

// mayRepeat reports whether exactly the same note may be sent again without showing twice.
func (s *deliveryAttempt) mayRepeat(c connector.Connector, now time.Time) bool {
	repeater, ok := c.(connector.NoteRepeater)
	return ok && now.Before(s.delivery.AskedAt.Add(repeater.RepeatsNotes(&s.session.Session)))
}

// repeat sends the note again where it still says the same: the vendor knows it by its key.
func (s *deliveryAttempt) repeat(ctx context.Context, c connector.Connector, at time.Time) error {
	r, err := s.engine.Store.Recording(ctx, s.conn.OrganizationID, s.delivery.RecordingID)
	if errors.Is(err, hub.ErrNotFound) {
		return s.keepLooking(ctx)
	}
	if err != nil {
		return err
	}
	belongs, err := s.belongsNow(ctx, c)
	switch {
	case errors.Is(err, errWithdrawn):
		return s.keepLooking(ctx)
	case ignoreConnector(err) != nil:
		return err
	case err != nil || belongs != s.delivery.Note.On:
		return s.keepLooking(ctx)
	}
	text, transcript := hub.NewResultNote(&r, ""), s.conn.SyncTranscript
	n, err := s.note(ctx, r, text, s.delivery.Note.On, c.Info(), transcript)
	if err != nil {
		return err
	}
	if noteHash(n) != s.delivery.Note.Hash {
		return s.keepLooking(ctx)
	}
	s.looked = true
	s.session.transport.beforeRequest = s.checkPending
	sent, err := s.write(ctx, c, n, text, transcript)
	s.session.transport.beforeRequest = nil
	switch {
	case errors.Is(err, errWithdrawn):
		return s.keepLooking(ctx)
	case err != nil:
		return s.handleError(ctx, at, err)
	}
	return s.engine.Store.SaveNote(context.WithoutCancel(ctx), s.task, s.delivery, sent.WrittenNote)
}

// keepLooking plans the next look at a note that is not proven.
func (s *deliveryAttempt) keepLooking(ctx context.Context) error {
	now := s.engine.Clock()
	return s.engine.Store.EndDelivery(ctx, s.task, s.delivery, store.DeliveryEnd{
		State: hub.DeliveryConfirming, DueAt: now.Add(deliveryWait(int(s.delivery.Absences) + 2)), Error: s.delivery.Error, Absent: true,
	})
}

// takeBack takes a note back that was found where it is no longer wanted; where the CRM does not let us, the delivery says
// that it stands there.
func (s *deliveryAttempt) takeBack(ctx context.Context, c connector.Connector, at time.Time, found connector.FoundNote) error {
	d := s.delivery
	end := store.DeliveryEnd{State: hub.DeliveryCanceled, At: at, Error: d.Withdrawn + " Its note was taken back."}
	wanted, err := s.wantedThere(ctx, c.Info())
	if err != nil {
		return err
	}
	if !wanted {
		err = s.remove(ctx, c, found)
	}
	switch {
	case wanted:
		end.State, end.Error = hub.DeliverySent, ""
	case isPermanent(err):
		end.State, end.Error = hub.DeliverySent, d.Withdrawn+" Its note stands there: "+err.Error()+"."
	case err != nil:
		return s.handleError(ctx, at, err)
	}
	end.Took = s.engine.Clock().Sub(at)
	return s.engine.Store.EndWithdrawn(context.WithoutCancel(ctx), s.task, d, end, found.ExternalID)
}

// wantedThere reports whether what the recording is linked to by now has its note on the same record.
func (s *deliveryAttempt) wantedThere(ctx context.Context, info hub.PlatformInfo) (bool, error) {
	r, err := s.engine.Store.Recording(ctx, s.conn.OrganizationID, s.delivery.RecordingID)
	if err != nil || r.Link.ConnectionID != s.conn.ID {
		return false, ignoreMissing(err)
	}
	moved := &deliveryAttempt{deliveryWorker: s.deliveryWorker, conn: s.conn, delivery: s.delivery} // as if it were sent there
	moved.delivery.Model, moved.delivery.ExternalID = r.Link.Model, r.Link.ExternalID
	crm, err := moved.linked(ctx, r, info)
	if err != nil {
		return false, ignoreConnector(err)
	}
	target, err := moved.target(ctx, crm, info)
	if err != nil {
		return false, ignoreConnector(err)
	}
	on, err := s.engine.Store.Survivor(ctx, s.conn.OrganizationID, s.conn.ID, s.delivery.Note.On)
	return err == nil && target == on, err
}

func ignoreMissing(err error) error {
	if errors.Is(err, hub.ErrNotFound) {
		return nil
	}
	return err
}

func ignoreConnector(err error) error {
	if _, ok := errors.AsType[*connector.Error](err); ok {
		return nil
	}
	return err
}

// remove takes a note back, or says in its place that it is void, as the connector can. One that somebody has changed is left.
func (s *deliveryAttempt) remove(ctx context.Context, c connector.Connector, found connector.FoundNote) error {
	d, asked := s.delivery, s.requests.of(ctx, s.delivery.Note.On.Model)
	if found.Text != "" && d.Note.Hash != "" && !isOurs(d, found) {
		return connector.Fail(connector.Refused, c.Info().Name, "somebody has changed the note there")
	}
	err := error(connector.Fail(connector.Refused, c.Info().Name, "a note cannot be taken back"))
	if remover, ok := c.(connector.NoteRemover); ok {
		err = remover.RemoveNote(asked, &s.session.Session, d.Note.On.Model, d.Note.On.ExternalID, found.ExternalID)
		if connector.Status(err) == http.StatusNotFound { // somebody else has
			err = nil
		}
	}
	changer, ok := c.(connector.NoteChanger)
	if !isPermanent(err) || !ok || !isOurs(d, found) {
		return err
	}
	return changer.ChangeNote(asked, &s.session.Session, voidNote(d.Note.On, d.Note.Marker), found.ExternalID)
}

// voidNote is what takes the place of a note that the CRM does not let us delete.
func voidNote(on hub.RecordRef, marker string) connector.Note {
	return connector.Note{Target: on.Model, ExternalID: on.ExternalID, Title: "Void", Body: "What stood here is about another record.", Marker: marker}
}

// isVoid reports whether a note says that it is void, because the recording's link had gone elsewhere.
func isVoid(found connector.FoundNote) bool {
	return connector.SameText(found.Text, connector.NoteText(voidNote(hub.RecordRef{}, found.Marker)))
}
