package engine

import (
	"context"
	"errors"
	"time"

	"sirocco/hub"
	"sirocco/store"
)

const (
	// taskLease is how long a running task is believed alive without a sign of life; it gives one every renewEvery.
	taskLease = 15 * time.Second
	// taskRetry is when a task that met an error of ours is tried again.
	taskRetry = 5 * time.Second
)

// taskKinds says what each kind of task does. A handler works for a bounded slice and returns when the task is next
// due, the zero time for not before something new comes. Its error is one of ours: what goes wrong outside is the
// handler's own to note.
func (e *Engine) taskKinds() map[store.TaskKind]func(context.Context, store.Task) (next time.Time, err error) {
	return map[store.TaskKind]func(context.Context, store.Task) (time.Time, error){
		store.TaskLink:       e.link,
		store.TaskWriteBack:  e.writeBack,
		store.TaskWebhook:    e.sendEvents,
		store.TaskMultimedia: e.fetchMedia,
	}
}

// workTask is one job: a time slice of one task. It does nothing where the task was claimed again since.
func (e *Engine) workTask(ctx context.Context, args TaskArgs) error {
	task := store.Task{OrganizationID: args.Organization, Kind: args.Of, ObjectID: args.Object, Fence: args.Fence}
	slot := e.lanes[workKind(task.Kind)].begin(task.OrganizationID, task.ObjectID, task.Fence)
	defer slot.end()
	if e.unfit() != nil { // another node is to have it
		return ignoreLeaseLost(e.Store.EndTask(ctx, task, e.Clock(), slot.reached()))
	}
	if err := e.Store.BeginTask(ctx, task, taskLease); errors.Is(err, hub.ErrDisabled) {
		return ignoreLeaseLost(e.Store.EndTask(ctx, task, time.Time{}, slot.reached()))
	} else if err != nil {
		return ignoreLeaseLost(err)
	}
	ctx, cancel := context.WithCancel(withSlot(ctx, slot))
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		if guarded(e.Logger, "watching a job", func() error { e.keepAlive(ctx, cancel, task); return nil }) != nil {
			cancel() // nobody renews its lease
		}
	}()
	next, err := e.taskKinds()[task.Kind](ctx, task)
	stopped := ctx.Err() != nil
	cancel()
	<-renewed
	if errors.Is(err, store.ErrLeaseLost) {
		return nil
	}
	if err != nil || stopped {
		next = e.Clock()
	}
	if err != nil && !stopped && !errors.Is(err, store.ErrWrongKey) {
		e.Logger.Error("a task failed", "kind", task.Kind, "organization", task.OrganizationID, "object", task.ObjectID, "error", err)
		next = e.Clock().Add(jitter(taskRetry, 4))
	}
	return ignoreLeaseLost(e.Store.EndTask(context.WithoutCancel(ctx), task, next, slot.reached()))
}

// keepAlive renews the task's lease until ctx ends. It ends the work when the task was given to another job, and when
// the lease could not be renewed and is about to be: a node that is cut off must not write beside its successor.
func (e *Engine) keepAlive(ctx context.Context, cancel context.CancelFunc, task store.Task) {
	ticker := time.NewTicker(renewEvery)
	defer ticker.Stop()
	lapses := time.AfterFunc(taskLease-renewEvery, cancel)
	defer lapses.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if e.unfit() != nil { // another node is to go on
			cancel()
			return
		}
		began := time.Now()
		err := e.Store.RenewTaskLease(ctx, task, taskLease)
		if errors.Is(err, store.ErrLeaseLost) {
			cancel()
			return
		}
		if err == nil {
			lapses.Reset(taskLease - renewEvery - time.Since(began))
		}
	}
}

func ignoreLeaseLost(err error) error {
	if errors.Is(err, store.ErrLeaseLost) {
		return nil
	}
	return err
}
