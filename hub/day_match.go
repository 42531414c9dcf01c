package hub

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// MatchDay says of each talk of a day which appointment it is of, in the order of the talks. It weighs all ways in which
// the whole day may have gone: an appointment is visited once, a talk may go on in a second recording, delays last, and
// what a person linked is certain.
//
// What is beside the appointments comes after them: see addBeside.
func MatchDay(d *Day) []Verdict {
	competing, beside := d.partBeside()
	m := newDayMatch(competing)
	m.follow()
	verdicts := make([]Verdict, len(d.Talks))
	for _, t := range m.talks {
		verdicts[t.index] = m.verdict(t)
		d.addBeside(&verdicts[t.index], t.Recording, beside)
	}
	return verdicts
}

const (
	// appointmentsMost bounds how many appointments are weighed.
	appointmentsMost = 64
	// wholeDay is how many minutes of a day of which nothing but an entry of whole days is known have talks.
	wholeDay = 600.0
	// togetherMost is how far apart the starts of two appointments are at most of which the rep can only go to one.
	togetherMost = 35.0
	// allDayLength is from when on an appointment is none of an hour but of a day, longLength from when on it has
	// several talks.
	allDayLength, longLength = 23 * time.Hour, 4 * time.Hour
	// oddHour is how much rarer talks of what lasts for days are at an hour when it is not on, or at night.
	oddHour = 0.04
	// A day's work takes from shortWork to longWork minutes, and hourSlack is how many before and after it talks are at its hours.
	shortWork, longWork, hourSlack = 240.0, 840.0, 60.0
)

// dayMatch is a day with all that the rule asks of it, worked out.
type dayMatch struct {
	day *Day
	// from is what minutes count from.
	from         time.Time
	appointments []*dayAppointment
	talks        []*dayTalk // by their starts
	ways         []way
	// anywhere is how probable any place is for the rep.
	anywhere float64
	// off is how probable it is that the day was recorded by a clock that is an hour off.
	off float64
}

// dayAppointment is an appointment that a recording may be of.
type dayAppointment struct {
	*Appointment
	index       int
	begin, slot float64 // minutes; slot is 0 where it is not known
	long, whole bool    // of many hours, or of whole days
	// entry says that it is of days, and not of an hour of them on: it loses to whatever is of an hour.
	entry bool
	// first and last bound the days that it is on, in the organization's time zone; last is zero where that is not known.
	first, last time.Time
	place       place
	placed      bool
	known       known
	bit         uint64
	// together are those of which the rep can only go to one, itself among them.
	together uint64
}

// dayTalk is a talk and what its clues say of each appointment.
type dayTalk struct {
	Talk
	index         int
	start, length float64 // minutes
	place         place
	placed        bool
	about         []told // by appointment
	contact       []float64
	located       []float64 // how much its place speaks for a visit of each appointment, as logarithm
	nearby        []float64 // and for a talk nearby
	strayed       []float64 // how probable it is that its place is none, if it is of each appointment
	fixed         int       // the appointment that a person said; -1 for none of them
	isFixed       bool
	// unplanned is how much speaks for a talk that nobody planned, as logarithm.
	unplanned float64
	of        []dayPair // by appointment
	// share is how probable each appointment is.
	share []float64
}

// dayPair is what a talk has to do with an appointment, however the day went before: logarithms.
type dayPair struct {
	lengths [len(begins)]float64
	// lasted is what the length counts for, moved a visit that was moved, instead a talk while the appointment was not
	// held, some one of the talks at an appointment of many hours, or of whole days.
	lasted, moved, instead, some float64
	// cannot says that an entry of whole days is of another day, or loses to an appointment of the same.
	cannot bool
	// odd says that the talk is at an hour at which the appointment, which lasts for days, is hardly on.
	odd bool
}

func newDayMatch(d *Day) *dayMatch {
	m := &dayMatch{day: d}
	for i := range d.Talks {
		if r := d.Talks[i].Recording; m.from.IsZero() || r.StartedAt.Before(m.from) {
			m.from = r.StartedAt
		}
	}
	for i := range d.Appointments {
		if a := &d.Appointments[i]; d.Excludes(a) == "" {
			m.appointments = append(m.appointments, newDayAppointment(a, i, m.from, d))
		}
	}
	slices.SortFunc(m.appointments, func(a, b *dayAppointment) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.slot, b.slot), cmp.Compare(a.ConnectionID, b.ConnectionID), cmp.Compare(a.ExternalID, b.ExternalID))
	})
	m.keepNearest()
	for i, a := range m.appointments {
		a.bit = 1 << i
		for j, b := range m.appointments {
			overlap := overlapOf(a.begin, a.begin+max(a.slot, 5), b.begin, b.begin+max(b.slot, 5))
			if i == j || (!a.whole && !b.whole && !a.long && !b.long && math.Abs(a.begin-b.begin) <= togetherMost && overlap > 0) {
				a.together |= 1 << j
			}
		}
	}
	m.addTalks()
	return m
}

// keepNearest leaves out the appointments that are the furthest from any talk, where there are too many.
func (m *dayMatch) keepNearest() {
	if len(m.appointments) <= appointmentsMost {
		return
	}
	far := func(a *dayAppointment) float64 {
		least := math.Inf(1)
		for _, t := range m.day.Talks {
			least = min(least, math.Abs(inMinutes(t.Recording.StartedAt, m.from)-a.begin))
		}
		return least
	}
	slices.SortStableFunc(m.appointments, func(a, b *dayAppointment) int { return cmp.Compare(far(a), far(b)) })
	m.appointments = m.appointments[:appointmentsMost]
	slices.SortStableFunc(m.appointments, func(a, b *dayAppointment) int { return cmp.Compare(a.begin, b.begin) })
}

func newDayAppointment(a *Appointment, index int, from time.Time, d *Day) *dayAppointment {
	of := &dayAppointment{Appointment: a, index: index, begin: inMinutes(a.Start, from), known: knownOf(a, d.Region)}
	of.place, of.placed = placeOf(a.Latitude, a.Longitude)
	if a.End.After(a.Start) {
		of.slot = inMinutes(a.End, a.Start)
	}
	local := a.Start.In(d.zone())
	midnight := local.Hour() == 0 && local.Minute() == 0
	of.whole = a.AllDay || a.End.Sub(a.Start) >= allDayLength || (midnight && of.slot == 0)
	of.entry = a.AllDay || of.whole && (midnight || isDateOnly(a))
	of.long = !of.whole && a.End.Sub(a.Start) >= longLength
	switch of.first, of.last = a.Start, a.End; {
	case of.whole && isDateOnly(a) && !midnight:
		of.first, of.last = sameClock(a.Start, d.zone()), sameClock(a.End, d.zone())
	case a.AllDay:
		of.first, of.last = wholeDays(a, d.zone())
	}
	return of
}

// wholeDays are the midnights of the zone between which an entry of whole days lies that a CRM may tell as those of another zone, or
// as days of 24 hours where the clocks are set meanwhile: it is of the dates that it has most of, and of the first where two have as
// much, as of one that is told at noon so that no zone moves it.
func wholeDays(a *Appointment, zone *time.Location) (first, last time.Time) {
	const noon = 12 * time.Hour
	half := noon
	if a.End.After(a.Start) {
		half = min(noon, a.End.Sub(a.Start)/2)
	}
	at := a.Start.In(zone).Add(half - 1)
	first = time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, zone)
	days := max(1, int(math.Round(float64(a.End.Sub(a.Start))/float64(2*noon))))
	return first, first.AddDate(0, 0, days)
}

// isDateOnly reports whether an entry of whole days is of dates without a zone, which CRMs tell as midnights of UTC: it is of
// those days wherever the rep is.
func isDateOnly(a *Appointment) bool {
	isMidnight := func(t time.Time) bool { return t.Equal(t.UTC().Truncate(24 * time.Hour)) }
	return isMidnight(a.Start) && (a.AllDay || isMidnight(a.End))
}

// sameClock is when clocks of the zone show what those of UTC do at t; zero where t is.
func sameClock(t time.Time, zone *time.Location) time.Time {
	if t.IsZero() {
		return t
	}
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), zone)
}

func (d *Day) zone() *time.Location {
	if d.Zone == nil {
		return time.UTC
	}
	return d.Zone
}

// sameDay reports whether the appointment is on the day, in the organization's time zone, on which the talk began.
func (m *dayMatch) sameDay(t *dayTalk, a *dayAppointment) bool {
	zone := m.day.zone()
	at := t.Recording.StartedAt.In(zone)
	morning := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, zone)
	night := morning.AddDate(0, 0, 1)
	end := a.last
	if !end.After(a.first) {
		if end = a.first; a.whole {
			end = a.first.AddDate(0, 0, 1)
		}
	}
	return a.first.Before(night) && (end.After(morning) || a.first.Equal(morning))
}

// isAtOddHour reports whether a talk is at an hour at which nobody is at an appointment that lasts for days from an hour on: before its
// beginning or after its end, or outside of the hours that it has on each of its days. Where it has none it is the night, in the
// organization's time zone where one is set.
func (m *dayMatch) isAtOddHour(t *dayTalk, a *dayAppointment) bool {
	const day = 24 * 60
	work := math.Mod(a.slot, day)
	switch zone := m.day.zone(); {
	case !a.whole || a.entry:
		return false
	case t.start < a.begin-hourSlack || t.start > a.begin+a.slot+hourSlack:
		return true
	case work >= shortWork && work <= longWork:
		into := math.Mod(math.Mod(t.start-a.begin, day)+day, day)
		return into > work+hourSlack && into < day-hourSlack
	case zone.String() != time.UTC.String():
		hour := t.Recording.StartedAt.In(zone).Hour()
		return hour < 5 || hour >= 23
	}
	return false
}

func (m *dayMatch) addTalks() {
	m.anywhere = anywhereDensity(m.radius())
	anywhere := m.anywhere
	for i, t := range m.day.Talks {
		r := t.Recording
		of := &dayTalk{Talk: t, index: i, start: inMinutes(r.StartedAt, m.from), share: make([]float64, len(m.appointments))}
		if r.EndedAt.After(r.StartedAt) {
			of.length = inMinutes(r.EndedAt, r.StartedAt)
		}
		of.place, of.placed = placeOf(r.Latitude, r.Longitude)
		clues := cluesOf(t, m.day.Region)
		of.located, of.nearby, of.strayed = make([]float64, len(m.appointments)), make([]float64, len(m.appointments)), make([]float64, len(m.appointments))
		for j, a := range m.appointments {
			of.about = append(of.about, clues.about(a.known))
			if of.placed && a.placed {
				meters := of.place.metersTo(a.place)
				beside, _ := m.besideDensity(of.place, j)
				of.located[j] = math.Log(visitAgainst(anywhere, sameDensity(meters)+misplaced*beside, meters))
				of.nearby[j] = math.Log(nearbyAgainst(anywhere, meters))
				of.strayed[j] = strayedDensity(meters)
			} else if of.placed {
				of.located[j] = math.Log(m.unknownDensity(of.place, j) / anywhere)
			}
		}
		of.contact = contactEvidence(clues, of.about)
		of.fixed, of.isFixed = m.said(r)
		of.unplanned = math.Log(unplannedRate * (doorDensity(of.length) + m.otherwise(of)))
		of.of = m.pairs(of)
		m.talks = append(m.talks, of)
	}
	slices.SortFunc(m.talks, func(a, b *dayTalk) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.length, b.length), cmp.Compare(a.Recording.ID, b.Recording.ID))
	})
}

// otherwise is how probable an unplanned talk is with a customer of the day by its length, place and customer: at another hour than
// planned they say nothing of the appointment, and only time does.
func (m *dayMatch) otherwise(t *dayTalk) float64 {
	most := math.Inf(-1)
	for i := range m.appointments {
		most = max(most, t.located[i]+t.contact[i])
	}
	return sameCustomer * math.Exp(most) * lengthDensity(t.length, t.length, 0)
}

// unknownDensity is how probable a place is for the visit of an appointment whose own is not known: anywhere, or beside where
// the one before or after it is.
func (m *dayMatch) unknownDensity(p place, i int) float64 {
	beside, rest := m.besideDensity(p, i)
	return rest*m.anywhere + beside
}

// besideDensity is how probable a place is for the visit of an appointment by being beside where the one before or after it is; rest is
// how probable it is that it is beside neither.
func (m *dayMatch) besideDensity(p place, i int) (beside, rest float64) {
	rest = 1
	for _, j := range [...]int{i - 1, i + 1} {
		if j >= 0 && j < len(m.appointments) && m.appointments[j].placed && !m.appointments[j].whole {
			rest -= neighbourChance
			beside += neighbourChance * between(p.metersTo(m.appointments[j].place), neighbourNearest, neighbourFarthest)
		}
	}
	return beside, rest
}

func (m *dayMatch) radius() float64 {
	var places []place
	for _, a := range m.appointments {
		if a.placed {
			places = append(places, a.place)
		}
	}
	return territory(places)
}

// said is the appointment that a person or a written note holds the recording to; none of them where it is held to
// something else, or to nothing.
func (m *dayMatch) said(r *Recording) (appointment int, certain bool) {
	if r.MayBeMatched() {
		return -1, false
	}
	for i, a := range m.appointments {
		if r.Link.Model == ModelEngagement && r.Link.ConnectionID == a.ConnectionID && r.Link.ExternalID == a.ExternalID {
			return i, true
		}
	}
	return -1, true
}

// pairs works out what a talk has to do with each appointment.
func (m *dayMatch) pairs(t *dayTalk) []dayPair {
	pairs := make([]dayPair, len(m.appointments))
	alone := !slices.ContainsFunc(m.appointments, func(a *dayAppointment) bool { return !a.whole && m.sameDay(t, a) })
	for i, a := range m.appointments {
		p, evidence := &pairs[i], t.located[i]+t.contact[i]
		switch {
		case a.whole:
			p.cannot = !m.sameDay(t, a) || (a.entry && !alone && (!t.isFixed || t.fixed != i))
			p.some = math.Log(2.5*longDensity(t.start, t.length, t.start-120, wholeDay)) + evidence // at any hour
			if p.odd = m.isAtOddHour(t, a); p.odd {
				p.some += math.Log(oddHour)
			}
		case a.long:
			p.some = math.Log(longDensity(t.start, t.length, a.begin, a.slot)) + evidence
		default:
			p.lengths = lengthsDensity(t.length, a.slot)
			p.lasted = lengthDensity(t.length+3, t.length, a.slot)
			moved := movedDensity(t.start, t.length, a.begin, a.slot)
			p.moved = math.Log(moved) + evidence
			p.instead = math.Log(insteadHeld/visitHeld*(insteadDensity(t.start, t.length, a.begin, a.slot)+likeVisit*moved)) + t.nearby[i]
		}
	}
	return pairs
}
