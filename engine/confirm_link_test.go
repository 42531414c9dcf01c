package engine_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/store"
	"sirocco/store/storetest"
)

// visited is a rep's recording that the rule has linked to an appointment, before anything of it is written back.
func visited(t *testing.T, r *hubRig) (rep hub.User, recording string, visit, assignment hub.Record) {
	t.Helper()
	rep, technician := r.rep()
	day := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -9).Add(9 * time.Hour) // long after the first records of the CRM
	for _, a := range r.crm.Records(hub.ModelEngagementUser) {
		visit, _ = r.crm.Get(hub.ModelEngagement, a.Refs.Engagement)
		job, _ := r.crm.Get(hub.ModelOpportunity, visit.Refs.Opportunity)
		if assignment = a; job.ExternalID != "" && visit.Details.Disposition != "LOST" {
			break
		}
	}
	r.crm.Change(hub.ModelEngagement, visit.ExternalID, func(e *hub.Record) { e.StartTime, e.EndTime = day, day.Add(time.Hour) })
	r.crm.Change(hub.ModelEngagementUser, assignment.ExternalID, func(a *hub.Record) { a.Refs.User = technician })
	r.quiet()
	recording = r.record(rep, day.Add(2*time.Minute), 55)
	r.comes(recording, visit.ExternalID, "It is of the appointment")
	return rep, recording, visit, assignment
}

func (r *hubRig) analyze(recording string) {
	r.t.Helper()
	result := hub.AnalysisResult{
		OutcomeLabel: "Won"}
	if _, err := r.st.PutAnalysis(r.t.Context(), r.conn.OrganizationID, recording, result); err != nil {
		r.t.Fatal(err)
	}
}

// TestAWrongCustomersConversationIsNotSent changes at the CRM what a link rests on, which no sync has met when the note is
// about to be sent.
func TestAWrongCustomersConversationIsNotSent(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(r *hubRig, visit, assignment hub.Record){
		"somebody else goes": func(r *hubRig, _, assignment hub.Record) {
			other := r.crm.Records(hub.ModelUser)[1].ExternalID
			r.crm.Change(hub.ModelEngagementUser, assignment.ExternalID, func(a *hub.Record) { a.Refs.User = other })
		},
		"the rep is taken off": func(r *hubRig, _, assignment hub.Record) {
			r.crm.Change(hub.ModelEngagementUser, assignment.ExternalID, func(a *hub.Record) { a.Deleted = true })
		},
		"it is moved to another day": func(r *hubRig, visit, _ hub.Record) {
			r.crm.Change(hub.ModelEngagement, visit.ExternalID, func(e *hub.Record) {
				e.StartTime, e.EndTime = e.StartTime.AddDate(0, 0, 3), e.EndTime.AddDate(0, 0, 3)
			})
		},
		"it is canceled": func(r *hubRig, visit, _ hub.Record) {
			r.crm.Change(hub.ModelEngagement, visit.ExternalID, func(e *hub.Record) { e.Deleted = true })
		},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, url string) {
				r := newHubRig(t, url, pulled[1].connector, pulled[1].crm(simulator.Options{Seed: 45, Records: 40, ValidateEvery: -1}))
				_, recording, visit, assignment := visited(t, r)
				change(r, visit, assignment)
				r.analyze(recording)
				r.comesTo(recording, hub.DeliveryCanceled)
				// The look that the answer asked for may have moved the link before.
				until(t, "the delivery says why", func() bool {
					return strings.HasPrefix(r.delivery(recording).Error, "ServiceTitan was asked again before the note was sent")
				})
				if l := r.recording(recording).Link; l.ExternalID != "" {
					t.Errorf("%+v", l)
				}
				if n := len(r.crm.Notes.All()); n != 0 {
					t.Errorf("%d notes", n)
				}
			})
		})
	}
}

// TestANoteIsNotSentToAPlaceFarAway moves the place that a link rests on by tens of kilometres, which no sync has met when the note is
// about to be sent, or one has before: the time that is left of it would not have made the link, and the recording is offered.
func TestANoteIsNotSentToAPlaceFarAway(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	t.Run("asked again", func(t *testing.T) { testAPlaceFarAway(t, false) })
	t.Run("synced", func(t *testing.T) { testAPlaceFarAway(t, true) })
}

func testAPlaceFarAway(t *testing.T, synced bool) {
	storetest.Each(t, func(t *testing.T, url string) {
		r := newHubRig(t, url, pulled[1].connector, pulled[1].crm(simulator.Options{Seed: 45, Records: 40, ValidateEvery: -1}))
		_, recording, visit, _ := visited(t, r)
		job, err := r.st.FindRecord(t.Context(), r.conn.OrganizationID, store.RecordTarget{Model: hub.ModelOpportunity, ConnectionID: r.conn.ID, ExternalID: visit.Refs.Opportunity})
		if err != nil || job.Details.Latitude == nil || job.Details.Longitude == nil {
			t.Fatalf("the job has no place: %v", err)
		}
		there := r.recording(recording)
		late := there.StartedAt.Add(10 * time.Minute) // so that its time alone is not sure enough
		storetest.Exec(t, r.st, `UPDATE recordings SET latitude = $1, longitude = $2, started_at = $3 WHERE id = $4`, *job.Details.Latitude+0.0001, *job.Details.Longitude, late.UnixMicro(), recording)
		r.looks(there.StartedAt, there.EndedAt)
		r.comes(recording, visit.ExternalID, "its place is")
		for _, place := range r.crm.Rows(simulator.Location) {
			r.crm.Change(simulator.Location, place, func(l *hub.Record) {
				if l.Details.Latitude != nil {
					north := *l.Details.Latitude + 0.35
					l.Details.Latitude = &north
				}
			})
		}
		if synced {
			if err := r.st.RequestSync(t.Context(), r.conn.OrganizationID, r.conn.ID, nil, nil); err != nil {
				t.Fatal(err)
			}
			until(t, "the sync meets it", func() bool {
				now, err := r.st.FindRecord(t.Context(), r.conn.OrganizationID, store.RecordTarget{Model: hub.ModelOpportunity, ConnectionID: r.conn.ID, ExternalID: job.ExternalID})
				return err == nil && *now.Details.Latitude != *job.Details.Latitude
			})
		}
		r.analyze(recording)
		until(t, "it is offered", func() bool { return r.recording(recording).Link.By == hub.Offered })
		r.idle()
		if l := r.recording(recording).Link; l.By != hub.Offered || l.ExternalID != "" || len(r.crm.Notes.All()) != 0 {
			t.Errorf("%+v, %d notes", l, len(r.crm.Notes.All()))
		}
	})
}

// comesTo waits until the delivery is in the state, and lets the time pass until each of its attempts.
func (r *hubRig) comesTo(recording string, state hub.DeliveryState) {
	r.t.Helper()
	until(r.t, "the delivery comes to be "+string(state), func() bool {
		r.waits(recording)
		return r.delivery(recording).State == state
	})
}

// TestANoteWaitsForAnAnswerAboutItsLink lets the CRM give none, or one that lacks what the link rests on, and then a whole one.
func TestANoteWaitsForAnAnswerAboutItsLink(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	for _, fault := range []simulator.Fault{
		{Kind: simulator.ServerError, Match: "/appointment-assignments"},
		{Kind: simulator.Forbidden, Match: "/appointment-assignments"},
		{Kind: simulator.Forbidden, Match: "/appointments"},
		{Kind: simulator.EmptyList, Match: "/appointment-assignments"},
		{Kind: simulator.EmptyList, Match: "/appointments"},
		{Kind: simulator.EmptyList, Match: "/jobs"},
	} {
		t.Run(string(fault.Kind)+fault.Match, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, url string) {
				r := newHubRig(t, url, pulled[1].connector, pulled[1].crm(simulator.Options{Seed: 45, Records: 40, ValidateEvery: -1}))
				_, recording, visit, assignment := visited(t, r)
				r.crm.Faults.Always(fault)
				r.analyze(recording)
				until(t, "there is no answer", func() bool {
					ds, err := r.st.Deliveries(t.Context(), r.conn.OrganizationID, deliveriesOf(r.conn.ID, recording))
					return err == nil && len(ds) == 1 && ds[0].Error != ""
				})
				if d := r.delivery(recording); d.State != hub.DeliveryPending || len(r.crm.Notes.All()) != 0 {
					t.Errorf("%+v, %d notes", d, len(r.crm.Notes.All()))
				}
				for m, id := range map[hub.Model]string{hub.ModelEngagement: visit.ExternalID, hub.ModelOpportunity: visit.Refs.Opportunity, hub.ModelEngagementUser: assignment.ExternalID} {
					kept, err := r.st.FindRecord(t.Context(), r.conn.OrganizationID, store.RecordTarget{Model: m, ConnectionID: r.conn.ID, ExternalID: id})
					if err != nil || kept.Deleted {
						t.Errorf("%s %s is deleted: %v", m, id, err)
					}
				}
				r.crm.Faults.Stop()
				r.comesTo(recording, hub.DeliverySent)
				if n := len(r.crm.Notes.All()); n != 1 {
					t.Errorf("%d notes", n)
				}
				if n := storetest.Count(t, r.st, `SELECT COUNT(*) FROM absences`); n != 0 {
					t.Errorf("%d absences are left", n)
				}
			})
		})
	}
}

// TestOneAnswerWithoutTheJob lets the CRM once say of an appointment that it is of no job: its note is not put on the customer for that.
func TestOneAnswerWithoutTheJob(t *testing.T) {
	storetest.Long(t)
	storetest.Each(t, func(t *testing.T, url string) {
		r := newHubRig(t, url, pulled[1].connector, pulled[1].crm(simulator.Options{Seed: 45, Records: 40, ValidateEvery: -1}))
		_, recording, visit, _ := visited(t, r)
		about := func(job string) {
			r.crm.Change(hub.ModelEngagement, visit.ExternalID, func(e *hub.Record) { e.Refs.Opportunity = job })
		}
		about("")
		r.analyze(recording)
		until(t, "it is asked once more", func() bool { return strings.Contains(r.delivery(recording).Error, "no longer about the OPPORTUNITY") })
		about(visit.Refs.Opportunity)
		r.comesTo(recording, hub.DeliverySent)
		if on := r.crm.Notes.On(hub.ModelOpportunity, visit.Refs.Opportunity); len(on) != 1 || len(r.crm.Notes.All()) != 1 {
			t.Errorf("%+v", r.crm.Notes.All())
		}
	})
}

// TestTwoAnswersWithoutIt lets the CRM twice say nothing of what the link rests on: that is believed.
func TestTwoAnswersWithoutIt(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	for _, list := range []string{"/appointment-assignments", "/appointments"} {
		t.Run(list, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, url string) {
				r := newHubRig(t, url, pulled[1].connector, pulled[1].crm(simulator.Options{Seed: 45, Records: 40, ValidateEvery: -1}))
				_, recording, _, _ := visited(t, r)
				r.crm.Faults.Always(simulator.Fault{Kind: simulator.EmptyList, Match: list})
				r.analyze(recording)
				r.comesTo(recording, hub.DeliveryCanceled)
				if d := r.delivery(recording); d.Attempts != 1 || len(r.crm.Notes.All()) != 0 || r.recording(recording).Link.ExternalID != "" {
					t.Errorf("%+v, %d notes, %+v", d, len(r.crm.Notes.All()), r.recording(recording).Link)
				}
			})
		})
	}
}

// TestALinkSetByAPersonStands takes the rep off an appointment that a person linked the recording to: nobody is asked.
func TestALinkSetByAPersonStands(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		r := newHubRig(t, url, pulled[1].connector, pulled[1].crm(simulator.Options{Seed: 45, Records: 40, ValidateEvery: -1}))
		_, recording, visit, assignment := visited(t, r)
		if _, err := r.st.SetLink(t.Context(), r.conn.OrganizationID, recording, hub.Link{ConnectionID: r.conn.ID, Model: hub.ModelEngagement, ExternalID: visit.ExternalID}); err != nil {
			t.Fatal(err)
		}
		r.crm.Before(func(q *http.Request) {
			if strings.Contains(q.URL.Path, "/appointment-assignments") {
				t.Error("the CRM was asked about a person's link")
			}
		})
		r.crm.Change(hub.ModelEngagementUser, assignment.ExternalID, func(a *hub.Record) { a.Deleted = true })
		r.analyze(recording)
		r.reaches(recording, hub.DeliverySent)
	})
}
