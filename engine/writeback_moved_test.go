package engine_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
	simulatedsalesforce "sirocco/simulator/salesforce"
	"sirocco/store/storetest"
)

// TestAReplayGoesToNoOtherCustomer replays deliveries, sent or failed, of a recording that a person has linked to another
// record since, or to none.
func TestAReplayGoesToNoOtherCustomer(t *testing.T) {
	storetest.Long(t)
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		sent := r.processed(user, "A talk", r.main(), r.crm.Records(r.main())[0].ExternalID)
		r.reaches(sent, hub.DeliverySent)
		r.crm.Faults.Script(simulator.Fault{Kind: simulator.None}, simulator.Fault{Kind: simulator.Conflict})
		r.crm.Notes.Limit(1)
		failed := r.processed(user, "Another talk", r.main(), r.crm.Records(r.main())[1].ExternalID)
		until(t, "it has failed", func() bool { r.pass(12 * time.Hour); return r.delivery(failed).State == hub.DeliveryFailed })
		r.crm.Notes.Limit(0)
		r.crm.Notes.Remove(r.crm.Notes.All()[0].ID) // somebody has seen there that it is of another customer
		for _, id := range []string{sent, failed} {
			if _, err := r.st.RemoveLink(t.Context(), r.conn.OrganizationID, id, ""); err != nil {
				t.Fatal(err)
			}
			for _, to := range []string{"none", "another"} {
				d := r.deliveries(id)[0]
				if _, err := r.st.ReplayDelivery(t.Context(), r.conn.OrganizationID, d.ID); !isConflict(err) {
					t.Errorf("a %s delivery of a recording linked to %s is replayed: %v", d.State, to, err)
				}
				r.linkTo(id, 3)
			}
		}
		r.idle()
		for _, n := range r.crm.Notes.All() {
			if n.ExternalID != r.crm.Records(r.main())[3].ExternalID {
				t.Errorf("on another customer's record: %+v", n)
			}
		}
	})
}

func isConflict(err error) bool {
	_, ok := errors.AsType[*hub.ConflictError](err)
	return ok
}

// TestACorrectionComesBackWithItsLink lets a link go elsewhere while the correction of its note waits, and come back.
func TestACorrectionComesBackWithItsLink(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		id := r.processed(user, "A talk", r.main(), r.crm.Records(r.main())[0].ExternalID)
		r.reaches(id, hub.DeliverySent)
		r.idle()
		r.patch(hub.ConnectionPatch{Active: &no})
		r.analysedAs(id, "Second thoughts")
		if _, err := r.st.RemoveLink(t.Context(), r.conn.OrganizationID, id, ""); err != nil {
			t.Fatal(err)
		}
		if ds := r.deliveries(id); len(ds) != 2 || ds[1].State != hub.DeliveryCanceled {
			t.Fatalf("%+v", ds)
		}
		record := r.linkTo(id, 0)
		r.patch(hub.ConnectionPatch{Active: &yes})
		ds := r.settled(id, 2)
		if notes := r.crm.Notes.On(r.main(), record); len(notes) != 2 || !strings.Contains(notes[1].Text, "Second thoughts") || ds[1].Correction != 1 {
			t.Errorf("%+v\n%+v", ds, notes)
		}
	})
}

// TestACorrectionStaysWhereItsNoteIs lets an appointment be about another customer after its note was written:
// what was said there is corrected, and sent again, where it stands.
func TestACorrectionStaysWhereItsNoteIs(t *testing.T) {
	storetest.Long(t)
	for _, by := range []hub.Corrections{hub.CorrectByNote, hub.CorrectByChange} {
		t.Run(string(by), func(t *testing.T) {
			onMerge(t, func(t *testing.T, r *hubRig) { // which takes no notes on engagements
				last := r.synced("").ID
				r.correct(by)
				user, _ := r.rep()
				engagement, first := r.engagementOf(func(refs hub.Refs) string { return refs.Account })
				id := r.processed(user, "A talk", hub.ModelEngagement, engagement)
				d := r.reaches(id, hub.DeliverySent)
				r.idle()
				others := r.crm.Records(hub.ModelAccount)
				other := others[slices.IndexFunc(others, func(o hub.Record) bool { return o.ExternalID != first && !o.Deleted })].ExternalID
				r.crm.Change(hub.ModelEngagement, engagement, func(e *hub.Record) { e.Refs.Account = other })
				r.synced(last)
				if _, err := r.st.ReplayDelivery(t.Context(), r.conn.OrganizationID, d.ID); err != nil {
					t.Fatal(err)
				}
				r.idle()
				r.analysedAs(id, "Second thoughts")
				ds := r.settled(id, 2)
				if !strings.Contains(ds[1].Error, "by now; the note stays where it was first written") {
					t.Errorf("it does not say so: %+v", ds[1])
				}
				if on := r.crm.Notes.On(hub.ModelAccount, first); len(on) != 2 || len(r.crm.Notes.All()) != 2 {
					t.Errorf("%+v", r.crm.Notes.All())
				}
			})
		})
	}
}

// TestFieldsStayWhereTheNoteIs lets an appointment be about another customer after its note was written, and analyses the
// recording again: what it says goes into the fields of the customer whose note it is, and nobody else's.
func TestFieldsStayWhereTheNoteIs(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) { // which takes no notes on engagements
		last := r.synced("").ID
		user, _ := r.rep()
		engagement, first := r.engagementOf(func(refs hub.Refs) string { return refs.Account })
		for _, f := range r.crm.Fields.Defined(hub.ModelAccount) { // a name that is seen nowhere is not known
			r.crm.Fields.Set(hub.ModelAccount, r.crm.Records(hub.ModelAccount)[0].ExternalID, map[string]any{f.Key: "x"})
		}
		id := r.processed(user, "A talk", hub.ModelEngagement, engagement)
		r.reaches(id, hub.DeliverySent)
		r.idle()
		others := r.crm.Records(hub.ModelAccount)
		other := others[slices.IndexFunc(others, func(o hub.Record) bool { return o.ExternalID != first && !o.Deleted })].ExternalID
		r.crm.Change(hub.ModelEngagement, engagement, func(e *hub.Record) { e.Refs.Account = other })
		r.synced(last)
		before := r.crm.Fields.Of(hub.ModelAccount, other)
		again := hub.AnalysisResult{
			Summary: []hub.SummarySection{{Header: "Needs", Content: "Second thoughts"}},
			Extractions: []hub.EntityExtraction{{ID: "1", DefinitionID: "d", Status: "done", Values: []hub.ExtractedValue{
				{Name: "Segment", Value: "Private", Mappings: []hub.FieldMapping{{Model: "account", Field: "segment"}}},
			}}}}
		if _, err := r.st.PutAnalysis(t.Context(), r.conn.OrganizationID, id, again); err != nil {
			t.Fatal(err)
		}
		r.settled(id, 2)
		if got := r.crm.Fields.Of(hub.ModelAccount, first); got["segment__c"] != "Private" {
			t.Errorf("of the customer whose note it is: %v", got)
		}
		if got := r.crm.Fields.Of(hub.ModelAccount, other); !maps.Equal(got, before) {
			t.Errorf("of another customer: %v, before %v", got, before)
		}
	})
}

// TestANoteThatStandsIsNotToldUnsent moves a link while the fields of a note wait that is in the CRM.
func TestANoteThatStandsIsNotToldUnsent(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		id := r.processed(user, "A talk", r.main(), r.crm.Records(r.main())[0].ExternalID)
		d := r.reaches(id, hub.DeliverySent)
		r.idle()
		r.patch(hub.ConnectionPatch{Active: &no})
		if _, err := r.st.ReplayDelivery(t.Context(), r.conn.OrganizationID, d.ID); err != nil {
			t.Fatal(err)
		}
		r.linkTo(id, 1)
		if d := r.deliveries(id)[0]; d.State != hub.DeliverySent || !strings.Contains(d.Error, "Its note stands there") || !d.DueAt.IsZero() {
			t.Errorf("%+v", d)
		}
	})
}

// turning is a vendor before whose first note a person takes the link away, and gives it back once the note was stopped.
type turning struct {
	connector.Connector
	connector.NoteFinder
	away, back func()
}

func (c turning) WriteNote(ctx context.Context, s *connector.Session, n connector.Note) (connector.NoteRef, error) {
	c.away()
	ref, err := c.Connector.WriteNote(ctx, s, n)
	c.back()
	return ref, err
}

// TestANoteThatIsWantedAgainIsSent takes the link away just before the note is sent, and gives it back before the attempt is
// at its end.
func TestANoteThatIsWantedAgainIsSent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		var r *hubRig
		var id, record string
		turns := 0
		r = newHubRig(t, url, turning{pulled[0].connector, pulled[0].connector.(connector.NoteFinder), func() {
			if turns++; turns == 1 {
				if _, err := r.st.RemoveLink(t.Context(), r.conn.OrganizationID, id, ""); err != nil {
					t.Error(err)
				}
			}
		}, func() {
			if turns == 1 {
				r.link(id, r.main(), record)
			}
		}}, pulled[0].crm(simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}))
		r.quiet()
		user, _ := r.rep()
		record = r.crm.Records(r.main())[0].ExternalID
		r.patch(hub.ConnectionPatch{Active: &no})
		id = r.processed(user, "A talk", r.main(), record)
		r.patch(hub.ConnectionPatch{Active: &yes})
		r.reaches(id, hub.DeliverySent)
		if n := len(r.crm.Notes.All()); n != 1 || turns < 2 {
			t.Errorf("%d notes after %d turns", n, turns)
		}
	})
}

// regretted is a connector during whose taking back of a note something happens.
type regretted struct {
	connector.Connector
	connector.Authorizer
	connector.NoteFinder
	remover connector.NoteRemover
	during  func()
}

func (c regretted) RemoveNote(ctx context.Context, s *connector.Session, target hub.Model, externalID, noteID string) error {
	err := c.remover.RemoveNote(ctx, s, target, externalID, noteID)
	c.during()
	return err
}

// TestANoteThatIsWantedBackIsSent lets a link come back while the note is taken back that was found where it had gone from.
func TestANoteThatIsWantedBackIsSent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		var r *hubRig
		var id, record string
		taken := 0
		p := pulledFrom(hub.PlatformSalesforce)
		c := p.connector
		r = newHubRig(t, url, regretted{c, c.(connector.Authorizer), c.(connector.NoteFinder), c.(connector.NoteRemover), func() {
			if taken++; taken == 1 {
				r.link(id, r.main(), record)
			}
		}}, p.crm(simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}))
		r.quiet()
		user, _ := r.rep()
		record = r.crm.Records(r.main())[0].ExternalID
		id = r.lost(user, r.main(), record)
		if _, err := r.st.RemoveLink(t.Context(), r.conn.OrganizationID, id, ""); err != nil {
			t.Fatal(err)
		}
		until(t, "it is taken back, and settled", func() bool {
			r.pass(time.Minute)
			d := r.delivery(id)
			return taken > 0 && (d.State == hub.DeliverySent || d.State == hub.DeliveryCanceled)
		})
		if d, n := r.delivery(id), len(r.crm.Notes.All()); d.State != hub.DeliverySent || n != 1 || d.Error != "" {
			t.Errorf("%d notes: %+v", n, d)
		}
	})
}

// eachWithVisits runs a test with each connector whose appointments take no notes, but what they are of does, and gives it two of them of the
// same.
func eachWithVisits(t *testing.T, test func(t *testing.T, r *hubRig, visit, other string)) {
	t.Helper()
	storetest.Long(t)
	eachConfirmer(t, true, func(t *testing.T, r *hubRig) {
		if slices.Contains(r.info.NoteTargets, hub.ModelEngagement) {
			t.Skip("its appointments take the notes themselves")
		}
		visit, _ := r.planned()
		all := r.crm.Records(hub.ModelEngagement)
		other := all[slices.IndexFunc(all, func(o hub.Record) bool { return o.ExternalID != visit.ExternalID && !o.Deleted })]
		row, id := r.crm.Row(hub.ModelEngagement, other.ExternalID)
		r.crm.Change(row, id, func(o *hub.Record) {
			owner := o.Refs.Owner
			o.Refs = visit.Refs
			o.Refs.Owner = owner
		})
		r.quiet()
		kept, err := r.st.Kept(t.Context(), r.conn.OrganizationID, r.conn.ID, hub.ModelEngagement, nil, []string{other.ExternalID})
		if err != nil {
			t.Fatal(err)
		}
		if len(kept) != 1 || kept[0].Refs.Opportunity != visit.Refs.Opportunity || kept[0].Refs.Account != visit.Refs.Account || kept[0].Refs.Lead != visit.Refs.Lead {
			t.Skip("its appointments stay with their customers")
		}
		test(t, r, visit.ExternalID, other.ExternalID)
	})
}

// TestTheNoteOfAnotherVisitOfTheCustomer links a recording to another appointment of the same customer, by way of which its note is the same,
// while the CRM does not list the note yet, or lists none for once: it is not written twice.
func TestTheNoteOfAnotherVisitOfTheCustomer(t *testing.T) {
	for name, hide := range map[string]func(r *hubRig){
		"listed late":    func(r *hubRig) { r.crm.Notes.ListAfter(r.lag / 2) },
		"missed by once": nil,
	} {
		t.Run(name, func(t *testing.T) {
			eachWithVisits(t, func(t *testing.T, r *hubRig, visit, other string) {
				if hide != nil {
					if r.info.NotesReadBack {
						t.Skip("its notes count once they are listed")
					}
					hide(r)
				}
				user, _ := r.rep()
				id := r.processed(user, "A talk", hub.ModelEngagement, visit)
				r.reaches(id, hub.DeliverySent)
				r.idle()
				note := r.crm.Notes.All()[0].ID
				if hide == nil {
					r.pass(2 * r.lag)
					r.crm.Notes.Hide(note, true)
				}
				r.link(id, hub.ModelEngagement, other)
				if hide == nil {
					until(t, "it was looked for", func() bool {
						ds := r.deliveries(id)
						return len(ds) == 2 && (ds[1].Error != "" || ds[1].State == hub.DeliverySent)
					})
					r.crm.Notes.Hide(note, false)
				}
				until(t, "both are settled", func() bool {
					r.waits(id)
					ds := r.deliveries(id)
					return len(ds) == 2 && ds[0].State == hub.DeliverySent && ds[1].State == hub.DeliverySent
				})
				if n := len(r.crm.Notes.All()); n != 1 {
					t.Errorf("%d notes", n)
				}
				if ds := r.deliveries(id); !ds[0].SentAt.Equal(ds[1].SentAt) {
					t.Errorf("one note was written at %s and %s", ds[0].SentAt, ds[1].SentAt)
				}
			})
		})
	}
}

// TestTheNoteOfAnotherVisitThatIsGone removes the note at the CRM before the recording is linked to another appointment of the same customer:
// it is not written again.
func TestTheNoteOfAnotherVisitThatIsGone(t *testing.T) {
	eachWithVisits(t, func(t *testing.T, r *hubRig, visit, other string) {
		user, _ := r.rep()
		id := r.processed(user, "A talk", hub.ModelEngagement, visit)
		r.reaches(id, hub.DeliverySent)
		r.idle()
		r.pass(2 * r.lag)
		r.crm.Notes.Remove(r.crm.Notes.All()[0].ID)
		left := len(r.crm.Notes.All())
		r.link(id, hub.ModelEngagement, other)
		r.over(id, 2)
		if ds := r.deliveries(id); len(ds) != 2 || ds[1].State != hub.DeliveryCanceled || !strings.Contains(ds[1].Error, "It is not written again") || len(r.crm.Notes.All()) != left {
			t.Errorf("%d notes: %+v", len(r.crm.Notes.All()), ds[1])
		}
	})
}

// TestTheNoteOfAnotherVisitIsChanged has another analysis of a recording that is linked to another appointment of the same customer by then: the
// note is still ours, and is changed.
func TestTheNoteOfAnotherVisitIsChanged(t *testing.T) {
	eachWithVisits(t, func(t *testing.T, r *hubRig, visit, other string) {
		if _, changes := pulledFrom(r.info.Platform).connector.(connector.NoteChanger); !changes {
			t.Skip("its notes cannot be changed")
		}
		r.correct(hub.CorrectByChange)
		user, _ := r.rep()
		id := r.processed(user, "A talk", hub.ModelEngagement, visit)
		r.reaches(id, hub.DeliverySent)
		r.idle()
		for i, to := range []string{other, visit} {
			r.link(id, hub.ModelEngagement, to)
			r.settled(id, 2)
			r.idle()
			says := []string{"Second thoughts", "Third thoughts"}[i]
			r.analysedAs(id, says)
			until(t, "it is changed", func() bool { n := r.crm.Notes.All(); return len(n) > 1 || strings.Contains(n[0].Text, says) })
			r.idle()
			if n := r.crm.Notes.All(); len(n) != 1 {
				t.Errorf("%+v", n)
			}
		}
	})
}

// TestASettledNoteIsCorrected has an analysis come while nobody knows whether a note is there, and a person say that it is: what it says is
// corrected.
func TestASettledNoteIsCorrected(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		r.crm.Notes.ListAfter(r.lag * 7 / 8)
		id := r.lost(user, r.main(), r.crm.Records(r.main())[0].ExternalID)
		r.patch(hub.ConnectionPatch{Active: &no}) // the hub does not find it meanwhile
		r.analysedAs(id, "Second thoughts")
		if _, err := r.st.SettleDelivery(t.Context(), r.conn.OrganizationID, r.delivery(id).ID, true, r.crm.Notes.All()[0].ID); err != nil {
			t.Fatal(err)
		}
		if ds := r.deliveries(id); len(ds) != 2 || ds[1].Correction != 1 {
			t.Errorf("%+v", ds)
		}
	})
}

// TestAChangedNoteIsNotTakenBack lets somebody write into a note at the CRM whose answer was lost, and the link move: what they wrote stays.
func TestAChangedNoteIsNotTakenBack(t *testing.T) {
	storetest.Long(t)
	eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}, func(t *testing.T, r *hubRig) {
		if takenBack[r.info.Platform] == "" {
			t.Skip("its notes cannot be taken back")
		}
		r.quiet()
		user, _ := r.rep()
		id := r.lost(user, r.main(), r.crm.Records(r.main())[0].ExternalID)
		note := r.crm.Notes.All()[0]
		r.crm.Notes.Change(note.ID, note.Text+"\nThe dog bites!")
		r.linkTo(id, 1)
		until(t, "the first is settled", func() bool {
			r.pass(time.Minute)
			d := r.deliveries(id)[0]
			return d.State == hub.DeliverySent || d.State == hub.DeliveryCanceled
		})
		d := r.deliveries(id)[0]
		on := r.crm.Notes.On(r.main(), d.ExternalID)
		if d.State != hub.DeliverySent || !strings.Contains(d.Error, "Its note stands there: ") || !strings.Contains(d.Error, "somebody has changed the note there") || len(on) != 1 || !strings.Contains(on[0].Text, "The dog bites!") {
			t.Errorf("%+v: %+v", d, on)
		}
	})
}

// merge merges an account into another at the CRM, and waits until the hub knows.
func (r *hubRig) merge(from, into string) {
	r.t.Helper()
	r.crm.Change(hub.ModelAccount, from, func(a *hub.Record) { a.Deleted, a.MergedInto = true, into })
	until(r.t, "the hub knows", func() bool {
		r.synced(r.latest().ID)
		return storetest.Count(r.t, r.st, `SELECT COUNT(*) FROM records WHERE external_id = $1 AND merged_into IS NOT NULL`, from) == 1
	})
}

// TestANoteForARecordThatWasMerged merges the customer that a recording is linked to before its note is sent, which no sync has met: the vendor
// takes none on it, and the note goes to the survivor once that is known.
func TestANoteForARecordThatWasMerged(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	for _, p := range pulled {
		if p.name != "servicetitan" && p.name != "salesforce" { // which answer that it is not active, and that the reference is none
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, url string) {
				r := newHubRig(t, url, p.connector, p.crm(simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}))
				r.synced("")
				r.quiet()
				user, _ := r.rep()
				customers := slices.DeleteFunc(r.crm.Records(hub.ModelAccount), func(a hub.Record) bool { return a.Deleted })
				from, into := customers[0].ExternalID, customers[1].ExternalID
				r.crm.Change(hub.ModelAccount, from, func(a *hub.Record) { a.Deleted, a.MergedInto = true, into })
				id := r.processed(user, "A talk", hub.ModelAccount, from)
				until(t, "it was refused", func() bool { return r.delivery(id).Attempts > 0 })
				if d := r.delivery(id); d.State != hub.DeliveryPending {
					t.Errorf("%+v", d)
				}
				r.merge(from, into)
				r.comesTo(id, hub.DeliverySent)
				if on := r.crm.Notes.On(hub.ModelAccount, into); len(on) != 1 || len(r.crm.Notes.All()) != 1 {
					t.Errorf("%+v", r.crm.Notes.All())
				}
			})
		})
	}
}

// TestANoteOnAMergedRecordWasNotMoved merges the customer that has a note, which the vendor leaves where it is, and replays it.
func TestANoteOnAMergedRecordWasNotMoved(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		r := newHubRig(t, url, salesForce, simulatedsalesforce.New(simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}))
		r.synced("")
		user, _ := r.rep()
		customers := slices.DeleteFunc(r.crm.Records(hub.ModelAccount), func(a hub.Record) bool { return a.Deleted })
		id := r.processed(user, "A talk", hub.ModelAccount, customers[0].ExternalID)
		d := r.reaches(id, hub.DeliverySent)
		r.idle()
		r.merge(customers[0].ExternalID, customers[1].ExternalID)
		if _, err := r.st.ReplayDelivery(t.Context(), r.conn.OrganizationID, d.ID); err != nil {
			t.Fatal(err)
		}
		if d := r.reaches(id, hub.DeliverySent); d.Error != "" || d.Note.On.ExternalID != customers[0].ExternalID || len(r.crm.Notes.All()) != 1 {
			t.Errorf("%+v\n%+v", d, r.crm.Notes.All())
		}
	})
}

// TestNotesFollowMerges merges customers while it is not known whether the note of one is there, and after a note of both was
// planned: the one that is left has one note, or that which was merged, where the vendor leaves notes where they are.
func TestNotesFollowMerges(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	for _, how := range []string{"the vendor moves notes", "the vendor leaves them", "the vendor has forgotten who was merged"} {
		t.Run(how, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, url string) {
				r := newHubRig(t, url, pulled[1].connector, pulled[1].crm(simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}))
				r.synced("")
				user, _ := r.rep()
				customers := slices.DeleteFunc(r.crm.Records(hub.ModelAccount), func(a hub.Record) bool { return a.Deleted })
				merged := func(from, into string) {
					for _, n := range r.crm.Notes.On(hub.ModelAccount, from) {
						if how != "the vendor leaves them" {
							r.crm.Notes.Remove(n.ID)
							r.crm.Notes.Add(hub.ModelAccount, into, n.Text)
						}
					}
					if how == "the vendor has forgotten who was merged" {
						r.crm.Faults.Always(simulator.Fault{Kind: simulator.Gone, Match: "/customers/" + from + "/notes"})
					}
					r.merge(from, into)
				}
				count := func(from, into string) int {
					return len(r.crm.Notes.On(hub.ModelAccount, from)) + len(r.crm.Notes.On(hub.ModelAccount, into))
				}
				r.crm.Notes.ListAfter(r.lag / 2)
				lost := r.lost(user, hub.ModelAccount, customers[0].ExternalID)
				merged(customers[0].ExternalID, customers[1].ExternalID)
				until(t, "it is found", func() bool {
					r.pass(r.lag / 4)
					return r.delivery(lost).State == hub.DeliverySent
				})
				if n := count(customers[0].ExternalID, customers[1].ExternalID); n != 1 || len(r.crm.Notes.All()) != 1 {
					t.Errorf("%+v", r.crm.Notes.All())
				}
				r.crm.Notes.ListAfter(0)
				r.crm.Faults.Stop()

				// The link went from one to the other of two that turn out to be the same.
				both := r.processed(user, "Both", hub.ModelAccount, customers[2].ExternalID)
				r.reaches(both, hub.DeliverySent)
				r.idle()
				r.crm.Faults.Always(simulator.Fault{Kind: simulator.Locked, Match: "/notes"})
				r.link(both, hub.ModelAccount, customers[3].ExternalID)
				until(t, "it was tried", func() bool { ds := r.deliveries(both); return len(ds) == 2 && ds[1].Attempts == 1 })
				merged(customers[2].ExternalID, customers[3].ExternalID)
				if how != "the vendor has forgotten who was merged" {
					r.crm.Faults.Stop()
				}
				until(t, "it is sent", func() bool {
					r.pass(time.Minute)
					return r.deliveries(both)[1].State == hub.DeliverySent
				})
				r.idle()
				if n := count(customers[2].ExternalID, customers[3].ExternalID); n != 1 {
					t.Errorf("%d notes: %+v", n, r.deliveries(both))
				}
			})
		})
	}
}

// keyed is a vendor that knows notes by their keys, removing one whose notes can be taken back.
type (
	keyed struct {
		bare
		connector.NoteFinder
		connector.NoteRepeater
	}
	removing struct {
		bare
		connector.NoteFinder
		crm func() *simulator.Server
	}
)

var _ connector.NoteRemover = removing{}

func (c removing) RemoveNote(_ context.Context, _ *connector.Session, _ hub.Model, _, noteID string) error {
	c.crm().Notes.Remove(noteID)
	return nil
}

// TestALostNoteWhoseRecordChanges lets an appointment be about another customer while it is not known whether the note is there, which
// its own record takes none of: the note is on that of the other, and where it cannot be taken back from the first, the delivery says
// that it stands there.
func TestALostNoteWhoseRecordChanges(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	for _, how := range []string{"stands", "is taken back", "is known by its key"} {
		t.Run(how, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, url string) {
				var r *hubRig
				c := pulled[0].connector
				of, repeats := c.(connector.NoteFinder), c.(connector.NoteRepeater)
				switch how {
				case "is taken back":
					c = removing{bare{unhurried{c}, noTokens{}}, of, func() *simulator.Server { return r.crm }}
				case "is known by its key":
					c = keyed{bare{unhurried{c}, noTokens{}}, of, repeats}
				}
				r = newHubRig(t, url, c, pulled[0].crm(simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}))
				creds, err := r.st.Credentials(t.Context(), r.conn.OrganizationID, r.conn.ID)
				if err != nil {
					t.Fatal(err)
				}
				if creds.Values["idempotency"] = "off"; how == "is known by its key" {
					creds.Values["idempotency"] = "on"
				}
				if err := r.st.PutCredentials(t.Context(), r.conn.OrganizationID, r.conn.ID, creds.Values); err != nil {
					t.Fatal(err)
				}
				r.quiet()
				user, _ := r.rep()
				r.crm.Notes.ListAfter(r.lag / 2)
				engagement, first := r.engagementOf(func(refs hub.Refs) string { return refs.Account })
				accounts := r.crm.Records(hub.ModelAccount)
				other := accounts[slices.IndexFunc(accounts, func(o hub.Record) bool { return o.ExternalID != first && !o.Deleted })].ExternalID
				id := r.lost(user, hub.ModelEngagement, engagement)
				last := r.latest().ID
				r.crm.Change(hub.ModelEngagement, engagement, func(e *hub.Record) { e.Refs.Account = other })
				until(t, "the hub knows", func() bool {
					last = r.synced(last).ID
					return storetest.Count(t, r.st, `SELECT COUNT(*) FROM records WHERE external_id = $1 AND account_ref = $2`, engagement, other) == 1
				})
				until(t, "it is sent", func() bool {
					r.pass(r.lag / 4)
					return r.delivery(id).State == hub.DeliverySent
				})
				d, old := r.delivery(id), r.crm.Notes.On(hub.ModelAccount, first)
				if on := r.crm.Notes.On(hub.ModelAccount, other); len(on) != 1 || !strings.Contains(on[0].Text, d.Note.Marker) || d.Note.On.ExternalID != other {
					t.Errorf("on the other: %+v, %+v", on, d)
				}
				if how == "is taken back" {
					if told := r.attempts(id); len(old) != 0 || d.Error != "" || !slices.ContainsFunc(told, func(a hub.Attempt) bool { return strings.Contains(a.Error, "was taken back") }) {
						t.Errorf("%+v, %+v: %+v", old, d, told)
					}
				} else if len(old) != 1 || !strings.Contains(d.Error, first+" stands there") {
					t.Errorf("%+v, %+v", old, d)
				}
			})
		})
	}
}

// TestALostNoteOfALinkWhoseRecordChanges lets the visit that the rule linked be about another record while it is not known whether the note is
// there, which no sync has met: the delivery says where the note stands that cannot be taken back, and none is on both without a word.
func TestALostNoteOfALinkWhoseRecordChanges(t *testing.T) {
	eachConfirmer(t, true, func(t *testing.T, r *hubRig) {
		visit, who := r.planned()
		model, first := hub.ModelOpportunity, visit.Refs.Opportunity
		if !slices.Contains(r.info.NoteTargets, model) {
			model, first = hub.ModelLead, visit.Refs.Lead
		}
		row, id := r.crm.Row(hub.ModelEngagement, visit.ExternalID)
		if row != hub.ModelEngagement || first == "" || !slices.Contains(r.info.NoteTargets, model) {
			t.Skip("its visits are parts of what they are about")
		}
		all := r.crm.Records(model)
		other := all[slices.IndexFunc(all, func(o hub.Record) bool { return o.ExternalID != first && !o.Deleted })].ExternalID
		recording := r.recorded(visit, who)
		r.loseAnswer()
		r.analyze(recording)
		r.comesTo(recording, hub.DeliveryConfirming)
		r.crm.Change(row, id, func(e *hub.Record) {
			if model == hub.ModelLead {
				e.Refs.Lead = other
			} else {
				e.Refs.Opportunity = other
			}
		})
		if !slices.ContainsFunc(r.crm.Records(hub.ModelEngagement), func(e hub.Record) bool { return e.ExternalID == visit.ExternalID && e.Refs != visit.Refs }) {
			t.Skip("its visits stay with whom they are")
		}
		until(t, "it is sent", func() bool {
			r.waits(recording)
			r.pass(r.lag / 2)
			return r.delivery(recording).State == hub.DeliverySent && len(r.deliveries(recording)) == 1
		})
		d, old := r.delivery(recording), r.crm.Notes.On(model, first)
		if on := r.crm.Notes.On(model, other); len(on) != 1 || d.Note.On.ExternalID != other {
			t.Errorf("on the other: %+v, %+v", on, d)
		}
		stands := slices.ContainsFunc(old, func(n simulator.Note) bool {
			return strings.Contains(n.Text, "sirocco:") && !strings.Contains(n.Text, "Void")
		})
		if said := strings.Contains(d.Error, first+" stands there"); said != stands {
			t.Errorf("on the first: %+v, %+v", old, d)
		}
	})
}

// TestWhatWasSentIsLookedForWhenItsRecordComes connects the CRM anew under other ids, and links a recording whose note is there: while the
// record that has it is not here yet nothing is sent, and once it has come, the note is found.
func TestWhatWasSentIsLookedForWhenItsRecordComes(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		engagement, account := r.engagementOf(func(refs hub.Refs) string { return refs.Account })
		r.patch(hub.ConnectionPatch{Active: &no})
		id := r.processed(user, "A talk", hub.ModelEngagement, engagement)
		const marker = "sirocco:01a2152a-6d13-7000-8000-000000000001"
		there := r.crm.Notes.Add(hub.ModelAccount, account, "A talk\n\n"+marker)
		remote := `(SELECT remote_id FROM records WHERE organization_id = $1 AND connection_id = $2 AND external_id = `
		storetest.Exec(t, r.st, `INSERT INTO sent_before (organization_id, recording_id, id, platform, account_id, model, external_id, correction, target_model, target_external_id, marker, note_print, note_hash, asked_at,
			proven, remote_id, target_remote_id) VALUES ($1, $3, 'd', 'MERGE', 'before', 'ENGAGEMENT', 'e', 0, 'ACCOUNT', 'a', $4, '', '', $5, TRUE, `+remote+`$6), `+remote+`$7))`,
			r.conn.OrganizationID, r.conn.ID, id, marker, r.now().UnixMicro(), engagement, account)
		storetest.Exec(t, r.st, `DELETE FROM records WHERE external_id = $1`, account)
		storetest.Exec(t, r.st, `DELETE FROM record_contacts`) // some of which came with it
		if err := r.st.SetCorrections(t.Context(), r.conn.OrganizationID, r.conn.ID, hub.CorrectNothing); err != nil {
			t.Fatal(err)
		}
		r.patch(hub.ConnectionPatch{Active: &yes})
		until(t, "it waits", func() bool { return strings.HasPrefix(r.delivery(id).Error, "It waits for a record that has a note") })
		r.crm.Change(hub.ModelAccount, account, func(a *hub.Record) { a.Name += " again" })
		last := r.latest().ID
		until(t, "the record comes", func() bool {
			last = r.synced(last).ID
			return storetest.Count(t, r.st, `SELECT COUNT(*) FROM records WHERE external_id = $1`, account) == 1
		})
		until(t, "it is found", func() bool {
			r.pass(10 * time.Minute)
			return r.delivery(id).State == hub.DeliverySent
		})
		r.idle()
		if d := r.delivery(id); d.NoteID != there.ID || d.Note.Marker != marker || d.Note.On.ExternalID != account || len(r.deliveries(id)) != 1 || len(r.crm.Notes.All()) != 1 {
			t.Errorf("%+v: %+v", r.deliveries(id), r.crm.Notes.All())
		}
	})
}
