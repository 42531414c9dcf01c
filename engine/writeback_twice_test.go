package engine_test

import (
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/store/storetest"
)

// over waits until nothing of a recording is to be sent, or looked for, any more.
func (r *hubRig) over(recording string, deliveries int) {
	r.t.Helper()
	until(r.t, "all is over", func() bool {
		r.waits(recording)
		ds := r.deliveries(recording)
		for _, d := range ds {
			if d.State == hub.DeliveryPending || d.State == hub.DeliveryConfirming {
				return false
			}
		}
		return len(ds) >= deliveries
	})
	r.idle()
}

// correctedTwice has two more analyses of a recording whose note was sent, each of which writes a correction.
func (r *hubRig) correctedTwice(recording string) {
	r.t.Helper()
	for n, says := range []string{"Second thoughts", "Third thoughts"} {
		r.analysedAs(recording, says)
		r.settled(recording, n+2)
		r.idle()
	}
}

// TestCorrectionsOfAnotherVisitOfTheCustomer links a recording whose note was corrected twice to another appointment of the same customer, and
// to what both are of: the last correction is there already.
func TestCorrectionsOfAnotherVisitOfTheCustomer(t *testing.T) {
	eachWithVisits(t, func(t *testing.T, r *hubRig, visit, other string) {
		user, _ := r.rep()
		id := r.processed(user, "A talk", hub.ModelEngagement, visit)
		r.reaches(id, hub.DeliverySent)
		r.idle()
		r.correctedTwice(id)
		notes := r.crm.Notes.All()
		links := []hub.RecordRef{{Model: hub.ModelEngagement, ExternalID: other}, {Model: notes[0].Target, ExternalID: notes[0].ExternalID}}
		for n, to := range links {
			r.link(id, to.Model, to.ExternalID)
			r.over(id, 4+n)
			if now := r.crm.Notes.All(); len(now) != len(notes) {
				t.Fatalf("%d notes after %d: %+v", len(now), len(notes), r.deliveries(id))
			}
		}
		r.analysedAs(id, "Fourth thoughts")
		until(t, "the new thoughts are there", func() bool { return len(r.crm.Notes.All()) > len(notes) })
		r.over(id, 5)
		if now := r.crm.Notes.All(); len(now) != len(notes)+1 {
			t.Errorf("%d notes after %d", len(now), len(notes))
		}
	})
}

// TestCorrectionsThatABackupDoesNotKnow restores a backup from before two corrections: what the last one says is found under its number.
func TestCorrectionsThatABackupDoesNotKnow(t *testing.T) {
	storetest.Long(t)
	eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}, func(t *testing.T, r *hubRig) {
		id, _ := r.sent()
		r.correctedTwice(id)
		storetest.Exec(t, r.st, `DELETE FROM deliveries WHERE recording_id = $1 AND correction > 0`, id)
		if _, err := r.st.ReplayDelivery(t.Context(), r.conn.OrganizationID, r.delivery(id).ID); err != nil { // which finds that more is known now
			t.Fatal(err)
		}
		r.settled(id, 2)
		r.idle()
		if n := len(r.crm.Notes.All()); n != 3 {
			t.Errorf("%d notes", n)
		}
	})
}

// TestACorrectionOfAnAppointmentThatIsGone deletes the appointment after its note was written to what it is of: a correction goes beside that.
func TestACorrectionOfAnAppointmentThatIsGone(t *testing.T) {
	eachWithVisits(t, func(t *testing.T, r *hubRig, visit, _ string) {
		user, _ := r.rep()
		id := r.processed(user, "A talk", hub.ModelEngagement, visit)
		r.reaches(id, hub.DeliverySent)
		r.idle()
		on := r.crm.Notes.All()[0]
		storetest.Exec(t, r.st, `UPDATE records SET deleted_at = updated_at WHERE model = 'ENGAGEMENT' AND external_id = $1`, visit)
		r.analysedAs(id, "Second thoughts")
		r.settled(id, 2)
		r.idle()
		if all := r.crm.Notes.All(); len(all) != 2 || all[1].Target != on.Target || all[1].ExternalID != on.ExternalID {
			t.Errorf("%+v", all)
		}
	})
}

// TestALostNoteWhoseAppointmentGetsAnAccount lets the CRM tell the account of an appointment while nobody knows whether the note is there: it is
// found with the contact that it was sent to, and stays.
func TestALostNoteWhoseAppointmentGetsAnAccount(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		contact, account := r.crm.Records(hub.ModelContact)[0].ExternalID, r.crm.Records(hub.ModelAccount)[0].ExternalID
		engagement := r.crm.Records(hub.ModelEngagement)[0].ExternalID
		r.crm.Change(hub.ModelEngagement, engagement, func(e *hub.Record) { e.Refs = hub.Refs{Contact: contact, Owner: e.Refs.Owner} })
		r.quiet()
		user, _ := r.rep()
		id := r.lost(user, hub.ModelEngagement, engagement)
		r.crm.Change(hub.ModelEngagement, engagement, func(e *hub.Record) { e.Refs.Account = account })
		before := r.latest().ID
		if err := r.st.RequestSync(t.Context(), r.conn.OrganizationID, r.conn.ID, nil, nil); err != nil {
			t.Fatal(err)
		}
		r.synced(before)
		until(t, "it is settled", func() bool {
			r.pass(time.Hour)
			return r.delivery(id).State == hub.DeliverySent
		})
		if all := r.crm.Notes.All(); len(all) != 1 || all[0].ExternalID != contact {
			t.Errorf("%+v", all)
		}
	})
}
