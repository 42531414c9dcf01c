package store

import (
	"context"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

const minuteColumns = `minute, attempts, failures, took, to_10, to_50, to_100, to_250, to_500, to_1000, to_2500, to_5000, to_15000, beyond`

// countMinutes adds attempts at an endpoint to the minutes that they were made in.
func countMinutes(ctx context.Context, tx Tx, t Task, results []EventResult) error {
	minutes := map[time.Time]*hub.WebhookMinute{}
	var order []*hub.WebhookMinute
	for _, r := range results {
		at := r.At.UTC().Truncate(time.Minute)
		m := minutes[at]
		if m == nil {
			m = &hub.WebhookMinute{Minute: at}
			minutes[at], order = m, append(order, m)
		}
		m.Count(r.Attempt)
	}
	for _, m := range order {
		l := m.Latencies
		if _, err := tx.Exec(ctx, `INSERT INTO webhook_minutes (organization_id, endpoint_id, `+minuteColumns+`)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
			ON CONFLICT (organization_id, endpoint_id, minute) DO UPDATE SET attempts = webhook_minutes.attempts + excluded.attempts, failures = webhook_minutes.failures + excluded.failures,
				took = webhook_minutes.took + excluded.took, to_10 = webhook_minutes.to_10 + excluded.to_10, to_50 = webhook_minutes.to_50 + excluded.to_50,
				to_100 = webhook_minutes.to_100 + excluded.to_100, to_250 = webhook_minutes.to_250 + excluded.to_250, to_500 = webhook_minutes.to_500 + excluded.to_500,
				to_1000 = webhook_minutes.to_1000 + excluded.to_1000, to_2500 = webhook_minutes.to_2500 + excluded.to_2500, to_5000 = webhook_minutes.to_5000 + excluded.to_5000,
				to_15000 = webhook_minutes.to_15000 + excluded.to_15000, beyond = webhook_minutes.beyond + excluded.beyond`,
			t.OrganizationID, t.ObjectID, micros(m.Minute), m.Attempts, m.Failures, m.Took.Microseconds(), l[0], l[1], l[2], l[3], l[4], l[5], l[6], l[7], l[8], l[9]); err != nil {
			return err
		}
	}
	return nil
}

// WebhookMinutes returns what an endpoint was like in the minutes from one time until another, the earliest first. Minutes
// without an attempt are left out.
func (s *Store) WebhookMinutes(ctx context.Context, organization, endpoint string, from, until time.Time) ([]hub.WebhookMinute, error) {
	return queryAll(ctx, s.db, func(r database.Row) (hub.WebhookMinute, error) {
		var m hub.WebhookMinute
		var minute, took int64
		l := &m.Latencies
		err := r.Scan(&minute, &m.Attempts, &m.Failures, &took, &l[0], &l[1], &l[2], &l[3], &l[4], &l[5], &l[6], &l[7], &l[8], &l[9])
		m.Minute, m.Took = fromMicros(minute), time.Duration(took)*time.Microsecond
		return m, err
	}, `SELECT `+minuteColumns+` FROM webhook_minutes WHERE organization_id = $1 AND endpoint_id = $2 AND minute >= $3 AND minute < $4 ORDER BY minute`,
		organization, endpoint, micros(from), micros(until))
}
