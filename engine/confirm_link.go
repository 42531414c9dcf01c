package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

// linkHolds asks the vendor again for what decided a link that the rule made, where it can be asked, keeps the answer, and
// looks at the recording with what is known then. It reports whether the link is the same; otherwise the recording has another one, or
// none, and the delivery says so. Without an answer it fails, so that the note waits. What a person decided is not asked about.
func (s *deliveryAttempt) linkHolds(ctx context.Context, c connector.Connector, r hub.Recording) (bool, error) {
	of, linked := hub.RecordRef{Model: s.delivery.Model, ExternalID: s.delivery.ExternalID}, r.Link
	if r.Link.By != hub.LinkedByMatching || !r.MayBeMatched() || r.Link.Model != of.Model || r.Link.ExternalID != of.ExternalID {
		return true, nil
	}
	why := c.Info().Name + " was asked again before the note was sent, and the recording looked at anew: "
	switch err := s.askAgain(ctx, c, of); {
	case errors.Is(err, connector.ErrCannotAsk):
		why = "The recording was looked at anew before the note was sent: "
	case err != nil:
		return false, err
	}
	awaited, err := s.askForCustomers(ctx, c, of)
	if err != nil {
		return false, err
	}
	found, err := s.engine.Store.Verdict(ctx, r)
	if err != nil {
		return false, err
	}
	if r.Link.Basis == "" { // it was made before that was kept
		r.Link.Basis = found.BasisOf(r.Link)
	}
	now, outdated := matchOf(r, found), false
	if found.BasisOf(r.Link) != r.Link.Basis || awaited {
		if outdated, err = s.noteOutdated(ctx); err != nil {
			return false, err
		}
	}
	switch {
	case !now.Link.SameRecord(linked): // not that the CRM says something else: it may be another recording of the day that moved the link
		return false, s.engine.Store.MoveMatch(ctx, s.delivery, now, why+now.Link.Reason)
	case outdated && s.delivery.State == hub.DeliveryConfirming: // where its note stands, if it does, is settled first
		return true, s.engine.Store.MoveMatch(ctx, s.delivery, now, why)
	case outdated:
		why += "the CRM says something else of it than what was known. It waits until " + c.Info().Name + " is read again, as something may have come that fits better."
		if err := s.engine.Store.MoveMatch(ctx, s.delivery, now, why); err != nil { // what the link rests on now is kept
			return false, err
		}
		return false, s.wait(ctx, s.engine.Clock().Add(readingLook), why)
	}
	return true, nil
}

// noteOutdated lets the CRM be read again, as it says something else than what is kept. It reports whether that was new: a CRM whose lists
// say something else than its answers holds no note back a second time.
func (s *deliveryAttempt) noteOutdated(ctx context.Context) (bool, error) {
	sched, err := s.engine.Store.Schedule(ctx, s.conn.OrganizationID, s.conn.ID)
	if err != nil {
		return false, ignoreMissing(err) // nothing is read over it
	}
	if !sched.OutdatedAt.Before(s.delivery.CreatedAt) {
		return false, nil
	}
	return true, s.engine.Store.NoteOutdated(ctx, s.conn.OrganizationID, s.conn.ID, s.engine.Clock().Add(listsTrail))
}

// askAgain asks the vendor what is so now of the record that a recording is linked to, and keeps the answer. It fails with
// connector.ErrCannotAsk where the vendor cannot be asked.
func (s *deliveryAttempt) askAgain(ctx context.Context, c connector.Connector, of hub.RecordRef) error {
	confirmer, ok := c.(connector.Confirmer)
	if !ok {
		return connector.ErrCannotAsk
	}
	if err := s.open(ctx, c); err != nil {
		return err
	}
	asked, name := s.engine.Clock(), c.Info().Name
	found, err := confirmer.Confirm(s.requests.of(ctx, of.Model), &s.session.Session, of)
	if errors.Is(err, connector.ErrCannotAsk) {
		return err
	}
	if err != nil {
		return unanswered(err, name)
	}
	for i := range found.Records {
		found.Records[i].Mend() // as what is read in pages, or it would be another record
		if err := found.Records[i].Validate(); err != nil {
			return connector.Fail(connector.Malformed, name, "what it says of the %s now cannot be kept: %s", of.Model, err)
		}
	}
	if lost, err := s.lostOpportunity(ctx, of, &found); err != nil {
		return err
	} else if lost != "" {
		return connector.Fail(connector.Temporary, name, "the %s %s is no longer about the %s %s by its answer; it is asked once more before that is believed", of.Model, of.ExternalID, hub.ModelOpportunity, lost)
	}
	if err := s.complete(ctx, found.Records); err != nil {
		return err
	}
	answer := store.Answer{Of: of, AskedAt: asked, Records: found.Records, Absent: found.Absent, Children: found.Children}
	if found.Record(of) == nil {
		answer.Absent = append(answer.Absent, of)
	}
	doubted, err := s.engine.Store.SaveConfirmed(ctx, s.conn.OrganizationID, s.conn.ID, answer)
	if err == nil && doubted { // an empty list may be a mistake
		err = connector.Fail(connector.Temporary, name, "the %s %s, what it is about, or who is on it was not in the answer; it is asked once more before that is believed", of.Model, of.ExternalID)
	}
	return err
}

// complete gives an answer what is kept where it does not say all.
func (s *deliveryAttempt) complete(ctx context.Context, records []hub.Record) error {
	return s.engine.complete(ctx, s.conn.OrganizationID, s.conn.ID, records, func(context.Context) error { return nil })
}

// lostOpportunity is the opportunity that an answer of the first attempt no longer names of an engagement: a note put on somebody further
// away for one bad answer would stay there.
func (s *deliveryAttempt) lostOpportunity(ctx context.Context, of hub.RecordRef, answered *connector.Confirmed) (string, error) {
	if of.Model != hub.ModelEngagement || !answered.Has(of) || answered.Record(of).Refs.Opportunity != "" || s.delivery.Attempts > 0 || s.delivery.State == hub.DeliveryConfirming {
		return "", nil
	}
	key := store.RecordKey{ConnectionID: s.conn.ID, Model: of.Model, ExternalID: of.ExternalID}
	known, err := s.engine.Store.RecordsByKey(ctx, s.conn.OrganizationID, []store.RecordKey{key})
	return known[key].Refs.Opportunity, err
}

// awaitsReading returns why a note waits for the CRM to be read, in a sentence for people, or "" where it does not wait. It waits while the
// records of the linked kind, or who they are of, are read for the first time, or again after isBehind: a better record may come any moment.
func (s *deliveryAttempt) awaitsReading(ctx context.Context, info hub.PlatformInfo, r hub.Recording) (string, error) {
	now := s.engine.Clock()
	if r.Link.By != hub.LinkedByMatching || !s.delivery.SentAt.IsZero() {
		return "", nil
	}
	states, err := s.engine.Store.SyncStates(ctx, s.conn.OrganizationID, s.conn.ID)
	if err != nil {
		return "", err
	}
	states = slices.DeleteFunc(states, func(st store.SyncState) bool { return !decides(info, st.Model, r.Link.Model) })
	firstRead := func(st store.SyncState) bool { return st.InRun && st.Since.IsZero() }
	if slices.ContainsFunc(states, firstRead) && now.Sub(s.delivery.CreatedAt) <= readingMost {
		return "It waits until " + info.Name + " is read for the first time, as what the recording is linked to is only the best of what is known so far.", nil
	}
	behind, err := s.isBehind(ctx, states)
	if err != nil || !behind {
		return "", err
	}
	return "It waits until " + info.Name + " is read again, as what the recording was linked by may have changed there meanwhile, and something may have come that fits better.", nil
}

// decides reports whether what is read as read decides about links to a model: it brings its records, or who they are of.
func decides(info hub.PlatformInfo, read, linked hub.Model) bool {
	users := map[hub.Model]hub.Model{hub.ModelEngagement: hub.ModelEngagementUser, hub.ModelOpportunity: hub.ModelOpportunityUser}
	return brings(info, read, linked) || brings(info, read, users[linked])
}

// brings reports whether what is read as read brings records of a model.
func brings(info hub.PlatformInfo, read, model hub.Model) bool {
	return slices.ContainsFunc(info.Models, func(m hub.ModelInfo) bool { return m.Model == read && m.Brings(model) })
}

// isBehind reports whether what is kept of some models is old and about to be read again. It is old where one of them was last read before
// the connection was resumed, before the CRM said something else than what is kept, or longer ago than two syncs are apart. It is about to
// be read where it is due, is being read, or failed. What fails, or does not end, keeps no note back for longer than readingMost.
func (s *deliveryAttempt) isBehind(ctx context.Context, states []store.SyncState) (bool, error) {
	now := s.engine.Clock()
	sched, err := s.engine.Store.Schedule(ctx, s.conn.OrganizationID, s.conn.ID)
	if err != nil {
		return false, ignoreMissing(err) // nothing is read over it
	}
	if sched.OutdatedAt.After(now) {
		return true, nil
	}
	due := !sched.DueAt.IsZero() && !sched.DueAt.After(now) || !sched.LeaseUntil.IsZero() // also by a node that has died
	failed := func(st store.SyncState) bool { return st.Failed != "" || sched.Failures > 0 }
	coming := slices.DeleteFunc(states, func(st store.SyncState) bool { return !due && !st.InRun && !failed(st) })
	if len(coming) == 0 { // as for most notes, which nothing more is asked for
		return false, nil
	}
	creds, err := s.engine.Store.Credentials(ctx, s.conn.OrganizationID, s.conn.ID)
	if ignoreMissing(err) != nil {
		return false, err
	}
	resumed := s.conn.UpdatedAt
	for _, since := range []time.Time{creds.UpdatedAt, sched.OutdatedAt} {
		if since.After(resumed) {
			resumed = since
		}
	}
	lately := func(at time.Time) bool { return now.Sub(at) <= readingMost }
	for _, st := range coming {
		run, err := s.engine.Store.SyncRun(ctx, s.conn.OrganizationID, s.conn.ID, st.CompletedRun)
		switch {
		case ignoreMissing(err) != nil:
			return false, err
		case failed(st) && (lately(s.delivery.CreatedAt) || lately(resumed)):
			return true, nil
		case failed(st):
		case !run.StartedAt.Before(resumed) && (now.Sub(run.StartedAt) <= 2*sched.Interval || !st.InRun && !run.StartedAt.Before(s.delivery.CreatedAt)):
		case st.InRun && lately(st.StartedAt), !st.InRun && due:
			return true, nil
		}
	}
	return false, nil
}

// unanswered is the error of a question about a link: that it was refused says nothing of the note, which waits.
func unanswered(err error, name string) error {
	if ce, ok := errors.AsType[*connector.Error](err); ok && ce.Kind == connector.Refused {
		waits := connector.Fail(connector.Temporary, name, "whether the link still holds was not answered: %s", ce.Message)
		if ce.RetryAfter > 0 {
			waits.RetryAfter, waits.Status = ce.RetryAfter, ce.Status
		}
		return waits
	}
	return err
}
