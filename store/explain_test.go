package store_test

import (
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
)

// TestExplainNothingPulled: a connection without a sync is neither said to have a cursor nor, wrongly, to be pushed to.
func TestExplainNothingPulled(t *testing.T) {
	for platform, want := range map[hub.Platform]string{
		hub.PlatformCustomInput:    "Its records are pushed to Sirocco; there is nothing to pull.",
		hub.PlatformIngage:         "Nothing is pulled for INGAGE yet.",
		hub.PlatformLeadPerfection: "Nothing is pulled for LEAD_PERFECTION yet.",
	} {
		for _, active := range []bool{true, false} {
			if got := (store.Schedule{}).Explain(hub.Connection{Platform: platform, Active: active}, time.Now()); got != want {
				t.Errorf("%s, active %v: %q", platform, active, got)
			}
		}
	}
}

// TestExplainLane: a connection that is due and waits behind others that were not answered says so, and only then.
func TestExplainLane(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	due := store.Schedule{ConnectionID: "c", DueAt: now.Add(-time.Minute), Waiting: store.Continuing, Host: "crm.example", Timeouts: 1}
	running, later, answered := due, due, due
	running.LeaseUntil, running.RunID, running.Waiting = now.Add(time.Minute), "r", ""
	later.DueAt, later.Waiting = now.Add(time.Minute), ""
	answered.Timeouts = 0
	for _, c := range []struct {
		sched store.Schedule
		want  string
	}{
		{due, "It waits its turn among the connections that were not answered in time by crm.example: they are tried one after another."},
		{running, "It is syncing now."},
		{later, "It is up to date; the next sync is at 2026-03-01T12:01:00.000Z."},
		{answered, "It is syncing; it has let other connections go first for a moment."},
	} {
		if got := c.sched.Explain(hub.Connection{Platform: hub.PlatformMerge, Active: true}, now); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
