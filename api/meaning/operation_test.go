package meaning_test

import (
	"fmt"
	"strings"
	"time"
)

const (
	mobileEvents = core + "/mobile-events"
	multimedia   = crm + "/multimedia-events"
	briefs       = crm + "/briefs"
	auditLogs    = "/v1/audit/logs"
)

// happened tells an event of the caller's app.
func (c *caller) happened(code, event, more string) *answer {
	c.s.t.Helper()
	return c.post(mobileEvents, fmt.Sprintf(`{"eventCode":%q,"event":%s%s}`, code, event, more))
}

// codesOf are the codes of the events of a list of lists.
func (a *answer) codesOf() string {
	a.s.t.Helper()
	var codes []string
	for i := range a.list("data") {
		for _, code := range a.list(fmt.Sprintf("data.%d", i), "eventCode") {
			codes = append(codes, code.(string))
		}
	}
	return strings.Join(codes, " ")
}

var _ = resource(bothPrefixes,
	line{"M-MOB-01", holds, "createdAtGt keeps only what came after it", func(s *scene) {
		first := s.rep().happened("networkStatusChange", `{"value":"offline"}`, "")
		s.rep().happened("appStateChange", `{"value":"active"}`, "")
		s.eq(s.org().get(mobileEvents+"?createdAtGt="+first.str("createdAt")).codesOf(), "appStateChange")
	}},
	line{"M-MOB-02", holds, "createdAtLt keeps only what came before it", func(s *scene) {
		s.rep().happened("networkStatusChange", `{"value":"offline"}`, "")
		last := s.rep().happened("appStateChange", `{"value":"active"}`, "")
		s.eq(s.org().get(mobileEvents+"?createdAtLt="+last.str("createdAt")).codesOf(), "networkStatusChange")
	}},
	line{"M-MOB-03", holds, "a page has 1 to 1000 events, and 100 where nothing is said", func(s *scene) {
		for range 101 {
			s.rep().happened("networkStatusChange", `{"value":"online"}`, "")
		}
		s.eq(len(s.org().get(mobileEvents).list("data.0")), 100)
		s.eq(len(s.org().get(mobileEvents+"?pageSize=1000").list("data.0")), 101)
		s.org().refuses(400, "GET", mobileEvents+"?pageSize=1001", "")
		s.org().refuses(400, "GET", mobileEvents+"?pageSize=0", "")
	}},
	line{"M-MOB-04", holds, "the cursor leads to the next page", func(s *scene) {
		s.rep().happened("networkStatusChange", `{"value":"offline"}`, "")
		s.rep().happened("appStateChange", `{"value":"active"}`, "")
		page := s.org().get(mobileEvents + "?pageSize=1")
		s.eq(page.codesOf(), "networkStatusChange")
		next := s.org().get(mobileEvents+"?pageSize=1&cursor="+page.str("cursor")).want("cursor", nil)
		s.eq(next.codesOf(), "appStateChange")
	}},
	line{"M-MOB-05", holds, "the older eventCode keeps one code", func(s *scene) {
		s.rep().happened("networkStatusChange", `{"value":"offline"}`, "")
		s.rep().happened("appStateChange", `{"value":"active"}`, "")
		s.eq(s.org().get(mobileEvents+"?eventCode=appStateChange").codesOf(), "appStateChange")
		s.org().refuses(400, "GET", mobileEvents+"?eventCode=appStateChange,networkStatusChange", "")
	}},
	line{"M-MOB-06", holds, "eventCodeIn takes codes with commas or repeated, at most 10", func(s *scene) {
		s.rep().happened("networkStatusChange", `{"value":"offline"}`, "")
		s.rep().happened("appStateChange", `{"value":"active"}`, "")
		s.rep().happened("recordingMetadataChanged", `{"title":"t"}`, "")
		for _, form := range []string{"eventCodeIn=appStateChange,networkStatusChange", "eventCodeIn=appStateChange&eventCodeIn=networkStatusChange"} {
			s.eq(s.org().get(mobileEvents+"?"+form).codesOf(), "networkStatusChange appStateChange")
		}
		s.org().refuses(400, "GET", mobileEvents+"?eventCodeIn=none", "")
		s.org().refuses(400, "GET", mobileEvents+"?eventCodeIn="+strings.Repeat("appStateChange,", 11), "")
	}},
	line{"M-MOB-07", holds, "userId and recordingId match exactly, together with the rest", func(s *scene) {
		s.rep().happened("networkStatusChange", `{"value":"offline"}`, `,"recordingId":"r1"`)
		s.rep().happened("appStateChange", `{"value":"active"}`, "")
		s.as("Cora").happened("recordingMetadataChanged", `{"title":"t"}`, `,"recordingId":"r1"`)
		s.eq(s.org().get(mobileEvents+"?userId="+s.person("Rex")).codesOf(), "networkStatusChange appStateChange")
		s.eq(s.org().get(mobileEvents+"?recordingId=r1&userId="+s.person("Rex")).codesOf(), "networkStatusChange")
		s.eq(s.org().get(mobileEvents+"?recordingId=r").codesOf(), "")
	}},
	line{"M-MOB-08", holds, "each code has its form of event, in the list and by id", func(s *scene) {
		for code, event := range map[string]string{
			"recorderStateChange": `{"value":"stop","trigger":"maxRecordingTimeExceeded"}`, "networkStatusChange": `{"value":"online"}`, "appStateChange": `{"value":"inactive"}`,
			"consentStatusChanged": `{"status":"granted"}`, "recordingMetadataChanged": `{"title":"t"}`, "deeplinkReceived": `{"fullUrl":"https://a.example/"}`,
			"deeplinkConsumed": `{"fullUrl":"https://a.example/"}`, "userAuthStatusChanged": `{"status":"unauthenticated"}`,
		} {
			made := s.rep().happened(code, event, `,"externalOpportunityIds":["o1"]`)
			of := s.org().get(mobileEvents+"/"+made.str("id")).want("eventCode", code).want("externalOpportunityIds.0", "o1").want("userId", s.person("Rex")).want("organizationId", s.id)
			s.eq(of.at("event"), made.at("event"))
			s.eq(s.org().get(mobileEvents+"?eventCode="+code).at("data.0.0.event"), made.at("event"))
			s.millis(of.str("createdAt"))
			s.rep().refuses(422, "POST", mobileEvents, fmt.Sprintf(`{"eventCode":%q,"event":{"other":"x"}}`, code))
		}
		s.org().refuses(404, "GET", mobileEvents+"/01HZXAUDITOFANOTHERFORM", "")
	}},
	line{"M-MOB-09", holds, "the data is a list of lists, one of each recording", func(s *scene) {
		for _, recording := range []string{`,"recordingId":"r1"`, "", `,"recordingId":"r2"`, `,"recordingId":"r1"`, ""} {
			s.rep().happened("networkStatusChange", `{"value":"online"}`, recording)
		}
		a := s.org().get(mobileEvents)
		s.eq(len(a.list("data")), 3)
		a.values("data.0", "recordingId", "r1", "r1").values("data.1", "recordingId", nil, nil).values("data.2", "recordingId", "r2")
	}},
	line{"M-MOB-10", holds, "a token is tried out by listing them", func(s *scene) {
		s.eq(len(s.org().get(mobileEvents+"?pageSize=100").want("cursor", nil).list("data")), 0)
	}},

	line{"M-MUL-01", holds, "one event or a list of them, for the own organization; nothing unlisted", func(s *scene) {
		event := func(id, more string) string {
			return fmt.Sprintf(`{"downloadUrl":"https://calls.example/1","remoteCreatedAt":"2026-11-20T10:00:00Z","externalUserId":"u1","externalEmailAddress":%q,"externalId":%q,
				"organizationId":%q,"mimeType":"audio/mpeg","externalEventId":"e1"%s}`, mail("Rex"), id, s.id0(), more)
		}
		s.org().do("PUT", multimedia, event("m1", "")).is(201).want("data", nil)
		s.org().do("PUT", crm+"/batch/multimedia-events", "["+event("m1", "")+","+event("m2", `,"externalUserName":"Rex"`)+"]").is(201).want("data", nil)
		s.org().get(multimedia).values("data", "externalId", "m2", "m1")
		at := func(id, at string) string { return strings.ReplaceAll(event(id, ""), "2026-11-20T10:00:00Z", at) }
		for _, form := range []string{"2026-11-20", "2026-11-20 10:00:00.500"} {
			s.org().do("PUT", multimedia, at("m1", form)).is(201)
			s.org().do("PUT", crm+"/batch/multimedia-events", "["+at("m1", form)+"]").is(201)
		}
		s.org().refuses(400, "PUT", multimedia, at("m1", "")).says("remoteCreatedAt")
		s.org().refuses(400, "PUT", multimedia, event("m3", `,"other":1`))
		s.org().refuses(400, "PUT", crm+"/batch/multimedia-events", "["+event("m4", "")+","+event("m5", `,"other":1`)+"]")
		s.org().refuses(400, "PUT", multimedia, strings.ReplaceAll(event("m6", ""), "https://calls.example/1", "https://10.0.0.1/"))
		s.org().refuses(404, "PUT", multimedia, strings.ReplaceAll(event("m7", ""), s.id0(), s.another().id0()))
		s.eq(len(s.org().get(multimedia).list("data")), 2)
	}},
	line{"M-MUL-02", holds, "makes a brief and answers our id of it", func(s *scene) {
		body := `{"externalId":"b1","jobId":"j","appointmentId":"a","tenantId":"t","technicianId":"x","audioUrl":"https://a.example/","message":"Mind the dog."}`
		id := s.org().do("PUT", briefs, body).is(200).str("siroId")
		s.org().put(briefs, body).want("siroId", id)
		s.org().get(briefs+"?appointmentId=a").want("data.0.siroId", id).want("data.0.message", "Mind the dog.")
	}},

	line{"M-LOG-01", holds, "an entry is a call that changed something, and names its token", func(s *scene) {
		id := s.connection("MERGE")
		s.org().get(core + "/integrations/connections/" + id)
		s.rep().happened("networkStatusChange", `{"value":"online"}`, "")
		a := s.org().get(auditLogs)
		s.group().get(core + "/auth/tokens?organizationId=" + s.id).says(`"tokenId":"` + a.str("0.tokenId") + `"`)
		a.want("0.organizationId", s.id).want("0.method", "POST").has("0.id").lacks("1").lacks("0.userId")
		s.eq(len(s.another().org().get(auditLogs).list("")), 0)
		s.rep().refuses(401, "GET", auditLogs, "")
	}},
	line{"M-LOG-02", holds, "a page has 25 entries where nothing is said, and 100 at most", func(s *scene) {
		id := s.connection("MERGE")
		for i := range 26 {
			s.org().patch(core+"/integrations/connections/"+id, fmt.Sprintf(`{"name":"n%d"}`, i))
		}
		s.eq(len(s.org().get(auditLogs).list("")), 25)
		s.eq(len(s.org().get(auditLogs+"?pageSize=100").list("")), 27)
		s.org().refuses(400, "GET", auditLogs+"?pageSize=101", "")
	}},
	line{"M-LOG-03", holds, "a cursor leads to the next page", func(s *scene) {
		id := s.connection("MERGE")
		s.org().patch(core+"/integrations/connections/"+id, `{"name":"x"}`)
		first := s.org().get(auditLogs+"?pageSize=1").want("0.method", "PATCH")
		s.org().get(auditLogs+"?pageSize=1&cursor="+first.header.Get("Next-Cursor")).want("0.method", "POST").lacks("1")
	}},
	line{"M-LOG-04", holds, "the time is in milliseconds", func(s *scene) {
		before := s.w.now()
		s.connection("MERGE")
		at := time.UnixMilli(int64(s.org().get(auditLogs).at("0.ts").(float64)))
		if at.Before(before.Add(-time.Second)) || at.After(s.w.now()) {
			s.t.Errorf("it was at %s, called after %s", at, before)
		}
	}},
	line{"M-LOG-05", holds, "path, verb and body of the call, without secrets", func(s *scene) {
		id := s.connection("MERGE")
		s.org().patch(core+"/integrations/connections/"+id, `{"name":"x"}`)
		s.org().get(auditLogs).want("0.endpoint", core+"/integrations/connections/"+id).want("0.method", "PATCH").want("0.body.name", "x").want("1.body.integrationPlatform", "MERGE")
		recording := s.rep().record(`"title":"of a person"`)
		s.analyse(recording, analysis)
		a := s.org().get(auditLogs).want("0.body.analysis", "[redacted]").want("1.body.title", "[redacted]").want("1.body.fileUrl", "[redacted]").want("1.userId", s.person("Rex"))
		if strings.Contains(a.text, "of a person") || strings.Contains(a.text, "They met") {
			s.t.Errorf("what was said is in %s", a.text)
		}
	}},
	line{"M-LOG-06", holds, "it is a bare list, walked by the id of the last entry", func(s *scene) {
		id := s.connection("MERGE")
		s.org().patch(core+"/integrations/connections/"+id, `{"name":"x"}`)
		s.org().get(auditLogs+"?pageSize=1&cursor="+s.org().get(auditLogs).str("0.id")).want("0.method", "POST")
	}},
)
