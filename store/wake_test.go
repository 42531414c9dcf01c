package store_test

import (
	"context"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestWakingAnAccount wakes all connections of one account of a CRM, whosever they are: by what the CRM says of its credentials, or else by what
// its maker said. It says how many are due at once because of it, and those that are due already are no news.
func TestWakingAnAccount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx, now := t.Context(), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		st := storetest.Open(t, url, func() time.Time { return now })
		due := map[string]time.Time{} // by connection, what is to be when the account is woken
		made := func(platform hub.Platform, account string, woken bool) {
			t.Helper()
			org := storetest.Organization(t, st)
			c := storetest.Connection(t, st, org, platform, hub.ModelAccount)
			if account != "" {
				check := func(context.Context, hub.Connection, map[string]string) (hub.CRMAccount, error) {
					return hub.CRMAccount{ID: account}, nil
				}
				if _, err := st.SetCredentials(ctx, org, c.ID, map[string]string{"key": "k"}, false, check); err != nil {
					t.Fatal(err)
				}
			}
			next := now.Add(time.Hour)
			if err := st.EndSyncJob(ctx, storetest.Lease(t, st, org, c.ID), store.SyncJobResult{Next: next, ModelsDue: next, RunOver: true}); err != nil {
				t.Fatal(err)
			}
			due[org+" "+c.ID] = next
			if woken {
				due[org+" "+c.ID] = now
			}
		}
		made(hub.PlatformCompanyCam, "4711", true)
		made(hub.PlatformCompanyCam, "4711", true)
		made(hub.PlatformCompanyCam, "", true) // whose maker said 4711
		made(hub.PlatformCompanyCam, "4712", false)
		made(hub.PlatformSpotio, "4711", false)
		for _, c := range []struct {
			account string
			want    int
		}{{"", 0}, {"4710", 0}, {"4711", 3}, {"4711", 0}} {
			if n, err := st.WakeAccount(ctx, hub.PlatformCompanyCam, c.account); err != nil || n != c.want {
				t.Errorf("%d of account %q are woken, not %d: %v", n, c.account, c.want, err)
			}
		}
		for of, want := range due {
			org, connection := of[:len(of)/2], of[len(of)/2+1:]
			if s, err := st.Schedule(ctx, org, connection); err != nil || !s.DueAt.Equal(want) {
				t.Errorf("one is due at %s, not %s: %v", s.DueAt, want, err)
			}
		}
	})
}
