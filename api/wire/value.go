package wire

import (
	"time"

	"sirocco/hub"
)

// TimeOrNull returns t as clients are shown it, or nil for the zero time.
func TimeOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := hub.WireTime(t)
	return &s
}

// TimeOrEmpty returns t as clients are shown it, or "" for the zero time.
func TimeOrEmpty(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return hub.WireTime(t)
}

// Each shows the items of a list, which is never null.
func Each[T, S any](items []T, show func(T) S) []S {
	shown := make([]S, len(items))
	for i, item := range items {
		shown[i] = show(item)
	}
	return shown
}

// Set writes a value that was sent.
func Set[T any](to *T, sent *T) {
	if sent != nil {
		*to = *sent
	}
}

// OrNull returns s, or nil where it is empty.
func OrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// NeverNull returns the list, or an empty one for nil.
func NeverNull(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// OrZero returns what s points at, or "" for nil.
func OrZero(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
