package engine

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestWhatIsDoneEveryPeriodGoesOn lets it panic once: the process goes on, and it is done again.
func TestWhatIsDoneEveryPeriodGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		e := &Engine{Logger: slog.New(slog.NewTextHandler(&log, nil))}
		ctx, stop := context.WithCancel(t.Context())
		done := 0
		e.every(ctx, time.Second, "tidy up", func(context.Context) (bool, error) {
			if done++; done == 1 {
				panic("no such case")
			}
			stop()
			return false, nil
		})
		e.done.Wait()
		if done != 2 {
			t.Errorf("it is done %d times", done)
		}
		for _, want := range []string{"the engine panicked: no such case", "the engine cannot tidy up", "panic_internal_test.go"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log does not have %q:\n%s", want, log.String())
			}
		}
	})
}

func TestAPanicIsAnError(t *testing.T) {
	if err := guarded(slog.New(slog.DiscardHandler), "the connector", func() error { panic("no such case") }); err == nil || err.Error() != "the connector panicked: no such case" {
		t.Errorf("it is told as %v", err)
	}
}
