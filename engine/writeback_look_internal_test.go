package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store/storetest"
)

// lookingCRM is notingCRM that can be asked for notes, and answers as it is told.
type lookingCRM struct {
	notingCRM
	asked int
	found connector.FoundNote
	err   error
}

func (c *lookingCRM) FindNote(context.Context, *connector.Session, connector.NoteQuery) (connector.FoundNote, error) {
	c.asked++
	return c.found, c.err
}

// TestWhatALookProvesOfACorrection looks for the note that is corrected, once the CRM must list it: one that is there is corrected, one that is
// not is believed to be gone by the second look, and an error proves nothing.
func TestWhatALookProvesOfACorrection(t *testing.T) {
	crm := &lookingCRM{accounts: 20}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		t := l.t
		c := l.connect(crm.Info(), map[string]string{})
		l.pass(time.Hour)
		on := hub.RecordRef{Model: hub.ModelAccount, ExternalID: "0"}
		away := connector.Fail(connector.Temporary, "Noting CRM", "it is away")
		corrected := func(sent time.Duration, marker string, on hub.RecordRef) []hub.Delivery {
			return []hub.Delivery{{NoteID: "7", SentAt: time.Now().Add(-sent), Note: hub.DeliveredNote{Marker: marker, On: on}}}
		}
		const lately, before = noteLag - time.Second, noteLag
		for name, test := range map[string]struct {
			corrected []hub.Delivery
			change    func(d *hub.Delivery)
			found     connector.FoundNote
			err       error
			asked     int
			state     hub.DeliveryState // of what is not to be written; empty where it is
			absent    bool
			says      string
		}{
			"it is there":           {corrected(before, "m", on), nil, connector.FoundNote{ExternalID: "7"}, nil, 1, "", false, ""},
			"it was written lately": {corrected(lately, "m", on), nil, connector.FoundNote{}, nil, 0, "", false, ""},
			"nothing is corrected":  {nil, nil, connector.FoundNote{}, nil, 0, "", false, ""},
			"it has no marker":      {corrected(before, "", on), nil, connector.FoundNote{}, nil, 0, "", false, ""},
			"it stands elsewhere":   {corrected(before, "m", hub.RecordRef{Model: hub.ModelAccount, ExternalID: "1"}), nil, connector.FoundNote{}, nil, 0, "", false, ""},
			"it is replayed":        {corrected(before, "m", on), func(d *hub.Delivery) { d.Replayed = true }, connector.FoundNote{}, nil, 0, "", false, ""},
			"the look fails":        {corrected(before, "m", on), nil, connector.FoundNote{}, away, 1, "", false, away.Error()},
			"it is not found":       {corrected(before, "m", on), nil, connector.FoundNote{}, nil, 1, hub.DeliveryPending, true, "The note was not found on the ACCOUNT 0. It is looked for once more before that is believed."},
			"it is not found again": {corrected(before, "m", on), func(d *hub.Delivery) { d.Absences = 1 }, connector.FoundNote{}, nil, 1, hub.DeliveryCanceled, false, "is no longer on the ACCOUNT 0, or was changed there"},
			"it was moved":          {corrected(before, "m", on), nil, connector.FoundNote{ExternalID: "7", Moved: true}, nil, 1, hub.DeliveryCanceled, false, "was moved away from the ACCOUNT 0."},
		} {
			s := &deliveryAttempt{deliveryWorker: l.notes(c), conn: c, delivery: hub.Delivery{OrganizationID: c.OrganizationID, ConnectionID: c.ID, ID: hub.NewID()}}
			if err := s.open(t.Context(), crm); err != nil {
				t.Fatal(err)
			}
			if test.change != nil {
				test.change(&s.delivery)
			}
			crm.asked, crm.found, crm.err = 0, test.found, test.err
			err := s.stands(t.Context(), crm, test.corrected, on)
			said := ""
			if err != nil {
				said = err.Error()
			}
			unneeded, ok := errors.AsType[*unneededError](err)
			if ok != (test.state != "") || ok && (unneeded.end.State != test.state || unneeded.end.Absent != test.absent) || (said == "") != (test.says == "") || !strings.Contains(said, test.says) || crm.asked != test.asked {
				t.Errorf("%s: asked %d times: %v", name, crm.asked, err)
			}
		}
	})
}

// TestWhatAbsenceProves is the table of what becomes of a note that nobody knows of whether it was written, by the looks that did not find it.
func TestWhatAbsenceProves(t *testing.T) {
	crm := &notingCRM{accounts: 20}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		t := l.t
		c := l.connect(crm.Info(), map[string]string{})
		l.pass(time.Minute)
		for i, test := range []struct {
			name     string
			absences int
			asked    time.Duration // how long ago it was sent
			attempts int
			change   string
			state    hub.DeliveryState
			wait     time.Duration // until it is due; less than 0 is never
			left     int64         // absences
		}{
			{"the first look", 0, noteLag, 1, "", hub.DeliveryConfirming, 3 * deliveryWaitMin, 1},
			{"the second, too early", 1, noteLag - 10*time.Second, 1, "", hub.DeliveryConfirming, 10 * time.Second, 2},
			{"the second", 1, noteLag, 1, "", hub.DeliveryPending, 0, 2},
			{"the second, of the last attempt but one", 1, noteLag, deliveryAttempts - 1, "", hub.DeliveryPending, 0, 2},
			{"the second, of the last attempt", 1, noteLag, deliveryAttempts, "", hub.DeliveryFailed, -1, 2},
			{"the third, of the last attempt", 2, noteLag, deliveryAttempts, "", hub.DeliveryFailed, -1, 3},
			{"withdrawn, of the last attempt", 1, noteLag, deliveryAttempts, `UPDATE deliveries SET withdrawn = 'The link has moved.' WHERE id = $1`, hub.DeliveryCanceled, -1, 2},
			{"the CRM had it", 1, noteLag, deliveryAttempts, `UPDATE deliveries SET sent_at = asked_at WHERE id = $1`, hub.DeliverySent, -1, 2},
			{"the CRM had it, and it is withdrawn", 1, noteLag, 1, `UPDATE deliveries SET sent_at = asked_at, withdrawn = 'The link has moved.' WHERE id = $1`, hub.DeliveryCanceled, -1, 2},
		} {
			d := l.delivers(c, i)
			storetest.Exec(t, l.st, `UPDATE deliveries SET state = 'CONFIRMING', asked_at = $2, absences = $3, attempts = $4, error = 'no answer' WHERE id = $1`, d.ID, time.Now().Add(-test.asked).UnixMicro(), test.absences, test.attempts)
			if test.change != "" {
				storetest.Exec(t, l.st, test.change, d.ID)
			}
			s := &deliveryAttempt{deliveryWorker: l.notes(c), conn: c, delivery: l.delivery(c, d.RecordingID)}
			now := time.Now()
			if err := s.absent(t.Context(), crm, now); err != nil {
				t.Fatal(err)
			}
			after := l.delivery(c, d.RecordingID)
			due := test.wait < 0 && after.DueAt.IsZero() || test.wait >= 0 && within(after.DueAt, now, test.wait)
			if after.State != test.state || !due || after.Absences != test.left || after.Attempts != test.attempts {
				t.Errorf("%s: due after %s: %+v", test.name, after.DueAt.Sub(now), after)
			}
		}
	})
}

// TestLinksThatNobodyIsAskedAbout holds a link without a question where the rule did not make it, or may no longer move it, and where it is
// another one than the delivery's.
func TestLinksThatNobodyIsAskedAbout(t *testing.T) {
	crm := &lookingCRM{accounts: 1}
	link := hub.Link{By: hub.LinkedByMatching, Model: hub.ModelAccount, ExternalID: "7", ConnectionID: "c"}
	for name, change := range map[string]func(r *hub.Recording){
		"a person linked it":     func(r *hub.Recording) { r.Link.By = hub.LinkedByHand },
		"it is offered":          func(r *hub.Recording) { r.Link.By = hub.Offered },
		"it was written back":    func(r *hub.Recording) { r.WrittenAt = virtualStart },
		"it was deleted":         func(r *hub.Recording) { r.DeletedAt = virtualStart },
		"it is to another model": func(r *hub.Recording) { r.Link.Model = hub.ModelLead },
		"it is to another id":    func(r *hub.Recording) { r.Link.ExternalID = "8" },
	} {
		r := hub.Recording{Link: link}
		change(&r)
		s := &deliveryAttempt{delivery: hub.Delivery{Model: link.Model, ExternalID: link.ExternalID}} // without a worker, which asking takes
		holds, err := func() (holds bool, err error) {
			defer func() {
				if p := recover(); p != nil {
					err = fmt.Errorf("it was asked about: %v", p)
				}
			}()
			return s.linkHolds(t.Context(), crm, r)
		}()
		if !holds || err != nil {
			t.Errorf("%s: %t, %v", name, holds, err)
		}
	}
}

// TestATranscriptOfManyUtterances reads more of them than one page has, and as many as pages have.
func TestATranscriptOfManyUtterances(t *testing.T) {
	crm := &notingCRM{accounts: 1}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		t := l.t
		c := l.connect(crm.Info(), map[string]string{})
		for _, n := range []int{0, 1, transcriptPage - 1, transcriptPage, transcriptPage + 1, 2*transcriptPage + 1} {
			id := storetest.Recording(t, l.st, c.OrganizationID, "somebody", virtualStart, time.Hour)
			want := ""
			var said []hub.Utterance
			for i := range n {
				said = append(said, hub.Utterance{Speaker: "a", Text: fmt.Sprintf("Word %d.", i)})
				want += fmt.Sprintf("Ada: Word %d.\n", i)
			}
			if _, err := l.st.PutAnalysis(t.Context(), c.OrganizationID, id, hub.AnalysisResult{OutcomeLabel: "Won", Speakers: map[string]string{"a": "Ada"}, Utterances: said}); err != nil {
				t.Fatal(err)
			}
			r, err := l.st.Recording(t.Context(), c.OrganizationID, id)
			if err != nil {
				t.Fatal(err)
			}
			s := &deliveryAttempt{deliveryWorker: l.notes(c), conn: c}
			if got, err := s.transcript(t.Context(), r); err != nil || got != want {
				t.Errorf("of %d utterances: %d bytes, and not %d: %v", n, len(got), len(want), err)
			}
		}
	})
}
