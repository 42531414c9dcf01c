package hub

import (
	"fmt"
	"slices"
)

const (
	// throughMost is the part of another appointment from which on a recording goes through it, where it is throughLength times as long as
	// the first was planned for: visits that took longer than that are few, and often skip the next.
	throughMost, throughLength = 0.9, 2
	// overlapMost is how many minutes two appointments that follow one another have in common at most.
	overlapMost = 10.0
	// otherwiseVisited is how probable another talk makes it that an appointment was visited then.
	otherwiseVisited = 0.5
)

// through is a later appointment with somebody else that a talk, if it is of an appointment, goes on through, and that no other talk is of: the
// recorder may have been left running, and the words of another customer would go along. It is nil where there is none, or where the uploader
// said whom the recording is with.
func (m *dayMatch) through(t *dayTalk, i int) *Appointment {
	a := m.appointments[i]
	if t.length < throughLength*a.planned() || t.about[i].phone || t.about[i].name == same || t.about[i].name == alike || a.whole || a.long {
		return nil
	}
	for j, b := range m.appointments {
		slot := b.planned()
		switch {
		case i == j, b.whole, b.long, b.begin <= a.begin, isWithSame(a.Appointment, b.Appointment):
		case overlapOf(a.begin, a.begin+a.slot, b.begin, b.begin+slot) > overlapMost:
		case overlapOf(t.start, t.start+t.length, b.begin, b.begin+slot) < throughMost*slot:
		case m.visits(t, j) >= otherwiseVisited:
		default:
			return b.Appointment
		}
	}
	return nil
}

// planned is how many minutes the appointment was planned for.
func (a *dayAppointment) planned() float64 {
	if a.slot == 0 {
		return AppointmentLength.Minutes()
	}
	return a.slot
}

// visits is how probable it is that another talk than one is of an appointment.
func (m *dayMatch) visits(but *dayTalk, i int) float64 {
	var sum float64
	for _, t := range m.talks {
		if t != but {
			sum += t.share[i]
		}
	}
	return sum
}

// isWithSame reports whether two appointments are with somebody of one name.
func isWithSame(a, b *Appointment) bool {
	return slices.ContainsFunc(a.Parties, func(p Party) bool {
		return p.Name != "" && slices.ContainsFunc(b.Parties, func(o Party) bool { return NameKey(o.Name) == NameKey(p.Name) })
	})
}

// throughReason says in words why a recording that goes on through another appointment is only offered.
func (v *Verdict) throughReason() string {
	c := v.Choices[0]
	return fmt.Sprintf("It is of the appointment %s with a probability of %s, but it goes on through %s, which no other recording is of: it may have been left running. A person has to say what it is of.",
		c.Appointment.called(), percent(c.Probability), v.Through.called())
}
