package engine_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/engine"
	"sirocco/hub"
	"sirocco/store/storetest"
)

// TestABigTenantDelaysNobody lets the only worker of a node meet a connection with very many pages, and then a
// small one of another organization: the small one is up to date while the big one still reads.
func TestABigTenantDelaysNobody(t *testing.T) {
	storetest.Long(t)
	storetest.Each(t, func(t *testing.T, url string) {
		big, small := newCRM(30_000), newCRM(20)
		big.set(func(ctx context.Context, _ connector.Query) error {
			select {
			case <-time.After(20 * time.Millisecond): // as long as a CRM takes to answer
			case <-ctx.Done():
			}
			return ctx.Err()
		})
		f := newFixture(t, url, big)
		e, err := engine.New(engine.Config{
			Store: f.st, Connectors: map[hub.Platform]connector.Connector{hub.PlatformMerge: big, hub.PlatformSpotio: small},
			Logger: slog.New(slog.DiscardHandler), Clock: time.Now, PageSize: 50, Targets: hub.Targets{Any: true}, Workers: 1,
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer stop(t, e)
		until(t, "the big one is read", func() bool { r := f.runs(t); return len(r) == 1 && r[0].Pages > 2 })
		other := storetest.Organization(t, f.st)
		conn := storetest.Connection(t, f.st, other, hub.PlatformSpotio, hub.ModelAccount)
		if err := f.st.PutCredentials(t.Context(), other, conn.ID, map[string]string{}); err != nil {
			t.Fatal(err)
		}
		until(t, "the small one is up to date", func() bool {
			c, err := f.st.Connection(t.Context(), other, conn.ID)
			return err == nil && c.SyncStatus[0].State == hub.SyncStateUpToDate
		})
		if s := f.status(t); s.State != hub.SyncStateSyncing {
			t.Errorf("the big one is %s: this shows nothing", s.State)
		}
	})
}
