package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"sirocco/hub"
)

const (
	// fanOutRows bounds how many deliveries one transaction plans.
	fanOutRows = 1000
	// fanOutOrganizations bounds how many organizations' events one look plans.
	fanOutOrganizations = 100
)

// FanOut plans the deliveries of events that were emitted since, of each organization that has some: a slice of up to limit
// of them in a transaction of its own, so that nobody waits for all that another one has, nor for what of it cannot be
// planned. It reports how many those were.
func (s *Store) FanOut(ctx context.Context, limit int) (int, error) {
	organizations, err := s.withNewEvents(ctx)
	if err != nil || len(organizations) == 0 {
		return 0, err
	}
	taken, failed := 0, error(nil)
	for _, organization := range organizations {
		n, err := s.fanOut(ctx, organization, limit)
		taken, failed = taken+n, errors.Join(failed, err)
	}
	if taken > 0 {
		s.notify()
	}
	return taken, failed
}

// newEventsQuery finds who has new events by one step of an index for each, however many those are.
const newEventsQuery = `WITH RECURSIVE o (id) AS (
		SELECT MIN(organization_id) FROM events WHERE fanned_out_at IS NULL AND organization_id > $1
		UNION ALL
		SELECT (SELECT MIN(e.organization_id) FROM events e WHERE e.fanned_out_at IS NULL AND e.organization_id > o.id) FROM o WHERE o.id IS NOT NULL)
	SELECT id FROM o WHERE id IS NOT NULL LIMIT $2`

// withNewEvents returns the organizations that have events to be planned; where those are many, the next of them with each call.
func (s *Store) withNewEvents(ctx context.Context) ([]string, error) {
	after, _ := s.fannedOut.Load().(string)
	for {
		found, err := queryAll(ctx, s.db, scanText, newEventsQuery, after, fanOutOrganizations)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 && after != "" {
			after = ""
			continue
		}
		next := ""
		if len(found) == fanOutOrganizations {
			next = found[len(found)-1]
		}
		s.fannedOut.Store(next)
		return found, nil
	}
}

// fanOut plans the deliveries of a slice of one organization's events, the first first, and returns how many events those are.
func (s *Store) fanOut(ctx context.Context, organization string, limit int) (taken int, err error) {
	err = s.write(ctx, func(tx Tx) error {
		now := s.clock()
		told, err := queryOne(ctx, tx, scanCount, `SELECT COUNT(*) FROM webhook_endpoints WHERE organization_id = $1 AND disabled_at IS NULL AND deleted_at IS NULL`, organization)
		if err != nil {
			return err
		}
		events, err := queryAll(ctx, tx, scanEvent, `UPDATE events SET fanned_out_at = $2 WHERE `+
			tx.Dialect().RowsOf(`events WHERE organization_id = $1 AND fanned_out_at IS NULL ORDER BY id LIMIT $3`+tx.Dialect().ForUpdateSkipLocked())+` RETURNING organization_id, id, type`,
			organization, micros(now), min(limit, max(1, fanOutRows/max(1, int(told)))))
		taken = len(events)
		if err != nil || taken == 0 {
			return err
		}
		// After the events: who subscribed before they were emitted is told.
		endpoints, err := queryAll(ctx, tx, scanEndpoint, `SELECT `+endpointColumns+` FROM webhook_endpoints
			WHERE organization_id = $1 AND disabled_at IS NULL AND deleted_at IS NULL ORDER BY id LIMIT $2`, organization, EndpointsMost)
		if err != nil {
			return err
		}
		return tellEndpoints(ctx, tx, organization, endpoints, events, now)
	})
	if err != nil { // what was taken is there still
		return 0, err
	}
	return taken, nil
}

// tellEndpoints plans the deliveries of events to those of the endpoints that want them, with one statement for each type of
// event.
func tellEndpoints(ctx context.Context, tx Tx, organization string, endpoints []hub.WebhookEndpoint, events []hub.Event, now time.Time) error {
	ids, wanting := map[hub.EventType][]string{}, map[hub.EventType][]string{}
	for _, e := range events {
		ids[e.Type] = append(ids[e.Type], e.ID)
	}
	var due []taskDue
	for _, w := range endpoints {
		wants := false
		for of := range ids {
			if w.Wants(of) {
				wanting[of], wants = append(wanting[of], w.ID), true
			}
		}
		if wants { // what is new does not call one that fails out of its pause
			due = append(due, taskDue{w.ID, now.Add(hub.WebhookPause(w.FailingSince, now))})
		}
	}
	// The tasks first: whoever deletes or disables an endpoint holds its, too, and is seen by the statements after it.
	if err := scheduleTasks(ctx, tx, organization, TaskWebhook, due); err != nil {
		return err
	}
	for of, those := range wanting {
		slices.Sort(ids[of])
		if err := planEvents(ctx, tx, organization, those, ids[of], now); err != nil {
			return err
		}
	}
	return nil
}

// planEvents makes the events due now for endpoints whose tasks are held, but those that were disabled or deleted meanwhile.
func planEvents(ctx context.Context, tx Tx, organization string, endpoints, events []string, now time.Time) error {
	inEndpoints, endpointArg := tx.Dialect().In("$2", endpoints)
	inEvents, eventArg := tx.Dialect().In("$4", events)
	_, err := tx.Exec(ctx, `INSERT INTO event_deliveries (organization_id, endpoint_id, event_id, recording_id, sequence, state, attempts, attempts_before, due_at, created_at, updated_at)
		SELECT e.organization_id, w.id, e.id, e.recording_id, e.sequence, 'PENDING', 0, 0, CAST($3 AS BIGINT), CAST($3 AS BIGINT), CAST($3 AS BIGINT)
		FROM events e JOIN webhook_endpoints w ON w.organization_id = e.organization_id AND w.id `+inEndpoints+` AND w.disabled_at IS NULL AND w.deleted_at IS NULL
		WHERE e.organization_id = $1 AND e.id `+inEvents, organization, endpointArg, micros(now), eventArg)
	return err
}
