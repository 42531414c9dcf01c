package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
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

// figuresByDay sums up the values of a metric from its days, and from the scores before the first whole day and behind the last
// one. found is false where that is not to be had: what is asked for is chosen by more than its time and its length, is shorter
// than some days, or is of no scorecard's range.
func (s *Store) figuresByDay(ctx context.Context, organization string, f ScoreFilter, series int64, rubric *hub.ScoreRubric) (one hub.MetricFigures, found bool, err error) {
	from, until := micros(f.From), micros(f.Until)
	first, end := dayOf(from+dayMicros-1), dayOf(until)
	if !f.Everything || !f.By.Admin || end-first < 2*dayMicros {
		return one, false, nil
	}
	g := rangeOf(series, rubric, f.MinDuration)
	ids, err := queryAll(ctx, s.db, scanCount, `SELECT range_id FROM score_ranges WHERE organization_id = $1 AND series = $2 AND low = $3 AND high = $4 AND min_duration_ms = $5`,
		organization, g.series, g.low, g.high, g.minDuration)
	if err != nil || len(ids) == 0 {
		return one, false, err
	}
	// The range may go meanwhile: then its days do, too, and so it is looked for in the same statement.
	ends := `SELECT 1, s.value, CASE WHEN s.value >= $5 AND s.value <= $6 THEN 1 ELSE 0 END FROM scores s
		WHERE s.organization_id = $1 AND s.series = $7 AND s.duration_ms >= $8 AND `
	all, err := queryAll(ctx, s.db, func(r database.Row) (hub.MetricFigures, error) {
		var one hub.MetricFigures
		err := r.Scan(&one.Count, &one.Sum, &one.Passed)
		return one, err
	}, `SELECT CAST(COALESCE(SUM(d.scored), 0) AS BIGINT), COALESCE(SUM(d.total), 0), CAST(COALESCE(SUM(d.passed), 0) AS BIGINT) FROM (
			SELECT scored, total, passed FROM score_days WHERE organization_id = $1 AND range_id = $2 AND day >= $3 AND day < $4
			UNION ALL `+ends+`s.started_at >= $9 AND s.started_at < $3
			UNION ALL `+ends+`s.started_at >= $4 AND s.started_at < $10) d
		WHERE EXISTS (SELECT 1 FROM score_ranges g WHERE g.organization_id = $1 AND g.range_id = $2) HAVING COUNT(*) > 0`,
		organization, ids[0], first, end, g.low, g.high, g.series, g.minDuration, from, until)
	if err != nil || len(all) == 0 {
		return one, false, err
	}
	return all[0], true, nil
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
