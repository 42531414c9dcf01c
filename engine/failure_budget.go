package engine

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"sirocco/hub"
)

// failureBudgets keep, for each host that blocks who gets too many failed answers, how many this node got: it blocks an
// address, so that all connections to the host share one budget. Nodes may have one address, so each has its part of the budget.
type failureBudgets struct {
	// nodes is how many nodes share the budgets.
	nodes atomic.Int64

	mu  sync.Mutex
	all map[string]*failureBudget
}

func newFailureBudgets() *failureBudgets { return &failureBudgets{all: map[string]*failureBudget{}} }

// nodesEvery is how often a node looks how many there are. One that has just begun counts for the others by then.
const nodesEvery = 5 * time.Second

// countNodes looks among how many nodes the budgets are shared.
func (e *Engine) countNodes(ctx context.Context) (more bool, err error) {
	nodes, err := e.Store.Nodes(ctx)
	if err == nil {
		e.failures.nodes.Store(int64(len(nodes)))
	}
	return false, err
}

// failureBudget is how many failed answers a host may give within a time. Requests under way count as if they were going
// to fail, unless they have been under way for longer than that time: a host that hangs gives no answers.
type failureBudget struct {
	of   *failureBudgets
	most int
	per  time.Duration

	mu       sync.Mutex
	failed   []time.Time
	underWay map[*budgetedRequest]time.Time
}

// budgetedRequest is a request under way; end it by its answer.
type budgetedRequest struct{ budget *failureBudget }

// get returns the budget of a host, over all nodes a tenth below what its vendor allows; nil where it allows any number.
func (f *failureBudgets) get(host string, r hub.Rate) *failureBudget {
	if r.Requests == 0 || r.Per == 0 {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.all[host]
	if b == nil {
		b = &failureBudget{of: f, most: max(1, r.Requests*9/10), per: r.Per, underWay: map[*budgetedRequest]time.Time{}}
		f.all[host] = b
	}
	return b
}

// begin begins a request, or returns how long to wait before it is asked again.
func (b *failureBudget) begin(now time.Time) (*budgetedRequest, time.Duration) {
	if b == nil {
		return nil, 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	began := now.Add(-b.per)
	for len(b.failed) > 0 && !b.failed[0].After(began) {
		b.failed = b.failed[1:]
	}
	counted, wait := len(b.failed), b.per
	for _, at := range b.underWay {
		if at.After(began) {
			counted++
			wait = min(wait, at.Sub(began))
		}
	}
	if counted < max(1, b.most/max(1, int(b.of.nodes.Load()))) {
		r := &budgetedRequest{b}
		b.underWay[r] = now
		return r, 0
	}
	if len(b.failed) > 0 {
		wait = min(wait, b.failed[0].Sub(began))
	}
	return nil, min(wait, budgetPoll)
}

// budgetPoll is how soon a request that waits for the budget looks again: one under way may have been answered well.
const budgetPoll = 250 * time.Millisecond

// end notes the answer of a request. Only the failed ones stay counted.
func (r *budgetedRequest) end(now time.Time, failed bool) {
	if r == nil {
		return
	}
	r.budget.mu.Lock()
	defer r.budget.mu.Unlock()
	delete(r.budget.underWay, r)
	if failed {
		r.budget.failed = append(r.budget.failed, now)
	}
}
