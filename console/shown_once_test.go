package console

import (
	"net/http"
	"strings"
	"testing"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// TestNoticesAreShownOnce pauses a connection and sends events again: the page that each leads to says so this once, and no address says
// what nobody did.
func TestNoticesAreShownOnce(t *testing.T) {
	s := serveOn(t, storetest.SQLite(t), withMerge)
	organization := s.organization("Acme Roofing")
	c := storetest.Connection(t, s.store, organization, hub.PlatformMerge, hub.ModelUser)
	b := s.operator(organization)
	at := "/connections/" + c.ID
	to := b.post(at+"/switch", "version", b.version(at), "active", "no")
	if to != at {
		t.Errorf("it leads to %s", to)
	}
	if other := b.get("/connections"); strings.Contains(other, "You paused it.") {
		t.Error("another page says what was done")
	}
	mustContain(t, b.get(to), `role="status">You paused it. It goes on from where it stopped once it is resumed.`)
	if again := b.get(to); strings.Contains(again, "You paused it.") {
		t.Error("it is said again")
	}
	for _, path := range []string{"/connections?done=connection-deleted", "/quarantine?done=retried&retried=999999999999"} {
		if page := b.get(path); strings.Contains(page, `class="notice good"`) || strings.Contains(page, "999,999,999,999") {
			t.Errorf("%s is believed", path)
		}
	}

	endpoint, events := s.endpoint(organization, hub.DeliveryFailed, hub.DeliveryFailed)
	replayed := "/webhooks/" + endpoint + "/replayed"
	at = b.post("/webhooks/"+endpoint+"/replay", "event", events[0], "event", events[1])
	for range 2 { // how far that has come may be looked at again
		mustContain(t, b.get(at), "2 deliveries were put in line.")
	}
	_, of, _ := strings.Cut(at, "?")
	for name, who := range map[string]struct {
		*browser
		query string
	}{"a count": {b, "count=1000000"}, "another session's": {s.operator(organization), of}} {
		if a := who.do(http.MethodGet, replayed+"?"+who.query, nil); a.status != http.StatusSeeOther || !strings.HasSuffix(a.location, "/deliveries") {
			t.Errorf("%s: %d %s", name, a.status, a.location)
		}
	}
}
