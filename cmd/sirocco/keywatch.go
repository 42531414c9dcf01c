package main

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"sirocco/store"
)

// keyCheckEvery is how often a node proves that its key is the one that all nodes go by.
const keyCheckEvery = 2 * time.Second

// keyWatch takes a node out of the work whose key is not, or no longer, the one by which the database is encrypted.
type keyWatch struct {
	store *store.Store
	log   *slog.Logger
	found atomic.Pointer[error]
}

// errWrongKey is what a node without the right key says of itself.
var errWrongKey = errors.New("this node's key is not the one that encrypted what the database holds, as after sirocco keys rotate on another: give it a copy of that key; until then it does no background work and encrypts nothing")

// wrong is why the node must not work; nil where its key is right.
func (w *keyWatch) wrong() error {
	if found := w.found.Load(); found != nil {
		return *found
	}
	return nil
}

// watch proves the key again and again until ctx ends.
func (w *keyWatch) watch(ctx context.Context) {
	ticker := time.NewTicker(keyCheckEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			w.check(ctx)
		}
	}
}

// check proves the key once. What the database cannot say now stays as it was.
func (w *keyWatch) check(ctx context.Context) {
	err := w.store.ProveKey(ctx)
	switch before := w.found.Load(); {
	case errors.Is(err, store.ErrWrongKey):
		if w.found.Store(&errWrongKey); before == nil {
			w.log.Error(errWrongKey.Error())
		}
	case err == nil && before != nil:
		w.found.Store(nil)
		w.log.Info("this node's key is the right one again")
	}
}
