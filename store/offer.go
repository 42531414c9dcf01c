package store

import (
	"context"
	"errors"
	"slices"

	"sirocco/hub"
)

// Offers lists the recordings that wait for a person to say what they are of, the first made first: those of which an
// appointment of the connection is the most probable, or all of the organization for an empty one.
func (s *Store) Offers(ctx context.Context, organization, connection, after string, limit int) ([]hub.Recording, error) {
	c := conditions{args: []any{organization, string(hub.Offered), after}}
	if connection != "" {
		c.and("link_connection_id = %s", connection)
	}
	return queryAll(ctx, s.db, scanRecording, `SELECT `+recordingColumns+` FROM recordings WHERE organization_id = $1 AND link_by = $2 AND id > $3
		AND deleted_at IS NULL`+c.text+` ORDER BY id LIMIT `+c.arg(limit), c.args...)
}

// errNoCandidate says that a recording is not offered with what somebody takes.
var errNoCandidate = hub.Invalid("candidateId", "names no candidate", "the id of one that the recording is offered with, or null for none")

// TakeOffer links a recording that is offered to the candidate with our id, or to none for an empty one, because a person says so.
// What they said before is a success again. What is no candidate is a *hub.InvalidError; a recording that is not offered any more
// is a *hub.ConflictError, so that nobody undoes what somebody else decided meanwhile.
func (s *Store) TakeOffer(ctx context.Context, organization, id, candidate, trigger string) (hub.Recording, error) {
	head, err := s.RecordingHead(ctx, organization, id) // before anything is said of the candidate
	if err != nil {
		return hub.Recording{}, err
	}
	var l hub.Link
	offered := true
	if candidate != "" {
		found, err := s.Record(ctx, organization, hub.ModelEngagement, candidate)
		if errors.Is(err, hub.ErrNotFound) {
			found, err = s.Record(ctx, organization, hub.ModelOpportunity, candidate)
		}
		if errors.Is(err, hub.ErrNotFound) {
			err = errNoCandidate
		}
		if err != nil {
			return hub.Recording{}, err
		}
		l = hub.Link{ConnectionID: found.ConnectionID, Model: found.Model, ExternalID: found.ExternalID, Trigger: trigger, Reason: "A person took the offer."}
		if offered, err = s.isCandidate(ctx, head, found); err != nil {
			return hub.Recording{}, err
		}
	}
	var r hub.Recording
	err = s.write(ctx, func(tx Tx) error {
		var err error
		if r, err = lockRecording(ctx, tx, organization, id); err != nil {
			return err
		}
		switch {
		case r.Link.By == hub.LinkedByHand && r.Link.SameRecord(l):
			return nil
		case r.Link.By != hub.Offered:
			return hub.Conflict("The recording is not offered any more.")
		case !offered:
			return errNoCandidate
		case candidate == "":
			return s.unlinkByHand(ctx, tx, &r, trigger)
		}
		return s.linkByHand(ctx, tx, &r, l)
	})
	s.notify()
	return r, err
}

// isCandidate reports whether a recording may be offered with an appointment or a project: it is among those that the rule weighs now,
// however improbable it has become since a person was shown it.
func (s *Store) isCandidate(ctx context.Context, r hub.Recording, of Record) (bool, error) {
	v, err := s.Verdict(ctx, r)
	if err != nil || slices.ContainsFunc(v.Choices, func(c hub.Choice) bool { return c.Appointment.ID == of.ID }) {
		return err == nil, err
	}
	// Projects are told of only where they are probable, and no appointment fits.
	if of.Model != hub.ModelOpportunity {
		return false, nil
	}
	day, err := s.dayOf(ctx, r)
	if err != nil {
		return false, err
	}
	projects, err := s.Projects(ctx, r.OrganizationID, &day, day.Talks[0])
	return slices.ContainsFunc(projects, func(p hub.Project) bool { return p.ID == of.ID }), err
}
