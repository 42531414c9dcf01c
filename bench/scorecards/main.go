// Command scorecards measures how long a scorecard's evaluation takes to be answered, over 100,000 scored recordings of ten
// metrics, on both databases, through the whole API.
//
//	go run ./bench/scorecards                  about two minutes
//	go run ./bench/scorecards -recordings 10000 -rounds 50
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"sirocco/api"
	"sirocco/bench/rig"
	"sirocco/hub"
	"sirocco/store"
)

const (
	metricsMade = 10
	usersMade   = 200
	teamsMade   = 20
	salesType   = "01a20d93-18da-7722-934a-80bcd7430001"
	idsBegin    = "01a20d93-18da-7722-934a-"
	// wonSeries is the number of the series by which the store counts recordings, and which of them were won.
	wonSeries = metricsMade + 1
)

// year is when the recordings are made, evenly.
var year = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

func main() {
	recordings := flag.Int("recordings", 100_000, "how many recordings are scored")
	rounds := flag.Int("rounds", 40, "how many times each question is asked")
	profile := flag.String("profile", "", "write a CPU profile to this file")
	flag.Parse()
	if flag.NArg() > 0 || *recordings < 1 || *rounds < 1 {
		flag.Usage()
		os.Exit(2)
	}
	err := rig.OnBoth(*profile, func(databases []rig.Database) error {
		fmt.Printf("# %s scored recordings of %d metrics in a year, of %d reps in %d teams\n\n", rig.Thousands(*recordings), metricsMade, usersMade, teamsMade)
		for _, d := range databases {
			if err := measure(context.Background(), d, *recordings, *rounds); err != nil {
				return fmt.Errorf("%s: %w", d.Name, err)
			}
		}
		return nil
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "scorecards:", err)
		os.Exit(1)
	}
}

func measure(ctx context.Context, d rig.Database, recordings, rounds int) error {
	st, err := rig.Open(ctx, d.URL)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	organization, card, token, err := seed(ctx, st, recordings)
	if err != nil {
		return err
	}
	handler := api.New(api.Config{Store: st, Logger: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Clock: time.Now, Version: "bench", Models: func(hub.Platform) []hub.Model { return nil }})
	fmt.Println("| database | question | p50 | p95 | most |\n|---|---|---|---|---|")
	for _, q := range []struct {
		name        string
		from, until time.Time
		by, id      string
	}{
		{"a rep, the year", year, year.AddDate(1, 0, 0), "USER", madeID(1, 7)},
		{"a team, a quarter", year.AddDate(0, 3, 0), year.AddDate(0, 6, 0), "TEAM", madeID(2, 7)},
		{"the organization, a month", year.AddDate(0, 5, 0), year.AddDate(0, 6, 0), "ORGANIZATION", organization},
		{"the organization, the year", year, year.AddDate(1, 0, 0), "ORGANIZATION", organization},
	} {
		query := url.Values{"startAt": {hub.WireTime(q.from)}, "endAt": {hub.WireTime(q.until)}, "filterBy": {q.by}, "filterByIds": {q.id}}
		took := make([]time.Duration, rounds)
		for i := range took {
			req := httptest.NewRequest(http.MethodGet, "/v1/core/scorecards/evaluated-instances/"+card+"?"+query.Encode(), http.NoBody)
			req.Header.Set("x-siro-auth-token", token)
			out := httptest.NewRecorder()
			began := time.Now()
			handler.ServeHTTP(out, req)
			took[i] = time.Since(began)
			if out.Code != http.StatusOK || strings.Contains(out.Body.String(), `"recordingsEvaluatedCount":0,`) {
				return fmt.Errorf("%s: %d %s", q.name, out.Code, out.Body)
			}
		}
		slices.Sort(took)
		fmt.Printf("| %s | %s | %s | %s | %s |\n", d.Name, q.name, shown(took[rounds/2]), shown(took[min(rounds-1, rounds*95/100)]), shown(took[rounds-1]))
	}
	return nil
}

func shown(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

// madeID is the id of the nth thing of a kind, as wide as ids are.
func madeID(kind, n int) string { return fmt.Sprintf("%s%012d", idsBegin, kind*1_000_000_000+n) }

// seed makes the scorecard and the recordings, and an administrator who asks.
func seed(ctx context.Context, st *store.Store, recordings int) (organization, card, token string, err error) {
	o, err := st.CreateOrganization(ctx, "Bench")
	if err != nil {
		return "", "", "", err
	}
	u, err := st.CreateUser(ctx, o.ID, hub.User{Email: "admin@bench.example", Admin: true})
	if err != nil {
		return "", "", "", err
	}
	app, secret, err := st.CreateApp(ctx, o.ID, "bench", u.ID)
	if err != nil {
		return "", "", "", err
	}
	if _, token, err = st.CreateAccessToken(ctx, o.ID, app.ClientID, secret, u.ID, hub.ScopeRead); err != nil {
		return "", "", "", err
	}
	c := hub.Scorecard{OrganizationID: o.ID, ConversationType: salesType, Active: true, Name: "Bench", Nodes: []hub.ScorecardNode{{ID: "root", Kind: hub.NodeRoot}}}
	var metrics []hub.ScorecardMetric
	for i := range metricsMade {
		m := hub.ScorecardMetric{ID: madeID(3, i), Name: fmt.Sprintf("Metric %d", i), MetricType: "REP_WORDS_PER_MINUTE"}
		m.Complete()
		metrics = append(metrics, m)
		c.Nodes = append(c.Nodes, hub.ScorecardNode{ID: m.ID, Name: m.Name, Kind: hub.NodeMetric, ParentID: "root", MetricID: m.ID, Rubric: &hub.ScoreRubric{Points: 100, Min: 40, Max: 60, Tolerance: 10}})
	}
	if err := fill(ctx, st, o.ID, recordings); err != nil {
		return "", "", "", err
	}
	began := time.Now()
	kept, err := st.PutScorecard(ctx, c, metrics) // sums the scores up
	fmt.Printf("Putting the scorecard, over the scores that are there: %s.\n\n", shown(time.Since(began)))
	return o.ID, kept.ID, token, err
}

// fill makes the recordings and their scores within the database.
func fill(ctx context.Context, st *store.Store, organization string, recordings int) error {
	step := (365 * 24 * time.Hour / time.Duration(recordings)).Microseconds()
	made := func(kind int, n string) string { // as madeID
		return fmt.Sprintf(`'%s' || SUBSTR(CAST(1000000000000 + %d + %s AS TEXT), 2)`, idsBegin, kind*1_000_000_000, n)
	}
	series := fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < %d), m(j) AS (SELECT 0 UNION ALL SELECT j + 1 FROM m WHERE j + 1 < %d) `, recordings, metricsMade)
	at := fmt.Sprintf("%d + CAST(i AS BIGINT) * %d", year.UnixMicro(), step)
	user, team := made(1, fmt.Sprintf("i %% %d", usersMade)), made(2, fmt.Sprintf("i %% %d", teamsMade))
	for _, statement := range []string{
		`INSERT INTO recordings (organization_id, id, user_id, team_id, title, file_type, blob, size, started_at, ended_at, duration_ms, result, conversation_type, trigger_kind, discoverable,
			contact_name, contact_phone, status, analysis, analysis_hash, link_also, link_by, link_trigger, link_reason, created_at, updated_at, scored) ` + series +
			`SELECT '` + organization + `', ` + made(4, "i") + `, ` + user + `, ` + team + `, 'Call', 'audio/mpeg', ` + made(4, "i") + `, 1000, ` + at + `, ` + at + `, 600000,
			CASE WHEN i % 3 = 0 THEN 'closed' ELSE '' END, '` + salesType + `', '', FALSE, '', '', 'COMPLETE', '{}', '', '[]', '', '', '', ` + at + `, ` + at + `, TRUE FROM n`,
		`INSERT INTO score_series (organization_id, series, conversation_type, metric_id) ` + series + `SELECT '` + organization + `', j + 1, '` + salesType + `', ` + made(3, "j") + ` FROM m`,
		fmt.Sprintf(`INSERT INTO score_series (organization_id, series, conversation_type, metric_id) VALUES ('%s', %d, '%s', '')`, organization, wonSeries, salesType),
		`INSERT INTO scores (organization_id, recording_id, metric_id, conversation_type, started_at, duration_ms, user_id, team_id, discoverable, value, details, series) ` + series +
			`SELECT '` + organization + `', ` + made(4, "i") + `, ` + made(3, "j") + `, '` + salesType + `', ` + at + `, 600000, ` + user + `, ` + team + `, FALSE, (i * 7 + j * 13) % 100, '{}', j + 1 FROM n, m`,
		`INSERT INTO scores (organization_id, recording_id, metric_id, conversation_type, started_at, duration_ms, user_id, team_id, discoverable, value, details, series) ` + series +
			`SELECT '` + organization + `', ` + made(4, "i") + `, '', '` + salesType + `', ` + at + `, 600000, ` + user + `, ` + team + `, FALSE, CASE WHEN i % 3 = 0 THEN 1 ELSE 0 END, '{}', ` + fmt.Sprint(wonSeries) + ` FROM n`,
	} {
		if err := rig.Execute(ctx, st, statement); err != nil {
			return err
		}
	}
	if _, pool := st.Native().(*pgxpool.Pool); pool { // what the server does by itself within minutes
		return rig.Execute(ctx, st, "VACUUM ANALYZE")
	}
	return rig.Execute(ctx, st, "ANALYZE")
}
