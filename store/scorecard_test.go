package store_test

import (
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestScoresOfDeletedRecordings deletes a recording: what it was given, and why, is gone, and no figure counts it.
func TestScoresOfDeletedRecordings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		start := time.Date(2026, 3, 9, 9, 0, 0, 0, time.UTC)
		var ids []string
		for _, value := range []float64{2, 4} {
			id := storetest.Recording(t, st, org, "u", start, time.Hour)
			if _, err := st.PutAnalysis(ctx, org, id, hub.AnalysisResult{Scores: []hub.Score{{MetricID: "m", Value: value, Details: hub.ScoreDetails{Cited: "what was said"}}}}); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		if _, err := st.DeleteRecording(ctx, org, ids[0]); err != nil {
			t.Fatal(err)
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM scores WHERE recording_id = $1`, ids[0]); n != 0 {
			t.Errorf("%d scores of the deleted recording are left", n)
		}
		f := store.ScoreFilter{By: hub.Viewer{Admin: true}, From: start, Until: start.Add(time.Hour), Everything: true}
		figures, err := st.MetricFigures(ctx, org, f, []store.MetricAsked{{ID: "m"}})
		if err != nil || figures["m"].Count != 1 || figures["m"].Sum != 4 {
			t.Errorf("the figures are %+v, %v", figures, err)
		}
	})
}
