package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

const talks = "01a20d93-18da-7722-934a-80bcd7430001"

var scoreBegin = time.Date(2026, 3, 9, 9, 0, 0, 0, time.UTC)

// cardOf is a scorecard of one metric of which [low, high] passes, in recordings of ten minutes or more.
func cardOf(org, id string, low, high float64) hub.Scorecard {
	return hub.Scorecard{OrganizationID: org, ID: id, ConversationType: talks, Active: true, Name: "Card", MinDuration: 10 * time.Minute, Nodes: []hub.ScorecardNode{
		{ID: "root", Kind: hub.NodeRoot}, {ID: "n", Kind: hub.NodeMetric, ParentID: "root", MetricID: "m", Rubric: &hub.ScoreRubric{Points: 100, Min: low, Max: high}},
	}}
}

func putCard(t *testing.T, st *store.Store, c hub.Scorecard) hub.Scorecard {
	t.Helper()
	kept, err := st.PutScorecard(t.Context(), c, []hub.ScorecardMetric{{ID: "m", Name: "M", MetricType: "REP_WORDS_PER_MINUTE"}})
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// scored makes a recording of a length, days after the beginning.
func scored(t *testing.T, st *store.Store, org string, day int, length time.Duration) string {
	t.Helper()
	id := storetest.Recording(t, st, org, "u", scoreBegin.Add(time.Duration(day)*24*time.Hour), length)
	storetest.Exec(t, st, `UPDATE recordings SET conversation_type = $1, blob = id, result = $3 WHERE id = $2`, talks, id, []string{"", "closed"}[day%2])
	return id
}

func giveScore(ctx context.Context, st *store.Store, org, id string, value float64, at time.Duration) error {
	r := hub.AnalysisResult{Scores: []hub.Score{{MetricID: "m", Value: value}}, Duration: at}
	_, err := st.PutAnalysis(ctx, org, id, r)
	return err
}

// exact holds the figures by day against those that each score is read for: a viewer who is no administrator is answered so.
func exact(t *testing.T, st *store.Store, org string, c hub.Scorecard) hub.MetricFigures {
	t.Helper()
	asked := []store.MetricAsked{{ID: "m", Rubric: c.Nodes[1].Rubric}}
	var last hub.MetricFigures
	for _, span := range [][2]time.Duration{{-24 * time.Hour, 60 * 24 * time.Hour}, {5 * time.Hour, 9*24*time.Hour + 3*time.Hour}, {15 * time.Hour, 6*24*time.Hour - 9*time.Hour}} {
		f := store.ScoreFilter{By: hub.Viewer{Admin: true}, ConversationType: talks, From: scoreBegin.Add(span[0]), Until: scoreBegin.Add(span[1]), MinDuration: c.MinDuration, Everything: true}
		got, err := st.MetricFigures(t.Context(), org, f, asked)
		if err != nil {
			t.Fatal(err)
		}
		f.By = hub.Viewer{UserID: "u"}
		want, err := st.MetricFigures(t.Context(), org, f, asked)
		if err != nil || got["m"] != want["m"] {
			t.Errorf("over %v the figures are %+v, each score says %+v, %v", span, got["m"], want["m"], err)
		}
		f.By = hub.Viewer{Admin: true}
		counted, err := st.CountScored(t.Context(), org, f)
		if err != nil || counted.Count != got["m"].Count { // each recording has a score for the one metric
			t.Errorf("over %v there are %+v recordings of %d scores, %v", span, counted, got["m"].Count, err)
		}
		f.By = hub.Viewer{UserID: "u"}
		if each, err := st.CountScored(t.Context(), org, f); err != nil || each != counted {
			t.Errorf("over %v %+v recordings are counted one by one, %+v by day, %v", span, each, counted, err)
		}
		if last == (hub.MetricFigures{}) {
			last = got["m"]
		}
	}
	return last
}

// days counts the days that are summed up of an organization.
func days(t *testing.T, st *store.Store, org string) int {
	t.Helper()
	return storetest.Count(t, st, `SELECT COUNT(*) FROM score_days WHERE organization_id = $1`, org)
}

// TestDaysAreWhatTheirScoresAre changes scores in every way: after each the sums by day are those of the scores.
func TestDaysAreWhatTheirScoresAre(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		card := putCard(t, st, cardOf(org, "", 40, 60))
		other := storetest.Organization(t, st) // whose scores of the same times and range are none of this one's
		putCard(t, st, cardOf(other, "", 40, 60))
		for _, day := range []int{0, 1, 5, 6, 9} {
			if err := giveScore(t.Context(), st, other, scored(t, st, other, day, time.Hour), 50, 0); err != nil {
				t.Fatal(err)
			}
		}
		random := rand.New(rand.NewPCG(1, 2)) // its values are quarters, which add up the same in any order
		var ids []string
		for i := range 30 {
			id := scored(t, st, org, i%10, time.Duration(5+i%3*5)*time.Minute)
			if err := giveScore(t.Context(), st, org, id, 30+float64(random.IntN(160))/4, 0); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		if first := exact(t, st, org, card); first.Count != 20 || first.Passed == 0 || first.Passed == 20 {
			t.Errorf("of 30 scores %+v", first)
		}
		for i, id := range ids[:15] { // analysed again: another value, another length, or no score
			if err := giveScore(t.Context(), st, org, id, float64(random.IntN(400))/4, time.Duration(i)*time.Minute); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := st.PutAnalysis(t.Context(), org, ids[1], hub.AnalysisResult{Utterances: []hub.Utterance{{Speaker: "Rep", Text: "Hello."}}}); err != nil {
			t.Fatal(err)
		}
		exact(t, st, org, card)
		for _, id := range ids[10:18] {
			if _, err := st.DeleteRecording(t.Context(), org, id); err != nil {
				t.Fatal(err)
			}
		}
		exact(t, st, org, card)
		card = putCard(t, st, cardOf(org, card.ID, 10, 35)) // another range, over what is there
		if was := exact(t, st, org, card); was.Count == 0 || was.Passed == 0 {
			t.Errorf("of another range %+v", was)
		}
		second := putCard(t, st, cardOf(org, "", 10, 35))
		card = putCard(t, st, cardOf(org, card.ID, 0, 100))
		exact(t, st, org, second)
		exact(t, st, org, card)
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM score_ranges WHERE organization_id = $1`, org); n != 3 { // and one that counts recordings
			t.Errorf("%d ranges of two scorecards", n)
		}
		for _, id := range ids {
			if _, err := st.DeleteRecording(t.Context(), org, id); err != nil && !slices.Contains(ids[10:18], id) {
				t.Fatal(err)
			}
		}
		if n := days(t, st, org); n != 0 {
			t.Errorf("%d days are left without scores", n)
		}
	})
}

// TestDaysOfManyAtOnce lets many write scores of the same days, and another range come meanwhile: nothing is counted twice or
// passed over, and nobody waits for ever.
func TestDaysOfManyAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		card := putCard(t, st, cardOf(org, "", 40, 60))
		var ids []string
		for i := range 24 {
			ids = append(ids, scored(t, st, org, i%3, 20*time.Minute))
		}
		var all sync.WaitGroup
		for w := range 6 {
			all.Go(func() {
				for round := range 3 {
					for i := w; i < len(ids); i += 6 {
						if err := giveScore(t.Context(), st, org, ids[i], float64((i*7+round*13)%100), 0); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		for i := range 4 {
			card = putCard(t, st, cardOf(org, card.ID, float64(10*i), 70))
		}
		all.Wait()
		if got := exact(t, st, org, card); got.Count != 24 {
			t.Errorf("%d scores of 24", got.Count)
		}
	})
}

// TestDaysOfAnUpgrade upgrades a database that has scores and scorecards: what is asked of it is summed up.
func TestDaysOfAnUpgrade(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, url string) {
		if err := store.MigrateTo(t.Context(), url, 42); err != nil {
			t.Fatal(err)
		}
		db := connect(t, url)
		statements := []string{
			`INSERT INTO organizations (id, name, created_at) VALUES ('org', 'Acme', 0)`,
			`INSERT INTO score_series (organization_id, series, conversation_type, metric_id) VALUES ('org', 7, '` + talks + `', 'm')`,
			`INSERT INTO scorecards (organization_id, id, conversation_type, is_active, definition, created_at, updated_at) VALUES ('org', 'card', '` + talks + `', TRUE,
				'{"name":"Card","configId":"","minDuration":600000000000,"nodes":[{"id":"root","name":"","index":0,"kind":"ROOT"},{"id":"n","name":"","index":0,"kind":"METRIC","parentId":"root","metricId":"m","rubric":{"points":1,"min":40,"max":60,"tolerance":0}},
				{"id":"o","name":"","index":0,"kind":"METRIC","parentId":"root","metricId":"never"}]}', 0, 0)`,
		}
		for i := range 40 {
			statements = append(statements, fmt.Sprintf(`INSERT INTO scores (organization_id, recording_id, metric_id, conversation_type, started_at, duration_ms, user_id, discoverable, value, details, series)
				VALUES ('org', 'r%[1]d', 'm', '%[2]s', %[3]d, %[4]d, 'u', TRUE, %[5]d, '{}', 7)`, i, talks, scoreBegin.Add(time.Duration(i)*7*time.Hour).UnixMicro(), 300_000*(1+i%3), 30+i),
				fmt.Sprintf(`INSERT INTO recordings (organization_id, id, user_id, title, file_type, blob, size, started_at, ended_at, duration_ms, result, conversation_type, trigger_kind, discoverable,
				contact_name, contact_phone, status, analysis, analysis_hash, link_also, link_by, link_trigger, link_reason, created_at, updated_at, scored)
				VALUES ('org', 'r%[1]d', 'u', '', 'audio/mpeg', 'r%[1]d', 1, %[3]d, %[3]d, %[4]d, '%[5]s', '%[2]s', '', TRUE, '', '', 'COMPLETE', '{}', '', '[]', '', '', '', 0, 0, TRUE)`,
					i, talks, scoreBegin.Add(time.Duration(i)*7*time.Hour).UnixMicro(), 300_000*(1+i%3), []string{"closed", "", "other"}[i/3%3]))
		}
		for _, statement := range statements {
			if _, err := db.Exec(statement); err != nil {
				t.Fatal(err, statement)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		st := storetest.Open(t, url, nil)
		if got := exact(t, st, "org", cardOf("org", "card", 40, 60)); got.Count != 26 || got.Passed == 0 {
			t.Errorf("%+v", got)
		}
		f := store.ScoreFilter{By: hub.Viewer{Admin: true}, ConversationType: talks, From: scoreBegin.Add(-24 * time.Hour), Until: scoreBegin.Add(60 * 24 * time.Hour), Everything: true}
		for _, least := range []time.Duration{0, 10 * time.Minute} { // one by one, and by day
			f.MinDuration = least
			if counted, err := st.CountScored(t.Context(), "org", f); err != nil || least > 0 && counted != (store.ScoredRecordings{Count: 26, Won: 10}) || least == 0 && counted.Count != 40 {
				t.Errorf("of recordings of %s and more %+v, %v", least, counted, err)
			}
		}
		if n := days(t, st, "org"); n < 10 {
			t.Errorf("%d days are summed up", n)
		}
	})
}

// TestAnUpgradeThatCannotCountFails has a series already where the migration is to make it, or a scorecard that cannot be read: its statement
// fails, and so does the upgrade.
func TestAnUpgradeThatCannotCountFails(t *testing.T) {
	const card = `INSERT INTO scorecards (organization_id, id, conversation_type, is_active, definition, created_at, updated_at) VALUES ('org', 'card', '` + talks + `', TRUE, `
	for name, c := range map[string]struct {
		statements []string
		says       string
	}{
		"a series": {
			[]string{card + `'{"name":"Card","nodes":[]}', 0, 0)`, `INSERT INTO score_series (organization_id, series, conversation_type, metric_id) VALUES ('org', 7, '` + talks + `', '')`}, "",
		},
		"a scorecard": {[]string{card + `'{"name":', 0, 0)`}, "scorecard card: "},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.EachEmpty(t, func(t *testing.T, url string) {
				if err := store.MigrateTo(t.Context(), url, 42); err != nil {
					t.Fatal(err)
				}
				db := connect(t, url)
				for _, statement := range append([]string{`INSERT INTO organizations (id, name, created_at) VALUES ('org', 'Acme', 0)`}, c.statements...) {
					if _, err := db.Exec(statement); err != nil {
						t.Fatal(err)
					}
				}
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
				if st, err := store.OpenOrMake(t.Context(), url, store.Options{}); err == nil {
					t.Error("it is upgraded without what it counts", st.Close())
				} else if !strings.Contains(err.Error(), c.says) {
					t.Errorf("it says %v, and not %q", err, c.says)
				}
			})
		})
	}
}

// TestOneWriterLocksNoDays: on SQLite, where whoever writes is alone, no row says that somebody writes days.
func TestOneWriterLocksNoDays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		putCard(t, st, cardOf(org, "", 1, 2))
		if err := giveScore(t.Context(), st, org, scored(t, st, org, 0, time.Hour), 1, 0); err != nil {
			t.Fatal(err)
		}
		putCard(t, st, cardOf(org, "", 2, 3))
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM score_locks`); (n == 0) != strings.HasPrefix(url, "sqlite:") {
			t.Errorf("%d rows", n)
		}
	})
}

// TestAScorecardThatCannotBeRead is named, and not taken for an empty one.
func TestAScorecardThatCannotBeRead(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		c := putCard(t, st, cardOf(org, "", 1, 2))
		storetest.Exec(t, st, `UPDATE scorecards SET definition = '{"name":' WHERE id = $1`, c.ID)
		if all, err := st.Scorecards(t.Context(), org, "", nil); err == nil || !strings.Contains(err.Error(), "scorecard "+c.ID+": ") {
			t.Errorf("%+v, %v", all, err)
		}
	})
}
