package hub

import "sync"

// mostKnownCallers bounds how many are known at a time.
const mostKnownCallers = 10_000

// KnownCallers remembers the secrets, or their hashes, by which somebody was let in lately: who gives one of those is no stranger, whose
// requests are counted by their address. What is let in is decided anew each time. The zero value knows nobody.
type KnownCallers struct {
	mu    sync.Mutex
	known map[string]bool
}

// Has reports whether the secret let somebody in.
func (k *KnownCallers) Has(secret string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.known[secret]
}

// Add remembers a secret that let somebody in.
func (k *KnownCallers) Add(secret string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil || len(k.known) >= mostKnownCallers {
		k.known = map[string]bool{}
	}
	k.known[secret] = true
}

// Forget reports whether the secret was known, which it is no more.
func (k *KnownCallers) Forget(secret string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	was := k.known[secret]
	delete(k.known, secret)
	return was
}
