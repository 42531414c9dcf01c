package store

import "sync"

// notifier tells this node's background that there may be something for it to do. It carries nothing: what there is to
// do is in the database, where a node that was not told finds it a moment later.
type notifier struct {
	mu   sync.Mutex
	next chan struct{}
}

// Notified returns a channel that is closed when this node next commits something for the background.
func (s *Store) Notified() <-chan struct{} {
	s.notifier.mu.Lock()
	defer s.notifier.mu.Unlock()
	if s.notifier.next == nil {
		s.notifier.next = make(chan struct{})
	}
	return s.notifier.next
}

// notify closes the channel. Call it after a commit.
func (s *Store) notify() {
	s.notifier.mu.Lock()
	defer s.notifier.mu.Unlock()
	if s.notifier.next != nil {
		close(s.notifier.next)
		s.notifier.next = nil
	}
}
