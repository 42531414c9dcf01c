package engine

import (
	"testing"
	"time"
)

func TestReadingWait(t *testing.T) {
	for waited, want := range map[time.Duration]time.Duration{
		-time.Hour: 15 * time.Second, 0: 15 * time.Second, 2 * time.Minute: 15 * time.Second, 8 * time.Minute: time.Minute, 20 * time.Hour: 2 * time.Minute,
	} {
		if got := readingWait(waited); got != want {
			t.Errorf("after %s it looks again in %s, want %s", waited, got, want)
		}
	}
}
