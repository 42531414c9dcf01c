package main

import (
	"slices"
	"time"
)

// sample is what was measured of one cell.
type sample struct {
	latencies []time.Duration
	elapsed   time.Duration
	// cpu is the processor time that the subject's server used meanwhile.
	cpu time.Duration
}

func (s *sample) add(t sample) {
	s.latencies = append(s.latencies, t.latencies...)
	s.elapsed += t.elapsed
	s.cpu += t.cpu
}

// rate is requests per second.
func (s *sample) rate() float64 {
	if s.elapsed == 0 {
		return 0
	}
	return float64(len(s.latencies)) / s.elapsed.Seconds()
}

// cost is the server's processor time for one request.
func (s *sample) cost() time.Duration {
	if len(s.latencies) == 0 {
		return 0
	}
	return s.cpu / time.Duration(len(s.latencies))
}

// percentile is the latency that p of 100 requests do not exceed. It sorts the sample.
func (s *sample) percentile(p float64) time.Duration {
	if len(s.latencies) == 0 {
		return 0
	}
	slices.Sort(s.latencies)
	return s.latencies[int(p/100*float64(len(s.latencies)-1))]
}
