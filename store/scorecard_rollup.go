package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// Scores are summed up by day, in the transaction that writes them, so that a scorecard over a long time does not read each of
// them. What is summed up is a range: the values of a series that count as passed, of recordings of a length or more, as some
// scorecard of the organization has it. The days of a range are always exactly what its scores are: a new score is added
// to its day, and where one goes or changes the day is summed up anew, so that nothing adds up wrong over time.

// dayMicros is how long a day is; days are those of UTC, and are named by their first instant.
const dayMicros = int64(24 * time.Hour / time.Microsecond)

// dayOf is the day of a time.
func dayOf(at int64) int64 { return at - ((at%dayMicros)+dayMicros)%dayMicros }

// dayOfScore is dayOf the score s, in SQL.
var dayOfScore = fmt.Sprintf("s.started_at - ((s.started_at %% %[1]d) + %[1]d) %% %[1]d", dayMicros)

// sumDays sums the scores s of ranges g up by day; conditions and sumDaysBy end it.
var sumDays = `INSERT INTO score_days (organization_id, range_id, day, scored, total, passed)
	SELECT g.organization_id, g.range_id, ` + dayOfScore + `, COUNT(*), SUM(s.value), SUM(CASE WHEN s.value >= g.low AND s.value <= g.high THEN 1 ELSE 0 END)
	FROM score_ranges g JOIN scores s ON s.organization_id = g.organization_id AND s.series = g.series AND s.duration_ms >= g.min_duration_ms`

var sumDaysBy = ` GROUP BY g.organization_id, g.range_id, ` + dayOfScore

// scoreRange is what is summed up.
type scoreRange struct {
	series, minDuration int64
	low, high           float64
}

// rangeOf is what a metric's rubric counts as passed; without one nothing does.
func rangeOf(series int64, r *hub.ScoreRubric, minDuration time.Duration) scoreRange {
	if r == nil {
		return scoreRange{series, minDuration.Milliseconds(), 0, -1}
	}
	return scoreRange{series, minDuration.Milliseconds(), r.Min, r.Max}
}

// lockDays lets an organization's ranges stay as they are until the transaction ends; alone lets nobody else write days either. Those
// who only add do not wait for each other. On SQLite the writer is alone.
func lockDays(ctx context.Context, tx Tx, organization string, alone bool) error {
	lock := tx.Dialect().ForShare()
	if alone {
		lock = tx.Dialect().ForUpdate()
	}
	if lock == "" {
		return nil
	}
	if _, err := tx.Exec(ctx, `INSERT INTO score_locks (organization_id) VALUES ($1) ON CONFLICT DO NOTHING`, organization); err != nil {
		return err
	}
	_, err := queryOne(ctx, tx, scanText, `SELECT organization_id FROM score_locks WHERE organization_id = $1`+lock, organization)
	return err
}

// scoreDay is a day of a series.
type scoreDay struct{ series, day int64 }

// removeScores removes a recording's scores, and returns the days that are to be summed up anew by sumUp. It takes the lock that is
// needed for that, or for adding.
func removeScores(ctx context.Context, tx Tx, organization, recording string) ([]scoreDay, error) {
	had, err := queryAll(ctx, tx, func(r database.Row) (scoreDay, error) {
		var d scoreDay
		err := r.Scan(&d.series, &d.day)
		d.day = dayOf(d.day)
		return d, err
	}, `SELECT series, started_at FROM scores WHERE organization_id = $1 AND recording_id = $2 ORDER BY series`, organization, recording)
	if err != nil {
		return nil, err
	}
	if err := lockDays(ctx, tx, organization, len(had) > 0); err != nil || len(had) == 0 {
		return nil, err
	}
	_, err = tx.Exec(ctx, `DELETE FROM scores WHERE organization_id = $1 AND recording_id = $2`, organization, recording)
	return had, err
}

// sumUp sums days up anew.
func sumUp(ctx context.Context, tx Tx, organization string, days []scoreDay) error {
	for _, d := range days {
		_, err := tx.Exec(ctx, `DELETE FROM score_days WHERE organization_id = $1 AND day = $2 AND range_id IN
			(SELECT range_id FROM score_ranges WHERE organization_id = $1 AND series = $3)`, organization, d.day, d.series)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, sumDays+` WHERE g.organization_id = $1 AND g.series = $2 AND s.started_at >= $3 AND s.started_at < $4`+sumDaysBy, organization, d.series, d.day, d.day+dayMicros)
		if err != nil {
			return err
		}
	}
	return nil
}

// addScore adds a score to its day. Scores are added in the order of their series, so that no two transactions wait for each other.
func addScore(ctx context.Context, tx Tx, r *hub.Recording, series int64, value float64) error {
	_, err := tx.Exec(ctx, `INSERT INTO score_days (organization_id, range_id, day, scored, total, passed)
			SELECT g.organization_id, g.range_id, CAST($2 AS BIGINT), 1, CAST($3 AS DOUBLE PRECISION), CASE WHEN CAST($3 AS DOUBLE PRECISION) >= g.low AND CAST($3 AS DOUBLE PRECISION) <= g.high THEN 1 ELSE 0 END
			FROM score_ranges g WHERE g.organization_id = $1 AND g.series = $4 AND g.min_duration_ms <= $5 ORDER BY g.range_id
		ON CONFLICT (organization_id, range_id, day) DO UPDATE SET scored = score_days.scored + 1, total = score_days.total + excluded.total, passed = score_days.passed + excluded.passed`,
		r.OrganizationID, dayOf(micros(r.StartedAt)), value, series, r.Duration.Milliseconds())
	return err
}

// keepRanges makes the organization's ranges those of its scorecards: those that are new are summed up, others go.
func keepRanges(ctx context.Context, tx Tx, organization string) error {
	if err := lockDays(ctx, tx, organization, true); err != nil {
		return err
	}
	cards, err := queryAll(ctx, tx, scanScorecard, `SELECT `+scorecardColumns+` FROM scorecards WHERE organization_id = $1 ORDER BY id`, organization)
	if err != nil {
		return err
	}
	needed := map[scoreRange]bool{}
	for _, c := range cards {
		recordings, err := makeSeries(ctx, tx, organization, c.ConversationType, scoredMetric)
		if err != nil {
			return err
		}
		needed[rangeOf(recordings, wins, c.MinDuration)] = true
		for _, n := range c.Nodes {
			if n.Kind != hub.NodeMetric {
				continue
			}
			series, err := makeSeries(ctx, tx, organization, c.ConversationType, n.MetricID)
			if err != nil {
				return err
			}
			needed[rangeOf(series, n.Rubric, c.MinDuration)] = true
		}
	}
	last := int64(0)
	known, err := queryAll(ctx, tx, func(row database.Row) (scoreRange, error) {
		var g scoreRange
		var id int64
		err := row.Scan(&id, &g.series, &g.low, &g.high, &g.minDuration)
		last = max(last, id)
		return g, err
	}, `SELECT range_id, series, low, high, min_duration_ms FROM score_ranges WHERE organization_id = $1`, organization)
	if err != nil {
		return err
	}
	for _, g := range known {
		if needed[g] {
			delete(needed, g)
			continue
		}
		if err := dropRange(ctx, tx, organization, g); err != nil {
			return err
		}
	}
	for g := range needed {
		last++
		_, err := tx.Exec(ctx, `INSERT INTO score_ranges (organization_id, range_id, series, low, high, min_duration_ms) VALUES ($1, $2, $3, $4, $5, $6)`, organization, last, g.series, g.low, g.high, g.minDuration)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, sumDays+` WHERE g.organization_id = $1 AND g.range_id = $2`+sumDaysBy, organization, last); err != nil {
			return err
		}
	}
	return nil
}

func dropRange(ctx context.Context, tx Tx, organization string, g scoreRange) error {
	chosen := ` WHERE organization_id = $1 AND series = $2 AND low = $3 AND high = $4 AND min_duration_ms = $5`
	args := []any{organization, g.series, g.low, g.high, g.minDuration}
	if _, err := tx.Exec(ctx, `DELETE FROM score_days WHERE organization_id = $1 AND range_id = (SELECT range_id FROM score_ranges`+chosen+`)`, args...); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM score_ranges`+chosen, args...)
	return err
}

// summedRanges are the ranges g of metrics x of conversations of a type, as the parameters of figuresByDay name them.
const summedRanges = `score_series x JOIN score_ranges g ON g.organization_id = x.organization_id AND g.series = x.series AND g.min_duration_ms = $3`

// figuresByDay sums up the values of metrics from their days, and from the scores before the first whole day and behind the last
// one, in one statement: a range that goes meanwhile takes its days along. rest are the metrics of which that is not to be had: where
// what is asked for is chosen by more than its time and its length, or is shorter than some days, and those of no scorecard's range.
func (s *Store) figuresByDay(ctx context.Context, organization string, f ScoreFilter, metrics []MetricAsked) (figures map[string]hub.MetricFigures, rest []MetricAsked, err error) {
	figures = make(map[string]hub.MetricFigures, len(metrics))
	from, until := micros(f.From), micros(f.Until)
	first, end := dayOf(from+dayMicros-1), dayOf(until)
	if !f.Everything || !f.By.Admin || end-first < 2*dayMicros {
		return figures, metrics, nil
	}
	c := conditions{args: []any{organization, f.ConversationType, f.MinDuration.Milliseconds(), first, end}}
	const chosen = ` WHERE x.organization_id = $1 AND x.conversation_type = $2 AND `
	of := chosen + c.in(s.db, "x.metric_id", idsOfMetrics(metrics))
	var parts strings.Builder
	parts.WriteString(`SELECT x.metric_id, g.low, g.high, 0 AS scored, CAST(0 AS DOUBLE PRECISION) AS total, 0 AS passed FROM ` + summedRanges + of + `
		UNION ALL SELECT x.metric_id, g.low, g.high, d.scored, d.total, d.passed FROM ` + summedRanges + `
			JOIN score_days d ON d.organization_id = g.organization_id AND d.range_id = g.range_id AND d.day >= $4 AND d.day < $5` + of)
	for _, beside := range [][2]int64{{from, first}, {end, until}} {
		if beside[0] < beside[1] {
			parts.WriteString(`
		UNION ALL SELECT x.metric_id, g.low, g.high, 1, s.value, CASE WHEN s.value >= g.low AND s.value <= g.high THEN 1 ELSE 0 END FROM ` + summedRanges + `
			JOIN scores s ON s.organization_id = g.organization_id AND s.series = g.series AND s.duration_ms >= g.min_duration_ms
				AND s.started_at >= ` + c.arg(beside[0]) + ` AND s.started_at < ` + c.arg(beside[1]) + of)
		}
	}
	type summed struct {
		metric    string
		low, high float64
	}
	found := map[summed]hub.MetricFigures{}
	_, err = queryAll(ctx, s.db, func(r database.Row) (summed, error) {
		var of summed
		var one hub.MetricFigures
		err := r.Scan(&of.metric, &of.low, &of.high, &one.Count, &one.Sum, &one.Passed)
		found[of] = one
		return of, err
	}, `SELECT metric_id, low, high, CAST(SUM(scored) AS BIGINT), SUM(total), CAST(SUM(passed) AS BIGINT) FROM (`+parts.String()+`) d GROUP BY metric_id, low, high`, c.args...)
	if err != nil {
		return nil, nil, err
	}
	for _, m := range metrics {
		g := rangeOf(0, m.Rubric, 0)
		one, ok := found[summed{m.ID, g.low, g.high}] // the bounds come back as they were put in
		switch {
		case !ok:
			rest = append(rest, m)
		case one.Count > 0:
			figures[m.ID] = one
		}
	}
	return figures, rest, nil
}

// sortedScores are scores in the order of their series.
func sortedScores(scores []seriesScore) []seriesScore {
	slices.SortFunc(scores, func(a, b seriesScore) int { return int(a.series - b.series) })
	return scores
}

// seriesScore is a score with the number of its series, and its details as they are kept.
type seriesScore struct {
	hub.Score
	series  int64
	details string
}

// detailed gives a score its series.
func detailed(ctx context.Context, tx Tx, r *hub.Recording, score hub.Score) (seriesScore, error) {
	details, err := json.Marshal(score.Details)
	if err != nil {
		return seriesScore{}, err
	}
	series, err := makeSeries(ctx, tx, r.OrganizationID, r.ConversationType, score.MetricID)
	return seriesScore{score, series, string(details)}, err
}
