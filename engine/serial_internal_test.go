package engine

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// TestOneRequestAtATime lets a second request of an account wait for the answer to the first, and no longer than its own time.
func TestOneRequestAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiters(nil).get(hub.Connection{}, nil, "", hub.PlatformInfo{Serial: true})
		ended, err := l.takeTurn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		limited, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := l.takeTurn(limited); !connector.IsKind(err, connector.RateLimited) || connector.Unproven(err) {
			t.Errorf("a request that never left: %v", err)
		}
		second := make(chan error)
		go func() {
			ended, err := l.takeTurn(t.Context())
			second <- err
			ended()
		}()
		synctest.Wait()
		select {
		case <-second:
			t.Fatal("two requests are on their way")
		default:
		}
		ended()
		if err := <-second; err != nil {
			t.Error(err)
		}
	})
	free := newLimiters(nil).get(hub.Connection{}, nil, "", hub.PlatformInfo{})
	for range 3 {
		if _, err := free.takeTurn(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// TestKeptWaitsForThePageBefore lets what is kept be told only once the page before is in.
func TestKeptWaitsForThePageBefore(t *testing.T) {
	j := &syncJob{uncommitted: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	kept := j.kept(hub.ModelInfo{Model: hub.ModelAccount, Also: []hub.Model{hub.ModelLead}})
	if records, err := kept(ctx, []string{"1"}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", records, err)
	}
}
