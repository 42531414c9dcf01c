package engine

import (
	"context"
	"errors"
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

// TestOneChoreHoldsUpNoOther lets the first of three chores panic and the second fail, again and again: the third goes on, and what is wrong
// is logged once a minute for each.
func TestOneChoreHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		e := &Engine{Logger: slog.New(slog.NewTextHandler(&log, nil))}
		done := 0
		chores := []chore{
			{"panic", func(context.Context) (bool, error) { panic("no such case") }},
			{"fail", func(context.Context) (bool, error) { return false, errors.New("no such row") }},
			{"count", func(context.Context) (bool, error) { done++; return done < 10, nil }},
		}
		for range 10 {
			if more, err := e.doAll(t.Context(), chores); more != (done < 10) || err == nil {
				t.Errorf("after %d: %t, %v", done, more, err)
			}
		}
		if n := strings.Count(log.String(), "level=ERROR"); done != 10 || n != 2 {
			t.Errorf("the third is done %d times; %d lines:\n%s", done, n, log.String())
		}
		time.Sleep(complainEvery)
		_, _ = e.doAll(t.Context(), chores)
		if n := strings.Count(log.String(), "level=ERROR"); n != 4 {
			t.Errorf("%d lines a minute later", n)
		}
	})
}
