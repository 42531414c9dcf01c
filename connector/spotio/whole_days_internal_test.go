package spotio

import (
	"testing"
	"time"

	"sirocco/connector"
)

// TestAnActivityOfWholeDays lasts for the days that its length says, whatever the clocks do meanwhile.
func TestAnActivityOfWholeDays(t *testing.T) {
	start := time.Date(2026, 3, 8, 6, 0, 0, 0, time.UTC)
	for seconds, days := range map[float64]int{86_400: 1, 82_800: 1, 90_000: 1, 60: 1, 86_399: 1, 3 * 86_400: 3, 1e18: daysMost} {
		a := activity{ID: "1", AllDay: true, Date: moment{Time: connector.Time{Time: start}}, Seconds: connector.Number{Float: &seconds}}
		if r := a.record(template{}); !r.EndTime.Equal(start.AddDate(0, 0, days)) {
			t.Errorf("of %.0f seconds: it ends at %s", seconds, r.EndTime)
		}
	}
}
