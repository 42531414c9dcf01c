package store_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// happens makes n events of a recording and plans their deliveries.
func (w *testEndpoint) happens(recording string, n int) {
	w.Helper()
	for range n {
		w.must(w.st.Emit(w.Context(), hub.Recording{ID: recording, OrganizationID: w.OrganizationID, ProcessedAt: w.now}, hub.EventRecordingProcessed))
	}
	if _, err := w.st.FanOut(w.Context(), 100); err != nil {
		w.Fatal(err)
	}
}

// due are the events that are due, with what they say.
func (w *testEndpoint) due() (events []store.DueEvent, told []hub.RecordingEvent) {
	w.Helper()
	events, err := w.st.DueEvents(w.Context(), w.OrganizationID, w.ID, 100)
	w.must(err)
	for _, e := range events {
		var said hub.RecordingEvent
		w.must(json.Unmarshal([]byte(e.Payload), &said))
		told = append(told, said)
	}
	return events, told
}

// TestOneRecordingsEventsKeepTheirOrder lets an event fail: those of its recording wait for it, others do not.
func TestOneRecordingsEventsKeepTheirOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newTestEndpoint(t, url)
		fails := storetest.Recording(t, w.st, w.OrganizationID, hub.NewID(), w.now, time.Minute)
		other := storetest.Recording(t, w.st, w.OrganizationID, hub.NewID(), w.now, time.Minute)
		w.happens(fails, 3)
		w.happens(other, 2)
		task, _ := w.claim()
		events, told := w.due()
		if len(told) != 2 || told[0].Sequence != 1 || told[1].Sequence != 1 || told[0].RecordingID == told[1].RecordingID || told[0].OccurredAt != hub.WireTime(w.now) {
			t.Fatalf("%+v", told)
		}
		answers := map[string]string{fails: "It answered 500.", other: ""}
		later := w.now.Add(time.Minute)
		var results []store.EventResult
		for i, e := range events {
			results = append(results, store.EventResult{DueEvent: e, At: w.now, Took: time.Duration(i) * time.Second, Error: answers[told[i].RecordingID], Next: later})
		}
		w.must(w.st.SaveResults(t.Context(), task, results, false))
		events, told = w.due()
		if len(told) != 1 || told[0].RecordingID != other || told[0].Sequence != 2 {
			t.Fatalf("beside the one that failed: %+v", told)
		}
		w.must(w.st.SaveResults(t.Context(), task, []store.EventResult{{DueEvent: events[0], At: w.now, Took: 20 * time.Second}}, false))
		if _, told = w.due(); len(told) != 0 {
			t.Errorf("before the one that failed was tried again: %+v", told)
		}
		listed, err := w.st.EventDeliveries(t.Context(), w.OrganizationID, w.ID, store.EventDeliveryFilter{State: hub.DeliveryPending, Limit: 10})
		w.must(err)
		var held []bool
		for _, d := range listed {
			one, err := w.st.EventDelivery(t.Context(), w.OrganizationID, w.ID, d.Event.ID)
			w.must(err)
			if held = append(held, d.Held); one.Held != d.Held {
				t.Errorf("alone it is held: %t, in the list: %t", one.Held, d.Held)
			}
		}
		if want := []bool{true, true, false}; !slices.Equal(held, want) { // the latest first
			t.Errorf("held: %v, want %v", held, want)
		}
		if next, err := w.st.NextEvent(t.Context(), w.OrganizationID, w.ID); err != nil || !next.Equal(later) {
			t.Errorf("the next is due at %s, %v", next, err)
		}
		w.now = later
		for sequence := int64(1); sequence <= 3; sequence++ {
			events, told = w.due()
			if len(told) != 1 || told[0].Sequence != sequence {
				t.Fatalf("number %d: %+v", sequence, told)
			}
			w.must(w.st.SaveResults(t.Context(), task, []store.EventResult{{DueEvent: events[0], At: w.now}}, false))
		}
		// The minutes have it all.
		minutes, err := w.st.WebhookMinutes(t.Context(), w.OrganizationID, w.ID, w.now.Add(-time.Hour), w.now.Add(time.Hour))
		w.must(err)
		var all hub.WebhookMinute
		for _, m := range minutes {
			all.Attempts, all.Failures, all.Took = all.Attempts+m.Attempts, all.Failures+m.Failures, all.Took+m.Took
			for i, n := range m.Latencies {
				all.Latencies[i] += n
			}
		}
		if all.Attempts != 6 || all.Failures != 1 || all.Took != 21*time.Second || all.Latencies != [10]int64{4, 0, 0, 0, 0, 1, 0, 0, 0, 1} || len(minutes) < 2 {
			t.Errorf("%+v", minutes)
		}
		w.now = w.now.Add(store.EventAge + time.Hour)
		for more := true; more; {
			more, err = w.st.PurgeEvents(t.Context())
			w.must(err)
		}
		if n := storetest.Count(t, w.st, `SELECT COUNT(*) FROM webhook_minutes`); n != 0 {
			t.Errorf("%d minutes are kept for ever", n)
		}
	})
}

// TestWhatHappenedWhileDisabledIsReplayed disables an endpoint while things happen: a replay by time tells of them, in order.
func TestWhatHappenedWhileDisabledIsReplayed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newTestEndpoint(t, url)
		recording := storetest.Recording(t, w.st, w.OrganizationID, hub.NewID(), w.now, time.Minute)
		disable := func(off bool) {
			t.Helper()
			_, err := w.st.PatchEndpoint(t.Context(), w.OrganizationID, w.ID, hub.WebhookPatch{Disabled: &off})
			w.must(err)
		}
		disable(true)
		w.happens(recording, 2)
		w.now = w.now.Add(time.Hour)
		since := w.now
		w.happens(recording, 2)
		disable(false)
		if _, told := w.due(); len(told) != 0 {
			t.Errorf("it is told of itself: %+v", told)
		}
		w.now = w.now.Add(time.Minute)
		if n, err := w.st.ReplayFailed(t.Context(), w.OrganizationID, w.ID, since); err != nil || n != 2 {
			t.Fatalf("%d events, %v", n, err)
		}
		if n, err := w.st.ReplayFailed(t.Context(), w.OrganizationID, w.ID, since.Add(-2*time.Hour)); err != nil || n != 2 {
			t.Fatalf("%d events before, %v", n, err)
		}
		task, _ := w.claim()
		for sequence := int64(1); sequence <= 4; sequence++ {
			events, told := w.due()
			if len(told) != 1 || told[0].Sequence != sequence {
				t.Fatalf("number %d: %+v", sequence, told)
			}
			w.must(w.st.SaveResults(t.Context(), task, []store.EventResult{{DueEvent: events[0], At: w.now}}, false))
		}
	})
}

// TestTheOrderOutlastsDisabling disables an endpoint while an event waits to be tried again, and enables it: what comes then waits for
// it, and what happened meanwhile is told between the two once it is replayed.
func TestTheOrderOutlastsDisabling(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newTestEndpoint(t, url)
		recording := storetest.Recording(t, w.st, w.OrganizationID, hub.NewID(), w.now, time.Minute)
		since := w.now
		disable := func(off bool) {
			t.Helper()
			_, err := w.st.PatchEndpoint(t.Context(), w.OrganizationID, w.ID, hub.WebhookPatch{Disabled: &off})
			w.must(err)
		}
		w.happens(recording, 1)
		task, _ := w.claim()
		events, _ := w.due()
		w.must(w.st.SaveResults(t.Context(), task, []store.EventResult{{DueEvent: events[0], At: w.now, Error: "It answered 500.", Next: w.now.Add(time.Hour)}}, false))
		disable(true)
		w.happens(recording, 1)
		disable(false)
		w.happens(recording, 1)
		if _, told := w.due(); len(told) != 0 {
			t.Fatalf("told before the one that failed: %+v", told)
		}
		w.now = w.now.Add(time.Minute)
		if _, err := w.st.ReplayFailed(t.Context(), w.OrganizationID, w.ID, since.Add(-time.Second)); err != nil {
			t.Fatal(err)
		}
		for sequence := int64(1); sequence <= 3; sequence++ {
			events, told := w.due()
			if len(told) != 1 || told[0].Sequence != sequence {
				t.Fatalf("number %d: %+v", sequence, told)
			}
			w.must(w.st.SaveResults(t.Context(), task, []store.EventResult{{DueEvent: events[0], At: w.now}}, false))
		}
	})
}

// TestAReceiverIsLeftAlone keeps until when a receiver asked to be left alone, and forgets it for another receiver.
func TestAReceiverIsLeftAlone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newTestEndpoint(t, url)
		w.emit(2)
		task, events := w.claim()
		held := func() time.Duration {
			t.Helper()
			e, err := w.st.Endpoint(t.Context(), w.OrganizationID, w.ID)
			w.must(err)
			if e.HeldUntil.IsZero() {
				return 0
			}
			return e.HeldUntil.Sub(w.now)
		}
		refused := func(status int, wait time.Duration) {
			t.Helper()
			w.must(w.st.SaveResults(t.Context(), task, []store.EventResult{{DueEvent: events[0], At: w.now, Status: status, Error: "no", RetryAfter: wait, Next: w.now}}, false))
			events[0].Attempts++
		}
		refused(500, time.Hour)
		if held() != 0 {
			t.Errorf("a 500 holds it for %s", held())
		}
		refused(503, 90*time.Second)
		if held() != 90*time.Second {
			t.Errorf("it is held for %s", held())
		}
		refused(429, 1000*time.Hour)
		if held() != hub.WebhookHoldMost {
			t.Errorf("it is held for %s", held())
		}
		elsewhere := "https://example.org/hook"
		_, err := w.st.PatchEndpoint(t.Context(), w.OrganizationID, w.ID, hub.WebhookPatch{URL: &elsewhere})
		w.must(err)
		if held() != 0 {
			t.Errorf("another receiver is held for %s", held())
		}
	})
}

// TestEventsAreUpgraded upgrades a database of version 16 with events on their way: they are told in the order that they
// were made in.
func TestEventsAreUpgraded(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, url string) {
		ctx := t.Context()
		if err := store.MigrateTo(ctx, url, 16); err != nil {
			t.Fatal(err)
		}
		db := connect(t, url)
		for _, statement := range []string{
			`INSERT INTO organizations (id, name, created_at) VALUES ('org', 'Acme', 0)`,
			`INSERT INTO webhook_endpoints (organization_id, id, url, description, event_types, sealed_secret, disabled_reason, created_at, updated_at)
				VALUES ('org', 'w', 'https://example.com', '', '[]', '', '', 0, 0)`,
			`INSERT INTO events (organization_id, id, type, recording_id, payload, created_at, fanned_out_at) VALUES
				('org', 'e1', 'integrations.recordingLinked', 'r', '{}', 1, 1), ('org', 'e2', 'integrations.recordingLinked', 'r', '{}', 2, 2), ('org', 'e3', 'integrations.recordingLinked', 's', '{}', 3, 3)`,
			`INSERT INTO event_deliveries (organization_id, endpoint_id, event_id, state, attempts, attempts_before, due_at, created_at, updated_at) VALUES
				('org', 'w', 'e1', 'PENDING', 1, 0, 5, 1, 1), ('org', 'w', 'e2', 'PENDING', 0, 0, 2, 2, 2), ('org', 'w', 'e3', 'PENDING', 0, 0, 3, 3, 3)`,
		} {
			if _, err := db.Exec(statement); err != nil {
				t.Fatal(err, statement)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		st := storetest.Open(t, url, nil)
		due, err := st.DueEvents(ctx, "org", "w", 10)
		if err != nil || len(due) != 2 || due[0].ID != "e3" || due[1].ID != "e1" {
			t.Errorf("%v %+v", err, due)
		}
	})
}

// TestDueEventsReadTheirRecordingsAlone asks PostgreSQL for what is due while it knows nothing of a table that has grown at once: what
// comes before an event is looked for among those of its recording alone.
func TestDueEventsReadTheirRecordingsAlone(t *testing.T) {
	storetest.Needs(t, "postgres")
	db := connect(t, storetest.Postgres(t))
	db.SetMaxOpenConns(1) // a prepared statement is its connection's
	defer func() { _ = db.Close() }()
	for _, statement := range []string{
		`ALTER TABLE event_deliveries SET (autovacuum_enabled = FALSE)`,
		`INSERT INTO organizations (id, name, created_at) VALUES ('o', 'Acme', 0)`,
		`INSERT INTO webhook_endpoints (organization_id, id, url, description, event_types, sealed_secret, disabled_reason, created_at, updated_at)
			VALUES ('o', 'w', 'https://example.com', '', '[]', '', '', 0, 0)`,
		`INSERT INTO events (organization_id, id, type, recording_id, payload, created_at) SELECT 'o', 'e' || n, '', 'r' || n, '{}', 0 FROM generate_series(1, 5000) n`,
		`INSERT INTO event_deliveries (organization_id, endpoint_id, event_id, recording_id, state, attempts, attempts_before, due_at, created_at, updated_at)
			SELECT 'o', 'w', 'e' || n, 'r' || n, 'PENDING', 0, 0, n, 0, 0 FROM generate_series(1, 5000) n`,
		`PREPARE due AS ` + store.DueEventsQuery,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err, statement)
		}
	}
	rows, err := db.QueryContext(t.Context(), `EXPLAIN EXECUTE due('o', 'w', 9000, 100)`)
	if err != nil {
		t.Fatal(err)
	}
	var plan []string
	for rows.Next() {
		var step string
		if err := rows.Scan(&step); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, step)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(plan, "\n")
	if _, after, found := strings.Cut(text, " on event_deliveries p"); !found || !strings.Contains(strings.SplitN(after, "\n", 3)[1], "recording_id = d.recording_id") {
		t.Errorf("the events of all recordings are read for each:\n%s", text)
	}
}

// TestOldEventsGoAlone lets an event grow too old beside one that is not: it goes, with what became of it, and nothing of the other does.
func TestOldEventsGoAlone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newTestEndpoint(t, url)
		w.emit(2)
		w.now = w.now.Add(store.EventAge - time.Hour)
		w.emit(3)
		kept := func() (n [2]int) {
			return [2]int{storetest.Count(t, w.st, `SELECT COUNT(*) FROM events`), storetest.Count(t, w.st, `SELECT COUNT(*) FROM event_deliveries`)}
		}
		if n := kept(); n != [2]int{5, 5} {
			t.Fatal(n)
		}
		w.now = w.now.Add(2 * time.Hour)
		for more := true; more; {
			var err error
			more, err = w.st.PurgeEvents(t.Context())
			w.must(err)
			if n := kept(); n != [2]int{3, 3} {
				t.Fatalf("of five events three are to be kept: %d, and %d deliveries", n[0], n[1])
			}
		}
	})
}
