package engine

import (
	"context"
	"errors"
	"net"
	"time"

	"sirocco/store"
)

// slot is one job's place among the lanes of its kind. Its methods may be called on nil: what is no job has none.
type slot struct {
	lanes *lanes
	key   slotKey
	store.Due
	// reservedUntil is until when the place is kept for a job that has not begun; zero once it has.
	reservedUntil time.Time

	// calls is how many answers it waits for, and since is when one was last asked for, or came.
	calls int
	since time.Time
	// resting says that it only waits for more to do.
	resting bool
	reach   store.Reach
}

// holdsWorker reports whether the job gets on. The caller holds the lock.
func (s *slot) holdsWorker(now time.Time) bool {
	return !s.resting && (s.calls == 0 || now.Sub(s.since) <= s.lanes.patience)
}

// call notes that the job waits for an answer; ended is to be called when that has come, or will not.
func (s *slot) call() (ended func()) {
	if s == nil {
		return func() {}
	}
	s.lanes.mu.Lock()
	defer s.lanes.mu.Unlock()
	if s.calls == 0 {
		s.since = time.Now()
	}
	s.calls++
	return func() {
		s.lanes.mu.Lock()
		defer s.lanes.mu.Unlock()
		s.calls--
		s.since = time.Now()
	}
}

// rest notes that the job only waits for more to do, until ended is called.
func (s *slot) rest() (ended func()) {
	if s == nil {
		return func() {}
	}
	s.setResting(true)
	return func() { s.setResting(false) }
}

func (s *slot) setResting(resting bool) {
	s.lanes.mu.Lock()
	defer s.lanes.mu.Unlock()
	s.resting = resting
	if resting && s.lanes.left {
		s.lanes.wakeLocked()
	}
}

// asked keeps what came of asking a host: whether it answered in time. What the job itself cut off says nothing of it.
func (s *slot) asked(ctx context.Context, host string, err error) {
	if s == nil || errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	s.lanes.mu.Lock()
	defer s.lanes.mu.Unlock()
	s.reach = store.Reach{Host: host, TimedOut: isTimeout(err)}
}

func isTimeout(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	var of net.Error
	return errors.As(err, &of) && of.Timeout()
}

// reached is what the job has learned so far.
func (s *slot) reached() store.Reach {
	if s == nil {
		return store.Reach{}
	}
	s.lanes.mu.Lock()
	defer s.lanes.mu.Unlock()
	return s.reach
}

// end gives the place back.
func (s *slot) end() {
	s.lanes.mu.Lock()
	defer s.lanes.mu.Unlock()
	delete(s.lanes.slots, s.key)
	if s.lanes.left {
		s.lanes.wakeLocked()
	}
}

type slotOfContext struct{}

// withSlot gives the slot to all that the job does.
func withSlot(ctx context.Context, s *slot) context.Context {
	return context.WithValue(ctx, slotOfContext{}, s)
}

// slotOf returns the slot of the job that ctx is of; nil where it is of none.
func slotOf(ctx context.Context) *slot {
	s, _ := ctx.Value(slotOfContext{}).(*slot)
	return s
}
