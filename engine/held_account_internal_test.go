package engine

import (
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store/storetest"
)

// TestNodesLearnThatAnAccountIsHeld has two nodes with requests of one account in hand, one of which is asked to leave it alone: the
// other one knows with its next session, or its next block, and so does one that asks for it the first time.
func TestNodesLearnThatAnAccountIsHeld(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx, now := t.Context(), time.Now().Truncate(time.Microsecond)
		st := storetest.Open(t, url, func() time.Time { return now })
		info := hub.PlatformInfo{Platform: hub.PlatformMerge, Rate: hub.Rate{Requests: 100, Per: time.Minute}}
		node := func() *limiter {
			return newLimiters(st).get(hub.Connection{Platform: hub.PlatformMerge}, nil, "42", info)
		}
		here, there, later := node(), node(), node()
		for _, l := range []*limiter{here, there} {
			if wait, err := l.take(ctx, now); err != nil || wait != 0 {
				t.Fatal(wait, err)
			}
		}
		set := now.Add(-time.Hour)
		asks := &transport{limiter: here, clock: func() time.Time { return now }, credentials: set, opened: now}
		if err := asks.heed(ctx, &connector.Error{Kind: connector.RateLimited, Status: 429, RetryAfter: 2 * time.Hour}); err != nil {
			t.Fatal(err)
		}
		if wait := here.heldFor(set, now); wait != 2*time.Hour {
			t.Errorf("here: %s", wait)
		}
		if err := later.learn(ctx); err != nil || later.heldFor(set, now) != 2*time.Hour {
			t.Errorf("a session that is opened: %s, %v", later.heldFor(set, now), err)
		}
		for range 100 { // to the end of its block
			if _, err := there.take(ctx, now); err != nil {
				t.Fatal(err)
			}
		}
		if wait := there.heldFor(set, now); wait != 2*time.Hour {
			t.Errorf("a session that is under way: %s", wait)
		}
		if wait := there.heldFor(now.Add(time.Second), now); wait != 0 {
			t.Errorf("credentials that were set since: %s", wait)
		}
		if wait := there.heldFor(set, now.Add(2*time.Hour)); wait != 0 {
			t.Errorf("after it: %s", wait)
		}
	})
}
