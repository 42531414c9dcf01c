package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"sirocco/hub"
	"sirocco/store"
)

const (
	// fanOutBatch bounds how many events of one organization one look plans the deliveries of.
	fanOutBatch = 1000
	// webhookBatch is how many attempts are kept in one commit, webhookConcurrency how many of them are made side by side.
	webhookBatch       = 512
	webhookConcurrency = 16
	// webhookFirst is how many events a job reads before its endpoint has answered: many may hang.
	webhookFirst = 64
	// webhookBatchTime is how long a batch goes on beginning attempts: a slow receiver's are kept sooner.
	webhookBatchTime = 3 * time.Second
	// webhookSlice is how long a job goes on before it gives way to other endpoints.
	webhookSlice = time.Minute
	// webhookLinger is how long a job with nothing left to send waits for more, looking at least every lingerMax and
	// at most every lingerMin.
	webhookLinger = 500 * time.Millisecond
	lingerMax     = 100 * time.Millisecond
	lingerMin     = 5 * time.Millisecond
	// maxFailingAttempts is how many attempts a job makes at an endpoint that fails; it ends after a slice, too. Before the next
	// lies hub.WebhookPause.
	maxFailingAttempts = 100
)

// fanOut plans the deliveries of new events.
func (e *Engine) fanOut(ctx context.Context) (more bool, err error) {
	n, err := e.Store.FanOut(ctx, fanOutBatch)
	return n > 0, err
}

// sendEvents sends the webhook endpoint's events that are due, and for a moment those that become due.
func (e *Engine) sendEvents(ctx context.Context, task store.Task) (next time.Time, err error) {
	began, idle, attempts, batch := time.Now(), time.Time{}, 0, webhookFirst
	for time.Since(began) < webhookSlice && ctx.Err() == nil {
		woken := e.Store.Notified() // before the look: what is committed during it is looked for again
		due, err := e.Store.DueEvents(ctx, task.OrganizationID, task.ObjectID, batch)
		if err != nil {
			return time.Time{}, err
		}
		// After the events, so that none is sent as the endpoint was before it happened.
		target, err := e.Store.WebhookTarget(ctx, task.OrganizationID, task.ObjectID)
		if errors.Is(err, hub.ErrNotFound) || err == nil && !target.DisabledAt.IsZero() {
			return time.Time{}, nil
		}
		if err != nil {
			return time.Time{}, err
		}
		if now := e.Clock(); target.HeldUntil.After(now) {
			return target.HeldUntil, nil
		}
		if len(due) == 0 {
			if idle.IsZero() {
				idle = time.Now()
			}
			if time.Since(idle) > webhookLinger {
				break
			}
			rested := slotOf(ctx).rest()
			linger(ctx, woken)
			rested()
			continue
		}
		idle = time.Time{}
		if !target.FailingSince.IsZero() && (attempts >= maxFailingAttempts || time.Since(began) >= timeSlice) {
			now := e.Clock()
			return now.Add(hub.WebhookPause(target.FailingSince, now)), nil
		}
		results, gone := e.sendBatch(ctx, target, due)
		if len(results) == 0 {
			break
		}
		attempts += len(results)
		if !slotOf(ctx).reached().TimedOut {
			batch = webhookBatch
		}
		// What was sent is kept, whatever becomes of this node's wish to go on.
		if err := e.Store.SaveResults(context.WithoutCancel(ctx), task, results, gone); err != nil {
			return time.Time{}, err
		}
	}
	return e.Store.NextEvent(context.WithoutCancel(ctx), task.OrganizationID, task.ObjectID)
}

// linger waits for something new, and a little in any case, so that many wakes cost few looks.
func linger(ctx context.Context, woken <-chan struct{}) {
	pause := time.NewTimer(lingerMin)
	defer pause.Stop()
	look := time.NewTimer(lingerMax)
	defer look.Stop()
	select {
	case <-ctx.Done():
		return
	case <-look.C:
		return
	case <-woken:
	}
	select {
	case <-ctx.Done():
	case <-pause.C:
	}
}

// sendBatch makes an attempt at each of the events, for at most webhookBatchTime, and returns what came of those that
// were finished. An endpoint that fails is tried one at a time, and not for long.
func (e *Engine) sendBatch(ctx context.Context, target store.WebhookTarget, due []store.DueEvent) (results []store.EventResult, gone bool) {
	var mu sync.Mutex
	began := time.Now()
	side, bad, good, held := webhookConcurrency, 0, 0, false
	if !target.FailingSince.IsZero() {
		side, due = 1, due[:min(len(due), webhookConcurrency)]
	}
	take := func() (d store.DueEvent, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		if len(due) == 0 || gone || held || ctx.Err() != nil || time.Since(began) > webhookBatchTime || good == 0 && bad >= webhookConcurrency {
			return d, false
		}
		d, due = due[0], due[1:]
		return d, true
	}
	keep := func(d store.DueEvent, a hub.Attempt) {
		mu.Lock()
		defer mu.Unlock()
		r := store.EventResult{DueEvent: d, Attempt: a}
		gone, held = gone || a.Status == statusGone, held || r.Holds()
		if a.Error == "" {
			good++
			e.metrics.events.WithLabelValues("delivered").Inc()
		} else {
			bad++
			e.metrics.events.WithLabelValues("failed").Inc()
			if wait, ok := hub.WebhookWait(d.Attempts + 1 - d.Before); ok {
				r.Next = e.Clock().Add(max(jitter(wait, 4), min(a.RetryAfter, hub.WebhookHoldMost)))
			}
		}
		results = append(results, r)
	}
	var working sync.WaitGroup
	for range min(side, len(due)) {
		working.Go(func() {
			for d, ok := take(); ok; d, ok = take() {
				a := e.webhooks.send(ctx, target, d)
				if ctx.Err() != nil && a.Error != "" {
					return // it was cut off by us, which says nothing of the receiver
				}
				keep(d, a)
			}
		})
	}
	working.Wait()
	return results, gone
}
