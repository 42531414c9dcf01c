package engine

import "time"

// defaultLookBack is how long after its modified time a CRM may still come to show a record, where its connector does
// not say.
const defaultLookBack = 10 * time.Minute

// nextCursor is where a model's next run begins, after one that began at started, by our clock, and read all that was
// modified since the cursor was. That is its own start, or the time up to which the vendor's changes are in (asOf) where
// that is earlier, less the look-back: whatever comes to be shown later than that is not believed to come. It never goes
// back, except where it was later than our clock, less the look-back, allows.
func nextCursor(now, started, asOf, was time.Time, lookBack time.Duration) time.Time {
	upTo := started
	if !asOf.IsZero() && asOf.Before(upTo) {
		upTo = asOf
	}
	next := upTo.Add(-lookBack)
	if next.Before(was) {
		next = was
	}
	return latestCursor(now, next, lookBack)
}

// latestCursor is the cursor, or the latest one that our clock allows.
func latestCursor(now, cursor time.Time, lookBack time.Duration) time.Time {
	if most := now.Add(-lookBack); cursor.After(most) {
		return most
	}
	return cursor
}
