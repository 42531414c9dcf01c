package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"sirocco/api"
	"sirocco/hub"
	"sirocco/store/storetest"
)

// inbound is what a test reads of an inbound address.
type inbound struct {
	URL, Secret         string
	SecretSince         string
	PreviousSecretUntil *string
}

// rotate gives a connection an inbound address, or that a new secret.
func (c *client) rotate(connection string) inbound {
	c.w.t.Helper()
	var made inbound
	c.do("POST", connections+"/"+connection+"/inbound/rotate-secret", "").want(c.w.t, 200).into(c.w.t, &made)
	return made
}

// post posts to an inbound address as a platform does, which has no token.
func (w *world) post(in inbound, body string, headers ...header) answer {
	w.t.Helper()
	path, ok := strings.CutPrefix(in.URL, w.server.URL)
	if !ok {
		w.t.Fatalf("the address %s is not the server's", in.URL)
	}
	return w.client("").do("POST", path, body, headers...)
}

func (w *world) postSession(in inbound, body string) answer {
	w.t.Helper()
	return w.post(in, body, header{"X-Sirocco-Secret", in.Secret})
}

const fullSession = `{"sessionId":"s1","rep":{"id":"u7","email":"rep@example.com","name":"Rep Seven"},
	"startedAt":"2026-11-20T15:10:00Z","endedAt":"2026-11-20T15:50:00Z","presentation":{"id":"p1","name":"Roofs of 2026"},
	"pages":[{"title":"Welcome","seconds":30},{"title":"","seconds":61.4}]}`

func TestSessionsBecomeEngagements(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		acme := w.tenant("Acme")
		c := acme.token
		made := c.create("INGAGE")
		path := connections + "/" + made.ID
		if len(made.SyncStatus) != 1 || made.SyncStatus[0]["modelName"] != "ENGAGEMENT" || made.SyncStatus[0]["modelModifiedAfter"] != nil {
			t.Errorf("%+v", made.SyncStatus)
		}
		c.do("GET", path+"/inbound", "").want(t, 404)
		if a := c.do("GET", path+"/sync", "").want(t, 200); !strings.Contains(a.body, "Nothing has come yet.") {
			t.Error(a.body)
		}
		in := c.rotate(made.ID)
		if a := c.do("GET", path+"/inbound", "").want(t, 200); strings.Contains(a.body, in.Secret) || !strings.Contains(a.body, in.URL) {
			t.Errorf("shown again: %s", a.body)
		}

		a := w.postSession(in, fullSession).want(t, 200)
		var answer struct {
			Data struct{ SessionID, EngagementID string }
		}
		a.into(t, &answer)
		id := answer.Data.EngagementID
		var e pushed
		c.do("GET", records+"/engagements/"+id, "").want(t, 200).into(t, &e)
		if e.ExternalID != "s1" || e.Subject != "Roofs of 2026" || e.EngagementType != "EVENT" || e.StartTime != "2026-11-20T15:10:00.000Z" || e.EndTime != "2026-11-20T15:50:00.000Z" ||
			e.Content != "Welcome: 30 s\nPage 2: 61 s" || len(e.EngagementUsers) != 1 {
			t.Errorf("%+v", e)
		}
		if a := c.do("GET", "/v1/integrations/engagement-types", "").want(t, 200); !strings.Contains(a.body, `"Presentation"`) || !strings.Contains(a.body, made.ID) {
			t.Errorf("its type is no record: %s", a.body)
		}
		c.do("GET", path, "").want(t, 200).into(t, &made)
		if s := made.SyncStatus[0]; s["modelSyncStatus"] != "UP_TO_DATE" || s["modelModifiedAfter"] != hub.WireTime(w.clock.read()) {
			t.Errorf("%+v", s)
		}

		// The same again writes nothing; told of another rep and without an end, it is the same engagement.
		written := func() int {
			return storetest.Count(t, w.st, `SELECT COUNT(*) FROM records WHERE organization_id = $1 AND updated_at = $2`, acme.id, w.clock.read().UnixMicro())
		}
		w.clock.advance(time.Minute)
		w.postSession(in, fullSession).want(t, 200)
		if n := written(); n != 0 {
			t.Errorf("%d records were written though nothing was new", n)
		}
		w.postSession(in, `{"sessionId":"s1","rep":{"email":" Other@Example.com"},"startedAt":"2026-11-20T15:10:00Z","endedAt":null,"pages":[{"title":"Welcome","seconds":90}]}`).want(t, 200).into(t, &answer)
		c.do("GET", records+"/engagements/"+id, "").want(t, 200).into(t, &e)
		if answer.Data.EngagementID != id || e.EndTime != "2026-11-20T15:11:30.000Z" || e.Subject != "Presentation" || len(e.EngagementUsers) != 1 {
			t.Errorf("%+v", e)
		}
		if a := c.do("GET", records+"/users/"+e.EngagementUsers[0].UserID, "").want(t, 200); !strings.Contains(a.body, `"externalId":"email:other@example.com"`) {
			t.Error(a.body)
		}

		// Nothing of it is changed here, nothing pushed over it, and while it is paused nothing is taken.
		c.do("DELETE", records+"/engagements/"+id, "").want(t, 409)
		c.do("PUT", records+"/sync/engagements?integrationConnectionId="+made.ID, `{"externalId":"x"}`).want(t, 409)
		c.do("POST", path+"/sync", "").want(t, 409)
		c.do("PATCH", path, `{"isActive":false}`).want(t, 200)
		if a := w.postSession(in, fullSession).want(t, 409); !strings.Contains(a.body, "paused") {
			t.Error(a.body)
		}
		c.do("DELETE", path, "").want(t, 200)
		w.postSession(in, fullSession).want(t, 401)
	})
}

func TestInboundSecrets(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		acme := w.tenant("Acme")
		c := acme.token
		ingage := c.create("INGAGE")
		first := c.rotate(ingage.ID)
		other := w.tenant("Other").token
		foreign := other.rotate(other.create("INGAGE").ID)

		// In a header or in the address, and nowhere in the log.
		w.post(first, fullSession, header{"X-Sirocco-Secret", first.Secret}).want(t, 200)
		w.post(inbound{URL: first.URL + "?secret=" + first.Secret}, fullSession).want(t, 200)
		if strings.Contains(w.log.String(), first.Secret) {
			t.Error("the log has the secret")
		}
		for _, wrong := range []string{"", "sirocco_inbound_", foreign.Secret} {
			w.post(first, fullSession, header{"X-Sirocco-Secret", wrong}).want(t, 401)
		}
		w.post(inbound{URL: w.server.URL + "/inbound/" + hub.NewID()}, fullSession, header{"X-Sirocco-Secret", first.Secret}).want(t, 401)
		w.post(inbound{URL: w.server.URL + "/inbound/nobody"}, fullSession).want(t, 401)

		// The one before counts for a day, and no longer.
		second := c.rotate(ingage.ID)
		if second.Secret == first.Secret || second.PreviousSecretUntil == nil || *second.PreviousSecretUntil != hub.WireTime(w.clock.read().Add(24*time.Hour)) {
			t.Errorf("%+v after %+v", second, first)
		}
		w.clock.advance(24*time.Hour - time.Second)
		w.postSession(first, fullSession).want(t, 200)
		w.clock.advance(2 * time.Second)
		w.postSession(first, fullSession).want(t, 401)
		w.postSession(second, fullSession).want(t, 200)

		// It is another's business nowhere, and no platform's that calls nobody.
		other.do("POST", connections+"/"+ingage.ID+"/inbound/rotate-secret", "").want(t, 404)
		other.do("GET", connections+"/"+ingage.ID+"/inbound", "").want(t, 404)
		c.do("POST", connections+"/"+c.create("MERGE").ID+"/inbound/rotate-secret", "").want(t, 409)
		if a := c.do("GET", "/v1/audit", ""); a.status == 200 && strings.Contains(a.body, second.Secret) {
			t.Error("the audit log has the secret")
		}
	})
}

func TestSessionsAreReadExactly(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		c := w.tenant("Acme").token
		in := c.rotate(c.create("INGAGE").ID)
		for body, says := range map[string]string{
			"":                "cannot be read",
			"[]":              "is no JSON object",
			`{"sessionId":1}`: "sessionId is of another type",
			strings.Replace(fullSession, `"rep"`, `"customer":{},"rep"`, 1):               "customer is not known",
			strings.Replace(fullSession, `"seconds":30`, `"seconds":30,"x":1`, 1):         "pages[0].x is not known",
			strings.Replace(fullSession, `"sessionId"`, `"sessionId":"s","sessionId"`, 1): "cannot be read",
			strings.Replace(fullSession, "2026-11-20T15:10:00Z", "yesterday", 1):          "startedAt is not a time",
			strings.Replace(fullSession, "T15:50", "T14:50", 1):                           "endedAt is before startedAt",
			strings.Replace(fullSession, "2026-11-20T15:50:00Z", "", 1):                   "endedAt is not a time",
			`{"sessionId":"s","endedAt":"2026-11-20T15:50:00Z"}`:                          "rep has neither an id nor an email; expected who presented, by id or by e-mail address; startedAt is missing; expected a time in RFC 3339",
			fullSession + "{}": "cannot be read",
		} {
			if a := w.postSession(in, body).want(t, 400); !strings.Contains(a.body, says) {
				t.Errorf("%s: %s, want %q", body, a.body, says)
			}
		}
		long := strings.Replace(fullSession, "Welcome", strings.Repeat("x", 256<<10), 1)
		w.postSession(in, long).want(t, http.StatusRequestEntityTooLarge)
		if n := storetest.Count(t, w.st, `SELECT COUNT(*) FROM records`); n != 0 {
			t.Errorf("%d records came of what was refused", n)
		}
	})
}

// A session is what a recording of that time is of where the rep has no appointment, and shows beside one where there is.
func TestSessionsGoBesideAppointments(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		acme := w.tenant("Acme")
		c := acme.token
		rep, err := w.st.CreateUser(t.Context(), acme.id, hub.User{Email: "rep@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC)
		id := storetest.Recording(t, w.st, acme.id, rep.ID, at, time.Hour)
		ingage := c.create("INGAGE")
		w.postSession(c.rotate(ingage.ID), fullSession).want(t, 200)
		type link struct {
			Candidates, Context []struct {
				ExternalID, IntegrationConnectionID string
				Probability                         float64
			}
			Reason, Verdict string
		}
		var alone, beside, apart link
		c.do("GET", recordings+"/"+id+"/link", "").want(t, 200).into(t, &alone)
		if len(alone.Candidates) != 1 || len(alone.Context) != 0 || alone.Candidates[0].IntegrationConnectionID != ingage.ID || !strings.HasPrefix(alone.Verdict, "No appointment fits, and “Roofs of 2026”") {
			t.Errorf("%+v", alone)
		}
		c.create("SIRO_CUSTOM_INPUT")
		c.push("/sync/engagements", `{"externalId":"visit","subject":"Visit","startTime":"2026-11-20T15:00:00Z","endTime":"2026-11-20T16:00:00Z",
			"engagementType":{"name":"Visit","activityType":"APPOINTMENT"},"engagementUsers":[{"externalId":"r","email":"rep@example.com"}]}`)
		c.do("GET", recordings+"/"+id+"/link", "").want(t, 200).into(t, &beside)
		if len(beside.Candidates) != 1 || beside.Candidates[0].ExternalID != "visit" || !strings.Contains(beside.Verdict, "“Visit”") || len(beside.Context) != 1 || beside.Context[0].ExternalID != "s1" {
			t.Errorf("%+v", beside)
		}
		// What a person took away the rule finds as before, and says so.
		if _, err := w.st.RemoveLink(t.Context(), acme.id, id, ""); err != nil {
			t.Fatal(err)
		}
		c.do("GET", recordings+"/"+id+"/link", "").want(t, 200).into(t, &apart)
		if apart.Reason != "It was unlinked by hand." || apart.Verdict != beside.Verdict || apart.Candidates[0].Probability != beside.Candidates[0].Probability {
			t.Errorf("%+v", apart)
		}
	})
}

// TestStrangersAtInboundAddresses posts without the secret, to an address that there is and to others: what comes from one address is
// limited, whatever it tries, and who has the secret is not.
func TestStrangersAtInboundAddresses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		const most = 5
		w := newWorld(t, url, func(c *api.Config) { c.RateLimit = most })
		c := w.tenant("Acme").token
		in := c.rotate(c.create("INGAGE").ID)
		w.postSession(in, fullSession).want(t, 200)
		refused := 0
		for i := range 4 * most {
			of := inbound{URL: in.URL, Secret: "another"}
			if i%2 == 0 {
				of = inbound{URL: w.server.URL + "/inbound/" + hub.NewID(), Secret: in.Secret}
			}
			switch a := w.postSession(of, fullSession); a.status {
			case http.StatusUnauthorized:
			case http.StatusTooManyRequests:
				refused++
			default:
				t.Fatalf("answered %d: %s", a.status, a.body)
			}
		}
		if refused < 3*most {
			t.Errorf("%d of %d were refused", refused, 4*most)
		}
		w.postSession(in, fullSession).want(t, 200)
	})
}
