package wire

import (
	"context"
	"sync"
	"time"

	"sirocco/hub"
	"sirocco/store"
)

// requestAllowances count the requests that organizations have a day, where they have a limit. The database gives each node some
// of them at a time, so that all nodes together answer no more than the limit, and few requests write anything.
type requestAllowances struct {
	store *store.Store
	clock hub.Clock

	mu sync.Mutex
	of map[string]*allowance // by organization
}

// allowance is what this node has left of an organization's requests.
type allowance struct {
	mu    sync.Mutex
	left  int64
	limit int64
	// until is when the day ends that they are of.
	until time.Time
	// askedAt is when the database last had none to give, or no limit, which free says.
	askedAt time.Time
	free    bool
}

// allowanceMemory is how long it is remembered that there is no limit, or that no request is left.
const allowanceMemory = time.Second

func newRequestAllowances(st *store.Store, clock hub.Clock) *requestAllowances {
	return &requestAllowances{store: st, clock: clock, of: map[string]*allowance{}}
}

// allow counts a request of the organization. Where none is left it returns the limit, and how long to wait.
func (a *requestAllowances) allow(ctx context.Context, organization string) (limit int64, wait time.Duration, err error) {
	a.mu.Lock()
	mine, ok := a.of[organization]
	if !ok {
		mine = &allowance{}
		a.of[organization] = mine
	}
	a.mu.Unlock()
	mine.mu.Lock()
	defer mine.mu.Unlock()
	now := a.clock()
	if !now.Before(mine.until) {
		mine.left = 0
	}
	if mine.left == 0 && (now.Sub(mine.askedAt) >= allowanceMemory || !now.Before(mine.until)) {
		// Others of the organization wait for the same, so it does not end with this client's patience.
		taken, most, until, err := a.store.TakeRequests(context.WithoutCancel(ctx), organization)
		if err != nil {
			return 0, 0, err
		}
		mine.left, mine.until, mine.free = taken, until, most == nil
		if most != nil {
			mine.limit = *most
		}
		if taken == 0 {
			mine.askedAt = now
		}
	}
	switch {
	case mine.left > 0:
		mine.left--
		return 0, 0, nil
	case mine.free:
		return 0, 0, nil
	}
	return mine.limit, max(time.Second, mine.until.Sub(now)), nil
}
