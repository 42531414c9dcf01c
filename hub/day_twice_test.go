package hub

import "testing"

// TestRecordedTwice has a talk that was recorded more than once: each recording is of what the first is of, whatever only one of them tells.
func TestRecordedTwice(t *testing.T) {
	given := func(t *Talk) { t.Recording.ContactName = "Ann Marden" }
	id := func(id string) func(*Talk) { return func(t *Talk) { t.Recording.ID = id } }
	byHand := func(external string) func(*Talk) {
		return func(t *Talk) {
			t.Recording.Link = Link{ConnectionID: "c", Model: ModelEngagement, ExternalID: external, By: LinkedByHand}
		}
	}
	long := with(meeting("a", 0, 0), func(a *Appointment) { a.End = a.Start.Add(longLength) })
	house := with(with(meeting("a", 0, 60), placedAt(0)), withParty("Ann Marden", "", ""))
	then := with(with(meeting("b", 75, 60), placedAt(5000)), withParty("Cleo Ford", "", ""))
	for name, c := range map[string]struct {
		appointments []Appointment
		talks        []Talk
		links        []string
	}{
		"two phones, a place and a name":   {[]Appointment{house}, []Talk{said(3, 55, here(10)), said(3, 55, id("2"), given)}, []string{"a", "a"}},
		"a copy":                           {[]Appointment{house}, []Talk{said(3, 55, here(10)), said(3, 55, id("2"), here(10))}, []string{"a", "a"}},
		"a copy without a place":           {[]Appointment{house}, []Talk{said(3, 55, here(10)), said(3, 55, id("2"))}, []string{"a", "a"}},
		"three, some minutes apart":        {[]Appointment{house, then}, []Talk{said(3, 55, here(10)), said(4, 50), said(5, 56, here(25))}, []string{"a", "a", "a"}},
		"begun and stopped, and begun":     {[]Appointment{house}, []Talk{said(3, 56, here(10)), said(5, 3, here(12)), said(12, 45, given)}, []string{"a", "a", "a"}},
		"the next overlaps by seconds":     {[]Appointment{house, then}, []Talk{said(3, 70, here(10)), said(72, 60, here(5005))}, []string{"a", "b"}},
		"the next overlaps, nobody knows":  {[]Appointment{meeting("a", 0, 60), meeting("b", 75, 60)}, []Talk{said(3, 73), said(75, 60)}, []string{"a", "b"}},
		"nobody stopped the one before":    {[]Appointment{house, then}, []Talk{said(3, 120, here(10)), said(78, 57, here(5005))}, []string{"a", "b"}},
		"the first is linked by hand":      {[]Appointment{meeting("a", 0, 60), meeting("b", 0, 60)}, []Talk{said(3, 55, byHand("b")), said(3, 55, id("2"))}, []string{"b", "b"}},
		"one of the two is taken off":      {[]Appointment{meeting("a", 0, 60)}, []Talk{said(3, 55, byHand("")), said(3, 55, id("2"))}, []string{"", "a"}},
		"the other of the two is":          {[]Appointment{meeting("a", 0, 60)}, []Talk{said(3, 55), said(3, 55, id("4"), byHand(""))}, []string{"a", ""}},
		"the first is far from everything": {[]Appointment{house}, []Talk{said(3, 55, here(900_000)), said(3, 55, id("2"))}, []string{"", ""}},
		"at one of many hours":             {[]Appointment{long}, []Talk{said(30, 40), said(31, 39)}, []string{"a", "a"}},
	} {
		for i, v := range MatchDay(&Day{Rep: rep, Appointments: c.appointments, Talks: c.talks}) {
			got := ""
			if w := v.Winner(); w != nil {
				got = w.Appointment.ExternalID
			}
			if got != c.links[i] {
				t.Errorf("%s: recording %d is linked to %q, want %q: none is %.4f, %s", name, i, got, c.links[i], v.None, v.Reason)
			}
		}
	}
}

// TestTwoRepsAtOneAppointment: each of two reps who record the same minutes has a recording of the appointment.
func TestTwoRepsAtOneAppointment(t *testing.T) {
	second := CRMUser{ConnectionID: "c", ExternalID: "second"}
	a := meeting("a", 0, 60)
	a.Users = append(a.Users, second)
	for _, who := range [][]CRMUser{rep, {second}} {
		if got := linkedTo(&Day{Rep: who, Appointments: []Appointment{a}, Talks: []Talk{said(3, 55)}}); got[0] != "a" {
			t.Errorf("%v: linked to %q", who, got[0])
		}
	}
}
