package store

import (
	"context"
	"errors"

	"sirocco/hub"
)

// VisibleRecordingHead returns a recording that a user of the organization sees, as RecordingHead does; any other is
// hub.ErrNotFound.
func (s *Store) VisibleRecordingHead(ctx context.Context, organization, user, id string) (hub.Recording, error) {
	return s.recordingFor(ctx, organization, user, id, (*hub.Viewer).MaySee)
}

// VisibleRecording is VisibleRecordingHead with all of the analysis.
func (s *Store) VisibleRecording(ctx context.Context, organization, user, id string) (hub.Recording, error) {
	r, err := s.VisibleRecordingHead(ctx, organization, user, id)
	if err == nil {
		_, err = loadAnalysis(ctx, s.db, &r)
	}
	return r, err
}

// DeleteRecordingFor deletes a recording that the user may delete. It fails as hub.Viewer.MayDelete does.
func (s *Store) DeleteRecordingFor(ctx context.Context, organization, user, id string) (hub.Recording, error) {
	if r, err := s.recordingFor(ctx, organization, user, id, (*hub.Viewer).MayDelete); err != nil {
		return r, err
	}
	return s.DeleteRecording(ctx, organization, id)
}

// LinkRecordingFor links a recording that the user may change to the record, and returns that. It fails as
// hub.Viewer.MayChange, FindRecord and SetLink do.
func (s *Store) LinkRecordingFor(ctx context.Context, organization, user, id string, to RecordTarget, trigger string) (Record, error) {
	if _, err := s.recordingFor(ctx, organization, user, id, (*hub.Viewer).MayChange); err != nil {
		return Record{}, err
	}
	found, err := s.findOfKind(ctx, organization, to)
	if err != nil {
		return Record{}, err
	}
	_, err = s.SetLink(ctx, organization, id, hub.Link{ConnectionID: found.ConnectionID, Model: found.Model, ExternalID: found.ExternalID, Trigger: trigger})
	return found, err
}

// UnlinkRecordingFor takes the link of a recording that the user may change away. Where it is linked to another record
// than from, or to none, it does nothing and reports false. It fails as hub.Viewer.MayChange and FindRecord do.
func (s *Store) UnlinkRecordingFor(ctx context.Context, organization, user, id string, from RecordTarget, trigger string) (bool, error) {
	r, err := s.recordingFor(ctx, organization, user, id, (*hub.Viewer).MayChange)
	if err != nil {
		return false, err
	}
	if err := from.validate(); err != nil {
		return false, err
	}
	// The record itself may be gone; by its own id it is known only while it is there.
	same := r.Link.Model == from.Model && r.Link.ExternalID == from.ExternalID && (from.ConnectionID == "" || from.ConnectionID == r.Link.ConnectionID)
	if from.ID != "" {
		found, err := s.findOfKind(ctx, organization, from)
		if err != nil {
			return false, err
		}
		same = r.Link.SameRecord(hub.Link{ConnectionID: found.ConnectionID, Model: found.Model, ExternalID: found.ExternalID})
	}
	if !same || !r.Linked() {
		if _, err := s.findOfKind(ctx, organization, from); err != nil && !errors.Is(err, hub.ErrNotFound) {
			return false, err // it was named as what it is not
		}
		return false, nil
	}
	_, err = s.RemoveLink(ctx, organization, id, trigger)
	return err == nil, err
}

func (s *Store) recordingFor(ctx context.Context, organization, user, id string, may func(*hub.Viewer, *hub.Recording) error) (hub.Recording, error) {
	v, err := s.Viewer(ctx, organization, user)
	if err != nil {
		return hub.Recording{}, hub.Missing("user", err)
	}
	if !hub.ValidID(id) {
		return hub.Recording{}, hub.NoSuch("recording")
	}
	r, err := s.RecordingHead(ctx, organization, id)
	if err != nil {
		return r, err
	}
	return r, may(&v, &r)
}
