package store_test

import (
	"slices"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestInboundSecretsOfADay makes the secret of an inbound address anew as often as it may be in a day, and once more: that is refused, with a
// word about when it may be, and by then it is.
func TestInboundSecretsOfADay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx, now := t.Context(), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		st := storetest.Open(t, url, func() time.Time { return now })
		org := storetest.Organization(t, st)
		c := storetest.Connection(t, st, org, hub.PlatformCompanyCam)
		var secrets []string
		rotate := func() (in store.Inbound, err error) {
			t.Helper()
			in, secret, err := st.RotateInbound(ctx, org, c.ID)
			if err == nil {
				secrets = append(secrets, secret)
			}
			return in, err
		}
		began := now
		for i := range 11 {
			in, err := rotate()
			if err != nil || in.Generation != int64(i+1) || in.Connection.ID != c.ID || !in.RotatedAt.Equal(now) {
				t.Fatalf("the %d. time: %+v, %v", i+1, in, err)
			}
			now = now.Add(time.Minute)
		}
		counts := func(want int) {
			t.Helper()
			in, err := st.InboundOf(ctx, org, c.ID)
			if err != nil {
				t.Fatal(err)
			}
			current := slices.Clone(secrets[len(secrets)-want:])
			slices.Reverse(current)
			if !slices.Equal(in.Secrets(), current) {
				t.Errorf("%d secrets count, not the last %d", len(in.Secrets()), want)
			}
			for i, secret := range secrets {
				if in.Admits(secret) != (i >= len(secrets)-want) {
					t.Errorf("the %d. secret counts: %v", i+1, in.Admits(secret))
				}
			}
		}
		counts(11)
		const want = "The secret was made anew 10 times in a day, and all those before still count: wait until 2026-03-02T12:01:00.000Z."
		if _, err := rotate(); err == nil || err.Error() != want {
			t.Errorf("once more is answered %v", err)
		}
		now = began.Add(time.Minute + 24*time.Hour) // the first was replaced after a minute
		counts(10)
		if _, err := rotate(); err != nil {
			t.Errorf("a day later: %v", err)
		}
		counts(11)
	})
}
