package engine

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

type panicking struct{}

func (panicking) RoundTrip(*http.Request) (*http.Response, error) { panic("odd data") }

func TestPanicFailsOneAttempt(t *testing.T) {
	r := &webhookClient{clock: time.Now, client: &http.Client{Transport: panicking{}}}
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
	e, err := New(Config{Store: st, Logger: slog.New(slog.DiscardHandler), Clock: time.Now, WebhookTimeout: timeSlice + time.Second})
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
