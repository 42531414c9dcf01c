package console

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// endpoint is a webhook endpoint with deliveries of some states, the first first, a minute apart until now; it returns
// its id and the events'.
func (s *served) endpoint(organization string, states ...hub.DeliveryState) (string, []string) {
	s.t.Helper()
	address := "https://crm.example.com/hook"
	e, _, err := s.store.CreateEndpoint(context.Background(), organization, hub.WebhookPatch{URL: &address})
	if err != nil {
		s.t.Fatal(err)
	}
	var events []string
	for i, state := range states {
		at := s.clock().Add(-time.Duration(len(states)-i) * time.Minute)
		id := hub.FirstIDAt(at)
		id = id[:len(id)-8] + fmt.Sprintf("%08x", i+1)
		var due *int64
		if state == hub.DeliveryPending {
			due = new(at.Add(time.Hour).UnixMicro())
		}
		storetest.Exec(s.t, s.store, `INSERT INTO events (organization_id, id, type, recording_id, sequence, payload, created_at, fanned_out_at) VALUES ($1, $2, $3, $2, 1, '{"recordingId":"abc"}', $4, $4)`,
			organization, id, string(hub.EventRecordingLinked), at.UnixMicro())
		storetest.Exec(s.t, s.store, `INSERT INTO event_deliveries (organization_id, endpoint_id, event_id, recording_id, sequence, state, attempts, attempts_before, due_at, created_at, updated_at)
			VALUES ($1, $2, $3, $3, 1, $4, 1, 0, $5, $6, $6)`, organization, e.ID, id, string(state), due, at.UnixMicro())
		storetest.Exec(s.t, s.store, `INSERT INTO event_attempts (organization_id, endpoint_id, event_id, number, at, took, status, response, error)
			VALUES ($1, $2, $3, 1, $4, 120000, 500, 'the <b>receiver</b> is ill', 'it answered 500 Internal Server Error')`, organization, e.ID, id, at.UnixMicro())
		events = append(events, id)
	}
	return e.ID, events
}

func (s *served) statesOf(organization, endpoint string) (states []hub.DeliveryState) {
	s.t.Helper()
	ds, err := s.store.EventDeliveries(context.Background(), organization, endpoint, store.EventDeliveryFilter{Limit: 100})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, d := range ds {
		states = append(states, d.State)
	}
	slices.Reverse(states)
	return states
}

var shownSecret = regexp.MustCompile(`whsec_[A-Za-z0-9+/=]+|whsec_[^<]+`)

// TestWebhookEndpoint makes an endpoint, tests it, gives it a new secret, disables and enables it.
func TestWebhookEndpoint(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL)
		organization := s.organization("Acme Roofing")
		b := s.operator(organization)
		mustContain(t, b.get("/webhooks"), "No endpoint yet", "Make it")
		if strings.Contains(s.viewer(organization).get("/webhooks"), "Make it") {
			t.Error("a viewer is offered to make an endpoint")
		}
		wrong := b.do(http.MethodPost, "/webhooks", url.Values{"url": {"http://10.0.0.1/"}, "description": {"Our own"}, "type": {string(hub.EventRecordingLinked)}})
		if wrong.status != http.StatusUnprocessableEntity {
			t.Errorf("a private address: %d", wrong.status)
		}
		mustContain(t, wrong.body, `value="http://10.0.0.1/"`, `value="Our own"`, `aria-invalid="true"`, `id="wrong-url"`, `value="integrations.recordingLinked" checked`)
		made := b.do(http.MethodPost, "/webhooks", url.Values{"url": {"https://crm.example.com/hook"}, "description": {"The CRM"}, "type": {string(hub.EventRecordingLinked)}})
		all, err := s.store.Endpoints(t.Context(), organization, "", 2)
		if err != nil || len(all) != 1 || !slices.Equal(all[0].EventTypes, []hub.EventType{hub.EventRecordingLinked}) {
			t.Fatalf("%d %s: %+v %v", made.status, made.body, all, err)
		}
		id := all[0].ID
		// A secret is shown by the page that the form leads to: this once, to this session alone, and loading that again makes none.
		shownOnce := func(a answer) string {
			t.Helper()
			if a.status != http.StatusSeeOther || strings.Contains(fmt.Sprint(a.header), "whsec_") || a.location != "/console/webhooks/"+id {
				t.Errorf("with a secret: %d %v", a.status, a.header)
			}
			cookie := a.header.Get("Set-Cookie")
			pair, _, _ := strings.Cut(cookie, ";")
			stolen := s.operator(organization).do(http.MethodGet, "/webhooks/"+id, nil, "Cookie", pair)
			if !strings.Contains(cookie, "Path=/console/webhooks/"+id) || !strings.Contains(cookie, "HttpOnly") || stolen.status != http.StatusOK || strings.Contains(stolen.body, "whsec_") {
				t.Errorf("%s, and in another session %d %s", cookie, stolen.status, stolen.body)
			}
			return shownSecret.FindString(b.get("/webhooks/" + id))
		}
		first := shownOnce(made)
		second := shownOnce(b.do(http.MethodPost, "/webhooks/"+id+"/rotate", nil))
		page := b.get("/webhooks/" + id)
		if first == "" || second == "" || first == second || strings.Contains(page, "whsec_") {
			t.Errorf("secrets %q and %q, and then\n%s", first, second, page)
		}
		mustContain(t, page, "The CRM", "Recording linked", "Make a new secret", "Disable it", "Secret before signs until")
		to := b.post("/webhooks/"+id+"/test", "type", string(hub.EventRecordingLinked))
		mustContain(t, b.get(to), "The test event is on its way.", "Waiting", "No attempt yet.")
		mustContain(t, b.get(b.post("/webhooks/"+id+"/switch", "disabled", "yes")), "It was disabled by hand.", "Enable")
		if a := b.do(http.MethodPost, "/webhooks/"+id+"/test", url.Values{"type": {string(hub.EventRecordingLinked)}}); a.status != http.StatusConflict {
			t.Errorf("a test of a disabled one: %d", a.status)
		}
		mustContain(t, b.get(b.post("/webhooks/"+id+"/switch", "disabled", "no")), "You enabled the endpoint.", "Disable")
		entries, err := s.store.Audit(t.Context(), organization, store.AuditFilter{ObjectID: id, Limit: 10})
		if err != nil || len(entries) != 5 {
			t.Fatalf("%d entries, %v", len(entries), err)
		}
		for _, e := range entries {
			if e.Actor.Kind != hub.ActorConsole || e.Actor.Name != "Ann" {
				t.Errorf("%s by %+v", e.Action, e.Actor)
			}
		}
	})
}

// TestReplayByFilter sends again all that a filter selects, with its count before, and what is chosen by hand.
func TestReplayByFilter(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL)
		organization := s.organization("Acme Roofing")
		b := s.operator(organization)
		const pending, sent, failed = hub.DeliveryPending, hub.DeliverySent, hub.DeliveryFailed
		id, events := s.endpoint(organization, failed, sent, failed, failed, sent)
		other, _ := s.endpoint(organization, failed)
		list := b.get("/webhooks/" + id + "/deliveries?state=FAILED")
		mustContain(t, list, "<strong>3</strong> deliveries", "it answered 500")
		if strings.Contains(list, events[1]) {
			t.Error("a sent one is listed among the failed")
		}
		// Those of the first two minutes alone.
		until := hub.WireTime(s.clock().Add(-time.Duration(3)*time.Minute - 30*time.Second))
		filter := "?state=FAILED&until=" + url.QueryEscape(until)
		mustContain(t, b.get("/webhooks/"+id+"/replay"+filter), "<strong>1</strong> delivery is sent again")
		to := b.post("/webhooks/"+id+"/replay", "all", "yes", "state", "FAILED", "until", until)
		mustContain(t, b.get(to), "1 delivery was put in line", `value="0"`, "hx-trigger")
		if got := s.statesOf(organization, id); !slices.Equal(got, []hub.DeliveryState{pending, sent, failed, failed, sent}) {
			t.Errorf("after the first minutes: %v", got)
		}
		storetest.Exec(t, s.store, `UPDATE event_deliveries SET state = 'SENT', due_at = NULL WHERE organization_id = $1 AND event_id = $2`, organization, events[0])
		if page := b.get(to); strings.Contains(page, "hx-trigger") || !strings.Contains(page, `value="1"`) {
			t.Error("it is sent, and yet goes on:\n" + page)
		}
		b.post("/webhooks/"+id+"/replay", "event", events[1], "event", events[2])
		if to := b.post("/webhooks/"+id+"/replay", "event", events[4]); !strings.HasPrefix(to, "/webhooks/"+id+"/deliveries/"+events[4]) {
			t.Errorf("one leads to %s", to)
		}
		if got := s.statesOf(organization, id); !slices.Equal(got, []hub.DeliveryState{sent, pending, pending, failed, pending}) {
			t.Errorf("after those by hand: %v", got)
		}
		if got := s.statesOf(organization, other); !slices.Equal(got, []hub.DeliveryState{failed}) {
			t.Errorf("of the other endpoint: %v", got)
		}
		back := "/webhooks/" + id + "/deliveries?state=FAILED"
		mustContain(t, b.get(back), `name="back" value="`+back+`"`)
		if to := b.post("/webhooks/"+id+"/replay", "back", back); to != back {
			t.Errorf("with nothing chosen it leads to %s", to)
		}
		mustContain(t, b.get(back), `class="notice warn" role="status">Nothing was sent again: select deliveries first.`)
		mustContain(t, b.get("/webhooks/"+id+"/deliveries/"+events[3]), "the &lt;b&gt;receiver&lt;/b&gt; is ill", "msg_"+events[3], "&#34;recordingId&#34;: &#34;abc&#34;")
	})
}

// TestReplayOfMany goes on where the one before ended, whatever state it selects.
func TestReplayOfMany(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL)
		organization := s.organization("Acme Roofing")
		id, _ := s.endpoint(organization)
		const many = store.ReplayMost + 5
		storetest.Exec(t, s.store, `INSERT INTO event_deliveries (organization_id, endpoint_id, event_id, recording_id, sequence, state, attempts, attempts_before, created_at, updated_at)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $3)
			SELECT $1, $2, '01900000-0000-7000-8000-' || CAST(100000000000 + i AS TEXT), '', 1, 'SENT', 1, 0, 0, 0 FROM n`, organization, id, int64(many))
		f := store.EventDeliveryFilter{State: hub.DeliverySent}
		if n, err := s.store.CountEventDeliveries(t.Context(), organization, id, f); err != nil || n != store.CountMost+1 {
			t.Fatalf("counted %d, %v", n, err)
		}
		b := s.operator(organization)
		page := b.get(b.post("/webhooks/"+id+"/replay", "all", "yes"))
		mustContain(t, page, "10,000 deliveries were put in line", "There are more")
		after := regexp.MustCompile(`name="after" value="([^"]+)"`).FindStringSubmatch(page)
		if len(after) != 2 {
			t.Fatal(page)
		}
		mustContain(t, b.get(b.post("/webhooks/"+id+"/replay", "all", "yes", "after", after[1])), "5 deliveries were put in line")
		f.State = hub.DeliveryPending
		if n := storetest.Count(t, s.store, `SELECT COUNT(*) FROM event_deliveries WHERE organization_id = $1 AND endpoint_id = $2 AND state = 'PENDING'`, organization, id); n != many {
			t.Errorf("%d of %d are sent again", n, many)
		}
	})
}

// TestWebhookChart draws a day as text: a bar leads to its deliveries, and a line breaks where nothing was sent.
func TestWebhookChart(t *testing.T) {
	s := serveOn(t, storetest.SQLite(t))
	organization := s.organization("Acme Roofing")
	id, _ := s.endpoint(organization)
	now := s.clock().UTC().Truncate(time.Minute)
	for _, m := range []struct {
		ago                time.Duration
		attempts, failures int
	}{{time.Minute, 98, 0}, {2 * time.Hour, 2, 2}, {25 * time.Hour, 500, 0}} {
		storetest.Exec(t, s.store, `INSERT INTO webhook_minutes (organization_id, endpoint_id, minute, attempts, failures, took, to_10, to_50, to_100, to_250, to_500, to_1000, to_2500, to_5000, to_15000, beyond)
			VALUES ($1, $2, $3, $4, $5, 1, 0, $4, 0, 0, 0, 0, 0, 0, 0, 0)`, organization, id, now.Add(-m.ago).UnixMicro(), int64(m.attempts), int64(m.failures))
	}
	storetest.Exec(t, s.store, `UPDATE webhook_endpoints SET failing_since = $2 WHERE id = $1`, id, now.Add(-4*24*time.Hour).UnixMicro())
	page := s.viewer(organization).get("/webhooks/" + id)
	mustContain(t, page, "<dd>100</dd>", "98.0 %", "≤ 50 ms", "2 attempts, 2 failed", `class="piece bad"`, `class="median"`, "disabled in 23 h", "deliveries?from=")
	if n := strings.Count(page, `class="median"`); n != 2 {
		t.Errorf("%d stretches", n)
	}
	mustContain(t, s.viewer(organization).get("/webhooks"), "100 attempts in 24 hours, 2 failed", "Failing")
}
