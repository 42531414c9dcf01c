package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"sirocco/hub"
	"sirocco/store"
)

// outcome is what the n-th analysis of a recording says of it.
func outcome(n int) string {
	return fmt.Sprintf("The customer wants a slate roof, said analysis %d.", n)
}

// met is an appointment that was made for a recording.
type met struct {
	crm *soaked
	id  string
}

// postpone moves an appointment by years: the link that the rule made to it goes, unless its note was written.
func (s *soaking) postpone() {
	if len(s.met) == 0 {
		return
	}
	m := s.met[s.random.IntN(len(s.met))]
	m.crm.Change(hub.ModelEngagement, m.id, func(e *hub.Record) {
		e.StartTime, e.EndTime = e.StartTime.AddDate(9, 0, 0), e.EndTime.AddDate(9, 0, 0)
	})
}

// repeat analyses again what was analysed and is linked, of which the notes are written.
func (s *soaking) repeat() {
	s.t.Helper()
	for id, r := range s.recordings() {
		if r.Linked() && s.analysed[id] > 0 && r.DeletedAt.IsZero() {
			s.analyse(id)
		}
	}
}

// checkTruth holds the links that the rule made, and did not make, against what the CRMs have, past all that the hub keeps: where just
// one appointment is about a recording, it is of that, and where there is none for hours, of none.
func (s *soaking) checkTruth(all map[string]hub.Recording) {
	s.t.Helper()
	type visit struct {
		crm *soaked
		id  string
		at  time.Time
	}
	var visits []visit
	for _, crm := range s.crms {
		if !slices.Contains(crm.Models(), hub.ModelEngagement) {
			continue
		}
		meeting := map[string]bool{}
		for _, k := range crm.Records(hub.ModelEngagementType) {
			meeting[k.ExternalID] = k.Details.ActivityType == "MEETING"
		}
		rep, with := crm.Records(hub.ModelUser)[0].ExternalID, map[string]bool{}
		for _, u := range crm.Records(hub.ModelEngagementUser) {
			with[u.Refs.Engagement] = with[u.Refs.Engagement] || !u.Deleted && u.Refs.User == rep
		}
		for _, e := range crm.Records(hub.ModelEngagement) {
			if !e.Deleted && (e.Refs.Owner == rep || with[e.ExternalID]) && (crm.Platform() != hub.PlatformMerge || meeting[e.Refs.EngagementType]) {
				visits = append(visits, visit{crm, e.ExternalID, e.StartTime})
			}
		}
	}
	to, none := 0, 0
	for id, r := range all {
		if !r.MayBeMatched() && r.Link.By != hub.LinkedByMatching {
			continue // a person's word
		}
		var about []visit
		for _, v := range visits {
			if r.StartedAt.Sub(v.at).Abs() < 3*time.Hour {
				about = append(about, v)
			}
		}
		switch {
		case len(about) == 0 && r.MayBeMatched(): // a link that was written stands
			none++
			if r.Linked() {
				s.t.Errorf("recording %s has no appointment about it, and is linked to %+v", id, r.Link)
			}
		case len(about) == 1 && r.StartedAt.Sub(about[0].at) == time.Minute:
			to++
			if v := about[0]; r.Link.ConnectionID != v.crm.conn.ID || r.Link.ExternalID != v.id {
				s.t.Errorf("recording %s is of %s of %s, and linked to %+v", id, v.id, v.crm.Platform(), r.Link)
			}
		}
	}
	if to == 0 {
		s.t.Error("no recording is of an appointment: the test shows nothing")
	}
	s.t.Logf("%d recordings that the rule may link are of one appointment, %d of none", to, none)
}

// checkNotes holds the notes against the truth: on the record that a recording is linked to, its delivery's target, it has one note and
// for each later analysis that was written one correction, of which the last says what the last analysis did.
func (s *soaking) checkNotes(all map[string]hub.Recording) {
	s.t.Helper()
	said := regexp.MustCompile(`said analysis (\d+)\.`)
	corrected, lost := 0, 0
	for _, crm := range s.crms {
		lost += int(crm.lost.Load())
		notes := map[string]string{} // by marker
		for _, n := range crm.Notes.All() {
			marker := regexp.MustCompile(`sirocco:[0-9a-f-]+`).FindString(n.Text)
			if notes[marker] != "" {
				s.t.Errorf("%s has two notes of %s", crm.Platform(), marker)
			}
			notes[marker] = n.Text
		}
		last := map[string]hub.Delivery{} // by recording
		for _, d := range s.deliveries(crm, store.DeliveryFilter{State: hub.DeliverySent}) {
			r := all[d.RecordingID]
			if !r.DeletedAt.IsZero() || r.Link.ConnectionID != crm.conn.ID || r.Link.Model != d.Model || r.Link.ExternalID != d.ExternalID {
				continue
			}
			if text := notes[d.Note.Marker]; strings.Contains(text, "The recording was analysed again") != (d.Correction > 0) {
				s.t.Errorf("%s: correction %d of recording %s reads %q", crm.Platform(), d.Correction, r.ID, text)
			}
			if d.Correction > 0 {
				corrected++
			}
			if before, ok := last[r.ID]; !ok || d.Correction > before.Correction {
				last[r.ID] = d
			}
		}
		for id, d := range last {
			if text := notes[d.Note.Marker]; !strings.Contains(text, outcome(s.analysed[id])) {
				s.t.Errorf("%s: the last note of recording %s, correction %d, is of %q, and it was analysed %d times", crm.Platform(), id, d.Correction, said.FindString(text), s.analysed[id])
			}
		}
	}
	s.t.Logf("%d corrections stand, %d answers to notes were lost", corrected, lost)
	if lost == 0 || corrected == 0 {
		s.t.Error("no answer to a note was lost, or none was corrected: the test shows nothing of it")
	}
}
