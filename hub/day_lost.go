package hub

import (
	"cmp"
	"fmt"
	"slices"
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
// customer, next, if there is one. Half of what else nothing fits is for it; it never links.
func (d *Day) AddLost(v *Verdict, lost, next *Appointment) {
	v.Lost = &LostAppointment{ConnectionID: lost.ConnectionID, ExternalID: lost.ExternalID}
	of, because := lost, "The recording was linked to it before the CRM changed it."
	now := "it is on " + personTime(lost.Start) + " now."
	if why := d.Excludes(lost); why != "" {
		now = lowerFirst(why)
	}
	said := fmt.Sprintf("It was linked to the appointment “%s” before the CRM changed that: %s", lost.title(), now)
	if lost.Deleted {
		of, because = next, fmt.Sprintf("The recording was linked to “%s” with the same customer, which is deleted in the CRM.", lost.title())
		said = fmt.Sprintf("It was linked to the appointment “%s”, which is deleted in the CRM.", lost.title())
	}
	if of == nil {
		v.Reason = said + " " + v.Reason
		return
	}
	at := slices.IndexFunc(v.Choices, func(c Choice) bool {
		return c.Appointment.ConnectionID == of.ConnectionID && c.Appointment.ExternalID == of.ExternalID
	})
	if at < 0 {
		at = len(v.Choices)
		v.Choices = append(v.Choices, Choice{Model: ModelEngagement, Appointment: *of})
	}
	c := &v.Choices[at]
	c.Probability, v.None = c.Probability+v.None/2, v.None/2
	c.Reason = because
	slices.SortStableFunc(v.Choices, func(a, b Choice) int { return cmp.Compare(b.Probability, a.Probability) })
	if v.Offered {
		v.Reason += " " + said
	} else {
		v.Reason = said + " A person has to say whether the recording is of it. " + v.Reason
		if lost.Deleted {
			v.Reason = said + fmt.Sprintf(" The next with the same customer is %s: a person has to say whether the recording is of that.", of.called())
		}
		v.Threshold = 1
	}
	v.Offered = true
}
