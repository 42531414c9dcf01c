package store_test

import (
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// TestAShorterIntervalCountsAtOnce: what was planned a day ahead and a random part of a day comes after the new interval at most.
func TestAShorterIntervalCountsAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
		st := storetest.Open(t, url, func() time.Time { return now })
		org := storetest.Organization(t, st)
		c := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount)
		storetest.Exec(t, st, `UPDATE schedules SET interval_seconds = 86400, models_due_at = $1, due_at = $1`, now.Add(26*time.Hour).UnixMicro())
		if err := st.SetSyncInterval(t.Context(), org, c.ID, 10*time.Second); err != nil {
			t.Fatal(err)
		}
		if s, err := st.Schedule(t.Context(), org, c.ID); err != nil || !s.DueAt.Equal(now.Add(10*time.Second)) || !s.ModelsDueAt.Equal(s.DueAt) {
			t.Errorf("%v: due at %s, all models at %s", err, s.DueAt, s.ModelsDueAt)
		}
	})
}
