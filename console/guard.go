package console

import (
	"context"
	"sync"
	"time"
)

// guard knows which sessions still live of those that streams are open for. It asks for all of them at once, however many
// streams want to know.
type guard struct {
	// ask returns which of the sessions live, by the hashes of their secrets.
	ask func(ctx context.Context, hashes []string) (map[string]bool, error)

	mu sync.Mutex
	// streams are how many each session has.
	streams map[string]int
	// asked are the sessions that were asked about latest, and whether they live; at is when that was begun.
	asked map[string]bool
	at    time.Time
}

// watch notes that a session has one stream more, until what it returns is called.
func (g *guard) watch(hash string) (end func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.streams == nil {
		g.streams = map[string]int{}
	}
	g.streams[hash]++
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.streams[hash]--; g.streams[hash] == 0 {
			delete(g.streams, hash)
			delete(g.asked, hash)
		}
	}
}

// lives reports whether a watched session lived at the time since, or later.
func (g *guard) lives(ctx context.Context, hash string, since time.Time) (bool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if alive, known := g.asked[hash]; known && !g.at.Before(since) {
		return alive, nil
	}
	at := time.Now()
	hashes := make([]string, 0, len(g.streams))
	for h := range g.streams {
		hashes = append(hashes, h)
	}
	alive, err := g.ask(ctx, hashes)
	if err != nil {
		return false, err
	}
	g.asked, g.at = make(map[string]bool, len(hashes)), at
	for _, h := range hashes {
		g.asked[h] = alive[h]
	}
	return g.asked[hash], nil
}
