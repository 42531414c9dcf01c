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
	for began := time.Now(); !holds(); Pause(began) {
		if time.Now().After(last) {
			t.Fatalf("it never came true: %s", what)
		}
	}
}

// Pause waits between two looks at what has been waited for since began: an eighth of that time, so that tests that wait
// long leave the machine to those that work.
func Pause(began time.Time) {
	time.Sleep(min(max(time.Since(began)/8, 5*time.Millisecond), 250*time.Millisecond))
}
