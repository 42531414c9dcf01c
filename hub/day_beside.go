package hub

import (
	"cmp"
	"slices"
	"time"
)

// partBeside parts the appointments that compete from the engagements of connections beside.
func (d *Day) partBeside() (competing *Day, beside []Appointment) {
	of := func(a Appointment) bool { return d.Beside[a.ConnectionID] }
	if !slices.ContainsFunc(d.Appointments, of) {
		return d, nil
	}
	part := *d
	part.Appointments = nil
	for _, a := range d.Appointments {
		if of(a) {
			beside = append(beside, a)
		} else {
			part.Appointments = append(part.Appointments, a)
		}
	}
	return &part, beside
}

// addBeside says what happened beside during the recording. Where no appointment fits, it is of the one of these that it
// has the longest time in common with. How probable that is, is what the appointments leave of 1, times the part of the
// shorter of the two that both have in common: it takes nothing from an appointment, and is linked only where all
// appointments together are improbable.
func (d *Day) addBeside(v *Verdict, r *Recording, beside []Appointment) {
	type during struct {
		Choice
		common time.Duration
	}
	var all []during
	for _, a := range beside {
		if start, end := a.span(); d.Excludes(&a) == "" && overlaps(r, start, end) {
			common := overlap(r, start, end)
			reason := "It went on when the recording began."
			if common > 0 {
				reason = "It overlaps the recording by " + personDuration(common) + "."
			}
			all = append(all, during{Choice{Model: ModelEngagement, Appointment: a, Reason: reason}, common})
		}
	}
	slices.SortFunc(all, func(a, b during) int {
		return cmp.Or(cmp.Compare(b.common, a.common), a.Appointment.compare(&b.Appointment))
	})
	if len(all) > 0 && !v.Linked && all[0].common > 0 {
		best := all[0]
		start, end := best.Appointment.span()
		shorter := min(end.Sub(start), r.EndedAt.Sub(r.StartedAt))
		best.Probability = v.None * float64(best.common) / float64(shorter)
		if threshold := d.Thresholds[best.Appointment.ConnectionID].Of(EvidenceTime); best.Probability >= threshold {
			all = all[1:]
			v.Choices, v.None = slices.Insert(v.Choices, 0, best.Choice), v.None-best.Probability
			v.Linked, v.Offered, v.Evidence, v.Threshold = true, false, EvidenceTime, threshold
			v.Reason = "No appointment fits, and " + best.Appointment.called() + " went on meanwhile: " + lowerFirst(best.Reason)
		}
	}
	for _, c := range all {
		v.Context = append(v.Context, c.Choice)
	}
}
