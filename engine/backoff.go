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

// backoff is how long to wait after the failures-th failure in a row: doubling, with jitter of a
// quarter, so that connections which failed together do not come back together.
func backoff(failures int) time.Duration {
	d := backoffMax
	if failures < 12 {
		d = min(backoffMax, backoffMin<<max(0, failures-1))
	}
	return jitter(d, 4)
}

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
