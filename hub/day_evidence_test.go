package hub

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestMoreEvidenceIsNeverLess(t *testing.T) {
	probability := func(d *Day) float64 { return 1 - lastOf(d).None }
	t.Run("nothing that may be is impossible or certain", rapid.MakeCheck(func(t *rapid.T) {
		d := genDay(t)
		m := newDayMatch(d)
		for i, v := range MatchDay(d) {
			for _, c := range v.Choices {
				if c.Probability == 1 || c.Probability > 0 && v.None >= 1 {
					t.Fatalf("%+v", v)
				}
			}
			for _, talk := range m.talks {
				for j, a := range m.appointments {
					if talk.index == i && !talk.of[j].cannot && !(v.None > 0 && v.None < 1 && probable(v, a.ExternalID) > 0) {
						t.Fatalf("%s is impossible, or none is: %+v", a.ExternalID, v)
					}
				}
			}
		}
	}))
	t.Run("the further from its hour, the less probable", rapid.MakeCheck(func(t *rapid.T) {
		slot := rapid.SampledFrom([]int{45, 60, 120}).Draw(t, "slot")
		length := rapid.IntRange(max(40, slot*3/4), slot).Draw(t, "length") // longer than talks at a door
		late := rapid.SampledFrom([]int{-1, 1}).Draw(t, "late")
		near := rapid.IntRange(6, 300).Draw(t, "near")
		far := rapid.IntRange(near, 400).Draw(t, "far")
		where := rapid.SampledFrom([]float64{-1, 20, 900, 9000}).Draw(t, "meters")
		of := func(minutes int) float64 {
			d := &Day{Rep: rep, Appointments: []Appointment{with(meeting("a", 0, slot), placedAt(0))}, Talks: []Talk{said(late*minutes, length)}}
			if where >= 0 {
				here(where)(&d.Talks[0])
			}
			return probability(d)
		}
		if n, f := of(near), of(far); f > n+0.1 {
			t.Fatalf("%d minutes: %f, %d minutes: %f", near, n, far, f)
		}
	}))
	t.Run("a name or number that fits makes it no less probable", rapid.MakeCheck(func(t *rapid.T) {
		d := genDay(t)
		i := rapid.IntRange(0, len(d.Talks)-1).Draw(t, "talk")
		if len(d.Appointments) == 0 || d.Talks[i].Recording.Link.By == LinkedByHand {
			return
		}
		j := rapid.IntRange(0, len(d.Appointments)-1).Draw(t, "appointment")
		d.Appointments[j].Parties = []Party{{Name: "Wanda Quist", Phones: []string{"+14155550177"}}}
		of := func(name, phone string) float64 {
			d.Talks[i].Recording.ContactName, d.Talks[i].Recording.ContactPhone = name, phone
			return probable(MatchDay(d)[i], d.Appointments[j].ExternalID)
		}
		none := of("", "")
		name, phone, both := of("Wanda Quist", ""), of("", "415 555 0177"), of("Wanda Quist", "415 555 0177")
		if name < none-1e-6 || phone < none-1e-6 || both < max(name, phone)-1e-6 {
			t.Fatalf("%f without, %f by name, %f by number, %f by both", none, name, phone, both)
		}
	}))
	t.Run("when it is and where the clocks are set does not matter", rapid.MakeCheck(func(t *rapid.T) {
		d := genDay(t)
		hours := rapid.IntRange(-12, 12).Draw(t, "hours")
		days := rapid.IntRange(-400, 400).Draw(t, "days")
		moved := *d
		moved.Zone = time.FixedZone("", -hours*3600)
		shift := time.Duration(hours)*time.Hour + time.Duration(days)*24*time.Hour
		moved.Appointments, moved.Talks = nil, nil
		for _, a := range d.Appointments {
			a.Start, a.End = a.Start.Add(shift), a.End.Add(shift)
			moved.Appointments = append(moved.Appointments, a)
		}
		for _, one := range d.Talks {
			r := *one.Recording
			r.StartedAt, r.EndedAt = r.StartedAt.Add(shift), r.EndedAt.Add(shift)
			moved.Talks = append(moved.Talks, Talk{Recording: &r, Words: one.Words})
		}
		after := MatchDay(&moved)
		for i, v := range MatchDay(d) {
			if after[i].Linked != v.Linked || after[i].None-v.None > 1e-9 || v.None-after[i].None > 1e-9 {
				t.Fatalf("%+v\n%+v", v, after[i])
			}
		}
	}))
	t.Run("what is far in time does not change who wins", rapid.MakeCheck(func(t *rapid.T) {
		d := genDay(t)
		before := MatchDay(d)
		far := meeting("far", rapid.SampledFrom([]int{-30 * 60, 30 * 60}).Draw(t, "when"), 60)
		if rapid.Bool().Draw(t, "placed") {
			far.Latitude, far.Longitude = at(rapid.Float64Range(4000, 30_000).Draw(t, "meters"))
		}
		d.Appointments = append(d.Appointments, far)
		for i, v := range MatchDay(d) {
			was := before[i]
			if was.Linked && v.Choices[0].Appointment.ExternalID != was.Choices[0].Appointment.ExternalID || v.Linked && v.Choices[0].Appointment.ExternalID == "far" {
				t.Fatalf("%+v\n%+v", was, v)
			}
		}
	}))
}

// probable is how probable a verdict holds the appointment.
func probable(v Verdict, id string) float64 {
	for _, c := range v.Choices {
		if c.Appointment.ExternalID == id {
			return c.Probability
		}
	}
	return 0
}

// TestAPlaceThatSpeaksForNothingDecidesNothing: what decides is the place only where it speaks for a visit, and more than for a talk nearby.
func TestAPlaceThatSpeaksForNothingDecidesNothing(t *testing.T) {
	for _, c := range []struct {
		located, nearby float64
		placed, at      bool
		want            Evidence
	}{
		{2, 1, true, true, EvidencePlace},
		{2, -1, true, true, EvidencePlace},
		{1, 1, true, true, EvidenceTime},
		{1, 2, true, true, EvidenceTime},
		{0, -1, true, true, EvidenceTime},
		{-1, -2, true, true, EvidenceTime},
		{2, 1, false, true, EvidenceTime},
		{2, 1, true, false, EvidenceTime},
	} {
		m := &dayMatch{appointments: []*dayAppointment{{placed: c.at}}}
		talk := &dayTalk{placed: c.placed, about: make([]told, 1), share: []float64{1}, located: []float64{c.located}, nearby: []float64{c.nearby}}
		if got := m.evidence(talk, 0); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// TestWhereARepWorks is as wide as the appointments are apart whose places are known; the others say nothing of it.
func TestWhereARepWorks(t *testing.T) {
	d := &Day{Rep: rep, Appointments: []Appointment{
		with(meeting("a", 0, 60), placedAt(0)), with(meeting("b", 90, 60), placedAt(9000)), meeting("c", 180, 60), meeting("d", 270, 60), meeting("e", 360, 60),
	}}
	if got := newDayMatch(d).radius(); got < 8990 || got > 9010 {
		t.Errorf("%f meters", got)
	}
}

// TestWhomAnUploaderMayMean: a customer is meant who has the name, or one like it, or the number, and no other.
func TestWhomAnUploaderMayMean(t *testing.T) {
	named := Naming([]Party{{Name: "Ada Baker", Phones: []string{"(512) 555-0143"}}}, "US")
	for _, c := range []struct {
		name, phone string
		want        bool
	}{
		{"Ada Baker", "", true},
		{"Ida Baker", "", true},
		{"Cleo Ford", "", false},
		{"", "", false},
		{"", "+1 512 555 0143", true},
		{"", "+1 512 555 0144", false},
		{"Cleo Ford", "512 555 0143", true},
	} {
		if got := named(&Recording{ContactName: c.name, ContactPhone: c.phone}); got != c.want {
			t.Errorf("%s %s: %v", c.name, c.phone, got)
		}
	}
}
