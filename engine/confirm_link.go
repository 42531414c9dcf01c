package engine

import (
	"context"
	"errors"
	"slices"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

// linkHolds asks the vendor again for what decided a link that the rule made, where it can be asked, keeps the answer, and
// looks at the recording with it. It reports whether the link is the same; otherwise the recording has another one, or none,
// and the delivery says so. Without an answer it fails, so that the note waits. What a person decided is not asked about.
func (s *deliveryAttempt) linkHolds(ctx context.Context, c connector.Connector, r hub.Recording) (bool, error) {
	confirmer, ok := c.(connector.Confirmer)
	of := hub.RecordRef{Model: s.delivery.Model, ExternalID: s.delivery.ExternalID}
	if !ok || r.Link.By != hub.LinkedByMatching || !r.MayBeMatched() || r.Link.Model != of.Model || r.Link.ExternalID != of.ExternalID {
		return true, nil
	}
	if err := s.open(ctx, c); err != nil {
		return false, err
	}
	asked, name, linked := s.engine.Clock(), c.Info().Name, r.Link
	found, err := confirmer.Confirm(s.requests.of(ctx, of.Model), &s.session.Session, of)
	if errors.Is(err, connector.ErrCannotAsk) {
		return true, nil
	}
	if err != nil {
		return false, unanswered(err, name)
	}
	for i := range found.Records {
		found.Records[i].Mend() // as what is read in pages, or it would be another record
		if err := found.Records[i].Validate(); err != nil {
			return false, connector.Fail(connector.Malformed, name, "what it says of the %s now cannot be kept: %s", of.Model, err)
		}
	}
	if lost, err := s.lostOpportunity(ctx, of, &found); err != nil {
		return false, err
	} else if lost != "" {
		return false, connector.Fail(connector.Temporary, name, "the %s %s is no longer about the %s %s by its answer; it is asked once more before that is believed", of.Model, of.ExternalID, hub.ModelOpportunity, lost)
	}
	for _, m := range c.Info().Models {
		kept := func(ctx context.Context, ids []string) ([]hub.Record, error) {
			return s.engine.Store.Kept(ctx, s.conn.OrganizationID, s.conn.ID, m.Model, nil, ids)
		}
		if err := keepUnread(ctx, m.Model, found.Records, kept); err != nil {
			return false, err
		}
	}
	if r.Link.Basis == "" { // it was made before that was kept
		known, err := s.engine.Store.Verdict(ctx, r)
		if err != nil {
			return false, err
		}
		r.Link.Basis = known.BasisOf(r.Link)
	}
	answer := store.Answer{Of: of, AskedAt: asked, Records: found.Records, Absent: found.Absent, Children: found.Children}
	if found.Record(of) == nil {
		answer.Absent = append(answer.Absent, of)
	}
	doubted, err := s.engine.Store.SaveConfirmed(ctx, s.conn.OrganizationID, s.conn.ID, answer)
	if err != nil {
		return false, err
	}
	if doubted { // an empty list may be a mistake
		return false, connector.Fail(connector.Temporary, name, "the %s %s, what it is about, or who is on it was not in the answer; it is asked once more before that is believed", of.Model, of.ExternalID)
	}
	now, err := s.engine.match(ctx, r)
	if err != nil {
		return false, err
	}
	if now.Link.SameRecord(linked) {
		return true, nil
	}
	// Not that the CRM says something else: it may be another recording of the day that moved the link.
	return false, s.engine.Store.MoveMatch(ctx, s.delivery, now, name+" was asked again before the note was sent, and the recording looked at anew: "+now.Link.Reason)
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

// mayLinkBetter reports whether a better record than the one that the rule linked may come any moment, as those of its kind, or who
// they are of, are being read for the first time.
func (s *deliveryAttempt) mayLinkBetter(ctx context.Context, info hub.PlatformInfo, r hub.Recording) (bool, error) {
	users := map[hub.Model]hub.Model{hub.ModelEngagement: hub.ModelEngagementUser, hub.ModelOpportunity: hub.ModelOpportunityUser}
	if r.Link.By != hub.LinkedByMatching || s.engine.Clock().Sub(s.delivery.CreatedAt) > firstReadingMost {
		return false, nil
	}
	states, err := s.engine.Store.SyncStates(ctx, s.conn.OrganizationID, s.conn.ID)
	if err != nil {
		return false, err
	}
	for _, m := range info.Models {
		firstRead := func(st store.SyncState) bool { return st.Model == m.Model && st.InRun && st.Since.IsZero() }
		if (m.Brings(r.Link.Model) || m.Brings(users[r.Link.Model])) && slices.ContainsFunc(states, firstRead) {
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
