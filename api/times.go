package api

import (
	"time"

	"sirocco/hub"
)

// times reads times, and remembers the first that is none.
type times struct{ err error }

func (t *times) at(name, text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if (err != nil || !hub.TellableTime(at)) && t.err == nil {
		t.err = hub.Invalid(name, "is not a time", "RFC 3339, as in 2026-01-31T09:30:00Z")
	}
	return at.UTC()
}

func nextMillisecond(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Truncate(time.Millisecond).Add(time.Millisecond)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// earliest of two bounds, of which the zero time is none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
