package store

import (
	"context"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// idsEnd sorts after every id.
const idsEnd = "g"

// span are the ids of events between which the filter's lie: an event's id has the time when it happened.
func (f *EventDeliveryFilter) span() (from, until string) {
	until = idsEnd
	if !f.From.IsZero() {
		from = hub.FirstIDAt(f.From)
	}
	if !f.Until.IsZero() {
		until = hub.FirstIDAt(f.Until)
	}
	return from, until
}

// eventStates are conditions of the states of deliveries, as constants, so that the indexes of their own are of use. Nearly
// all are sent, so that those are found by the key.
var eventStates = map[hub.DeliveryState]string{
	"": "", hub.DeliveryFailed: " AND d.state = 'FAILED'", hub.DeliveryPending: " AND d.state = 'PENDING'", hub.DeliverySent: " AND d.state = 'SENT'",
}

// betweenEvents keeps to events of an endpoint between two ids.
const betweenEvents = `d.organization_id = $1 AND d.endpoint_id = $2 AND d.event_id >= $3 AND d.event_id < $4`

func eventCountQuery(state hub.DeliveryState) string {
	return countFew + `FROM event_deliveries d WHERE ` + betweenEvents + eventStates[state] + countFewEnd
}

// CountEventDeliveries counts an endpoint's deliveries that a filter selects, CountMost+1 where they are more than CountMost.
func (s *Store) CountEventDeliveries(ctx context.Context, organization, endpoint string, f EventDeliveryFilter) (int64, error) {
	from, until := f.span()
	return queryOne(ctx, s.db, scanCount, eventCountQuery(f.State), organization, endpoint, from, until)
}

// ReplayEvents sends some events to an endpoint again, whatever came of them so far, and returns how many of them it
// knows.
func (s *Store) ReplayEvents(ctx context.Context, organization, endpoint string, events []string) (n int64, err error) {
	err = s.replay(ctx, organization, endpoint, map[string]any{"eventIds": events}, func(tx Tx, now time.Time) (int64, error) {
		in, arg := tx.Dialect().In("$4", events)
		n, err = tx.Exec(ctx, replayed+`organization_id = $1 AND endpoint_id = $2 AND event_id `+in, organization, endpoint, micros(now), arg)
		return n, requireAffected(n, err, hub.ErrNotFound)
	})
	return n, err
}

// ReplayedEvents is how far a replay has come.
type ReplayedEvents struct {
	// Events is how many it sends again.
	Events int64
	// After is where the next one of the same filter goes on, in its After; empty where there is nothing left.
	After string
}

func replaySliceQuery(state hub.DeliveryState) string {
	return `SELECT d.event_id FROM event_deliveries d WHERE ` + betweenEvents + eventStates[state] + ` ORDER BY d.event_id LIMIT $5`
}

// ReplayMatching sends again what a filter selects of an endpoint's deliveries, the first first, up to ReplayMost of them
// that happened until now, whatever came of each so far.
func (s *Store) ReplayMatching(ctx context.Context, organization, endpoint string, f EventDeliveryFilter) (done ReplayedEvents, err error) {
	from, until := f.span()
	until = min(until, hub.FirstIDAt(s.clock().Add(time.Millisecond)))
	if f.After != "" {
		from = f.After + "0" // the first text after it
	}
	// Unlike in replaySlices the place moves behind each slice, which it may only once that is committed.
	for done.Events < ReplayMost {
		changes := map[string]any{"state": string(f.State), "from": optionalTime(f.From), "until": optionalTime(f.Until)}
		var slice []string
		err := s.replay(ctx, organization, endpoint, changes, func(tx Tx, now time.Time) (int64, error) {
			var err error
			if slice, err = queryAll(ctx, tx, scanText, replaySliceQuery(f.State), organization, endpoint, from, until, replaySlice); err != nil || len(slice) == 0 {
				return 0, err
			}
			in, arg := tx.Dialect().In("$4", slice) // which a planner without statistics finds by the key
			return tx.Exec(ctx, replayed+`organization_id = $1 AND endpoint_id = $2 AND event_id `+in, organization, endpoint, micros(now), arg)
		})
		if err != nil {
			return done, err
		}
		done.Events += int64(len(slice))
		if len(slice) < replaySlice {
			done.After = ""
			return done, nil
		}
		done.After = slice[len(slice)-1]
		from = done.After + "0"
	}
	return done, nil
}

// optionalTime is a time as the audit log has it; nil where there is none.
func optionalTime(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return new(hub.WireTime(t))
}

// EventDelivery returns one delivery of an endpoint, by its event.
func (s *Store) EventDelivery(ctx context.Context, organization, endpoint, event string) (EventDelivery, error) {
	d, err := queryOne(ctx, s.db, scanEventDelivery, eventDeliveryQuery, organization, endpoint, event)
	if err != nil {
		return EventDelivery{}, err
	}
	ds := []EventDelivery{d}
	err = s.withAttempts(ctx, organization, endpoint, ds)
	return ds[0], err
}

const webhookBarsQuery = `SELECT (minute - $3) / $4, CAST(SUM(attempts) AS BIGINT), CAST(SUM(failures) AS BIGINT), CAST(SUM(took) AS BIGINT),
		CAST(SUM(to_10) AS BIGINT), CAST(SUM(to_50) AS BIGINT), CAST(SUM(to_100) AS BIGINT), CAST(SUM(to_250) AS BIGINT), CAST(SUM(to_500) AS BIGINT),
		CAST(SUM(to_1000) AS BIGINT), CAST(SUM(to_2500) AS BIGINT), CAST(SUM(to_5000) AS BIGINT), CAST(SUM(to_15000) AS BIGINT), CAST(SUM(beyond) AS BIGINT)
	FROM webhook_minutes WHERE organization_id = $1 AND endpoint_id = $2 AND minute >= $3 AND minute < $5 GROUP BY 1`

// WebhookBars returns what an endpoint was like in each of n spans of a width, from a time on, those without an attempt
// included.
func (s *Store) WebhookBars(ctx context.Context, organization, endpoint string, from time.Time, width time.Duration, n int) ([]hub.WebhookMinute, error) {
	bars := make([]hub.WebhookMinute, n)
	for i := range bars {
		bars[i].Minute = from.Add(time.Duration(i) * width)
	}
	_, err := queryAll(ctx, s.db, func(r database.Row) (struct{}, error) {
		var m hub.WebhookMinute
		var at, took int64
		l := &m.Latencies
		err := r.Scan(&at, &m.Attempts, &m.Failures, &took, &l[0], &l[1], &l[2], &l[3], &l[4], &l[5], &l[6], &l[7], &l[8], &l[9])
		if err == nil && at >= 0 && at < int64(n) {
			m.Minute, m.Took = bars[at].Minute, time.Duration(took)*time.Microsecond
			bars[at] = m
		}
		return struct{}{}, err
	}, webhookBarsQuery, organization, endpoint, micros(from), width.Microseconds(), micros(from.Add(time.Duration(n)*width)))
	return bars, err
}
