package engine_test

import (
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/leadperfection"
	"sirocco/hub"
	"sirocco/simulator"
	simulated "sirocco/simulator/leadperfection"
	"sirocco/store/storetest"
)

// readBack is the connector of a vendor whose answer to a note proves nothing.
type readBack struct {
	unhurried
	connector.Authorizer
	connector.NoteFinder
	connector.Confirmer
}

// onReadBack runs a test with a CRM that answers every note alike, on each database.
func onReadBack(t *testing.T, test func(t *testing.T, r *hubRig, user hub.User, account string)) {
	storetest.Each(t, func(t *testing.T, url string) {
		c := leadperfection.Connector{}
		r := newHubRig(t, url, readBack{unhurried{c}, c, c, c}, simulated.New(simulator.Options{Seed: 47, Records: 40, ValidateEvery: -1}))
		r.quiet()
		user, _ := r.rep()
		test(t, r, user, r.crm.Records(hub.ModelAccount)[0].ExternalID)
	})
}

// TestANoteThatIsAnsweredAndNotKept is CONFIRMING, however long looks fail, and is written again only after successful looks
// through the wait; then it is there once.
func TestANoteThatIsAnsweredAndNotKept(t *testing.T) {
	storetest.Long(t)
	onReadBack(t, func(t *testing.T, r *hubRig, user hub.User, account string) {
		r.crm.Notes.Refuse("lost without a word")
		id := r.processed(user, "A talk", hub.ModelAccount, account)
		until(t, "it was sent, and is not there", func() bool { return r.delivery(id).Attempts == 1 })
		r.crm.Faults.Always(simulator.Fault{Kind: simulator.ServerError, Match: "/GetLead"})
		for range 3 {
			before := len(r.attempts(id))
			r.pass(12 * time.Hour)
			until(t, "a look has failed", func() bool { return len(r.attempts(id)) > before })
		}
		if d := r.delivery(id); d.State != hub.DeliveryConfirming || d.Absences != 0 {
			t.Fatalf("looks that failed count: %+v", d)
		}
		r.crm.Faults.Stop()
		written := r.crm.Requests()["POST /api/SalesApi/AddNotes"]
		until(t, "a look did not find it", func() bool {
			r.pass(time.Hour)
			return r.delivery(id).Absences == 1 || r.delivery(id).State != hub.DeliveryConfirming
		})
		if d, n := r.delivery(id), r.crm.Requests()["POST /api/SalesApi/AddNotes"]; d.State != hub.DeliveryConfirming || n != written {
			t.Errorf("one look is taken for a proof, and it was sent %d times more: %+v", n-written, d)
		}
		until(t, "it is sent again", func() bool {
			r.pass(time.Hour)
			return r.delivery(id).State == hub.DeliverySent
		})
		if n := len(r.crm.Notes.On(hub.ModelAccount, account)); n != 1 || r.crm.Requests()["POST /api/SalesApi/AddNotes"] != written+1 {
			t.Errorf("%d notes, sent %d times", n, r.crm.Requests()["POST /api/SalesApi/AddNotes"])
		}
	})
}

// TestANoteThatIsAnsweredAndShownLater is not written again while its lag may hide it.
func TestANoteThatIsAnsweredAndShownLater(t *testing.T) {
	storetest.Long(t)
	onReadBack(t, func(t *testing.T, r *hubRig, user hub.User, account string) {
		r.crm.Notes.ListAfter(r.lag / 2)
		id := r.processed(user, "A talk", hub.ModelAccount, account)
		until(t, "it was sent, and is not there yet", func() bool { return r.delivery(id).Attempts == 1 })
		if d := r.delivery(id); d.State != hub.DeliveryConfirming || !d.SentAt.IsZero() {
			t.Fatalf("an answer is taken for a proof: %+v", d)
		}
		until(t, "it is found", func() bool {
			r.pass(time.Minute)
			return r.delivery(id).State == hub.DeliverySent
		})
		if n := r.crm.Requests()["POST /api/SalesApi/AddNotes"]; n != 1 || len(r.crm.Notes.All()) != 1 {
			t.Errorf("it was sent %d times: %+v", n, r.crm.Notes.All())
		}
	})
}

// TestAnAppointmentInsideACustomer links a recording to an appointment that came inside its customer: the vendor is asked for it
// again before the note goes out, and the note is on the customer.
func TestAnAppointmentInsideACustomer(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	for name, taken := range map[string]bool{"as it was": false, "somebody else has the lead, which no sync has met": true} {
		t.Run(name, func(t *testing.T) {
			onReadBack(t, func(t *testing.T, r *hubRig, user hub.User, _ string) {
				visit, reps := r.crm.Records(hub.ModelEngagement)[0], r.crm.Records(hub.ModelUser)
				r.crm.Change(hub.ModelLead, visit.Refs.Lead, func(l *hub.Record) { l.Refs.Owner = reps[0].ExternalID })
				r.pulled()
				recording := r.record(user, visit.StartTime.Add(2*time.Minute), 55)
				r.comes(recording, visit.ExternalID, "It is of the appointment")
				want, state := 1, hub.DeliverySent
				if taken {
					r.crm.Change(hub.ModelLead, visit.Refs.Lead, func(l *hub.Record) { l.Refs.Owner = reps[1].ExternalID })
					want, state = 0, hub.DeliveryCanceled
				}
				r.analyze(recording)
				r.reaches(recording, state)
				if n := len(r.crm.Notes.On(hub.ModelAccount, visit.Refs.Account)); n != want || len(r.crm.Notes.All()) != want {
					t.Errorf("%d notes on the customer: %+v", n, r.crm.Notes.All())
				}
			})
		})
	}
}
