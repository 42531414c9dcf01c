package storetest

import (
	"testing"
	"time"
)

// Until polls until it holds. Nothing bounds it but the test binary's own timeout, shortly before which it fails: on a
// slow machine what is waited for comes late, and that is no failure.
func Until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	last := time.Now().Add(24 * time.Hour)
	if bound, ok := t.(interface{ Deadline() (time.Time, bool) }); ok {
		if deadline, ok := bound.Deadline(); ok {
			last = deadline.Add(-time.Until(deadline) / 20) // time to say so
		}
	}
	for !holds() {
		if time.Now().After(last) {
			t.Fatalf("it never came true: %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
