package wire

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
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

// authenticator knows who is calling.
type authenticator struct {
	store   *store.Store
	clock   hub.Clock
	log     *slog.Logger
	looking singleflight.Group

	mu    sync.RWMutex
	known map[string]caller // by hash of the token
	// revocations counts how often something was forgotten: what was looked up before the last time does not count.
	revocations uint64
}

// caller is whoever a token is of: an organization's or a user's.
type caller struct {
	token hub.Token
	user  hub.AccessToken
	name  string // the user's
	until time.Time
}

// id names the caller's token.
func (k caller) id() string { return k.token.ID + k.user.ID }

// actor is how the audit log names the caller.
func (k caller) actor() hub.Actor {
	if k.user.ID != "" {
		return hub.Actor{Kind: hub.ActorUser, ID: k.user.UserID, Name: k.name}
	}
	return hub.Actor{Kind: hub.ActorToken, ID: k.token.ID, Name: k.token.Name}
}

func newAuthenticator(st *store.Store, clock hub.Clock, log *slog.Logger) *authenticator {
	return &authenticator{store: st, clock: clock, log: log, known: map[string]caller{}}
}

// unauthorizedError says that the request has no token that counts. given tells whether it had one at all, bare
// whether that came without a scheme, organization whether only an organization's would do.
type unauthorizedError struct{ given, bare, organization bool }

func (e *unauthorizedError) Error() string {
	switch {
	case e.bare:
		return "The scheme is missing before the token: send the header Authorization: Bearer sirocco_…"
	case !e.given && e.organization:
		return "The request has no organization token: send the header Authorization: Bearer sirocco_…, as paths under " + LegacyPrefix + " take no user's."
	case !e.given:
		return "The request has no token: send the header Authorization: Bearer sirocco_… with an organization token, or x-siro-auth-token: sirocco_user_… with a user's access token."
	}
	return "The token is unknown, mistyped, expired or revoked, or its user or the organization is disabled."
}

// knows reports whether a token counted when it was last looked up: whoever has such a one is no stranger.
func (c *authenticator) knows(given givenToken) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	_, ok := c.known[given.hash]
	return ok
}

// authenticate returns whose token it is, or *unauthorizedError, or why it cannot be known now.
func (c *authenticator) authenticate(ctx context.Context, given givenToken) (caller, error) {
	now := c.clock()
	c.mu.RLock()
	k, ok := c.known[given.hash]
	revocations := c.revocations
	c.mu.RUnlock()
	if ok && now.Before(k.until) {
		return k, nil
	}
	// Who asks after a revocation does not wait for an answer from before it.
	found, err, _ := c.looking.Do(strconv.FormatUint(revocations, 10)+" "+given.hash, func() (any, error) {
		// Others may be waiting for the same answer. How long it may take is bounded by the database's own timeout.
		return c.lookUp(context.WithoutCancel(ctx), given, revocations)
	})
	if errors.Is(err, hub.ErrNotFound) {
		if ok { // strangers' tokens wait for no lock
			c.drop(given.hash)
		}
		return caller{}, &unauthorizedError{given: true}
	}
	if err != nil {
		return caller{}, err
	}
	return found.(caller), nil
}

// givenToken is the token that a request has, by its hash.
type givenToken struct {
	hash   string
	ofUser bool
}

// tokenOf returns the request's token, or *unauthorizedError where it has none in the right form. The published prefix
// always means the organization surface; elsewhere a user's token decides.
func tokenOf(hr *http.Request, legacy bool) (givenToken, error) {
	if text := hr.Header.Get(userTokenHeader); text != "" && !legacy {
		hash, ok := hub.UserTokenHash(strings.TrimSpace(text))
		if !ok {
			return givenToken{}, &unauthorizedError{given: true}
		}
		return givenToken{hash, true}, nil
	}
	scheme, text, _ := strings.Cut(hr.Header.Get("Authorization"), " ")
	if bare := strings.TrimSpace(hr.Header.Get("Authorization")); strings.HasPrefix(bare, "sirocco_") && !strings.HasPrefix(bare, "sirocco_user_") {
		return givenToken{}, &unauthorizedError{given: true, bare: true}
	}
	if !strings.EqualFold(scheme, "Bearer") || text == "" {
		return givenToken{}, &unauthorizedError{given: hr.Header.Get("Authorization") != "", organization: legacy}
	}
	hash, ok := hub.TokenHash(strings.TrimSpace(text))
	if !ok {
		return givenToken{}, &unauthorizedError{given: true}
	}
	return givenToken{hash, false}, nil
}

// lookUp asks the store, and remembers the answer unless something was revoked since revocations was read.
func (c *authenticator) lookUp(ctx context.Context, given givenToken, revocations uint64) (caller, error) {
	now := c.clock() // before the query: what it finds is at least as new
	k := caller{until: now.Add(callerMemory)}
	var err error
	if given.ofUser {
		k.user, err = c.store.AccessTokenByHash(ctx, given.hash)
		if k.user.ExpiresAt.Before(k.until) {
			k.until = k.user.ExpiresAt
		}
		if err == nil {
			var u hub.User
			u, err = c.store.User(ctx, k.user.OrganizationID, k.user.UserID)
			k.name = u.Name()
		}
	} else {
		k.token, err = c.store.TokenByHash(ctx, given.hash)
	}
	if err != nil {
		return k, err
	}
	c.remember(given.hash, k, revocations)
	if !given.ofUser && now.Sub(k.token.LastUsedAt) >= store.TokenUseGrain {
		if err := c.store.TouchToken(ctx, k.token); err != nil {
			c.log.Warn("the last use of a token was not recorded", "token", k.token.ID, "error", err)
		}
	}
	return k, nil
}

func (c *authenticator) remember(hash string, k caller, revocations uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.revocations != revocations {
		return
	}
	if len(c.known) >= callersMost {
		clear(c.known)
	}
	c.known[hash] = k
}

// drop forgets a token that does not count any more: it lapsed, or was revoked over another node.
func (c *authenticator) drop(hash string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.known, hash)
}

// forget drops what is remembered of tokens that were just revoked.
func (c *authenticator) forget(revoked hub.Revocation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.revocations++
	for hash, k := range c.known {
		if revoked.Covers(k.token, k.user) {
			delete(c.known, hash)
		}
	}
}
