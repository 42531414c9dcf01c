package store

import (
	"sync"

	"sirocco/hub"
)

// revocations tells whoever remembers whose a token is that it no longer counts.
type revocations struct {
	mu     sync.Mutex
	forget []func(hub.Revocation)
}

// OnRevoke has forget called with every revocation that this Store makes from now on, when it is durable and before
// the call that made it returns. Another node learns of it from the database alone.
func (s *Store) OnRevoke(forget func(hub.Revocation)) {
	s.revocations.mu.Lock()
	defer s.revocations.mu.Unlock()
	s.revocations.forget = append(s.revocations.forget, forget)
}

// revoked tells of a revocation. Call it after the commit.
func (s *Store) revoked(r hub.Revocation) {
	s.revocations.mu.Lock()
	defer s.revocations.mu.Unlock()
	for _, forget := range s.revocations.forget {
		forget(r)
	}
}
