package engine_test

import (
	"log/slog"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/engine"
	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestANodeAnHourBackWorks lets a node whose machine's clock is an hour back do what another has made due: it begins
// at once, and its runs and cursors have the time that all nodes go by.
func TestANodeAnHourBackWorks(t *testing.T) {
	t.Parallel()
	storetest.Needs(t, "postgres")
	url := storetest.Postgres(t)
	f := newFixture(t, url, newCRM(120))
	keys := storetest.Keys(t)
	right := storetest.OpenWith(t, url, store.Options{Keys: keys})
	if err := right.PutCredentials(t.Context(), f.org, f.conn.ID, map[string]string{}); err != nil {
		t.Fatal(err)
	}
	back := storetest.OpenWith(t, url, store.Options{Keys: keys, MachineClock: func() time.Time { return time.Now().Add(-time.Hour) }})
	e, err := engine.New(engine.Config{
		Store: back, Connectors: map[hub.Platform]connector.Connector{hub.PlatformMerge: f.crm},
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)), Clock: back.Now, PageSize: 50,
	})
	if err != nil {
		t.Fatal(err)
	}
	began := right.Now()
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer stop(t, e)
	f.upToDate(t)
	if r := f.runs(t)[0]; r.Created != 120 || r.StartedAt.Before(began.Add(-10*time.Second)) {
		t.Errorf("%+v", r)
	}
	first := f.runs(t)[0].ID
	f.syncAgain(t)
	if r := f.runs(t); len(r) != 2 || r[0].ID <= first {
		t.Errorf("the later run does not come first: %+v", r)
	}
}
