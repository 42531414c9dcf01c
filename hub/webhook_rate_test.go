package hub_test

import (
	"testing"
	"time"

	"sirocco/hub"
)

func TestWhatAnEndpointWasLike(t *testing.T) {
	var m hub.WebhookMinute
	if m.Quantile(0.5) != -1 || m.Sent() != 1 {
		t.Errorf("nothing: %d, %v", m.Quantile(0.5), m.Sent())
	}
	for range 97 {
		m.Count(hub.Attempt{Took: 30 * time.Millisecond})
	}
	m.Count(hub.Attempt{Took: time.Second})
	var other hub.WebhookMinute
	other.Count(hub.Attempt{Took: 20 * time.Second, Error: "it did not answer"})
	other.Count(hub.Attempt{Took: 2 * time.Second})
	m.Add(other)
	if m.Attempts != 100 || m.Failures != 1 || m.Took != 97*30*time.Millisecond+23*time.Second || m.Sent() != 0.99 {
		t.Errorf("%+v, %v", m, m.Sent())
	}
	for q, want := range map[float64]int{0.5: 1, 0.97: 1, 0.98: 5, 0.99: 6, 1: 9} {
		if got := m.Quantile(q); got != want {
			t.Errorf("of %v: %d, want %d", q, got, want)
		}
	}
}

func TestHowLongAnEndpointHas(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		endpoint hub.WebhookEndpoint
		want     time.Duration
	}{
		"well":     {hub.WebhookEndpoint{}, 0},
		"failing":  {hub.WebhookEndpoint{FailingSince: now.Add(-24 * time.Hour)}, 4 * 24 * time.Hour},
		"overdue":  {hub.WebhookEndpoint{FailingSince: now.Add(-240 * time.Hour)}, 0},
		"disabled": {hub.WebhookEndpoint{FailingSince: now.Add(-time.Hour), DisabledAt: now}, 0},
	} {
		if got := c.endpoint.DisabledIn(now); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
