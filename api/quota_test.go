package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// limit sets one limit of an organization.
func (w *world) limit(org string, resource hub.Resource, most int64) {
	w.t.Helper()
	if err := w.st.SetLimits(w.t.Context(), org, map[hub.Resource]*int64{resource: &most}); err != nil {
		w.t.Fatal(err)
	}
}

// TestLimitsAreSaid asks for more of everything than is allowed, and sees what is used. A group's token sees that of its
// organizations, and nobody that of others.
func TestLimitsAreSaid(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		o, other := w.tenant("Acme"), w.tenant("Other")
		rep := w.user(o, hub.User{Email: "ann@example.com"}, hub.ScopeWrite)
		o.token.create("SIRO_CUSTOM_INPUT")
		for _, r := range []hub.Resource{hub.ResourceAudio, hub.ResourceUploads, hub.ResourceRecords, hub.ResourceEndpoints, hub.ResourceTokens} {
			w.limit(o.id, r, 0)
		}
		refused := func(a answer, of hub.Resource) {
			t.Helper()
			if a.want(t, 403); !strings.Contains(a.body, `{"error":"The organization may have 0 `) || !strings.Contains(a.body, "("+string(of)+")") {
				t.Errorf("%s", a.body)
			}
		}
		refused(o.token.do("PUT", "/v1/integrations/sync/opportunities", `{"externalId":"1","name":"x"}`), hub.ResourceRecords)
		refused(o.token.do("PUT", "/v1/integrations/sync/batch/opportunities", `[{"externalId":"1","name":"x"}]`), hub.ResourceRecords)
		refused(o.token.do("POST", "/v1/webhooks/endpoints", `{"url":"https://example.com/hook"}`), hub.ResourceEndpoints)
		refused(o.group.do("POST", "/v1/core/auth/tokens", `{"tokenName":"more","organizationId":"`+o.id+`"}`), hub.ResourceTokens)
		refused(rep.do("POST", recordings+"/signed-urls", `{"fileType":"mp3","fileSize":1}`), hub.ResourceAudio)
		w.limit(o.id, hub.ResourceAudio, 10)
		refused(rep.do("POST", recordings+"/signed-urls", `{"fileType":"mp3","fileSize":1}`), hub.ResourceUploads)

		w.limit(o.id, hub.ResourceUploads, 1)
		rep.do("POST", recordings+"/signed-urls", `{"fileType":"mp3","fileSize":7}`).want(t, 200)
		for _, a := range []answer{o.token.do("GET", "/v1/usage", ""), o.group.do("GET", "/v1/usage?organizationId="+o.id, "")} {
			for _, line := range []string{
				`{"resource":"audioBytes","used":7,"limit":10,"resetsAt":null}`, `{"resource":"openUploads","used":1,"limit":1,"resetsAt":null}`,
				`{"resource":"records","used":0,"limit":0,"resetsAt":null}`, `{"resource":"requestsPerDay","used":0,"limit":null,"resetsAt":"2026-11-24T00:00:00.000Z"}`,
			} {
				if a.want(t, 200); !strings.Contains(a.body, line) {
					t.Errorf("no %s in %s", line, a.body)
				}
			}
		}
		other.token.do("GET", "/v1/usage?organizationId="+o.id, "").want(t, 404)
		other.group.do("GET", "/v1/usage?organizationId="+o.id, "").want(t, 404)
	})
}

// TestRequestsOfADayAreLimited asks two nodes in turn: together they answer no more than the limit, until the next day.
func TestRequestsOfADayAreLimited(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		o, other := w.tenant("Acme"), w.tenant("Other")
		w.limit(o.id, hub.ResourceRequests, 10)
		servers := []string{w.server.URL, w.serve().URL}
		ask := func(i int) answer {
			c := []*client{o.token, o.group}[i/2%2]
			was := w.server.URL
			defer func() { w.server.URL = was }()
			w.server.URL = servers[i%2]
			return c.do("GET", "/v1/usage", "")
		}
		for day := range 2 {
			for i := range 10 {
				if a := ask(i).want(t, 200); !strings.Contains(a.body, fmt.Sprintf(`"used":%d,"limit":10`, i+1)) {
					t.Errorf("%s", a.body)
				}
			}
			for i := range 4 {
				a := ask(i).want(t, 429)
				if wait := fmt.Sprint([]int{12, 23}[day] * 60 * 60); a.header.Get("Retry-After") != wait || !strings.Contains(a.body, "10 requests a day") {
					t.Errorf("%s, %v, want %s", a.body, a.header, wait)
				}
			}
			other.token.do("GET", "/v1/usage", "").want(t, 200)
			w.clock.advance(13 * time.Hour)
		}
	})
}
