package store_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// rateNode is a node that asks an account as fast as it may.
type rateNode struct {
	st    *store.Store
	block store.RateBlock
	used  store.RateUse
	// next is when it asks again, waited for how long it has in vain.
	next   time.Time
	waited time.Duration
}

// ask takes a request at now, or returns how long to wait.
func (n *rateNode) ask(t *testing.T, account string, r hub.Rate, now time.Time, statements *int) time.Duration {
	t.Helper()
	if n.used.Made >= n.block.Requests || !now.Before(n.block.Until) {
		*statements++
		block, err := n.st.TakeRate(context.Background(), account, r, n.used)
		if err != nil {
			t.Fatal(err)
		}
		n.block, n.used = block, store.RateUse{ID: block.ID, Last: now}
	}
	if wait := n.block.From.Sub(now); wait > 0 {
		return wait
	}
	n.used.Made++
	n.used.Last = now
	return 0
}

// TestVendorsSeeOneRateLimit lets two nodes ask for minutes, one of which is made anew in the first: never are more
// requests made within the limit's time than it allows, and hardly fewer; and nobody waits for long.
func TestVendorsSeeOneRateLimit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		var clock atomic.Int64
		clock.Store(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixMicro())
		now := func() time.Time { return time.UnixMicro(clock.Load()) }
		st := storetest.Open(t, url, now)
		for account, r := range map[string]hub.Rate{
			"merge": {Requests: 100, Per: time.Minute}, "servicetitan": {Requests: 60, Per: time.Second}, "slow": {Requests: 1, Per: 20 * time.Second}, "odd": {Requests: 3, Per: time.Minute},
		} {
			nodes := []*rateNode{{st: st}, {st: st}}
			var made []time.Time
			var longest time.Duration
			statements, began := 0, now()
			for now().Sub(began) < 4*r.Per {
				i := 0
				if nodes[1].next.Before(nodes[0].next) {
					i = 1
				}
				n := nodes[i]
				clock.Store(max(clock.Load(), n.next.UnixMicro()))
				wait := n.ask(t, account, r, now(), &statements)
				if n.waited += wait; wait == 0 {
					made = append(made, now())
					n.waited, wait = 0, r.Per/1000
				}
				longest = max(longest, n.waited)
				n.next = now().Add(wait + time.Microsecond)
				if len(made) == r.Requests/2+1 && i == 0 {
					nodes[1] = &rateNode{st: st} // it was killed, and started again
				}
			}
			for i := range made {
				if j := i + r.Requests; j < len(made) && made[j].Sub(made[i]) < r.Per {
					t.Fatalf("%s: requests %d and %d are %v apart", account, i, j, made[j].Sub(made[i]))
				}
			}
			if least := 4*r.Requests - max(1, r.Requests*3/10); len(made) < least {
				t.Errorf("%s: only %d requests of %d were made in %v", account, len(made), 4*r.Requests, 4*r.Per)
			}
			if r.Requests > 10 && (longest > r.Per/10+300*time.Millisecond || statements > len(made)) {
				t.Errorf("%s: a node waited for %v; %d statements for %d requests", account, longest, statements, len(made))
			}
		}
	})
}

// TestRateBucketsAreNew upgrades a database that has none.
func TestRateBucketsAreNew(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, url string) {
		if err := store.MigrateTo(t.Context(), url, 11); err != nil {
			t.Fatal(err)
		}
		db := connect(t, url)
		if _, err := db.Exec(`INSERT INTO organizations (id, name, created_at) VALUES ('org', 'Acme', 0)`); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		st := storetest.Open(t, url, nil)
		block, err := st.TakeRate(t.Context(), "a", hub.Rate{Requests: 100, Per: time.Minute}, store.RateUse{})
		if err != nil || block.From.After(st.Now()) || block.Requests != 10 {
			t.Errorf("%+v, %v", block, err)
		}
		storetest.Exec(t, st, `UPDATE rate_buckets SET updated_at = 0`)
		if _, err := st.TakeRate(t.Context(), "b", hub.Rate{Requests: 100, Per: time.Minute}, store.RateUse{}); err != nil {
			t.Error(err)
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM rate_buckets`); n != 1 {
			t.Errorf("%d buckets are left of one old and one new", n)
		}
	})
}

// TestALongerHoldStays lets nodes be told by one account for how long it wants to be left alone, by sessions that were opened at different
// times: the longer time holds, whichever is told last, and lets no credentials go that were held. Only where it is told so to
// credentials that were set since is a shorter one believed.
func TestALongerHoldStays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		noon := st.Now().Truncate(time.Second)
		at := func(hours float64) time.Time { return noon.Add(time.Duration(hours * float64(time.Hour))) }
		for i, step := range []struct{ credentials, opened, until, wantUntil, wantSince float64 }{
			{credentials: -5, opened: -3, until: 1, wantUntil: 1, wantSince: -3},
			{credentials: -5, opened: -1, until: 0.1, wantUntil: 1, wantSince: -3},     // shorter, to credentials that are held
			{credentials: -2, opened: -1, until: 0.5, wantUntil: 0.5, wantSince: -1},   // shorter, to newer ones
			{credentials: -5, opened: -3, until: 2, wantUntil: 2, wantSince: -1},       // longer, by a session that was opened before
			{credentials: -2, opened: -0.5, until: 3, wantUntil: 3, wantSince: -0.5},   // longer, and opened later
			{credentials: -0.5, opened: -0.4, until: 1, wantUntil: 3, wantSince: -0.5}, // those that are as old as the session are held
		} {
			if err := st.HoldRate(t.Context(), "a", store.RateHold{Until: at(step.until), Since: at(step.opened)}, at(step.credentials)); err != nil {
				t.Fatal(err)
			}
			got, err := st.RateHold(t.Context(), "a")
			if err != nil || !got.Until.Equal(at(step.wantUntil)) || !got.Since.Equal(at(step.wantSince)) {
				t.Errorf("step %d: held for %v, by those that were set %v before: %v", i, got.Until.Sub(noon), noon.Sub(got.Since), err)
			}
		}
	})
}
