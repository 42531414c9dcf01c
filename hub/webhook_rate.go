package hub

import "time"

// Add counts what another minute had in this one, which then stands for both.
func (m *WebhookMinute) Add(o WebhookMinute) {
	m.Attempts += o.Attempts
	m.Failures += o.Failures
	m.Took += o.Took
	for i, n := range o.Latencies {
		m.Latencies[i] += n
	}
}

// Quantile returns the smallest bound of WebhookLatencies that at least the part q of the attempts took no longer than, by
// its index; len(WebhookLatencies()) is beyond all of them. It is -1 where there was no attempt.
func (m *WebhookMinute) Quantile(q float64) int {
	if m.Attempts == 0 {
		return -1
	}
	sum := int64(0)
	for i, n := range m.Latencies {
		if sum += n; float64(sum) >= q*float64(m.Attempts) {
			return i
		}
	}
	return len(m.Latencies) - 1
}

// Sent is the part of the attempts that the receiver took, from 0 to 1; 1 where there was none.
func (m *WebhookMinute) Sent() float64 {
	if m.Attempts == 0 {
		return 1
	}
	return 1 - float64(m.Failures)/float64(m.Attempts)
}

// DisabledIn is how long the endpoint may go on failing before it is disabled; zero where it does not fail, or is disabled.
func (e *WebhookEndpoint) DisabledIn(now time.Time) time.Duration {
	if e.FailingSince.IsZero() || !e.DisabledAt.IsZero() {
		return 0
	}
	return max(0, e.FailingSince.Add(WebhookPatience).Sub(now))
}
