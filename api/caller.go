package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"sirocco/hub"
	"sirocco/store"
)

// callerMemory is how long a token's check is remembered; a revocation on another node holds after it.
const callerMemory = time.Second

// callersMost bounds how many checks are remembered.
const callersMost = 100_000

// callers knows who is calling.
type callers struct {
	store   *store.Store
	clock   hub.Clock
	log     *slog.Logger
	looking singleflight.Group

	mu    sync.RWMutex
	known map[string]knownCaller // by hash of the token
}

type knownCaller struct {
	token hub.Token
	until time.Time
}

func newCallers(st *store.Store, clock hub.Clock, log *slog.Logger) *callers {
	return &callers{store: st, clock: clock, log: log, known: map[string]knownCaller{}}
}

// unauthorizedError says that the request has no token that counts. given tells whether it had one at all.
type unauthorizedError struct{ given bool }

func (e *unauthorizedError) Error() string {
	if !e.given {
		return "The request has no organization token: send the header Authorization: Bearer sirocco_…"
	}
	return "The organization token is unknown, mistyped or revoked."
}

// caller returns the token of the request, or *unauthorizedError, or why it cannot be known now.
func (c *callers) caller(r *http.Request) (hub.Token, error) {
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || text == "" {
		return hub.Token{}, &unauthorizedError{given: r.Header.Get("Authorization") != ""}
	}
	hash, ok := hub.TokenHash(strings.TrimSpace(text))
	if !ok {
		return hub.Token{}, &unauthorizedError{given: true}
	}
	now := c.clock()
	c.mu.RLock()
	k, ok := c.known[hash]
	c.mu.RUnlock()
	if ok && now.Before(k.until) {
		return k.token, nil
	}
	found, err, _ := c.looking.Do(hash, func() (any, error) {
		// Not the request's own context: others may be waiting for the same answer.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 10*time.Second)
		defer cancel()
		return c.lookUp(ctx, hash)
	})
	if errors.Is(err, hub.ErrNotFound) {
		return hub.Token{}, &unauthorizedError{given: true}
	}
	if err != nil {
		return hub.Token{}, err
	}
	return found.(hub.Token), nil
}

func (c *callers) lookUp(ctx context.Context, hash string) (hub.Token, error) {
	now := c.clock() // before the query: what it finds is at least as new
	t, err := c.store.TokenByHash(ctx, hash)
	if err != nil {
		return t, err
	}
	c.mu.Lock()
	if len(c.known) >= callersMost {
		clear(c.known)
	}
	c.known[hash] = knownCaller{t, now.Add(callerMemory)}
	c.mu.Unlock()
	if now.Sub(t.LastUsedAt) >= store.TokenUseGrain {
		if err := c.store.TouchToken(ctx, t); err != nil {
			c.log.Warn("the last use of a token was not recorded", "token", t.ID, "error", err)
		}
	}
	return t, nil
}

// forget drops what is remembered of a token that was just revoked.
func (c *callers) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for hash, k := range c.known {
		if k.token.ID == id {
			delete(c.known, hash)
		}
	}
}
