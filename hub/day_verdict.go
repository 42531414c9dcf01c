package hub

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

const (
	// leastProbable is how probable an appointment must be to be told of beside another, leastOffered how probable the
	// first must be for a recording to be offered.
	leastProbable, leastOffered = 0.005, 0.05
	// faintestShare is the least that is said of what may be.
	faintestShare = 1e-6
)

// Excludes says why an appointment is none that a talk may be of; empty where it may.
func (d *Day) Excludes(a *Appointment) string {
	switch {
	case a.Deleted:
		return "It is deleted in the CRM."
	case !CountsAsAppointment(a.ActivityType):
		if a.ActivityType == "" {
			return "Its type is not known, so it does not count as an appointment."
		}
		return fmt.Sprintf("It is of the type %s; only %s count as appointments.", a.ActivityType, strings.Join(appointmentTypes, ", "))
	case !slices.ContainsFunc(a.Users, func(u CRMUser) bool { return slices.Contains(d.Rep, u) }):
		return "It is not an appointment of the rep."
	case a.Start.IsZero():
		return "When it begins is not known."
	}
	return ""
}

// verdict puts into words what was worked out for a talk.
func (m *dayMatch) verdict(t *dayTalk) Verdict {
	v := Verdict{Choices: make([]Choice, 0, len(m.day.Appointments)), None: 1}
	about := make(map[int]int, len(m.appointments))
	probable := m.probable(t)
	for i, a := range m.appointments {
		about[a.index] = i
		v.None -= probable[i]
	}
	for i := range m.day.Appointments {
		c := Choice{Model: ModelEngagement, Appointment: m.day.Appointments[i]}
		if j, weighed := about[i]; weighed {
			c.Probability = probable[j]
			c.Reason = m.because(t, m.appointments[j], j)
		} else if c.Reason = m.day.Excludes(&c.Appointment); c.Reason == "" {
			c.Reason = "It is too far from the recording."
		}
		v.Choices = append(v.Choices, c)
	}
	slices.SortFunc(v.Choices, func(a, b Choice) int {
		return cmp.Or(cmp.Compare(b.Probability, a.Probability), a.Appointment.compare(&b.Appointment))
	})
	v.Evidence = EvidenceTime
	if len(v.Choices) > 0 && v.Choices[0].Probability >= leastProbable {
		best := &v.Choices[0].Appointment
		for i, a := range m.appointments {
			if a.isSame(best) {
				v.Evidence = m.evidence(t, i)
				v.Threshold, v.Through = m.threshold(t, i, v.Evidence), m.through(t, i)
			}
		}
		v.decide()
	}
	v.Reason = m.reason(t, &v)
	return v
}

// probable is how probable each appointment is for a talk. What may be is never impossible, and never certain: the ways of a day that were
// too improbable to follow are left.
func (m *dayMatch) probable(t *dayTalk) []float64 {
	all := slices.Clone(t.share)
	count := 1.0 // none of them
	for i := range all {
		if !t.of[i].cannot {
			count++
		}
	}
	for i := range all {
		if all[i] = min(1, all[i]) / (1 + count*faintestShare); !t.of[i].cannot {
			all[i] += faintestShare / (1 + count*faintestShare)
		}
	}
	return all
}

// evidence is what decides for an appointment. A place that speaks against it, or rather for a talk nearby, does not.
func (m *dayMatch) evidence(t *dayTalk, i int) Evidence {
	asked := t.about[i].asked() || t.about[i].spoken
	for j, other := range t.about {
		asked = asked || (t.share[j] >= leastProbable && other.asked())
	}
	switch {
	case asked:
		return EvidenceContact
	case t.placed && m.appointments[i].placed && t.located[i] > max(0, t.nearby[i]):
		return EvidencePlace
	}
	return EvidenceTime
}

// threshold is how probable an appointment must be to be linked. Where both places are known and time decides, as they do not speak for the
// appointment, it takes what a place takes as well.
func (m *dayMatch) threshold(t *dayTalk, i int, e Evidence) float64 {
	own := m.day.Thresholds[m.appointments[i].ConnectionID]
	if e == EvidenceTime && t.placed && m.appointments[i].placed {
		return max(own.Of(EvidenceTime), own.Of(EvidencePlace))
	}
	return own.Of(e)
}

// because says in words what speaks for an appointment, and against it.
func (m *dayMatch) because(t *dayTalk, a *dayAppointment, i int) string {
	r := t.Recording
	var parts []string
	start, end := a.span()
	switch {
	case a.whole && t.of[i].cannot && m.sameDay(t, a):
		parts = append(parts, "it is of whole days, and there is an appointment at an hour that day")
	case a.entry:
		parts = append(parts, "it is of whole days")
	case a.whole:
		parts = append(parts, "it lasts about a day or longer")
		switch {
		case start.After(r.StartedAt):
			parts = append(parts, fmt.Sprintf("begins %s after the recording did", personDuration(start.Sub(r.StartedAt))))
		case r.StartedAt.After(end):
			parts = append(parts, fmt.Sprintf("was over %s before the recording", personDuration(r.StartedAt.Sub(end))))
		}
	case overlaps(r, start, end) && r.EndedAt.After(r.StartedAt):
		parts = append(parts, "it overlaps the recording by "+personDuration(overlap(r, start, end)))
	case overlaps(r, start, end):
		parts = append(parts, "it was going on when the recording began")
	case start.After(r.StartedAt):
		parts = append(parts, fmt.Sprintf("it begins %s after the recording did", personDuration(start.Sub(r.StartedAt))))
	default:
		parts = append(parts, fmt.Sprintf("it began %s before the recording", personDuration(r.StartedAt.Sub(start))))
	}
	if t.of[i].odd && !t.of[i].cannot {
		parts = append(parts, "the recording is at an hour at which it is hardly on")
	}
	if t.placed && a.placed {
		parts = append(parts, "its place is "+personDistance(t.place.metersTo(a.place))+" from the recording's")
	}
	if m.off > 0.5 {
		parts = append(parts, "the recordings of the day are about an hour off from what was planned")
	}
	return sentence(append(parts, contactReasons(t.about[i])...))
}

// contactReasons say in words what the clues say of a customer.
func contactReasons(told told) []string {
	var parts []string
	switch {
	case told.name == same:
		parts = append(parts, "the customer's name is the one given")
	case told.name == alike:
		parts = append(parts, "the customer's name is nearly the one given")
	case told.name == namesake:
		parts = append(parts, "the customer's name has a part of the one given")
	case told.nameAsked:
		parts = append(parts, "the name given is another")
	}
	switch {
	case told.phone:
		parts = append(parts, "the telephone number is the one given")
	case told.phoneAsked:
		parts = append(parts, "the telephone number given is another")
	}
	if told.spoken {
		parts = append(parts, fmt.Sprintf("“%s” was spoken of", told.heard))
	}
	return parts
}

// reason says in words why the recording is linked, offered, or neither.
func (m *dayMatch) reason(t *dayTalk, v *Verdict) string {
	switch {
	case len(m.day.Rep) == 0:
		return "No CRM user is matched to the rep."
	case v.Through != nil && v.Offered:
		return v.throughReason()
	case v.Linked, v.Offered:
		text := v.decision("the appointment " + v.Choices[0].Appointment.called())
		if v.Offered && len(v.Choices) > 1 && v.Choices[1].Probability >= leastProbable {
			text += fmt.Sprintf(" The next is %s, with %s.", v.Choices[1].Appointment.called(), percent(v.Choices[1].Probability))
		}
		return text
	}
	var day []int // the appointments of the day
	nearest := -1
	for i, a := range m.appointments {
		if !m.sameDay(t, a) {
			continue
		}
		day = append(day, i)
		if !m.isFar(t, a) && (nearest < 0 || t.share[i] > t.share[nearest]) {
			nearest = i
		}
	}
	return m.improbable(t, day, nearest)
}

// placesApart is from how many meters on a recording is too far from an appointment for people.
const placesApart = 150

// isFar reports whether an appointment and a talk have nothing in common in time, or are far apart in place.
func (m *dayMatch) isFar(t *dayTalk, a *dayAppointment) bool {
	start, end := a.span()
	return !a.whole && !overlaps(t.Recording, start, end) || t.placed && a.placed && t.place.metersTo(a.place) > placesApart
}

// improbable says in words why the recording is of none of the day's appointments, of which one that is not far, where there is
// one, is named.
func (m *dayMatch) improbable(t *dayTalk, day []int, nearest int) string {
	date := t.Recording.StartedAt.In(m.day.zone()).Format("2006-01-02")
	has := fmt.Sprintf("The rep has an appointment on %s, but", date)
	if len(day) > 1 {
		has = fmt.Sprintf("The rep has %d appointments on %s, but", len(day), date)
	}
	switch {
	case len(day) == 0:
		return fmt.Sprintf("The rep has no appointment on %s.", date)
	case nearest < 0 && len(day) == 1:
		return has + " it is too far from the recording in time, or in place."
	case nearest < 0:
		return has + " each is too far from the recording in time, or in place."
	case len(day) == 1:
		return fmt.Sprintf("%s the recording is hardly of it: %s", has, lowerFirst(m.because(t, m.appointments[nearest], nearest)))
	}
	a := m.appointments[nearest]
	return fmt.Sprintf("%s the recording is hardly of one of them. Of %s: %s", has, a.called(), lowerFirst(m.because(t, a, nearest)))
}

// decide says whether the first choice is linked or offered, by what it has to reach.
func (v *Verdict) decide() {
	best := v.Choices[0].Probability
	v.Linked = best >= v.Threshold && v.Through == nil
	v.Offered = !v.Linked && best >= leastOffered
}

// decision says in words that the first choice, called as it is, is linked or offered.
func (v *Verdict) decision(called string) string {
	c := v.Choices[0]
	if v.Linked {
		return fmt.Sprintf("It is of %s with a probability of %s: %s", called, percent(c.Probability), lowerFirst(c.Reason))
	}
	probable, needed := percentsApart(c.Probability, v.Threshold)
	return fmt.Sprintf("It may be of %s, with a probability of %s: %s That is less than the %s from which on it would be linked.",
		called, probable, lowerFirst(c.Reason), needed)
}

// sentence is of parts that begin with small letters.
func sentence(parts []string) string {
	text := strings.Join(parts, ", ")
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

func percent(p float64) string {
	switch n := math.Round(100 * p); {
	case n >= 100:
		return "more than 99 %"
	case n < 1:
		return "less than 1 %"
	default:
		return fmt.Sprintf("%.0f %%", n)
	}
}

// percentsApart are two probabilities of which the first is less than the second, with as many decimals as it takes to see it.
func percentsApart(less, more float64) (string, string) {
	a, b := percent(less), percent(more)
	for decimals := 1; a == b && decimals <= 6; decimals++ {
		a, b = fmt.Sprintf("%.*f %%", decimals, 100*less), fmt.Sprintf("%.*f %%", decimals, 100*more)
	}
	return a, b
}

func lowerFirst(text string) string { return strings.ToLower(text[:1]) + text[1:] }
