package hub

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// said is a recording from some minutes after noon, lasting some.
func said(after, minutes int, change ...func(*Talk)) Talk {
	r := &Recording{ID: fmt.Sprint(after), StartedAt: noon.Add(time.Duration(after) * time.Minute)}
	r.EndedAt = r.StartedAt.Add(time.Duration(minutes) * time.Minute)
	t := Talk{Recording: r}
	for _, c := range change {
		c(&t)
	}
	return t
}

func here(meters float64) func(*Talk) {
	return func(t *Talk) { t.Recording.Latitude, t.Recording.Longitude = at(meters) }
}

func placedAt(meters float64) func(*Appointment) {
	return func(a *Appointment) { a.Latitude, a.Longitude = at(meters) }
}

func withParty(name, phone, street string) func(*Appointment) {
	return func(a *Appointment) { a.Parties = []Party{{Name: name, Phones: []string{phone}, Street: street}} }
}

func TestDayCases(t *testing.T) {
	const hour = 60
	allDay := func(a *Appointment) {
		a.AllDay, a.Start, a.End = true, noon.Truncate(24*time.Hour), noon.Truncate(24*time.Hour).AddDate(0, 0, 1)
	}
	given := func(name, phone string) func(*Talk) {
		return func(t *Talk) { t.Recording.ContactName, t.Recording.ContactPhone = name, phone }
	}
	for name, c := range map[string]struct {
		day Day
		// links are the appointments of the talks in turn: empty for none, and with a question mark where it is offered first.
		links  []string
		reason string
	}{
		"in time":           {Day{Appointments: []Appointment{meeting("a", -3, hour)}, Talks: []Talk{said(0, 55)}}, []string{"a"}, "It is of the appointment “a” (2026-03-02 11:57 UTC) with a probability of"},
		"in time and place": {Day{Appointments: []Appointment{with(meeting("a", -3, hour), placedAt(40))}, Talks: []Talk{said(0, 55, here(0))}}, []string{"a"}, "its place is 40 m from the recording's"},
		"nothing that day":  {Day{Talks: []Talk{said(0, 55)}}, []string{""}, "The rep has no appointment on 2026-03-02."},
		"something hours before": {
			Day{Appointments: []Appointment{with(meeting("a", -4*hour, hour), placedAt(9000))}, Talks: []Talk{said(0, 55, here(0))}},
			[]string{""}, "The rep has an appointment on 2026-03-02, but it is too far from the recording in time, or in place.",
		},
		"somewhere else":            {Day{Appointments: []Appointment{with(meeting("a", 0, hour), placedAt(900))}, Talks: []Talk{said(20, 15, here(0))}}, []string{""}, ""},
		"just outside of the place": {Day{Appointments: []Appointment{with(meeting("a", 0, hour), placedAt(400))}, Talks: []Talk{said(4, 50, here(0))}}, []string{"a?"}, "It may be of the appointment “a”"},
		"left running over the next": {
			Day{Appointments: []Appointment{meeting("a", -3, hour), meeting("b", 90, hour)}, Talks: []Talk{said(0, 150)}},
			[]string{"a?"}, "but it goes on through “b” (2026-03-02 13:30 UTC), which no other recording is of: it may have been left running.",
		},
		"left running over two": {
			Day{Appointments: []Appointment{with(meeting("a", -3, hour), placedAt(20)), with(meeting("b", 90, hour), placedAt(9000)), with(meeting("c", 200, 30), placedAt(9000))}, Talks: []Talk{said(0, 240, here(0))}},
			[]string{"a?"}, "goes on through “b”",
		},
		"long, and the next is late": {
			Day{Appointments: []Appointment{meeting("a", -3, hour), meeting("b", 60, 40)}, Talks: []Talk{said(0, 100), said(125, 40)}}, []string{"a", "b"}, "",
		},
		"long, and the next goes on": {Day{Appointments: []Appointment{meeting("a", -3, hour), meeting("b", 75, hour)}, Talks: []Talk{said(0, 95), said(105, 50)}}, []string{"a", "b"}, ""},
		"as long as planned, and another meanwhile": {
			Day{Appointments: []Appointment{with(meeting("a", -3, 2*hour), placedAt(20)), with(meeting("b", 45, hour), placedAt(9000))}, Talks: []Talk{said(0, 112, here(0))}}, []string{"a"}, "",
		},
		"left running, with who was named": {
			Day{Appointments: []Appointment{with(meeting("a", -3, hour), withParty("Ann Lee", "+12125550101", "")), with(meeting("b", 90, hour), withParty("Bo Stone", "+12125550102", ""))},
				Talks: []Talk{said(0, 150, given("Ann Lee", ""))}},
			[]string{"a"}, "",
		},
		"both of one customer": {
			Day{Appointments: []Appointment{with(meeting("a", -3, hour), withParty("Ann Lee", "", "")), with(meeting("b", 90, hour), withParty("ann lee", "", ""))}, Talks: []Talk{said(0, 150)}}, []string{"a"}, "",
		},
		"two at once": {
			Day{Appointments: []Appointment{meeting("a", 0, hour), meeting("b", 0, hour)}, Talks: []Talk{said(0, 55)}},
			[]string{"a?"}, "The next is “b”",
		},
		"two at once, one here":   {Day{Appointments: []Appointment{with(meeting("a", 0, hour), placedAt(9000)), with(meeting("b", 0, hour), placedAt(60))}, Talks: []Talk{said(0, 55, here(0))}}, []string{"b"}, ""},
		"neighbours in turn":      {Day{Appointments: []Appointment{with(meeting("a", 0, hour), placedAt(0)), with(meeting("b", 70, hour), placedAt(100))}, Talks: []Talk{said(2, 58, here(15)), said(72, 55, here(90))}}, []string{"a", "b"}, ""},
		"late, at the next place": {Day{Appointments: []Appointment{with(meeting("a", -60, hour), placedAt(20_000)), with(meeting("b", 10, hour), placedAt(80))}, Talks: []Talk{said(0, 50, here(0))}}, []string{"b"}, ""},
		"a day that runs late":    {Day{Appointments: []Appointment{meeting("a", 0, hour), meeting("b", 75, hour), meeting("c", 150, hour)}, Talks: []Talk{said(2, 95), said(101, 60), said(165, 60)}}, []string{"a", "b", "c"}, ""},
		"two parts of one talk":   {Day{Appointments: []Appointment{with(meeting("a", 0, hour), placedAt(0)), with(meeting("b", 120, hour), placedAt(5000))}, Talks: []Talk{said(2, 30, here(20)), said(34, 27, here(25)), said(122, 60, here(5010))}}, []string{"a", "a", "b"}, ""},
		"one visit each":          {Day{Appointments: []Appointment{meeting("a", 0, hour)}, Talks: []Talk{said(2, 55), said(180, 55)}}, []string{"a", ""}, ""},
		"past is past": {
			Day{Appointments: []Appointment{meeting("z", -120, 0), with(meeting("a", 0, hour), placedAt(0)), with(meeting("b", 90, hour), placedAt(5000))}, Talks: []Talk{said(2, 58, here(20)), said(92, 50, here(5010)), said(185, 5), said(195, 34)}},
			[]string{"a", "b", "", ""}, "",
		},
		"next door, nobody knows where": {Day{Appointments: []Appointment{with(meeting("a", 0, hour), placedAt(0)), meeting("b", 75, hour)}, Talks: []Talk{said(3, 90, here(10)), said(98, 60, here(95))}}, []string{"a", "b"}, ""},
		"no end in the CRM":             {Day{Appointments: []Appointment{with(meeting("a", 0, hour), func(a *Appointment) { a.End = time.Time{} })}, Talks: []Talk{said(2, 55)}}, []string{"a"}, ""},
		"a moment":                      {Day{Appointments: []Appointment{meeting("a", -3, hour)}, Talks: []Talk{said(0, 0)}}, []string{"a"}, ""},
		"deleted":                       {Day{Appointments: []Appointment{with(meeting("a", 0, hour), func(a *Appointment) { a.Deleted = true })}, Talks: []Talk{said(0, 55)}}, []string{""}, "The rep has no appointment on"},
		"an e-mail":                     {Day{Appointments: []Appointment{with(meeting("a", 0, hour), func(a *Appointment) { a.ActivityType = "EMAIL" })}, Talks: []Talk{said(0, 55)}}, []string{""}, ""},
		"a Meeting":                     {Day{Appointments: []Appointment{with(meeting("a", 0, hour), func(a *Appointment) { a.ActivityType = "Meeting" })}, Talks: []Talk{said(0, 55)}}, []string{"a"}, ""},
		"another rep's":                 {Day{Appointments: []Appointment{with(meeting("a", 0, hour), func(a *Appointment) { a.Users = []CRMUser{{"d", "rep"}} })}, Talks: []Talk{said(0, 55)}}, []string{""}, ""},
		"no start":                      {Day{Appointments: []Appointment{with(meeting("a", 0, hour), func(a *Appointment) { a.Start, a.End = time.Time{}, time.Time{} })}, Talks: []Talk{said(0, 55)}}, []string{""}, ""},
		"0,0 is no place":               {Day{Appointments: []Appointment{with(meeting("a", 0, hour), func(a *Appointment) { a.Latitude, a.Longitude = new(float64), new(float64) })}, Talks: []Talk{said(2, 55, here(0))}}, []string{"a"}, "It overlaps the recording by 55 minutes."},
		"200 degrees are no place":      {Day{Appointments: []Appointment{with(meeting("a", 0, hour), func(a *Appointment) { far := 2.9e38; a.Latitude, a.Longitude = &far, &far })}, Talks: []Talk{said(2, 55, here(0))}}, []string{"a"}, ""},
		"a timed one beats all day":     {Day{Appointments: []Appointment{with(meeting("w", 0, 0), allDay), meeting("a", -50, hour)}, Talks: []Talk{said(-49, 90)}}, []string{"a"}, ""},
		"all day and a visit later":     {Day{Appointments: []Appointment{with(meeting("w", 0, 0), allDay), meeting("a", 5*hour, hour)}, Talks: []Talk{said(0, 30)}}, []string{""}, "Of “w” (2026-03-02 00:00 UTC): it is of whole days, and there is an appointment at an hour that day."},
		"all day alone":                 {Day{Appointments: []Appointment{with(meeting("w", 0, 0), allDay)}, Talks: []Talk{said(0, 30), said(180, 30)}}, []string{"w", "w"}, "It is of whole days."},
		"a day long without a word":     {Day{Appointments: []Appointment{with(with(meeting("w", 0, 0), allDay), func(a *Appointment) { a.AllDay = false }), meeting("a", 0, hour)}, Talks: []Talk{said(2, 55)}}, []string{"a"}, ""},
		"several days, on the first":    {Day{Appointments: []Appointment{meeting("w", -hour, 56*hour)}, Talks: []Talk{said(0, 30)}}, []string{"w"}, ""},
		"several days, on the last":     {Day{Appointments: []Appointment{meeting("w", -44*hour, 50*hour)}, Talks: []Talk{said(0, 30)}}, []string{"w"}, ""},
		"a day from eight on, here, and another visit in the evening": {
			Day{Appointments: []Appointment{with(meeting("w", -hour, 23*hour), placedAt(0)), with(meeting("a", 6*hour, hour), placedAt(9000))}, Talks: []Talk{said(0, 50, here(10))}},
			[]string{"w"}, "It lasts about a day or longer",
		},
		"several days, and a visit on one": {
			Day{Appointments: []Appointment{with(meeting("w", -hour, 56*hour), placedAt(0)), with(meeting("a", 6*hour, hour), placedAt(9000))}, Talks: []Talk{said(0, 50, here(10)), said(362, 55, here(9010))}},
			[]string{"w", "a"}, "",
		},
		"several days, at night": {Day{Appointments: []Appointment{meeting("w", -28*hour, 57*hour)}, Talks: []Talk{said(14*60, 40), said(24, 40)}}, []string{"w?", "w"}, "the recording is at an hour at which it is hardly on"},
		"several days, an evening after the end": {
			Day{Appointments: []Appointment{meeting("w", -28*hour, 33*hour)}, Talks: []Talk{said(9*60, 40)}}, []string{"w?"}, "it lasts about a day or longer, was over 240 minutes before the recording",
		},
		"several days, a morning before the beginning": {
			Day{Appointments: []Appointment{meeting("w", 5*hour, 57*hour)}, Talks: []Talk{said(0, 40)}}, []string{"w?"}, "begins 300 minutes after the recording did",
		},
		"a day and a night, at night": {
			Day{Zone: time.FixedZone("Denver", -7*3600), Appointments: []Appointment{meeting("w", 0, 48*hour)}, Talks: []Talk{said(20*60, 40), said(60, 40)}}, []string{"w?", "w"}, "hardly on",
		},
		"several days, over": {Day{Appointments: []Appointment{meeting("w", -70*hour, 50*hour)}, Talks: []Talk{said(0, 30)}}, []string{""}, "The rep has no appointment on"},
		"the name given": {
			Day{Appointments: []Appointment{with(meeting("a", 0, hour), withParty("Ann Marden", "", "")), with(meeting("b", 10, hour), withParty("Cleo Ford", "", ""))}, Talks: []Talk{said(8, 50, given("Marden, Ann", ""))}},
			[]string{"a"}, "the customer's name is the one given",
		},
		"the number given": {
			Day{Appointments: []Appointment{with(meeting("a", 0, hour), withParty("Ann Marden", "(415) 555-0102", "")), with(meeting("b", 10, hour), withParty("Cleo Ford", "415 555 0199", ""))}, Talks: []Talk{said(8, 50, given("", "+1 415 555 0199 x3"))}},
			[]string{"b"}, "the telephone number is the one given",
		},
		"somebody else was named": {Day{Appointments: []Appointment{with(meeting("a", 0, hour), withParty("Ann Marden", "", ""))}, Talks: []Talk{said(20, 25, given("Wanda Quist", ""))}}, []string{""}, "the recording is hardly of it: it overlaps the recording by 25 minutes, the name given is another."},
		"the street was spoken of": {
			Day{Appointments: []Appointment{with(meeting("a", -20, hour), withParty("Ann Marden", "", "12 Oak Lane")), with(meeting("b", 10, hour), withParty("Cleo Ford", "", "7 Elm Road"))}, Talks: []Talk{said(8, 50, func(t *Talk) { t.Words = []string{"You said", "Elm Road, didn't you?"} })}},
			[]string{"b"}, "“elm road” was spoken of",
		},
		"what a person said of one tells of the other": {
			Day{Appointments: []Appointment{meeting("a", 0, hour), meeting("b", 36, hour)}, Talks: []Talk{said(20, 50), said(-65, 55, func(t *Talk) {
				t.Recording.Link = Link{ConnectionID: "c", Model: ModelEngagement, ExternalID: "a", By: LinkedByHand}
			})}},
			[]string{"b", "a"}, "",
		},
		"a person said it is none": {Day{Appointments: []Appointment{meeting("a", 0, hour)}, Talks: []Talk{said(0, 55, func(t *Talk) { t.Recording.Link.By = LinkedByHand })}}, []string{""}, ""},
		"a lower threshold":        {Day{Thresholds: map[string]Thresholds{"c": {Time: 0.5, Place: 0.5, Contact: 0.5}}, Appointments: []Appointment{meeting("a", 0, hour), with(meeting("b", 20, hour), placedAt(0))}, Talks: []Talk{said(2, 55)}}, []string{"a"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c.day.Rep = rep
			verdicts := MatchDay(&c.day)
			reasons := ""
			for i, v := range verdicts {
				got := ""
				if len(v.Choices) > 0 && v.Choices[0].Probability >= leastProbable {
					got = v.Choices[0].Appointment.ExternalID
				}
				if v.Offered {
					got += "?"
				}
				want := c.links[i]
				if got != want && (want != "" || v.Linked || v.None < 0.5) {
					t.Errorf("talk %d: %q, want %q: %+v", i, got, want, v)
				}
				reasons += v.Reason + "\n"
			}
			if !strings.Contains(reasons, c.reason) && !strings.Contains(strings.ToLower(reasons), strings.ToLower(c.reason)) {
				t.Errorf("%s", reasons)
			}
		})
	}
}

// TestTimeDoesNotMakeAPlaceRight records some hundred meters from the appointment whose hour it is: whether the phone's place is
// an old one, or the rep was at somebody else's in its time, is as uncertain on a day that runs late as on one that does not.
func TestTimeDoesNotMakeAPlaceRight(t *testing.T) {
	probability := func(late int, meters float64) float64 {
		d := &Day{
			Rep:          rep,
			Appointments: []Appointment{with(meeting("a", -75, 60), placedAt(5000)), with(meeting("b", 0, 60), placedAt(9000)), with(meeting("c", 75, 60), placedAt(0))},
			Talks:        []Talk{said(late-73, 58, here(5010)), said(late, 58, here(9020)), said(77+late, 58, here(meters))},
		}
		return MatchDay(d)[2].Choices[0].Probability
	}
	for _, meters := range []float64{400, 600, 1200} {
		inTime, late := probability(2, meters), probability(22, meters)
		if math.Abs(inTime-late) > 0.03 || inTime < 0.9 || inTime >= DefaultThresholds.Place {
			t.Errorf("%.0f m away: %.3f in time, %.3f where the day runs late", meters, inTime, late)
		}
	}
	if p := probability(22, 30); p < 0.99 {
		t.Errorf("at its place: %.3f", p)
	}
}

// TestAClockThatIsAnHourOff records a day by a phone whose clock is an hour ahead or behind: its shape tells, where no place does.
// One recording alone tells nothing of it.
func TestAClockThatIsAnHourOff(t *testing.T) {
	for _, off := range []int{-60, 60} {
		d := &Day{Rep: rep}
		for i, begin := range []int{-200, -90, 25, 110, 230} {
			length := []int{90, 60, 50, 100, 40}[i]
			d.Appointments = append(d.Appointments, meeting(fmt.Sprint(i), begin, length))
			d.Talks = append(d.Talks, said(begin+off+2+i%3, length-5))
		}
		for i, v := range MatchDay(d) {
			if w := v.Winner(); w == nil || w.Appointment.ExternalID != fmt.Sprint(i) || !strings.Contains(v.Reason, "an hour off") {
				t.Errorf("%d minutes off, talk %d: %s", off, i, v.Reason)
			}
		}
		alone := &Day{Rep: rep, Appointments: d.Appointments[2:3], Talks: d.Talks[2:3]}
		if v := MatchDay(alone)[0]; strings.Contains(v.Reason, "an hour off") || strings.Contains(v.Choices[0].Reason, "an hour off") {
			t.Errorf("%d minutes off, alone: %s", off, v.Reason)
		}
	}
}

func TestDayInTheOrganizationsZone(t *testing.T) {
	// Two in the morning UTC is the evening before in Denver: the entry of that day is of another day in UTC.
	zone := time.FixedZone("Denver", -7*3600)
	start := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	day := Day{
		Rep: rep, Zone: zone, Appointments: []Appointment{with(meeting("w", 0, 0), func(a *Appointment) { a.AllDay, a.Start, a.End = true, start, start.AddDate(0, 0, 1) })},
		Talks: []Talk{said(14*60, 30), said(20*60, 30)},
	}
	verdicts := MatchDay(&day)
	if verdicts[0].Winner() == nil || verdicts[1].Winner() != nil {
		t.Errorf("%q and %q", verdicts[0].Reason, verdicts[1].Reason)
	}
}

func TestNobodyMatched(t *testing.T) {
	v := MatchDay(&Day{Appointments: []Appointment{meeting("a", 0, 60)}, Talks: []Talk{said(0, 55)}})[0]
	if v.Linked || v.Offered || v.Reason != "No CRM user is matched to the rep." {
		t.Errorf("%+v", v)
	}
}

func genDay(t *rapid.T) *Day {
	d := &Day{Rep: rep, Appointments: genAppointments(t)}
	for i := range d.Appointments {
		a := &d.Appointments[i]
		a.Start = a.Start.Add(time.Duration(rapid.IntRange(-300, 300).Draw(t, "elsewhen")) * time.Minute)
		a.End = a.Start.Add(time.Duration(rapid.SampledFrom([]int{0, 30, 60, 90, 400, 1500, 4000}).Draw(t, "slot")) * time.Minute)
		if rapid.Bool().Draw(t, "known") {
			a.Parties = []Party{{Name: rapid.SampledFrom([]string{"Ann Marden", "Cleo Ford", ""}).Draw(t, "name")}}
		}
	}
	for i := range rapid.IntRange(1, 6).Draw(t, "talks") {
		one := Talk{Recording: genRecording(t)}
		one.Recording.ID = fmt.Sprint(i)
		shift := time.Duration(rapid.IntRange(-300, 300).Draw(t, "later")) * time.Minute
		one.Recording.StartedAt, one.Recording.EndedAt = one.Recording.StartedAt.Add(shift), one.Recording.EndedAt.Add(shift)
		one.Recording.ContactName = rapid.SampledFrom([]string{"", "", "Ann Marden", "Nobody"}).Draw(t, "given")
		switch rapid.IntRange(0, 6).Draw(t, "link") {
		case 0:
			one.Recording.Link = Link{By: LinkedByHand}
		case 1:
			one.Recording.Link = Link{By: LinkedByHand, ConnectionID: "c", Model: ModelEngagement, ExternalID: rapid.SampledFrom([]string{"a", "b", "z"}).Draw(t, "to")}
		}
		d.Talks = append(d.Talks, one)
	}
	return d
}

func TestDayProperties(t *testing.T) {
	t.Run("probabilities add up to one, and are of what may be", rapid.MakeCheck(func(t *rapid.T) {
		d := genDay(t)
		for i, v := range MatchDay(d) {
			sum := v.None
			for _, c := range v.Choices {
				sum += c.Probability
				if !(c.Probability >= 0 && c.Probability <= 1+1e-9) || c.Reason == "" {
					t.Fatalf("%+v", c)
				}
				if c.Probability > 0 && d.Excludes(&c.Appointment) != "" {
					t.Fatalf("%+v", c)
				}
			}
			if math.Abs(sum-1) > 1e-6 || len(v.Choices) != len(d.Appointments) || v.Reason == "" || (v.Linked && v.Offered) {
				t.Fatalf("%f: %+v", sum, v)
			}
			if v.Linked && (v.Choices[0].Probability < v.Threshold || v.Threshold < 0.5) {
				t.Fatalf("%+v", v)
			}
			if l := d.Talks[i].Recording.Link; l.By == LinkedByHand && l.ExternalID == "" && v.None < 0.999 {
				t.Fatalf("a person said that it is none: %+v", v)
			}
		}
	}))
	t.Run("the order does not matter", rapid.MakeCheck(func(t *rapid.T) {
		d := genDay(t)
		first := map[string]Verdict{}
		for i, v := range MatchDay(d) {
			first[d.Talks[i].Recording.ID] = v
		}
		shuffle := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		shuffle.Shuffle(len(d.Talks), func(i, j int) { d.Talks[i], d.Talks[j] = d.Talks[j], d.Talks[i] })
		shuffle.Shuffle(len(d.Appointments), func(i, j int) { d.Appointments[i], d.Appointments[j] = d.Appointments[j], d.Appointments[i] })
		for i, v := range MatchDay(d) {
			was := first[d.Talks[i].Recording.ID]
			if was.Linked != v.Linked || was.Reason != v.Reason || math.Abs(was.None-v.None) > 1e-6 {
				t.Fatalf("%+v\n%+v", was, v)
			}
		}
	}))
	t.Run("coming nearer makes it no less probable", rapid.MakeCheck(func(t *rapid.T) {
		// Some hundred meters away the rep may have talked to a neighbour instead, which some kilometers away is less likely.
		meters := rapid.Float64Range(100, 20_000).Draw(t, "meters")
		nearer := rapid.Float64Range(40, 100).Draw(t, "nearer")
		probability := func(meters float64) float64 {
			d := &Day{Rep: rep, Appointments: []Appointment{with(meeting("a", 0, 60), placedAt(meters))}, Talks: []Talk{said(3, 55, here(0))}}
			return MatchDay(d)[0].Choices[0].Probability
		}
		if far, near := probability(meters), probability(nearer); near < far-0.02 {
			t.Fatalf("%f m: %f, %f m: %f", meters, far, nearer, near)
		}
	}))
}

func TestThresholds(t *testing.T) {
	if err := (Thresholds{}).Validate(); err != nil {
		t.Error(err)
	}
	if err := DefaultThresholds.Validate(); err != nil {
		t.Error(err)
	}
	for _, of := range []Thresholds{{Time: 0.4}, {Place: 1.1}, {Contact: math.NaN()}, {Time: -1}} {
		if of.Validate() == nil {
			t.Errorf("%+v", of)
		}
	}
}

func TestALinkHoldsWhileItsAppointmentIsTheMostProbable(t *testing.T) {
	link := Link{By: LinkedByMatching, ConnectionID: "crm", Model: ModelEngagement, ExternalID: "1"}
	based := link
	based.Basis = (&Appointment{ConnectionID: "crm", ExternalID: "1"}).Basis()
	moved := Choice{Model: ModelEngagement, Appointment: Appointment{ConnectionID: "crm", ExternalID: "1", Latitude: new(47.0), Longitude: new(8.0)}, Probability: 0.6}
	of := func(id string, p float64) Choice {
		return Choice{Model: ModelEngagement, Appointment: Appointment{ConnectionID: "crm", ExternalID: id}, Probability: p}
	}
	for name, test := range map[string]struct {
		verdict Verdict
		link    Link
		want    bool
	}{
		"more probable than all else":  {Verdict{Offered: true, Choices: []Choice{of("1", 0.6)}}, link, true},
		"as when it was linked":        {Verdict{Offered: true, Choices: []Choice{of("1", 0.6)}}, based, true},
		"elsewhere since":              {Verdict{Offered: true, Choices: []Choice{moved}}, based, false},
		"elsewhere since, who knows":   {Verdict{Offered: true, Choices: []Choice{moved}}, link, true},
		"no more than all else":        {Verdict{Offered: true, Choices: []Choice{of("1", 0.5), of("2", 0.5)}}, link, false},
		"another is":                   {Verdict{Offered: true, Choices: []Choice{of("2", 0.6), of("1", 0.3)}}, link, false},
		"the rule links it anew":       {Verdict{Linked: true, Choices: []Choice{of("1", 0.99)}}, link, false},
		"nothing is there":             {Verdict{}, link, false},
		"it was offered, never linked": {Verdict{Offered: true, Choices: []Choice{of("1", 0.6)}}, Link{By: Offered, ConnectionID: "crm"}, false},
	} {
		if got := test.verdict.Holds(test.link); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestOneOfTwoAtOnce: of appointments at the same time the rep goes to one; short ones, one after the other, are both for the rep.
func TestOneOfTwoAtOnce(t *testing.T) {
	for after, want := range map[int]bool{0: true, 5: true, 10: false, 30: false} {
		m := newDayMatch(&Day{Rep: rep, Appointments: []Appointment{meeting("a", 0, 10), meeting("b", after, 10)}, Talks: []Talk{said(0, 8)}})
		if a := m.appointments[0]; (a.together&m.appointments[1].bit != 0) != want {
			t.Errorf("ten minutes, and ten more %d minutes later: the rep goes to one of them: %v", after, !want)
		}
	}
}

// TestAVisitThatWaitedSaysLittleOfDelays: of a visit that began as soon as the rep was free, long after it was due, one cannot see how late
// the rep would have come. What is believed of delays stays.
func TestAVisitThatWaitedSaysLittleOfDelays(t *testing.T) {
	b := belief{mean: 5, variance: 9, last: 8, free: 60, busy: math.Inf(-1)}
	density, after := b.visitDensity(62, 0, [len(begins)]float64{1, 1, 1})
	var mean, square float64
	for _, d := range b.delays() {
		mean, square = mean+d.weight*d.mean, square+d.weight*(d.variance+d.mean*d.mean)
	}
	if variance := square - mean*mean; density <= 0 || math.Abs(after.mean-mean) > 1e-3 || math.Abs(after.variance-variance) > 1e-2 {
		t.Errorf("a delay of %v ± %v is believed, want %v ± %v", after.mean, math.Sqrt(after.variance), mean, math.Sqrt(variance))
	}
}

// TestAVisitThatWaitedForAnEarlyRep: a rep who is late as a rule, and began as soon as the talk before was over, would have been early for once.
func TestAVisitThatWaitedForAnEarlyRep(t *testing.T) {
	b := belief{mean: 20, variance: 25, last: 20, free: 5, busy: math.Inf(-1)}
	if _, after := b.visitDensity(5.5, 0, [len(begins)]float64{1, 1, 1}); after.mean > 5.5 {
		t.Errorf("a delay of %v is believed of a visit that began after 5.5", after.mean)
	}
}
