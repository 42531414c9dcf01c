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

// writeBack sends the connection's deliveries that are due, one after another, for about a slice of time.
func (e *Engine) writeBack(ctx context.Context, task store.Task) (next time.Time, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w := &deliveryWorker{engine: e, task: task}
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		w.watch(ctx, cancel)
	}()
	next, err = w.run(ctx)
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
			return time.Time{}, nil
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

// deliveryAttempt is one attempt at one delivery.
type deliveryAttempt struct {
	*deliveryWorker
	conn     hub.Connection
	delivery hub.Delivery
	// credentialsSetAt is when the credentials of the session were set.
	credentialsSetAt time.Time
	// stop ends the job after it; next is when the task is due again.
	stop bool
	next time.Time
}

func (s *deliveryAttempt) send(ctx context.Context) error {
	c, ok := s.engine.Connectors[s.conn.Platform]
	if !ok || len(c.Info().NoteTargets) == 0 {
		return s.cancel(ctx, fmt.Sprintf("Nothing can be written to %s.", s.conn.Platform))
	}
	r, err := s.engine.Store.Recording(ctx, s.conn.OrganizationID, s.delivery.RecordingID)
	if errors.Is(err, hub.ErrNotFound) {
		return s.cancel(ctx, "The recording was deleted before it was sent.")
	}
	if err != nil {
		return err
	}
	info, at := c.Info(), s.engine.Clock()
	crm, err := s.linked(ctx, r, info)
	if err != nil {
		return s.handleError(ctx, at, err)
	}
	target, err := s.target(ctx, crm, info)
	if err != nil {
		return s.handleError(ctx, at, err)
	}
	if s.session == nil {
		if err := s.open(ctx, c); err != nil {
			return s.handleError(ctx, at, err)
		}
	}
	note, err := s.note(ctx, r, target)
	if err != nil {
		return err
	}
	s.session.transport.beforeRequest = s.checkPending
	ref, err := c.WriteNote(ctx, &s.session.Session, note)
	s.session.transport.beforeRequest = nil
	if errors.Is(err, errWithdrawn) {
		return nil
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
	// It is in the CRM: that is kept at once, whatever becomes of the fields, and even while the node stops or the
	// connection is paused.
	written := store.WrittenNote{ID: ref.ExternalID, Existed: ref.Existed, Transcript: s.conn.SyncTranscript}
	if err := s.engine.Store.SaveNote(context.WithoutCancel(ctx), s.task, s.delivery, written); err != nil {
		return err
	}
	synced, unset, err := s.setFields(ctx, c, &r, crm)
	if err != nil {
		return s.handleError(ctx, at, err)
	}
	return s.engine.Store.EndDelivery(context.WithoutCancel(ctx), s.task, s.delivery, store.DeliveryEnd{
		State: hub.DeliverySent, Counts: true, At: at, Took: s.engine.Clock().Sub(at), Synced: synced, Error: unset,
	})
}

// errWithdrawn stops a note whose delivery is no longer to be sent.
var errWithdrawn = errors.New("the delivery was taken back")

// checkPending looks again before each request for the note: the session and the rate limit may have taken
// minutes, in which the recording's link may have moved.
func (s *deliveryAttempt) checkPending(ctx context.Context) error {
	d, err := s.engine.Store.Delivery(ctx, s.delivery.OrganizationID, s.delivery.ID)
	if err == nil && d.State != hub.DeliveryPending {
		err = errWithdrawn
	}
	return err
}

func (s *deliveryAttempt) cancel(ctx context.Context, reason string) error {
	return s.engine.Store.EndDelivery(ctx, s.task, s.delivery, store.DeliveryEnd{State: hub.DeliveryCanceled, Error: reason})
}

// refusedError says that the CRM refused the credentials, and when they are tried again.
type refusedError struct{ again time.Time }

func (e *refusedError) Error() string {
	return "The connection needs credentials that the CRM accepts; those it has are tried again at " + hub.WireTime(e.again) + "."
}

// open gets the session for this delivery and those after it. Credentials that the CRM has refused are tried again as
// rarely as by the sync.
func (s *deliveryAttempt) open(ctx context.Context, c connector.Connector) error {
	creds, err := s.engine.Store.Credentials(ctx, s.conn.OrganizationID, s.conn.ID)
	if err != nil {
		return err
	}
	again := creds.RefusedAt.Add(endings[connector.Unauthorized].plainWait(creds.Refusals))
	if creds.Refusals > 0 && again.After(s.engine.Clock()) {
		return &refusedError{again}
	}
	opened, err := s.engine.openSession(ctx, c, s.conn)
	if opened != nil {
		s.credentialsSetAt = opened.credentialsSetAt
	}
	if err == nil {
		s.session = opened
	}
	return err
}

// linked is what the recording is linked to by this delivery, with what that refers to.
func (s *deliveryAttempt) linked(ctx context.Context, r hub.Recording, info hub.PlatformInfo) (*hub.LinkedCRM, error) {
	r.Link.ConnectionID, r.Link.Model, r.Link.ExternalID, r.Link.Also = s.conn.ID, s.delivery.Model, s.delivery.ExternalID, nil
	crm, err := s.engine.Store.LinkedCRM(ctx, r)
	if err == nil && crm == nil {
		err = connector.Fail(connector.Refused, info.Name, "the %s that the recording is linked to is gone", s.delivery.Model)
	}
	return crm, err
}

// targetIDs are the external ids of the delivery's record and of what it refers to, one for each model.
func (s *deliveryAttempt) targetIDs(crm *hub.LinkedCRM) map[hub.Model]string {
	ids := map[hub.Model]string{}
	for model, found := range map[hub.Model]*hub.CRMIdentity{
		hub.ModelEngagement: crm.Engagement, hub.ModelOpportunity: crm.Opportunity, hub.ModelAccount: crm.Account, hub.ModelLead: crm.Lead,
	} {
		if found != nil {
			ids[model] = found.Key
		}
	}
	if len(crm.Contacts) > 0 {
		ids[hub.ModelContact] = crm.Contacts[0].Key
	}
	ids[s.delivery.Model] = s.delivery.ExternalID
	return ids
}

// targets are the models that a note may be put on instead of the one that is linked, which refers to them.
var targets = []hub.Model{hub.ModelEngagement, hub.ModelOpportunity, hub.ModelAccount, hub.ModelContact, hub.ModelLead}

// target is the record to put the note on: the linked one, or what it refers to where the CRM takes no notes on such.
func (s *deliveryAttempt) target(ctx context.Context, crm *hub.LinkedCRM, info hub.PlatformInfo) (hub.RecordRef, error) {
	reached := s.targetIDs(crm)
	if slices.Contains(info.NoteTargets, hub.ModelOpportunity) && !slices.Contains(info.NoteTargets, s.delivery.Model) {
		awaited, err := s.awaitsOpportunity(ctx)
		if err != nil {
			return hub.RecordRef{}, err
		}
		if awaited {
			return hub.RecordRef{}, s.notYet(info)
		}
	}
	for _, model := range append([]hub.Model{s.delivery.Model}, targets...) {
		if id := reached[model]; id != "" && slices.Contains(info.NoteTargets, model) {
			return hub.RecordRef{Model: model, ExternalID: id}, nil
		}
	}
	awaited, err := s.awaitsTarget(ctx, crm, info)
	switch {
	case err != nil:
		return hub.RecordRef{}, err
	case awaited:
		return hub.RecordRef{}, s.notYet(info)
	}
	return hub.RecordRef{}, connector.Fail(connector.Refused, info.Name, "no note can be put on the %s, and it refers to nothing that takes one: link the recording to %s instead",
		s.delivery.Model, oneOf(info.NoteTargets))
}

// awaitsOpportunity reports whether the delivery's record refers to an opportunity that is not known here.
func (s *deliveryAttempt) awaitsOpportunity(ctx context.Context) (bool, error) {
	own := store.RecordKey{ConnectionID: s.conn.ID, Model: s.delivery.Model, ExternalID: s.delivery.ExternalID}
	known, err := s.engine.Store.RecordsByKey(ctx, s.conn.OrganizationID, []store.RecordKey{own})
	about := store.RecordKey{ConnectionID: s.conn.ID, Model: hub.ModelOpportunity, ExternalID: known[own].Refs.Opportunity}
	if err != nil || about.ExternalID == "" {
		return false, err
	}
	known, err = s.engine.Store.RecordsByKey(ctx, s.conn.OrganizationID, []store.RecordKey{about})
	return known[about].ID == "", err
}

// notYet is why a note waits for what its record refers to, rather than being put on something further away.
func (s *deliveryAttempt) notYet(info hub.PlatformInfo) error {
	return connector.Fail(connector.Temporary, info.Name, "no note can be put on the %s, and what it refers to is not known here yet", s.delivery.Model)
}

// awaitsTarget reports whether the delivery's record, or what it refers to, refers to a record that takes notes and is not
// known here.
func (s *deliveryAttempt) awaitsTarget(ctx context.Context, crm *hub.LinkedCRM, info hub.PlatformInfo) (bool, error) {
	var keys []store.RecordKey
	for model, id := range s.targetIDs(crm) {
		keys = append(keys, store.RecordKey{ConnectionID: s.conn.ID, Model: model, ExternalID: id})
	}
	known, err := s.engine.Store.RecordsByKey(ctx, s.conn.OrganizationID, keys)
	if err != nil {
		return false, err
	}
	for _, r := range known {
		for model, id := range map[hub.Model]string{
			hub.ModelOpportunity: r.Refs.Opportunity, hub.ModelAccount: r.Refs.Account, hub.ModelContact: r.Refs.Contact, hub.ModelLead: r.Refs.Lead,
		} {
			// What is on the way to a record that takes notes is waited for, too: an appointment's job may name the account.
			if id != "" && (slices.Contains(info.NoteTargets, model) || model == hub.ModelOpportunity) && known[store.RecordKey{ConnectionID: s.conn.ID, Model: model, ExternalID: id}].ID == "" {
				return true, nil
			}
		}
	}
	return false, nil
}

// oneOf names models as people choose among them: an OPPORTUNITY or a CONTACT.
func oneOf(models []hub.Model) string {
	names := make([]string, len(models))
	for i, m := range models {
		article := "a "
		if strings.ContainsRune("AEIOU", rune(m[0])) {
			article = "an "
		}
		names[i] = article + string(m)
	}
	return strings.Join(names, " or ")
}

func (s *deliveryAttempt) note(ctx context.Context, r hub.Recording, target hub.RecordRef) (connector.Note, error) {
	transcript := ""
	if s.conn.SyncTranscript {
		var err error
		if transcript, err = s.transcript(ctx, r); err != nil {
			return connector.Note{}, err
		}
	}
	n := hub.NewResultNote(&r, transcript)
	return connector.Note{
		Target: target.Model, ExternalID: target.ExternalID, Title: n.Title, Body: n.Body, Marker: "sirocco:" + s.delivery.ID,
	}, nil
}

func (s *deliveryAttempt) transcript(ctx context.Context, r hub.Recording) (string, error) {
	t := hub.Transcript{Speakers: r.Analysis.Speakers}
	for from := int64(0); ; from += transcriptPage {
		page, err := s.engine.Store.Utterances(ctx, r.OrganizationID, r.ID, from, transcriptPage)
		if err != nil {
			return "", err
		}
		for _, u := range page {
			if !t.Add(u) {
				return t.String(), nil
			}
		}
		if len(page) < transcriptPage {
			return t.String(), nil
		}
	}
}

// lastAttempt reports whether the delivery has no attempt after this one.
func (s *deliveryAttempt) lastAttempt() bool { return s.delivery.Attempts+1 >= deliveryAttempts }

// handleError decides what an attempt that failed means, and keeps it. It returns errors that are ours.
func (s *deliveryAttempt) handleError(ctx context.Context, at time.Time, err error) error {
	if ctx.Err() != nil { // paused, deleted, given to another job, or this node stops; the delivery stays as it is
		return err
	}
	now := s.engine.Clock()
	end := store.DeliveryEnd{State: hub.DeliveryPending, DueAt: s.delivery.DueAt, Error: err.Error(), At: at, Took: now.Sub(at)}
	var ce *connector.Error
	var refused *refusedError
	if errors.As(err, &ce) {
		s.engine.metrics.notes.WithLabelValues(string(s.conn.Platform), string(ce.Kind)).Inc()
	}
	switch {
	case errors.Is(err, hub.ErrNeedsCredentials):
		s.stop, end.At, end.Error = true, time.Time{}, "The connection needs credentials that the CRM accepts."
	case errors.As(err, &refused):
		s.stop, s.next, end.At = true, refused.again, time.Time{}
	case ce == nil:
		return err
	case ce.Kind == connector.Unauthorized && s.session != nil && s.session.Token != "" && !s.session.newToken:
		s.session = nil // the access token may have ended before its time: once more with a new one
		return s.engine.Store.PutToken(ctx, s.conn.OrganizationID, s.conn.ID, s.credentialsSetAt, "", time.Time{})
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
		wait := ce.RetryAfter
		if wait == 0 {
			wait = deliveryWait(1)
		}
		s.stop, s.next, end.DueAt = true, now.Add(wait), now.Add(wait)
		if s.session != nil {
			s.session.transport.honorRetryAfter(err) // another delivery may be planned meanwhile
		}
		if ce.Status == 0 { // the CRM was not asked
			end.At = time.Time{}
		}
	case ce.Kind == connector.Refused, s.lastAttempt():
		end.State, end.Counts, end.DueAt = hub.DeliveryFailed, true, time.Time{}
	default: // a 403 too: they are good for reading, and somebody may let them write
		wait := deliveryWait(s.delivery.Attempts + 1)
		if asked := askedWait(err); asked > 0 {
			wait = asked
			if s.session != nil && endingOf(err).stops != stopsModel { // all that is to be written waits
				s.session.transport.honorRetryAfter(err)
				s.stop, s.next = true, now.Add(wait)
			}
		}
		end.Counts, end.DueAt = true, now.Add(wait)
	}
	return s.engine.Store.EndDelivery(ctx, s.task, s.delivery, end)
}
