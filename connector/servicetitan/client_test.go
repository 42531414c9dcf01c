package servicetitan_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/servicetitan"
	"sirocco/hub"
	"sirocco/simulator"
	simulated "sirocco/simulator/servicetitan"
)

// vendor is a session with a vendor that answers as f says.
func vendor(t *testing.T, f http.HandlerFunc) *connector.Session {
	t.Helper()
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	values := map[string]string{"baseURL": server.URL, "authURL": server.URL, "tenant": "1", "appKey": "k", "clientId": "c", "clientSecret": "s"}
	return &connector.Session{HTTP: server.Client(), Values: values, Token: "t", Now: time.Now}
}

// says is a handler that always answers the same.
func says(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// TestTokenRefused tells a refusal from an outage of the address that gives tokens.
func TestTokenRefused(t *testing.T) {
	for name, test := range map[string]struct {
		status            int
		contentType, body string
		kind              connector.Kind
	}{
		"client":      {400, "application/json", `{"error":"invalid_client"}`, connector.Unauthorized},
		"grant":       {400, "application/json", `{"error":"invalid_grant"}`, connector.Unauthorized},
		"may not":     {400, "application/json", `{"error":"unauthorized_client"}`, connector.Unauthorized},
		"passes":      {400, "application/json", `{"error":"temporarily_unavailable"}`, connector.Temporary},
		"a page":      {400, "text/html", `<html>invalid_client</html>`, connector.Temporary},
		"no reason":   {400, "application/json", `{}`, connector.Temporary},
		"status 401":  {401, "application/json", `{"error":"invalid_client"}`, connector.Unauthorized},
		"down":        {503, "text/html", ``, connector.Temporary},
		"page as 200": {200, "text/html", `<html>`, connector.Malformed},
		"no token":    {200, "application/json", `{"expires_in":900}`, connector.Malformed},
		"ended":       {200, "application/json", `{"access_token":"x","expires_in":-1}`, connector.Malformed},
	} {
		if _, err := (servicetitan.Connector{}).Authorize(t.Context(), vendor(t, says(test.status, test.contentType, test.body))); !connector.IsKind(err, test.kind) {
			t.Errorf("%s: %v is not %s", name, err, test.kind)
		}
	}
}

// TestTokenLife reads how long a token lasts in each form.
func TestTokenLife(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for body, life := range map[string]time.Duration{
		`{"access_token":"x","expires_in":900}`:     15 * time.Minute,
		`{"access_token":"x","expires_in":"57600"}`: 16 * time.Hour,
		`{"access_token":"x","expires_in":60.5}`:    60*time.Second + 500*time.Millisecond,
		`{"access_token":"x","expires_in":null}`:    15 * time.Minute,
		`{"access_token":"x"}`:                      15 * time.Minute,
	} {
		session := vendor(t, says(200, "application/json", body))
		session.Now = func() time.Time { return now }
		token, err := servicetitan.Connector{}.Authorize(t.Context(), session)
		if err != nil || token.Value != "x" || token.Expires.Sub(now) != life {
			t.Errorf("%s: %+v %v", body, token, err)
		}
	}
}

// TestRefusals holds what the vendor says with a refusal against what a person is told.
func TestRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		body   string
		kind   connector.Kind
		words  string
	}{
		"app key": {401, `{"title":"Application key not present, check ST-App-Key header value."}`, connector.Unauthorized, "app key"},
		"token":   {401, `{"title":"Unauthorized"}`, connector.Unauthorized, "credentials"},
		"scope":   {403, `{"title":"Scope validation failed","status":403}`, connector.Forbidden, "tn.crm.leads:r"},
		"limit":   {403, `{"title":"Rate limit is exceeded"}`, connector.RateLimited, "too many requests"},
		"field":   {400, `{"errors":{"sort":["The value 'x' is not valid"]},"traceId":"00-ab"}`, connector.Refused, "because of sort (trace 00-ab)"},
	} {
		session := vendor(t, says(test.status, "application/json", test.body))
		_, err := servicetitan.Connector{}.Fetch(t.Context(), session, connector.Query{Model: hub.ModelLead, Limit: 10})
		if !connector.IsKind(err, test.kind) || !strings.Contains(err.Error(), test.words) {
			t.Errorf("%s: %v", name, err)
		}
	}
	limited := vendor(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "7")
		says(403, "application/json", `{"title":"Forbidden"}`)(w, r)
	})
	if _, err := (servicetitan.Connector{}).Fetch(t.Context(), limited, connector.Query{Model: hub.ModelLead, Limit: 10}); !connector.IsKind(err, connector.RateLimited) {
		t.Errorf("a 403 that says when to come again is taken for %v", err)
	}
}

// TestAnswersWithoutRows takes no answer without its rows for an empty list.
func TestAnswersWithoutRows(t *testing.T) {
	c := servicetitan.Connector{}
	for _, body := range []string{`{"error":"try later"}`, `{"data":null,"hasMore":false}`, `{"data":{},"hasMore":false}`, `{"hasMore":false}`, `{"data":[]}`, `null`} {
		session := vendor(t, says(200, "application/json", body))
		for _, m := range c.Info().Models {
			if _, err := c.Fetch(t.Context(), session, connector.Query{Model: m.Model, Limit: 10}); !connector.IsKind(err, connector.Malformed) {
				t.Errorf("%s of %s: %v", body, m.Model, err)
			}
		}
		if _, err := c.Find(t.Context(), session, hub.ModelOpportunity, []string{"1"}); !connector.IsKind(err, connector.Malformed) {
			t.Errorf("%s to a question for an id: %v", body, err)
		}
		note := connector.Note{Target: hub.ModelOpportunity, ExternalID: "1", Title: "t", Marker: "sirocco:1"}
		if _, err := c.WriteNote(t.Context(), session, note); !connector.IsKind(err, connector.Malformed) {
			t.Errorf("%s to a search for a note: %v", body, err)
		}
	}
}

// TestMissingScope reads as an app that lacks scopes: that of a model fails it alone and is named; that of what is read
// beside it leaves it out.
func TestMissingScope(t *testing.T) {
	_, session := standIn(t, simulator.Options{Records: 20})
	session.Values["appKey"] = simulated.WithoutScopes("tn.crm.leads:r", "tn.crm.locations:r", "tn.sal.estimates:r", "tn.stt.employees:r", "tn.dis.nonjobappointments:r")
	c := servicetitan.Connector{}
	for _, m := range c.Info().Models {
		page, err := c.Fetch(t.Context(), session, connector.Query{Model: m.Model, Limit: 500})
		if m.Model == hub.ModelLead {
			if !connector.IsKind(err, connector.Forbidden) || !strings.Contains(err.Error(), m.Right) {
				t.Errorf("leads: %v", err)
			}
			continue
		}
		if err != nil || len(page.Records) == 0 {
			t.Errorf("%s: %d records, %v", m.Model, len(page.Records), err)
		}
		for _, r := range page.Records {
			if strings.Contains(r.ExternalID, ":") || r.Details.Latitude != nil || r.Details.Disposition == "WON" {
				t.Fatalf("%s: %+v", m.Model, r)
			}
		}
	}
	session.Values["appKey"] = "another"
	if _, err := c.Check(t.Context(), session); !connector.IsKind(err, connector.Unauthorized) || !strings.Contains(err.Error(), "app key") {
		t.Errorf("with another app key: %v", err)
	}
}

// TestTokenEnds lets the stand-in's clock pass the 15 minutes of a token.
func TestTokenEnds(t *testing.T) {
	crm, session := standIn(t, simulator.Options{Records: 20})
	c := servicetitan.Connector{}
	crm.SetClockOffset(16 * time.Minute)
	if _, err := c.Check(t.Context(), session); !connector.IsKind(err, connector.Unauthorized) || strings.Contains(err.Error(), "app key") {
		t.Errorf("after 16 minutes: %v", err)
	}
}

func write(w http.ResponseWriter, v any) { simulator.WriteJSON(w, http.StatusOK, v) }
