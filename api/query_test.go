package api_test

import (
	"strings"
	"testing"

	"sirocco/store/storetest"
)

// TestParametersAreOne refuses parameters that are one thing and come as two, and says of numbers and times which there may be.
func TestParametersAreOne(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL)
		o := w.tenant("Acme")
		first := o.token.create("SIRO_CUSTOM_INPUT").ID
		rep := o.access(o.user("ann").ID)
		user := &client{w: w, server: w.server.URL, user: rep.text}
		for name, of := range map[string]struct {
			c                        *client
			method, path, body, want string
		}{
			"a connection":        {o.token, "PUT", records + "/sync/engagements?integrationConnectionId=" + first + "&integrationConnectionId=other", `{"externalId":"e"}`, "integrationConnectionId was sent more than once, with different values; expected one"},
			"a number":            {o.token, "GET", connections + "?pageSize=1&pageSize=2", "", "pageSize was sent more than once"},
			"a flag":              {user, "GET", recordings + "?showFollowups=true&showFollowups=false", "", "showFollowups was sent more than once"},
			"a number too large":  {o.token, "GET", connections + "?pageSize=99999999999999999999", "", "pageSize expected a number of at most 1000, received 99999999999999999999"},
			"a number too small":  {o.token, "GET", connections + "?pageSize=-99999999999999999999", "", "pageSize expected a number of at least 1, received -99999999999999999999"},
			"a fraction":          {o.token, "GET", connections + "?pageSize=1.5", "", "pageSize expected a whole number"},
			"beyond all numbers":  {o.token, "GET", "/v1/core/mobile-events?pageSize=1e999", "", "pageSize expected a number of at most 1000, received 1e999"},
			"a year before years": {o.token, "PUT", records + "/sync/engagements", `{"externalId":"e","startTime":"0001-01-01T00:00:00Z"}`, "in the years 2 to 9999"},
		} {
			if a := of.c.do(of.method, of.path, of.body); a.status != 400 && a.status != 422 || !strings.Contains(a.body, of.want) {
				t.Errorf("%s: answered %d %s, want %q", name, a.status, a.body, of.want)
			}
		}
		o.token.do("GET", connections+"?pageSize=7&pageSize=7", "").want(t, 200)
		o.token.do("GET", "/v1/core/mobile-events?eventCodeIn=appStateChange&eventCodeIn=networkStatusChange", "").want(t, 200)
		// A bound before all that happens is none, and one after it, too.
		all := "/v1/core/scorecards/scorecard-metrics/values?requestedOrganizationId=" + o.id + "&conversationTypeId=t&filterBy=ORGANIZATION&filterByIds=" + o.id
		for _, span := range []string{"&startAt=0001-01-01T00:00:00Z&endAt=9999-12-31T23:59:59Z", "&startAt=0002-01-01T00:00:00Z&endAt=9999-12-31T23:59:59-05:00"} {
			user.do("GET", all+span, "").want(t, 200)
		}
		for _, list := range []string{"/v1/core/mobile-events?createdAtGt=", recordings + "?createdAt:gt="} {
			o.token.do("GET", list+"0001-01-01T00:00:00Z", "").want(t, 200)
		}
		for _, at := range []string{"2026-11-01T00:00:00+02:00", "2026-11-01T00:00:00.5%2B02:00", "2026-11-01%2000:00:00"} {
			o.token.do("GET", recordings+"?createdAt:gt="+at, "").want(t, 200)
		}
		o.token.do("GET", recordings+"?createdAt:gt=2026-11-01T00:00+02:00", "").want(t, 400)
		if a := o.token.do("GET", recordings+"?createdAt:lt=0001-01-01T00:00:00Z", "").want(t, 200); !strings.Contains(a.body, `"data":[]`) {
			t.Error(a.body)
		}
	})
}
