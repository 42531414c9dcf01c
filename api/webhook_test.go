package api_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"sirocco/api"
	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

const endpoints = "/v1/webhooks/endpoints"

type webhookEndpoint struct {
	ID, URL, Description, Secret string
	EventTypes                   []string
	Disabled                     bool
	DisabledReason               *string
	PreviousSecretUntil          *string
}

type eventDeliveries struct {
	Data []struct {
		EventID, MessageID, EventType, State string
		Attempts                             int
		Tries                                []struct {
			StatusCode *int
			Error      *string
		}
	}
	Cursor *string
}

func TestWebhookEndpoints(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		acme := w.tenant("Acme")
		c := acme.token
		var made, seen, rotated webhookEndpoint
		c.do("POST", endpoints, `{"url":"https://example.com/hook","description":"Ours","eventTypes":["integrations.recordingLinked"]}`).want(t, 201).into(t, &made)
		secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(made.Secret, "whsec_"))
		if err != nil || len(secret) != 32 || !strings.HasPrefix(made.Secret, "whsec_") {
			t.Errorf("the secret %q: %v", made.Secret, err)
		}
		if a := c.do("GET", endpoints+"/"+made.ID, "").want(t, 200); strings.Contains(a.body, made.Secret) {
			t.Error("the secret is shown again")
		}
		if a := c.do("GET", endpoints, "").want(t, 200); strings.Contains(a.body, made.Secret) || !strings.Contains(a.body, made.ID) {
			t.Errorf("the list: %s", a.body)
		}
		c.do("PATCH", endpoints+"/"+made.ID, `{"disabled":true,"eventTypes":[]}`).want(t, 200).into(t, &seen)
		if !seen.Disabled || seen.DisabledReason == nil || len(seen.EventTypes) != 0 || seen.Description != "Ours" || seen.URL != made.URL {
			t.Errorf("patched: %+v", seen)
		}
		c.do("POST", endpoints+"/"+made.ID+"/test", `{}`).want(t, 409)
		c.do("PATCH", endpoints+"/"+made.ID, `{"disabled":false}`).want(t, 200)
		c.do("POST", endpoints+"/"+made.ID+"/rotate-secret", "").want(t, 200).into(t, &rotated)
		if rotated.Secret == made.Secret || rotated.PreviousSecretUntil == nil || *rotated.PreviousSecretUntil != hub.WireTime(w.clock.read().Add(24*time.Hour)) {
			t.Errorf("rotated: %+v", rotated)
		}
		if done, err := w.st.Reseal(t.Context()); err != nil || done.Endpoints != 1 {
			t.Errorf("resealed %+v: %v", done, err)
		}
		target, err := w.st.WebhookTarget(t.Context(), acme.id, made.ID)
		if err != nil || len(target.Secrets) != 2 || target.Secrets[0] != rotated.Secret || target.Secrets[1] != made.Secret {
			t.Errorf("after all were encrypted anew: %v", err)
		}
		for body, problem := range map[string]string{
			`{"url":"http://example.com/"}`:            "url",
			`{"url":"https://10.0.0.1/"}`:              "url",
			`{"url":"https://169.254.169.254/latest"}`: "url",
			`{"url":"https://example.com:99999/"}`:     "url has a port",
			`{"url":"ftp://example.com/"}`:             "url begins with ftp://",
			`{"url":"https:///x"}`:                     "url is not a URL with a host",
			`{"url":"https://example.com/","eventTypes":["integrations.recordingLinked","nothing"]}`: "eventTypes[1]",
			`{"description":"x"}`: "url",
		} {
			if a := c.do("POST", endpoints, body).want(t, 400); !strings.Contains(a.body, problem) {
				t.Errorf("%s: %s", body, a.body)
			}
		}
		for _, own := range []string{"http://localhost:9/", "https://localhost/", "https://127.0.0.1/", "https://[::1]:9/", "https://[::ffff:127.0.0.1]/", "https://LOCALHOST./"} {
			c.do("POST", endpoints, `{"url":"`+own+`"}`).want(t, 400)
		}
		w.server = w.serve(func(cfg *api.Config) { cfg.Targets.Any = true })
		w.client(c.token).do("POST", endpoints, `{"url":"http://10.0.0.1/"}`).want(t, 201)
		c.do("DELETE", endpoints+"/"+made.ID, "").want(t, 200)
		c.do("GET", endpoints+"/"+made.ID, "").want(t, 404)
		c.do("DELETE", endpoints+"/"+made.ID, "").want(t, 404)
	})
}

// TestEndpointIsMadeOnce sends one request again and again, as a client does that got no answer.
func TestEndpointIsMadeOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		c, other := w.tenant("Acme").token, w.tenant("Other").token
		body, key := `{"url":"https://example.com/hook"}`, header{"Idempotency-Key", "k1"}
		var made, again, others webhookEndpoint
		c.do("POST", endpoints, body, key).want(t, 201).into(t, &made)
		c.do("POST", endpoints+"/"+made.ID+"/rotate-secret", "").want(t, 200)
		a := c.do("POST", endpoints, body, key).want(t, 201)
		if a.into(t, &again); again.ID != made.ID || again.Secret != "" || made.Secret == "" || a.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("made %+v, again %+v, %v", made, again, a.header)
		}
		c.do("POST", endpoints, `{"url":"https://example.com/other"}`, key).want(t, 422)
		if other.do("POST", endpoints, body, key).want(t, 201).into(t, &others); others.ID == made.ID {
			t.Error("a key of another organization was replayed")
		}
		if kept := storetest.Count(t, w.st, `SELECT COUNT(*) FROM idempotency_keys WHERE answer LIKE '%'||$1||'%'`, made.Secret); kept != 0 {
			t.Error("the secret is kept in the clear")
		}
	})
}

func TestEventDeliveriesArePagedAndReplayed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		acme := w.tenant("Acme")
		c := acme.token
		var made webhookEndpoint
		c.do("POST", endpoints, `{"url":"https://example.com/hook"}`).want(t, 201).into(t, &made)
		at := endpoints + "/" + made.ID
		var sent []string
		for range 3 {
			var event struct{ EventID string }
			c.do("POST", at+"/test", `{"eventType":"integrations.recordingLinked"}`).want(t, 202).into(t, &event)
			sent = append(sent, event.EventID)
		}
		// A turn of the background, in which the receiver takes the first and nothing comes of the second.
		var task store.Task
		if n, _, err := w.st.ClaimTasks(t.Context(), store.TaskWebhook, store.Room{Workers: 10}, time.Minute, func(_ store.Tx, due []store.Task) error { task = due[0]; return nil }); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		due, err := w.st.DueEvents(t.Context(), acme.id, made.ID, 2)
		if err != nil || len(due) != 2 {
			t.Fatal(due, err)
		}
		results := []store.EventResult{
			{DueEvent: due[0], At: w.clock.read(), Status: 200, Response: "thanks"},
			{DueEvent: due[1], At: w.clock.read(), Error: "It did not answer in time."},
		}
		if err := w.st.SaveResults(t.Context(), task, results, false); err != nil {
			t.Fatal(err)
		}
		var page, rest eventDeliveries
		c.do("GET", at+"/deliveries?pageSize=2", "").want(t, 200).into(t, &page)
		if len(page.Data) != 2 || page.Cursor == nil || page.Data[0].EventID != sent[2] || page.Data[0].State != "PENDING" || page.Data[0].MessageID != "msg_"+sent[2] {
			t.Fatalf("first page: %+v", page)
		}
		c.do("GET", at+"/deliveries?pageSize=2&cursor="+*page.Cursor, "").want(t, 200).into(t, &rest)
		if len(rest.Data) != 1 || rest.Cursor != nil || rest.Data[0].State != "SENT" || *rest.Data[0].Tries[0].StatusCode != 200 {
			t.Fatalf("second page: %+v", rest)
		}
		for state, want := range map[string]string{"SENT": sent[0], "FAILED": sent[1], "PENDING": sent[2]} {
			var found eventDeliveries
			c.do("GET", at+"/deliveries?state="+state, "").want(t, 200).into(t, &found)
			if len(found.Data) != 1 || found.Data[0].EventID != want || found.Data[0].EventType != "integrations.recordingLinked" {
				t.Errorf("%s: %+v", state, found.Data)
			}
		}
		var replayed struct {
			Replayed int
			More     bool
		}
		c.do("POST", at+"/replay", `{"since":"2030-01-01T00:00:00Z"}`).want(t, 202).into(t, &replayed)
		if replayed.Replayed != 0 {
			t.Errorf("replayed what is older: %+v", replayed)
		}
		c.do("POST", at+"/replay", `{"since":"2020-01-01T00:00:00Z"}`).want(t, 202).into(t, &replayed)
		if replayed.Replayed != 1 || replayed.More {
			t.Errorf("replayed %+v", replayed)
		}
		c.do("POST", at+"/replay", "").want(t, 202).into(t, &replayed) // of the last day
		if replayed.Replayed != 0 {
			t.Errorf("replayed what is due anyway: %+v", replayed)
		}
		c.do("POST", at+"/deliveries/"+sent[0]+"/replay", "").want(t, 202)
		c.do("POST", at+"/deliveries/"+hub.NewID()+"/replay", "").want(t, 404)
		if due, err := w.st.DueEvents(t.Context(), acme.id, made.ID, 10); err != nil || len(due) != 3 {
			t.Errorf("due after the replays: %d, %v", len(due), err)
		}
		// What is deleted goes slice by slice, and what is old goes by itself.
		c.do("DELETE", at, "").want(t, 200)
		if err := w.st.SaveResults(t.Context(), task, results, false); err == nil {
			t.Error("results of a deleted endpoint were kept")
		}
		purge := func() {
			for more := true; more; {
				if more, err = w.st.PurgeEvents(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		purge()
		if left, err := w.st.EventDeliveries(t.Context(), acme.id, made.ID, store.EventDeliveryFilter{Limit: 10}); err != nil || len(left) != 0 {
			t.Errorf("left: %v, %v", left, err)
		}
		c.do("POST", endpoints, `{"url":"https://example.com/hook"}`).want(t, 201).into(t, &made)
		c.do("POST", endpoints+"/"+made.ID+"/test", "").want(t, 202)
		for _, want := range []int{1, 0} {
			purge()
			if left, err := w.st.EventDeliveries(t.Context(), acme.id, made.ID, store.EventDeliveryFilter{Limit: 10}); err != nil || len(left) != want {
				t.Errorf("%d left, want %d: %v", len(left), want, err)
			}
			w.clock.advance(store.EventAge + time.Hour)
		}
	})
}
