package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// publish leaves behind what follows from a recording having come to be processed or linked, within the
// transaction that made it so: the event for subscribers, and the delivery to the CRM. Call notify after the commit.
func (s *Store) publish(ctx context.Context, tx Tx, r hub.Recording, event hub.EventType) error {
	if err := s.emit(ctx, tx, r, event); err != nil {
		return err
	}
	return s.planDelivery(ctx, tx, r)
}

// emit leaves an event for the organization's webhook endpoints, those that are disabled too: they may be told of it later.
// It has the recording's state of this moment and its next number, and locks nothing else that others write: which
// endpoints are told is FanOut's to see to.
func (s *Store) emit(ctx context.Context, tx Tx, r hub.Recording, event hub.EventType) error {
	told, err := queryAll(ctx, tx, scanCount, `SELECT CASE WHEN disabled_at IS NULL THEN 1 ELSE 0 END AS enabled FROM webhook_endpoints
		WHERE organization_id = $1 AND deleted_at IS NULL ORDER BY enabled DESC LIMIT 1`, r.OrganizationID)
	if err != nil || len(told) == 0 {
		return err
	}
	fannedOut := time.Time{}
	if told[0] == 0 { // nobody is told of it now, nor once it is enabled: only a replay tells
		fannedOut = s.clock()
	}
	crm, err := linkedCRM(ctx, tx, r)
	if err != nil {
		return err
	}
	e := hub.NewRecordingEvent(event, r, crm)
	numbers, err := queryAll(ctx, tx, scanCount, `UPDATE recordings SET event_sequence = event_sequence + 1 WHERE organization_id = $1 AND id = $2 RETURNING event_sequence`, r.OrganizationID, r.ID)
	if err != nil {
		return err
	}
	if e.Sequence = 1; len(numbers) == 1 {
		e.Sequence = numbers[0]
	}
	_, err = s.putEvent(ctx, tx, r.OrganizationID, e, fannedOut)
	return err
}

// Emit is emit in a transaction of its own.
func (s *Store) Emit(ctx context.Context, r hub.Recording, event hub.EventType) error {
	err := s.write(ctx, func(tx Tx) error { return s.emit(ctx, tx, r, event) })
	if err == nil {
		s.notify()
	}
	return err
}

func (s *Store) putEvent(ctx context.Context, tx Tx, organization string, e hub.RecordingEvent, fannedOut time.Time) (id string, err error) {
	now := s.clock()
	e.OccurredAt = hub.WireTime(now)
	payload, err := json.Marshal(e)
	if err != nil {
		return "", err
	}
	id = s.newID()
	_, err = tx.Exec(ctx, `INSERT INTO events (organization_id, id, type, recording_id, sequence, payload, created_at, fanned_out_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		organization, id, string(e.EventType), e.RecordingID, e.Sequence, string(payload), micros(now), optionalMicros(fannedOut))
	return id, err
}

// SendTestEvent sends an event about a recording that does not exist to one endpoint, whatever it subscribed to.
func (s *Store) SendTestEvent(ctx context.Context, organization, endpoint string, event hub.EventType) (id string, err error) {
	now := s.clock()
	same := func() *hub.CRMIdentity { return &hub.CRMIdentity{ID: s.newID(), ExternalID: "test"} }
	e := hub.RecordingEvent{
		RecordingID: s.newID(), SiroUserID: hub.NewID(), RecordingProcessed: true, RecordingLinked: true, EventType: event, Sequence: 1,
		CRM: &hub.EventCRM{IntegrationConnectionID: s.newID(), Users: []hub.CRMIdentity{*same()}, Engagement: same(), Account: same()},
	}
	err = s.write(ctx, func(tx Tx) error {
		w, err := lockEndpoint(ctx, tx, organization, endpoint)
		if err != nil {
			return err
		}
		if !w.DisabledAt.IsZero() {
			return hub.Conflict("The webhook endpoint is disabled: enable it first.")
		}
		if id, err = s.putEvent(ctx, tx, organization, e, now); err != nil {
			return err
		}
		if err := scheduleTask(ctx, tx, organization, TaskWebhook, endpoint, now); err != nil {
			return err
		}
		if err := planEvents(ctx, tx, organization, []string{endpoint}, []string{id}, now); err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "test", endpointKind, endpoint, map[string]any{"eventId": id, "eventType": event})
	})
	if err == nil {
		s.notify()
	}
	return id, err
}

func scanEvent(r database.Row) (hub.Event, error) {
	var e hub.Event
	err := r.Scan(&e.OrganizationID, &e.ID, &e.Type)
	return e, err
}

// EventAge is how long an event and what became of it are kept.
const EventAge = 90 * 24 * time.Hour

// eventSlice bounds how many events, or deliveries of a deleted endpoint, are removed at a time.
const eventSlice = 200

// leavingEndpoint is an endpoint that was deleted.
type leavingEndpoint struct {
	deletedAt        int64
	organization, id string
}

func scanLeavingEndpoint(r database.Row) (leavingEndpoint, error) {
	var w leavingEndpoint
	err := r.Scan(&w.deletedAt, &w.organization, &w.id)
	return w, err
}

// PurgeEvents removes a slice of what is too old, and one of what belongs to a deleted endpoint, and reports whether any is left.
func (s *Store) PurgeEvents(ctx context.Context) (more bool, err error) {
	for _, slice := range []func(context.Context) (bool, error){
		s.purgeOldEvents,
		func(ctx context.Context) (bool, error) {
			return s.purgeOlder(ctx, aging{"webhook_minutes", "minute", EventAge})
		},
		s.purgeEndpoint,
	} {
		some, failed := slice(ctx)
		more, err = more || some, errors.Join(err, failed)
	}
	return more, err
}

func (s *Store) purgeOldEvents(ctx context.Context) (more bool, err error) {
	old, err := queryAll(ctx, s.db, scanEvent, `SELECT organization_id, id, type FROM events WHERE created_at < $1 ORDER BY created_at LIMIT $2`,
		micros(s.clock().Add(-EventAge)), eventSlice)
	if err != nil || len(old) == 0 {
		return false, err
	}
	err = s.removeEvents(ctx, old)
	return err == nil, err
}

// ofEndpoints are the tables of what belongs to endpoints.
var ofEndpoints = []string{"event_attempts", "event_deliveries", "webhook_minutes"}

// purgeEndpoint removes a slice of what belongs to a deleted endpoint, and the endpoint once that is all.
func (s *Store) purgeEndpoint(ctx context.Context) (more bool, err error) {
	w, err := s.leaving.next(func(after leavingEndpoint) (leavingEndpoint, error) {
		return queryOne(ctx, s.db, scanLeavingEndpoint, `SELECT deleted_at, organization_id, id FROM webhook_endpoints WHERE deleted_at IS NOT NULL AND (deleted_at, organization_id, id) > ($1, $2, $3)
			ORDER BY deleted_at, organization_id, id LIMIT 1`, after.deletedAt, after.organization, after.id)
	})
	if err != nil {
		return false, ignoreNotFound(err)
	}
	err = s.write(ctx, func(tx Tx) error {
		if held, err := holdRow(ctx, tx, `SELECT 1 FROM webhook_endpoints WHERE organization_id = $1 AND id = $2`, w.organization, w.id); err != nil || !held {
			return err
		}
		for _, table := range ofEndpoints {
			n, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE `+tx.Dialect().RowsOf(table+` WHERE organization_id = $1 AND endpoint_id = $2 LIMIT $3`), w.organization, w.id, purgeSlice)
			if err != nil || n > 0 {
				return err
			}
		}
		if left, err := anyLeft(ctx, tx, ofEndpoints, `endpoint_id`, w.organization, w.id); err != nil || left {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM webhook_endpoints WHERE organization_id = $1 AND id = $2`, w.organization, w.id)
		return errors.Join(err, deleteTask(ctx, tx, w.organization, TaskWebhook, w.id))
	})
	return err == nil, err
}

func (s *Store) removeEvents(ctx context.Context, events []hub.Event) error {
	ids := map[string][]string{}
	for _, e := range events {
		ids[e.OrganizationID] = append(ids[e.OrganizationID], e.ID)
	}
	return s.write(ctx, func(tx Tx) error {
		for organization, events := range ids {
			in, arg := tx.Dialect().In("$2", events)
			for _, table := range []string{"event_attempts", "event_deliveries"} {
				if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE organization_id = $1
					AND endpoint_id IN (SELECT id FROM webhook_endpoints WHERE organization_id = $1) AND event_id `+in, organization, arg); err != nil {
					return err
				}
			}
			if _, err := tx.Exec(ctx, `DELETE FROM events WHERE organization_id = $1 AND id `+in, organization, arg); err != nil {
				return err
			}
		}
		return nil
	})
}
