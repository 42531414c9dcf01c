package wire

import (
	"strings"
	"testing"
	"time"

	"sirocco/hub"
)

// TestUnknownOutcomeIsSaid: only where a change may have been made is it said that repeating the request is safe.
func TestUnknownOutcomeIsSaid(t *testing.T) {
	for _, unknown := range []bool{false, true} {
		a := unavailableAnswer(&hub.UnavailableError{Reason: "it hangs", RetryAfter: 1500 * time.Millisecond, OutcomeUnknown: unknown})
		if a.status != 503 || a.headers.Get("Retry-After") != "2" || strings.Contains(a.Message, "safe to repeat") != unknown {
			t.Errorf("unknown %v: %d %v %q", unknown, a.status, a.headers, a.Message)
		}
	}
}
