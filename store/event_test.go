package store_test

import (
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// testEndpoint is a webhook endpoint, with a clock that stands unless it is moved.
type testEndpoint struct {
	*testing.T
	st *store.Store
	hub.WebhookEndpoint
	now time.Time
}

func newTestEndpoint(t *testing.T, url string) *testEndpoint {
	t.Helper()
	w := &testEndpoint{T: t, now: time.Now().UTC().Truncate(time.Second)}
	w.st = storetest.Open(t, url, func() time.Time { return w.now })
	to := "https://example.com/hook"
	var err error
	w.WebhookEndpoint, _, err = w.st.CreateEndpoint(t.Context(), storetest.Organization(t, w.st), hub.WebhookPatch{URL: &to})
	w.must(err)
	return w
}

func (w *testEndpoint) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// emit makes n events and plans their deliveries.
func (w *testEndpoint) emit(n int) {
	w.Helper()
	for range n {
		w.must(w.st.Emit(w.Context(), hub.Recording{ID: hub.NewID(), OrganizationID: w.OrganizationID, ProcessedAt: w.now}, hub.EventRecordingProcessed))
	}
	if planned, err := w.st.FanOut(w.Context(), n); err != nil || planned != n {
		w.Fatalf("%d events were planned: %v", planned, err)
	}
}

// claim leases the endpoint's task and returns the events that are due; none where the task is not.
func (w *testEndpoint) claim() (task store.Task, due []store.DueEvent) {
	w.Helper()
	_, _, err := w.st.ClaimTasks(w.Context(), store.TaskWebhook, store.Room{Workers: 10}, time.Minute, func(_ store.Tx, claimed []store.Task) error { task = claimed[0]; return nil })
	if err == nil && task.ObjectID == w.ID {
		due, err = w.st.DueEvents(w.Context(), w.OrganizationID, w.ID, 100)
	}
	w.must(err)
	return task, due
}

// TestGoodAnswersBesideAGoneOneAreKept has an endpoint say that it is gone while it takes other events. Enabled
// again, it is told of the one that it did not take, and of no other.
func TestGoodAnswersBesideAGoneOneAreKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newTestEndpoint(t, url)
		w.emit(3)
		task, due := w.claim()
		answer := func(d store.DueEvent, status int, problem string) store.EventResult {
			return store.EventResult{DueEvent: d, At: w.now, Status: status, Error: problem, Next: w.now}
		}
		w.must(w.st.SaveResults(t.Context(), task, []store.EventResult{answer(due[0], 200, ""), answer(due[1], 410, "It answered 410 Gone."), answer(due[2], 200, "")}, true))
		w.must(w.st.EndTask(t.Context(), task, time.Time{}, store.Reach{}))
		if gone, err := w.st.Endpoint(t.Context(), w.OrganizationID, w.ID); err != nil || gone.DisabledAt.IsZero() {
			t.Fatalf("it is still told: %v", err)
		}
		off := false
		_, err := w.st.PatchEndpoint(t.Context(), w.OrganizationID, w.ID, hub.WebhookPatch{Disabled: &off})
		w.must(err)
		task, again := w.claim()
		if len(again) != 1 || again[0].ID != due[1].ID {
			t.Fatalf("%d events are due, want the one that was refused", len(again))
		}
		w.must(w.st.SaveResults(t.Context(), task, []store.EventResult{answer(again[0], 200, "")}, false))
	})
}

// TestNewEventsDoNotEndThePauseOfOneThatFails gives an endpoint that has failed for a while new events.
func TestNewEventsDoNotEndThePauseOfOneThatFails(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newTestEndpoint(t, url)
		w.emit(1)
		task, due := w.claim()
		failed := store.EventResult{DueEvent: due[0], At: w.now, Error: "It did not answer in time.", Next: w.now}
		w.must(w.st.SaveResults(t.Context(), task, []store.EventResult{failed}, false))
		w.now = w.now.Add(20 * time.Second)
		w.must(w.st.EndTask(t.Context(), task, w.now.Add(20*time.Second), store.Reach{}))
		w.now = w.now.Add(10 * time.Second)
		w.emit(5)
		if _, due := w.claim(); len(due) > 0 {
			t.Errorf("%d events are due in the pause", len(due))
		}
		w.now = w.now.Add(10 * time.Second)
		task, due = w.claim()
		if len(due) != 6 {
			t.Errorf("%d events are due after the pause, want 6", len(due))
		}
		w.must(w.st.SaveResults(t.Context(), task, []store.EventResult{{DueEvent: due[0], At: w.now, Status: 200}}, false))
		w.must(w.st.EndTask(t.Context(), task, time.Time{}, store.Reach{}))
		w.emit(1)
		if _, due := w.claim(); len(due) == 0 {
			t.Error("one that succeeded is not told at once")
		}
	})
}

// TestWhoAsksToBeLeftAlone: a receiver does that by saying for how long, with 429 or 503.
func TestWhoAsksToBeLeftAlone(t *testing.T) {
	for of, want := range map[store.EventResult]bool{
		{Status: 429, RetryAfter: time.Second}: true,
		{Status: 503, RetryAfter: time.Second}: true,
		{Status: 429}:                          false,
		{Status: 500, RetryAfter: time.Second}: false,
	} {
		if of.Holds() != want {
			t.Errorf("%d for %s: %v", of.Status, of.RetryAfter, !want)
		}
	}
}

// TestWhatFailsForTooLongIsDisabled: an endpoint that has failed for as long as it may, without a success, is told of nothing any more, and says
// since when it failed and what came last.
func TestWhatFailsForTooLongIsDisabled(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newTestEndpoint(t, url)
		w.emit(1)
		began := w.now
		for _, c := range []struct {
			problem  string
			after    time.Duration
			disabled bool
		}{{"It did not answer in time.", 0, false}, {"It answered 500.", hub.WebhookPatience - time.Second, false}, {"It answered 503.", hub.WebhookPatience, true}} {
			w.now = began.Add(c.after)
			task, due := w.claim()
			if len(due) != 1 {
				t.Fatalf("%d events are due after %s", len(due), c.after)
			}
			w.must(w.st.SaveResults(t.Context(), task, []store.EventResult{{DueEvent: due[0], At: w.now, Error: c.problem, Next: w.now}}, false))
			w.must(w.st.EndTask(t.Context(), task, w.now, store.Reach{}))
			now, err := w.st.Endpoint(t.Context(), w.OrganizationID, w.ID)
			w.must(err)
			reason, at := "", time.Time{}
			if c.disabled {
				reason, at = "Every attempt since "+hub.WireTime(began)+" failed. The last: It answered 503.", w.now
			}
			if now.DisabledReason != reason || !now.DisabledAt.Equal(at) {
				t.Errorf("after %s it is disabled at %s: %q, want %q", c.after, now.DisabledAt, now.DisabledReason, reason)
			}
		}
	})
}
