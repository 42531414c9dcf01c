package engine

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

var errQueueFull = errors.New("the queue is full")

// fullQueue takes nothing for as long as it is full, and then all.
type fullQueue struct {
	queue
	err error
}

func (q *fullQueue) enqueue(context.Context, store.Tx, []store.Schedule) error  { return q.err }
func (q *fullQueue) enqueueTasks(context.Context, store.Tx, []store.Task) error { return q.err }

// TestAClaimThatFailsKeepsNoPlace claims a sync and a task whose jobs cannot be enqueued: the error is told, no place is kept for them, and they are
// claimed again.
func TestAClaimThatFailsKeepsNoPlace(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		organization := storetest.Organization(t, st)
		storetest.Connection(t, st, organization, hub.PlatformMerge, hub.ModelAccount)
		storetest.Exec(t, st, `INSERT INTO tasks (organization_id, kind, object_id, due_at, turn) VALUES ($1, 'LINK', $1, 1, 0)`, organization)
		e, err := New(Config{Store: st, Logger: slog.New(slog.DiscardHandler), Clock: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		full := &fullQueue{e.queue, nil}
		e.queue = full
		for _, kind := range []workKind{syncWork, linkWork} {
			full.err = errQueueFull
			if more, err := e.claim(t.Context(), kind); more || !errors.Is(err, errQueueFull) || len(e.lanes[kind].slots) != 0 {
				t.Errorf("%s: %d places are kept; more: %t, %v", kind, len(e.lanes[kind].slots), more, err)
			}
			full.err = nil
			if more, err := e.claim(t.Context(), kind); more || err != nil || len(e.lanes[kind].slots) != 1 {
				t.Errorf("%s, once there is room: %d places are kept; more: %t, %v", kind, len(e.lanes[kind].slots), more, err)
			}
		}
	})
}
