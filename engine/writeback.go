package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

const (
	// deliveryAttempts is how often a delivery is tried, which takes about a day, before it has failed.
	deliveryAttempts = 9
	// The first wait between two attempts, each of which is three times the one before, and the longest.
	deliveryWaitMin = 30 * time.Second
	deliveryWaitMax = 12 * time.Hour
	// waitingLook is how often deliveries that wait for others look whether they still do.
	waitingLook = 10 * time.Minute
	// readingLook is how soon a delivery looks again that waits for the CRM to be read, readingLookMost how late, readingMost how long it
	// waits for that: a list that never ends keeps no note back for ever.
	readingLook     = 15 * time.Second
	readingLookMost = 2 * time.Minute
	readingMost     = 24 * time.Hour
	// listsTrail is how long a vendor's lists may go on without what its answers by id say already.
	listsTrail = 2 * time.Minute
	// transcriptPage is how many utterances are read at a time.
	transcriptPage = 500
)

// deliveryWait is how long after its attempts-th attempt a delivery is tried again.
func deliveryWait(attempts int) time.Duration {
	wait := deliveryWaitMin
	for range attempts - 1 {
		wait = min(3*wait, deliveryWaitMax)
	}
	return jitter(wait, 4)
}

// readingWait is how long after a look a delivery looks again that has waited for the CRM to be read: many may be held for long.
func readingWait(waited time.Duration) time.Duration {
	return min(max(waited/8, readingLook), readingLookMost)
}

// writeBack sends the connection's deliveries that are due, one after another, for about a slice of time.
func (e *Engine) writeBack(ctx context.Context, task store.Task) (next time.Time, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w := &deliveryWorker{engine: e, task: task}
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		cancel(guarded(e.Logger, "watching a job", func() error { w.watch(ctx, cancel); return nil }))
	}()
	next, err = w.run(ctx)
	if logErr := e.Store.AddCRMRequests(context.WithoutCancel(ctx), task, w.requests.take()); err == nil {
		err = logErr
	}
	if cause := context.Cause(ctx); cause != nil && err != nil {
		err = cause
	}
	cancel(nil)
	<-watched
	if errors.Is(err, hub.ErrPaused) || errors.Is(err, hub.ErrNotFound) {
		return time.Time{}, nil // resuming it makes the task due; deleting it has removed the task
	}
	return next, err
}

// deliveryWorker is one job at the deliveries of a connection.
type deliveryWorker struct {
	engine  *Engine
	task    store.Task
	session *session
	// requests are those that are sent to the CRM.
	requests requestLog
}

// watch ends the job when the connection is paused or deleted, even while the vendor lets it wait.
func (w *deliveryWorker) watch(ctx context.Context, cancel context.CancelCauseFunc) {
	ticker := time.NewTicker(checkEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if _, err := w.active(ctx); errors.Is(err, hub.ErrPaused) || errors.Is(err, hub.ErrNotFound) {
			cancel(err)
			return
		}
	}
}

func (w *deliveryWorker) active(ctx context.Context) (hub.Connection, error) {
	return w.engine.Store.ActiveConnection(ctx, w.task.OrganizationID, w.task.ObjectID)
}

func (w *deliveryWorker) run(ctx context.Context) (next time.Time, err error) {
	began := w.engine.Clock()
	for {
		d, err := w.engine.Store.NextDelivery(ctx, w.task.OrganizationID, w.task.ObjectID)
		now := w.engine.Clock()
		switch {
		case errors.Is(err, hub.ErrNotFound):
			return w.waiting(ctx, now)
		case err != nil:
			return time.Time{}, err
		case d.DueAt.After(now):
			return d.DueAt, nil
		case now.Sub(began) >= timeSlice:
			return now, nil
		}
		// After the delivery was found: what the connection was changed to before that one came counts for it. It may have
		// been paused, and says whether the transcript goes along.
		conn, err := w.active(ctx)
		if err != nil {
			return time.Time{}, err
		}
		s := &deliveryAttempt{deliveryWorker: w, conn: conn, delivery: d}
		if err := s.send(ctx); err != nil || s.stop {
			return s.next, err
		}
	}
}

// waiting is when to look again for deliveries that wait for others, which wake them; that may be missed where a node dies.
func (w *deliveryWorker) waiting(ctx context.Context, now time.Time) (time.Time, error) {
	some, err := w.engine.Store.DeliveriesWait(ctx, w.task.OrganizationID, w.task.ObjectID)
	if err != nil || !some {
		return time.Time{}, err
	}
	return now.Add(waitingLook), nil
}

// deliveryAttempt is one attempt at one delivery.
type deliveryAttempt struct {
	*deliveryWorker
	conn     hub.Connection
	delivery hub.Delivery
	// credentialsSetAt is when the credentials of the session were set.
	credentialsSetAt time.Time
	// aside says, for people, that the note belongs on another record than the one that has it; else empty.
	aside string
	// looked says that the note was just looked for, and is not there.
	looked bool
	// lost says that this attempt sent a note, and no answer tells what became of it.
	lost bool
	// stop ends the job after it; next is when the task is due again.
	stop bool
	next time.Time
}

// wanted is since when the delivery may be sent: since it was made, or its connection was resumed or otherwise changed.
func (s *deliveryAttempt) wanted() time.Time {
	if s.conn.UpdatedAt.After(s.delivery.CreatedAt) {
		return s.conn.UpdatedAt
	}
	return s.delivery.CreatedAt
}

func (s *deliveryAttempt) send(ctx context.Context) error {
	c, ok := s.engine.Connectors[s.conn.Platform]
	if s.conn.Platform.Inbound() {
		return s.cancel(ctx, fmt.Sprintf("Nothing is written to %s: it tells what happened, and takes nothing.", s.conn.Platform))
	}
	if !ok || len(c.Info().NoteTargets) == 0 {
		return s.cancel(ctx, fmt.Sprintf("Nothing can be written to %s.", s.conn.Platform))
	}
	if s.delivery.State == hub.DeliveryConfirming {
		return s.confirm(ctx, c)
	}
	r, err := s.engine.Store.Recording(ctx, s.conn.OrganizationID, s.delivery.RecordingID)
	if errors.Is(err, hub.ErrNotFound) {
		return s.cancel(ctx, "The recording was deleted before it was sent.")
	}
	if err != nil {
		return err
	}
	info, at := c.Info(), s.engine.Clock()
	if !s.delivery.IsOf(r.Link) { // one of the two follows a merge before the other
		return s.handleError(ctx, at, s.linkedElsewhere(info))
	}
	if s.delivery.Note.Marker == "" {
		taken, awaited, err := s.engine.Store.AdoptSentBefore(ctx, s.delivery)
		switch {
		case err != nil || taken:
			return err
		case awaited:
			return s.wait(ctx, at.Add(waitingLook), "It waits for a record that has a note of the recording already, sent before the CRM was connected anew.")
		}
	}
	if why, err := s.awaitsReading(ctx, info, r); err != nil {
		return err
	} else if why != "" {
		return s.wait(ctx, at.Add(readingWait(at.Sub(s.wanted()))), why)
	}
	if holds, err := s.linkHolds(ctx, c, r); err != nil {
		return s.handleError(ctx, at, err)
	} else if !holds {
		return nil
	}
	crm, target, err := s.reached(ctx, r, info)
	if err != nil {
		return s.handleError(ctx, at, err)
	}
	if err := s.open(ctx, c); err != nil {
		return s.handleError(ctx, at, err)
	}
	sent, err := s.put(ctx, c, r, target)
	if errors.Is(err, errWithdrawn) {
		return s.abandon(ctx)
	}
	if unneeded, ok := errors.AsType[*unneededError](err); ok {
		unneeded.end.At, unneeded.end.Took = at, s.engine.Clock().Sub(at)
		return s.engine.Store.EndDelivery(ctx, s.task, s.delivery, unneeded.end)
	}
	if err != nil {
		return s.handleError(ctx, at, err)
	}
	s.engine.metrics.notes.WithLabelValues(string(s.conn.Platform), "sent").Inc()
	if s.session.refusals > 0 {
		s.session.refusals = 0
		if err := s.engine.Store.AcceptCredentials(ctx, s.conn.OrganizationID, s.conn.ID); err != nil {
			return err
		}
	}
	if asked, err := s.engine.Store.Delivery(ctx, s.delivery.OrganizationID, s.delivery.ID); err == nil && asked.Withdrawn != "" {
		s.delivery = asked // its link moved while it was sent
		return s.takeBack(ctx, c, at, connector.FoundNote{ExternalID: sent.ID, Marker: sent.Marker})
	}
	// It is in the CRM: that is kept at once, whatever becomes of the fields, and even while the node stops or the
	// connection is paused.
	if err := s.engine.Store.SaveNote(context.WithoutCancel(ctx), s.task, s.delivery, sent.WrittenNote); err != nil {
		return err
	}
	s.delivery.State = hub.DeliveryPending
	synced, unset, err := s.setFields(ctx, c, &r, crm, target)
	if err != nil {
		return s.handleError(ctx, at, err)
	}
	return s.engine.Store.EndDelivery(context.WithoutCancel(ctx), s.task, s.delivery, store.DeliveryEnd{
		State: hub.DeliverySent, Counts: true, At: at, Took: s.engine.Clock().Sub(at), Synced: synced, Error: sentences(s.delivery.Remains, sent.said, s.aside, unset), Correct: sent.correct,
	})
}

// linkedElsewhere is why a note waits whose recording is linked to another record than the delivery is to.
func (s *deliveryAttempt) linkedElsewhere(info hub.PlatformInfo) error {
	return connector.Fail(connector.Temporary, info.Name, "the recording is not linked to the %s %s now", s.delivery.Model, s.delivery.ExternalID)
}

// sentences puts together what is to be said, some of which may be nothing.
func sentences(all ...string) string {
	return strings.Join(slices.DeleteFunc(all, func(one string) bool { return one == "" }), " ")
}

// errWithdrawn stops a note whose delivery is no longer to be sent.
var errWithdrawn = errors.New("the delivery was taken back")

// unneededError stops a note that is not to be written, or not now, and says what becomes of its delivery.
type unneededError struct{ end store.DeliveryEnd }

func (e *unneededError) Error() string { return e.end.Error }

// checkPending looks again before each request for the note: the session and the rate limit may have taken
// minutes, in which the recording's link may have moved.
func (s *deliveryAttempt) checkPending(ctx context.Context) error {
	d, err := s.engine.Store.Delivery(ctx, s.delivery.OrganizationID, s.delivery.ID)
	if err == nil && (d.State != hub.DeliveryPending && d.State != hub.DeliveryConfirming || d.Withdrawn != "") {
		err = errWithdrawn
	}
	return err
}

// abandon ends a delivery that was withdrawn before its note left: it was canceled, or was about to be sent, which proves
// nothing to anybody but us. One that is wanted again since then is due at once.
func (s *deliveryAttempt) abandon(ctx context.Context) error {
	return s.engine.Store.EndDelivery(ctx, s.task, s.delivery, store.DeliveryEnd{State: hub.DeliveryPending, DueAt: s.engine.Clock()})
}

// wait leaves the delivery as it is until then, which counts as no attempt.
func (s *deliveryAttempt) wait(ctx context.Context, until time.Time, reason string) error {
	return s.engine.Store.EndDelivery(ctx, s.task, s.delivery, store.DeliveryEnd{State: hub.DeliveryPending, DueAt: until, Error: reason})
}

func (s *deliveryAttempt) cancel(ctx context.Context, reason string) error {
	return s.engine.Store.EndDelivery(ctx, s.task, s.delivery, store.DeliveryEnd{State: hub.DeliveryCanceled, Error: reason})
}

// open sees to it that there is a session, for this delivery and those after it, unless the CRM asked to be left alone. Credentials
// that the CRM has refused are tried again as rarely as by the sync.
func (s *deliveryAttempt) open(ctx context.Context, c connector.Connector) error {
	if s.session != nil {
		return nil
	}
	sched, err := s.engine.Store.Schedule(ctx, s.conn.OrganizationID, s.conn.ID)
	if err != nil {
		return err
	}
	if wait := sched.HeldUntil.Sub(s.engine.Clock()); wait > 0 {
		held := connector.Fail(connector.RateLimited, c.Info().Name, "it asked to be left alone until %s", hub.WireTime(sched.HeldUntil))
		held.RetryAfter = wait
		return held
	}
	creds, err := s.engine.Store.Credentials(ctx, s.conn.OrganizationID, s.conn.ID)
	if err != nil {
		return err
	}
	if creds.WrongAccount != "" {
		return &wrongAccountError{creds.WrongAccount}
	}
	again := creds.RefusedAt.Add(endings[connector.Unauthorized].plainWait(creds.Refusals))
	if creds.Refusals > 0 && again.After(s.engine.Clock()) {
		return &refusedError{again}
	}
	opened, err := s.engine.openSession(s.requests.of(ctx, ""), c, s.conn)
	if opened != nil {
		s.credentialsSetAt = opened.credentialsSetAt
	}
	if err == nil {
		s.session = opened
	}
	return err
}
