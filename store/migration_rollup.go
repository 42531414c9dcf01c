package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"sirocco/database"
	"sirocco/hub"
)

// scoreDayTables are what scores are summed up in by day.
var scoreDayTables = []string{
	// What is summed up: which values of a series pass, of recordings of how many milliseconds at least.
	`CREATE TABLE score_ranges (
		organization_id TEXT NOT NULL,
		range_id        BIGINT NOT NULL,
		series          BIGINT NOT NULL,
		low             DOUBLE PRECISION NOT NULL,
		high            DOUBLE PRECISION NOT NULL,
		min_duration_ms BIGINT NOT NULL,
		PRIMARY KEY (organization_id, range_id))`,
	`CREATE UNIQUE INDEX score_ranges_by_series ON score_ranges (organization_id, series, low, high, min_duration_ms)`,
	// The scores of a range in one day of UTC, which its first instant names.
	`CREATE TABLE score_days (
		organization_id TEXT NOT NULL,
		range_id        BIGINT NOT NULL,
		day             BIGINT NOT NULL,
		scored          BIGINT NOT NULL,
		total           DOUBLE PRECISION NOT NULL,
		passed          BIGINT NOT NULL,
		PRIMARY KEY (organization_id, range_id, day))`,
	// Whoever writes days holds the organization's row, on PostgreSQL.
	`CREATE TABLE score_locks (organization_id TEXT PRIMARY KEY)`,
}

// makeScoreDays makes the tables, and sums up what the scorecards that are there ask for.
func makeScoreDays(ctx context.Context, tx *sql.Tx, _ database.Dialect) error {
	for _, statement := range scoreDayTables {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	err := sumRanges(ctx, tx, func(c hub.Scorecard) []hub.ScorecardNode {
		return slices.DeleteFunc(slices.Clone(c.Nodes), func(n hub.ScorecardNode) bool { return n.Kind != hub.NodeMetric })
	})
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, sumDays+sumDaysBy)
	return err
}

// sumRanges makes the ranges of what of returns of each scorecard, as sumRange does.
func sumRanges(ctx context.Context, tx *sql.Tx, of func(hub.Scorecard) []hub.ScorecardNode) error {
	cards, err := cardsToSum(ctx, tx)
	if err != nil {
		return err
	}
	for _, c := range cards {
		for _, n := range of(c) {
			if err := sumRange(ctx, tx, c, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// cardsToSum are all scorecards.
func cardsToSum(ctx context.Context, tx *sql.Tx) ([]hub.Scorecard, error) {
	rows, err := tx.QueryContext(ctx, `SELECT organization_id, conversation_type, id, definition FROM scorecards ORDER BY organization_id, id`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var cards []hub.Scorecard
	for rows.Next() {
		var c hub.Scorecard
		var organization, kind, id, definition string
		if err := rows.Scan(&organization, &kind, &id, &definition); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(definition), &c); err != nil {
			return nil, fmt.Errorf("scorecard %s: %w", id, err)
		}
		c.OrganizationID, c.ConversationType = organization, kind
		cards = append(cards, c)
	}
	return cards, rows.Err()
}

// sumRange makes the range of a scorecard's metric, and its series where there is none, unless they are there.
func sumRange(ctx context.Context, tx *sql.Tx, c hub.Scorecard, n hub.ScorecardNode) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO score_series (organization_id, series, conversation_type, metric_id)
		SELECT CAST($1 AS TEXT), COALESCE(MAX(series), 0) + 1, CAST($2 AS TEXT), CAST($3 AS TEXT) FROM score_series WHERE organization_id = $1 ON CONFLICT DO NOTHING`, c.OrganizationID, c.ConversationType, n.MetricID)
	if err != nil {
		return err
	}
	g := rangeOf(0, n.Rubric, c.MinDuration)
	_, err = tx.ExecContext(ctx, `INSERT INTO score_ranges (organization_id, range_id, series, low, high, min_duration_ms)
		SELECT s.organization_id, (SELECT COALESCE(MAX(range_id), 0) + 1 FROM score_ranges WHERE organization_id = $1), s.series, CAST($4 AS DOUBLE PRECISION), CAST($5 AS DOUBLE PRECISION), CAST($6 AS BIGINT)
		FROM score_series s WHERE s.organization_id = $1 AND s.conversation_type = $2 AND s.metric_id = $3 ON CONFLICT DO NOTHING`,
		c.OrganizationID, c.ConversationType, n.MetricID, g.low, g.high, g.minDuration)
	return err
}

// countScored gives each recording with scores its value of scoredMetric, and each type of conversations with scorecards or scores
// the series of it.
var countScored = []string{
	`INSERT INTO score_series (organization_id, series, conversation_type, metric_id)
		SELECT k.organization_id, (SELECT COALESCE(MAX(m.series), 0) FROM score_series m WHERE m.organization_id = k.organization_id)
			+ ROW_NUMBER() OVER (PARTITION BY k.organization_id ORDER BY k.conversation_type), k.conversation_type, '` + scoredMetric + `'
		FROM (SELECT organization_id, conversation_type FROM scorecards UNION SELECT organization_id, conversation_type FROM scores) k`,
	`INSERT INTO scores (organization_id, recording_id, metric_id, conversation_type, started_at, duration_ms, user_id, team_id, discoverable, value, details, series)
		SELECT r.organization_id, r.id, '` + scoredMetric + `', r.conversation_type, r.started_at, r.duration_ms, r.user_id, r.team_id, r.discoverable,
			CASE WHEN r.result = '` + string(hub.ResultClosed) + `' THEN 1 ELSE 0 END, '{}', x.series
		FROM recordings r JOIN score_series x ON x.organization_id = r.organization_id AND x.conversation_type = r.conversation_type AND x.metric_id = '` + scoredMetric + `'
		WHERE r.scored`,
}

// countScoredByDay lets scored recordings be counted as values are summed up, by day, too.
func countScoredByDay(ctx context.Context, tx *sql.Tx, _ database.Dialect) error {
	for _, statement := range countScored {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	recordings := []hub.ScorecardNode{{MetricID: scoredMetric, Rubric: wins}}
	if err := sumRanges(ctx, tx, func(hub.Scorecard) []hub.ScorecardNode { return recordings }); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, sumDays+` JOIN score_series x ON x.organization_id = g.organization_id AND x.series = g.series AND x.metric_id = '`+scoredMetric+`'`+sumDaysBy)
	return err
}
