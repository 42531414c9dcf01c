package store_test

import (
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
)

// TestExplainNothingPulled: a connection without a sync is neither said to have a cursor nor, wrongly, to be pushed to.
func TestExplainNothingPulled(t *testing.T) {
	for _, c := range []struct {
		platform hub.Platform
		active   bool
		want     string
	}{
		{hub.PlatformCustomInput, true, "Its records are pushed to Sirocco; there is nothing to read."},
		{hub.PlatformCustomInput, false, "Its records are pushed to Sirocco; there is nothing to read."},
		{hub.PlatformIngage, true, "It posts what there is to Sirocco; there is nothing to read. Nothing has come yet."},
		{hub.PlatformIngage, false, "It posts what there is to Sirocco; there is nothing to read. It is paused, and what it posts is refused."},
		{"A_NEWER_ONE", true, "Nothing is read for A_NEWER_ONE yet."},
	} {
		if got := (store.Schedule{}).Explain(hub.Connection{Platform: c.platform, Active: c.active}, time.Now()); got != c.want {
			t.Errorf("%s, active %v: %q", c.platform, c.active, got)
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
