package engine_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/store/storetest"
)

// processed keeps a recording of some minutes with its analysis, linked by hand to a record of the CRM.
func (r *hubRig) processed(user hub.User, title string, model hub.Model, externalID string) string {
	r.t.Helper()
	return r.analyzed(user, title, model, externalID, `[{"name":"Budget","value":1250000}]`)
}

// analyzed is processed, with the values that were found in it.
func (r *hubRig) analyzed(user hub.User, title string, model hub.Model, externalID, values string) string {
	r.t.Helper()
	id := r.record(user, time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC), 30)
	storetest.Exec(r.t, r.st, `UPDATE recordings SET title = $2, status = 'COMPLETE', processed_at = created_at, result = 'closed', score = 87, analysis = $3 WHERE id = $1`, id, title,
		`{"speakers":{"0":"Rita"},"summary":[{"id":"1","header":"Needs","content":"A new roof."}],
		"extractions":[{"id":"1","definitionId":"d","status":"done","values":`+values+`}]}`)
	for i, text := range []string{"Good morning.", "We need a new roof."} {
		storetest.Exec(r.t, r.st, `INSERT INTO utterances (organization_id, recording_id, position, speaker, text, start_ms, end_ms, redacted)
			VALUES ($1, $2, $3, $4, $5, 0, 1, $6)`, r.conn.OrganizationID, id, i, fmt.Sprint(i), text, false)
	}
	if _, err := r.st.SetLink(r.t.Context(), r.conn.OrganizationID, id, hub.Link{ConnectionID: r.conn.ID, Model: model, ExternalID: externalID}); err != nil {
		r.t.Fatal(err)
	}
	return id
}

// sent is processed, once all is read and the note is sent to the first record of the main model.
func (r *hubRig) sent() (id, record string) {
	r.t.Helper()
	r.quiet()
	user, _ := r.rep()
	record = r.crm.Records(r.main())[0].ExternalID
	id = r.processed(user, "A talk", r.main(), record)
	r.reaches(id, hub.DeliverySent)
	return id, record
}

// delivery is the one delivery of a recording.
func (r *hubRig) delivery(recording string) hub.Delivery {
	r.t.Helper()
	ds, err := r.st.Deliveries(r.t.Context(), r.conn.OrganizationID, deliveriesOf(r.conn.ID, recording))
	if err != nil || len(ds) != 1 {
		r.t.Fatalf("%v %+v", err, ds)
	}
	return ds[0]
}

func (r *hubRig) reaches(recording string, state hub.DeliveryState) hub.Delivery {
	r.t.Helper()
	var d hub.Delivery
	until(r.t, "the delivery is "+string(state), func() bool {
		d = r.delivery(recording)
		return d.State == state
	})
	return d
}

func (r *hubRig) patch(p hub.ConnectionPatch) {
	r.t.Helper()
	if _, err := r.st.PatchConnection(r.t.Context(), r.conn.OrganizationID, r.conn.ID, p); err != nil {
		r.t.Fatal(err)
	}
}

var yes, no = true, false

// quiet syncs once and no more: what is asked of the CRM from now on is asked by deliveries.
func (r *hubRig) quiet() {
	r.t.Helper()
	r.synced("")
	if err := r.st.SetSyncInterval(r.t.Context(), r.conn.OrganizationID, r.conn.ID, 1000*time.Hour); err != nil {
		r.t.Fatal(err)
	}
	r.pulled()
}

func TestWriteBack(t *testing.T) {
	eachConnector(t, simulator.Options{Seed: 40, Records: 60, ValidateEvery: 1}, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		opportunity := r.crm.Records(r.main())[0].ExternalID
		first := r.processed(user, "First talk", r.main(), opportunity)
		d := r.reaches(first, hub.DeliverySent)
		notes := r.crm.Notes.On(r.main(), opportunity)
		if len(notes) != 1 {
			t.Fatalf("%d notes: %+v", len(notes), notes)
		}
		for _, text := range []string{"First talk", "Result: closed", "Score: 87", "Needs\nA new roof.", "Budget: 1250000", "30 minutes", d.Note.Marker} {
			if !strings.Contains(notes[0].Text, text) {
				t.Errorf("%q is not in\n%s", text, notes[0].Text)
			}
		}
		if strings.Contains(notes[0].Text, "We need a new roof.") || d.Transcript == nil || *d.Transcript || d.NoteID == "" || d.SentAt.IsZero() || d.Attempts != 1 {
			t.Errorf("without transcript: %+v\n%s", d, notes[0].Text)
		}
		if r.recording(first).WrittenAt.IsZero() {
			t.Error("the recording does not know that it was written")
		}
		r.patch(hub.ConnectionPatch{SyncTranscript: &yes})
		second := r.processed(user, "Second talk", r.main(), opportunity)
		if d := r.reaches(second, hub.DeliverySent); d.Transcript == nil || !*d.Transcript {
			t.Errorf("with transcript: %+v", d)
		}
		notes = r.crm.Notes.On(r.main(), opportunity)
		if len(notes) != 2 || !strings.Contains(notes[1].Text, "Rita: Good morning.\n1: We need a new roof.") {
			t.Errorf("%+v", notes)
		}
		// A replay finds what is there.
		if _, err := r.st.ReplayDelivery(t.Context(), r.conn.OrganizationID, d.ID); err != nil {
			t.Fatal(err)
		}
		until(t, "it is sent again", func() bool {
			as, err := r.st.DeliveryAttempts(t.Context(), d)
			return err == nil && len(as) == 2 && r.delivery(first).State == hub.DeliverySent
		})
		if n := r.crm.Notes.Count(d.Note.Marker); n != 1 {
			t.Errorf("it is there %d times", n)
		}
		if again := r.delivery(first); again.Transcript == nil || *again.Transcript || !again.SentAt.Equal(d.SentAt) {
			t.Errorf("what was found there is told as %+v, after %+v", again, d)
		}
		for _, v := range r.crm.Violations() {
			t.Error(v)
		}
	})
}

func TestNoteGoesToWhatTheEngagementIsAbout(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) { // Merge takes no notes on engagements
		r.quiet()
		user, _ := r.rep()
		engagements := r.crm.Records(hub.ModelEngagement)
		about := engagements[slices.IndexFunc(engagements, func(e hub.Record) bool { return e.Refs.Account != "" && !e.Deleted })]
		id := r.processed(user, "A talk", hub.ModelEngagement, about.ExternalID)
		r.reaches(id, hub.DeliverySent)
		if n := len(r.crm.Notes.On(hub.ModelAccount, about.Refs.Account)); n != 1 {
			t.Errorf("%d notes on the account: %+v", n, r.crm.Notes.All())
		}
	})
}

// TestALostAnswerWritesNothingTwice breaks the connection after the CRM has stored the note, in the middle of the answer and before it.
func TestALostAnswerWritesNothingTwice(t *testing.T) {
	for _, kind := range []simulator.FaultKind{simulator.Drop, simulator.NoAnswer} {
		t.Run(string(kind), func(t *testing.T) { lostAnswerWritesNothingTwice(t, kind) })
	}
}

func lostAnswerWritesNothingTwice(t *testing.T, kind simulator.FaultKind) {
	t.Helper()
	eachConnector(t, simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		opportunity := r.crm.Records(r.main())[0].ExternalID
		r.crm.Before(func(q *http.Request) {
			if asksToWrite(q) && len(r.crm.Notes.All()) == 0 {
				r.crm.Faults.Script(simulator.Fault{Kind: kind})
			}
		})
		id := r.processed(user, "A talk", r.main(), opportunity)
		until(t, "the answer is lost", func() bool { return r.delivery(id).Error != "" })
		if n := len(r.crm.Notes.All()); n != 1 || r.delivery(id).State != hub.DeliveryConfirming {
			t.Fatalf("%d notes, %+v", n, r.delivery(id))
		}
		r.ahead.Store(int64(time.Minute))
		d := r.reaches(id, hub.DeliverySent)
		if n := len(r.crm.Notes.All()); n != 1 || d.Attempts != 2 || d.NoteID == "" || d.Transcript != nil {
			t.Errorf("%d notes, %+v", n, d)
		}
		if as, err := r.st.DeliveryAttempts(t.Context(), d); err != nil || len(as) != 2 || as[0].Error != "" || as[1].Error == "" {
			t.Errorf("%v %+v", err, as)
		}
	})
}

func TestPauseHoldsAndResumeSendsInOrder(t *testing.T) {
	storetest.Long(t)
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		opportunity := r.crm.Records(hub.ModelOpportunity)[0].ExternalID
		// It is paused while the vendor lets a delivery hang.
		hanging, once := make(chan struct{}), sync.Once{}
		r.crm.Before(func(q *http.Request) {
			if strings.HasSuffix(q.URL.Path, "/notes") {
				once.Do(func() { close(hanging) })
			}
		})
		r.crm.Faults.Always(simulator.Fault{Kind: simulator.Hang, Match: "/notes"})
		var ids []string
		ids = append(ids, r.processed(user, "talk 0", hub.ModelOpportunity, opportunity))
		<-hanging
		r.patch(hub.ConnectionPatch{Active: &no})
		for i := range 4 {
			ids = append(ids, r.processed(user, fmt.Sprintf("talk %d", i+1), hub.ModelOpportunity, opportunity))
		}
		r.crm.Faults.Stop()
		r.idle()
		if n := len(r.crm.Notes.All()); n != 0 {
			t.Fatalf("%d notes while it is paused", n)
		}
		for _, id := range ids {
			if d := r.delivery(id); d.State != hub.DeliveryPending {
				t.Errorf("%+v", d)
			}
		}
		// The first of them fails once: those to the same record wait for it, the one to another does not.
		r.crm.Faults.Script(simulator.Fault{Kind: simulator.ServerError, Match: "/notes"})
		other := r.processed(user, "other", hub.ModelOpportunity, r.crm.Records(hub.ModelOpportunity)[1].ExternalID)
		r.patch(hub.ConnectionPatch{Active: &yes})
		r.reaches(other, hub.DeliverySent)
		if n := len(r.crm.Notes.All()); n != 1 {
			t.Errorf("%d notes while the first is retried", n)
		}
		r.ahead.Store(int64(time.Minute))
		for _, id := range ids {
			r.reaches(id, hub.DeliverySent)
		}
		for i, n := range r.crm.Notes.On(hub.ModelOpportunity, opportunity) {
			if want := fmt.Sprintf("talk %d\n", i); !strings.HasPrefix(n.Text, want) {
				t.Errorf("note %d is %q", i, n.Text)
			}
		}
	})
}

// idle waits until nobody works on the connection's deliveries, nor is going to.
func (r *hubRig) idle() {
	r.t.Helper()
	until(r.t, "no turn of write-back is under way", func() bool {
		return storetest.Count(r.t, r.st, `SELECT COUNT(*) FROM tasks WHERE kind = 'WRITE_BACK' AND (lease_until IS NOT NULL OR due_at IS NOT NULL)`) == 0
	})
}

func TestRefusedAndFailingDeliveries(t *testing.T) {
	storetest.Long(t)
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		opportunity := r.crm.Records(hub.ModelOpportunity)[0].ExternalID
		// The CRM is busy, then it has a problem, then all is well.
		r.crm.Faults.Script(simulator.Fault{Kind: simulator.RateLimited, RetryAfter: "1", Match: "/notes"}, simulator.Fault{Kind: simulator.Unavailable, Match: "/notes"})
		busy := r.processed(user, "busy", hub.ModelOpportunity, opportunity)
		until(t, "the CRM has a problem", func() bool { return strings.Contains(r.delivery(busy).Error, "503") })
		r.ahead.Add(int64(time.Minute))
		if d := r.reaches(busy, hub.DeliverySent); d.Attempts != 2 {
			t.Errorf("waiting for a rate limit uses up an attempt: %+v", d)
		}
		// A problem that stays: it fails in the end, is replayed, and sent.
		r.crm.Faults.Always(simulator.Fault{Kind: simulator.ServerError, Match: "/notes"})
		failing := r.processed(user, "failing", hub.ModelOpportunity, opportunity)
		until(t, "it has failed", func() bool {
			r.pass(time.Hour)
			return r.delivery(failing).State == hub.DeliveryFailed
		})
		d := r.delivery(failing)
		if as, err := r.st.DeliveryAttempts(t.Context(), d); err != nil || len(as) != d.Attempts || d.Attempts < 5 || as[0].At.Sub(as[len(as)-1].At) < 15*time.Hour {
			t.Errorf("%v %+v", err, as)
		}
		r.crm.Faults.Stop()
		if _, err := r.st.ReplayDelivery(t.Context(), r.conn.OrganizationID, d.ID); err != nil {
			t.Fatal(err)
		}
		r.reaches(failing, hub.DeliverySent)
		// Refused credentials wait for new ones, with all that waits behind them.
		r.crm.Faults.Always(simulator.Fault{Kind: simulator.Unauthorized, Match: "/notes"})
		refused := r.processed(user, "refused", hub.ModelOpportunity, opportunity)
		until(t, "it waits", func() bool { return strings.Contains(r.delivery(refused).Error, "not accepted") })
		until(t, "no job is at it", func() bool {
			return storetest.Count(r.t, r.st, `SELECT COUNT(*) FROM tasks WHERE kind = 'WRITE_BACK' AND lease_until IS NOT NULL`) == 0
		})
		asked := r.crm.Faults.Taken(simulator.Unauthorized)
		behind := r.processed(user, "behind", hub.ModelOpportunity, r.crm.Records(hub.ModelOpportunity)[1].ExternalID)
		until(t, "it is told why", func() bool {
			return strings.Contains(r.delivery(refused).Error+r.delivery(behind).Error, "needs credentials")
		})
		if n := r.crm.Faults.Taken(simulator.Unauthorized); n != asked {
			t.Errorf("refused credentials were tried again")
		}
		r.crm.Faults.Stop()
		creds, err := r.st.Credentials(t.Context(), r.conn.OrganizationID, r.conn.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.st.PutCredentials(t.Context(), r.conn.OrganizationID, r.conn.ID, creds.Values); err != nil {
			t.Fatal(err)
		}
		r.reaches(refused, hub.DeliverySent)
		r.reaches(behind, hub.DeliverySent)
		// A link that moves before it was sent takes its delivery back.
		r.patch(hub.ConnectionPatch{Active: &no})
		moved := r.processed(user, "moved", hub.ModelOpportunity, opportunity)
		if _, err := r.st.RemoveLink(t.Context(), r.conn.OrganizationID, moved, ""); err != nil {
			t.Fatal(err)
		}
		if d := r.delivery(moved); d.State != hub.DeliveryCanceled || !d.DueAt.IsZero() {
			t.Errorf("%+v", d)
		}
	})
}

// TestALinkThatMovesWithTheAnalysisIsWrittenBackOnce lets the analysis bring the words that move the link.
func TestALinkThatMovesWithTheAnalysisIsWrittenBackOnce(t *testing.T) {
	storetest.Long(t)
	onMerge(t, func(t *testing.T, r *hubRig) {
		user, crmUser := r.rep()
		day := time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)
		r.quiet()
		if err := r.st.SetThresholds(t.Context(), r.conn.OrganizationID, r.conn.ID, hub.Thresholds{Time: 0.5, Contact: 0.5}); err != nil {
			t.Fatal(err)
		}
		accounts := r.crm.Records(hub.ModelAccount)
		// Two at once, and one of the next day; each is of a customer of their own.
		first, second := r.meets(0, crmUser, "MEETING", day, 60), r.meets(1, crmUser, "MEETING", day.Add(10*time.Minute), 60)
		third := r.meets(2, crmUser, "MEETING", day.AddDate(0, 0, 1), 60)
		for i, name := range []string{"Ann Marden", "Cleo Quillfeather", "Bo Tamsin"} {
			r.crm.Change(hub.ModelAccount, accounts[i].ExternalID, func(a *hub.Record) { a.Name = name })
			r.crm.Change(hub.ModelEngagement, []string{first, second, third}[i], func(e *hub.Record) { e.Refs.Account = accounts[i].ExternalID })
		}
		r.pulled()
		moves, stays := r.record(user, day.Add(3*time.Minute), 50), r.record(user, day.AddDate(0, 0, 1), 50)
		r.comes(moves, first, "It is of the appointment")
		r.comes(stays, third, "It is of the appointment")
		moved := make(chan struct{})
		r.crm.Before(func(q *http.Request) {
			if q.Method == http.MethodPost { // no note before the link has moved
				select {
				case <-moved:
				case <-q.Context().Done():
				}
			}
		})
		for id, said := range map[string]string{moves: "Is this the Quillfeather residence?", stays: "Good morning."} {
			result := hub.AnalysisResult{Utterances: []hub.Utterance{{Speaker: "0", Text: said}},
				OutcomeLabel: "Won"}
			if _, err := r.st.PutAnalysis(t.Context(), r.conn.OrganizationID, id, result); err != nil {
				t.Fatal(err)
			}
		}
		r.comes(moves, second, "“quillfeather” was spoken of")
		r.comes(stays, third, "It is of the appointment")
		close(moved)
		for _, id := range []string{moves, stays} {
			until(t, "it is written back", func() bool { return !r.recording(id).WrittenAt.IsZero() })
		}
		r.idle()
		for _, id := range []string{moves, stays} {
			if d := r.delivery(id); d.State != hub.DeliverySent || d.ExternalID != r.recording(id).Link.ExternalID {
				t.Errorf("%+v", d)
			}
		}
		if n := len(r.crm.Notes.All()); n != 2 {
			t.Errorf("%d notes", n)
		}
	})
}

// TestANoteIsTakenBackInTime unlinks a recording while the CRM is asked whether its note is there.
func TestANoteIsTakenBackInTime(t *testing.T) {
	storetest.Long(t)
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		var id string
		linked, once := make(chan struct{}), sync.Once{}
		r.crm.Before(func(q *http.Request) {
			if strings.HasSuffix(q.URL.Path, "/notes") {
				once.Do(func() {
					<-linked
					if _, err := r.st.RemoveLink(t.Context(), r.conn.OrganizationID, id, ""); err != nil {
						t.Error(err)
					}
				})
			}
		})
		id = r.processed(user, "A talk", hub.ModelOpportunity, r.crm.Records(hub.ModelOpportunity)[0].ExternalID)
		close(linked)
		r.idle()
		if d := r.delivery(id); d.State != hub.DeliveryCanceled || len(r.crm.Notes.All()) != 0 {
			t.Errorf("%+v, %d notes", d, len(r.crm.Notes.All()))
		}
	})
}

// TestNothingThatTakesANote links recordings to appointments, which take no note: one that is about nothing waits for a day until it is, and
// then the delivery fails and says what to link instead; where what it is about may still come, it waits for that.
func TestNothingThatTakesANote(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		r := newHubRig(t, url, pulled[1].connector, pulled[1].crm(simulator.Options{Seed: 44, Records: 40, ValidateEvery: -1}))
		appointments := r.crm.Records(hub.ModelEngagement)
		alone, ahead := appointments[0].ExternalID, appointments[1].ExternalID
		r.crm.Change(hub.ModelEngagement, alone, func(e *hub.Record) { e.Refs.Opportunity = "" })
		r.crm.Change(hub.ModelEngagement, ahead, func(e *hub.Record) { e.Refs.Opportunity = "1500009999" })
		r.quiet()
		user, _ := r.rep()
		failed := r.processed(user, "Talk", hub.ModelEngagement, alone)
		r.comesTo(failed, hub.DeliveryFailed)
		if d := r.delivery(failed); d.Attempts < 2 || !strings.Contains(d.Error, "link the recording to an OPPORTUNITY or a LEAD or an ACCOUNT instead") {
			t.Errorf("%+v", d)
		}
		later := r.processed(user, "Talk", hub.ModelEngagement, alone)
		until(t, "it was tried", func() bool { return r.delivery(later).Attempts > 0 })
		job := r.crm.Records(hub.ModelOpportunity)[0].ExternalID
		r.crm.Change(hub.ModelEngagement, alone, func(e *hub.Record) { e.Refs.Opportunity = job })
		r.pulled()
		r.comesTo(later, hub.DeliverySent)
		if on := r.crm.Notes.On(hub.ModelOpportunity, job); len(on) != 1 {
			t.Errorf("%+v", on)
		}
		// Its customer, who is known, takes notes too; but the job is where it belongs.
		waits := r.processed(user, "Talk", hub.ModelEngagement, ahead)
		until(t, "it was tried", func() bool { return r.delivery(waits).Attempts == 1 })
		if d := r.delivery(waits); d.State != hub.DeliveryPending || !strings.Contains(d.Error, "not known here yet") {
			t.Errorf("%+v", d)
		}
	})
}

// TestANoteOnAContactOfTwoProjects links recordings to the contact of one project, who becomes that of another one as well: a note that was
// sent before is where it was, also where its answer was lost, and what comes after is refused, as nobody knows which of the two it is about.
func TestANoteOnAContactOfTwoProjects(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		r := newHubRig(t, url, pulled[2].connector, pulled[2].crm(simulator.Options{Seed: 41, Records: 60, ValidateEvery: -1}))
		r.quiet()
		user, _ := r.rep()
		var first, contact, second string
		for _, p := range r.living(hub.ModelOpportunity) {
			switch {
			case p.Refs.Contact == "" || second != "":
			case first == "":
				first, contact = p.ExternalID, p.Refs.Contact
			default:
				second = p.ExternalID
			}
		}
		sent := r.processed(user, "A talk", hub.ModelContact, contact)
		r.reaches(sent, hub.DeliverySent)
		r.idle()
		r.loseAnswer()
		lost := r.processed(user, "Another talk", hub.ModelContact, contact)
		until(t, "the answer is lost", func() bool { return r.delivery(lost).State == hub.DeliveryConfirming && r.delivery(lost).Error != "" })
		storetest.Exec(t, r.st, `UPDATE records SET contact_ref = $1 WHERE model = 'OPPORTUNITY' AND external_id = $2`, contact, second)
		storetest.Exec(t, r.st, `UPDATE records SET opportunity_ref = $1 WHERE model = 'CONTACT' AND external_id = $2`, second, contact)

		until(t, "it is found", func() bool {
			r.pass(r.lag)
			return r.delivery(lost).State == hub.DeliverySent
		})
		r.analysedAs(sent, "Second thoughts")
		r.settled(sent, 2)
		after := r.processed(user, "A third talk", hub.ModelContact, contact)
		if d := r.reaches(after, hub.DeliveryFailed); !strings.Contains(d.Error, "link the recording to one of them") {
			t.Errorf("%s", d.Error)
		}
		r.link(after, hub.ModelOpportunity, second)
		until(t, "it is sent to the one that was chosen", func() bool { return len(r.crm.Notes.On(hub.ModelOpportunity, second)) == 1 })
		r.idle()
		if one, other := r.crm.Notes.On(hub.ModelOpportunity, first), r.crm.Notes.On(hub.ModelOpportunity, second); len(one) != 3 || len(other) != 1 {
			t.Errorf("%d notes on the first, %d on the second", len(one), len(other))
		}
	})
}
