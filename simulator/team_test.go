package simulator_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/simulator/jobnimbus"
)

// TestTeam: whatever day it is, a team's visits are at hours of work, some made and some to come, at one place at a time, and say
// whose job they are about.
func TestTeam(t *testing.T) {
	for day := range 8 {
		now := time.Date(2027, 2, 25+day, 18, 10, 0, 0, time.UTC)
		s := jobnimbus.New(simulator.Options{Seed: 3, Records: 400, Around: now, Now: func() time.Time { return now }})
		past := 0
		byRep := map[string][]hub.Record{}
		for _, id := range s.Rows(hub.ModelEngagement) {
			visit, _ := s.Get(hub.ModelEngagement, id)
			job, _ := s.Get(hub.ModelOpportunity, visit.Refs.Opportunity)
			contact, _ := s.Get(hub.ModelContact, visit.Refs.Contact)
			if hour := visit.StartTime.Hour(); visit.StartTime.Weekday()%6 == 0 || hour < 14 || hour > 21 || now.Sub(visit.StartTime).Abs() > 45*24*time.Hour {
				t.Fatalf("on %s there is a visit at %s", now, visit.StartTime)
			}
			if _, whose, _ := strings.Cut(job.Name, " for "); whose == "" || !strings.HasSuffix(visit.Name, ", "+whose) || contact.Refs.Account != visit.Refs.Account || job.Refs.Account != visit.Refs.Account {
				t.Fatalf("%q is about %q, with %q", visit.Name, job.Name, contact.Name)
			}
			if visit.StartTime.Before(now) {
				past++
			}
			byRep[visit.Refs.Owner] = append(byRep[visit.Refs.Owner], visit)
		}
		if past < 300 || past > 380 {
			t.Errorf("of 400 visits %d are made on %s", past, now)
		}
		for rep, visits := range byRep {
			slices.SortFunc(visits, func(a, b hub.Record) int { return a.StartTime.Compare(b.StartTime) })
			for i, v := range visits[1:] {
				if !v.StartTime.After(visits[i].EndTime) {
					t.Errorf("%s is at two places at %s", rep, v.StartTime)
				}
			}
		}
	}
}
