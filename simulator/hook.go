package simulator

import (
	"slices"
	"strconv"
	"sync"
)

// Hook is a webhook that somebody made at a stand-in.
type Hook struct {
	ID, URL string
	Scopes  []string
	// Secret is what it is signed with, or what a header of it carries.
	Secret string
	Active bool
}

// Hooks are the webhooks of a stand-in. All its methods may be used at once. The zero value has none.
type Hooks struct {
	mu   sync.Mutex
	made int
	all  []Hook
}

// All returns them in the order in which they were made.
func (h *Hooks) All() []Hook {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.all)
}

// Add makes one, and returns it with its id.
func (h *Hooks) Add(hook Hook) Hook {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.made++
	hook.ID = strconv.Itoa(h.made)
	h.all = append(h.all, hook)
	return hook
}

// Change replaces the one with the id; there says whether it is there.
func (h *Hooks) Change(hook Hook) (there bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	i := slices.IndexFunc(h.all, func(has Hook) bool { return has.ID == hook.ID })
	if i >= 0 {
		h.all[i] = hook
	}
	return i >= 0
}

// Remove takes one away; there says whether it was there.
func (h *Hooks) Remove(id string) (there bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := len(h.all)
	h.all = slices.DeleteFunc(h.all, func(has Hook) bool { return has.ID == id })
	return len(h.all) < before
}
