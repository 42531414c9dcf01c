package console

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// walkedIDs are the ids of another organization's things that the walks put into the paths of routes, by the name that
// the pattern has for them. A route with another name fails the walk until it is here.
func walkedIDs(s *served, organization string) map[string]string {
	s.t.Helper()
	in := &visited{served: s, organization: organization}
	in.fill()
	sched := storetest.Lease(s.t, s.store, organization, in.connection.ID)
	endpoint, events := s.endpoint(organization, hub.DeliveryFailed)
	token, _, err := s.store.CreateToken(s.t.Context(), organization, store.NewToken{Name: "laptop"})
	if err != nil {
		s.t.Fatal(err)
	}
	session, _, err := s.store.OpenConsole(s.t.Context(), hub.ConsolePerson{Name: "Zoe", Role: hub.ConsoleViewer, Method: hub.ConsoleByLink, OrganizationID: organization})
	if err != nil {
		s.t.Fatal(err)
	}
	return map[string]string{
		"user": in.record(hub.ModelUser, "u-7").ID, "token": token.ID, "session": session.ID,
		"endpoint": endpoint, "event": events[0],
		"connection": in.connection.ID, "run": sched.RunID, "delivery": s.delivery(organization, in.connection.ID),
		"recording": in.offered, "model": "CONTACT", "record": in.record(hub.ModelContact, "c-1").ID,
	}
}

// delivery is a note that was sent and is not proven to be there.
func (s *served) delivery(organization, connection string) string {
	s.t.Helper()
	id, now := hub.NewID(), s.clock().UnixMicro()
	recording := storetest.Recording(s.t, s.store, organization, hub.NewID(), s.clock(), time.Minute)
	storetest.Exec(s.t, s.store, `INSERT INTO deliveries (organization_id, connection_id, id, recording_id, model, external_id, state, attempts, due_at, note_id, error, created_at, updated_at, asked_at, marker)
		VALUES ($1, $2, $3, $4, 'OPPORTUNITY', '4711', 'CONFIRMING', 1, $5, '', '', $5, $5, $5, 'sirocco:1')`, organization, connection, id, recording, now)
	return id
}

// walkedForm fills in what actions ask for, so that they are refused for whom they are asked by and for nothing else.
func walkedForm(s *served) url.Values {
	now := s.clock().Add(-time.Hour).UTC().Format(time.RFC3339Nano)
	return url.Values{
		"version": {now}, "active": {"no"}, "there": {"yes"}, "decision": {"keep"}, "what": {"corrections"}, "corrections": {"LEAVE"},
		"type": {string(hub.EventRecordingLinked)}, "disabled": {"yes"}, "all": {"yes"}, "url": {"https://crm.example.com/other"},
		"from": {now}, "name": {"taken over"}, "platform": {"SIRO_CUSTOM_INPUT"}, "account": {"x"}, "who": {"nobody"},
		"format": {"csv"},
	}
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// walked is a route's path with ids in it.
func walked(t *testing.T, r route, ids map[string]string) string {
	t.Helper()
	return placeholder.ReplaceAllStringFunc(strings.TrimSuffix(r.Pattern, "{$}"), func(name string) string {
		id, ok := ids[strings.Trim(name, "{}")]
		if !ok {
			t.Errorf("%s: walkedIDs has nothing for %s", r.Pattern, name)
		}
		return id
	})
}

// TestNoOtherOrganization asks every route, with the session of one organization, for another's things: by their ids, and
// by the organization's own. Nothing of it shows, and nothing of it changes.
func TestNoOtherOrganization(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL)
		own, other := s.organization("Acme"), s.organization("Zephyr Awnings")
		ids := walkedIDs(s, other)
		before := storetest.Count(t, s.store, `SELECT COUNT(*) FROM audit WHERE organization_id = $1`, other)
		for _, r := range routes() {
			if r.Scope == scopeNone || r.Pattern == "/sign-out" {
				continue
			}
			b := s.operator(own)
			path := walked(t, r, ids)
			asked := map[string]bool{path + "?organization=" + other: true}
			if path != strings.TrimSuffix(r.Pattern, "{$}") || r.Scope == scopeServer {
				asked[path] = true
			}
			for at := range asked {
				a := b.do(r.Method, at, walkedForm(s))
				if a.status != http.StatusNotFound || strings.Contains(a.body, "Zephyr") {
					t.Errorf("%s %s: %d %s", r.Method, at, a.status, a.body)
				}
			}
		}
		if after := storetest.Count(t, s.store, `SELECT COUNT(*) FROM audit WHERE organization_id = $1`, other); after != before {
			t.Errorf("%d changes were made to another organization", after-before)
		}
	})
}

// TestStrangersSeeNothing asks every route without a session: all lead to the page where one signs in.
func TestStrangersSeeNothing(t *testing.T) {
	s := serveOn(t, storetest.SQLite(t))
	ids := walkedIDs(s, s.organization("Zephyr Awnings"))
	for _, r := range routes() {
		if r.Scope == scopeNone {
			continue
		}
		a := s.stranger().do(r.Method, walked(t, r, ids), url.Values{})
		if r.live() && a.status == http.StatusUnauthorized {
			continue
		}
		if a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, "/console/sign-in") {
			t.Errorf("%s %s: %d %s", r.Method, r.Pattern, a.status, a.location)
		}
	}
}

// TestViewersChangeNothing asks every action with the session of a viewer of the organization: all are refused, but for
// what is the viewer's own.
func TestViewersChangeNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL)
		organization := s.organization("Zephyr Awnings")
		ids := walkedIDs(s, organization)
		b := s.viewer(organization)
		before := storetest.Count(t, s.store, `SELECT COUNT(*) FROM audit WHERE organization_id = $1`, organization)
		for _, r := range routes() {
			if r.Method == http.MethodGet || r.Scope == scopeNone || r.Pattern == "/sign-out" {
				continue
			}
			if r.Role != hub.ConsoleOperator {
				t.Errorf("%s %s changes something and is open to viewers", r.Method, r.Pattern)
			}
			want := http.StatusForbidden
			if r.Scope == scopeServer {
				want = http.StatusNotFound
			}
			if a := b.do(r.Method, walked(t, r, ids), walkedForm(s)); a.status != want {
				t.Errorf("%s %s: %d %s", r.Method, r.Pattern, a.status, a.body)
			}
		}
		if after := storetest.Count(t, s.store, `SELECT COUNT(*) FROM audit WHERE organization_id = $1`, organization); after != before {
			t.Errorf("%d changes were made by a viewer", after-before)
		}
	})
}
