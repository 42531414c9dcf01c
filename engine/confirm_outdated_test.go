package engine_test

import (
	"slices"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/store/storetest"
)

// chosen is what is known of the appointment that a recording is linked to.
func (r *hubRig) chosen(recording string) hub.Appointment {
	r.t.Helper()
	of := r.recording(recording)
	found, err := r.st.Verdict(r.t.Context(), of)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, c := range found.Choices {
		if c.Appointment.ExternalID == of.Link.ExternalID {
			return c.Appointment
		}
	}
	r.t.Fatalf("%+v is none of %+v", of.Link, found.Choices)
	return hub.Appointment{}
}

// farFromTheUnread is a recording of a visit whose customer no reading has brought, tens of kilometres from where that customer lives. Nothing
// but its time is known of the visit, so it is linked.
func (r *hubRig) farFromTheUnread() (recording string) {
	r.t.Helper()
	visit, who := r.planned()
	recording = r.recorded(visit, who)
	if a := r.chosen(recording); a.Latitude == nil {
		r.t.Skip("its visits have no place")
	}
	job, _ := r.crm.Get(hub.ModelOpportunity, visit.Refs.Opportunity)
	for m, ids := range map[hub.Model][]string{
		hub.ModelAccount: {visit.Refs.Account, job.Refs.Account}, hub.ModelContact: {visit.Refs.Contact, job.Refs.Contact}, hub.ModelLead: {visit.Refs.Lead, job.Refs.Lead},
	} {
		for _, id := range ids {
			for _, table := range []string{"records", "record_contacts"} {
				storetest.Exec(r.t, r.st, `DELETE FROM `+table+` WHERE model = $1 AND external_id = $2`, string(m), id)
			}
		}
	}
	place := r.chosen(recording)
	if place.Latitude != nil {
		r.t.Skip("its visits say themselves where they are")
	}
	storetest.Exec(r.t, r.st, `UPDATE recordings SET latitude = 8.5, longitude = 8.5 WHERE id = $1`, recording)
	of := r.recording(recording)
	r.looks(of.StartedAt, of.EndedAt)
	r.comes(recording, visit.ExternalID, "It is of the appointment")
	return recording
}

// TestANoteAsksForACustomerWhoWasNeverRead links a recording by its time alone, as the customer was never read: before the note is sent, the
// vendor is asked where that is.
func TestANoteAsksForACustomerWhoWasNeverRead(t *testing.T) {
	eachConfirmer(t, true, func(t *testing.T, r *hubRig) {
		recording := r.farFromTheUnread()
		r.analyze(recording)
		until(t, "it is not linked any more", func() bool { r.waits(recording); return r.recording(recording).Link.By != hub.LinkedByMatching })
		r.idle()
		if l := r.recording(recording).Link; l.ExternalID != "" || len(r.crm.Notes.All()) != 0 {
			t.Errorf("%+v, %d notes", l, len(r.crm.Notes.All()))
		}
	})
}

// TestANoteWaitsForACustomerWhoCannotBeAskedFor refuses the customers of JOBNIMBUS by their ids: one who was never read is awaited.
func TestANoteWaitsForACustomerWhoCannotBeAskedFor(t *testing.T) {
	eachConfirmer(t, true, func(t *testing.T, r *hubRig) {
		if r.info.Platform != "JOBNIMBUS" {
			t.Skip("one is enough")
		}
		recording := r.farFromTheUnread()
		for _, id := range r.crm.Rows(hub.ModelContact) {
			r.crm.Change(hub.ModelContact, id, func(c *hub.Record) { c.Details.Email = "new-" + c.Details.Email })
		}
		r.crm.Faults.Always(simulator.Fault{Kind: simulator.BadRequest, Match: "/contacts/"})
		before := r.latest().ID
		r.analyze(recording)
		until(t, "it is not linked any more", func() bool { r.waits(recording); return r.recording(recording).Link.By != hub.LinkedByMatching })
		if r.latest().ID == before {
			t.Error("the CRM was not read")
		}
		r.idle()
		if l := r.recording(recording).Link; l.ExternalID != "" || len(r.crm.Notes.All()) != 0 {
			t.Errorf("%+v, %d notes", l, len(r.crm.Notes.All()))
		}
	})
}

// TestANoteWaitsForTheRestOfTheDay moves a visit at the CRM, and lets its hour go to another one, neither of which any sync has met: as the
// answer about the one shows that the CRM has changed, it is read before the note is sent, once its lists show as much.
func TestANoteWaitsForTheRestOfTheDay(t *testing.T) {
	eachConfirmer(t, true, func(t *testing.T, r *hubRig) {
		visit, who := r.planned()
		all := r.crm.Records(hub.ModelEngagement)
		at := slices.IndexFunc(all, func(v hub.Record) bool {
			_, id := r.crm.Row(hub.ModelEngagement, v.ExternalID)
			_, own := r.crm.Row(hub.ModelEngagement, visit.ExternalID)
			return id != own && !v.Deleted && hub.CountsAsAppointment(v.Details.ActivityType) && v.Details.Disposition != "LOST" && !v.EndTime.IsZero() == !visit.EndTime.IsZero()
		})
		other := all[at]
		recording := r.recorded(visit, who)
		row, id := r.crm.Row(hub.ModelEngagement, other.ExternalID)
		r.crm.Change(row, id, func(e *hub.Record) { e.StartTime, e.EndTime = visit.StartTime, visit.EndTime })
		r.goesInstead(other, who.ExternalID)
		row, id = r.crm.Row(hub.ModelEngagement, visit.ExternalID)
		r.crm.Change(row, id, func(e *hub.Record) {
			e.StartTime = e.StartTime.Add(40 * time.Minute)
			if !e.EndTime.IsZero() {
				e.EndTime = e.EndTime.Add(40 * time.Minute)
			}
		})
		before, ends, analyzed := r.latest().ID, r.chosen(recording).End, r.now()
		r.analyze(recording)
		until(t, "the answer is there", func() bool { return r.delivery(recording).Error != "" })
		r.pass(3 * time.Minute) // so that the lists show as much
		until(t, "it is sent, or linked to the other", func() bool {
			r.waits(recording)
			sent := func(d hub.Delivery) bool { return d.State == hub.DeliverySent }
			return r.recording(recording).Link.ExternalID == other.ExternalID || slices.ContainsFunc(r.deliveries(recording), sent)
		})
		if r.latest().ID == before {
			t.Error("the CRM was not read")
		}
		sched, err := r.st.Schedule(t.Context(), r.conn.OrganizationID, r.conn.ID)
		if err != nil || sched.OutdatedAt.Before(analyzed.Add(time.Minute)) || r.latest().StartedAt.Before(sched.OutdatedAt) {
			t.Errorf("analyzed at %s, out of date until %s, and read at %s: %v", analyzed, sched.OutdatedAt, r.latest().StartedAt, err)
		}
		if ends.IsZero() || r.info.Platform == hub.PlatformSpotio {
			return // how long its visits take is not known, or what is moved long ago comes with the next whole reading alone
		}
		if l := r.recording(recording).Link; l.ExternalID != other.ExternalID {
			t.Errorf("%+v", l)
		}
		for _, d := range r.deliveries(recording) {
			if d.ExternalID == visit.ExternalID && !d.SentAt.IsZero() {
				t.Errorf("%+v", d)
			}
		}
	})
}
