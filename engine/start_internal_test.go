package engine

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"sirocco/store/storetest"
)

// failingQueue cannot start, as on a full disk.
type failingQueue struct{ queue }

func (failingQueue) start(context.Context) error { return errors.New("the disk is full") }

// TestStartIsTriedAgain: where the database takes no writes at the start, the node begins by itself when it does.
func TestStartIsTriedAgain(t *testing.T) {
	t.Parallel()
	st := storetest.Open(t, storetest.SQLite(t), nil)
	e, err := New(Config{Store: st, Logger: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	e.queue = failingQueue{e.queue}
	e.started = make(chan struct{})
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-e.started
	if err := e.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}
