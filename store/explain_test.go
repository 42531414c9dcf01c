package store_test

import (
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
)

// TestExplainNothingPulled: a connection without a sync is neither said to have a cursor nor, wrongly, to be pushed to.
func TestExplainNothingPulled(t *testing.T) {
	for platform, want := range map[hub.Platform]string{
		hub.PlatformCustomInput:    "Its records are pushed to Sirocco; there is nothing to pull.",
		hub.PlatformIngage:         "Nothing is pulled for INGAGE yet.",
		hub.PlatformLeadPerfection: "Nothing is pulled for LEAD_PERFECTION yet.",
	} {
		for _, active := range []bool{true, false} {
			if got := (store.Schedule{}).Explain(hub.Connection{Platform: platform, Active: active}, time.Now()); got != want {
				t.Errorf("%s, active %v: %q", platform, active, got)
			}
		}
	}
}
