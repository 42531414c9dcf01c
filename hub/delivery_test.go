package hub

import (
	"strings"
	"testing"
	"time"
)

// TestAnUnprovenDeliveryExplainsItself says when the CRM is asked again, and no time that is past.
func TestAnUnprovenDeliveryExplainsItself(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	d := Delivery{State: DeliveryConfirming, AskedAt: now.Add(-time.Hour)}
	for _, c := range []struct {
		due    time.Time
		active bool
		want   string
	}{
		{now.Add(time.Minute), true, "the CRM is asked again at 2026-05-01T12:01:00.000Z."},
		{now.Add(-time.Minute), true, "the CRM is asked again as soon as"},
		{now.Add(-time.Minute), false, "once the connection is no longer paused"},
		{time.Time{}, true, "settle it."},
	} {
		d.DueAt = c.due
		if got := d.Explain(Connection{Active: c.active}, now); !strings.HasPrefix(got, "It was sent on 2026-05-01T11:00:00.000Z, but no answer says whether it is there") || !strings.Contains(got, c.want) || strings.Contains(got, "11:59") {
			t.Errorf("due at %s: %s", c.due, got)
		}
	}
}
