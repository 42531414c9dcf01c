package hub

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// LostAppointment is what the rule had linked a recording to until the CRM said something else of it. The JSON names are those of storage.
type LostAppointment struct {
	ConnectionID string `json:"connectionId"`
	ExternalID   string `json:"externalId"`
}

// LostOrLinked is the appointment that a recording's link was to, or was before the CRM moved or deleted that: nil where it is linked to something
// else, by somebody else, or never was.
func (l Link) LostOrLinked() *LostAppointment {
	if l.By == LinkedByMatching && l.Model == ModelEngagement {
		return &LostAppointment{ConnectionID: l.ConnectionID, ExternalID: l.ExternalID}
	}
	return l.Lost
}

// AddLost adds to a verdict over a recording the appointment that it was linked to before the CRM moved it, or gave it to somebody else: it may
// well be the visit that was recorded, which nobody would hear of any more. Instead of one that was deleted comes another with the same
// customer, next, if there is one. One that the rule holds improbable has half of what nothing else fits; it never links.
func (d *Day) AddLost(v *Verdict, lost, next *Appointment) {
	v.Lost = &LostAppointment{ConnectionID: lost.ConnectionID, ExternalID: lost.ExternalID}
	of, because := lost, "The recording was linked to it before the CRM changed it; now it is "+lost.nowIs()+"."
	said := fmt.Sprintf("It was linked to the appointment “%s” before the CRM changed that: it is %s now.", lost.title(), lost.nowIs())
	if why := d.Excludes(lost); why != "" {
		said = fmt.Sprintf("It was linked to the appointment “%s” before the CRM changed that: %s", lost.title(), lowerFirst(why))
	}
	if lost.Deleted {
		of, because = next, fmt.Sprintf("It is with the same customer as “%s”, which the recording was linked to and which is deleted in the CRM.", lost.title())
		said = fmt.Sprintf("It was linked to the appointment “%s”, which is deleted in the CRM.", lost.title())
	}
	if of == nil {
		v.Reason = said + " " + v.Reason
		return
	}
	at := slices.IndexFunc(v.Choices, func(c Choice) bool { return c.Appointment.isSame(of) })
	if at < 0 {
		at = len(v.Choices)
		v.Choices = append(v.Choices, Choice{Model: ModelEngagement, Appointment: *of})
	}
	c := &v.Choices[at]
	if c.Probability >= leastOffered && v.Offered { // it has been told of
		v.Reason += " " + said
		return
	}
	c.Probability, v.None = c.Probability+v.None/2, v.None/2
	c.Reason = because
	slices.SortStableFunc(v.Choices, func(a, b Choice) int { return cmp.Compare(b.Probability, a.Probability) })
	if !v.Choices[0].Appointment.isSame(of) {
		v.Reason += " " + said
	} else {
		v.Reason, v.Threshold, v.Through = said+" Whether the recording is of it, a person has to say.", 1, nil
		if lost.Deleted {
			v.Reason = said + fmt.Sprintf(" The next with the same customer is %s: whether the recording is of that, a person has to say.", of.called())
		}
	}
	v.Offered = true
}

// nowIs says when an appointment is and whom it is with, as far as that is known.
func (a *Appointment) nowIs() string {
	said := "at a time that is not known"
	if !a.Start.IsZero() {
		said = "on " + personTime(a.Start)
	}
	var names []string
	for _, p := range a.Parties {
		if name := strings.TrimSpace(p.Name); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		said += " with " + strings.Join(names[:min(len(names), 3)], ", ")
	}
	return said
}
