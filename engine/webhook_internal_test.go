package engine

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

type panicking struct{}

func (panicking) RoundTrip(*http.Request) (*http.Response, error) { panic("odd data") }

func TestPanicFailsOneAttempt(t *testing.T) {
	r := &webhookClient{clock: time.Now, log: slog.New(slog.DiscardHandler), client: &http.Client{Transport: panicking{}}}
	target := store.WebhookTarget{URL: "https://example.com/"}
	if a := r.send(t.Context(), target, store.DueEvent{}); !strings.Contains(a.Error, "odd data") {
		t.Errorf("%+v", a)
	}
}

// TestJobOfOneThatTimesOutEnds has a receiver that takes longer over an attempt than a job may go on where all fails.
func TestJobOfOneThatTimesOutEnds(t *testing.T) {
	t.Parallel()
	st := storetest.Open(t, storetest.SQLite(t), nil)
	organization := storetest.Organization(t, st)
	e, err := New(Config{Store: st, Logger: slog.New(slog.DiscardHandler), Clock: time.Now, WebhookTimeout: timeSlice + time.Second, Targets: hub.Targets{Any: true}})
	if err != nil {
		t.Fatal(err)
	}
	late := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then the server sees the client go
		<-r.Context().Done()
	}))
	t.Cleanup(late.Close)
	w, _, err := st.CreateEndpoint(t.Context(), organization, hub.WebhookPatch{URL: &late.URL})
	if err != nil {
		t.Fatal(err)
	}
	storetest.Exec(t, st, `UPDATE webhook_endpoints SET failing_since = $1`, time.Now().Add(-time.Hour).UnixMicro())
	for range 3 {
		if err := st.Emit(t.Context(), hub.Recording{ID: hub.NewID(), OrganizationID: organization}, hub.EventRecordingLinked); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := st.FanOut(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	next, err := e.sendEvents(t.Context(), store.Task{OrganizationID: organization, Kind: store.TaskWebhook, ObjectID: w.ID})
	if err != nil {
		t.Fatal(err)
	}
	if n := storetest.Count(t, st, `SELECT COUNT(*) FROM event_attempts`); n != 1 {
		t.Errorf("%d attempts in a turn, want one", n)
	}
	if pause := time.Until(next); pause < 30*time.Second {
		t.Errorf("it is tried again after %s, although it has failed for an hour", pause)
	}
}

// TestAReceiversRetryAfterIsRead reads the header of refusals, in both its forms, and of nothing else.
func TestAReceiversRetryAfterIsRead(t *testing.T) {
	r := newWebhookClient(Config{Clock: time.Now, Targets: hub.Targets{Any: true}})
	for _, c := range []struct {
		status int
		header string
		want   time.Duration
	}{
		{http.StatusServiceUnavailable, "90", 90 * time.Second}, {http.StatusTooManyRequests, "Thu, 26 Nov 2026 08:02:00 GMT", 2 * time.Minute},
		{http.StatusInternalServerError, "", 0}, {http.StatusInternalServerError, "soon", 0}, {http.StatusOK, "90", 0},
	} {
		receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", "Thu, 26 Nov 2026 08:00:00 GMT")
			w.Header().Set("Retry-After", c.header)
			w.WriteHeader(c.status)
		}))
		if a := r.send(t.Context(), store.WebhookTarget{URL: receiver.URL}, store.DueEvent{}); a.RetryAfter != c.want || a.Status != c.status {
			t.Errorf("%d with %q: %+v", c.status, c.header, a)
		}
		receiver.Close()
	}
}

// TestAReceiverIsAskedWhenItSays holds an endpoint that answers 503 and when to come again, the next event included.
func TestAReceiverIsAskedWhenItSays(t *testing.T) {
	storetest.Each(t, asksWhenItSays)
}

func asksWhenItSays(t *testing.T, url string) {
	st := storetest.Open(t, url, nil)
	organization := storetest.Organization(t, st)
	e, err := New(Config{Store: st, Logger: slog.New(slog.DiscardHandler), Clock: time.Now, Targets: hub.Targets{Any: true}})
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.Header().Set("Retry-After", "3000")
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer receiver.Close()
	w, _, err := st.CreateEndpoint(t.Context(), organization, hub.WebhookPatch{URL: &receiver.URL})
	if err != nil {
		t.Fatal(err)
	}
	happens := func() {
		t.Helper()
		if err := st.Emit(t.Context(), hub.Recording{ID: hub.NewID(), OrganizationID: organization, ProcessedAt: time.Now()}, hub.EventRecordingProcessed); err != nil {
			t.Fatal(err)
		}
		if _, err := st.FanOut(t.Context(), 10); err != nil {
			t.Fatal(err)
		}
	}
	turn := func() time.Time {
		t.Helper()
		var task store.Task
		storetest.Until(t, "it is due", func() bool { // an endpoint that fails has a pause of some milliseconds
			_, _, err := st.ClaimTasks(t.Context(), store.TaskWebhook, store.Room{Workers: 10}, time.Minute, func(_ store.Tx, claimed []store.Task) error { task = claimed[0]; return nil })
			if err != nil {
				t.Fatal(err)
			}
			return task.ObjectID == w.ID
		})
		next, err := e.sendEvents(t.Context(), task)
		if err != nil {
			t.Fatal(err)
		}
		if err := st.EndTask(t.Context(), task, next, store.Reach{}); err != nil {
			t.Fatal(err)
		}
		return next
	}
	happens()
	if next := turn(); asked != 1 || time.Until(next) < 45*time.Minute {
		t.Fatalf("it was asked %d times, and is next at %s", asked, next)
	}
	happens()
	if next := turn(); asked != 1 || time.Until(next) < 45*time.Minute {
		t.Errorf("with another event it was asked %d times, and is next at %s", asked, next)
	}
	if kept, err := st.Endpoint(t.Context(), organization, w.ID); err != nil || time.Until(kept.HeldUntil) < 45*time.Minute {
		t.Errorf("%v %+v", err, kept)
	}
}

// answering answers the n-th request, from 1, n milliseconds after the first began, so that one ends after another.
type answering struct {
	began  time.Time
	status func(n int) int
	asked  atomic.Int64
}

func (a *answering) RoundTrip(r *http.Request) (*http.Response, error) {
	n := int(a.asked.Add(1))
	time.Sleep(time.Until(a.began.Add(time.Duration(n) * time.Millisecond)))
	return &http.Response{StatusCode: a.status(n), Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// TestABatchEndsWhereAllFails sends a batch to receivers in virtual time: to one that fails always it makes as many attempts as are made
// side by side, and those that were begun meanwhile; of one that has failed before, no more than that, one at a time.
func TestABatchEndsWhereAllFails(t *testing.T) {
	for name, test := range map[string]struct {
		failing  bool
		status   func(n int) int
		attempts int
		gone     bool
	}{
		"it takes all":    {false, func(int) int { return http.StatusOK }, 100, false},
		"it fails always": {false, func(int) int { return http.StatusInternalServerError }, 2*webhookConcurrency - 1, false},
		"it takes one": {false, func(n int) int {
			return map[bool]int{true: http.StatusOK, false: http.StatusInternalServerError}[n == webhookConcurrency]
		}, 100, false},
		"it has failed before":               {true, func(int) int { return http.StatusInternalServerError }, webhookConcurrency, false},
		"it has failed before, and is well":  {true, func(int) int { return http.StatusOK }, webhookConcurrency, false},
		"it says at its third that it ended": {false, func(n int) int { return map[bool]int{true: statusGone, false: http.StatusOK}[n == 3] }, webhookConcurrency + 2, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			receiver := &answering{began: time.Now(), status: test.status}
			e := &Engine{Clock: time.Now, metrics: newMetrics(nil), webhooks: &webhookClient{clock: time.Now, client: &http.Client{Transport: receiver}}}
			target := store.WebhookTarget{URL: "https://receiver.invalid"}
			if test.failing {
				target.FailingSince = time.Now().Add(-time.Minute)
			}
			results, gone := e.sendBatch(t.Context(), target, make([]store.DueEvent, 100))
			if len(results) != test.attempts || gone != test.gone {
				t.Errorf("%s: %d attempts, and it is gone: %t", name, len(results), gone)
			}
			if took := time.Since(receiver.began); took != time.Duration(test.attempts)*time.Millisecond {
				t.Errorf("%s: it took %s", name, took)
			}
		})
	}
}
