package hub

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	rep  = []CRMUser{{ConnectionID: "c", ExternalID: "rep"}, {ConnectionID: "d", ExternalID: "7"}}
)

// at is a place some meters north of the recording's.
func at(meters float64) (latitude, longitude *float64) {
	north, east := 30+meters/111_194.93, -97.0
	return &north, &east
}

func talk(minutes int) *Recording {
	r := &Recording{StartedAt: noon, EndedAt: noon.Add(time.Duration(minutes) * time.Minute)}
	r.Latitude, r.Longitude = at(0)
	return r
}

// meeting is an appointment of the rep that begins some minutes after the recording.
func meeting(id string, after, minutes int) Appointment {
	return Appointment{
		ConnectionID: "c", ExternalID: id, Name: id, ActivityType: "MEETING", Users: []CRMUser{{ConnectionID: "c", ExternalID: "rep"}},
		Start: noon.Add(time.Duration(after) * time.Minute), End: noon.Add(time.Duration(after+minutes) * time.Minute),
	}
}

func with(a Appointment, change func(*Appointment)) Appointment {
	change(&a)
	return a
}

func TestMatchCases(t *testing.T) {
	near := func(meters float64) func(*Appointment) {
		return func(a *Appointment) { a.Latitude, a.Longitude = at(meters) }
	}
	for name, c := range map[string]struct {
		recording    *Recording
		rep          []CRMUser
		appointments []Appointment
		winner       string
		reason       string
	}{
		"one that overlaps":               {talk(45), rep, []Appointment{with(meeting("a", 3, 60), near(80))}, "a", "It overlaps the appointment “a” (2026-03-02 12:03 UTC) by 42 minutes, and was recorded 80 m from it."},
		"no place":                        {talk(45), rep, []Appointment{meeting("a", 3, 60)}, "a", "It overlaps the appointment “a” (2026-03-02 12:03 UTC) by 42 minutes."},
		"nobody is matched":               {talk(45), nil, []Appointment{meeting("a", 0, 60)}, "", "No CRM user is matched to the rep."},
		"nothing":                         {talk(45), rep, nil, "", "The rep has no appointment between 2026-03-02 12:00 UTC and 2026-03-02 12:45 UTC."},
		"it ended as the recording began": {talk(45), rep, []Appointment{meeting("a", -60, 60)}, "", "The rep has no appointment between"},
		"it began as the recording ended": {talk(45), rep, []Appointment{meeting("a", 45, 60)}, "", "The rep has no appointment between"},
		"another rep's": {talk(45), rep, []Appointment{with(meeting("a", 0, 60), func(a *Appointment) {
			a.Users = []CRMUser{{ConnectionID: "d", ExternalID: "rep"}} // the same id in another CRM is another person
		})}, "", "The rep has no appointment between"},
		"a call":                         {talk(45), rep, []Appointment{with(meeting("a", 0, 60), func(a *Appointment) { a.ActivityType = "CALL" })}, "", "The rep has no appointment between"},
		"an event":                       {talk(45), rep, []Appointment{with(meeting("a", 0, 60), func(a *Appointment) { a.ActivityType = "EVENT" })}, "a", "It overlaps"},
		"no type":                        {talk(45), rep, []Appointment{with(meeting("a", 0, 60), func(a *Appointment) { a.ActivityType = "" })}, "", "The rep has no appointment between"},
		"deleted":                        {talk(45), rep, []Appointment{with(meeting("a", 0, 60), func(a *Appointment) { a.Deleted = true })}, "", "The rep has no appointment between"},
		"no start":                       {talk(45), rep, []Appointment{with(meeting("a", 0, 60), func(a *Appointment) { a.Start, a.End = time.Time{}, time.Time{} })}, "", "The rep has no appointment between"},
		"no end":                         {talk(45), rep, []Appointment{with(meeting("a", -50, 60), func(a *Appointment) { a.End = time.Time{} })}, "a", "It overlaps the appointment “a” (2026-03-02 11:10 UTC) by 10 minutes."},
		"no end, over an hour ago":       {talk(45), rep, []Appointment{with(meeting("a", -60, 60), func(a *Appointment) { a.End = time.Time{} })}, "", "The rep has no appointment"},
		"a moment":                       {talk(0), rep, []Appointment{meeting("a", -5, 60)}, "a", "It began 5 minutes after the start of the appointment “a” (2026-03-02 11:55 UTC)."},
		"a moment before":                {talk(0), rep, []Appointment{meeting("a", 1, 60)}, "", "The rep has no appointment at 2026-03-02 12:00 UTC."},
		"back to back":                   {talk(70), rep, []Appointment{meeting("a", -5, 60), meeting("b", 55, 60)}, "a", "It overlaps"},
		"running late":                   {talk(60), rep, []Appointment{meeting("a", -50, 60), meeting("b", 10, 60)}, "b", "It overlaps"},
		"two at once":                    {talk(45), rep, []Appointment{meeting("b", 0, 60), meeting("a", 0, 60)}, "", "Two appointments fit equally well: “a” (2026-03-02 12:00 UTC) and “b” (2026-03-02 12:00 UTC)."},
		"three at once":                  {talk(45), rep, []Appointment{meeting("b", 0, 60), meeting("a", 0, 60), meeting("c", 0, 60)}, "", "3 appointments fit equally well, among them “a”"},
		"two at once, one nearer":        {talk(45), rep, []Appointment{with(meeting("a", 0, 60), near(9000)), with(meeting("b", 0, 60), near(60))}, "b", "recorded 60 m from it"},
		"two at once, one somewhere":     {talk(45), rep, []Appointment{meeting("a", 0, 60), with(meeting("b", 0, 60), near(60))}, "b", "recorded 60 m from it"},
		"two at once, one far away":      {talk(45), rep, []Appointment{meeting("a", 0, 60), with(meeting("b", 0, 60), near(9000))}, "a", "It overlaps"},
		"late, at the place of the next": {talk(40), rep, []Appointment{with(meeting("a", -10, 60), near(20_000)), with(meeting("b", 20, 60), near(80))}, "b", "recorded 80 m from it"},
		"a tie with the same in two CRMs": {talk(45), rep, []Appointment{meeting("a", 0, 60), with(meeting("a", 0, 60), func(a *Appointment) {
			a.ConnectionID, a.Users = "d", []CRMUser{{ConnectionID: "d", ExternalID: "7"}}
		})}, "", "Two appointments fit equally well"},
		"whoever does not fit makes no tie": {talk(45), rep, []Appointment{meeting("a", 0, 60), with(meeting("b", 0, 60), func(a *Appointment) { a.Deleted = true })}, "a", "It overlaps"},
	} {
		t.Run(name, func(t *testing.T) {
			m := MatchRecording(c.recording, c.rep, c.appointments)
			if got := winner(m); got != c.winner || !strings.Contains(m.Reason, c.reason) {
				t.Errorf("%q: %s\n%+v", got, m.Reason, m.Candidates)
			}
			if len(m.Candidates) != len(c.appointments) {
				t.Errorf("%d candidates of %d", len(m.Candidates), len(c.appointments))
			}
			for _, one := range m.Candidates {
				if one.Reason == "" || one.Fits != (one.Score > 0) || one.Score > 1 {
					t.Errorf("%+v", one)
				}
			}
		})
	}
}

func winner(m Matching) string {
	if m.Winner == nil {
		return ""
	}
	return m.Winner.ExternalID
}

// genRecording and genAppointment draw what is near in time and place, often enough at the same.
func genRecording(t *rapid.T) *Recording {
	r := talk(rapid.IntRange(0, 120).Draw(t, "recorded minutes"))
	if rapid.Bool().Draw(t, "nowhere") {
		r.Latitude, r.Longitude = nil, nil
	}
	return r
}

func genAppointment(t *rapid.T, id string) Appointment {
	a := meeting(id, rapid.IntRange(-90, 150).Draw(t, "starts after"), rapid.IntRange(0, 120).Draw(t, "minutes"))
	a.ActivityType = rapid.SampledFrom([]string{"MEETING", "EVENT", "APPOINTMENT", "APPOINTMENT", "CALL", ""}).Draw(t, "type")
	a.Deleted = rapid.IntRange(0, 5).Draw(t, "deleted") == 0
	if rapid.IntRange(0, 5).Draw(t, "other") == 0 {
		a.Users = []CRMUser{{ConnectionID: "c", ExternalID: "somebody"}}
	}
	if rapid.Bool().Draw(t, "somewhere") {
		a.Latitude, a.Longitude = at(float64(rapid.IntRange(-3000, 3000).Draw(t, "meters")))
	}
	return a
}

func genAppointments(t *rapid.T) []Appointment {
	all := make([]Appointment, rapid.IntRange(0, 6).Draw(t, "appointments"))
	for i := range all {
		all[i] = genAppointment(t, string(rune('a'+i)))
	}
	return all
}

func TestMatchProperties(t *testing.T) {
	t.Run("the order does not matter", rapid.MakeCheck(func(t *rapid.T) {
		r, all := genRecording(t), genAppointments(t)
		first := MatchRecording(r, rep, all)
		seed := rapid.Uint64().Draw(t, "seed")
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		second := MatchRecording(r, rep, all)
		if winner(first) != winner(second) || first.Reason != second.Reason {
			t.Fatalf("%q and %q", first.Reason, second.Reason)
		}
	}))
	t.Run("what is no appointment of then and the rep's never wins", rapid.MakeCheck(func(t *rapid.T) {
		r := genRecording(t)
		m := MatchRecording(r, rep, genAppointments(t))
		w := m.Winner
		if w == nil {
			return
		}
		end := w.End
		if !end.After(w.Start) {
			end = w.Start.Add(AppointmentLength)
		}
		if w.Deleted || w.ActivityType == "CALL" || w.ActivityType == "" || w.Users[0].ExternalID != "rep" || w.Start.After(r.EndedAt) || !end.After(r.StartedAt) {
			t.Fatalf("%+v", w)
		}
	}))
	t.Run("a twin of the winner makes a tie", rapid.MakeCheck(func(t *rapid.T) {
		r, all := genRecording(t), genAppointments(t)
		m := MatchRecording(r, rep, all)
		if m.Winner == nil {
			return
		}
		twin := *m.Winner
		twin.ExternalID = "twin"
		if again := MatchRecording(r, rep, append(all, twin)); again.Winner != nil {
			t.Fatalf("%s", again.Reason)
		}
	}))
	t.Run("the winner stays it when it comes nearer", rapid.MakeCheck(func(t *rapid.T) {
		r, all := genRecording(t), genAppointments(t)
		before := winner(MatchRecording(r, rep, all))
		for i := range all {
			a := &all[i]
			if a.ExternalID != before {
				continue
			}
			closer := rapid.Float64Range(0, 1).Draw(t, "closer")
			if !a.End.After(a.Start) {
				a.End = a.Start.Add(AppointmentLength)
			}
			shift := time.Duration(closer * float64(r.StartedAt.Sub(a.Start)))
			a.Start, a.End = a.Start.Add(shift), a.End.Add(shift)
			if a.Latitude != nil && r.Latitude != nil {
				latitude := *a.Latitude + (*r.Latitude-*a.Latitude)*closer
				a.Latitude = &latitude
			}
		}
		if after := winner(MatchRecording(r, rep, all)); after != before {
			t.Fatalf("%q, then %q", before, after)
		}
	}))
	t.Run("one that does not fit changes nothing", rapid.MakeCheck(func(t *rapid.T) {
		r, all := genRecording(t), genAppointments(t)
		before := MatchRecording(r, rep, all)
		stranger := genAppointment(t, "stranger")
		stranger.Start, stranger.End = r.EndedAt.Add(time.Minute), r.EndedAt.Add(time.Hour)
		if after := MatchRecording(r, rep, append(all, stranger)); winner(after) != winner(before) || after.Reason != before.Reason {
			t.Fatalf("%q, then %q", before.Reason, after.Reason)
		}
	}))
}
