package store

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sirocco/hub"
)

// TestFirstReadingIsWaitedFor has a database so busy that each answer takes longer than a measurement may: the store that
// opens waits for one, as for any statement, and a running one keeps what it knows.
func TestFirstReadingIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		c := &nodeClock{machine: time.Now, log: slog.New(slog.DiscardHandler), ask: func(ctx context.Context) (time.Time, error) {
			asked++
			select {
			case <-time.After(2 * clockPatience):
				return time.Now(), nil
			case <-ctx.Done():
				return time.Time{}, ctx.Err()
			}
		}}
		if err := c.measure(t.Context()); err != nil {
			t.Fatalf("opening: %v", err)
		}
		if err := c.measure(t.Context()); err == nil {
			t.Error("a running store waited for more than a measurement may take")
		}
		if asked != 3 {
			t.Errorf("the database was asked %d times, want twice at first and once again", asked)
		}
	})
}

// TestClockIsMeasured has a database whose clock is a minute ahead, and answers that come late, fail or tell of a step.
func TestClockIsMeasured(t *testing.T) {
	var log bytes.Buffer
	began := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	machine, ahead, lost := began, time.Minute, false
	var delays []time.Duration // of the answers to come
	c := &nodeClock{machine: func() time.Time { return machine }, log: slog.New(slog.NewTextHandler(&log, nil)), ask: func(context.Context) (time.Time, error) {
		if lost {
			return time.Time{}, errors.New("lost")
		}
		at := machine.Add(ahead)
		if len(delays) > 0 {
			machine = machine.Add(delays[0]) // on its way back
			delays = delays[1:]
		}
		return at, nil
	}}
	measured := func(want time.Duration) {
		t.Helper()
		_ = c.measure(t.Context())
		if got := c.now().Sub(machine); got != want {
			t.Errorf("the database is ahead by %v, want %v", got, want)
		}
	}
	delays = []time.Duration{0, 2 * time.Second, 0, 2 * time.Second, 0}
	measured(time.Minute)
	machine = machine.Add(time.Hour)
	measured(time.Minute)
	ahead += time.Millisecond / 2 // no answer is that exact
	measured(time.Minute)
	lost = true
	measured(time.Minute)
	lost, ahead = false, -time.Second
	measured(-time.Second)
	lost = true
	if err := (&nodeClock{machine: c.machine, ask: c.ask, log: c.log}).measure(t.Context()); err == nil {
		t.Error("a clock that was never read tells the time")
	}
	if warned, mended := strings.Count(log.String(), "level=WARN"), strings.Count(log.String(), "level=INFO"); warned != 1 || mended != 1 {
		t.Errorf("it says %s", log.String())
	}
}

// TestIDsGoByTheSharedClock makes ids in a store whose database is an hour ahead: they sort behind those of that time.
func TestIDsGoByTheSharedClock(t *testing.T) {
	s := &Store{nodeClock: &nodeClock{}}
	s.nodeClock.latest.Store(&clockReading{ids: time.Hour})
	before, id, after := hub.NewIDAhead(59*time.Minute), s.newID(), hub.NewIDAhead(61*time.Minute)
	if !hub.ValidID(id) || before >= id || id >= after {
		t.Errorf("it is %q, between %q and %q", id, before, after)
	}
}
