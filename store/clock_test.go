package store_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// skewed opens the database as a node does whose machine's clock is wrong.
func skewed(t *testing.T, url string, by time.Duration, log *slog.Logger) *store.Store {
	t.Helper()
	return storetest.OpenWith(t, url, store.Options{MachineClock: func() time.Time { return time.Now().Add(by) }, Logger: log})
}

// TestNodesGoByTheDatabasesClock has nodes whose clocks are 40 seconds and an hour from each other: a lease of one holds
// for all, what is due for one is due for all, and ids sort by when they were made.
func TestNodesGoByTheDatabasesClock(t *testing.T) {
	t.Parallel()
	storetest.Needs(t, "postgres")
	url := storetest.Postgres(t)
	var log bytes.Buffer
	right, ahead := skewed(t, url, 0, nil), skewed(t, url, 40*time.Second, nil)
	back := skewed(t, url, -time.Hour, slog.New(slog.NewTextHandler(&log, nil)))
	org := storetest.Organization(t, right)
	const lease = 35 * time.Second // less than the clock ahead is wrong by, and as much as a slow machine may need here
	claim := func(st *store.Store) (claimed int) {
		_, _, err := st.ClaimSchedules(t.Context(), store.Room{Workers: 10}, lease, func(_ store.Tx, due []store.Schedule) error {
			claimed = len(due)
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		return claimed
	}
	makeDue := func(platform hub.Platform) {
		conn := storetest.Connection(t, right, org, platform, hub.ModelAccount)
		due := right.Now().Add(-time.Second) // by more than clocks are measured exactly
		storetest.Exec(t, right, `UPDATE schedules SET due_at = $1 WHERE connection_id = $2`, due.UnixMicro(), conn.ID)
	}
	makeDue(hub.PlatformMerge)
	if n := claim(back); n != 1 {
		t.Errorf("the node an hour back takes %d of 1 due", n)
	}
	if n := claim(ahead) + claim(right); n != 0 {
		t.Errorf("the node ahead takes the other's lease for run out")
	}
	makeDue(hub.PlatformCompanyCam)
	if n := claim(right); n != 1 {
		t.Errorf("the right node takes %d of 1 due", n)
	}
	if n := claim(ahead); n != 0 {
		t.Errorf("the node ahead takes the lease of the right one for run out")
	}
	for _, st := range []*store.Store{ahead, right, back, ahead} { // each later than the one before
		o, err := st.CreateOrganization(t.Context(), "Later")
		if err != nil || o.ID <= org || o.CreatedAt.Sub(right.Now()).Abs() > 10*time.Second {
			t.Errorf("%s at %v is not after %s, %v", o.ID, o.CreatedAt, org, err)
		}
		org = o.ID
		storetest.Until(t, "it is later by more than clocks are measured exactly", func() bool { return right.Now().Sub(o.CreatedAt) > 200*time.Millisecond })
	}
	if off := ahead.ClockAhead() + 40*time.Second; off.Abs() > 10*time.Second {
		t.Errorf("it says that the database is ahead by %v", ahead.ClockAhead())
	}
	_, said, _ := strings.Cut(log.String(), "database_ahead=") // measured, so not to the millisecond
	if off, err := time.ParseDuration(strings.TrimSpace(said)); err != nil || strings.Count(log.String(), "level=WARN") != 1 || (off-time.Hour).Abs() > 10*time.Second {
		t.Errorf("it says %q", log.String())
	}
}
