package hub

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// project is one of the rep's some meters away on which somebody worked some days before.
func project(id string, meters float64, days int, change ...func(*Project)) Project {
	p := Project{
		ConnectionID: "c", ExternalID: id, Name: id, MadeAt: noon.AddDate(-1, 0, 0), ActiveAt: noon.AddDate(0, 0, -days),
		Users: []CRMUser{{ConnectionID: "c", ExternalID: "rep"}},
	}
	p.Latitude, p.Longitude = at(meters)
	for _, c := range change {
		c(&p)
	}
	return p
}

func TestProjectCases(t *testing.T) {
	of := func(users ...string) func(*Project) {
		return func(p *Project) {
			p.Users = nil
			for _, u := range users {
				p.Users = append(p.Users, CRMUser{ConnectionID: "c", ExternalID: u})
			}
		}
	}
	contact := func(name, phone string) func(*Project) {
		return func(p *Project) { p.Parties = []Party{{Name: name, Phones: []string{phone}, Street: "12 Oak Hollow"}} }
	}
	nowhere := func(p *Project) { p.Latitude, p.Longitude = nil, nil }
	archived := func(p *Project) { p.Archived = true }
	given := func(name, phone string) func(*Talk) {
		return func(t *Talk) { t.Recording.ContactName, t.Recording.ContactPhone = name, phone }
	}
	for name, c := range map[string]struct {
		talk     Talk
		projects []Project
		// want is the project that it is linked to, with a question mark where it is offered first; empty for none.
		want, reason string
	}{
		"at the project":                    {said(0, 40, here(0)), []Project{project("a", 25, 0)}, "a", "its place is 25 m from the recording's"},
		"a project of nobody in particular": {said(0, 40, here(0)), []Project{project("a", 25, 0, of())}, "a", ""},
		"none at all":                       {said(0, 40, here(0)), nil, "", "No project fits it"},
		"far from all":                      {said(0, 40, here(0)), []Project{project("a", 9000, 0), project("b", 4000, 0)}, "", "none is near enough"},
		"the nearer of two":                 {said(0, 40, here(0)), []Project{project("a", 20, 1), project("b", 900, 1)}, "a", ""},
		"two next to each other":            {said(0, 40, here(0)), []Project{project("a", 30, 1), project("b", 30, 1)}, "a?", "It may be of the project"},
		"of two at one place the one of these days": {
			said(0, 40, here(0)), []Project{project("old", 20, 300), project("new", 20, 0)}, "new", "less than a day from the recording",
		},
		"of two at one place the rep's":             {said(0, 40, here(0)), []Project{project("theirs", 20, 0, of("somebody")), project("mine", 20, 0), project("c", 9000, 0)}, "mine?", "the rep is assigned to it"},
		"of two at one place the one not archived":  {said(0, 40, here(0)), []Project{project("away", 20, 20, archived), project("here", 20, 0)}, "here", ""},
		"neither place is known":                    {said(0, 40), []Project{project("a", 0, 0, nowhere)}, "", "where it was recorded is not known"},
		"the project's place alone is known":        {said(0, 40), []Project{project("a", 0, 0)}, "", ""},
		"a place that is none":                      {said(0, 40, here(0)), []Project{project("a", 0, 0, func(p *Project) { p.Latitude, p.Longitude = new(0.0), new(0.0) })}, "", ""},
		"the phone alone":                           {said(0, 40, given("", "(512) 555-0143")), []Project{project("a", 0, 1, nowhere, contact("Ada Baker", "+1 512 555 0143"))}, "a?", "the telephone number is the one given"},
		"the name alone":                            {said(0, 40, given("Ada Baker", "")), []Project{project("a", 0, 1, nowhere, contact("Ada Baker", "")), project("b", 0, 1, nowhere, contact("Bo Chan", ""))}, "a?", "the customer's name is the one given"},
		"name and place":                            {said(0, 40, here(0), given("Ada Baker", "")), []Project{project("a", 60, 1, contact("Ada Baker", "")), project("b", 120, 1, contact("Bo Chan", ""))}, "a", ""},
		"a few houses away":                         {said(0, 40, here(0)), []Project{project("a", 250, 30)}, "a?", ""},
		"some streets away, and long ago":           {said(0, 40, here(0)), []Project{project("a", 900, 200)}, "", ""},
		"one that came to be long after":            {said(0, 40, here(0)), []Project{project("a", 20, -200, func(p *Project) { p.MadeAt = p.ActiveAt })}, "a?", ""},
		"the street was spoken of, though far away": {said(0, 40, func(t *Talk) { t.Words = []string{"We are at 12 Oak Hollow now"} }), []Project{project("a", 0, 1, nowhere, contact("Ada Baker", ""))}, "a?", "was spoken of"},
	} {
		t.Run(name, func(t *testing.T) {
			v := MatchProject(&Day{Rep: rep}, c.talk, c.projects)
			got := ""
			if len(v.Choices) > 0 && (v.Linked || v.Offered) {
				if got = v.Choices[0].Appointment.ExternalID; v.Offered {
					got += "?"
				}
				if called := "the project “" + v.Choices[0].Appointment.Name + "”"; !strings.Contains(v.Reason, called) {
					t.Errorf("%q does not name %s", v.Reason, called)
				}
			}
			if got != c.want || !strings.Contains(v.Reason, c.reason) {
				t.Errorf("%q because %s", got, v.Reason)
				for _, choice := range v.Choices {
					t.Logf("%.4f %s %s", choice.Probability, choice.Appointment.ExternalID, choice.Reason)
				}
			}
		})
	}
}

func TestProjectProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var projects []Project
		for i := range rapid.IntRange(0, 6).Draw(t, "projects") {
			p := project(string(rune('a'+i)), rapid.Float64Range(0, 5000).Draw(t, "meters"), rapid.IntRange(-60, 400).Draw(t, "days"))
			if rapid.Bool().Draw(t, "timeless") {
				p.MadeAt, p.ActiveAt = time.Time{}, time.Time{}
			}
			projects = append(projects, p)
		}
		of := Talk{Recording: genRecording(t)}
		v := MatchProject(&Day{Rep: rep}, of, projects)
		sum := v.None
		for _, c := range v.Choices {
			sum += c.Probability
			if c.Model != ModelOpportunity || c.Reason == "" || !(c.Probability > 0) {
				t.Fatalf("%+v", c)
			}
		}
		if math.Abs(sum-1) > 1e-6 || v.Reason == "" || (v.Linked && v.Offered) || (of.Recording.Latitude == nil && v.Linked) {
			t.Fatalf("%f: %+v", sum, v)
		}
	})
}

// TestAProjectOfNobodyIsNotOthers: that nobody is assigned to a project says nothing against it.
func TestAProjectOfNobodyIsNotOthers(t *testing.T) {
	of := func(users ...CRMUser) Choice {
		p := project("a", 20, 0, func(p *Project) { p.Users = users })
		return MatchProject(&Day{Rep: rep}, said(0, 40, here(0)), []Project{p}).Choices[0]
	}
	nobodys, others := of(), of(CRMUser{ConnectionID: "c", ExternalID: "somebody"})
	if strings.Contains(nobodys.Reason, "assigned") || !strings.Contains(others.Reason, "only others are assigned to it") || nobodys.Probability <= others.Probability {
		t.Errorf("%v of nobody's: %s; %v of others': %s", nobodys.Probability, nobodys.Reason, others.Probability, others.Reason)
	}
}
