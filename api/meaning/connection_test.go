package meaning_test

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"sirocco/api"
	"sirocco/hub"
)

const connections = core + "/integrations/connections"

var _ = resource(bothPrefixes,
	line{"M-CON-01", holds, "the filter keeps one platform, and without it all connections come, active or not", func(s *scene) {
		merge, titan := s.connection("MERGE"), s.connection("SERVICE_TITAN")
		s.org().patch(connections+"/"+merge, `{"isActive":false}`)
		s.org().get(connections).values("data", "id", merge, titan)
		s.org().get(connections+"?integrationPlatform=SERVICE_TITAN").values("data", "id", titan)
	}},
	line{"M-CON-02", holds, "the filter takes all fifteen platforms, and refuses any other", func(s *scene) {
		for _, p := range hub.Platforms() {
			s.org().get(connections+"?integrationPlatform="+string(p)).values("data", "id")
		}
		s.eq(len(hub.Platforms()) >= 15, true)
		s.org().refuses(400, "GET", connections+"?integrationPlatform=OTHER", "")
	}},
	line{"M-CON-03", holds, "isActive says whether data is synced over it", func(s *scene) {
		id := s.connection("MERGE")
		s.org().get(connections+"/"+id).want("isActive", true)
		s.org().patch(connections+"/"+id, `{"isActive":false}`).want("isActive", false)
		s.org().get(connections + "/" + id + "/sync").says("isActive")
	}},
	line{"M-CON-04", holds, "syncTranscript is false until it is set, and kept", func(s *scene) {
		id := s.connection("MERGE")
		s.org().get(connections+"/"+id).want("syncTranscript", false)
		s.org().patch(connections+"/"+id, `{"syncTranscript":true}`).want("syncTranscript", true)
		s.org().get(connections).want("data.0.syncTranscript", true)
	}},
	line{"M-CON-05", holds, "its times are ISO 8601", func(s *scene) {
		a := s.org().get(connections + "/" + s.connection("MERGE"))
		s.millis(a.str("createdAt"))
		s.millis(a.str("updatedAt"))
	}},
	line{"M-CON-06", holds, "externalAccountId is the account on the other side", func(s *scene) {
		s.org().post(connections, `{"name":"n","externalAccountId":"tenant-7","integrationPlatform":"MERGE"}`).want("externalAccountId", "tenant-7")
		s.org().refuses(400, "POST", connections, `{"name":"n","integrationPlatform":"SPOTIO"}`)
	}},
	line{"M-CON-07", holds, "isActive is true where it is left out", func(s *scene) {
		s.org().post(connections, `{"name":"n","externalAccountId":"a","integrationPlatform":"MERGE"}`).want("isActive", true)
		s.org().post(connections, `{"name":"n","externalAccountId":"a","integrationPlatform":"SPOTIO","isActive":false}`).want("isActive", false)
	}},
	line{"M-CON-08", holds, "the platform is fixed at creation, the name is free", func(s *scene) {
		id := s.connection("MERGE")
		s.org().patch(connections+"/"+id, `{"name":"Ünïque / name","integrationPlatform":"SPOTIO"}`).want("name", "Ünïque / name").want("integrationPlatform", "MERGE")
	}},
	line{"M-CON-09", holds, "a platform that cannot be made so is a 400 in text, as is any bad body", func(s *scene) {
		s.org().refuses(400, "POST", connections, `{"name":"n","externalAccountId":"a","integrationPlatform":"SALESFORCE"}`).plain()
		s.org().refuses(400, "POST", connections, `{"name":"n","externalAccountId":"a","integrationPlatform":"OTHER"}`).plain()
		s.org().refuses(400, "POST", connections, `{"name":"","externalAccountId":"a","integrationPlatform":"MERGE"}`).plain()
		s.org().refuses(400, "POST", connections, `{`).plain()
	}},
	line{"M-CON-10", holds, "a second connection of a platform is a 409 in text", func(s *scene) {
		s.connection("MERGE")
		s.org().refuses(409, "POST", connections, `{"name":"n","externalAccountId":"b","integrationPlatform":"MERGE"}`).plain()
	}},
	line{"M-CON-11", holds, "a change takes three fields; platform and account stay", func(s *scene) {
		id := s.connection("MERGE")
		s.org().patch(connections+"/"+id, `{"name":"New","isActive":false,"syncTranscript":true,"externalAccountId":"other"}`).
			want("name", "New").want("isActive", false).want("syncTranscript", true).want("externalAccountId", "a")
		s.org().patch(connections+"/"+id, `{}`).want("name", "New")
	}},
	line{"M-CON-12", holds, "no such connection and one that is not the caller's are the same text", func(s *scene) {
		foreign := s.another().connection("MERGE")
		for method, body := range map[string]string{"GET": "", "PATCH": `{"name":"x"}`, "DELETE": ""} {
			want := s.org().refuses(404, method, connections+"/nothing", body).plain().text
			s.eq(s.org().refuses(404, method, connections+"/"+foreign, body).plain().text, want)
			s.org().refuses(404, method, connections+"/%00", body).plain()
		}
	}},
	line{"M-CON-13", holds, "modelSyncStatus and syncTranscript are always there", func(s *scene) {
		a := s.org().post(connections, `{"name":"n","externalAccountId":"a","integrationPlatform":"MERGE"}`).has("syncStatus.0.modelSyncStatus", "syncStatus.0.modelName")
		for _, of := range []*answer{a, s.org().get(connections + "/" + a.str("id")), s.org().patch(connections+"/"+a.str("id"), `{"name":"x"}`)} {
			of.has("syncStatus.0.modelSyncStatus").want("syncTranscript", false)
		}
		s.org().get(connections).has("data.0.syncStatus.0.modelSyncStatus")
	}},
)

// signIn is what signing in to Salesforce takes, as far as every request names it.
const signIn = `{"namespace":"","org_id":"00D000000000001","instance_url":"https://acme.my.salesforce.com"`

var _ = resource(bothPrefixes,
	line{"M-CON-14", holds, "one request makes the Salesforce connection, and the next ones change it", func(s *scene) {
		made := s.org().put(core+"/integrations/salesforce", signIn+`}`).want("isActive", true).str("integrationConnectionId")
		s.org().put(core+"/integrations/salesforce", signIn+`,"is_prod":true}`).want("integrationConnectionId", made)
		s.org().get(connections+"/"+made).want("integrationPlatform", "SALESFORCE")
	}},
	line{"M-CON-15", holds, "a user name is enough to sign in by", func(s *scene) {
		s.org().put(core+"/integrations/salesforce", signIn+`,"username":"sync@acme.example"}`).has("integrationConnectionId")
	}},
	line{"M-CON-16", holds, "a refresh token may be left out, which is as an empty one", func(s *scene) {
		made := s.org().put(core+"/integrations/salesforce", signIn+`}`).str("integrationConnectionId")
		s.org().put(core+"/integrations/salesforce", signIn+`,"refresh_token":""}`).want("integrationConnectionId", made)
	}},
)

var _ = resource(oneSurface, func() []line {
	var lines []line
	for i, why := range []string{
		"what a link asks of the app", "how the app starts a recording", "how the app stops one", "how the app begins anew", "what the app asks afterwards", "the app's title of a recording",
		"the app's choice of a conversation type", "the app's fallback to the rep's default", "where the app goes afterwards", "what the app links its recording to", "when the app interrupts a recording",
		"which scheme opens the app",
	} {
		lines = append(lines, line{fmt.Sprintf("M-DLK-%02d", i+1), notOurs, why, nil})
	}
	return lines
}()...)

var _ = resource(bothPrefixes,
	line{"M-GEN-01", holds, "the organization surface takes an organization token, and no user's", func(s *scene) {
		s.org().get(users)
		(&caller{s: s, header: "Authorization", text: "Bearer " + s.rep().text, prefix: s.prefix}).refuses(401, "GET", users, "")
		(&caller{s: s, prefix: s.prefix}).refuses(401, "GET", users, "")
	}},
	line{"M-GEN-03", holds, "a token may make so many requests a minute", func(s *scene) {
		s.eq(s.limited(1000).get(users).header.Get("RateLimit-Policy"), `"default";q=1000;w=60`)
		few := s.limited(2)
		few.get(users)
		few.get(users)
		few.refuses(429, "GET", users, "")
	}},
	line{"M-GEN-04", notOurs, "advice to clients: to use the batch forms", nil},
	line{"M-GEN-05", holds, "the version stands in the path", func(s *scene) {
		s.org().refuses(404, "GET", "/v2/core/users", "")
		s.org().refuses(404, "GET", "/core/users", "")
	}},
	line{"M-GEN-06", holds, "id is ours, externalId the CRM's", func(s *scene) {
		a := s.engagement(`{"externalId":"e1"}`)
		s.eq(a.str("data.id") != a.str("data.externalId"), true)
		s.org().get(crm+"/engagements/"+a.str("data.id")).want("externalId", "e1")
		s.org().refuses(404, "GET", crm+"/engagements/e1", "")
	}},
	line{"M-GEN-07", holds, "an id of another form is not found, never malformed", func(s *scene) {
		for _, id := range []string{"01HABCDEFGHJKMNPQRSTVWXYZ0A", "extraction_001", "ab12cd", "1719429131200-0123456789abcdef0123456789abcdef"} {
			for _, path := range []string{users, tokens, apps, organizations, connections, recordings, crm + "/accounts", crm + "/opportunities", crm + "/engagements", crm + "/users"} {
				s.org().refuses(404, "GET", path+"/"+id, "")
			}
			s.org().get(crm+"/opportunities?recordingId="+id).values("data", "id")
			s.org().get(crm+"/engagement-users?userId="+id).values("", "id")
		}
	}},
	line{"M-GEN-08", holds, "a cursor is an opaque text or null", func(s *scene) {
		s.person("Rex")
		s.person("Mia")
		s.org().get(users + "?pageSize=1").has("cursor")
		s.org().get(users).want("cursor", nil)
	}},
	line{"M-GEN-09", holds, "the cursor decides beside a page number", func(s *scene) {
		for _, name := range []string{"a", "b", "c"} {
			s.app(name, "ops")
		}
		s.appList("&limit=1&page=1&cursor="+s.appList("&limit=1").str("cursor")).values("data", "appName", "b")
	}},
	line{"M-GEN-10", holds, "users and recordings come 25 a page where the client does not say", func(s *scene) {
		for i := range 26 {
			s.person(fmt.Sprintf("Rep%d", i))
		}
		s.eq(len(s.org().get(users).has("cursor").list("data")), 25)
	}},
	line{"M-GEN-11", holds, "times in queries take ISO 8601 with and without milliseconds", func(s *scene) {
		for _, at := range []string{"2024-06-13T04:00:00.592Z", "2024-01-01T00:00:00Z", "2024-01-01T00:00:00%2B02:00", "2024-01-01%2000:00:00.000"} {
			s.org().get(recordings + "?createdAt:gt=" + at + "&updatedAt:gte=" + at)
			s.rep().get(recordings + "?dateCreated:gt=" + at)
			s.rep().get(followups + "?createdAfter=" + at)
			s.appList("&fromDate=" + at)
		}
	}},
	line{"M-GEN-12", holds, "the same push again changes nothing", func(s *scene) {
		body := `{"externalId":"e1","subject":"Visit","account":{"externalId":"a1","name":"Acme"},"engagementUsers":[{"externalId":"u1","name":"A"}]}`
		one := s.engagement(body)
		s.eq(s.engagement(body).at(""), one.at(""))
	}},
	line{"M-GEN-16", holds, "users and CRM users are two kinds, and no id is of both", func(s *scene) {
		s.push()
		s.org().refuses(404, "GET", crm+"/users/"+s.person("Rex"), "")
		s.org().refuses(404, "GET", users+"/"+s.org().get(crm+"/users").str("data.0.id"), "")
	}},
	line{"M-GEN-17", notOurs, "advice to clients: which token is for what", nil},
)

// limited is the organization's token at another server, which lets it ask n times a minute.
func (s *scene) limited(n int) *caller {
	s.t.Helper()
	server := httptest.NewServer(api.New(api.Config{
		Store: s.w.st, Logger: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Clock: s.w.now, RateLimit: n, Version: "test",
		Models: func(hub.Platform) []hub.Model { return nil },
	}))
	s.t.Cleanup(server.Close)
	return &caller{s: s, header: s.org().header, text: s.org().text, prefix: s.prefix, server: server.URL}
}

var _ = resource(oneSurface,
	line{"M-GEN-02", holds, "the user surface takes a user's access token, and no organization's", func(s *scene) {
		s.rep().get(followups)
		s.org().refuses(401, "GET", followups, "")
		(&caller{s: s, header: "x-siro-auth-token", text: strings.TrimPrefix(s.org().text, "Bearer ")}).refuses(401, "GET", followups, "")
	}},
	line{"M-GEN-13", holds, "each status means one thing, in JSON with an error, and 422 lists issues", func(s *scene) {
		id := s.rep().record("")
		s.rep().refuses(404, "GET", recordings+"/nothing", "").has("error")
		s.rep().refuses(422, "GET", recordings+"/"+id+"/utterances?pageSize=x", "").want("name", "ZodError").has("issues.0.path.0")
		(&caller{s: s}).refuses(401, "GET", recordings+"/"+id+"/utterances", "").has("error")
		s.reader("Rex").refuses(403, "DELETE", recordings+"/"+id, "").has("error")
		s.org().refuses(422, "GET", apps, "").want("name", "ZodError")
		s.org().refuses(404, "GET", apps+"/nothing", "").has("error")
	}},
	line{"M-GEN-14", holds, "the list of recordings answers its errors in text", func(s *scene) {
		s.rep().refuses(400, "GET", recordings+"?limit=x", "").plain()
		s.rep().refuses(403, "GET", recordings+"?organizationId=other", "").plain()
		(&caller{s: s, header: "x-siro-auth-token", text: "sirocco_user_none"}).refuses(401, "GET", recordings, "").plain()
		// The organization's operation of the same path answers as all of its do.
		(&caller{s: s, header: "Authorization", text: "Bearer none"}).refuses(401, "GET", recordings, "").has("error")
		(&caller{s: s, header: "x-siro-auth-token", text: "sirocco_user_none", prefix: "/api-externalApi"}).refuses(401, "GET", recordings, "").says("no organization token")
	}},
	line{"M-GEN-15", holds, "one rule says who sees what a recording has", func(s *scene) {
		s.crew()
		closed, open := s.analysed(), s.rep().record(`"discoverable":true`)
		for _, path := range []string{"GET %s/recordings/%s", "GET %s/recordings/%s/utterances", "GET %s/recordings/%s/summary", "POST %s/recordings/%s/signedUrl", "GET %s/entities/extractions/%s"} {
			for id, who := range map[string]map[string]int{closed: {"Rex": 200, "Ann": 200, "Cara": 200, "Mia": 404}, open: {"Rex": 200, "Mia": 200}} {
				for name, status := range who {
					method, to, _ := strings.Cut(fmt.Sprintf(path, core, id), " ")
					s.as(name).refuses(status, method, to, "")
				}
			}
		}
	}},
)
