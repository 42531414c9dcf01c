package store

import "sync"

// wake tells this node's background that there may be something for it to do. It carries nothing: what there is to
// do is in the database, where a node that was not told finds it a moment later.
type wake struct {
	mu   sync.Mutex
	next chan struct{}
}

// Woken returns a channel that is closed when this node next commits something for the background.
func (s *Store) Woken() <-chan struct{} {
	s.wake.mu.Lock()
	defer s.wake.mu.Unlock()
	if s.wake.next == nil {
		s.wake.next = make(chan struct{})
	}
	return s.wake.next
}

// rouse closes the channel. Call it after a commit.
func (s *Store) rouse() {
	s.wake.mu.Lock()
	defer s.wake.mu.Unlock()
	if s.wake.next != nil {
		close(s.wake.next)
		s.wake.next = nil
	}
}
