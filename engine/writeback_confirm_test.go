package engine_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/companycam"
	"sirocco/hub"
	"sirocco/simulator"
	simulatedcompanycam "sirocco/simulator/companycam"
	simulatedsalesforce "sirocco/simulator/salesforce"
	"sirocco/store/storetest"
)

// loseAnswer breaks the connection after the CRM has stored the next note.
func (r *hubRig) loseAnswer() {
	lost := false
	r.crm.Before(func(q *http.Request) {
		if asksToWrite(q) && !lost {
			lost = true
			r.crm.Faults.Script(simulator.Fault{Kind: simulator.Drop})
		}
	})
}

// pass lets the time pass, for the hub and for the CRM.
func (r *hubRig) pass(d time.Duration) {
	r.t.Helper()
	until(r.t, "write-back does what is due", func() bool { // hours that pass in the middle of an attempt would end its lease
		return storetest.Count(r.t, r.st, `SELECT COUNT(*) FROM tasks WHERE kind = 'WRITE_BACK' AND (lease_until IS NOT NULL OR due_at <= $1)`, r.now().UnixMicro()) == 0
	})
	r.ahead.Add(int64(d))
	r.crm.SetClockOffset(time.Duration(r.ahead.Load()))
}

// lost keeps a recording whose note is in the CRM, while the answer was lost.
func (r *hubRig) lost(user hub.User, m hub.Model, externalID string) string {
	r.t.Helper()
	r.loseAnswer()
	id := r.processed(user, "A talk", m, externalID)
	until(r.t, "the answer is lost", func() bool { return r.delivery(id).Error != "" })
	if d := r.delivery(id); d.State != hub.DeliveryConfirming || d.AskedAt.IsZero() || d.Note.Marker == "" || len(r.crm.Notes.All()) != 1 {
		r.t.Fatalf("%+v, %d notes", d, len(r.crm.Notes.All()))
	}
	return id
}

// TestANoteThatIsListedLate lets the CRM list the note only near the end of its lag after its answer was lost.
func TestANoteThatIsListedLate(t *testing.T) {
	storetest.Long(t)
	eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: 1}, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		r.crm.Notes.ListAfter(r.lag * 7 / 8)
		id := r.lost(user, r.main(), r.crm.Records(r.main())[0].ExternalID)
		for looks := int64(1); looks <= 3; looks++ {
			r.pass(r.lag / 4)
			until(t, "it was looked for", func() bool { d := r.delivery(id); return d.Absences >= looks || d.DueAt.After(r.now()) })
			if d := r.delivery(id); d.State != hub.DeliveryConfirming {
				t.Fatalf("what is not listed yet counts as absent: %+v", d)
			}
		}
		if r.delivery(id).Absences == 0 {
			t.Fatal("it was never looked for")
		}
		r.pass(r.lag / 2)
		r.reaches(id, hub.DeliverySent)
		if n := len(r.crm.Notes.All()); n != 1 {
			t.Errorf("%d notes", n)
		}
	})
}

// TestANoteThatIsAbsent fails without storing the note: only successful looks, the last of them after the lag, prove that.
func TestANoteThatIsAbsent(t *testing.T) {
	storetest.Long(t)
	storetest.Each(t, func(t *testing.T, url string) {
		r := newHubRig(t, url, pulled[2].connector, pulled[2].crm(simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}))
		r.quiet()
		user, _ := r.rep()
		failed := false
		r.crm.Before(func(q *http.Request) {
			if q.Method == http.MethodPost && !failed {
				failed = true
				r.crm.Faults.Script(simulator.Fault{Kind: simulator.ServerError})
			}
		})
		id := r.processed(user, "A talk", hub.ModelOpportunity, r.crm.Records(hub.ModelOpportunity)[0].ExternalID)
		until(t, "nobody knows", func() bool { return r.delivery(id).Attempts == 1 })
		// Looks that fail prove nothing, however long they do.
		r.crm.Faults.Always(simulator.Fault{Kind: simulator.ServerError, Match: "/comments"})
		for range 3 {
			before := len(r.attempts(id))
			r.pass(12 * time.Hour)
			until(t, "a look has failed", func() bool { return len(r.attempts(id)) > before })
		}
		if d := r.delivery(id); d.State != hub.DeliveryConfirming || d.Absences != 0 || len(r.crm.Notes.All()) != 0 {
			t.Fatalf("%+v", d)
		}
		r.crm.Faults.Stop()
		until(t, "it is sent again", func() bool {
			r.pass(time.Hour)
			return r.delivery(id).State == hub.DeliverySent
		})
		if n := len(r.crm.Notes.All()); n != 1 {
			t.Errorf("%d notes", n)
		}
	})
}

func (r *hubRig) attempts(recording string) []hub.Attempt {
	r.t.Helper()
	as, err := r.st.DeliveryAttempts(r.t.Context(), r.delivery(recording))
	if err != nil {
		r.t.Fatal(err)
	}
	return as
}

// deliveries are those of a recording, the earliest first.
func (r *hubRig) deliveries(recording string) []hub.Delivery {
	r.t.Helper()
	ds, err := r.st.Deliveries(r.t.Context(), r.conn.OrganizationID, deliveriesOf(r.conn.ID, recording))
	if err != nil {
		r.t.Fatal(err)
	}
	for i, j := 0, len(ds)-1; i < j; i, j = i+1, j-1 {
		ds[i], ds[j] = ds[j], ds[i]
	}
	return ds
}

func (r *hubRig) link(recording string, m hub.Model, externalID string) {
	r.t.Helper()
	if _, err := r.st.SetLink(r.t.Context(), r.conn.OrganizationID, recording, hub.Link{ConnectionID: r.conn.ID, Model: m, ExternalID: externalID}); err != nil {
		r.t.Fatal(err)
	}
}

// linkTo links a recording by hand to one of the records that the CRM's reps work on.
func (r *hubRig) linkTo(recording string, of int) (externalID string) {
	r.t.Helper()
	externalID = r.crm.Records(r.main())[of].ExternalID
	r.link(recording, r.main(), externalID)
	return externalID
}

// moves lets a recording's link move while nobody knows whether its note was written, and returns its two deliveries once
// both are settled.
func (r *hubRig) moves() (before, after hub.Delivery) {
	r.t.Helper()
	r.quiet()
	user, _ := r.rep()
	r.crm.Notes.ListAfter(r.lag / 2)
	id := r.lost(user, r.main(), r.crm.Records(r.main())[0].ExternalID)
	r.linkTo(id, 1)
	until(r.t, "it was looked for, and waits", func() bool { d := r.deliveries(id)[0]; return d.Absences > 0 && d.DueAt.After(r.now()) })
	if ds := r.deliveries(id); len(ds) != 2 || ds[0].State != hub.DeliveryConfirming || ds[0].Withdrawn == "" || ds[1].State != hub.DeliveryPending || len(r.crm.Notes.All()) != 1 {
		r.t.Fatalf("something was sent before it was settled: %+v, %d notes", ds, len(r.crm.Notes.All()))
	}
	until(r.t, "both are settled", func() bool {
		r.pass(r.lag / 4)
		return r.deliveries(id)[1].State == hub.DeliverySent
	})
	ds := r.deliveries(id)
	return ds[0], ds[1]
}

// TestALostNoteWhoseLinkMoves settles what was sent before it is sent elsewhere: the note on the old record is taken back
// where the CRM lets us delete it, says that it is void where it lets us change it, and else the delivery says where it stands.
func TestALostNoteWhoseLinkMoves(t *testing.T) {
	storetest.Long(t)
	eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}, func(t *testing.T, r *hubRig) {
		before, after := r.moves()
		on := func(d hub.Delivery) []simulator.Note { return r.crm.Notes.On(r.main(), d.ExternalID) }
		old, now := on(before), on(after)
		if after.Error != "" || len(now) != 1 || !strings.Contains(now[0].Text, after.Note.Marker) || len(r.crm.Notes.All()) != len(old)+1 {
			t.Errorf("%+v: %+v", after, r.crm.Notes.All())
		}
		if !strings.HasPrefix(before.Error, "The recording's link moved before it was known whether the note is in the CRM.") {
			t.Errorf("%+v", before)
		}
		told := strings.Contains(before.Error, "taken back")
		switch takenBack[r.info.Platform] {
		case "deletes":
			if !told || before.State != hub.DeliveryCanceled || before.NoteID != "" || len(old) != 0 {
				t.Errorf("%+v: %+v", before, old)
			}
		case "changes":
			if !told || before.State != hub.DeliveryCanceled || len(old) != 1 || strings.Contains(old[0].Text, "A talk") || !strings.Contains(old[0].Text, "Void") {
				t.Errorf("%+v: %+v", before, old)
			}
		default:
			if before.State != hub.DeliverySent || !strings.Contains(before.Error, "Its note stands there") || before.NoteID == "" || len(old) != 1 {
				t.Errorf("%+v: %+v", before, old)
			}
		}
		// It comes back: one true note is on the record, whatever stood there.
		r.linkTo(before.RecordingID, 0)
		until(t, "it is back", func() bool {
			r.pass(time.Minute)
			return r.deliveries(before.RecordingID)[0].State == hub.DeliverySent
		})
		r.idle()
		if back := on(before); len(back) != 1 || !strings.Contains(back[0].Text, "A talk") || strings.Contains(back[0].Text, "Void") {
			t.Errorf("%+v", back)
		}
		for _, v := range r.crm.Violations() {
			t.Error(v)
		}
	})
}

// takenBack says how notes are taken back on the records that a CRM's reps work on, where they can be.
var takenBack = map[hub.Platform]string{hub.PlatformSalesforce: "deletes", hub.PlatformSpotio: "changes"}

// TestALinkThatGoesAndComesBack unlinks a recording while its answer is lost, and links it again: the note that is there is
// the note.
func TestALinkThatGoesAndComesBack(t *testing.T) {
	storetest.Long(t)
	eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		r.crm.Notes.ListAfter(r.lag / 2)
		id := r.lost(user, r.main(), r.crm.Records(r.main())[0].ExternalID)
		unlink := func() {
			t.Helper()
			if _, err := r.st.RemoveLink(t.Context(), r.conn.OrganizationID, id, ""); err != nil {
				t.Fatal(err)
			}
		}
		unlink()
		if d := r.delivery(id); d.State != hub.DeliveryConfirming {
			t.Fatalf("it is given up before it is settled: %+v", d)
		}
		r.linkTo(id, 0)
		until(t, "it is found", func() bool {
			r.pass(r.lag / 4)
			return r.delivery(id).State == hub.DeliverySent
		})
		if n := len(r.crm.Notes.All()); n != 1 {
			t.Errorf("%d notes", n)
		}
		// Gone and back again: nothing is written.
		unlink()
		r.linkTo(id, 0)
		r.idle()
		if n := len(r.crm.Notes.All()); n != 1 || r.delivery(id).State != hub.DeliverySent {
			t.Errorf("%d notes, %+v", n, r.delivery(id))
		}
	})
}

// forget removes all that is known of deliveries, as a backup from before them does.
func (r *hubRig) forget() {
	r.t.Helper()
	storetest.Exec(r.t, r.st, `DELETE FROM deliveries`)
	storetest.Exec(r.t, r.st, `UPDATE recordings SET written_at = NULL, link_by = '', link_connection_id = NULL, link_model = NULL, link_external_id = NULL`)
}

// TestARestoredBackupDoublesNothing links a recording again whose note is in the CRM, though nothing is known of it; and
// one whose note an older program wrote under the id of a delivery.
func TestARestoredBackupDoublesNothing(t *testing.T) {
	storetest.Long(t)
	eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: 1}, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		all := r.crm.Records(r.main())
		id := r.processed(user, "A talk", r.main(), all[0].ExternalID)
		r.reaches(id, hub.DeliverySent)
		r.idle()
		r.forget()
		r.link(id, r.main(), all[0].ExternalID)
		if d := r.reaches(id, hub.DeliverySent); len(r.crm.Notes.All()) != 1 || d.NoteID == "" {
			t.Errorf("%+v: %+v", d, r.crm.Notes.All())
		}
		r.patch(hub.ConnectionPatch{Active: &no})
		old := r.processed(user, "An old talk", r.main(), all[1].ExternalID)
		r.crm.Notes.Add(r.main(), all[1].ExternalID, "An old talk\n\nsirocco:01a2152a-6d13-7000-8000-000000000001")
		storetest.Exec(t, r.st, `INSERT INTO earlier_markers (organization_id, recording_id, marker) VALUES ($1, $2, 'sirocco:01a2152a-6d13-7000-8000-000000000001')`, r.conn.OrganizationID, old)
		if err := r.st.SetCorrections(t.Context(), r.conn.OrganizationID, r.conn.ID, hub.CorrectNothing); err != nil {
			t.Fatal(err)
		}
		r.patch(hub.ConnectionPatch{Active: &yes})
		r.reaches(old, hub.DeliverySent)
		if n := len(r.crm.Notes.On(r.main(), all[1].ExternalID)); n != 1 {
			t.Errorf("%d notes on the record of the old program", n)
		}
		for _, v := range r.crm.Violations() {
			t.Error(v)
		}
	})
}

// TestAConnectionMadeAgainDoublesNothing deletes the connection, which takes its links along, and makes it again.
func TestAConnectionMadeAgainDoublesNothing(t *testing.T) {
	storetest.Long(t)
	eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		id := r.processed(user, "A talk", r.main(), r.crm.Records(r.main())[0].ExternalID)
		r.reaches(id, hub.DeliverySent)
		r.idle()
		r.makeAgain(id)
		r.linkTo(id, 0)
		r.reaches(id, hub.DeliverySent)
		if n := len(r.crm.Notes.All()); n != 1 {
			t.Errorf("%d notes", n)
		}
	})
}

// makeAgain deletes the connection, which takes the link of a recording along, and makes another to the same account.
func (r *hubRig) makeAgain(recording string) {
	r.t.Helper()
	creds, err := r.st.Credentials(r.t.Context(), r.conn.OrganizationID, r.conn.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := r.st.DeleteConnection(r.t.Context(), r.conn.OrganizationID, r.conn.ID, nil); err != nil {
		r.t.Fatal(err)
	}
	until(r.t, "no link is over a connection that is gone", func() bool { l := r.recording(recording).Link; return l.ConnectionID == "" && l.ExternalID == "" })
	var models []hub.Model
	for _, m := range r.info.Models {
		models = append(models, m.Model)
	}
	r.conn = storetest.Connection(r.t, r.st, r.conn.OrganizationID, r.info.Platform, models...)
	if err := r.st.PutCredentials(r.t.Context(), r.conn.OrganizationID, r.conn.ID, creds.Values); err != nil {
		r.t.Fatal(err)
	}
	r.quiet() // the first run may end before the credentials are there, or read from before them
}

// TestAConnectionMadeAgainHeedsPeople deletes the connection over which a person linked a recording to another appointment than the rule
// would, and unlinked one, and makes it again: what they said stays, and no note goes anywhere else.
func TestAConnectionMadeAgainHeedsPeople(t *testing.T) {
	storetest.Long(t)
	onMerge(t, func(t *testing.T, r *hubRig) {
		user, crmUser := r.rep()
		day := time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
		r.synced("")
		ruled, other := r.meets(0, crmUser, "MEETING", day, 30), r.meets(1, crmUser, "MEETING", day.AddDate(0, 0, 3), 60)
		accounts := r.crm.Records(hub.ModelAccount)
		for i, id := range []string{ruled, other} {
			r.crm.Change(hub.ModelEngagement, id, func(e *hub.Record) {
				e.Refs.Opportunity, e.Refs.Contact, e.Refs.Account = "", "", accounts[i].ExternalID
			})
		}
		r.quiet()
		linked := r.processed(user, "A talk", hub.ModelEngagement, other)
		unlinked := r.processed(user, "Another talk", hub.ModelEngagement, ruled)
		for _, id := range []string{linked, unlinked} {
			r.reaches(id, hub.DeliverySent)
		}
		if _, err := r.st.RemoveLink(t.Context(), r.conn.OrganizationID, unlinked, ""); err != nil {
			t.Fatal(err)
		}
		r.idle()
		r.makeAgain(linked)
		until(t, "the link is back", func() bool { return r.recording(linked).Link.ExternalID == other })
		r.reaches(linked, hub.DeliverySent)
		r.idle()
		if l := r.recording(linked).Link; l.By != hub.LinkedByHand || l.ConnectionID != r.conn.ID {
			t.Errorf("%+v", l)
		}
		if l := r.recording(unlinked).Link; l.By != hub.LinkedByHand || l.ExternalID != "" || len(r.deliveries(unlinked)) != 0 {
			t.Errorf("%+v", l)
		}
		if n := len(r.crm.Notes.All()); n != 2 {
			t.Errorf("%d notes: %+v", n, r.crm.Notes.All())
		}
	})
}

// TestCorrectedThenMadeAgain corrects a note twice, deletes the connection and makes it again: all that is there is found, and nothing more is written.
func TestCorrectedThenMadeAgain(t *testing.T) {
	storetest.Long(t)
	eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}, func(t *testing.T, r *hubRig) {
		id, record := r.sent()
		r.correctedTwice(id)
		r.makeAgain(id)
		until(t, "the link is back", func() bool { return r.recording(id).Link.ExternalID == record })
		ds := r.settled(id, 3)
		r.idle()
		if n := len(r.crm.Notes.All()); n != 3 || len(r.deliveries(id)) != 3 {
			t.Errorf("%d notes: %+v", n, ds)
		}
		r.analysedAs(id, "Fourth thoughts")
		r.settled(id, 4)
	})
}

// TestWhatPeopleTookAwayIsNotWrittenAgain lets somebody at the CRM remove a note that was corrected, or change it so that it may not be known any more,
// before the connection is made again: neither it nor its correction is written once more.
func TestWhatPeopleTookAwayIsNotWrittenAgain(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"removed", "changed"} {
		t.Run(how, func(t *testing.T) {
			eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}, func(t *testing.T, r *hubRig) {
				id, record := r.sent()
				r.analysedAs(id, "Second thoughts")
				r.settled(id, 2)
				r.idle()
				before := r.crm.Notes.All()
				if how == "removed" {
					r.crm.Notes.Remove(before[0].ID)
				} else {
					r.crm.Notes.Change(before[0].ID, "What I think of it.")
				}
				left := len(r.crm.Notes.All())
				r.makeAgain(id)
				until(t, "the link is back", func() bool { return r.recording(id).Link.ExternalID == record })
				until(t, "all is settled", func() bool {
					r.pass(r.lag / 2)
					return !slices.ContainsFunc(r.deliveries(id), func(d hub.Delivery) bool { return d.State != hub.DeliverySent })
				})
				r.idle()
				ds := r.deliveries(id)
				if len(ds) != 2 || len(r.crm.Notes.All()) != left {
					t.Errorf("%d notes: %+v", len(r.crm.Notes.All()), ds)
				}
				if how == "removed" && r.info.Platform != hub.PlatformMerge && !strings.Contains(ds[0].Error, "It is not written again") { // whose keys answer a repeat as the first time
					t.Errorf("%+v", ds[0])
				}
			})
		})
	}
}

// TestNotesOnMergedRecordsAreFoundOnceMadeAgain merges a customer whose notes the vendor leaves where they are, before the connection is made
// again or meanwhile: the note is found there, and none is written to the survivor.
func TestNotesOnMergedRecordsAreFoundOnceMadeAgain(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	for _, known := range []bool{true, false} {
		t.Run(fmt.Sprintf("known=%t", known), func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, url string) {
				r := newHubRig(t, url, pulled[1].connector, pulled[1].crm(simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}))
				last := r.synced("").ID
				user, _ := r.rep()
				customers := slices.DeleteFunc(r.crm.Records(hub.ModelAccount), func(a hub.Record) bool { return a.Deleted })
				from, into := customers[0].ExternalID, customers[1].ExternalID
				id := r.processed(user, "A talk", hub.ModelAccount, from)
				r.reaches(id, hub.DeliverySent)
				r.idle()
				r.crm.Change(hub.ModelAccount, from, func(a *hub.Record) { a.Deleted, a.MergedInto = true, into })
				if known {
					until(t, "the hub knows", func() bool {
						last = r.synced(last).ID
						return storetest.Count(t, r.st, `SELECT COUNT(*) FROM records WHERE external_id = $1 AND merged_into IS NOT NULL`, from) == 1
					})
				}
				r.makeAgain(id)
				until(t, "it is settled", func() bool {
					r.pass(r.lag / 4)
					ds := r.deliveries(id)
					return len(ds) == 1 && ds[0].State == hub.DeliverySent
				})
				if n := len(r.crm.Notes.All()); n != 1 {
					t.Errorf("%d notes: %+v", n, r.deliveries(id))
				}
			})
		})
	}
}

// TestWhatWasWrittenStaysOnceMadeAgain gives the appointment of a note and its correction another customer before the connection is made
// again: both stay where they are, as they would have without that, and nothing is written to the other.
func TestWhatWasWrittenStaysOnceMadeAgain(t *testing.T) {
	storetest.Long(t)
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		engagement, first := r.engagementOf(func(refs hub.Refs) string { return refs.Account })
		accounts := r.crm.Records(hub.ModelAccount)
		other := accounts[slices.IndexFunc(accounts, func(o hub.Record) bool { return o.ExternalID != first && !o.Deleted })].ExternalID
		id := r.processed(user, "A talk", hub.ModelEngagement, engagement)
		r.reaches(id, hub.DeliverySent)
		r.analysedAs(id, "Second thoughts")
		r.settled(id, 2)
		r.idle()
		r.crm.Change(hub.ModelEngagement, engagement, func(e *hub.Record) { e.Refs.Account = other })
		r.makeAgain(id)
		until(t, "the link is back", func() bool { return r.recording(id).Link.ExternalID == engagement })
		ds := r.settled(id, 2)
		r.idle()
		if n, moved := len(r.crm.Notes.On(hub.ModelAccount, first)), r.crm.Notes.On(hub.ModelAccount, other); n != 2 || len(moved) != 0 {
			t.Errorf("%d notes, and on the other %+v: %+v", n, moved, ds)
		}
	})
}

// TestWhatStandsOnADeletedRecordStaysOnceMadeAgain deletes the customer who has a note at the CRM, which still shows that customer's notes, and makes
// the connection again: the note is found there, and none is written to whom the appointment has beside.
func TestWhatStandsOnADeletedRecordStaysOnceMadeAgain(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		engagement, account := r.engagementOf(func(refs hub.Refs) string { return refs.Account })
		contact := r.crm.Records(hub.ModelContact)[0].ExternalID
		r.crm.Change(hub.ModelEngagement, engagement, func(e *hub.Record) { e.Refs = hub.Refs{Account: account, Contact: contact, Owner: e.Refs.Owner} })
		r.synced(r.latest().ID)
		id := r.processed(user, "A talk", hub.ModelEngagement, engagement)
		r.reaches(id, hub.DeliverySent)
		r.idle()
		if n := len(r.crm.Notes.On(hub.ModelAccount, account)); n != 1 {
			t.Fatalf("%d notes", n)
		}
		r.crm.Change(hub.ModelAccount, account, func(a *hub.Record) { a.Deleted = true })
		r.makeAgain(id)
		until(t, "the link is back", func() bool { return r.recording(id).Link.ExternalID == engagement })
		until(t, "it is settled", func() bool {
			r.pass(r.lag / 2)
			return r.delivery(id).State == hub.DeliverySent
		})
		r.idle()
		if n := len(r.crm.Notes.All()); n != 1 || len(r.deliveries(id)) != 1 {
			t.Errorf("%d notes: %+v", n, r.deliveries(id))
		}
	})
}

// TestAReplayBesideACorrectionThatIsNotProven replays a note whose correction was sent, but the answer lost: both are found.
func TestAReplayBesideACorrectionThatIsNotProven(t *testing.T) {
	storetest.Long(t)
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		id := r.processed(user, "A talk", r.main(), r.crm.Records(r.main())[0].ExternalID)
		d := r.reaches(id, hub.DeliverySent)
		r.idle()
		r.loseAnswer()
		r.analysedAs(id, "Second thoughts")
		until(t, "the answer is lost", func() bool {
			ds := r.deliveries(id)
			return len(ds) == 2 && ds[1].State == hub.DeliveryConfirming && ds[1].Error != ""
		})
		if _, err := r.st.ReplayDelivery(t.Context(), r.conn.OrganizationID, d.ID); err != nil {
			t.Fatal(err)
		}
		r.pass(time.Minute)
		r.settled(id, 2)
		if n := len(r.crm.Notes.All()); n != 2 {
			t.Errorf("%d notes", n)
		}
	})
}

// TestWhatWasLeftStaysLeft makes a connection again whose corrections left a note as it was; those of the new one are others. What came
// before stays left, until somebody replays it, and what comes from now on is corrected.
func TestWhatWasLeftStaysLeft(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	for _, by := range []hub.Corrections{hub.CorrectByNote, hub.CorrectByChange} {
		for _, old := range []bool{false, true} { // so that the CRM must list it, and it is not looked for until it does
			t.Run(fmt.Sprintf("%s, old %v", by, old), func(t *testing.T) {
				storetest.Each(t, func(t *testing.T, url string) { // with a vendor that lets notes be changed
					r := newHubRig(t, url, salesForce, simulatedsalesforce.New(simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}))
					r.quiet()
					r.correct(hub.CorrectNothing)
					user, _ := r.rep()
					record := r.crm.Records(r.main())[0].ExternalID
					id := r.processed(user, "A talk", r.main(), record)
					r.reaches(id, hub.DeliverySent)
					r.analysedAs(id, "Second thoughts")
					r.idle()
					if old {
						storetest.Exec(t, r.st, `UPDATE deliveries SET sent_at = $1`, r.now().Add(-1000*time.Hour).UnixMicro())
					}
					r.makeAgain(id)
					r.correct(by)
					until(t, "the link is back", func() bool { return r.recording(id).Link.ExternalID == record })
					d := r.reaches(id, hub.DeliverySent)
					r.idle()
					if notes := r.crm.Notes.All(); len(notes) != 1 || strings.Contains(notes[0].Text, "Second") || !strings.Contains(d.Error, "left so") {
						t.Errorf("%+v: %+v", r.deliveries(id), notes)
					}
					if _, err := r.st.ReplayDelivery(t.Context(), r.conn.OrganizationID, d.ID); err != nil {
						t.Fatal(err)
					}
					until(t, "it is corrected", func() bool {
						notes := r.crm.Notes.All()
						return strings.Contains(notes[len(notes)-1].Text, "Second")
					})
				})
			})
		}
	}
}

// TestAConnectionMadeAgainLooksForWhatWasSent deletes the connection while the CRM does not list yet what was sent over it, with
// and without an answer, and makes it again: the note that is there is looked for until the CRM must list it. One that never
// came is written then.
func TestAConnectionMadeAgainLooksForWhatWasSent(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	for _, how := range []string{"answered", "lost", "never came", "lost, and linked elsewhere"} {
		t.Run(how, func(t *testing.T) {
			eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}, func(t *testing.T, r *hubRig) {
				r.quiet()
				user, _ := r.rep()
				r.crm.Notes.ListAfter(r.lag / 2)
				var id string
				switch record := r.crm.Records(r.main())[0].ExternalID; how {
				case "never came":
					failed := false
					r.crm.Before(func(q *http.Request) {
						if asksToWrite(q) && !failed {
							failed = true
							r.crm.Faults.Script(simulator.Fault{Kind: simulator.ServerError})
						}
					})
					id = r.processed(user, "A talk", r.main(), record)
					until(t, "nobody knows", func() bool { return r.delivery(id).State == hub.DeliveryConfirming && r.delivery(id).Error != "" })
				case "answered":
					id = r.processed(user, "A talk", r.main(), record)
					until(t, "it was sent", func() bool {
						state := r.delivery(id).State
						return state == hub.DeliverySent || r.info.NotesReadBack && state == hub.DeliveryConfirming
					})
				default:
					id = r.lost(user, r.main(), record)
				}
				r.makeAgain(id)
				to := 0
				if how == "lost, and linked elsewhere" {
					to = 1
				}
				record := r.linkTo(id, to)
				until(t, "it is looked for", func() bool {
					ds := r.deliveries(id)
					return ds[0].State == hub.DeliveryConfirming && ds[0].Absences > 0
				})
				if n := len(r.crm.Notes.All()); n > 1 || how == "never came" && n > 0 {
					t.Errorf("%d notes while the CRM lists none", n)
				}
				until(t, "it is sent", func() bool {
					r.pass(r.lag / 4)
					ds := r.deliveries(id)
					return ds[len(ds)-1].State == hub.DeliverySent
				})
				r.idle()
				if n := len(r.crm.Notes.On(r.main(), record)); n != 1 {
					t.Errorf("%d notes: %+v", n, r.deliveries(id))
				}
				if old := r.deliveries(id)[0]; to != 0 && old.State == hub.DeliverySent && !strings.Contains(old.Error, "Its note stands there") {
					t.Errorf("%+v", old)
				}
			})
		})
	}
}

// bare is a connector that cannot look for notes.
type bare struct {
	unhurried
	connector.Authorizer
}

func (b bare) WriteNote(ctx context.Context, s *connector.Session, n connector.Note) (connector.NoteRef, error) {
	n.Looked = true
	return b.unhurried.WriteNote(ctx, s, n)
}

// noTokens is of a vendor that wants no access token.
type noTokens struct{}

func (noTokens) Authorize(context.Context, *connector.Session) (connector.Token, error) {
	return connector.Token{Value: "none", Expires: time.Now().Add(1000 * time.Hour)}, nil
}

// vanishing is a connector whose vendor has a record no more, as one that was deleted, or merged into another that it does not name.
type vanishing struct {
	unhurried
	connector.NoteFinder
	gone *atomic.Bool
}

func (v vanishing) FindNote(ctx context.Context, s *connector.Session, q connector.NoteQuery) (connector.FoundNote, error) {
	if v.gone.Load() {
		err := connector.Fail(connector.Refused, "It", "there is no such thing")
		err.Status = http.StatusNotFound
		return connector.FoundNote{}, err
	}
	return v.NoteFinder.FindNote(ctx, s, q)
}

// TestNotesThatAreNotThereProveNothing lets the CRM answer the list of a record's notes as one that is not there, while the record is: the note
// whose answer was lost is neither absent for that, nor written again.
func TestNotesThatAreNotThereProveNothing(t *testing.T) {
	storetest.Long(t)
	eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}, func(t *testing.T, r *hubRig) {
		lists := map[hub.Platform]string{hub.PlatformCompanyCam: "/comments"}[r.info.Platform]
		if lists == "" {
			t.Skip("its notes have no list of their own for a record, or it is tested as one that cannot be asked for a record")
		}
		r.quiet()
		user, _ := r.rep()
		id := r.lost(user, r.main(), r.crm.Records(r.main())[0].ExternalID)
		r.crm.Faults.Always(simulator.Fault{Kind: simulator.Gone, Match: lists})
		taken := r.crm.Faults.Taken(simulator.Gone)
		for range 4 {
			r.pass(r.lag)
			until(t, "it was looked for", func() bool { return r.crm.Faults.Taken(simulator.Gone) > taken })
			until(t, "the look is kept", func() bool { return r.delivery(id).DueAt.After(r.now()) })
			taken = r.crm.Faults.Taken(simulator.Gone)
		}
		if d := r.delivery(id); d.State != hub.DeliveryConfirming || d.Absences != 0 {
			t.Errorf("%+v", d)
		}
		r.crm.Faults.Stop()
		until(t, "it is found", func() bool {
			r.pass(r.lag)
			return r.delivery(id).State == hub.DeliverySent
		})
		if n := len(r.crm.Notes.All()); n != 1 {
			t.Errorf("%d notes", n)
		}
	})
}

// TestALostNoteWhoseRecordIsGone deletes the record on which a note may be, at the CRM: with it the note is gone, and after the lag
// the delivery says what there is to say, instead of asking for ever.
func TestALostNoteWhoseRecordIsGone(t *testing.T) {
	storetest.Long(t)
	storetest.Each(t, func(t *testing.T, url string) {
		var gone atomic.Bool
		c := vanishing{unhurried{companycam.Connector{}}, companycam.Connector{}, &gone}
		r := newHubRig(t, url, c, simulatedcompanycam.New(simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}))
		r.quiet()
		user, _ := r.rep()
		r.crm.Notes.ListAfter(r.lag / 2)
		id := r.lost(user, r.main(), r.crm.Records(r.main())[0].ExternalID)
		gone.Store(true)
		r.pass(r.lag / 4)
		until(t, "it was looked for", func() bool { return r.delivery(id).Absences > 0 })
		if d := r.delivery(id); d.State != hub.DeliveryConfirming {
			t.Fatalf("settled before the lag is over: %+v", d)
		}
		until(t, "it is settled", func() bool {
			r.pass(r.lag / 4)
			return r.delivery(id).State == hub.DeliveryFailed
		})
		if d := r.delivery(id); !strings.Contains(d.Error, "there is no such thing") || len(r.crm.Notes.All()) != 1 {
			t.Errorf("%+v, %d notes", d, len(r.crm.Notes.All()))
		}
	})
}

// TestAConnectionToAVendorWithoutSearchMadeAgain makes a connection again whose vendor cannot be asked for its notes: what it has taken is there,
// which nobody has to say, and is corrected as ever.
func TestAConnectionToAVendorWithoutSearchMadeAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		r := newHubRig(t, url, bare{unhurried{companycam.Connector{}}, noTokens{}}, simulatedcompanycam.New(simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}))
		id, record := r.sent()
		r.idle()
		r.makeAgain(id)
		until(t, "the link is back", func() bool { return r.recording(id).Link.ExternalID == record })
		r.reaches(id, hub.DeliverySent)
		r.analysedAs(id, "Second thoughts")
		ds := r.settled(id, 2)
		r.idle()
		if n := len(r.crm.Notes.All()); n != 2 {
			t.Errorf("%d notes: %+v", n, ds)
		}
	})
}

// TestAVendorWithoutSearch leaves it to a person whether the note is there.
func TestAVendorWithoutSearch(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	for i, p := range pulled {
		authorizer, ok := p.connector.(connector.Authorizer)
		if !ok {
			authorizer = noTokens{}
		}
		t.Run(p.name, func(t *testing.T) {
			storetest.Alternately(t, i, func(t *testing.T, url string) {
				r := newHubRig(t, url, bare{unhurried{p.connector}, authorizer}, p.crm(simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}))
				r.quiet()
				user, _ := r.rep()
				id := r.lost(user, r.main(), r.crm.Records(r.main())[0].ExternalID)
				until(t, "it waits for a person", func() bool {
					r.pass(time.Hour)
					d := r.delivery(id)
					return d.State == hub.DeliveryConfirming && d.DueAt.IsZero() && strings.Contains(d.Error, "settle")
				})
				d, err := r.st.SettleDelivery(t.Context(), r.conn.OrganizationID, r.delivery(id).ID, true, "n-1")
				if err != nil || d.State != hub.DeliverySent || d.NoteID != "n-1" || len(r.crm.Notes.All()) != 1 || r.recording(id).WrittenAt.IsZero() {
					t.Errorf("%v %+v", err, d)
				}
				if _, err := r.st.SettleDelivery(t.Context(), r.conn.OrganizationID, d.ID, true, ""); err == nil {
					t.Error("what is settled is settled again")
				}
				if r.info.Platform == hub.PlatformMerge {
					return // whose keys answer a repeat as the first time, whatever became of the note
				}
				r.crm.Notes.Remove(r.crm.Notes.All()[0].ID)
				gone := r.lost(user, r.main(), r.crm.Records(r.main())[1].ExternalID)
				r.crm.Notes.Remove(r.crm.Notes.All()[0].ID) // somebody looked, and it is not there
				r.pass(time.Hour)
				if _, err := r.st.SettleDelivery(t.Context(), r.conn.OrganizationID, r.delivery(gone).ID, false, ""); err != nil {
					t.Fatal(err)
				}
				r.reaches(gone, hub.DeliverySent)
				if n := len(r.crm.Notes.All()); n != 1 {
					t.Errorf("%d notes", n)
				}
			})
		})
	}
}

// settling is a connector that never finds a note, and whose look meets somebody who settles it.
type settling struct {
	bare
	meanwhile func()
}

var _ connector.NoteFinder = settling{}

func (s settling) FindNote(context.Context, *connector.Session, connector.NoteQuery) (connector.FoundNote, error) {
	s.meanwhile()
	return connector.FoundNote{}, nil
}

// TestSettledWhileItIsLookedFor lets a person say that the note is not there while the CRM is asked for it: what the look does
// not know does not undo that, and the note is sent again.
func TestSettledWhileItIsLookedFor(t *testing.T) {
	storetest.Long(t)
	storetest.Each(t, func(t *testing.T, url string) {
		var settle atomic.Pointer[func()]
		settle.Store(new(func() {})) // it looks once before it sends
		crm := settling{bare{unhurried{companycam.Connector{}}, noTokens{}}, func() { (*settle.Load())() }}
		r := newHubRig(t, url, crm, pulled[2].crm(simulator.Options{Seed: 44, Records: 60, ValidateEvery: -1}))
		r.quiet()
		user, _ := r.rep()
		id := r.lost(user, r.main(), r.crm.Records(r.main())[0].ExternalID)
		settle.Store(new(sync.OnceFunc(func() {
			r.crm.Notes.Remove(r.crm.Notes.All()[0].ID)
			if _, err := r.st.SettleDelivery(t.Context(), r.conn.OrganizationID, r.delivery(id).ID, false, ""); err != nil {
				t.Error(err)
			}
		})))
		until(t, "it is settled, or was not found", func() bool {
			r.pass(time.Minute)
			d := r.delivery(id)
			return d.State == hub.DeliverySent || d.Absences > 0
		})
		if d := r.delivery(id); d.State != hub.DeliverySent || len(r.crm.Notes.All()) != 1 {
			t.Errorf("%+v, %d notes", d, len(r.crm.Notes.All()))
		}
	})
}

// TestAKeyMakesARepeatHarmless sends again at once where the vendor knows the note by its key.
func TestAKeyMakesARepeatHarmless(t *testing.T) {
	storetest.Long(t)
	onMerge(t, func(t *testing.T, r *hubRig) {
		creds, err := r.st.Credentials(t.Context(), r.conn.OrganizationID, r.conn.ID)
		if err != nil {
			t.Fatal(err)
		}
		creds.Values["idempotency"] = "on"
		if err := r.st.PutCredentials(t.Context(), r.conn.OrganizationID, r.conn.ID, creds.Values); err != nil {
			t.Fatal(err)
		}
		r.quiet()
		user, _ := r.rep()
		r.crm.Notes.ListAfter(20 * time.Hour)
		id := r.lost(user, hub.ModelOpportunity, r.crm.Records(hub.ModelOpportunity)[0].ExternalID)
		until(t, "its id is known, though it is not listed", func() bool {
			r.pass(time.Minute)
			return r.delivery(id).NoteID != ""
		})
		if n := len(r.crm.Notes.All()); n != 1 || r.delivery(id).NoteID != r.crm.Notes.All()[0].ID {
			t.Errorf("%d notes, %+v", n, r.delivery(id))
		}
	})
}
