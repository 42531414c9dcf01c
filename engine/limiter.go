package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"sync"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

// limiters keeps what this node may ask the accounts of CRMs, which the store hands out in blocks: the vendor sees one
// limit, however many nodes and connections ask for the same account.
type limiters struct {
	store *store.Store

	mu  sync.Mutex
	all map[string]*limiter
}

func newLimiters(st *store.Store) *limiters { return &limiters{store: st, all: map[string]*limiter{}} }

// limiter is how often an account may be asked, and from when on.
type limiter struct {
	account string
	rate    hub.Rate
	store   *store.Store

	mu sync.Mutex
	// block is what was handed out last, used what became of it.
	block store.RateBlock
	used  store.RateUse
	// held is for how long the vendor wants to be left alone, as this node knows it.
	held store.RateHold

	// turn has room for one request, of an account that is asked one at a time; else it is nil.
	turn chan struct{}
}

func unlimited() *limiter { return &limiter{} }

// maxLimiters bounds how many limits are remembered; of a forgotten one at most a block is lost.
const maxLimiters = 50_000

// get returns the limit of the account that a connection's credentials open, whose id at the vendor is given where that is known.
func (l *limiters) get(conn hub.Connection, values map[string]string, accountID string, info hub.PlatformInfo) *limiter {
	account := rateAccount(conn, values, accountID)
	l.mu.Lock()
	defer l.mu.Unlock()
	if known, ok := l.all[account]; ok {
		return known
	}
	if len(l.all) >= maxLimiters {
		maps.DeleteFunc(l.all, func(_ string, known *limiter) bool { return len(known.turn) == 0 }) // what has a request on its way keeps it
	}
	made := &limiter{account: account, rate: info.Rate, store: l.store}
	if info.Serial {
		made.turn = make(chan struct{}, 1)
	}
	l.all[account] = made
	return made
}

// rateAccount names whom a vendor counts the requests of: the account that the vendor itself says the credentials are of, however
// many connections and credentials open it, or where it does not tell, whoever has the same credentials. The vendor's addresses
// are part of it: who names an address of their own, which says what they like, has no part in the limit of others.
func rateAccount(conn hub.Connection, values map[string]string, accountID string) string {
	of := []any{conn.Platform, conn.ExternalAccountID, values}
	if accountID != "" {
		addresses := map[string]string{}
		for name, value := range values {
			if (hub.CredentialField{Name: name}).IsAddress() {
				addresses[name] = value
			}
		}
		of = []any{conn.Platform, "account", accountID, addresses}
	}
	text, _ := json.Marshal(of) //nolint:errchkjson // texts can always be written
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// take takes one request, or returns how long to wait before it is asked again.
func (l *limiter) take(ctx context.Context, now time.Time) (time.Duration, error) {
	if l.rate.Requests == 0 || l.rate.Per == 0 {
		return 0, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.used.Made >= l.block.Requests || !now.Before(l.block.Until) {
		block, err := l.store.TakeRate(ctx, l.account, l.rate, l.used)
		if err != nil {
			return 0, err
		}
		l.block, l.used, l.held = block, store.RateUse{ID: block.ID, Last: now}, block.Held
	}
	if wait := l.block.From.Sub(now); wait > 0 {
		return wait, nil
	}
	l.used.Made++
	l.used.Last = now
	return 0, nil
}

// learn asks for how long the vendor wants to be left alone: it may have told another node so.
func (l *limiter) learn(ctx context.Context) error {
	held, err := l.store.RateHold(ctx, l.account)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = held
	return nil
}

// hold makes all requests for the account wait, by this node at once, and by others as soon as they learn of it. The vendor told so to
// credentials that were set at a time; see store.HoldRate.
func (l *limiter) hold(ctx context.Context, h store.RateHold, credentials time.Time) error {
	l.mu.Lock()
	counts := h.Until.After(l.held.Until) || credentials.After(l.held.Since)
	if counts {
		if h.Since.Before(l.held.Since) {
			h.Since = l.held.Since
		}
		l.held = h
	}
	l.mu.Unlock()
	if !counts || l.store == nil {
		return nil
	}
	return l.store.HoldRate(ctx, l.account, h, credentials)
}

// heldFor is how long the vendor wants to be left alone still by requests with credentials that were set at a time.
func (l *limiter) heldFor(credentials, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if credentials.After(l.held.Since) {
		return 0
	}
	return max(0, l.held.Until.Sub(now))
}

// takeTurn waits until no other request of an account is on its way that is asked one at a time. ended is to be called once
// the answer has come, or will not.
func (l *limiter) takeTurn(ctx context.Context) (ended func(), err error) {
	if l.turn == nil {
		return func() {}, nil
	}
	select {
	case l.turn <- struct{}{}:
		return func() { <-l.turn }, nil
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, &connector.Error{Kind: connector.RateLimited, Message: "another request is on its way, and the CRM is asked one at a time", Err: ctx.Err()}
		}
		return nil, ctx.Err()
	}
}

// sent says that a request that was taken goes out only now.
func (l *limiter) sent(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.used.Last = now
}
