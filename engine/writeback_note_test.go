package engine_test

import (
	"cmp"
	"fmt"
	"html"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sirocco/connector/merge"
	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/store/storetest"
)

// analysedAs lets another analysis of a recording come.
func (r *hubRig) analysedAs(recording, summary string) {
	r.t.Helper()
	if _, err := r.st.PutAnalysis(r.t.Context(), r.conn.OrganizationID, recording, hub.AnalysisResult{Summary: []hub.SummarySection{{Header: "Needs", Content: summary}}}); err != nil {
		r.t.Fatal(err)
	}
}

func (r *hubRig) correct(by hub.Corrections) {
	r.t.Helper()
	if err := r.st.SetCorrections(r.t.Context(), r.conn.OrganizationID, r.conn.ID, by); err != nil {
		r.t.Fatal(err)
	}
}

// waits lets the time pass until the next attempt of a delivery that was tried in vain, or looked for something in vain.
func (r *hubRig) waits(recording string) {
	r.t.Helper()
	for _, d := range r.deliveries(recording) {
		if wait := d.DueAt.Sub(r.now()); d.State == hub.DeliveryPending && d.Error != "" && wait > 0 {
			r.pass(wait)
		}
	}
}

// settled waits until a recording has so many deliveries, all sent.
func (r *hubRig) settled(recording string, n int) []hub.Delivery {
	r.t.Helper()
	var ds []hub.Delivery
	until(r.t, "all is sent", func() bool {
		ds = r.deliveries(recording)
		for _, d := range ds {
			if d.State != hub.DeliverySent {
				return false
			}
		}
		return len(ds) == n
	})
	return ds
}

// TestANoteIsCorrectedByAnother analyses a recording again after its note was written.
func TestANoteIsCorrectedByAnother(t *testing.T) {
	storetest.Long(t)
	eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: 1}, func(t *testing.T, r *hubRig) {
		id, opportunity := r.sent()
		r.analysedAs(id, "Second thoughts")
		r.settled(id, 2)
		r.analysedAs(id, "Second thoughts")
		r.idle()
		ds := r.settled(id, 2)
		notes := r.crm.Notes.On(r.main(), opportunity)
		if len(notes) != 2 || ds[1].Correction != 1 || !strings.Contains(notes[1].Text, "Correction: A talk") || !strings.Contains(notes[1].Text, "takes the place") {
			t.Fatalf("%+v\n%+v", ds, notes)
		}
		r.analysedAs(id, "Third thoughts")
		ds = r.settled(id, 3)
		if n := len(r.crm.Notes.All()); n != 3 || ds[2].Correction != 2 {
			t.Errorf("%d notes, %+v", n, ds)
		}
		// A replay of what is no longer true writes nothing that is there already.
		if _, err := r.st.ReplayDelivery(t.Context(), r.conn.OrganizationID, ds[0].ID); err != nil {
			t.Fatal(err)
		}
		r.idle()
		r.settled(id, 3)
		if n := len(r.crm.Notes.All()); n != 3 {
			t.Errorf("%d notes after a replay", n)
		}
		// With nothing known of the deliveries, the note and then its correction are found.
		r.forget()
		r.crm.Notes.Remove(r.crm.Notes.All()[1].ID)
		r.crm.Notes.Remove(r.crm.Notes.All()[1].ID)
		r.analysedAs(id, "Fourth thoughts")
		r.link(id, r.main(), opportunity)
		r.settled(id, 2)
		r.idle()
		r.forget()
		r.link(id, r.main(), opportunity)
		r.settled(id, 2)
		if n := len(r.crm.Notes.All()); n != 2 {
			t.Errorf("%d notes after a backup: %+v", n, r.crm.Notes.All())
		}
		for _, v := range r.crm.Violations() {
			t.Error(v)
		}
	})
}

// TestAReplayLeavesACorrectedNote replays the first of two deliveries, of which the second wrote a correction, when corrections change notes since:
// the correction says what is true now, and the note that it corrects stays as it is.
func TestAReplayLeavesACorrectedNote(t *testing.T) {
	storetest.Long(t)
	eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: 1}, func(t *testing.T, r *hubRig) {
		id, opportunity := r.sent()
		r.analysedAs(id, "Second thoughts")
		ds := r.settled(id, 2)
		r.pass(r.lag + time.Minute)
		r.correct(hub.CorrectByChange)
		if _, err := r.st.ReplayDelivery(t.Context(), r.conn.OrganizationID, ds[0].ID); err != nil {
			t.Fatal(err)
		}
		r.idle()
		r.settled(id, 2)
		notes := r.crm.Notes.On(r.main(), opportunity)
		if len(notes) != 2 || strings.Contains(notes[0].Text, "Second thoughts") || !strings.Contains(notes[1].Text, "Second thoughts") {
			t.Errorf("%+v", notes)
		}
	})
}

// TestACorrectionThatCorrectsNothing lets the analysis come back to what the note says while its correction waits, or is sent and not proven:
// none is written, until there is something to correct again.
func TestACorrectionThatCorrectsNothing(t *testing.T) {
	eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		id := r.processed(user, "A talk", r.main(), r.crm.Records(r.main())[0].ExternalID)
		r.reaches(id, hub.DeliverySent)
		r.analysedAs(id, "First thoughts")
		r.settled(id, 2)
		canceled := func() {
			t.Helper()
			var d hub.Delivery
			until(t, "the correction is given up", func() bool {
				r.pass(r.lag / 4)
				ds := r.deliveries(id)
				d = ds[len(ds)-1]
				return len(ds) == 3 && d.DueAt.IsZero()
			})
			if notes := r.crm.Notes.All(); d.State != hub.DeliveryCanceled || !strings.Contains(d.Error, "nothing to correct") || len(notes) != 2 {
				t.Fatalf("%+v\n%+v", d, notes)
			}
		}
		r.patch(hub.ConnectionPatch{Active: &no})
		r.analysedAs(id, "Second thoughts")
		r.analysedAs(id, "First thoughts")
		r.patch(hub.ConnectionPatch{Active: &yes})
		canceled()
		failed := false
		r.crm.Before(func(q *http.Request) {
			if asksToWrite(q) && !failed {
				failed = true
				r.crm.Faults.Script(simulator.Fault{Kind: simulator.ServerError})
			}
		})
		r.analysedAs(id, "Third thoughts")
		until(t, "nobody knows", func() bool {
			return r.deliveries(id)[2].State == hub.DeliveryConfirming && r.deliveries(id)[2].Error != ""
		})
		r.analysedAs(id, "First thoughts")
		canceled()
		r.analysedAs(id, "Second thoughts")
		r.settled(id, 3)
		if notes := r.crm.Notes.All(); len(notes) != 3 || !strings.Contains(notes[2].Text, "Second thoughts") {
			t.Errorf("%+v", notes)
		}
	})
}

// TestANoteIsLeft corrects nothing, and says so when it is replayed.
func TestANoteIsLeft(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.quiet()
		r.correct(hub.CorrectNothing)
		user, _ := r.rep()
		id := r.processed(user, "A talk", hub.ModelOpportunity, r.crm.Records(hub.ModelOpportunity)[0].ExternalID)
		d := r.reaches(id, hub.DeliverySent)
		r.analysedAs(id, "Second thoughts")
		r.idle()
		if _, err := r.st.ReplayDelivery(t.Context(), r.conn.OrganizationID, d.ID); err != nil {
			t.Fatal(err)
		}
		until(t, "it says that it is left", func() bool {
			d := r.delivery(id)
			return d.State == hub.DeliverySent && strings.Contains(d.Error, "LEAVE")
		})
		if notes := r.crm.Notes.All(); len(notes) != 1 || strings.Contains(notes[0].Text, "Second thoughts") {
			t.Errorf("%+v", notes)
		}
	})
}

// TestANoteIsChanged changes the note as long as nobody else has, where the CRM lets us; others write a second one.
func TestANoteIsChanged(t *testing.T) {
	storetest.Long(t)
	eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: 1}, func(t *testing.T, r *hubRig) {
		id, _ := r.sent()
		r.correct(hub.CorrectByChange)
		if !changes[r.info.Platform] {
			r.analysedAs(id, "Second thoughts")
			ds := r.settled(id, 2)
			if notes := r.crm.Notes.All(); len(notes) != 2 || strings.Contains(notes[0].Text, "Second") || ds[1].Correction != 1 {
				t.Errorf("%+v\n%+v", ds, notes)
			}
			return
		}
		for _, outcome := range []string{"Second thoughts", "Third thoughts"} {
			there := r.crm.Notes.All()[0]
			r.crm.Notes.Change(there.ID, strings.ReplaceAll(there.Text, "\n", "\r\n")+"\r\n") // as vendors keep it
			r.analysedAs(id, outcome)
			until(t, "it is changed", func() bool { return strings.Contains(r.crm.Notes.All()[0].Text, outcome) })
			r.settled(id, 1)
		}
		if n := len(r.crm.Notes.All()); n != 1 {
			t.Fatalf("%d notes", n)
		}
		note := r.crm.Notes.All()[0]
		r.crm.Notes.Change(note.ID, "Call them on Monday!\n"+note.Text)
		r.analysedAs(id, "Fourth thoughts")
		ds := r.settled(id, 2)
		notes := r.crm.Notes.All()
		if len(notes) != 2 || !strings.Contains(notes[0].Text, "Monday") || !strings.Contains(notes[1].Text, "Fourth") || !strings.Contains(ds[0].Error, "Somebody has changed") {
			t.Errorf("%+v\n%+v", ds, notes)
		}
		r.analysedAs(id, "Fifth thoughts")
		until(t, "the correction is changed", func() bool { return strings.Contains(r.crm.Notes.All()[1].Text, "Fifth") })
		r.idle()
		if n := len(r.crm.Notes.All()); n != 2 {
			t.Errorf("%d notes", n)
		}
		for _, v := range r.crm.Violations() {
			t.Error(v)
		}
	})
}

// TestAChangeWhoseAnswerIsLost analyses a recording again after the CRM has changed its note and the answer was lost: what the note says is still
// ours. A person's words in it are not.
func TestAChangeWhoseAnswerIsLost(t *testing.T) {
	for _, edited := range []bool{false, true} {
		t.Run(fmt.Sprintf("edited %t", edited), func(t *testing.T) { changeWhoseAnswerIsLost(t, edited) })
	}
}

func changeWhoseAnswerIsLost(t *testing.T, edited bool) {
	t.Helper()
	eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}, func(t *testing.T, r *hubRig) {
		if !changes[r.info.Platform] {
			return
		}
		id, _ := r.sent()
		r.correct(hub.CorrectByChange)
		lost := false
		r.crm.Before(func(q *http.Request) {
			if q.Method == http.MethodPatch && !lost {
				lost = true
				r.crm.Faults.Script(simulator.Fault{Kind: simulator.NoAnswer})
			}
		})
		r.analysedAs(id, "Second thoughts")
		until(t, "the answer is lost", func() bool { return r.delivery(id).Error != "" })
		want := 1
		if note := r.crm.Notes.All()[0]; !strings.Contains(note.Text, "Second") {
			t.Fatalf("%+v", note)
		} else if edited {
			r.crm.Notes.Change(note.ID, "Call them on Monday!\n"+note.Text)
			want = 2
		}
		r.analysedAs(id, "Third thoughts")
		r.pass(time.Hour)
		ds := r.settled(id, want)
		notes := r.crm.Notes.All()
		if len(notes) != want || !strings.Contains(notes[want-1].Text, "Third") || strings.Contains(ds[0].Error, "Somebody has changed") != edited {
			t.Errorf("%+v\n%+v", ds, notes)
		}
	})
}

// changes are the platforms that let a note be changed.
var changes = map[hub.Platform]bool{hub.PlatformSalesforce: true, hub.PlatformSpotio: true}

// TestWhatAPersonDeletedStaysDeleted deletes a note at the CRM before it is to be changed: nothing is written there, and the delivery says so,
// until somebody replays it.
func TestWhatAPersonDeletedStaysDeleted(t *testing.T) {
	eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}, func(t *testing.T, r *hubRig) {
		id, _ := r.sent()
		r.correct(hub.CorrectByChange)
		r.pass(2 * r.lag)
		r.crm.Notes.Remove(r.crm.Notes.All()[0].ID)
		r.analysedAs(id, "Second thoughts")
		deleted := func() hub.Delivery {
			t.Helper()
			var d hub.Delivery
			until(t, "it is found to be deleted", func() bool {
				r.waits(id)
				d = r.delivery(id)
				return d.State == hub.DeliverySent && d.NoteID == ""
			})
			r.idle()
			if n := len(r.crm.Notes.All()); n != 0 || !strings.Contains(d.Error, "It is not written again") || d.Note.Text != "" || !strings.Contains(d.Explain(r.conn, r.now()), "not found in the CRM any more") {
				t.Fatalf("%d notes, %+v", n, d)
			}
			return d
		}
		deleted()
		r.analysedAs(id, "Third thoughts")
		r.makeAgain(id)
		until(t, "it is looked for over the new connection", func() bool {
			r.pass(r.lag / 4)
			return len(r.deliveries(id)) == 1
		})
		until(t, "it is settled", func() bool {
			r.pass(r.lag / 4)
			return r.delivery(id).State == hub.DeliverySent
		})
		d := deleted()
		for range 2 {
			if _, err := r.st.ReplayDelivery(t.Context(), r.conn.OrganizationID, d.ID); err != nil {
				t.Fatal(err)
			}
			until(t, "it is written again", func() bool {
				r.pass(r.lag / 4)
				return r.delivery(id).NoteID != "" && r.delivery(id).State == hub.DeliverySent
			})
			if notes := r.crm.Notes.All(); len(notes) != 1 || !strings.Contains(notes[0].Text, "Third thoughts") {
				t.Fatalf("%+v", notes)
			}
			r.idle()
			if r.info.Platform == hub.PlatformMerge {
				break // whose stand-in answers the same note by its key, however long after
			}
			r.crm.Notes.Remove(r.crm.Notes.All()[0].ID) // before the CRM must list it
		}
	})
}

// TestWhatPeopleTookAwayIsNotCorrected deletes a note at the CRM, or moves it to another record, before it is corrected by another: none is
// written beside nothing, until somebody replays it.
func TestWhatPeopleTookAwayIsNotCorrected(t *testing.T) {
	eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		records := r.crm.Records(r.main())
		for i, test := range []struct {
			act  func(id string)
			says string
			left int // notes elsewhere
		}{
			{func(id string) { r.crm.Notes.Remove(id) }, "no longer on", 0},
			{func(id string) { r.crm.Notes.Move(id, r.main(), records[3].ExternalID) }, map[hub.Platform]string{
				hub.PlatformSalesforce: "was moved away", hub.PlatformSpotio: "was moved away", hub.PlatformMerge: "was moved away",
			}[r.info.Platform], 1},
		} {
			on := records[i].ExternalID
			id := r.processed(user, "A talk", r.main(), on)
			r.reaches(id, hub.DeliverySent)
			r.idle()
			r.pass(2 * r.lag)
			test.act(r.crm.Notes.On(r.main(), on)[0].ID)
			r.analysedAs(id, "Second thoughts")
			var d hub.Delivery
			until(t, "the correction is settled", func() bool {
				r.waits(id)
				ds := r.deliveries(id)
				d = ds[len(ds)-1]
				return d.Correction == 1 && d.State != hub.DeliveryPending
			})
			r.idle()
			if notes := r.crm.Notes.On(r.main(), on); d.State != hub.DeliveryCanceled || !strings.Contains(d.Error, "Nothing is written in its place") || !strings.Contains(d.Error, test.says) || len(notes) != 0 {
				t.Errorf("%+v: %+v", d, notes)
			}
			if _, err := r.st.ReplayDelivery(t.Context(), r.conn.OrganizationID, d.ID); err != nil {
				t.Fatal(err)
			}
			until(t, "it is written once it is replayed", func() bool {
				ds := r.deliveries(id)
				return ds[len(ds)-1].State == hub.DeliverySent
			})
			r.idle()
			if notes := r.crm.Notes.On(r.main(), on); len(notes) != 1 || !strings.Contains(notes[0].Text, "Second thoughts") || len(r.crm.Notes.On(r.main(), records[3].ExternalID)) != test.left {
				t.Errorf("%+v", notes)
			}
		}
		for _, v := range r.crm.Violations() {
			t.Error(v)
		}
	})
}

// TestWhatFailedIsSentWithTheNextAnalysis lets the CRM refuse a note, and then a correction: another analysis is another attempt, the same one
// is none.
func TestWhatFailedIsSentWithTheNextAnalysis(t *testing.T) {
	storetest.Long(t)
	eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}, func(t *testing.T, r *hubRig) {
		if r.info.Platform == hub.PlatformLeadPerfection {
			t.Skip("its answers prove nothing, a refusal neither")
		}
		r.quiet()
		user, _ := r.rep()
		on := r.crm.Records(r.main())[0].ExternalID
		last := func(id string) hub.Delivery { ds := r.deliveries(id); return ds[len(ds)-1] }
		fails := func(id string) {
			t.Helper()
			until(t, "it is refused", func() bool { return last(id).State == hub.DeliveryFailed })
		}
		r.crm.Notes.Refuse("no")
		id := r.processed(user, "A talk", r.main(), on)
		fails(id)
		r.crm.Notes.Refuse("no")
		r.analysedAs(id, "Second thoughts")
		until(t, "it was tried again", func() bool {
			return last(id).State == hub.DeliveryFailed && strings.Contains(last(id).Note.Text, "Second thoughts")
		})
		r.analysedAs(id, "Second thoughts")
		r.idle()
		if n := len(r.crm.Notes.All()); n != 0 {
			t.Errorf("%d notes of an analysis that is the same", n)
		}
		r.analysedAs(id, "Third thoughts")
		r.settled(id, 1)
		r.crm.Notes.Refuse("no")
		r.analysedAs(id, "Fourth thoughts")
		fails(id)
		r.analysedAs(id, "Fifth thoughts")
		r.settled(id, 2)
		r.idle()
		if notes := r.crm.Notes.On(r.main(), on); len(notes) != 2 || !strings.Contains(notes[0].Text, "Third") || !strings.Contains(notes[1].Text, "Fifth") {
			t.Errorf("%+v", notes)
		}
	})
}

// TestOneListWithoutTheNoteProvesNothing lets the CRM list no notes once, where ours must be among them: it is changed all the same, or corrected
// by another.
func TestOneListWithoutTheNoteProvesNothing(t *testing.T) {
	eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		for _, by := range []hub.Corrections{hub.CorrectByChange, hub.CorrectByNote} {
			r.correct(by)
			on := r.crm.Records(r.main())[len(r.crm.Notes.All())].ExternalID
			id := r.processed(user, "A talk", r.main(), on)
			r.reaches(id, hub.DeliverySent)
			r.idle()
			r.pass(2 * r.lag)
			hidden := r.crm.Notes.On(r.main(), on)[0]
			r.crm.Notes.Hide(hidden.ID, true)
			r.analysedAs(id, "Second thoughts")
			until(t, "it was looked for", func() bool {
				ds := r.deliveries(id)
				return ds[len(ds)-1].Absences > 0
			})
			r.crm.Notes.Hide(hidden.ID, false)
			until(t, "it is settled", func() bool {
				r.waits(id)
				return !slices.ContainsFunc(r.deliveries(id), func(d hub.Delivery) bool { return d.State != hub.DeliverySent })
			})
			r.idle()
			if notes := r.crm.Notes.On(r.main(), on); !strings.Contains(notes[len(notes)-1].Text, "Second thoughts") {
				t.Errorf("%s: %+v", by, notes)
			}
			r.pass(2 * r.lag)
			n := len(r.crm.Notes.All())
			for _, d := range r.deliveries(id) {
				hidden := r.crm.Notes.On(r.main(), on)[d.Correction]
				r.crm.Notes.Hide(hidden.ID, true)
				if _, err := r.st.ReplayDelivery(t.Context(), r.conn.OrganizationID, d.ID); err != nil {
					t.Fatal(err)
				}
				until(t, "the replayed one was looked for", func() bool { return r.deliveries(id)[d.Correction].Absences > 0 })
				r.crm.Notes.Hide(hidden.ID, false)
				until(t, "the replayed one is settled", func() bool {
					r.waits(id)
					return r.deliveries(id)[d.Correction].State == hub.DeliverySent
				})
				r.idle()
			}
			if again := len(r.crm.Notes.All()); again != n {
				t.Errorf("%s: a replay doubles a note: %+v", by, r.crm.Notes.On(r.main(), on))
			}
		}
	})
}

// TestWhatPeopleMakeOfANote lets somebody at the CRM take all that is ours out of a note, give it another name, or move it to another record, before
// it is to be changed: it is left as it is, and nothing is written beside it but a correction, where it is known again.
func TestWhatPeopleMakeOfANote(t *testing.T) {
	eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}, func(t *testing.T, r *hubRig) {
		r.quiet()
		r.correct(hub.CorrectByChange)
		user, _ := r.rep()
		records, platform := r.crm.Records(r.main()), r.info.Platform
		type made struct {
			note  simulator.Note // as people left it
			first hub.Delivery
			all   []simulator.Note // on its record, once it was corrected
		}
		makes := func(record int, act func(id string)) made {
			t.Helper()
			on := records[record].ExternalID
			id := r.processed(user, "A talk", r.main(), on)
			r.reaches(id, hub.DeliverySent)
			r.idle()
			r.pass(2 * r.lag)
			note := r.crm.Notes.On(r.main(), on)[0]
			act(note.ID)
			left := func() simulator.Note {
				all := r.crm.Notes.All()
				return all[slices.IndexFunc(all, func(n simulator.Note) bool { return n.ID == note.ID })]
			}
			m := made{note: left()}
			settled := func() {
				t.Helper()
				until(t, "it is settled", func() bool {
					r.waits(id)
					return !slices.ContainsFunc(r.deliveries(id), func(d hub.Delivery) bool { return d.State != hub.DeliverySent })
				})
				r.idle()
				m.first, m.all = r.deliveries(id)[0], r.crm.Notes.On(r.main(), on)
			}
			m.first = r.delivery(id)
			r.analysedAs(id, "Second thoughts")
			settled()
			if platform == hub.PlatformSalesforce || platform == hub.PlatformSpotio || platform == hub.PlatformMerge { // which know of it
				n := len(r.crm.Notes.All())
				if _, err := r.st.ReplayDelivery(t.Context(), r.conn.OrganizationID, m.first.ID); err != nil {
					t.Fatal(err)
				}
				settled()
				if again := len(r.crm.Notes.All()); again != n {
					t.Errorf("a replay writes a note: %+v", r.crm.Notes.All())
				}
			}
			if now := left(); now != m.note && (platform != hub.PlatformSpotio || now.Label != m.note.Label) {
				t.Errorf("people left %+v, and it is %+v", m.note, now)
			}
			return m
		}
		edited := makes(0, func(id string) {
			r.crm.Notes.Rename(id, "Called")
			r.crm.Notes.Change(id, "They called back.")
		})
		switch {
		case platform == hub.PlatformServiceTitan: // whose notes of jobs have no ids
			if len(edited.all) != 1 || !strings.Contains(edited.first.Error, "not known any more") {
				t.Errorf("edited: %+v", edited)
			}
		case len(edited.all) != 2 || edited.all[0].Text != "They called back." || !strings.Contains(edited.all[1].Text, "Correction") || !strings.Contains(edited.all[1].Text, "Second thoughts"):
			t.Errorf("edited: %+v", edited)
		}
		renamed := makes(1, func(id string) { r.crm.Notes.Rename(id, "Called") })
		n := 2
		if platform == hub.PlatformSpotio { // it is what we refer to it by, and no word of the note
			n = 1
		}
		if len(renamed.all) != n || !strings.Contains(renamed.all[n-1].Text, "Second thoughts") {
			t.Errorf("renamed: %+v", renamed)
		}
		moved := makes(2, func(id string) { r.crm.Notes.Move(id, r.main(), records[3].ExternalID) })
		if len(moved.all) != 0 || len(r.crm.Notes.On(r.main(), records[3].ExternalID)) != 1 || !strings.Contains(moved.first.Error, map[hub.Platform]string{
			hub.PlatformSalesforce: "moved the note away", hub.PlatformSpotio: "moved the note away", hub.PlatformMerge: "moved the note away",
		}[platform]) || moved.first.Error == "" {
			t.Errorf("moved: %+v", moved)
		}
		for _, v := range r.crm.Violations() {
			t.Error(v)
		}
	})
}

// TestANoteThatIsNotListedYetIsNotDoubled analyses a recording again, and replays its note, while the CRM does not list that yet.
func TestANoteThatIsNotListedYetIsNotDoubled(t *testing.T) {
	eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}, func(t *testing.T, r *hubRig) {
		r.quiet()
		r.correct(hub.CorrectByChange)
		user, _ := r.rep()
		id := r.processed(user, "A talk", r.main(), r.crm.Records(r.main())[0].ExternalID)
		d := r.reaches(id, hub.DeliverySent)
		r.idle()
		r.crm.Notes.ListAfter(r.lag / 2)
		if _, err := r.st.ReplayDelivery(t.Context(), r.conn.OrganizationID, d.ID); err != nil {
			t.Fatal(err)
		}
		until(t, "it waits, or is found", func() bool { // in what lists each note at once
			d := r.delivery(id)
			return strings.Contains(d.Error, "not listed by the CRM yet") || r.info.Platform == hub.PlatformSalesforce && d.State == hub.DeliverySent
		})
		r.pass(r.lag)
		r.reaches(id, hub.DeliverySent)
		r.idle()
		if n := len(r.crm.Notes.All()); n != 1 {
			t.Fatalf("%d notes", n)
		}
		r.crm.Notes.ListAfter(0)
		record := r.crm.Records(r.main())[1].ExternalID
		id = r.processed(user, "Another talk", r.main(), record)
		r.reaches(id, hub.DeliverySent)
		r.idle()
		r.crm.Notes.ListAfter(r.lag / 2)
		r.analysedAs(id, "Second thoughts")
		n := 2 // the note and its correction
		if changes[r.info.Platform] {
			n = 1
		}
		until(t, "all is settled", func() bool {
			r.pass(r.lag / 4)
			ds, notes := r.deliveries(id), r.crm.Notes.On(r.main(), record)
			return len(ds) == n && ds[n-1].State == hub.DeliverySent && strings.Contains(notes[len(notes)-1].Text, "Second")
		})
		if notes := r.crm.Notes.On(r.main(), record); len(notes) != n || n == 2 && (strings.Contains(notes[0].Text, "Second") || !strings.Contains(notes[1].Text, "Correction")) {
			t.Errorf("%+v\n%+v", r.deliveries(id), notes)
		}
	})
}

// TestAnAnalysisThatComesMeanwhile changes what is true between a lost answer and its settling.
func TestAnAnalysisThatComesMeanwhile(t *testing.T) {
	storetest.Long(t)
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		id := r.lost(user, hub.ModelOpportunity, r.crm.Records(hub.ModelOpportunity)[0].ExternalID)
		r.analysedAs(id, "Second thoughts")
		r.pass(time.Minute)
		r.settled(id, 2)
		notes := r.crm.Notes.All()
		if len(notes) != 2 || strings.Contains(notes[0].Text, "Second") || !strings.Contains(notes[1].Text, "Second") {
			t.Errorf("%+v", notes)
		}
	})
}

// TestANoteTooLong is sent once more without its transcript where the CRM refuses it for its length, or keeps nothing of it
// without a word.
func TestANoteTooLong(t *testing.T) {
	storetest.Long(t)
	eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: 1}, func(t *testing.T, r *hubRig) {
		r.quiet()
		r.patch(hub.ConnectionPatch{SyncTranscript: &yes})
		user, _ := r.rep()
		opportunity := r.crm.Records(r.main())[0].ExternalID
		r.crm.Notes.Limit(200)
		id := r.processed(user, "A talk", r.main(), opportunity)
		attempts := 1
		if r.info.NotesReadBack { // it is as any note that is lost, the first two times
			attempts = 3
			until(t, "it is written", func() bool {
				r.pass(r.lag / 2)
				return r.delivery(id).State == hub.DeliverySent
			})
		}
		d := r.reaches(id, hub.DeliverySent)
		notes := r.crm.Notes.On(r.main(), opportunity)
		if len(notes) != 1 || strings.Contains(notes[0].Text, "Transcript") || d.Transcript == nil || *d.Transcript || !strings.Contains(d.Error, "without") || d.Attempts != attempts {
			t.Errorf("%+v\n%+v", d, notes)
		}
	})
}

// TestANoteThatIsRefusedAndKept has a CRM that keeps a note, and answers that it is too long: it is found before a shorter one is sent.
func TestANoteThatIsRefusedAndKept(t *testing.T) {
	storetest.Long(t)
	eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}, func(t *testing.T, r *hubRig) {
		if r.info.NotesReadBack {
			t.Skip("its answers prove nothing anyway")
		}
		r.quiet()
		r.patch(hub.ConnectionPatch{SyncTranscript: &yes})
		user, _ := r.rep()
		record := r.crm.Records(r.main())[0].ExternalID
		r.crm.Notes.Limit(200)
		var kept atomic.Bool
		r.crm.Before(func(q *http.Request) {
			if asksToWrite(q) && kept.CompareAndSwap(false, true) {
				marker := r.deliveries("")[0].Note.Marker // which is kept before the note is sent
				r.crm.Notes.AddLabelled(r.main(), record, "A talk "+marker, "A talk\n\n"+marker)
			}
		})
		id := r.processed(user, "A talk", r.main(), record)
		r.reaches(id, hub.DeliverySent)
		r.idle()
		if d, notes := r.delivery(id), r.crm.Notes.On(r.main(), record); len(notes) != 1 || !kept.Load() || !strings.Contains(d.Error, "has it all the same") {
			t.Errorf("%+v %+v", d, notes)
		}
	})
}

// TestANoteIsCutShort has a CRM that counts bytes where we count characters, and those of the escapes of HTML, and notes without a
// transcript that are longer by that: they are cut, not lost.
func TestANoteIsCutShort(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	for name, words := range map[string]string{"letters of three bytes": "屋根の葺き替え、", "emoji": "👍🏽🏠 ", "escapes": "a & b < c "} {
		t.Run(name, func(t *testing.T) {
			eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}, func(t *testing.T, r *hubRig) {
				r.quiet()
				user, _ := r.rep()
				record := r.crm.Records(r.main())[0].ExternalID
				r.crm.Notes.LimitBy(cmp.Or(r.info.NoteMost, 4000), func(text string) int { return len(html.EscapeString(text)) })
				r.patch(hub.ConnectionPatch{Active: &no})
				id := r.processed(user, "A talk", r.main(), record)
				r.analysedAs(id, strings.Repeat(words, 6000/len([]rune(words))*8))
				r.patch(hub.ConnectionPatch{Active: &yes})
				until(t, "it is sent", func() bool {
					if r.info.NotesReadBack {
						r.pass(r.lag / 2)
					}
					return r.delivery(id).State == hub.DeliverySent
				})
				notes := r.crm.Notes.On(r.main(), record)
				if d := r.delivery(id); len(notes) != 1 || !strings.Contains(notes[0].Text, d.Note.Marker) || !strings.Contains(notes[0].Text, "Cut") || !strings.Contains(d.Error, "cut short") {
					t.Errorf("%+v\n%+v", d, notes)
				}
			})
		})
	}
}

// TestANoteIsCutUntilItFits has a CRM that takes no more than a few characters: a note without a transcript, however long, is cut until it is
// taken.
func TestANoteIsCutUntilItFits(t *testing.T) {
	storetest.Long(t)
	eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		record := r.crm.Records(r.main())[0].ExternalID
		r.crm.Notes.Limit(200)
		r.patch(hub.ConnectionPatch{Active: &no})
		id := r.processed(user, "A talk", r.main(), record)
		r.analysedAs(id, strings.Repeat("They want a new roof, and soon. ", 100))
		r.patch(hub.ConnectionPatch{Active: &yes})
		until(t, "it is sent", func() bool {
			if r.info.NotesReadBack {
				r.pass(r.lag / 2)
			}
			d := r.delivery(id)
			return d.State == hub.DeliverySent || d.State == hub.DeliveryFailed
		})
		notes := r.crm.Notes.On(r.main(), record)
		if d := r.delivery(id); len(notes) != 1 || !strings.Contains(notes[0].Text, d.Note.Marker) || !strings.Contains(notes[0].Text, "A talk") || !strings.Contains(d.Error, "cut short") {
			t.Errorf("%+v\n%+v", d, notes)
		}
	})
}

// limited is a connector whose vendor says how long a note may be.
type limited struct {
	unhurried
	most int
}

func (l limited) Info() hub.PlatformInfo {
	info := l.unhurried.Info()
	info.NoteMost = l.most
	return info
}

// TestANoteIsCutToItsLimit cuts the transcript at a line where the vendor says how long a note may be.
func TestANoteIsCutToItsLimit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		crm := pulled[0].crm(simulator.Options{Seed: 30, Records: 60, ValidateEvery: -1})
		r := newHubRig(t, url, limited{unhurried{merge.Connector{}}, 215}, crm)
		r.quiet()
		r.patch(hub.ConnectionPatch{SyncTranscript: &yes})
		user, _ := r.rep()
		crm.Notes.Limit(215)
		id := r.processed(user, "A talk", hub.ModelOpportunity, crm.Records(hub.ModelOpportunity)[0].ExternalID)
		d := r.reaches(id, hub.DeliverySent)
		notes := crm.Notes.All()
		if len(notes) != 1 || d.Error != "" || !strings.Contains(notes[0].Text, "(Cut: a note has room for no more") || !strings.Contains(notes[0].Text, d.Note.Marker) || strings.Contains(notes[0].Text, "new roof.\n1:") {
			t.Errorf("%+v\n%+v", d, notes)
		}
	})
}

// TestALockPasses lets the CRM answer that the record is locked: that is tried again.
func TestALockPasses(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	for _, kind := range []simulator.FaultKind{simulator.Locked, simulator.Conflict, simulator.TooEarly} {
		t.Run(string(kind), func(t *testing.T) {
			onMerge(t, func(t *testing.T, r *hubRig) {
				r.quiet()
				user, _ := r.rep()
				r.crm.Faults.Script(simulator.Fault{Kind: kind, Match: "/notes"})
				id := r.processed(user, "A talk", hub.ModelOpportunity, r.crm.Records(hub.ModelOpportunity)[0].ExternalID)
				until(t, "it is locked", func() bool { return r.delivery(id).Attempts == 1 })
				if d := r.delivery(id); d.State != hub.DeliveryPending {
					t.Errorf("%+v", d)
				}
				r.pass(time.Minute)
				r.reaches(id, hub.DeliverySent)
			})
		})
	}
}

// TestRetryAfterCountsOnEveryStatus lets the CRM say when to come again, with whatever status, as it is asked for notes and as one is
// written: nothing more is sent before, by whatever is due, and then the note with all that it has.
func TestRetryAfterCountsOnEveryStatus(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	for _, kind := range []simulator.FaultKind{simulator.BadRequest, simulator.Conflict, simulator.Locked, simulator.ServerError, simulator.Forbidden, simulator.Gone} {
		for of, before := range map[string][]simulator.Fault{"the look": nil, "the note": {{Match: "/notes"}}} {
			t.Run(string(kind)+" of "+of, func(t *testing.T) {
				onMerge(t, func(t *testing.T, r *hubRig) {
					r.quiet()
					r.patch(hub.ConnectionPatch{SyncTranscript: &yes})
					user, _ := r.rep()
					rows := r.crm.Records(hub.ModelOpportunity)
					r.crm.Faults.Script(append(before, simulator.Fault{Kind: kind, RetryAfter: "3600", Match: "/notes"})...)
					id := r.processed(user, "A talk", hub.ModelOpportunity, rows[0].ExternalID)
					until(t, "it was asked", func() bool { return r.delivery(id).Error != "" })
					if d := r.delivery(id); (d.State != hub.DeliveryPending && d.State != hub.DeliveryConfirming) || d.DueAt.Before(r.now().Add(50*time.Minute)) {
						t.Errorf("%+v", d)
					}
					asked := r.asked()
					second := r.processed(user, "Another", hub.ModelOpportunity, rows[1].ExternalID)
					until(t, "it was its turn", func() bool { return r.delivery(second).Error != "" || r.delivery(second).State == hub.DeliverySent })
					r.request()
					if n := r.asked(); n != asked || !strings.Contains(r.explanation(), "the next attempt is at") {
						t.Errorf("the CRM was asked %d times more: %s", n-asked, r.explanation())
					}
					r.pass(61 * time.Minute)
					r.reaches(second, hub.DeliverySent)
					until(t, "it is sent", func() bool {
						if r.delivery(id).State == hub.DeliveryConfirming { // what failed as it was sent may be there
							r.pass(r.lag / 2)
						}
						return r.delivery(id).State == hub.DeliverySent
					})
					notes := r.crm.Notes.On(hub.ModelOpportunity, rows[0].ExternalID)
					if len(notes) != 1 || !strings.Contains(notes[0].Text, "Transcript") {
						t.Errorf("%+v", notes)
					}
				})
			})
		}
	}
}

// TestARefusalForAnotherCause lets a CRM refuse a note in words that say nothing of its length: it is not sent once more, with less.
func TestARefusalForAnotherCause(t *testing.T) {
	storetest.Long(t)
	eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}, func(t *testing.T, r *hubRig) {
		if r.info.NotesReadBack {
			t.Skip("it refuses nothing")
		}
		r.quiet()
		r.patch(hub.ConnectionPatch{SyncTranscript: &yes})
		user, _ := r.rep()
		record := r.crm.Records(r.main())[0].ExternalID
		r.crm.Notes.Refuse("The customer is not active")
		id := r.processed(user, "A talk", r.main(), record)
		d := r.reaches(id, hub.DeliveryFailed)
		if notes := r.crm.Notes.On(r.main(), record); len(notes) != 0 || d.Attempts != 1 {
			t.Errorf("%+v\n%+v", d, notes)
		}
	})
}

// TestARefusalWithoutAWord lets a CRM refuse a note and not say why: a long one is sent once more without its transcript, a short one is not.
func TestARefusalWithoutAWord(t *testing.T) {
	storetest.Long(t)
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.quiet()
		r.patch(hub.ConnectionPatch{SyncTranscript: &yes})
		user, _ := r.rep()
		rows := r.crm.Records(hub.ModelOpportunity)
		mute := []simulator.Fault{{Match: "/notes"}, {Kind: simulator.HTMLPage, Match: "/notes"}}
		r.crm.Faults.Script(mute...)
		r.reaches(r.processed(user, "A short talk", hub.ModelOpportunity, rows[0].ExternalID), hub.DeliveryFailed)

		r.patch(hub.ConnectionPatch{Active: &no})
		id := r.processed(user, "A long talk", hub.ModelOpportunity, rows[1].ExternalID)
		storetest.Exec(t, r.st, `UPDATE utterances SET text = $2 WHERE recording_id = $1`, id, strings.Repeat("We need a new roof. ", 100))
		r.crm.Faults.Script(mute...)
		r.patch(hub.ConnectionPatch{Active: &yes})
		d := r.reaches(id, hub.DeliverySent)
		if notes := r.crm.Notes.On(hub.ModelOpportunity, rows[1].ExternalID); len(notes) != 1 || strings.Contains(notes[0].Text, "Transcript") || !strings.Contains(d.Error, "without") {
			t.Errorf("%+v\n%+v", d, notes)
		}
	})
}
