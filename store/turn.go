package store

import (
	"context"
	"sync"
	"time"

	"sirocco/hub"
)

// turns lets the long writes of one organization come one after another on this node: they would wait for the same row,
// each with a connection of the pool that others need.
type turns struct {
	mu   sync.Mutex
	held map[string]chan struct{}
}

// turnWait is how long a write waits for its turn.
const turnWait = 20 * time.Second

// take waits for the organization's turn, and returns what ends it.
func (t *turns) take(ctx context.Context, organization string) (end func(), err error) {
	if within(ctx) != nil { // it was taken before the transaction began
		return func() {}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, turnWait)
	defer cancel()
	for {
		t.mu.Lock()
		if t.held == nil {
			t.held = map[string]chan struct{}{}
		}
		under, taken := t.held[organization]
		if !taken {
			mine := make(chan struct{})
			t.held[organization] = mine
			t.mu.Unlock()
			return func() {
				t.mu.Lock()
				delete(t.held, organization)
				t.mu.Unlock()
				close(mine)
			}, nil
		}
		t.mu.Unlock()
		select {
		case <-under:
		case <-ctx.Done():
			return nil, &hub.UnavailableError{Who: "the organization's other pushes", Reason: "other pushes of the organization are under way", RetryAfter: time.Second, Err: ctx.Err()}
		}
	}
}
