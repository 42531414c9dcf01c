package engine

import (
	"errors"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// attempt is an attempt at a delivery, as the job that holds the connection's task makes it.
func (l *life) attempt(c hub.Connection, d hub.Delivery) *deliveryAttempt {
	return &deliveryAttempt{deliveryWorker: l.notes(c), conn: c, delivery: d}
}

// TestANoteWaitsForItsLink has a recording that is linked to another record than its delivery is to: nothing is written, and it is said that the
// recording is not linked to it now.
func TestANoteWaitsForItsLink(t *testing.T) {
	written := 0
	crm := &notingCRM{accounts: 3, write: func(connector.Note) error { written++; return nil }}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		t := l.t
		c := l.connect(crm.Info(), map[string]string{})
		l.pass(time.Hour)
		d := l.delivers(c, 0)
		storetest.Exec(t, l.st, `UPDATE recordings SET link_external_id = '1' WHERE id = $1`, d.RecordingID)
		if err := l.attempt(c, d).send(t.Context()); err != nil {
			t.Fatal(err)
		}
		if after := l.delivery(c, d.RecordingID); after.State != hub.DeliveryPending || !strings.Contains(after.Error, "the recording is not linked to the ACCOUNT 0 now") || written != 0 {
			t.Errorf("%d notes are written: %+v", written, after)
		}
	})
}

// TestWhatALinkLeadsTo is what a delivery's record is, as the CRM has it: one that is gone may come back, and is an error until then.
func TestWhatALinkLeadsTo(t *testing.T) {
	crm := &notingCRM{accounts: 3}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		t := l.t
		c := l.connect(crm.Info(), map[string]string{})
		l.pass(time.Hour)
		d := l.delivers(c, 0)
		r, err := l.st.Recording(t.Context(), c.OrganizationID, d.RecordingID)
		if err != nil {
			t.Fatal(err)
		}
		if found, err := l.attempt(c, d).linked(t.Context(), r, crm.Info()); err != nil || found == nil {
			t.Errorf("%+v, %v", found, err)
		}
		d.ExternalID = "none"
		if found, err := l.attempt(c, d).linked(t.Context(), r, crm.Info()); found != nil || !connector.IsKind(err, connector.Temporary) || !strings.Contains(err.Error(), "the ACCOUNT that the recording is linked to is gone") {
			t.Errorf("%+v, %v", found, err)
		}
	})
}

// TestWhereANoteWasProven knows a note on the record that it was written to, and on what that was merged into since, and on no other.
func TestWhereANoteWasProven(t *testing.T) {
	crm := &notingCRM{accounts: 4}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		t := l.t
		c := l.connect(crm.Info(), map[string]string{})
		l.pass(time.Hour)
		storetest.Exec(t, l.st, `UPDATE records SET merged_into = '3', deleted_at = 1 WHERE connection_id = $1 AND external_id = '2'`, c.ID)
		account := func(id string) hub.RecordRef { return hub.RecordRef{Model: hub.ModelAccount, ExternalID: id} }
		for _, test := range []struct {
			sent   bool
			on, at hub.RecordRef
			want   bool
		}{
			{true, account("0"), account("0"), true}, {true, account("0"), account("1"), false}, {true, account("2"), account("3"), true}, {true, account("2"), account("2"), false},
			{true, hub.RecordRef{}, account("0"), true}, {false, account("0"), account("0"), false}, {false, hub.RecordRef{}, account("0"), false},
		} {
			s := l.attempt(c, hub.Delivery{Note: hub.DeliveredNote{On: test.on}})
			if test.sent {
				s.delivery.SentAt = virtualStart
			}
			if got, err := s.wasProven(t.Context(), test.at); err != nil || got != test.want {
				t.Errorf("%+v: %t, %v", test, got, err)
			}
		}
	})
}

// TestANoteOfALinkThatDoesNotHold belongs nowhere: where the rule does not make the link again, it was taken back.
func TestANoteOfALinkThatDoesNotHold(t *testing.T) {
	crm := &notingCRM{accounts: 3}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		t := l.t
		c := l.connect(crm.Info(), map[string]string{})
		l.pass(time.Hour)
		on := hub.RecordRef{Model: hub.ModelAccount, ExternalID: "0"}
		for _, by := range []hub.LinkBy{hub.LinkedByHand, hub.LinkedByMatching} {
			d := l.delivers(c, 0)
			storetest.Exec(t, l.st, `UPDATE recordings SET link_by = $1 WHERE id = $2`, string(by), d.RecordingID)
			d.Note.On = on
			belongs, err := l.attempt(c, d).belongsNow(t.Context(), crm)
			if by == hub.LinkedByHand && (err != nil || belongs != on) || by == hub.LinkedByMatching && (!errors.Is(err, errWithdrawn) || belongs != hub.RecordRef{}) {
				t.Errorf("linked by %s it belongs on %+v, %v", by, belongs, err)
			}
		}
	})
}

// TestTheReadingThatBeganFirstGoesOn: of the whole readings that are under way the oldest goes on, whatever the order of the models, and one that
// waits for its next try does not.
func TestTheReadingThatBeganFirstGoesOn(t *testing.T) {
	now := virtualStart
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	models := []hub.Model{hub.ModelUser, hub.ModelAccount, hub.ModelContact}
	for name, test := range map[string]struct {
		began [3]time.Duration
		waits int // which of them waits; less than 0 is none
		want  hub.Model
	}{
		"the first":                  {[3]time.Duration{3 * time.Hour, 2 * time.Hour, time.Hour}, -1, hub.ModelUser},
		"the second":                 {[3]time.Duration{2 * time.Hour, 3 * time.Hour, time.Hour}, -1, hub.ModelAccount},
		"the last":                   {[3]time.Duration{2 * time.Hour, time.Hour, 3 * time.Hour}, -1, hub.ModelContact},
		"the oldest waits":           {[3]time.Duration{time.Hour, 3 * time.Hour, 2 * time.Hour}, 1, hub.ModelContact},
		"of one age the first":       {[3]time.Duration{time.Hour, time.Hour, time.Hour}, -1, hub.ModelUser},
		"of one age, and that waits": {[3]time.Duration{time.Hour, time.Hour, time.Hour}, 0, hub.ModelAccount},
	} {
		j := &syncJob{
			engine: &Engine{Clock: func() time.Time { return now }}, connector: &readingCRM{models: models},
			states: map[hub.Model]*store.SyncState{}, readings: map[hub.Model]*store.Reading{},
		}
		for i, m := range models {
			j.states[m] = &store.SyncState{Model: m, Since: ago(24 * time.Hour)}
			j.readings[m] = &store.Reading{Model: m, StartedAt: ago(test.began[i])}
			if i == test.waits {
				j.readings[m].RetryAt, j.readings[m].Failed = now.Add(time.Minute), "it is away"
			}
		}
		next, found, err := j.nextReading(t.Context(), nil)
		if err != nil || !found || next.Model != test.want {
			t.Errorf("%s: %s, %t, %v", name, next.Model, found, err)
		}
	}
}

// readingCRM only says which models it has.
type readingCRM struct {
	notingCRM
	models []hub.Model
}

func (c *readingCRM) Info() hub.PlatformInfo {
	info := hub.PlatformInfo{Platform: hub.PlatformMerge, Name: "Reading CRM"}
	for _, m := range c.models {
		info.Models = append(info.Models, hub.ModelInfo{Model: m, Incremental: true})
	}
	return info
}

// TestWhatMayNotBeReadStays gives records what is kept of the parts that may not be read, and nothing to those that can be, nor to one that is
// deleted.
func TestWhatMayNotBeReadStays(t *testing.T) {
	crm := &notingCRM{accounts: 3}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		t := l.t
		c := l.connect(crm.Info(), map[string]string{})
		l.pass(time.Hour)
		storetest.Exec(t, l.st, `UPDATE records SET details = '{"email":"kept@example.com"}' WHERE connection_id = $1`, c.ID)
		of := func(id string, unread hub.Unread, deleted bool) hub.Record {
			return hub.Record{Model: hub.ModelAccount, ExternalID: id, Unread: unread, Deleted: deleted}
		}
		records := []hub.Record{of("0", hub.UnreadReach, false), of("1", 0, false), of("2", hub.UnreadReach, true), of("none", hub.UnreadReach, false), of("1", hub.UnreadPlace, false)}
		if err := l.attempt(c, hub.Delivery{}).complete(t.Context(), records); err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"kept@example.com", "", "", "", ""} {
			if records[i].Details.Email != want {
				t.Errorf("%d: %+v", i, records[i])
			}
		}
	})
}
