package hub

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// shown is a presentation of the rep, of a connection whose engagements go beside.
func shown(id string, after, minutes int) Appointment {
	return with(meeting(id, after, minutes), func(a *Appointment) {
		a.ConnectionID, a.ActivityType, a.Users = "d", "EVENT", []CRMUser{{"d", "7"}}
	})
}

func TestWhatGoesBesideIsLinkedWhereNothingElseFits(t *testing.T) {
	for name, c := range map[string]struct {
		appointments  []Appointment
		talk          Talk
		link, context string
	}{
		"alone":                          {[]Appointment{shown("s", 15, 30)}, said(0, 60), "s", ""},
		"longer than the recording":      {[]Appointment{shown("s", -5, 70)}, said(0, 60), "s", ""},
		"the longest of two":             {[]Appointment{shown("s", 0, 5), shown("t", 10, 30)}, said(0, 60), "t", "s"},
		"hardly at the same time":        {[]Appointment{shown("s", 55, 60)}, said(0, 60), "", "s"},
		"at another time":                {[]Appointment{shown("s", 90, 60)}, said(0, 60), "", ""},
		"another rep's":                  {[]Appointment{with(shown("s", 0, 60), func(a *Appointment) { a.Users = nil })}, said(0, 60), "", ""},
		"an appointment fits":            {[]Appointment{meeting("a", -3, 60), shown("s", 0, 55)}, said(0, 55), "a", "s"},
		"an appointment at another time": {[]Appointment{meeting("a", -600, 60), shown("s", 5, 40)}, said(0, 55), "s", ""},
		"an appointment is offered":      {[]Appointment{with(meeting("a", 0, 60), placedAt(400)), shown("s", 4, 50)}, said(4, 50, here(0)), "", "s"},
		"of a recording without an end":  {[]Appointment{shown("s", -5, 60)}, said(0, 0), "", "s"},
	} {
		t.Run(name, func(t *testing.T) {
			d := &Day{Rep: rep, Appointments: c.appointments, Talks: []Talk{c.talk}, Beside: map[string]bool{"d": true}}
			v := MatchDay(d)[0]
			link, sum := "", v.None
			if w := v.Winner(); w != nil {
				link = w.Appointment.ExternalID
			}
			for _, choice := range v.Choices {
				sum += choice.Probability
			}
			var context []string
			for _, choice := range v.Context {
				context = append(context, choice.Appointment.ExternalID)
			}
			if link != c.link || strings.Join(context, " ") != c.context {
				t.Errorf("linked to %q beside %v, want %q beside %q: %s", link, context, c.link, c.context, v.Reason)
			}
			if sum < 0.999 || sum > 1.001 {
				t.Errorf("the probabilities add up to %v", sum)
			}
		})
	}
}

// What goes beside changes nothing of what is found where an appointment fits, or may.
func TestWhatGoesBesideCompetesWithNoAppointment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &Day{Rep: rep, Talks: []Talk{said(0, rapid.IntRange(0, 120).Draw(t, "recorded"))}, Beside: map[string]bool{"d": true}}
		for range rapid.IntRange(1, 4).Draw(t, "appointments") {
			d.Appointments = append(d.Appointments, meeting(rapid.StringMatching(`a[0-9]{6}`).Draw(t, "id"), rapid.IntRange(-200, 200).Draw(t, "after"), rapid.IntRange(5, 120).Draw(t, "minutes")))
		}
		alone := MatchDay(d)[0]
		with := *d
		for range rapid.IntRange(1, 3).Draw(t, "sessions") {
			with.Appointments = append(with.Appointments, shown(rapid.StringMatching(`s[0-9]{6}`).Draw(t, "id"), rapid.IntRange(-60, 60).Draw(t, "after"), rapid.IntRange(0, 60).Draw(t, "minutes")))
		}
		beside := MatchDay(&with)[0]
		if !alone.Linked && alone.None >= DefaultThresholds.Time {
			return
		}
		beside.Context = nil
		if diff := cmp.Diff(alone, beside); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSessionsThatCannotBe(t *testing.T) {
	at := noon
	whole := func() PresentationSession {
		return PresentationSession{ID: "s1", Rep: Presenter{ID: "u1"}, StartedAt: at, EndedAt: at.Add(time.Hour), Pages: []PresentationPage{{"Welcome", 30}}}
	}
	if s := whole(); s.Validate() != nil {
		t.Fatal(s.Validate())
	}
	for field, change := range map[string]func(*PresentationSession){
		"sessionId":         func(s *PresentationSession) { s.ID = " " },
		"rep":               func(s *PresentationSession) { s.Rep = Presenter{Name: "Ann"} },
		"rep.id":            func(s *PresentationSession) { s.Rep.ID = strings.Repeat("x", MaxIDLength+1) },
		"presentation.name": func(s *PresentationSession) { s.Title = "a\x00b" },
		"startedAt":         func(s *PresentationSession) { s.StartedAt = time.Time{}; s.EndedAt = time.Time{} },
		"endedAt":           func(s *PresentationSession) { s.EndedAt = at.Add(25 * time.Hour) },
		"pages":             func(s *PresentationSession) { s.Pages = make([]PresentationPage, pagesMost+1) },
		"pages[0].seconds":  func(s *PresentationSession) { s.Pages[0].Seconds = -1 },
	} {
		s := whole()
		change(&s)
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), field+" ") {
			t.Errorf("%s: %v", field, err)
		}
	}
}
