package store_test

import (
	"testing"

	"sirocco/store/storetest"
)

// TestWhatMakesWorkSaysSo: once an operation has left something to do, who waits for that on this node is told, and need not look whether there
// is something.
func TestWhatMakesWorkSaysSo(t *testing.T) {
	for _, name := range []string{
		"change a user", "change an endpoint", "choose thresholds", "disable an organization", "do something once", "fetch recordings", "keep an analysis", "keep matches",
		"keep what was confirmed", "link by hand", "make a user", "move a match", "replay a note", "replay an event", "send a test event", "settle a note", "share out events",
		"take a session", "tell of a recording", "unlink by hand", "wake a sync",
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, url string) {
				w := newFailWorld(t, url)
				run := operations[name](w)
				told := w.st.Notified()
				w.must(run(t.Context()))
				select {
				case <-told:
				default:
					t.Error("nobody is told")
				}
			})
		})
	}
}
