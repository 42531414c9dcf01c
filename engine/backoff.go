package engine

import (
	"math/rand/v2"
	"time"
)

// The first wait after a failure, and the longest.
const (
	backoffMin = 5 * time.Second
	backoffMax = 15 * time.Minute
)

// interval is the pause between two runs, with a tenth of jitter.
func interval(d time.Duration) time.Duration { return jitter(d, 10) }

// jitter is d, more or less a random part of up to d/part.
func jitter(d time.Duration, part int64) time.Duration {
	spread := int64(d) / part
	if spread <= 0 {
		return d
	}
	return d - time.Duration(spread) + time.Duration(rand.Int64N(2*spread))
}
