package hub

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// distances are from next door to another continent, in meters.
func distances() []float64 {
	var all []float64
	for meters := 1.0; meters < 2e6; meters *= 1.15 {
		all = append(all, meters)
	}
	return append([]float64{0}, append(all, 2e6)...)
}

// daysAtADistance are days whose last recording is some meters from all places of the day, in time for the appointment a.
func daysAtADistance() map[string]func(meters float64) *Day {
	named := func(t *Talk) { t.Recording.ContactName = "Ann Marden" }
	days := map[string]func(meters float64) *Day{}
	for _, minutes := range []int{0, 3, 12, 25, 40, 55, 90} {
		for _, after := range []int{-45, -5, 3, 20, 200} {
			one := func(meters float64, change ...func(*Talk)) *Day {
				a := with(with(meeting("a", 0, 60), placedAt(0)), withParty("Ann Marden", "", ""))
				return &Day{Rep: rep, Appointments: []Appointment{a}, Talks: []Talk{said(after, minutes, append(change, here(meters))...)}}
			}
			name := fmt.Sprintf("%d minutes, %d after", minutes, after)
			days["one visit, "+name] = func(meters float64) *Day { return one(meters) }
			days["its customer named, "+name] = func(meters float64) *Day { return one(meters, named) }
			days["another customer named, "+name] = func(meters float64) *Day {
				return one(meters, func(t *Talk) { t.Recording.ContactName = "Cleo Ford" })
			}
			days["one of two at once, "+name] = func(meters float64) *Day {
				d := one(meters)
				d.Appointments = append(d.Appointments, with(meeting("b", 10, 60), placedAt(0)))
				return d
			}
			days["all day, "+name] = func(meters float64) *Day {
				d := one(meters)
				d.Appointments[0].AllDay = true
				return d
			}
			days["many hours, "+name] = func(meters float64) *Day {
				d := one(meters)
				d.Appointments[0].End = d.Appointments[0].Start.Add(longLength)
				return d
			}
			days["its second part, "+name] = func(meters float64) *Day {
				d := one(meters)
				d.Talks = append([]Talk{said(after-20, 18)}, d.Talks...)
				return d
			}
			if after == 200 { // which is rather another's time
				continue
			}
			days["several visits, "+name] = func(meters float64) *Day {
				d := one(meters)
				d.Appointments = append(d.Appointments, with(meeting("b", -180, 60), placedAt(-4000)), with(meeting("c", -90, 60), placedAt(-9000)), with(meeting("d", 100, 60), placedAt(-2000)))
				d.Talks = append([]Talk{said(-178, 55, here(-4010)), said(-88, 40, here(-9020))}, d.Talks...)
				return d
			}
		}
	}
	return days
}

// TestFartherIsNeverMoreProbable has a recording farther and farther from all places of its day: one of its appointments is never the more probable for
// it, and is not linked where it was not nearer by.
func TestFartherIsNeverMoreProbable(t *testing.T) {
	if testing.Short() {
		t.Skip("it weighs thousands of days")
	}
	for name, day := range daysAtADistance() {
		nearer, linked, tolerance := 1.0, true, 1e-9
		if strings.HasPrefix(name, "several") || strings.HasPrefix(name, "one of two") {
			tolerance = 0.02 // as the home of another, whose address may have been found elsewhere, may be next door
		}
		for _, meters := range distances() {
			v := lastOf(day(meters))
			p := 1 - v.None
			if p > nearer+tolerance || v.Linked && !linked {
				t.Errorf("%s: %.6f at %.0f m, %.6f nearer by", name, p, meters, nearer)
			}
			nearer, linked = min(nearer, p), v.Linked
		}
	}
}

func lastOf(d *Day) Verdict {
	all := MatchDay(d)
	return all[len(all)-1]
}

// TestAFarPlaceSpeaksAgainst: some kilometers away no place links, and none says more than the time alone would; what is far from all that
// the rep had to do that day is rather none of it, where its customer was not named.
func TestAFarPlaceSpeaksAgainst(t *testing.T) {
	if testing.Short() {
		t.Skip("it weighs thousands of days")
	}
	for name, day := range daysAtADistance() {
		nowhere := day(0)
		last := nowhere.Talks[len(nowhere.Talks)-1].Recording
		last.Latitude, last.Longitude = nil, nil
		alone := 1 - lastOf(nowhere).None
		for _, meters := range distances() {
			v := lastOf(day(meters))
			p := 1 - v.None
			if meters >= 3000 && p > alone+1e-9 || v.Evidence == EvidencePlace && (meters >= 3000 || p < alone && strings.HasPrefix(name, "one visit")) {
				t.Errorf("%s: %.4f by %s at %.0f m, %.4f by time alone", name, p, v.Evidence, meters, alone)
			}
			if meters >= 100_000 && p > 0.5 && !strings.Contains(name, "its customer named") {
				t.Errorf("%s: %.4f at %.0f m", name, p, meters)
			}
		}
	}
}

// TestProjectsFartherAway has the same of projects.
func TestProjectsFartherAway(t *testing.T) {
	for _, name := range []string{"", "Ann Marden", "Cleo Ford"} {
		nearer := 1.0
		for _, meters := range distances() {
			talk := said(0, 30, here(meters))
			talk.Recording.ContactName = name
			p := Project{ConnectionID: "c", ExternalID: "p", ActiveAt: noon, Users: rep, Parties: []Party{{Name: "Ann Marden"}}}
			p.Latitude, p.Longitude = at(0)
			v := MatchProject(&Day{Rep: rep}, talk, []Project{p})
			if now := 1 - v.None; now > nearer+1e-9 || meters > 3000 && v.Evidence == EvidencePlace {
				t.Errorf("%.6f by %s at %.0f m, %.6f nearer by", now, v.Evidence, meters, nearer)
			} else {
				nearer = now
			}
		}
	}
}

// TestAPlaceDoesNotMakeUpForTheHour has a visit at its place at an hour to which the appointment was moved since, or from which: within what is moved
// by phone it is linked, hours later only offered.
func TestAPlaceDoesNotMakeUpForTheHour(t *testing.T) {
	given := func(t *Talk) { t.Recording.ContactName = "Ann Marden" }
	for _, change := range [][]func(*Talk){{here(15)}, {here(15), given}, {given}} {
		nearer := 1.0
		for _, hours := range []int{0, 1, 2, 3, 4, 5, 8} {
			for _, sign := range []int{-1, 1} {
				a := with(with(meeting("a", sign*hours*60, 60), placedAt(0)), withParty("Ann Marden", "", ""))
				v := MatchDay(&Day{Rep: rep, Appointments: []Appointment{a}, Talks: []Talk{said(3, 55, change...)}})[0]
				p := v.Choices[0].Probability
				if v.Linked != (hours <= 1) || hours >= 5 && p > 0.5 {
					t.Errorf("%d hours away: %.3f, %s", sign*hours, p, v.Reason)
				}
				if p > nearer+0.01 {
					t.Errorf("%d hours away: %.3f, nearer by %.3f", sign*hours, p, nearer)
				}
				nearer = min(nearer, p)
			}
		}
	}
}

// TestMovingTheAppointmentAway has the appointment's place farther and farther away, instead of the recording's.
func TestMovingTheAppointmentAway(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minutes, after := rapid.IntRange(0, 90).Draw(t, "minutes"), rapid.IntRange(-60, 60).Draw(t, "after")
		near := rapid.Float64Range(0, 2e6).Draw(t, "near")
		far := rapid.Float64Range(near, 2e6).Draw(t, "far")
		of := func(meters float64) float64 {
			d := &Day{Rep: rep, Appointments: []Appointment{with(meeting("a", 0, 60), placedAt(meters))}, Talks: []Talk{said(after, minutes, here(0))}}
			return MatchDay(d)[0].Choices[0].Probability
		}
		if of(far) > of(near)+1e-9 {
			t.Fatalf("%f m: %f, %f m: %f", near, of(near), far, of(far))
		}
	})
}
