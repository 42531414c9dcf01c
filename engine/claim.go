package engine

import (
	"context"
	"time"

	"sirocco/store"
)

// workKind is a kind of work that has workers of its own, so that slow CRMs do not delay webhooks, nor slow webhooks CRMs:
// syncing, or a kind of task.
type workKind string

const (
	syncWork      workKind = "SYNC"
	linkWork               = workKind(store.TaskLink)
	writeBackWork          = workKind(store.TaskWriteBack)
	webhookWork            = workKind(store.TaskWebhook)
	mediaWork              = workKind(store.TaskMultimedia)
)

const (
	// webhookWorkers is how many endpoints a node sends to at the same time.
	webhookWorkers = 64
	// vendorPatience is how long a job may wait for its CRM before somebody else may have its worker, receiverPatience the
	// same for webhooks.
	vendorPatience   = 500 * time.Millisecond
	receiverPatience = 100 * time.Millisecond
)

func newLanesOf(cfg Config) map[workKind]*lanes {
	return map[workKind]*lanes{
		syncWork:      newLanes(cfg.Workers, vendorPatience),
		linkWork:      newLanes(cfg.Workers, vendorPatience),
		writeBackWork: newLanes(cfg.Workers, vendorPatience),
		webhookWork:   newLanes(webhookWorkers, receiverPatience),
		mediaWork:     newLanes(mediaWorkers, vendorPatience),
	}
}

// claim claims what is due and what there is room for. The jobs begin at once.
func (e *Engine) claim(ctx context.Context, kind workKind) (more bool, err error) {
	l := e.lanes[kind]
	room := l.room()
	choose, chosen := room.Choose, map[string]store.Due{}
	room.Choose = func(due []store.Due) []store.Due {
		all := choose(due)
		for _, d := range all {
			chosen[d.ObjectID] = d
		}
		return all
	}
	var reserved []slotKey
	reserve := func(object string, fence int64) {
		l.reserve(chosen[object], fence, queueLease)
		reserved = append(reserved, slotKey{object, fence})
	}
	var claimed int
	var left bool
	if kind == syncWork {
		claimed, left, err = e.Store.ClaimSchedules(ctx, room, queueLease, func(tx store.Tx, due []store.Schedule) error {
			for _, s := range due {
				reserve(s.ConnectionID, s.Fence)
			}
			return e.queue.enqueue(ctx, tx, due)
		})
	} else {
		claimed, left, err = e.Store.ClaimTasks(ctx, store.TaskKind(kind), room, queueLease, func(tx store.Tx, due []store.Task) error {
			for _, t := range due {
				reserve(t.ObjectID, t.Fence)
			}
			return e.queue.enqueueTasks(ctx, tx, due)
		})
	}
	if err != nil {
		for _, key := range reserved {
			l.drop(key)
		}
		return false, err
	}
	l.noteLeft(left)
	return left && claimed > 0, nil
}
