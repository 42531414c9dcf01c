package hub

import "sync"

// metMost bounds how many are known at a time.
const metMost = 10_000

// Met remembers the secrets, or their hashes, by which somebody was let in lately: who gives one of those is no stranger, whose
// requests are counted by their address. What is let in is decided anew each time. The zero value knows nobody.
type Met struct {
	mu    sync.Mutex
	known map[string]bool
}

// Has reports whether the secret let somebody in.
func (m *Met) Has(secret string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.known[secret]
}

// Add remembers a secret that let somebody in.
func (m *Met) Add(secret string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil || len(m.known) >= metMost {
		m.known = map[string]bool{}
	}
	m.known[secret] = true
}

// Forget reports whether the secret was known, which it is no more.
func (m *Met) Forget(secret string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	was := m.known[secret]
	delete(m.known, secret)
	return was
}
