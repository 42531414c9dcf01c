package hub

import (
	"math"
	"time"
)

// What a sales force's day is like: how often what happens, and how long it takes. The figures were chosen with
// bench/link; none of them decides alone, and bench/link shows what becomes of links where they are off by a third. Times
// are in minutes, densities per minute.
const (
	// visitHeld is how often an appointment is held and recorded, insteadHeld how often the rep talks to somebody else in
	// its time, and visitNone how often neither.
	visitHeld, insteadHeld, visitNone = 0.88, 0.06, 0.06
	// bothHeld is how often both of two appointments at once are held.
	bothHeld = 0.03
	// movedChance is how often an appointment was moved without the CRM being told, mostly by movedMost at most.
	movedChance, movedMost = 0.06, 90.0
	// farChance is how often a visit has nothing to do with the hour in the CRM; farScale how far it is off then.
	farChance, farScale = 0.004, 60.0
	// stepDeviation is how much a delay changes from visit to visit.
	stepDeviation = 8.5
	// pushedPause is how much later, in the mean, a visit begins that waited for the one before to end.
	pushedPause = 1.5
	// idleFrom is from how many minutes on a rep between two talks would have kept an appointment, so that the second talk is not what
	// pushed it.
	idleFrom = 30.0
	// unplannedRate is how often a talk begins that was not planned, in a minute of those that visits leave: one on every other
	// day or so, in some five hours.
	unplannedRate = 1.5e-3
	// doorDays are how many days a rep goes from door to door, between visits if there are any; doorRate is how many times as often a
	// talk begins then that was not planned, and doorTime how many minutes visits leave.
	doorDays, doorRate, doorTime = 0.03, 8.0, 300.0
	// longRate is how many talks an appointment of many hours has.
	longRate = 3.0
	// twoParts is how often the recording of a visit was interrupted; partsPause how long, in the mean.
	twoParts, partsPause = 0.07, 3.6
	// twice is how often a talk is recorded twice, and twiceApart how many minutes apart both begin and end, as a rule; atOnce is how much rarer
	// another talk is at the same time than after it.
	twice, twiceApart, atOnce = 0.01, 2.0, 1e-3
	// sameCustomer is how many talks that nobody planned are with a customer of the day.
	sameCustomer = 0.005
	// partAlone is how often a part of a visit is all that was recorded of it.
	partAlone = 0.003
	// brokenOff is how often the recording of a visit is broken off in its first minutes, brokenOffMost at most, the sooner the more often.
	brokenOff, brokenOffMost = 0.01, 5.0
	// likeVisit is how many of the talks with somebody else begin and last as the visit would have: few, but where they are more,
	// nothing but the place tells them apart; oddDoor is how many of those that nobody planned last otherwise than most.
	likeVisit, oddDoor = 0.04, 0.05
	// visitSpread is that of the logarithm of how long a visit takes, compared with what was planned; unplannedLength
	// is the length of one that nobody planned.
	visitSpread               = 0.36
	unplannedLength           = 80.0
	unplannedSpread           = 0.6
	doorShortest, doorLongest = 5.0, 35.0
	// doorEnding is how many minutes longer, in the mean, those are that last longer than most.
	doorEnding = 0.5
)

// begins are the ways a recording may begin after the visit has: in time, before it, or late.
var begins = [...]struct{ weight, from, until float64 }{{0.88, 0, 6}, {0.05, -10, 0}, {0.07, 10, 35}}

// clocks are how many minutes a phone's clock is ahead of the CRM's, and on how many days: an hour either way, where it knows
// nothing of summer time or of another zone.
var clocks = [...]struct{ chance, ahead float64 }{{0.99, 0}, {0.005, 60}, {0.005, -60}}

// belief is what is known of a rep's delay: that of a normal distribution, and the delay with which the last visit began.
type belief struct {
	mean, variance float64
	last           float64
	// free is when the rep was free again, in minutes of the day; minus infinity at its beginning.
	free float64
	// busy is since when the rep was not idle, up to then.
	busy float64
	// clock is how far the clock is ahead by which the day was recorded.
	clock float64
}

// newBelief is that of the morning, by a clock that is so far ahead.
func newBelief(clock float64) belief {
	return belief{free: math.Inf(-1), busy: math.Inf(-1), clock: clock}
}

// met is the belief once a talk was met.
func (b belief) met(start, length float64) belief {
	if start-b.free >= idleFrom {
		b.busy = start
	}
	b.free = max(b.free, start+length)
	return b
}

// lengthsDensity is how probable the length of a recording is, in minutes (0 where that is not known), of a visit planned for
// slot minutes (0 where that is not known), for each of the ways in which it may have begun.
func lengthsDensity(length, slot float64) (densities [len(begins)]float64) {
	for i, way := range begins {
		densities[i] = lengthDensity(length+(way.from+way.until)/2, length, slot)
	}
	return densities
}

// visitDensity is how probable a recording from start is of a visit that was planned for begin, when the rep comes with some
// delay, and its length is as probable as lengths say. It returns the density, and the belief after it.
func (b belief) visitDensity(start, begin float64, lengths [len(begins)]float64) (density float64, after belief) {
	begin += b.clock
	offset := start - begin
	after = b
	var mean, square, sum, recorded float64
	for i, way := range begins {
		lasting := lengths[i]
		for _, from := range b.delays() {
			spread := math.Sqrt(from.variance)
			// The visit began between earliest and latest, and not before the rep was free.
			earliest, latest := offset-way.until, offset-way.from
			free := min(b.free, start) - begin // two recordings at once say nothing of when the rep was free
			width := way.until - way.from
			if lower := max(earliest, free); lower < latest {
				p := (normalBelow((latest-from.mean)/spread) - normalBelow((lower-from.mean)/spread)) / width
				w := way.weight * from.weight * p * lasting
				at := min(max(from.mean, lower), latest)
				v := min(from.variance, (latest-lower)*(latest-lower)/12)
				sum, mean, square, recorded = sum+w, mean+w*at, square+w*(v+at*at), recorded+w*at
			}
			if latest > free && !math.IsInf(free, -1) {
				pushed := math.Exp(-max(0, earliest-free)/pushedPause) - math.Exp(-(latest-free)/pushedPause)
				// It would have begun at some time while the rep was busy; how late the rep was is less than what one sees.
				since, z := (b.busy-idleFrom-begin-from.mean)/spread, (free-from.mean)/spread
				below := normalBelow(z) - normalBelow(since)
				w := way.weight * from.weight * below * pushed / width * lasting
				p, edge := max(below, 1e-9), 0.0
				if !math.IsInf(since, 0) {
					edge = since * normalDensity(since)
				}
				shift := (normalDensity(since) - normalDensity(z)) / p
				at := from.mean + spread*shift
				v := from.variance * max(0.05, 1+(edge-z*normalDensity(z))/p-shift*shift)
				sum, mean, square, recorded = sum+w, mean+w*at, square+w*(v+at*at), recorded+w*(free+pushedPause)
			}
		}
	}
	if sum > 0 {
		after.mean = mean / sum
		after.variance = max(1, square/sum-after.mean*after.mean)
		after.last = recorded / sum
	}
	return sum, after
}

// delays are what the rep's delay may be at the next visit: mostly about what it was, or none, or all of what one saw.
func (b belief) delays() [3]struct{ weight, mean, variance float64 } {
	const step = stepDeviation * stepDeviation
	return [3]struct{ weight, mean, variance float64 }{
		{0.80, b.mean, b.variance + step}, {0.10, 0, step}, {0.10, b.last, step + 4},
	}
}

// movedDensity is visitDensity for a visit that was moved, which says nothing of delays.
func movedDensity(start, length, begin, slot float64) float64 {
	offset := (start - begin) - 3
	const soft = 10
	near := (normalBelow((offset+movedMost)/soft) - normalBelow((offset-movedMost)/soft)) / (2 * movedMost)
	far := math.Exp(-math.Abs(offset)/farScale) / (2 * farScale)
	return (movedChance*near + farChance*far) * lengthDensity(length+3, length, slot)
}

// insteadDensity is how probable the recording is of a talk with somebody else while an appointment was not held, as one at a
// door: within the appointment's time, and of any length.
func insteadDensity(start, length, begin, slot float64) float64 {
	planned := slot
	if planned == 0 {
		planned = unplannedLength
	}
	const soft, early = 4, 1
	window := max(planned-length, 2*soft) + soft // it ended with the appointment's time, or nearly
	whenever := (normalBelow((start-begin+early)/soft) - normalBelow((start-begin+early-window)/soft)) / window
	return (1 - likeVisit) * whenever * doorDensity(length)
}

// interruptionDensity is the density of the share of a visit that is left where it was interrupted, a Beta(5, 5): both parts are
// long, as a rule, so that a short talk soon after a visit is rarely its second part.
func interruptionDensity(left float64) float64 {
	left = min(1, left)
	return 630 * math.Pow(left*(1-left), 4)
}

// lengthDensity is how probable it is that a visit lasts visit minutes of which recorded were recorded.
func lengthDensity(visit, recorded, slot float64) float64 {
	if recorded <= 0 {
		return 1 // a moment says nothing
	}
	spread := visitSpread
	if slot == 0 {
		slot, spread = unplannedLength, unplannedSpread
	}
	whole := 0.98*logNormal(visit, slot, spread) + 0.02*logNormal(visit, slot, 2*spread)
	part := 0.0
	if recorded < slot {
		part = 1 / slot
	}
	early := max(0, 1-recorded/brokenOffMost)
	return (1-partAlone-brokenOff)*whole + partAlone*part + brokenOff*3/brokenOffMost*early*early
}

// doorDensity is how probable it is that a talk which nobody planned lasts so long: as long as at a door, as a rule. Few are longer; calls
// and words with strangers are shorter, and come on top, the rarer the shorter they are.
func doorDensity(length float64) float64 {
	if length <= 0 {
		return 1
	}
	usual := min(1, length/doorShortest)
	if length > doorLongest {
		usual = math.Exp((doorLongest - length) / doorEnding)
	}
	return oddDoor*logNormal(length, 25, 0.9) + (1-oddDoor)*usual/(doorLongest-doorShortest)
}

// longDensity is how probable the recording is of one of the talks at an appointment of many hours.
func longDensity(start, length, begin, slot float64) float64 {
	const soft = 10
	inside := (normalBelow((start-begin)/soft) - normalBelow((start-begin-slot)/soft)) / min(slot, 600)
	if length <= 0 {
		return longRate * inside
	}
	return longRate * inside * (logNormal(length, 40, 0.8) + doorDensity(length)) / 2
}

// pauseDensity is how probable a pause is between the two parts of a talk, a gamma density of shape 4: what was interrupted goes on
// in the next minutes, though hardly at once, and what begins ten minutes later is another talk.
func pauseDensity(pause float64) float64 {
	if pause < -1 {
		return 0
	}
	const atOnce = 0.3 // so that a recording that begins as another ends may be its second part
	const rate = 4 / partsPause
	after := rate * (max(0, pause) + atOnce)
	return rate * after * after * after / 6 * math.Exp(-after)
}

// apartDensity is how probable it is that the ends of two recordings of the same are some minutes apart: rarely far, but what one phone
// recorded may be any piece of what another did.
func apartDensity(minutes float64) float64 {
	apart := 1 + math.Abs(minutes)/twiceApart
	return 1 / (2 * twiceApart * apart * apart)
}

// logNormal is the density of a lognormal distribution.
func logNormal(x, median, sigma float64) float64 {
	if x <= 0 {
		return 0
	}
	return normalDensity(math.Log(x/median)/sigma) / (sigma * x)
}

func normalDensity(z float64) float64 { return math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) }

func normalBelow(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// overlapOf is how much two stretches have in common.
func overlapOf(from, until, otherFrom, otherUntil float64) float64 {
	return max(0, min(until, otherUntil)-max(from, otherFrom))
}

// inMinutes is a time as minutes after another.
func inMinutes(t, after time.Time) float64 { return t.Sub(after).Minutes() }
