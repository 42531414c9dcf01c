package store

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// EventDelivery is an event on its way to one webhook endpoint.
type EventDelivery struct {
	Event hub.Event
	State hub.DeliveryState
	// Attempts is how many there were; Tries are the latest of them, oldest first.
	Attempts int
	Tries    []hub.Attempt
	// DueAt is when the next attempt is made; zero when none is planned.
	DueAt                time.Time
	CreatedAt, UpdatedAt time.Time
	// Held says that it waits for an earlier event of its recording, whenever it is due.
	Held bool
}

// DueEvent is an event that an endpoint is to be told now.
type DueEvent struct {
	ID, Payload string
	// Attempts is how many there were; Before, how many of them before it last began to be tried.
	Attempts, Before int
}

// firstOfItsRecording keeps an event waiting for those of its recording that come before it: the order of one recording's
// events is kept, and one that fails holds up no other recording's. The first is looked up for each event, as PostgreSQL makes a
// NOT EXISTS a join, and one that reads all that waits for each event where it knows little of the table.
const firstOfItsRecording = ` AND d.event_id = (SELECT p.event_id FROM event_deliveries p WHERE p.organization_id = d.organization_id AND p.endpoint_id = d.endpoint_id
	AND p.recording_id = d.recording_id AND p.state = 'PENDING' ORDER BY p.sequence, p.event_id LIMIT 1)`

const dueEventsQuery = `SELECT d.event_id, e.payload, d.attempts, d.attempts_before FROM event_deliveries d
	JOIN events e ON e.organization_id = d.organization_id AND e.id = d.event_id
	WHERE d.organization_id = $1 AND d.endpoint_id = $2 AND d.due_at <= $3` + firstOfItsRecording + ` ORDER BY d.due_at, d.event_id LIMIT $4`

// DueEvents returns the first of the events that are due for the endpoint, at most one of each recording.
func (s *Store) DueEvents(ctx context.Context, organization, endpoint string, limit int) ([]DueEvent, error) {
	ds, err := queryAll(ctx, s.db, func(r database.Row) (DueEvent, error) {
		var d DueEvent
		err := r.Scan(&d.ID, &d.Payload, &d.Attempts, &d.Before)
		return d, err
	}, dueEventsQuery, organization, endpoint, micros(s.clock()), limit)
	return ds, err
}

// NextEvent is when the endpoint's next event is due; zero when none is.
func (s *Store) NextEvent(ctx context.Context, organization, endpoint string) (time.Time, error) {
	next, err := queryAll(ctx, s.db, scanCount, `SELECT d.due_at FROM event_deliveries d WHERE d.organization_id = $1 AND d.endpoint_id = $2 AND d.due_at IS NOT NULL`+firstOfItsRecording+` ORDER BY d.due_at LIMIT 1`, organization, endpoint)
	if err != nil || len(next) == 0 {
		return time.Time{}, err
	}
	return fromMicros(next[0]), nil
}

// EventResult is what came of one attempt to tell an endpoint of an event.
type EventResult struct {
	DueEvent
	hub.Attempt
	// Next is when a failed one is tried again; zero when it is not.
	Next time.Time
}

// SaveResults keeps what came of attempts, in a job of the endpoint's task. It disables an endpoint that has failed
// for longer than hub.WebhookPatience, or says itself that it is gone.
func (s *Store) SaveResults(ctx context.Context, t Task, results []EventResult, gone bool) error {
	return s.write(ctx, func(tx Tx) error {
		if err := holdTaskLease(ctx, tx, t); err != nil {
			return err
		}
		now := s.clock()
		if err := insertAttempts(ctx, tx, t, results); err != nil {
			return err
		}
		if err := countMinutes(ctx, tx, t, results); err != nil {
			return err
		}
		if err := saveHeld(ctx, tx, t, results, now); err != nil {
			return err
		}
		var sent []string
		last := results[0]
		for _, r := range results {
			if r.Error == "" {
				sent = append(sent, r.ID)
				continue
			}
			last = r
			state := hub.DeliveryPending
			if r.Next.IsZero() {
				state = hub.DeliveryFailed
			}
			if _, err := tx.Exec(ctx, `UPDATE event_deliveries SET state = $4, attempts = attempts + 1, due_at = $5, updated_at = $6
				WHERE organization_id = $1 AND endpoint_id = $2 AND event_id = $3`, t.OrganizationID, t.ObjectID, r.ID, string(state), optionalMicros(r.Next), micros(now)); err != nil {
				return err
			}
		}
		if len(sent) > 0 {
			if err := saveSent(ctx, tx, t, sent, now); err != nil {
				return err
			}
		}
		if len(sent) > 0 && !gone {
			return nil
		}
		return s.saveFailing(ctx, tx, t, last, gone)
	})
}

// attemptChunks are how many attempts one statement inserts: few sizes, so that few statements are prepared.
var attemptChunks = []int{64, 8, 1}

func insertAttempts(ctx context.Context, tx Tx, t Task, results []EventResult) error {
	for _, size := range attemptChunks {
		for ; len(results) >= size; results = results[size:] {
			var values strings.Builder
			args := []any{t.OrganizationID, t.ObjectID}
			for i, r := range results[:size] {
				if i > 0 {
					values.WriteString(", ")
				}
				n := len(args)
				fmt.Fprintf(&values, "($1, $2, $%d, $%d, $%d, $%d, $%d, $%d, $%d)", n+1, n+2, n+3, n+4, n+5, n+6, n+7)
				args = append(args, r.ID, r.Attempts+1, micros(r.At), r.Took.Microseconds(), r.Status, r.Response, r.Error)
			}
			if _, err := tx.Exec(ctx, `INSERT INTO event_attempts (organization_id, endpoint_id, event_id, number, at, took, status, response, error)
				VALUES `+values.String(), args...); err != nil {
				return err
			}
		}
	}
	return nil
}

// saveHeld keeps until when the receiver asked to be left alone, with 429 or 503.
func saveHeld(ctx context.Context, tx Tx, t Task, results []EventResult, now time.Time) error {
	var wait time.Duration
	for _, r := range results {
		if r.Holds() {
			wait = max(wait, min(r.RetryAfter, hub.WebhookHoldMost))
		}
	}
	if wait == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE webhook_endpoints SET held_until = $3 WHERE organization_id = $1 AND id = $2`, t.OrganizationID, t.ObjectID, micros(now.Add(wait)))
	return err
}

// Holds reports whether the receiver asked to be left alone as a whole.
func (r *EventResult) Holds() bool {
	return r.RetryAfter > 0 && (r.Status == http.StatusTooManyRequests || r.Status == http.StatusServiceUnavailable)
}

// saveSent keeps that events were told. Those are due: so the index of what is due finds them, also while PostgreSQL knows little of
// a table most of whose rows are told.
func saveSent(ctx context.Context, tx Tx, t Task, sent []string, now time.Time) error {
	in, arg := tx.Dialect().In("$4", sent)
	if _, err := tx.Exec(ctx, `UPDATE event_deliveries SET state = 'SENT', attempts = attempts + 1, due_at = NULL, updated_at = $3
		WHERE organization_id = $1 AND endpoint_id = $2 AND due_at IS NOT NULL AND event_id `+in, t.OrganizationID, t.ObjectID, micros(now), arg); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE webhook_endpoints SET failing_since = NULL, held_until = NULL WHERE organization_id = $1 AND id = $2 AND (failing_since IS NOT NULL OR held_until <= $3)`, t.OrganizationID, t.ObjectID, micros(now))
	return err
}

// saveFailing notes since when all attempts have failed, and disables the endpoint where that is too long.
func (s *Store) saveFailing(ctx context.Context, tx Tx, t Task, last EventResult, gone bool) error {
	since, err := queryAll(ctx, tx, scanCount, `UPDATE webhook_endpoints SET failing_since = COALESCE(failing_since, $3) WHERE organization_id = $1 AND id = $2 AND disabled_at IS NULL RETURNING failing_since`,
		t.OrganizationID, t.ObjectID, micros(last.At))
	if err != nil || len(since) == 0 {
		return err
	}
	now := s.clock()
	reason := "It answered 410 Gone."
	if !gone {
		if now.Sub(fromMicros(since[0])) < hub.WebhookPatience {
			return nil
		}
		reason = "Every attempt since " + hub.WireTime(fromMicros(since[0])) + " failed. The last: " + last.Error
	}
	if _, err := tx.Exec(ctx, `UPDATE webhook_endpoints SET disabled_at = $3, disabled_reason = $4, updated_at = $3 WHERE organization_id = $1 AND id = $2`,
		t.OrganizationID, t.ObjectID, micros(now), reason); err != nil {
		return err
	}
	return s.audit(ctx, tx, t.OrganizationID, "disable", endpointKind, t.ObjectID, map[string]any{"disabled": true, "reason": reason})
}

// EventDeliveryFilter selects among an endpoint's deliveries.
type EventDeliveryFilter struct {
	// State is empty for all.
	State hub.DeliveryState
	// From and Until bound when the events happened, the first included and the second not; zero where they do not.
	From, Until time.Time
	// Before is the id of the event that the page starts before, in time; empty for the first page.
	Before string
	// After is the id of the event that a replay goes on after; empty where it begins.
	After string
	Limit int
}

// triesMost is how many attempts of a delivery are told.
const triesMost = 20

// eventDeliverySelect finds deliveries d with their events e, and whether one waits for another of its recording.
const eventDeliverySelect = `SELECT e.organization_id, e.id, e.type, e.recording_id, e.payload, e.created_at, d.state, d.attempts, d.due_at, d.created_at, d.updated_at,
		d.state = 'PENDING' AND NOT (TRUE` + firstOfItsRecording + `)
	FROM event_deliveries d JOIN events e ON e.organization_id = d.organization_id AND e.id = d.event_id WHERE `

const eventDeliveryQuery = eventDeliverySelect + `d.organization_id = $1 AND d.endpoint_id = $2 AND d.event_id = $3`

func eventDeliveriesQuery(state hub.DeliveryState) string {
	return eventDeliverySelect + betweenEvents + eventStates[state] + ` ORDER BY d.event_id DESC LIMIT $5`
}

func scanEventDelivery(r database.Row) (EventDelivery, error) {
	var d EventDelivery
	var due *int64
	var happened, created, updated int64
	err := r.Scan(&d.Event.OrganizationID, &d.Event.ID, &d.Event.Type, &d.Event.RecordingID, &d.Event.Payload, &happened, &d.State, &d.Attempts, &due, &created, &updated, &d.Held)
	d.Event.CreatedAt, d.DueAt, d.CreatedAt, d.UpdatedAt = fromMicros(happened), fromOptionalMicros(due), fromMicros(created), fromMicros(updated)
	return d, err
}

// EventDeliveries lists an endpoint's deliveries with their attempts, the latest event first.
func (s *Store) EventDeliveries(ctx context.Context, organization, endpoint string, f EventDeliveryFilter) ([]EventDelivery, error) {
	from, until := f.span()
	if f.Before != "" {
		until = min(until, f.Before)
	}
	ds, err := queryAll(ctx, s.db, scanEventDelivery, eventDeliveriesQuery(f.State), organization, endpoint, from, until, f.Limit)
	if err != nil || len(ds) == 0 {
		return nil, err
	}
	return ds, s.withAttempts(ctx, organization, endpoint, ds)
}

func (s *Store) withAttempts(ctx context.Context, organization, endpoint string, ds []EventDelivery) error {
	ids, at := make([]string, len(ds)), map[string]int{}
	for i, d := range ds {
		ids[i], at[d.Event.ID] = d.Event.ID, i
	}
	type try struct {
		event string
		hub.Attempt
	}
	in, arg := s.db.Dialect().In("$3", ids)
	tries, err := queryAll(ctx, s.db, func(r database.Row) (try, error) {
		var t try
		var at, took int64
		err := r.Scan(&t.event, &t.Number, &at, &took, &t.Status, &t.Response, &t.Error)
		t.At, t.Took = fromMicros(at), time.Duration(took)*time.Microsecond
		return t, err
	}, `SELECT a.event_id, a.number, a.at, a.took, a.status, a.response, a.error FROM event_attempts a
		JOIN event_deliveries d ON d.organization_id = a.organization_id AND d.endpoint_id = a.endpoint_id AND d.event_id = a.event_id
		WHERE a.organization_id = $1 AND a.endpoint_id = $2 AND a.event_id `+in+` AND a.number > d.attempts - $4 ORDER BY a.event_id, a.number`,
		organization, endpoint, arg, triesMost)
	for _, t := range tries {
		d := &ds[at[t.event]]
		d.Tries = append(d.Tries, t.Attempt)
	}
	return err
}

const replayed = `UPDATE event_deliveries SET state = 'PENDING', attempts_before = attempts, due_at = $3, updated_at = $3 WHERE `

// ReplayEvent sends an event to an endpoint again, whatever came of it so far.
func (s *Store) ReplayEvent(ctx context.Context, organization, endpoint, event string) error {
	return s.replay(ctx, organization, endpoint, map[string]any{"eventId": event}, func(tx Tx, now time.Time) (int64, error) {
		n, err := tx.Exec(ctx, replayed+`organization_id = $1 AND endpoint_id = $2 AND event_id = $4`, organization, endpoint, micros(now), event)
		return n, requireAffected(n, err, hub.ErrNotFound)
	})
}

const (
	// replayedBack is how far a replay of what failed goes back unless it is told.
	replayedBack = 24 * time.Hour
	replaySlice  = 1000
	// ReplayMost is how many events one ReplayFailed sends again.
	ReplayMost = 10 * replaySlice
)

// ReplayFailed sends again the events since a time that an endpoint could not be told of, those that wait for their
// next attempt included, and those that it was never told of, as it was disabled when they happened; up to ReplayMost. It
// returns how many those are. The zero time means the last 24 hours.
func (s *Store) ReplayFailed(ctx context.Context, organization, endpoint string, since time.Time) (int, error) {
	if since.IsZero() {
		since = s.clock().Add(-replayedBack)
	}
	all := 0
	for _, which := range []string{`state = 'FAILED' AND created_at >= $4 ORDER BY event_id`, `due_at > $3 AND created_at >= $4 ORDER BY due_at, event_id`} {
		n, err := s.replaySlices(ctx, organization, endpoint, map[string]any{"failedSince": hub.WireTime(since)}, ReplayMost-all, func(tx Tx, now time.Time) (int64, error) {
			return tx.Exec(ctx, replayed+tx.Dialect().RowsOf(`event_deliveries WHERE organization_id = $1 AND endpoint_id = $2 AND `+which+` LIMIT $5`), organization, endpoint, micros(now), micros(since), replaySlice)
		})
		if all += n; err != nil {
			return all, err
		}
	}
	n, err := s.replayMissed(ctx, organization, endpoint, since, ReplayMost-all)
	return all + n, err
}

// replaySlices lets slice send events again, in transactions of replaySlice of them, until it finds fewer or all are most,
// and returns how many those are. What it has sent it does not find again.
func (s *Store) replaySlices(ctx context.Context, organization, endpoint string, changes map[string]any, most int, slice func(Tx, time.Time) (int64, error)) (all int, err error) {
	for n := int64(replaySlice); n == replaySlice && all < most; all += int(n) {
		err = s.replay(ctx, organization, endpoint, changes, func(tx Tx, now time.Time) (int64, error) {
			var err error
			n, err = slice(tx, now)
			return n, err
		})
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// replayMissed sends the events since a time, of the types that the endpoint wants, that it has no delivery of; up to most.
func (s *Store) replayMissed(ctx context.Context, organization, endpoint string, since time.Time, most int) (int, error) {
	w, err := s.Endpoint(ctx, organization, endpoint)
	if err != nil {
		return 0, err
	}
	types := w.EventTypes
	if len(types) == 0 {
		types = hub.EventTypes()
	}
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = string(t)
	}
	return s.replaySlices(ctx, organization, endpoint, map[string]any{"missedSince": hub.WireTime(since)}, most, func(tx Tx, now time.Time) (int64, error) {
		in, arg := tx.Dialect().In("$5", names)
		return tx.Exec(ctx, `INSERT INTO event_deliveries (organization_id, endpoint_id, event_id, recording_id, sequence, state, attempts, attempts_before, due_at, created_at, updated_at)
				SELECT e.organization_id, CAST($2 AS TEXT), e.id, e.recording_id, e.sequence, 'PENDING', 0, 0, CAST($3 AS BIGINT), CAST($3 AS BIGINT), CAST($3 AS BIGINT)
				FROM events e WHERE e.organization_id = $1 AND e.created_at >= $4 AND e.created_at >= $6 AND e.fanned_out_at IS NOT NULL AND e.type `+in+`
					AND NOT EXISTS (SELECT 1 FROM event_deliveries d WHERE d.organization_id = e.organization_id AND d.endpoint_id = $2 AND d.event_id = e.id)
					AND EXISTS (SELECT 1 FROM recordings r WHERE r.organization_id = e.organization_id AND r.id = e.recording_id)
				ORDER BY e.id LIMIT $7`, organization, endpoint, micros(now), micros(since), arg, micros(w.CreatedAt), replaySlice)
	})
}

func (s *Store) replay(ctx context.Context, organization, endpoint string, changes map[string]any, do func(Tx, time.Time) (int64, error)) error {
	err := s.write(ctx, func(tx Tx) error {
		w, err := lockEndpoint(ctx, tx, organization, endpoint)
		if err != nil {
			return err
		}
		if !w.DisabledAt.IsZero() {
			return hub.Conflict("The webhook endpoint is disabled: enable it first.")
		}
		now := s.clock()
		n, err := do(tx, now)
		if err != nil || n == 0 {
			return err
		}
		if err := scheduleTask(ctx, tx, organization, TaskWebhook, endpoint, now); err != nil {
			return err
		}
		changes["events"] = n
		return s.audit(ctx, tx, organization, "replay", endpointKind, endpoint, changes)
	})
	if err == nil {
		s.notify()
	}
	return err
}
