package engine

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestAnUnfitNodeGivesJobsBack: a job that was handed to a node which must not work is at once another's, a sync with its
// run as it was.
func TestAnUnfitNodeGivesJobsBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		conn := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount)
		hook := "https://example.com/hook"
		if _, _, err := st.CreateEndpoint(ctx, org, hub.WebhookPatch{URL: &hook}); err != nil {
			t.Fatal(err)
		}
		e, err := New(Config{Store: st, Logger: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Clock: st.Now, Unfit: func() error { return errors.New("another key") }})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			var due []store.Schedule
			if _, _, err := st.ClaimSchedules(ctx, store.Room{Workers: 10}, time.Hour, func(_ store.Tx, all []store.Schedule) error { due = all; return nil }); err != nil {
				t.Fatal(err)
			}
			if len(due) != 1 || due[0].ConnectionID != conn.ID {
				t.Fatalf("%d syncs are due", len(due))
			}
			if err := e.workSync(ctx, SyncArgs{Organization: org, Connection: conn.ID, Fence: due[0].Fence}); err != nil {
				t.Fatal(err)
			}
			var tasks []store.Task
			if _, _, err := st.ClaimTasks(ctx, store.TaskWebhook, store.Room{Workers: 10}, time.Hour, func(_ store.Tx, all []store.Task) error { tasks = all; return nil }); err != nil {
				t.Fatal(err)
			}
			if len(tasks) != 1 {
				t.Fatalf("%d tasks are due", len(tasks))
			}
			if err := e.workTask(ctx, TaskArgs{Organization: org, Of: store.TaskWebhook, Object: tasks[0].ObjectID, Fence: tasks[0].Fence}); err != nil {
				t.Fatal(err)
			}
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM sync_runs WHERE ended_at IS NULL`); n != 1 {
			t.Errorf("%d runs go on", n)
		}
	})
}
