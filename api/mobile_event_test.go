package api_test

import (
	"strings"
	"testing"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// TestMobileEventsComeOnce takes an event again that says the same, and refuses one that says something else by its name, and
// what happens in days to come.
func TestMobileEventsComeOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL)
		rep := w.user(w.tenant("Acme"), hub.User{Email: "rep@acme.example"}, hub.ScopeWrite)
		tell := func(body string) answer { return rep.do("POST", "/v1/core/mobile-events", body) }
		const online = `{"clientEventId":"1","eventCode":"networkStatusChange","event":{"value":"online"},"recordingId":"local-1","externalOpportunityIds":["o1"],"occurredAt":"2026-11-23T11:00:00.1234567+01:00"}`
		first := tell(online).want(t, 201)
		for _, same := range []string{online, strings.Replace(online, `,"occurredAt":"2026-11-23T11:00:00.1234567+01:00"`, "", 1), strings.Replace(online, "11:00:00.1234567+01:00", "10:00:00.1234567Z", 1)} {
			if again := tell(same).want(t, 201); again.body != first.body {
				t.Errorf("%s\nthen %s", first.body, again.body)
			}
		}
		for part, other := range map[string]string{`"online"`: `"offline"`, `"local-1"`: `"local-2"`, `["o1"]`: `[]`, "T11:": "T10:"} {
			if a := tell(strings.Replace(online, part, other, 1)).want(t, 422); !strings.Contains(a.body, `"path":["clientEventId"]`) {
				t.Error(a.body)
			}
		}
		ahead := func(at string) answer {
			return tell(`{"eventCode":"networkStatusChange","event":{"value":"online"},"occurredAt":"` + at + `"}`)
		}
		ahead("2026-11-24T11:59:00Z").want(t, 201) // a clock may be wrong
		for _, at := range []string{"2026-11-24T12:01:00Z", "2999-01-01T00:00:00Z", "0001-01-01T00:00:00Z"} {
			if a := ahead(at).want(t, 422); !strings.Contains(a.body, `"path":["occurredAt"]`) {
				t.Error(a.body)
			}
		}
	})
}
