package console

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestRefusedCredentialsAreDecided shows a connection whose CRM refuses its credentials as what it is, also while they are tried
// again now and then: on the overview and on its own page, each with the button, and with no model up to date.
func TestRefusedCredentialsAreDecided(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := visits(t, databaseURL, withMerge)
		b := s.operator(s.organization)
		if _, err := s.store.SetCredentials(t.Context(), s.organization, s.connection.ID, map[string]string{"apiKey": "good"}, false, check); err != nil {
			t.Fatal(err)
		}
		at := "/connections/" + s.connection.ID
		mustContain(t, b.get(at), "up to date")
		creds, err := s.store.Credentials(t.Context(), s.organization, s.connection.ID)
		if err != nil {
			t.Fatal(err)
		}
		refusal, noted, err := s.store.RefuseCredentials(t.Context(), s.organization, s.connection.ID, creds.UpdatedAt)
		if err != nil || !noted || refusal.Rejected {
			t.Fatalf("%+v, %t, %v", refusal, noted, err)
		}
		storetest.Exec(t, s.store, `UPDATE schedules SET waiting = 'tries again after a failure: Merge: 401 Unauthorized', waiting_until = $2 WHERE connection_id = $1`,
			s.connection.ID, s.clock().Add(time.Hour).UnixMicro())
		button := at + `/credentials">New credentials</a>`
		overview := b.get("/")
		mustContain(t, overview, "1 needs credentials", "Merge refuses the credentials of "+s.connection.Name+" since", button)
		page := b.get(at)
		mustContain(t, page, "The CRM refuses its credentials since", "Merge: 401 Unauthorized")
		lead := page[strings.Index(page, `id="sentence"`):]
		if lead = lead[:strings.Index(lead, "</p>")]; !strings.Contains(lead, button) {
			t.Errorf("no button beside the sentence: %s", lead)
		}
		if strings.Contains(page, ">up to date<") {
			t.Error("a model is up to date")
		}
		for _, page := range []string{"/", at} {
			if strings.Contains(s.viewer(s.organization).get(page), at+"/credentials") {
				t.Errorf("a viewer has the button at %s", page)
			}
		}
		b.post(at+"/credentials", "credential.apiKey", "good")
		if page := b.get("/"); strings.Contains(page, "refuses the credentials") {
			t.Error("new credentials are there, and yet\n" + page)
		}
	})
}

// TestFailuresAreDecided shows what cannot be read, and what could not be kept, on the overview, each with why and where it is
// looked at.
func TestFailuresAreDecided(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := visits(t, databaseURL, withMerge)
		b := s.operator(s.organization)
		if _, err := s.store.SetCredentials(t.Context(), s.organization, s.connection.ID, map[string]string{"apiKey": "good"}, false, check); err != nil {
			t.Fatal(err)
		}
		bad := store.Quarantined{Model: hub.ModelEngagement, ExternalID: "q1", Reason: "endTime is before startTime", Raw: `{"id":"q1"}`, FoundSince: s.start}
		s.commitPage(store.PageCommit{State: store.SyncState{Model: hub.ModelEngagement}, Status: hub.SyncStateUpToDate, Quarantined: []store.Quarantined{bad}})
		storetest.Exec(t, s.store, `UPDATE sync_states SET failed = 'Merge: its answer is no JSON.' WHERE connection_id = $1 AND model = 'CONTACT'`, s.connection.ID)
		mustContain(t, b.get("/"), "1 failing", "Of "+s.connection.Name+", Contact cannot be read: Merge: its answer is no JSON.", connectionPath(s)+`">See it</a>`,
			"1 item that came from "+s.connection.Name+" could not be kept, and waits in quarantine: endTime is before startTime.", "/quarantine?connection="+s.connection.ID)
		storetest.Exec(t, s.store, `UPDATE sync_states SET failed = 'Merge: its answer is no JSON.' WHERE connection_id = $1`, s.connection.ID)
		mustContain(t, b.get("/"), "Of "+s.connection.Name+", Contact and 2 other models cannot be read: Merge: its answer is no JSON.")
		storetest.Exec(t, s.store, `INSERT INTO absences (organization_id, connection_id, model, external_id, noted_at, state) VALUES ($1, $2, 'CONTACT', 'c-1', 0, 'HELD'), ($1, $2, 'CONTACT', 'gone', 0, 'HELD')`,
			s.organization, s.connection.ID)
		mustContain(t, b.get("/"), s.connection.Name+" no longer shows 2 records of the model Contact.", connectionPath(s)+`#held">See them</a>`)
		mustContain(t, b.get(connectionPath(s)), `id="held"`, "/records/CONTACT/"+s.record(hub.ModelContact, "c-1").ID+`">Marisol Rivera</a>, <code>gone</code>.`)
		storetest.Exec(t, s.store, `UPDATE sync_states SET failed = '' WHERE connection_id = $1`, s.connection.ID)
		storetest.Exec(t, s.store, `UPDATE schedules SET failures = 3, waiting = 'tries again after a failure: Merge: no whole answer came' WHERE connection_id = $1`, s.connection.ID)
		mustContain(t, b.get("/"), s.connection.Name+" cannot be read: Merge: no whole answer came.")
	})
}

func connectionPath(s *visited) string { return "/connections/" + s.connection.ID }

// TestOverviewLeadsThere follows the overview to the deliveries of the endpoint that it speaks of, in the state that it counts.
func TestOverviewLeadsThere(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL)
		organization := s.organization("Acme Roofing")
		well, _ := s.endpoint(organization, hub.DeliverySent)
		ill, _ := s.endpoint(organization, hub.DeliveryFailed, hub.DeliveryPending)
		storetest.Exec(t, s.store, `UPDATE webhook_endpoints SET failing_since = $2, description = 'The CRM' WHERE id = $1`, ill, s.clock().Add(-time.Hour).UnixMicro())
		b := s.viewer(organization)
		mustContain(t, b.get("/"), "/webhooks/"+ill+`/deliveries">See its deliveries</a>`, "/webhooks/deliveries?state=PENDING", "/webhooks/deliveries?state=FAILED")
		for _, state := range []string{"PENDING", "FAILED"} {
			if a := b.do(http.MethodGet, "/webhooks/deliveries?state="+state, nil); a.location != "/console/webhooks/"+ill+"/deliveries?state="+state {
				t.Errorf("%s leads to %s", state, a.location)
			}
		}
		mustContain(t, b.get("/webhooks/"+well+"/deliveries"), "The CRM, crm.example.com</option>")
		// One that nobody disabled has its button; one that somebody did is no surprise.
		acts := s.operator(organization)
		acts.post("/webhooks/"+well+"/switch", "disabled", "yes")
		if page := acts.get("/"); strings.Contains(page, "is disabled since") {
			t.Error("it was disabled by hand, and yet\n" + page)
		}
		storetest.Exec(t, s.store, `UPDATE webhook_endpoints SET disabled_at = $2, disabled_reason = 'All failed for five days.' WHERE id = $1`, ill, s.clock().UnixMicro())
		mustContain(t, acts.get("/"), "is disabled since", "All failed for five days.", "Enable it</button>")
		acts.post("/webhooks/"+ill+"/switch", "disabled", "no")
		if page := acts.get("/"); strings.Contains(page, "is disabled since") {
			t.Error("it is enabled, and yet\n" + page)
		}
	})
}
