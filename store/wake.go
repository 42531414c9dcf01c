package store

import "sync"

// wake tells this node's background that there may be something for it to do. It carries nothing: what there is to
// do is in the database, where a node that was not told finds it a moment later.
type wake struct {
	mu   sync.Mutex
	next chan struct{}
}

// Notified returns a channel that is closed when this node next commits something for the background.
func (s *Store) Notified() <-chan struct{} {
	s.wake.mu.Lock()
	defer s.wake.mu.Unlock()
	if s.wake.next == nil {
		s.wake.next = make(chan struct{})
	}
	return s.wake.next
}

// notify closes the channel. Call it after a commit.
func (s *Store) notify() {
	s.wake.mu.Lock()
	defer s.wake.mu.Unlock()
	if s.wake.next != nil {
		close(s.wake.next)
		s.wake.next = nil
	}
}
