package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"sirocco/database"
	"sirocco/hub"
)

const scorecardColumns = `organization_id, id, conversation_type, is_active, definition, created_at, updated_at`

func scanScorecard(r database.Row) (hub.Scorecard, error) {
	var c hub.Scorecard
	var id, organization, kind, definition string
	var active bool
	var created, updated int64
	if err := r.Scan(&organization, &id, &kind, &active, &definition, &created, &updated); err != nil {
		return c, err
	}
	if err := json.Unmarshal([]byte(definition), &c); err != nil {
		return c, fmt.Errorf("scorecard %s: %w", id, err)
	}
	c.ID, c.OrganizationID, c.ConversationType, c.Active, c.CreatedAt, c.UpdatedAt = id, organization, kind, active, fromMicros(created), fromMicros(updated)
	return c, nil
}

func scanMetric(r database.Row) (hub.ScorecardMetric, error) {
	var m hub.ScorecardMetric
	var definition string
	err := r.Scan(&definition)
	if err == nil {
		err = json.Unmarshal([]byte(definition), &m)
	}
	return m, err
}

// definitionsMost bounds how many scorecards, metrics and configurations an organization has, each of which is listed whole: so
// all of a kind together have no more bytes than a page.
const definitionsMost = 1000

// definitionsFit reports what is too much of a kind of definitions that an organization has, as a *hub.ConflictError.
func definitionsFit(ctx context.Context, tx Tx, organization, table, what string) error {
	all, err := queryOne(ctx, tx, func(r database.Row) (sum [2]int64, err error) {
		err = r.Scan(&sum[0], &sum[1])
		return sum, err
	}, `SELECT COUNT(*), COALESCE(SUM(OCTET_LENGTH(definition)), 0) FROM `+table+` WHERE organization_id = $1`, organization)
	switch {
	case err != nil:
		return err
	case all[0] > definitionsMost:
		return hub.Conflict("The organization has %d %s already.", definitionsMost, what)
	case all[1] > PageMost:
		return hub.Conflict("The %s of the organization would have more than %d bytes together.", what, PageMost)
	}
	return nil
}

// PutScorecard keeps a scorecard, with metrics of it, in the place of the one with its id; one without an id is a new one.
// What is wrong is a *hub.InvalidError.
func (s *Store) PutScorecard(ctx context.Context, c hub.Scorecard, metrics []hub.ScorecardMetric) (hub.Scorecard, error) {
	now := s.nowMillis()
	if c.ID == "" {
		c.ID = s.newID()
	}
	err := s.write(ctx, func(tx Tx) error {
		for _, m := range metrics {
			text, err := json.Marshal(m)
			if err != nil {
				return err
			}
			_, err = tx.Exec(ctx, `INSERT INTO scorecard_metrics (organization_id, id, definition, updated_at) VALUES ($1, $2, $3, $4)
				ON CONFLICT (organization_id, id) DO UPDATE SET definition = excluded.definition, updated_at = excluded.updated_at`, c.OrganizationID, m.ID, string(text), micros(now))
			if err != nil {
				return err
			}
		}
		known, err := metricsOf(ctx, tx, c.OrganizationID)
		if err != nil {
			return err
		}
		if len(known) > definitionsMost {
			return hub.Invalid("metricConfigurations", "are too many for one organization", fmt.Sprintf("at most %d", definitionsMost))
		}
		if err := definitionsFit(ctx, tx, c.OrganizationID, "scorecard_metrics", "metrics"); err != nil {
			return err
		}
		if err := c.Validate(known); err != nil {
			return err
		}
		text, err := json.Marshal(c)
		if err != nil {
			return err
		}
		kept, err := queryOne(ctx, tx, scanScorecard, `INSERT INTO scorecards (`+scorecardColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $6)
			ON CONFLICT (organization_id, id) DO UPDATE SET conversation_type = excluded.conversation_type, is_active = excluded.is_active, definition = excluded.definition, updated_at = excluded.updated_at
			RETURNING `+scorecardColumns, c.OrganizationID, c.ID, c.ConversationType, c.Active, string(text), micros(now))
		if err != nil {
			return err
		}
		c = kept
		if err := definitionsFit(ctx, tx, c.OrganizationID, "scorecards", "scorecards"); err != nil {
			return err
		}
		if err := keepRanges(ctx, tx, c.OrganizationID); err != nil {
			return err
		}
		return s.audit(ctx, tx, c.OrganizationID, "put", "scorecard", c.ID, map[string]any{"name": c.Name, "isActive": c.Active})
	})
	return c, err
}

// Metrics are the organization's metrics by their ids.
func (s *Store) Metrics(ctx context.Context, organization string) (map[string]hub.ScorecardMetric, error) {
	return metricsOf(ctx, s.db, organization)
}

func metricsOf(ctx context.Context, q database.Querier, organization string) (map[string]hub.ScorecardMetric, error) {
	all, err := queryAll(ctx, q, scanMetric, `SELECT definition FROM scorecard_metrics WHERE organization_id = $1 LIMIT $2`, organization, definitionsMost+1)
	byID := make(map[string]hub.ScorecardMetric, len(all))
	for _, m := range all {
		byID[m.ID] = m
	}
	return byID, err
}

// Scorecards lists the organization's scorecards, those of a conversation type, or all for an empty one, and those that are
// active or not, or all for nil. They say whether there are scores for them.
func (s *Store) Scorecards(ctx context.Context, organization, conversationType string, active *bool) ([]hub.Scorecard, error) {
	c := conditions{args: []any{organization}}
	if conversationType != "" {
		c.and("conversation_type = %s", conversationType)
	}
	if active != nil {
		c.and("is_active = %s", *active)
	}
	all, err := queryAll(ctx, s.db, scanScorecard, `SELECT `+scorecardColumns+` FROM scorecards WHERE organization_id = $1`+c.text+` ORDER BY id LIMIT `+c.arg(definitionsMost), c.args...)
	if err != nil {
		return nil, err
	}
	scored := map[string]bool{}
	for i := range all {
		kind := all[i].ConversationType
		if _, known := scored[kind]; !known {
			if scored[kind], err = queryAny(ctx, s.db, `SELECT 1 FROM recordings WHERE organization_id = $1 AND conversation_type = $2 AND scored LIMIT 1`, organization, kind); err != nil {
				return nil, err
			}
		}
		all[i].Scored = scored[kind]
	}
	return all, nil
}

// Scorecard returns one of the organization's.
func (s *Store) Scorecard(ctx context.Context, organization, id string) (hub.Scorecard, error) {
	return queryOne(ctx, s.db, scanScorecard, `SELECT `+scorecardColumns+` FROM scorecards WHERE organization_id = $1 AND id = $2`, organization, id)
}

// PutConfiguration keeps a conversation configuration, as the JSON that clients are shown, under its composed id.
func (s *Store) PutConfiguration(ctx context.Context, organization, id, definition string) error {
	return s.write(ctx, func(tx Tx) error {
		n, err := tx.Exec(ctx, `INSERT INTO conversation_configurations (organization_id, id, definition, updated_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (organization_id, id) DO UPDATE SET definition = excluded.definition, updated_at = excluded.updated_at
			WHERE conversation_configurations.definition <> excluded.definition`, organization, id, definition, micros(s.nowMillis()))
		if err != nil || n == 0 {
			return err
		}
		if err := definitionsFit(ctx, tx, organization, "conversation_configurations", "conversation configurations"); err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "put", "conversationConfiguration", id, nil)
	})
}

// Configurations are the organization's conversation configurations, as they were kept.
func (s *Store) Configurations(ctx context.Context, organization string) ([]string, error) {
	return queryAll(ctx, s.db, scanText, `SELECT definition FROM conversation_configurations WHERE organization_id = $1 ORDER BY id LIMIT $2`, organization, definitionsMost)
}

// scoredMetric is the id of what each recording with scores is given besides, as no metric of anybody's is: 1 where it ended in a win,
// else 0. So scored recordings are counted as values are summed up.
const scoredMetric = ""

// wins are the values of scoredMetric that count as won.
var wins = &hub.ScoreRubric{Min: 1, Max: 1}

// replaceScores keeps the scores of a new analysis, in the place of those before.
func replaceScores(ctx context.Context, tx Tx, r hub.Recording, scores []hub.Score) error {
	if len(scores) > 0 {
		won := hub.Score{MetricID: scoredMetric}
		if r.Result == hub.ResultClosed {
			won.Value = 1
		}
		scores = append(slices.Clip(scores), won)
	}
	days, err := removeScores(ctx, tx, r.OrganizationID, r.ID)
	if err != nil {
		return err
	}
	kept := make([]seriesScore, len(scores))
	for i, score := range scores {
		if kept[i], err = detailed(ctx, tx, &r, score); err != nil {
			return err
		}
	}
	anew := len(days) > 0
	for _, score := range sortedScores(kept) {
		_, err = tx.Exec(ctx, `INSERT INTO scores (organization_id, recording_id, metric_id, conversation_type, started_at, duration_ms, user_id, team_id, discoverable, value, details, series)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, r.OrganizationID, r.ID, score.MetricID, r.ConversationType, micros(r.StartedAt), r.Duration.Milliseconds(),
			r.UserID, optional(r.TeamID), r.Discoverable, score.Value, score.details, score.series)
		if err != nil {
			return err
		}
		if day := (scoreDay{score.series, dayOf(micros(r.StartedAt))}); anew {
			if !slices.Contains(days, day) {
				days = append(days, day)
			}
		} else if err := addScore(ctx, tx, &r, score.series, score.Value); err != nil {
			return err
		}
	}
	if err := sumUp(ctx, tx, r.OrganizationID, days); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE recordings SET scored = $3 WHERE organization_id = $1 AND id = $2 AND scored <> $3`, r.OrganizationID, r.ID, len(scores) > 0)
	return err
}

// seriesOf is the number of a metric's series in conversations of a type; hub.ErrNotFound where it has no score there.
func seriesOf(ctx context.Context, q database.Querier, organization, conversationType, metric string) (int64, error) {
	return queryOne(ctx, q, scanCount, `SELECT series FROM score_series WHERE organization_id = $1 AND conversation_type = $2 AND metric_id = $3`, organization, conversationType, metric)
}

// makeSeries is seriesOf, and gives the series the next number where it has none. Somebody else may take that meanwhile: then it
// is the one after.
func makeSeries(ctx context.Context, tx Tx, organization, conversationType, metric string) (int64, error) {
	for {
		series, err := seriesOf(ctx, tx, organization, conversationType, metric)
		if !errors.Is(err, hub.ErrNotFound) {
			return series, err
		}
		_, err = tx.Exec(ctx, `INSERT INTO score_series (organization_id, series, conversation_type, metric_id)
			SELECT CAST($1 AS TEXT), COALESCE(MAX(series), 0) + 1, CAST($2 AS TEXT), CAST($3 AS TEXT) FROM score_series WHERE organization_id = $1 ON CONFLICT DO NOTHING`, organization, conversationType, metric)
		if err != nil {
			return 0, err
		}
	}
}

// ScoreFilter chooses scored recordings that By sees.
type ScoreFilter struct {
	By               hub.Viewer
	ConversationType string
	// From and Until bound when they began; From is included, Until is not.
	From, Until time.Time
	MinDuration time.Duration
	// Recordings, Users and Teams choose those that are one of them, or of one of them; Everything all.
	Recordings, Users, Teams []string
	Everything               bool
}

// where says in SQL which rows, under the alias r, the filter chooses; recording is the column with a recording's id.
func (f *ScoreFilter) where(q database.Querier, c *conditions, recording string) {
	c.and("r.started_at >= %s AND r.started_at < %s", micros(f.From), micros(f.Until))
	if f.MinDuration > 0 {
		c.and("r.duration_ms >= %s", f.MinDuration.Milliseconds())
	}
	c.visibleTo(q, f.By)
	if f.Everything {
		return
	}
	var either []string
	for _, list := range []struct {
		column string
		ids    []string
	}{{recording, f.Recordings}, {"r.user_id", f.Users}, {"r.team_id", f.Teams}} {
		if len(list.ids) > 0 {
			either = append(either, c.in(q, list.column, list.ids))
		}
	}
	if len(either) == 0 {
		either = []string{"1 = 0"}
	}
	c.text += " AND (" + strings.Join(either, " OR ") + ")"
}

// ScoredRecordings says how many recordings a filter chooses, and how many of them ended in a win.
type ScoredRecordings struct{ Count, Won int64 }

// CountScored counts the scored recordings that the filter chooses.
func (s *Store) CountScored(ctx context.Context, organization string, f ScoreFilter) (ScoredRecordings, error) {
	figures, err := s.MetricFigures(ctx, organization, f, []MetricAsked{{scoredMetric, wins}})
	return ScoredRecordings{figures[scoredMetric].Count, figures[scoredMetric].Passed}, err
}

// MetricAsked is a metric whose figures are asked for, with the range that counts as passed; nil for none.
type MetricAsked struct {
	ID     string
	Rubric *hub.ScoreRubric
}

// MetricFigures sums up the values of metrics over the scored recordings that the filter chooses, in the database: from their
// days where those are to be had, else each metric from one range of an index that has all there is to know. A metric
// without a score has no figures.
func (s *Store) MetricFigures(ctx context.Context, organization string, f ScoreFilter, metrics []MetricAsked) (map[string]hub.MetricFigures, error) {
	figures, rest, err := s.figuresByDay(ctx, organization, f, metrics)
	if err != nil || len(rest) == 0 {
		return figures, err
	}
	series, err := s.seriesOfMetrics(ctx, organization, f.ConversationType, rest)
	if err != nil {
		return nil, err
	}
	all := make([]hub.MetricFigures, len(rest))
	asking, ctx := errgroup.WithContext(ctx)
	asking.SetLimit(metricsAtOnce)
	for i, m := range rest {
		of, scored := series[m.ID]
		if !scored {
			continue
		}
		asking.Go(func() (err error) {
			defer func() {
				if p := recover(); p != nil { // it is within nobody's request here, and would end the process
					err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
				}
			}()
			all[i], err = s.figuresOf(ctx, organization, f, of, m.Rubric)
			return err
		})
	}
	if err := asking.Wait(); err != nil {
		return nil, err
	}
	for i, m := range rest {
		if all[i].Count > 0 {
			figures[m.ID] = all[i]
		}
	}
	return figures, nil
}

// metricsAtOnce is how many metrics one question sums up at the same time.
const metricsAtOnce = 4

// seriesOfMetrics are the numbers of the series of metrics in conversations of a type, by the metrics' ids.
func (s *Store) seriesOfMetrics(ctx context.Context, organization, conversationType string, metrics []MetricAsked) (map[string]int64, error) {
	c := conditions{args: []any{organization, conversationType}}
	type pair struct {
		metric string
		series int64
	}
	all, err := queryAll(ctx, s.db, func(r database.Row) (pair, error) {
		var p pair
		err := r.Scan(&p.metric, &p.series)
		return p, err
	}, `SELECT metric_id, series FROM score_series WHERE organization_id = $1 AND conversation_type = $2 AND `+c.in(s.db, "metric_id", idsOfMetrics(metrics)), c.args...)
	series := make(map[string]int64, len(all))
	for _, p := range all {
		series[p.metric] = p.series
	}
	return series, err
}

func idsOfMetrics(metrics []MetricAsked) []string {
	ids := make([]string, len(metrics))
	for i, m := range metrics {
		ids[i] = m.ID
	}
	return ids
}

// figuresOf sums up the values of one series; none are the zero value.
func (s *Store) figuresOf(ctx context.Context, organization string, f ScoreFilter, series int64, rubric *hub.ScoreRubric) (hub.MetricFigures, error) {
	c := conditions{args: []any{organization, series}}
	passed := "0"
	if rubric != nil {
		passed = fmt.Sprintf("COALESCE(SUM(CASE WHEN r.value >= %s AND r.value <= %s THEN 1 ELSE 0 END), 0)", c.arg(rubric.Min), c.arg(rubric.Max))
	}
	f.where(s.db, &c, "r.recording_id")
	return queryOne(ctx, s.db, func(r database.Row) (hub.MetricFigures, error) {
		var one hub.MetricFigures
		err := r.Scan(&one.Count, &one.Sum, &one.Passed)
		return one, err
	}, `SELECT COUNT(*), COALESCE(SUM(r.value), 0), `+passed+` FROM scores r WHERE r.organization_id = $1 AND r.series = $2`+c.text, c.args...)
}

// SpotScore is what one recording was given for a metric, and why.
type SpotScore struct {
	hub.Score
	RecordingID, Title string
	StartedAt          time.Time
}

// Spotlight finds the recordings with the highest, or the lowest, values for a metric among those that the filter chooses.
func (s *Store) Spotlight(ctx context.Context, organization string, f ScoreFilter, metric string, highest bool, limit int) ([]SpotScore, error) {
	series, err := seriesOf(ctx, s.db, organization, f.ConversationType, metric)
	if err != nil {
		return nil, ignoreNotFound(err)
	}
	c := conditions{args: []any{organization, series}}
	f.where(s.db, &c, "r.recording_id")
	direction := "ASC"
	if highest {
		direction = "DESC"
	}
	return queryAll(ctx, s.db, func(r database.Row) (SpotScore, error) {
		var one SpotScore
		var details string
		var started int64
		err := r.Scan(&one.RecordingID, &one.Title, &started, &one.MetricID, &one.Value, &details)
		one.StartedAt = fromMicros(started)
		if err == nil {
			err = json.Unmarshal([]byte(details), &one.Details)
		}
		return one, err
	}, `SELECT f.recording_id, g.title, f.started_at, f.metric_id, f.value, f.details FROM (
			SELECT r.organization_id, r.recording_id, r.metric_id, r.value, r.started_at FROM scores r
			WHERE r.organization_id = $1 AND r.series = $2`+c.text+` ORDER BY r.value `+direction+`, r.recording_id LIMIT `+c.arg(limit)+`) w
		JOIN scores f ON f.organization_id = w.organization_id AND f.recording_id = w.recording_id AND f.metric_id = w.metric_id
		JOIN recordings g ON g.organization_id = w.organization_id AND g.id = w.recording_id AND g.deleted_at IS NULL
		ORDER BY w.value `+direction+`, w.recording_id`, c.args...)
}
