package hub

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

const (
	// waysMost bounds how many ways of the day are followed at once.
	waysMost = 160
	// faintest is how much less probable than the most probable a way may be, as logarithm.
	faintest = 11.0
)

// way is one way in which the day may have gone so far.
type way struct {
	weight float64 // logarithm
	used   uint64  // appointments that were visited, or whose time went to somebody else
	rep    belief
	// last is the appointment that the talk before was of, -1 for none, from lastStart to lastEnd in all its recordings; lasted is what its
	// length counted for.
	last                       int
	lastStart, lastEnd, lasted float64
	// unplanned is how much more than on most days speaks for a talk that nobody planned, as logarithm.
	unplanned float64
	// reached is when the latest of the visits that were made as planned was planned for: the rep is past what is earlier.
	reached float64
	choices []int8
}

// step is how a way goes on with a talk.
type step struct {
	from                       *way
	weight                     float64
	used                       uint64
	rep                        belief
	last                       int
	lastStart, lastEnd, lasted float64
	reached                    float64
}

// follow works out how probable each appointment is for each talk.
func (m *dayMatch) follow() {
	for _, c := range clocks {
		usual := way{weight: math.Log(c.chance), rep: newBelief(c.ahead), last: -1, lastEnd: math.Inf(-1), reached: math.Inf(-1)}
		doors := usual
		doors.unplanned = math.Log(doorRate)
		doors.weight += math.Log(doorDays) - (doorRate-1)*unplannedRate*doorTime // and no more of them than there were
		m.ways = append(m.ways, usual, doors)
	}
	var steps []step
	for _, t := range m.talks {
		steps = steps[:0]
		for i := range m.ways {
			steps = m.goOn(steps, &m.ways[i], t)
		}
		best := math.Inf(-1)
		for i := range steps {
			best = max(best, steps[i].weight)
		}
		steps = slices.DeleteFunc(steps, func(s step) bool { return !(s.weight > best-faintest) })
		slices.SortStableFunc(steps, func(a, b step) int { return cmp.Compare(b.weight, a.weight) })
		steps = steps[:min(len(steps), waysMost)]
		ways := make([]way, len(steps))
		for i, s := range steps {
			ways[i] = way{s.weight, s.used, s.rep.met(t.start, t.length), s.last, s.lastStart, s.lastEnd, s.lasted, s.from.unplanned, s.reached, append(slices.Clip(s.from.choices), int8(s.last))}
		}
		m.ways = ways
	}
	var sum float64
	for i := range m.ways {
		sum += math.Exp(m.ways[i].weight - m.ways[0].weight)
	}
	for i := range m.ways {
		share := math.Exp(m.ways[i].weight-m.ways[0].weight) / sum
		if m.ways[i].rep.clock != 0 {
			m.off += share
		}
		for j, c := range m.ways[i].choices {
			if c >= 0 {
				m.talks[j].share[c] += share
			}
		}
	}
}

// goOn adds all that a talk may be after the day went some way.
func (m *dayMatch) goOn(steps []step, w *way, t *dayTalk) []step {
	reached := w.reached
	add := func(weight float64, a int, used uint64, rep belief, lasted, start, end float64) {
		if !t.isFixed || a == t.fixed {
			// A floor, so that what a person said is possible however far away.
			steps = append(steps, step{w, w.weight + max(weight, -500), w.used | used, rep, a, start, end, lasted, reached})
		}
	}
	end, twice := t.start+t.length, w.recordedTwice(t)
	if t.isFixed && t.fixed < 0 {
		end = t.start // see common
	}
	if w.last >= 0 || twice > 0 {
		add(m.goesOn(w, t, twice), w.last, 0, w.rep, w.lasted, w.lastStart, max(w.lastEnd, end))
	}
	// What is another talk than the one before is hardly recorded at the same time.
	another := math.Log(1 - (1-atOnce)*w.common(t))
	other := func(weight float64, a int, used uint64, rep belief, lasted float64) {
		add(weight+another, a, used, rep, lasted, t.start, end)
	}
	other(t.unplanned+w.unplanned, -1, 0, w.rep, 0)
	for i, a := range m.appointments {
		p := &t.of[i]
		switch {
		case p.cannot:
			continue
		case a.whole || a.long:
			other(p.some, i, 0, w.rep, 0)
			continue
		}
		if w.used&a.bit != 0 && (!t.isFixed || t.fixed != i) {
			continue
		}
		prior := math.Log(visitHeld / visitNone / float64(bits.OnesCount64(a.together)))
		if w.used&a.together != 0 {
			prior = math.Log(bothHeld)
		}
		other(p.moved+prior, i, a.bit, w.rep, p.lasted)
		other(p.instead+prior, -1, a.bit, w.rep, 0)
		if a.begin < w.reached {
			continue // what is past is made up for only if it was moved
		}
		if density, after := w.rep.visitDensity(t.start, a.begin, p.lengths); density > 0 {
			reached = a.begin
			other(math.Log((1-movedChance)*density)+prior+t.located[i]+t.contact[i], i, a.bit, after, p.lasted)
			// Somebody else next to it may be visited just as its customer would have been: then only place and customer tell.
			other(math.Log(likeVisit*insteadHeld/visitHeld*density)+prior+t.nearby[i], -1, a.bit, after, 0)
			reached = w.reached
		}
	}
	return steps
}

// goesOn is how much speaks for a recording of the talk that the one before is of, whatever that is: its second part, or the same once more.
func (m *dayMatch) goesOn(w *way, t *dayTalk, twice float64) float64 {
	i, near, contact, strayed := w.last, 0.0, 0.0, 0.0
	before := m.talks[len(w.choices)-1]
	if i >= 0 {
		near, contact, strayed = t.located[i], t.contact[i], before.strayed[i]
	}
	if before.placed && t.placed {
		meters := before.place.metersTo(t.place)
		parts := visitAgainst(m.anywhere, partsDensity(meters), meters)
		// Where the place of the part before is none, the appointment's tells where this one was made.
		near = math.Log((1-strayed)*parts + strayed*math.Exp(near))
	}
	if i < 0 || m.appointments[i].long || m.appointments[i].whole {
		return math.Log(twice) + near + contact
	}
	part := twoParts * pauseDensity(t.start-w.lastEnd)
	if slot := m.appointments[i].slot; t.length > 0 && w.lasted > 0 {
		whole := max(w.lastEnd, t.start+t.length) - w.lastStart
		part *= logNormal(whole+3, cmp.Or(slot, unplannedLength), 1.2*visitSpread) * interruptionDensity(t.length/whole) / whole / w.lasted
		twice *= lengthDensity(whole+3, whole, slot) / w.lasted
	}
	return math.Log(part+twice) + near + contact
}

// common is what share of the shorter of them a recording has in common with the talk before. One that a person took off has nothing in common:
// it may be one of two recordings of the same, and says nothing of the other.
func (w *way) common(t *dayTalk) float64 {
	shorter := min(w.lastEnd-w.lastStart, t.length)
	if shorter <= 0 || (t.isFixed && t.fixed < 0) {
		return 0
	}
	return overlapOf(w.lastStart, w.lastEnd, t.start, t.start+t.length) / shorter
}

// recordedTwice is how probable it is that a recording is of the talk before, by another phone or a copy.
func (w *way) recordedTwice(t *dayTalk) float64 {
	common := w.common(t)
	if common == 0 {
		return 0
	}
	return twice * common * apartDensity(t.start-w.lastStart) * apartDensity(t.start+t.length-w.lastEnd)
}
