package store

import (
	"context"
	"sync"
	"time"

	"sirocco/hub"
)

// keyedLock lets the long writes of one organization come one after another on this node: they would wait for the same row,
// each with a connection of the pool that others need.
type keyedLock struct {
	mu   sync.Mutex
	held map[string]chan struct{}
}

// lockWait is how long a write waits for those before it.
const lockWait = 20 * time.Second

// lock waits until no other long write of the organization is under way, and returns what ends this one.
func (l *keyedLock) lock(ctx context.Context, organization string) (unlock func(), err error) {
	if within(ctx) != nil { // it was taken before the transaction began
		return func() {}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	for {
		l.mu.Lock()
		if l.held == nil {
			l.held = map[string]chan struct{}{}
		}
		under, taken := l.held[organization]
		if !taken {
			mine := make(chan struct{})
			l.held[organization] = mine
			l.mu.Unlock()
			return func() {
				l.mu.Lock()
				delete(l.held, organization)
				l.mu.Unlock()
				close(mine)
			}, nil
		}
		l.mu.Unlock()
		select {
		case <-under:
		case <-ctx.Done():
			return nil, &hub.UnavailableError{Who: "the organization's other pushes", Reason: "other pushes of the organization are under way", RetryAfter: time.Second, Err: ctx.Err()}
		}
	}
}
