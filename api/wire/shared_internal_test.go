package wire

import (
	"context"
	"log/slog"
	"testing"
	"time"
)

// TestWhatIsSharedPanics lets what is found for all who ask panic once: those who asked are told, and later ones get what is found then.
func TestWhatIsSharedPanics(t *testing.T) {
	now := time.Now()
	panics := true
	s := &shared[string]{clock: func() time.Time { return now }, log: slog.New(slog.DiscardHandler), find: func(context.Context) string {
		if panics {
			panic("no such case")
		}
		return "found"
	}}
	if got, err := s.get(t.Context()); got != "" || err == nil || err.Error() != errPanicked.Error() {
		t.Errorf("%q, %v", got, err)
	}
	panics = false
	if _, err := s.get(t.Context()); err == nil {
		t.Error("it is looked for again within the time that it is shared for")
	}
	now = now.Add(sharedFor)
	if got, err := s.get(t.Context()); got != "found" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
