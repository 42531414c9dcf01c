package engine

import (
	"context"
	"errors"
	"net/http"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

// refusedError says that the CRM refused the credentials, and when they are tried again.
type refusedError struct{ again time.Time }

func (e *refusedError) Error() string {
	return "The connection needs credentials that the CRM accepts; those it has are tried again at " + hub.WireTime(e.again) + "."
}

// lastAttempt reports whether the delivery has no attempt after this one.
func (s *deliveryAttempt) lastAttempt() bool { return s.delivery.Attempts+1 >= deliveryAttempts }

// mayPass reports whether a refusal is of a record that is not there, or not active: one that was merged, so that the next sync tells into
// which, or that comes back.
func mayPass(refusal *connector.Error) bool {
	return isGone(refusal) || refusal.Absent || refusal.Status == http.StatusConflict
}

// handleError decides what an attempt that failed means, and keeps it. It returns errors that are ours.
func (s *deliveryAttempt) handleError(ctx context.Context, at time.Time, err error) error {
	if ctx.Err() != nil { // paused, deleted, given to another job, or this node stops; the delivery stays as it is
		return err
	}
	if s.session != nil {
		if err := s.session.transport.heed(ctx, err); err != nil {
			return err
		}
	}
	now := s.engine.Clock()
	asked := askedWait(err)
	end := store.DeliveryEnd{State: hub.DeliveryPending, DueAt: s.delivery.DueAt, Error: err.Error(), At: at, Took: now.Sub(at)}
	if s.lost { // the note may be there: that counts as an attempt
		end.Counts = true
	}
	if s.delivery.State == hub.DeliveryConfirming { // what is not known is not known any better by an error
		end.State, end.DueAt = hub.DeliveryConfirming, now.Add(s.confirmWait())
	}
	var ce *connector.Error
	var refused *refusedError
	var wrong *wrongAccountError
	if errors.As(err, &ce) {
		s.engine.metrics.notes.WithLabelValues(string(s.conn.Platform), string(ce.Kind)).Inc()
	}
	switch {
	case errors.Is(err, hub.ErrNeedsCredentials):
		s.stop, end.At, end.Error = true, time.Time{}, "The connection needs credentials that the CRM accepts."
	case errors.As(err, &refused):
		s.stop, s.next, end.At = true, refused.again, time.Time{}
	case errors.As(err, &wrong): // as the sync found
		s.stop, s.next, end.At, end.Error = true, now.Add(waitingLook), time.Time{}, "It waits, as "+wrong.Error()+"."
	case ce == nil:
		return err
	case ce.Kind == connector.Unauthorized && s.session != nil && s.session.Token != "" && !s.session.newToken:
		s.session = nil // the access token may have ended before its time: once more with a new one
		return s.engine.Store.DropToken(ctx, s.conn.OrganizationID, s.conn.ID, s.credentialsSetAt)
	case ce.Kind == connector.Unauthorized:
		s.session = nil
		refusal, noted, noteErr := s.engine.Store.RefuseCredentials(ctx, s.conn.OrganizationID, s.conn.ID, s.credentialsSetAt)
		if noteErr != nil || !noted {
			return noteErr // others were set meanwhile: once more with those
		}
		s.stop, s.next = true, now.Add(endings[ce.Kind].wait(err, refusal.Times))
		if refusal.Rejected {
			end.Error = "It waits for new credentials: " + ce.Message
		}
	case ce.Kind == connector.RateLimited:
		wait := asked
		if wait == 0 {
			wait = deliveryWait(1)
		}
		s.stop, s.next, end.DueAt = true, now.Add(wait), now.Add(wait)
		if ce.Status == 0 { // the CRM was not asked
			end.At = time.Time{}
		}
	case s.delivery.State == hub.DeliveryConfirming:
		if asked > 0 {
			end.DueAt = now.Add(asked)
		}
	case ce.Kind == connector.Refused && asked == 0 && !mayPass(ce), s.lastAttempt():
		end.State, end.Counts, end.DueAt = hub.DeliveryFailed, true, time.Time{}
	default: // a 403 too: they are good for reading, and somebody may let them write
		wait := deliveryWait(s.delivery.Attempts + 1)
		if asked > 0 {
			wait = asked
		}
		end.Counts, end.DueAt = true, now.Add(wait)
	}
	if asked > 0 && connector.Status(err) != 0 { // all that is to be written waits, and the sync
		s.stop, s.next = true, now.Add(asked)
		if err := s.engine.Store.HoldSync(ctx, s.conn.OrganizationID, s.conn.ID, s.next, rateLimit); err != nil {
			return err
		}
	}
	return s.engine.Store.EndDelivery(ctx, s.task, s.delivery, end)
}
