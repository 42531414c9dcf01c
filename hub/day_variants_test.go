package hub

import (
	"math"
	"testing"
	"time"
)

// linkedTo is what each talk of a day is linked to; empty for none.
func linkedTo(d *Day) []string {
	links := make([]string, len(d.Talks))
	for i, v := range MatchDay(d) {
		if w := v.Winner(); w != nil {
			links[i] = w.Appointment.ExternalID
		}
	}
	return links
}

// talkAt is a recording from a time on.
func talkAt(start time.Time, minutes int) Talk {
	return Talk{Recording: &Recording{ID: start.String(), StartedAt: start, EndedAt: start.Add(time.Duration(minutes) * time.Minute)}}
}

// TestDaysOfAnyLength has an entry of a whole day on days of 23, 24 and 25 hours, in zones before and behind UTC: it is that
// day's, from its midnight to the next, and no other's.
func TestDaysOfAnyLength(t *testing.T) {
	for _, c := range []struct {
		zone       string
		year, day  int
		month      time.Month
		hoursInDay int
	}{
		{"America/New_York", 2026, 8, time.March, 23},
		{"America/New_York", 2026, 1, time.November, 25},
		{"Europe/Berlin", 2026, 29, time.March, 23},
		{"Europe/Berlin", 2026, 25, time.October, 25},
		{"Australia/Lord_Howe", 2026, 15, time.June, 24},
		{"Asia/Kathmandu", 2026, 15, time.June, 24},
		{"Pacific/Apia", 2026, 15, time.June, 24},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		morning := time.Date(c.year, c.month, c.day, 0, 0, 0, 0, zone)
		night := morning.AddDate(0, 0, 1)
		if got := int(night.Sub(morning).Hours()); got != c.hoursInDay {
			t.Fatalf("%s: a day of %d hours", c.zone, got)
		}
		entry := Appointment{ConnectionID: "c", ExternalID: "w", Name: "w", ActivityType: "EVENT", Users: rep, Start: morning.UTC(), End: night.UTC(), AllDay: true}
		for _, talk := range []struct {
			at   time.Time
			want string
		}{
			{morning.Add(-40 * time.Minute), ""}, {morning.Add(10 * time.Minute), "w"}, {morning.Add(14 * time.Hour), "w"}, {night.Add(-40 * time.Minute), "w"}, {night.Add(10 * time.Minute), ""},
		} {
			d := &Day{Rep: rep, Zone: zone, Appointments: []Appointment{entry}, Talks: []Talk{talkAt(talk.at, 25)}}
			if got := linkedTo(d); got[0] != talk.want {
				t.Errorf("%s %s: linked to %q, want %q", c.zone, talk.at, got[0], talk.want)
			}
		}
		// A visit of that day is more than the entry, however the clocks are set meanwhile.
		visit := entry
		visit.ExternalID, visit.AllDay, visit.Start, visit.End = "v", false, morning.Add(10*time.Hour).UTC(), morning.Add(11*time.Hour).UTC()
		d := &Day{Rep: rep, Zone: zone, Appointments: []Appointment{entry, visit}, Talks: []Talk{talkAt(morning.Add(10*time.Hour+2*time.Minute), 55), talkAt(morning.Add(18*time.Hour), 25)}}
		if got := linkedTo(d); got[0] != "v" || got[1] != "" {
			t.Errorf("%s: linked to %q", c.zone, got)
		}
	}
}

// TestDatesWithoutAZone has entries of whole days that a CRM tells as midnights of UTC, in zones before and behind UTC: each is
// of the day that it names, and of no other.
func TestDatesWithoutAZone(t *testing.T) {
	date := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for _, name := range []string{"UTC", "America/Los_Angeles", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland", "Pacific/Kiritimati"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		entry := Appointment{ConnectionID: "c", ExternalID: "w", Name: "w", ActivityType: "EVENT", Users: rep, Start: date, End: date.AddDate(0, 0, 1), AllDay: true}
		unflagged, seconds := entry, entry
		unflagged.AllDay, seconds.End = false, seconds.End.Add(-time.Second)
		for day := 30; day <= 33; day++ {
			for _, hour := range []int{1, 9, 17, 23} {
				at := time.Date(2026, 10, day, hour, 5, 0, 0, zone)
				want := ""
				if day == 32 { // the first of November
					want = "w"
				}
				for _, a := range []Appointment{entry, unflagged, seconds} {
					if got := linkedTo(&Day{Rep: rep, Zone: zone, Appointments: []Appointment{a}, Talks: []Talk{talkAt(at, 25)}}); got[0] != want {
						t.Errorf("%s, %s: linked to %q, want %q", name, at, got[0], want)
					}
				}
			}
		}
	}
}

// TestDaysOfAnotherZone has entries of whole days as a CRM tells them that is in another zone than the organization, or counts 24
// hours to each day whatever the clocks do: each is of its dates, and of no other.
func TestDaysOfAnotherZone(t *testing.T) {
	for _, c := range []struct {
		crm, organization string
		month             time.Month
		day, days         int
		hours             int // how long the CRM says that it is; 0 is not known
	}{
		{"America/New_York", "America/Chicago", time.May, 5, 1, 24},
		{"America/New_York", "America/Los_Angeles", time.May, 5, 3, 72},
		{"America/Los_Angeles", "America/New_York", time.May, 5, 1, 24},
		{"America/New_York", "UTC", time.May, 5, 1, 24},
		{"Europe/Berlin", "UTC", time.May, 5, 1, 24},
		{"Europe/Berlin", "Europe/London", time.May, 5, 2, 0},
		{"America/Chicago", "America/Chicago", time.March, 8, 1, 24},    // which has 23
		{"America/Chicago", "America/Chicago", time.November, 1, 1, 24}, // which has 25
		{"America/Chicago", "America/Chicago", time.November, 1, 2, 48},
		{"Europe/Berlin", "Europe/Berlin", time.March, 29, 1, 24},
	} {
		crm, err := time.LoadLocation(c.crm)
		if err != nil {
			t.Fatal(err)
		}
		zone, err := time.LoadLocation(c.organization)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Date(2026, c.month, c.day, 0, 0, 0, 0, crm)
		entry := Appointment{ConnectionID: "c", ExternalID: "w", Name: "w", ActivityType: "EVENT", Users: rep, Start: start.UTC(), AllDay: true}
		days := 1
		if c.hours > 0 {
			entry.End, days = entry.Start.Add(time.Duration(c.hours)*time.Hour), c.days
		}
		for day := -2; day <= days+1; day++ {
			for _, minute := range []int{20, 9 * 60, 23*60 + 10} {
				at := time.Date(2026, c.month, c.day+day, 0, minute, 0, 0, zone)
				want := ""
				if day >= 0 && day < days {
					want = "w"
				}
				if got := linkedTo(&Day{Rep: rep, Zone: zone, Appointments: []Appointment{entry}, Talks: []Talk{talkAt(at, 25)}}); got[0] != want {
					t.Errorf("%+v: at %s linked to %q, want %q", c, at, got[0], want)
				}
			}
		}
	}
}

// TestEntriesAtAnHourOfTheirDay has entries of whole days that a CRM tells by an hour of the day: each is of that day, and of no other.
func TestEntriesAtAnHourOfTheirDay(t *testing.T) {
	zone, err := time.LoadLocation("America/Denver")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		hour   int
		length time.Duration // 0 is not known
	}{{8, time.Hour}, {12, 0}, {12, 24 * time.Hour}, {12, time.Hour}, {13, 8 * time.Hour}, {18, time.Hour}, {23, time.Hour}} {
		start := time.Date(2026, time.November, 10, c.hour, 0, 0, 0, zone)
		entry := Appointment{ConnectionID: "c", ExternalID: "w", Name: "w", ActivityType: "EVENT", Users: rep, Start: start.UTC(), AllDay: true}
		if c.length > 0 {
			entry.End = entry.Start.Add(c.length)
		}
		for day := 9; day <= 11; day++ {
			want := ""
			if day == 10 {
				want = "w"
			}
			at := time.Date(2026, time.November, day, 10, 0, 0, 0, zone)
			if got := linkedTo(&Day{Rep: rep, Zone: zone, Appointments: []Appointment{entry}, Talks: []Talk{talkAt(at, 25)}}); got[0] != want {
				t.Errorf("%+v: at %s linked to %q, want %q", c, at, got[0], want)
			}
		}
	}
}

// TestOverMidnight has an appointment that begins on one day and ends on the next: its recording may begin on either.
func TestOverMidnight(t *testing.T) {
	midnight := time.Date(2026, 5, 2, 0, 0, 0, 0, time.UTC)
	a := Appointment{ConnectionID: "c", ExternalID: "n", Name: "n", ActivityType: "MEETING", Users: rep, Start: midnight.Add(-5 * time.Minute), End: midnight.Add(55 * time.Minute)}
	for _, talk := range []Talk{talkAt(midnight.Add(-3*time.Minute), 55), talkAt(midnight.Add(2*time.Minute), 50)} {
		if got := MatchDay(&Day{Rep: rep, Appointments: []Appointment{a}, Talks: []Talk{talk}})[0]; !got.Linked {
			t.Errorf("from %s: %+v", talk.Recording.StartedAt, got)
		}
	}
}

// TestSeveralOfARep has a rep who is two users of one CRM and one of another, and an appointment with two reps.
func TestSeveralOfARep(t *testing.T) {
	other := CRMUser{ConnectionID: "c", ExternalID: "other"}
	second := CRMUser{ConnectionID: "d", ExternalID: "x"}
	a, b := meeting("a", 0, 60), meeting("b", 120, 60)
	a.Users, b.Users = []CRMUser{other}, []CRMUser{second}
	b.ConnectionID = "d"
	one := &Day{Rep: []CRMUser{rep[0], other, second}, Appointments: []Appointment{a, b}, Talks: []Talk{said(2, 55), said(122, 55)}}
	if got := linkedTo(one); got[0] != "a" || got[1] != "b" {
		t.Errorf("linked to %q", got)
	}
	both := meeting("both", 0, 60)
	both.Users = []CRMUser{rep[0], second}
	for _, who := range []CRMUser{rep[0], second} {
		if got := linkedTo(&Day{Rep: []CRMUser{who}, Appointments: []Appointment{both}, Talks: []Talk{said(2, 55)}}); got[0] != "both" {
			t.Errorf("%v: linked to %q", who, got)
		}
	}
	if got := linkedTo(&Day{Rep: []CRMUser{other}, Appointments: []Appointment{both}, Talks: []Talk{said(2, 55)}}); got[0] != "" {
		t.Errorf("somebody else is linked to %q", got)
	}
}

// TestPlacesThatAreNone have coordinates that say nothing: the verdict is the one of no place at all.
func TestPlacesThatAreNone(t *testing.T) {
	verdict := func(appointment, recording [2]float64, known bool) Verdict {
		a, talk := meeting("a", 0, 60), said(2, 55)
		if known {
			a.Latitude, a.Longitude = &appointment[0], &appointment[1]
			talk.Recording.Latitude, talk.Recording.Longitude = &recording[0], &recording[1]
		}
		return MatchDay(&Day{Rep: rep, Appointments: []Appointment{a}, Talks: []Talk{talk}})[0]
	}
	sane := [2]float64{30.27, -97.74}
	without := verdict(sane, sane, false)
	for _, none := range [][2]float64{{0, 0}, {91, 10}, {-97.74, 30.27}, {10, 181}, {math.NaN(), 10}, {2.9e38, 1}, {math.Inf(1), 0}} {
		if got := verdict(none, sane, true); math.Abs(got.Choices[0].Probability-without.Choices[0].Probability) > 1e-9 || got.Evidence != EvidenceTime {
			t.Errorf("an appointment at %v: %+v", none, got)
		}
		if got := verdict(sane, none, true); math.Abs(got.Choices[0].Probability-without.Choices[0].Probability) > 1e-9 || got.Evidence != EvidenceTime {
			t.Errorf("a recording at %v: %+v", none, got)
		}
	}
}

// TestWhatFollowsAVisit has a talk behind a visit of an hour: what goes on within minutes, and is as long as a part would be, is its
// second part; what is short, or begins later, is another talk, and is said to be one surely enough.
func TestWhatFollowsAVisit(t *testing.T) {
	morning := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		first, pause, second int
		least, most          float64 // how probable it is that the second talk is of no appointment
	}{
		{28, 3, 27, 0, 0.10},
		{55, 3, 9, 0.70, 1},
		{45, 14, 12, 0.90, 1},
		{50, 11, 20, 0.90, 1},
	} {
		second := morning.Add(time.Duration(2+c.first+c.pause) * time.Minute)
		d := &Day{Rep: []CRMUser{{"c", "rep"}}, Talks: []Talk{talkAt(morning.Add(2*time.Minute), c.first), talkAt(second, c.second)}, Appointments: []Appointment{{
			ConnectionID: "c", ExternalID: "a", Name: "Visit", ActivityType: "MEETING", Users: []CRMUser{{"c", "rep"}}, Start: morning, End: morning.Add(time.Hour),
		}}}
		if none := MatchDay(d)[1].None; none < c.least || none > c.most {
			t.Errorf("%d minutes, %d after one of %d: none is %.2f", c.second, c.pause, c.first, none)
		}
	}
}

// TestADayFromDoorToDoor has a short talk where the hour of an appointment says nothing against it, and its length little: with many
// that nobody planned, hours later, it is more likely one of those.
func TestADayFromDoorToDoor(t *testing.T) {
	none := func(doors ...int) float64 {
		d := &Day{Rep: rep, Appointments: []Appointment{meeting("a", 0, 60)}, Talks: []Talk{said(-30, 25)}}
		for _, at := range doors {
			d.Talks = append(d.Talks, said(at, 12))
		}
		return MatchDay(d)[0].None
	}
	if alone, one, many := none(), none(560), none(500, 540, 580, 620, 660, 700, 740); one-alone > 0.05 || many-alone < 0.2 {
		t.Errorf("none of them: %.3f alone, %.3f with one more talk, %.3f with seven", alone, one, many)
	}
}

// TestWhatWaitedForATalk has a visit that begins as the talk before ends, long after its hour: it was put off by that talk where the rep
// had no time in between; a rep who was idle for hours would have been there, so that it is not linked.
func TestWhatWaitedForATalk(t *testing.T) {
	of := func(appointment Appointment, talks ...Talk) float64 {
		v := MatchDay(&Day{Rep: rep, Appointments: []Appointment{appointment}, Talks: talks})
		return 1 - v[len(v)-1].None
	}
	a := meeting("a", 0, 60)
	if p := of(a, said(-60, 70), said(12, 65), said(79, 58)); p < 0.3 {
		t.Errorf("behind talks that leave no time: %.3f", p)
	}
	for _, talks := range [][]Talk{{said(500, 12), said(514, 55)}, {said(-30, 25), said(500, 12), said(530, 12)}, {said(420, 50), said(473, 60)}} {
		if p := of(a, talks...); p >= DefaultThresholds.Time {
			t.Errorf("hours later, from %s: %.3f", talks[0].Recording.StartedAt.Format("15:04"), p)
		}
	}
}

// TestTheLengthOfATalkHasNoEdge has talks in the time of a visit, each some seconds longer than the one before: how probable it is that one is of
// no appointment changes little from each to the next. One that is broken off at once, as the visit begins, is of the visit.
func TestTheLengthOfATalkHasNoEdge(t *testing.T) {
	for _, slot := range []int{30, 60, 120} {
		for _, after := range []int{3, 20} {
			none := func(length time.Duration) float64 {
				talk := said(after, 0)
				talk.Recording.EndedAt = talk.Recording.StartedAt.Add(length)
				return MatchDay(&Day{Rep: rep, Appointments: []Appointment{meeting("a", 0, slot)}, Talks: []Talk{talk}})[0].None
			}
			for length := time.Minute; length < time.Hour; length += 10 * time.Second {
				if is, next := none(length), none(length+10*time.Second); math.Abs(is-next) > 0.1 {
					t.Errorf("%d minutes into %d: none is %.2f of %s, and %.2f of 10 seconds more", after, slot, is, length, next)
				}
			}
			if one, five := none(time.Minute), none(5*time.Minute); after == 3 && (one > 0.1 || five < 0.5) {
				t.Errorf("%d minutes into %d: none is %.2f of a minute, %.2f of 5", after, slot, one, five)
			}
		}
	}
}
