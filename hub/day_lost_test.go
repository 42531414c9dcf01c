package hub

import (
	"strings"
	"testing"
)

// TestWhatALostAppointmentAdds adds the appointment that a recording was linked to until the CRM changed it: what the rule holds probable itself is
// told of as it is, what it does not has half of what nothing else fits, and the reason names what comes first.
func TestWhatALostAppointmentAdds(t *testing.T) {
	const said = "It was linked to the appointment “a” before the CRM changed that: it is on 2026-03-02 12:00 UTC with Ann Lee now."
	lost, other, next := with(meeting("a", 0, 60), withParty("Ann Lee", "", "")), meeting("b", 0, 60), meeting("n", 600, 60)
	gone := with(lost, func(a *Appointment) { a.Deleted = true })
	choice := func(a Appointment, p float64) Choice {
		return Choice{Model: ModelEngagement, Appointment: a, Probability: p, Reason: "As it is."}
	}
	for name, c := range map[string]struct {
		verdict    Verdict
		lost, next *Appointment
		// ids and shares are those of the choices in turn.
		ids    string
		shares []float64
		none   float64
		reason string
	}{
		"nothing else":               {Verdict{None: 1, Reason: "None."}, &lost, nil, "a", []float64{0.5}, 0.5, said + " Whether the recording is of it, a person has to say."},
		"told of as it is":           {Verdict{None: 0.2, Offered: true, Reason: "It may be of b.", Choices: []Choice{choice(other, 0.6), choice(lost, 0.2)}}, &lost, nil, "b a", []float64{0.6, 0.2}, 0.2, "It may be of b. " + said},
		"improbable":                 {Verdict{None: 0.96, Reason: "None.", Choices: []Choice{choice(lost, 0.04)}}, &lost, nil, "a", []float64{0.52}, 0.48, said + " Whether"},
		"less probable than another": {Verdict{None: 0.4, Offered: true, Reason: "It may be of b.", Choices: []Choice{choice(other, 0.6)}}, &lost, nil, "b a", []float64{0.6, 0.2}, 0.2, "It may be of b. " + said},
		"more probable than another": {Verdict{None: 0.9, Offered: true, Reason: "It may be of b.", Choices: []Choice{choice(other, 0.1)}}, &lost, nil, "a b", []float64{0.45, 0.1}, 0.45, said + " Whether"},
		"deleted":                    {Verdict{None: 1, Reason: "None."}, &gone, &next, "n", []float64{0.5}, 0.5, "It was linked to the appointment “a”, which is deleted in the CRM. The next with the same customer is “n” (2026-03-02 22:00 UTC): whether"},
		"deleted, and none after it": {Verdict{None: 1, Reason: "None."}, &gone, nil, "", nil, 1, "It was linked to the appointment “a”, which is deleted in the CRM. None."},
	} {
		t.Run(name, func(t *testing.T) {
			d, v := &Day{Rep: rep}, c.verdict
			d.AddLost(&v, c.lost, c.next)
			var ids []string
			for i, choice := range v.Choices {
				ids = append(ids, choice.Appointment.ExternalID)
				if diff := choice.Probability - c.shares[i]; diff < -1e-9 || diff > 1e-9 {
					t.Errorf("%s has %v", choice.Appointment.ExternalID, choice.Probability)
				}
			}
			if strings.Join(ids, " ") != c.ids || v.None-c.none > 1e-9 || c.none-v.None > 1e-9 || !strings.HasPrefix(v.Reason, c.reason) {
				t.Errorf("%v, none %v: %s", ids, v.None, v.Reason)
			}
			if v.Linked || v.Offered != (c.ids != "") || v.Lost == nil || v.Lost.ExternalID != "a" || v.Lost.ConnectionID != "c" {
				t.Errorf("%+v", v)
			}
		})
	}
}
