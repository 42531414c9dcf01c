package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// notingCRM has accounts, and does with notes on them as it is told.
type notingCRM struct {
	accounts int
	readBack bool
	write    func(n connector.Note) error
}

func (c *notingCRM) Info() hub.PlatformInfo {
	return hub.PlatformInfo{
		Platform: hub.PlatformMerge, Name: "Noting CRM", Models: []hub.ModelInfo{{Model: hub.ModelAccount, Incremental: true, ReportsDeletes: true}}, NoteTargets: []hub.Model{hub.ModelAccount},
		NotesReadBack: c.readBack,
	}
}

func (c *notingCRM) Check(context.Context, *connector.Session) (connector.Account, error) {
	return connector.Account{ID: "noting"}, nil
}

func (c *notingCRM) Fetch(_ context.Context, _ *connector.Session, q connector.Query) (connector.Page, error) {
	var page connector.Page
	for i := range c.accounts {
		page.Records = append(page.Records, hub.Record{Model: q.Model, ExternalID: fmt.Sprint(i), Name: "Account", ModifiedAt: virtualStart})
	}
	return page, nil
}

func (c *notingCRM) WriteNote(_ context.Context, _ *connector.Session, n connector.Note) (connector.NoteRef, error) {
	return connector.NoteRef{ExternalID: "note " + n.ExternalID}, c.write(n)
}

// delivers makes a delivery to an account of the CRM, of a talk of its own, and returns it.
func (l *life) delivers(c hub.Connection, account int) hub.Delivery {
	l.t.Helper()
	id := storetest.Recording(l.t, l.st, c.OrganizationID, "somebody", virtualStart.Add(time.Duration(account)*time.Hour), time.Minute)
	storetest.Exec(l.t, l.st, `UPDATE recordings SET status = 'COMPLETE', processed_at = created_at, result = 'closed', analysis = '{"summary":[{"id":"1","header":"Needs","content":"A new roof."}]}' WHERE id = $1`, id)
	if _, err := l.st.SetLink(l.t.Context(), c.OrganizationID, id, hub.Link{ConnectionID: c.ID, Model: hub.ModelAccount, ExternalID: fmt.Sprint(account)}); err != nil {
		l.t.Fatal(err)
	}
	return l.delivery(c, id)
}

// delivery is the one of a recording.
func (l *life) delivery(c hub.Connection, recording string) hub.Delivery {
	l.t.Helper()
	found, err := l.st.Deliveries(l.t.Context(), c.OrganizationID, store.DeliveryFilter{ConnectionID: c.ID, RecordingID: recording, Limit: 2})
	if err != nil || len(found) != 1 {
		l.t.Fatal(err, found)
	}
	return found[0]
}

// notes is a worker at the connection's deliveries, as the job that holds their task has it.
func (l *life) notes(c hub.Connection) *deliveryWorker {
	return &deliveryWorker{engine: l.e, task: store.Task{OrganizationID: c.OrganizationID, Kind: store.TaskWriteBack, ObjectID: c.ID}}
}

// within is a time that is so far off, give or take the quarter that waits are spread over.
func within(at, now time.Time, wait time.Duration) bool {
	off := at.Sub(now)
	return off >= wait*3/4 && off <= wait*5/4
}

// TestWhatAnErrorMeansForADelivery is the table of what becomes of a delivery, and of the job that is at it, by the error of an attempt.
func TestWhatAnErrorMeansForADelivery(t *testing.T) {
	crm := &notingCRM{accounts: 40}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		t := l.t
		c := l.connect(crm.Info(), map[string]string{})
		l.pass(time.Minute)
		failure := func(kind connector.Kind, status int, after time.Duration) error {
			e := connector.Fail(kind, "Noting CRM", "it failed")
			e.Status, e.RetryAfter = status, after
			return e
		}
		const asked, longest = 300 * time.Second, deliveryAttempts - 1
		for i, test := range []struct {
			name  string
			err   error
			tried int // attempts before
			state hub.DeliveryState
			// wait is after which time it is due again; zero leaves it as it is, and less is never.
			wait   time.Duration
			counts bool // as one of the attempts that a delivery has
			kept   bool // the attempt is in the delivery's history
			// stops says that the job ends, next after which time it is due again.
			stops bool
			next  time.Duration
		}{
			{"credentials that were refused", &refusedError{time.Now().Add(time.Hour)}, 0, hub.DeliveryPending, 0, false, false, true, time.Hour},
			{"429", failure(connector.RateLimited, 429, 0), 0, hub.DeliveryPending, deliveryWaitMin, false, true, true, deliveryWaitMin},
			{"429 that asks for a wait", failure(connector.RateLimited, 429, asked), 0, hub.DeliveryPending, asked, false, true, true, asked},
			{"429 at the last attempt", failure(connector.RateLimited, 429, asked), longest, hub.DeliveryPending, asked, false, true, true, asked},
			{"held, and not asked", failure(connector.RateLimited, 0, asked), 0, hub.DeliveryPending, asked, false, false, true, asked},
			{"500", failure(connector.Temporary, 500, 0), 0, hub.DeliveryPending, deliveryWaitMin, true, true, false, 0},
			{"500, for the third time", failure(connector.Temporary, 500, 0), 2, hub.DeliveryPending, 9 * deliveryWaitMin, true, true, false, 0},
			{"500 at the last attempt", failure(connector.Temporary, 500, 0), longest, hub.DeliveryFailed, -1, true, true, false, 0},
			{"503 that asks for a wait", failure(connector.Temporary, 503, asked), 0, hub.DeliveryPending, asked, true, true, true, asked},
			{"409 that asks for a wait", failure(connector.Busy, 409, asked), 0, hub.DeliveryPending, asked, true, true, true, asked},
			{"403", failure(connector.Forbidden, 403, 0), 0, hub.DeliveryPending, deliveryWaitMin, true, true, false, 0},
			{"400", failure(connector.Refused, 400, 0), 0, hub.DeliveryFailed, -1, true, true, false, 0},
			{"400 that asks for a wait", failure(connector.Refused, 400, asked), 0, hub.DeliveryPending, asked, true, true, true, asked},
			{"no credentials", fmt.Errorf("%w: the field key is missing", hub.ErrNeedsCredentials), 0, hub.DeliveryPending, 0, false, false, true, 0},
			{"401", failure(connector.Unauthorized, 401, 0), 0, hub.DeliveryPending, 0, false, true, true, time.Minute},
		} {
			d := l.delivers(c, i)
			storetest.Exec(t, l.st, `UPDATE deliveries SET attempts = $2 WHERE id = $1`, d.ID, test.tried)
			d = l.delivery(c, d.RecordingID)
			s := l.attempt(c, d)
			if err := s.open(t.Context(), crm); err != nil {
				t.Fatal(err)
			}
			now := time.Now()
			if err := s.handleError(t.Context(), now, test.err); err != nil {
				t.Errorf("%s: it is taken for an error of ours: %v", test.name, err)
			}
			after := l.delivery(c, d.RecordingID)
			due := after.DueAt.Equal(d.DueAt)
			if test.wait != 0 {
				due = test.wait > 0 && within(after.DueAt, now, test.wait) || test.wait < 0 && after.DueAt.IsZero()
			}
			tries := storetest.Count(t, l.st, `SELECT COUNT(*) FROM delivery_attempts WHERE delivery_id = $1`, d.ID)
			if after.State != test.state || !due || (after.Attempts > d.Attempts) != test.counts || (tries == 1) != test.kept || after.Error == "" {
				t.Errorf("%s: it is %s, due after %s, with %d attempts of which %d are kept: %q", test.name, after.State, after.DueAt.Sub(now), after.Attempts, tries, after.Error)
			}
			if s.stop != test.stops || (test.next == 0) != s.next.IsZero() || test.next > 0 && !within(s.next, now, test.next) {
				t.Errorf("%s: the job ends: %t, and the next begins after %s", test.name, s.stop, s.next.Sub(now))
			}
			// Who asks to be left alone is, by the sync as well.
			holds := connector.AsksToWait(test.err) && connector.Status(test.err) != 0
			if held := l.schedule(c).HeldUntil.After(now); held != holds {
				t.Errorf("%s: the connection is held: %t", test.name, held)
			}
			time.Sleep(time.Hour) // until the wait is over
		}
	})
}

// TestErrorsThatAreNoCRMs leaves the delivery as it is where the job was stopped, or something of ours has failed.
func TestErrorsThatAreNoCRMs(t *testing.T) {
	crm := &notingCRM{accounts: 1}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		t := l.t
		c := l.connect(crm.Info(), map[string]string{})
		l.pass(time.Minute)
		d := l.delivers(c, 0)
		stopped, stop := context.WithCancel(t.Context())
		stop()
		own := errors.New("the database is away")
		for name, ctx := range map[string]context.Context{"stopped": stopped, "of ours": t.Context()} {
			s := l.attempt(c, d)
			if err := s.handleError(ctx, time.Now(), own); !errors.Is(err, own) || s.stop {
				t.Errorf("%s: %v", name, err)
			}
			if after := l.delivery(c, d.RecordingID); after != d {
				t.Errorf("%s: %+v", name, after)
			}
		}
	})
}

// TestALookThatFails leaves a note that is not proven as it is: an error proves nothing, and uses up no attempt.
func TestALookThatFails(t *testing.T) {
	crm := &notingCRM{accounts: 3}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		t := l.t
		c := l.connect(crm.Info(), map[string]string{})
		l.pass(time.Minute)
		for i, test := range []struct {
			status int
			after  time.Duration
			wait   time.Duration
		}{{500, 0, deliveryWaitMin}, {503, time.Hour, time.Hour}, {404, 0, deliveryWaitMin}} {
			d := l.delivers(c, i)
			storetest.Exec(t, l.st, `UPDATE deliveries SET state = 'CONFIRMING', asked_at = created_at, attempts = $2 WHERE id = $1`, d.ID, deliveryAttempts)
			d = l.delivery(c, d.RecordingID)
			s := l.attempt(c, d)
			failure := connector.Fail(connector.Temporary, "Noting CRM", "it failed")
			if failure.Status, failure.RetryAfter = test.status, test.after; test.status == 404 {
				failure.Kind = connector.Refused
			}
			now := time.Now()
			if err := s.handleError(t.Context(), now, failure); err != nil {
				t.Error(err)
			}
			if after := l.delivery(c, d.RecordingID); after.State != hub.DeliveryConfirming || after.Attempts != d.Attempts || after.Absences != 0 || !within(after.DueAt, now, test.wait) || s.stop != (test.after > 0) {
				t.Errorf("%d: due after %s: %+v", test.status, after.DueAt.Sub(now), after)
			}
		}
	})
}

// TestAJobEndsWhereTheCRMSaysSo has several notes to send: one that fails by itself holds up no other, a CRM that wants no requests gets
// no more, and a connection that is paused sends none.
func TestAJobEndsWhereTheCRMSaysSo(t *testing.T) {
	crm := &notingCRM{accounts: 3}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		t := l.t
		c := l.connect(crm.Info(), map[string]string{})
		l.pass(time.Minute)
		var recordings []string
		for i := range crm.accounts {
			recordings = append(recordings, l.delivers(c, i).RecordingID)
			time.Sleep(time.Second) // the first is due first
		}
		var asked []string
		for _, test := range []struct {
			name  string
			kind  connector.Kind
			asked []string
			next  time.Duration
		}{
			{"too many requests", connector.RateLimited, []string{"0"}, deliveryWaitMin},
			{"one is refused", connector.Busy, []string{"0", "1", "2"}, deliveryWaitMin},
			{"all are taken", "", []string{"0", "1", "2"}, 0},
		} {
			asked = nil
			crm.write = func(n connector.Note) error {
				if asked = append(asked, n.ExternalID); test.kind != "" && n.ExternalID == "0" {
					return connector.Fail(test.kind, "Noting CRM", "not now")
				}
				return nil
			}
			now := time.Now()
			next, err := l.notes(c).run(t.Context())
			slices.Sort(asked)
			if err != nil || !slices.Equal(asked, test.asked) || (test.next == 0) != next.IsZero() || test.next > 0 && !within(next, now, test.next) {
				t.Errorf("%s: asked for %q, and next after %s: %v", test.name, asked, next.Sub(now), err)
			}
			storetest.Exec(t, l.st, `UPDATE deliveries SET state = 'PENDING', due_at = created_at, sent_at = NULL, note_id = '', marker = '', target_model = '', target_external_id = ''`)
		}
		paused := false
		if _, err := l.st.PatchConnection(t.Context(), c.OrganizationID, c.ID, hub.ConnectionPatch{Active: &paused}); err != nil {
			t.Fatal(err)
		}
		asked = nil
		if _, err := l.notes(c).run(t.Context()); !errors.Is(err, hub.ErrPaused) || len(asked) > 0 {
			t.Errorf("paused: asked for %q: %v", asked, err)
		}
		if d := l.delivery(c, recordings[0]); d.State != hub.DeliveryPending || strings.Contains(d.Error, "paused") {
			t.Errorf("paused: %+v", d)
		}
	})
}

// TestWhatIsNoErrorOfOurs leaves out what others than we are the cause of.
func TestWhatIsNoErrorOfOurs(t *testing.T) {
	own := errors.New("the database is away")
	for _, test := range []struct {
		of                 error
		missing, connector error
	}{
		{nil, nil, nil}, {own, own, own}, {hub.ErrNotFound, nil, hub.ErrNotFound},
	} {
		if missing, crm := ignoreMissing(test.of), ignoreConnector(test.of); !errors.Is(missing, test.missing) || !errors.Is(crm, test.connector) {
			t.Errorf("%v: %v, %v", test.of, missing, crm)
		}
	}
	gone := fmt.Errorf("looked for: %w", hub.ErrNotFound)
	away := fmt.Errorf("asked: %w", connector.Fail(connector.Temporary, "CRM", "it is away"))
	if err := ignoreMissing(gone); err != nil {
		t.Errorf("what is missing: %v", err)
	}
	if err := ignoreConnector(away); err != nil || ignoreMissing(away) == nil {
		t.Errorf("a CRM that is away: %v", err)
	}
}

// TestWhatANoteMayBeKnownBy has the marker of a note, and that which it had when it said something else, once each, and those of later
// corrections that say the same.
func TestWhatANoteMayBeKnownBy(t *testing.T) {
	for before, want := range map[string][]string{"": {"own"}, "own": {"own"}, "before": {"own", "before"}} {
		s := &deliveryAttempt{delivery: hub.Delivery{Correction: 1, Note: hub.DeliveredNote{Marker: before}}}
		got, err := s.markers(t.Context(), connector.Note{Marker: "own"})
		if later := got[len(want):]; err != nil || !slices.Equal(got[:len(want)], want) || len(later) != laterCorrections {
			t.Errorf("before it was %q, and now %q: %v", before, got, err)
		}
	}
}

// TestARefusedNoteIsCutToWhatIsNamed cuts a note to what the CRM says that it takes, and further where that is not enough; one that is refused
// however short it is fails, after a few tries.
func TestARefusedNoteIsCutToWhatIsNamed(t *testing.T) {
	crm := &notingCRM{accounts: 4}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		c := l.connect(crm.Info(), map[string]string{})
		l.pass(time.Minute)
		for i, test := range []struct {
			named, most, tries int
		}{{200, 200, 2}, {200, 110, 3}, {0, 200, 5}, {0, 0, 6}} {
			tries, length := 0, 0
			crm.write = func(n connector.Note) error {
				tries++
				if length = hub.NoteLength(connector.NoteText(n)); length <= test.most {
					return nil
				}
				e := connector.Fail(connector.Refused, "CRM", "it is too long")
				e.Status, e.Most, e.TooLong = http.StatusBadRequest, test.named, true
				return e
			}
			d := l.delivers(c, i)
			storetest.Exec(l.t, l.st, `UPDATE recordings SET analysis = $2 WHERE id = $1`, d.RecordingID, `{"summary":[{"id":"1","header":"Needs","content":"`+strings.Repeat("A new roof. ", 200)+`"}]}`)
			if _, err := l.notes(c).run(l.t.Context()); err != nil {
				l.t.Fatal(err)
			}
			after := l.delivery(c, d.RecordingID)
			if sent := after.State == hub.DeliverySent; sent != (test.most > 0) || tries != test.tries || sent && length < test.most/2 {
				l.t.Errorf("%+v: after %d tries it has %d characters and is %s: %s", test, tries, length, after.State, after.Error)
			}
		}
	})
}

// TestANoteThatIsLostAgainAndAgainIsCutShort cuts a note that a CRM which answers all notes alike has not kept so many times; any other
// CRM says what it does not take.
func TestANoteThatIsLostAgainAndAgainIsCutShort(t *testing.T) {
	crm := &notingCRM{accounts: 3}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		c := l.connect(crm.Info(), map[string]string{})
		l.pass(time.Minute)
		for i, test := range []struct {
			readBack bool
			attempts int
			cut      bool
		}{{true, 2*transcriptAttempts - 1, false}, {true, 2 * transcriptAttempts, true}, {false, 2 * transcriptAttempts, false}} {
			crm.readBack = test.readBack
			written := 0
			crm.write = func(n connector.Note) error {
				written = hub.NoteLength(connector.NoteText(n))
				return nil
			}
			d := l.delivers(c, i)
			storetest.Exec(l.t, l.st, `UPDATE recordings SET analysis = $2 WHERE id = $1`, d.RecordingID, `{"summary":[{"id":"1","header":"Needs","content":"`+strings.Repeat("A new roof. ", 200)+`"}]}`)
			storetest.Exec(l.t, l.st, `UPDATE deliveries SET attempts = $2 WHERE id = $1`, d.ID, test.attempts)
			if _, err := l.notes(c).run(l.t.Context()); err != nil {
				l.t.Fatal(err)
			}
			after := l.delivery(c, d.RecordingID)
			if short := written <= shortNote(crm.Info()); written == 0 || short != test.cut || strings.Contains(after.Error, "cut short") != test.cut {
				l.t.Errorf("after %d attempts it has %d characters: %q", test.attempts, written, after.Error)
			}
		}
	})
}
