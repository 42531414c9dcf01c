package store_test

import (
	"slices"
	"testing"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// TestRunsAreListedLatestFirst pages through runs whose ids begin with the first and the last of their digits.
func TestRunsAreListedLatestFirst(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		c := storetest.Connection(t, st, org, hub.PlatformMerge)
		for _, id := range []string{"0a", "9b", "fc"} {
			storetest.Exec(t, st, `INSERT INTO sync_runs (organization_id, connection_id, id, started_at, pages, created, updated, unchanged, deleted, quarantined, bytes, rate_wait, error)
				VALUES ($1, $2, $3, 0, 0, 0, 0, 0, 0, 0, 0, 0, '')`, org, c.ID, id)
		}
		for before, want := range map[string][]string{"": {"fc", "9b"}, "9b": {"0a"}, "0a": nil} {
			runs, err := st.SyncRuns(t.Context(), org, c.ID, before, 2)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range runs {
				got = append(got, r.ID)
			}
			if !slices.Equal(got, want) {
				t.Errorf("before %q: %v, want %v", before, got, want)
			}
		}
	})
}
