package store

import (
	"errors"
	"sync"

	"sirocco/hub"
)

// rotation is which of the rows that wait in a table this node took last. The next one is taken each time, and the first after the last:
// what fails again and again does not stand before the rest.
type rotation[Key comparable] struct {
	mu   sync.Mutex
	last Key // the zero Key is before all
}

// next returns what find finds after the row that was taken last, or from the beginning, with hub.ErrNotFound where nothing waits.
func (r *rotation[Key]) next(find func(after Key) (Key, error)) (Key, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var first Key
	found, err := find(r.last)
	if errors.Is(err, hub.ErrNotFound) && r.last != first {
		found, err = find(first)
	}
	if err == nil || errors.Is(err, hub.ErrNotFound) {
		r.last = found
	}
	return found, err
}
