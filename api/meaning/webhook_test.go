package meaning_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// hook makes an endpoint of webhooks, once, and returns its id.
func (s *scene) hook() string {
	s.t.Helper()
	s.begin()
	if s.endpoint == "" {
		s.endpoint = s.org().post("/v1/webhooks/endpoints", `{"url":"https://example.com/hook"}`).str("id")
	}
	return s.endpoint
}

// event is the payload of an event of a recording, which the endpoint that was there before is to be sent.
func (s *scene) event(kind hub.EventType, recording string) *answer {
	s.t.Helper()
	storetest.Until(s.t, "the event is there", func() bool { // another case may be handing it to endpoints just now
		return len(s.events(kind, recording)) > 0
	})
	if n := len(s.events(kind, recording)); n != 1 {
		s.t.Fatalf("%d events %s of the recording", n, kind)
	}
	return s.events(kind, recording)[0]
}

func (s *scene) events(kind hub.EventType, recording string) []*answer {
	s.t.Helper()
	for {
		n, err := s.w.st.FanOut(context.Background(), 1000)
		s.must(err)
		if n == 0 {
			break
		}
	}
	all, err := s.w.st.EventDeliveries(context.Background(), s.id, s.endpoint, store.EventDeliveryFilter{Limit: 100})
	s.must(err)
	var found []*answer
	for _, d := range all {
		if d.Event.Type == kind && d.Event.RecordingID == recording {
			a := &answer{s: s, ask: "the payload", text: d.Event.Payload}
			s.must(json.Unmarshal([]byte(d.Event.Payload), &a.parsed))
			found = append(found, a)
		}
	}
	return found
}

var _ = resource(oneSurface,
	line{"M-WHK-01", holds, "a processed recording is announced, with crm only where there is a link at that moment", func(s *scene) {
		s.hook()
		s.event(hub.EventRecordingProcessed, s.analysed()).lacks("crm").want("recordingProcessed", true).want("recordingLinked", false)
		s.event(hub.EventRecordingProcessed, s.linkedTo("Engagement", "e1")).want("crm.engagement.externalId", "e1")
	}},
	line{"M-WHK-02", holds, "a linked recording is announced, always with crm", func(s *scene) {
		s.hook()
		s.event(hub.EventRecordingLinked, s.linkedTo("Account", "a1")).want("crm.account.externalId", "a1").has("crm.integrationConnectionId")
	}},
	line{"M-WHK-03", holds, "both events carry both flags as they are at that moment", func(s *scene) {
		s.hook()
		id := s.linkedTo("Account", "a1")
		s.event(hub.EventRecordingLinked, id).want("recordingLinked", true).want("recordingProcessed", false)
		s.event(hub.EventRecordingProcessed, id).want("recordingLinked", true).want("recordingProcessed", true)
	}},
	line{"M-WHK-04", holds, "the type of an event is one of two words", func(s *scene) {
		s.hook()
		id := s.linkedTo("Account", "a1")
		s.event(hub.EventRecordingLinked, id).want("eventType", "integrations.recordingLinked")
		s.event(hub.EventRecordingProcessed, id).want("eventType", "integrations.recordingProcessed")
	}},
	line{"M-WHK-05", holds, "siroUserId is the recording's user, whoever linked it", func(s *scene) {
		s.hook()
		s.push()
		id := s.rep().record("")
		s.admin().put(recordings+"/"+id+"/link", fmt.Sprintf(`{"externalId":"a1","integrationConnectionId":%q,"dataType":"ACCOUNT"}`, s.custom()))
		s.event(hub.EventRecordingLinked, id).want("siroUserId", s.person("Rex"))
	}},
	line{"M-WHK-06", holds, "crm.users is the rep who recorded and nobody else", func(s *scene) {
		s.hook()
		s.event(hub.EventRecordingLinked, s.linkedTo("Engagement", "e1")).values("crm.users", "externalId", "u1")
		other := s.as("Zoe").record(`"userEmail":"zoe@acme.example",` + strings.TrimPrefix(strings.Replace(s.crmObjects(`{"objectType":"Engagement","objectId":"e1"}`), `"userEmail":"rex@acme.example",`, "", 1), ","))
		s.event(hub.EventRecordingLinked, other).want("crm.users", []any{})
	}},
	line{"M-WHK-07", holds, "an event has own and CRM ids of all that is linked, as the recording's crm has", func(s *scene) {
		s.hook()
		id := s.linkedTo("Engagement", "e1")
		s.eq(s.event(hub.EventRecordingLinked, id).want("recordingId", id).at("crm"), s.org().get(recordings+"/"+id+"?showCrmLinks=true").at("crm"))
	}},
	line{"M-WHK-11", holds, "the two events are independent, and either may come first", func(s *scene) {
		s.hook()
		s.push()
		id := s.analysed()
		s.rep().put(recordings+"/"+id+"/link", fmt.Sprintf(`{"externalId":"a1","integrationConnectionId":%q,"dataType":"ACCOUNT"}`, s.custom()))
		s.event(hub.EventRecordingProcessed, id).want("recordingLinked", false)
		s.event(hub.EventRecordingLinked, id).want("recordingProcessed", true)
	}},
	line{"M-WHK-12", holds, "endpoints are https URLs, subscribed per event, each with a secret of its own", func(s *scene) {
		s.org().refuses(400, "POST", "/v1/webhooks/endpoints", `{"url":"http://example.com/hook"}`)
		one := s.org().post("/v1/webhooks/endpoints", `{"url":"https://example.com/a","eventTypes":["integrations.recordingLinked"]}`)
		two := s.org().post("/v1/webhooks/endpoints", `{"url":"https://example.com/b"}`)
		one.want("eventTypes", []any{"integrations.recordingLinked"})
		s.eq(one.str("secret") != two.str("secret"), true)
	}},
)
