package main

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"sirocco/hub"
)

// day is a rep's day with its truth.
type day struct {
	appointments []hub.Appointment
	talks        []talk
}

// talk is a recording, and the index of the appointment that it is of; -1 of none.
type talk struct {
	recording hub.Recording
	words     []string
	of        int
	// forgotten says that nobody stopped it when the visit ended.
	forgotten bool
}

// point is a place, in meters east and north of the rep's office.
type point struct{ east, north float64 }

// person is a customer.
type person struct{ first, last, phone, street string }

func (p person) name() string { return p.first + " " + p.last }

// slot is an appointment as it was planned and as it went, in minutes from midnight.
type slot struct {
	start, length float64 // as the CRM has it
	planned       float64 // when it is to begin, which the CRM may not know
	home          point
	customer      person
	held, instead bool
	index         int // among the day's appointments
}

// maker makes days out of figures.
type maker struct {
	figures
	*rand.Rand
	number int
}

func newMaker(f figures, seed uint64) *maker { return &maker{f, rand.New(rand.NewPCG(seed, 7)), 0} }

func (m *maker) chance(p float64) bool { return p > 0 && m.Float64() < p }

func (m *maker) between(least, most float64) float64 { return least + (most-least)*m.Float64() }

func (m *maker) lognormal(median, sigma float64) float64 {
	return median * math.Exp(sigma*m.NormFloat64())
}

// off is a point some meters from p in any direction.
func (m *maker) off(p point, meters float64) point {
	sin, cos := math.Sincos(2 * math.Pi * m.Float64())
	return point{p.east + meters*cos, p.north + meters*sin}
}

func (m *maker) home() point { return m.off(point{}, m.between(m.homeNearest, m.homeFarthest)) }

// day makes the next day.
func (m *maker) day() day {
	m.number++
	var d day
	midnight := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC).AddDate(0, 0, m.number%300)
	slots := m.slots()
	for i := range slots {
		slots[i].index = m.book(&d, midnight, slots[i])
	}
	for i := range slots { // those that are booked over another
		if m.chance(m.doubled) {
			s := slots[i]
			s.start += m.between(-m.doubledMost, m.doubledMost)
			s.length, s.home, s.customer = m.between(m.slotLeast, m.slotMost), m.home(), m.person()
			m.book(&d, midnight, s)
		}
	}
	if m.chance(m.teamMeeting) {
		m.book(&d, midnight, slot{start: 8 * 60, length: 30, home: point{}})
	}
	if m.chance(m.allDay) {
		d.appointments = append(d.appointments, hub.Appointment{
			ConnectionID: "crm", ExternalID: fmt.Sprint(len(d.appointments)), Name: "All day", ActivityType: "EVENT", Users: rep,
			Start: midnight, End: midnight.AddDate(0, 0, 1), AllDay: true,
		})
	}
	for range slots { // those of a colleague
		if m.chance(m.shared) {
			m.book(&d, midnight, slot{start: 5 * math.Round(m.between(8*60, 18*60)/5), length: m.between(m.slotLeast, m.slotMost), home: m.home(), customer: m.person()})
		}
	}
	m.live(&d, midnight, slots)
	if m.chance(m.clockOff) {
		by := time.Hour
		if m.chance(0.5) {
			by = -by
		}
		for i := range d.talks {
			r := &d.talks[i].recording
			r.StartedAt, r.EndedAt = r.StartedAt.Add(by), r.EndedAt.Add(by)
		}
	}
	slices.SortFunc(d.talks, func(a, b talk) int { return a.recording.StartedAt.Compare(b.recording.StartedAt) })
	for i := range d.talks {
		d.talks[i].recording.ID = fmt.Sprint(i)
	}
	return d
}

var rep = []hub.CRMUser{{ConnectionID: "crm", ExternalID: "rep"}}

// slots plans the visits of a day.
func (m *maker) slots() []slot {
	all := make([]slot, m.appointmentsLeast+m.IntN(m.appointmentsMost-m.appointmentsLeast+1))
	at := 8*60 + 30.0
	for i := range all {
		s := slot{start: at, length: 5 * math.Round(m.between(m.slotLeast, m.slotMost)/5), home: m.home(), customer: m.person(), held: true}
		if i > 0 && m.chance(m.neighbour) {
			s.home = m.off(all[i-1].home, m.between(m.neighbourNearest, m.neighbourFarthest))
		}
		if i > 0 && m.chance(m.again) {
			s.home, s.customer = all[i-1].home, all[i-1].customer
		}
		s.planned = s.start
		switch u := m.Float64(); {
		case u < m.notHeld:
			s.held, s.instead = false, m.chance(m.insteadTalks)
		case u < m.notHeld+m.moved:
			s.planned += m.between(-m.movedMost, m.movedMost)
		}
		all[i] = s
		at += s.length + 5*math.Round(m.between(m.gapLeast, m.gapMost)/5)
	}
	return all
}

// book puts an appointment into the CRM, and returns its index.
func (m *maker) book(d *day, midnight time.Time, s slot) int {
	a := hub.Appointment{
		ConnectionID: "crm", ExternalID: fmt.Sprint(len(d.appointments)), ActivityType: "MEETING", Users: rep,
		Start: midnight.Add(minutes(s.start)), End: midnight.Add(minutes(s.start + s.length)),
	}
	if s.customer.last != "" {
		a.Name = "Visit at " + s.customer.last
		a.Parties = []hub.Party{{Name: s.customer.name(), Phones: []string{s.customer.phone}, Street: s.customer.street}}
	}
	if m.chance(m.noEnd) {
		a.End = time.Time{}
	}
	if m.chance(m.placed) {
		away := m.lognormal(m.placeMedian, m.placeSigma)
		if m.chance(m.misplaced) {
			away = m.between(m.misplacedNearest, m.misplacedFarthest)
		}
		a.Latitude, a.Longitude = degrees(m.off(s.home, away))
	}
	d.appointments = append(d.appointments, a)
	return len(d.appointments) - 1
}

// live lets the rep go through the day: visits in the order of their times, delays that add up, and talks between.
func (m *maker) live(d *day, midnight time.Time, slots []slot) {
	slices.SortStableFunc(slots, func(a, b slot) int { return cmp.Compare(a.planned, b.planned) })
	walk, delay, free := 0.0, 0.0, 0.0
	if m.chance(m.lateStart) {
		walk = m.between(10, m.lateStartMost)
	}
	var where point // of the visit before
	var busy [][2]float64
	for _, s := range slots {
		if !s.held && !s.instead {
			continue
		}
		step := m.drift * m.NormFloat64()
		if walk += step; !m.wander {
			walk = m.carried*delay + step
		}
		start := max(s.planned+walk, free)
		if m.drive > 0 && free > 0 {
			start = max(start, free+m.drive/1000*math.Hypot(s.home.east-where.east, s.home.north-where.north))
		}
		delay = start - s.planned
		length := m.lognormal(s.length, m.visitSigma)
		home, who, of := s.home, s.customer, s.index
		if s.instead {
			home, who, of = m.off(s.home, m.between(m.insteadNearest, m.insteadFarthest)), m.person(), -1
			if m.chance(m.doorLike) {
				length = m.between(m.doorLeast, m.doorMost)
			}
			if m.chance(m.anytime) {
				start = max(s.start+m.between(0, max(0, s.length-length)), free)
			}
		}
		free, where = start+length, home
		busy = append(busy, [2]float64{start, free})
		m.record(d, midnight, start, length, home, who, of)
	}
	if !m.chance(m.doors) {
		return
	}
	for range 1 + m.IntN(m.doorsMost) {
		for range 4 {
			start, length := m.between(8*60+30, max(free, 9*60)+60), m.between(m.doorLeast, m.doorMost)
			if slices.ContainsFunc(busy, func(b [2]float64) bool { return start < b[1] && b[0] < start+length }) {
				continue
			}
			busy = append(busy, [2]float64{start, start + length})
			m.record(d, midnight, start, length, m.home(), m.person(), -1)
			break
		}
	}
}

// record makes the recordings of a talk.
func (m *maker) record(d *day, midnight time.Time, start, length float64, home point, who person, of int) {
	begin := start + m.between(0, m.startMost)
	switch u := m.Float64(); {
	case u < m.early:
		begin = start - m.between(0, m.earlyMost)
	case u < m.early+m.late:
		begin = start + m.between(10, m.lateMost)
	}
	if of < 0 {
		begin = start
	}
	end := max(start+length, begin+3)
	if m.chance(m.cutShort) {
		end = min(end, begin+m.between(5, 20))
	}
	forgotten := m.chance(m.forgotten)
	if forgotten {
		end += m.between(15, m.forgottenMost)
	}
	if n := len(d.talks); n > 0 && d.talks[n-1].forgotten {
		before := &d.talks[n-1].recording
		if at := midnight.Add(minutes(begin)); before.StartedAt.Before(at) && before.EndedAt.After(at) {
			before.EndedAt = at
		}
	}
	if n := len(d.talks); n > 0 { // no two recordings at once
		last := d.talks[n-1].recording.EndedAt.Sub(midnight).Minutes()
		if begin < last && last < end-3 && d.talks[n-1].recording.StartedAt.Sub(midnight).Minutes() < begin {
			begin = last
		}
	}
	if end-begin > m.twoPartsFrom && of >= 0 && m.chance(m.twoParts) {
		cut := m.between(0.3, 0.7)*(end-begin) + begin
		m.part(d, midnight, begin, cut, home, who, of)
		begin = min(cut+m.between(0.5, m.partsGap), end-2)
		if end-begin > m.twoPartsFrom/2 && m.chance(m.thirds) {
			cut := m.between(0.3, 0.7)*(end-begin) + begin
			m.part(d, midnight, begin, cut, home, who, of)
			begin = min(cut+m.between(0.5, m.partsGap), end-2)
		}
	}
	m.part(d, midnight, begin, end, home, who, of)
	d.talks[len(d.talks)-1].forgotten = forgotten
}

func (m *maker) part(d *day, midnight time.Time, begin, end float64, home point, who person, of int) {
	t := talk{of: of, recording: hub.Recording{StartedAt: midnight.Add(minutes(begin)), EndedAt: midnight.Add(minutes(end))}}
	if m.chance(m.fixed) {
		away := m.lognormal(m.fixMedian, m.fixSigma)
		if m.chance(m.strayFix) {
			away = m.between(m.strayNearest, m.strayMost)
		}
		t.recording.Latitude, t.recording.Longitude = degrees(m.off(home, away))
	}
	m.tell(d, &t, who)
	d.talks = append(d.talks, t)
}

// tell lets the uploader and the words say who the customer is, or seem to.
func (m *maker) tell(d *day, t *talk, who person) {
	other := func() person {
		for range 4 {
			if a := d.appointments[m.IntN(len(d.appointments))]; len(a.Parties) > 0 {
				first, last, _ := strings.Cut(a.Parties[0].Name, " ")
				return person{first, last, a.Parties[0].Phones[0], a.Parties[0].Street}
			}
		}
		return m.person()
	}
	if m.chance(m.named) {
		name := who.name()
		switch u := m.Float64(); {
		case u < m.wrongName && m.chance(m.strangers):
			name = m.person().name()
		case u < m.wrongName:
			name = other().name()
		case u < m.wrongName+m.misspelt:
			name = m.misspell(name)
		}
		t.recording.ContactName = name
	}
	if m.chance(m.phoned) {
		t.recording.ContactPhone = who.phone
		if m.chance(m.wrongPhone) {
			t.recording.ContactPhone = other().phone
		}
	}
	t.words = []string{"Good morning.", "The roof is from ninety-four, and the gutters are as old."}
	if m.chance(m.spoken) {
		t.words = append(t.words, m.mention(who))
		if m.chance(m.spokenToo) {
			t.words = append(t.words, m.mention(other()))
		}
	}
}

func (m *maker) mention(who person) string {
	if m.chance(0.5) {
		return "So you are at " + who.street + ", right?"
	}
	return "Thank you, Mrs. " + who.last + ", that helps."
}

func (m *maker) misspell(name string) string {
	letters := []rune(name)
	at := 1 + m.IntN(len(letters)-2)
	for letters[at] == ' ' || letters[at+1] == ' ' {
		at = 1 + m.IntN(len(letters)-2)
	}
	switch m.IntN(3) {
	case 0:
		letters[at] = rune('a' + m.IntN(26))
	case 1:
		letters[at], letters[at+1] = letters[at+1], letters[at]
	default:
		letters = slices.Delete(letters, at, at+1)
	}
	return string(letters)
}

var (
	firsts  = strings.Fields("Ada Ben Cleo Dan Edith Frank Gina Hal Ines Jon Kara Leo Mara Ned Olga Paul Quinn Rosa Sam Tess Uma Vic Wanda Xena Yara Zack Ann Bob Carl Dora")
	heads   = strings.Fields("Al Bar Cor Dal El Far Gar Hol In Jes Kal Lor Mar Nor Or Pel Quin Ros Sal Tal Ul Ver Wes Yar Zel Brad Clif Drum Fen Gil")
	tails   = strings.Fields("ber den ford gate ham is kins ley man ner ow quist ridge son ton under vik well yard zer")
	streets = strings.Fields("Oak Elm Mill Lake Hill Park River Church Cedar Maple Pine Spring Walnut Meadow Forest Valley Sunset Ridge Garden Bridge")
	ways    = strings.Fields("Street Road Lane Avenue Drive Court Way Place")
)

func pick(m *maker, of []string) string { return of[m.IntN(len(of))] }

func (m *maker) person() person {
	return person{
		first: pick(m, firsts), last: pick(m, heads) + pick(m, tails), phone: fmt.Sprintf("+1 415 555 %04d", m.IntN(10_000)),
		street: fmt.Sprintf("%d %s %s", 1+m.IntN(990), pick(m, streets), pick(m, ways)),
	}
}

func minutes(n float64) time.Duration {
	return time.Duration(n * float64(time.Minute)).Round(time.Second)
}

// degrees are a point's, around an office in Texas.
func degrees(p point) (latitude, longitude *float64) {
	const perDegree = 111_194.93
	north, east := 30+p.north/perDegree, -97+p.east/(perDegree*math.Cos(30*math.Pi/180))
	return &north, &east
}
