package meaning_test

import (
	"fmt"
	"net/url"
	"strings"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

const followups = core + "/followups"

// followed is a followup of Rex with a score of 4, beside one of 2.
func (s *scene) followed() (recording, followup string) {
	s.t.Helper()
	recording = s.analysed()
	return recording, s.rep().get(followups).str("data.followups.0.followupId")
}

// crew makes Cara the coach of Rex's team and of nobody else's.
func (s *scene) crew() string {
	s.t.Helper()
	return s.org().post(core+"/organizations/"+s.id0()+"/teams", fmt.Sprintf(`{"name":"Crew","coachUids":[%q],"memberUids":[%q],"newUserDefaultConversationTypes":[]}`, s.person("Cara"), s.person("Rex"))).str("id")
}

var _ = resource(oneSurface,
	line{"M-FOL-01", holds, "administrators and coaches get their people's followups, everybody else their own alone", func(s *scene) {
		s.crew()
		id := s.rep().record(`"discoverable":true`)
		s.analyse(id, analysis)
		s.admin().get(followups).want("data.totalCount", 1)
		s.as("Cara").get(followups).want("data.totalCount", 1)
		s.rep().get(followups).want("data.totalCount", 1)
		s.as("Mia").get(followups).want("data.totalCount", 0)
	}},
	line{"M-FOL-02", holds, "a page has 25 followups where the client does not say, and 100 at most", func(s *scene) {
		for range 26 {
			s.analyse(s.rep().record(""), `{"followups":[{"followupType":"REHASH","score":5}]}`)
		}
		s.eq(len(s.rep().get(followups).has("cursor").list("data.followups")), 25)
		s.eq(len(s.rep().get(followups+"?limit=100").list("data.followups")), 26)
		s.rep().refuses(422, "GET", followups+"?limit=101", "")
		s.rep().refuses(422, "GET", followups+"?limit=0", "")
	}},
	line{"M-FOL-03", holds, "the cursor of a page, sent back unchanged, leads to the next", func(s *scene) {
		s.analysed()
		one := s.rep().get(followups + "?limit=1&minimumScore=1")
		two := s.rep().get(followups+"?limit=1&minimumScore=1&cursor="+url.QueryEscape(one.str("cursor"))).want("cursor", nil)
		s.eq(one.str("data.followups.0.followupId") != two.str("data.followups.0.followupId"), true)
		s.rep().refuses(422, "GET", followups+"?cursor=17", "")
	}},
	line{"M-FOL-04", holds, "minimumScore is 3 where it is left out, and takes 1 to 5", func(s *scene) {
		s.analysed()
		s.rep().get(followups).values("data.followups", "score", float64(4))
		s.rep().get(followups+"?minimumScore=2").want("data.totalCount", 2)
		s.rep().get(followups+"?minimumScore=5").want("data.totalCount", 0)
		all := followups + "?minimumScore=1&"
		for query, want := range map[string]int{
			"scores=2,4": 2, "scores=2&scores=4": 2, "scores=4,5": 1, "statuses=TO_DO,COMPLETE": 2, "statuses=COMPLETE": 0, "userIds=" + s.person("Mia") + "," + s.person("Rex"): 2,
			"userIds=" + s.person("Mia") + "&userIds=" + s.person("Rex"): 2, "teamIds=a,b": 0, "conversationTypes=a,b": 0,
		} {
			s.rep().get(all+query).want("data.totalCount", want)
		}
		s.rep().refuses(422, "GET", all+"statuses=TO_DO,LATER", "").says("IN_PROGRESS")
		s.rep().refuses(422, "GET", all+"scores=4,high", "").says("scores")
		s.rep().refuses(422, "GET", all+"conversationTypes=0,1,2,3,4,5,6,7,8,9,10", "").says("conversationTypes")
		s.rep().refuses(422, "GET", followups+"?minimumScore=6", "")
	}},
	line{"M-FOL-05", holds, "starred keeps the starred ones; without it, as with false, all come", func(s *scene) {
		s.analysed()
		s.rep().get(followups+"?minimumScore=1&starred=true").want("data.totalCount", 1).want("data.followups.0.starred", true)
		s.rep().get(followups+"?minimumScore=1&starred=false").want("data.totalCount", 2)
		s.rep().get(followups+"?minimumScore=1").want("data.totalCount", 2)
	}},
	line{"M-FOL-06", holds, "createdAfter keeps what was made after that time", func(s *scene) {
		s.analysed()
		s.rep().get(followups+"?createdAfter=2026-11-23T00:00:00.000Z").want("data.totalCount", 1)
		s.rep().get(followups+"?createdAfter=2126-11-23T00:00:00Z").want("data.totalCount", 0)
		s.rep().refuses(422, "GET", followups+"?createdAfter=soon", "")
	}},
	line{"M-FOL-07", holds, "createdBefore keeps what was made before that time", func(s *scene) {
		s.analysed()
		s.rep().get(followups+"?createdBefore=2026-11-23T00:00:00.000Z").want("data.totalCount", 0)
		s.rep().get(followups+"?createdBefore=2126-11-23T00:00:00Z").want("data.totalCount", 1)
	}},
	line{"M-FOL-08", holds, "history comes when it is asked for", func(s *scene) {
		s.followed()
		s.rep().get(followups).lacks("data.followups.0.history")
		s.rep().get(followups+"?includeHistory=true").want("data.followups.0.history", []any{})
	}},
	line{"M-FOL-09", holds, "the customer comes unless it is excluded", func(s *scene) {
		s.linkedTo("Account", "a1")
		s.rep().get(followups).has("data.followups.0.crmCustomer.id")
		s.eq(s.rep().get(followups+"?excludeCrmCustomer=true").at("data.followups.0.crmCustomer"), nil)
	}},
	line{"M-FOL-10", holds, "organizationId is the organization that is meant, another's is refused", func(s *scene) {
		s.analysed()
		s.rep().get(followups+"?organizationId="+s.id).want("data.totalCount", 1)
		s.rep().refuses(403, "GET", followups+"?organizationId=other", "")
	}},
	line{"M-FOL-11", holds, "totalCount counts all pages", func(s *scene) {
		s.analysed()
		s.rep().get(followups+"?limit=1&minimumScore=1").want("data.totalCount", 2)
	}},
	line{"M-FOL-12", holds, "totalRevenue sums the opportunities of all that fit, each once", func(s *scene) {
		s.linkedTo("Opportunity", "o1")
		s.linkedTo("Engagement", "e1")
		s.rep().get(followups+"?limit=1&minimumScore=1").want("data.totalCount", 4).want("data.totalRevenue", 5000)
		s.opportunity(`{"externalId":"o2","amount":70.5}`)
		s.linkedTo("Opportunity", "o2")
		s.rep().get(followups).want("data.totalRevenue", 5070.5)
		s.rep().get(followups+"?minimumScore=5").want("data.totalRevenue", 0)
	}},
	line{"M-FOL-13", holds, "a page has at most limit followups", func(s *scene) {
		s.analysed()
		s.eq(len(s.rep().get(followups+"?limit=1&minimumScore=1").list("data.followups")), 1)
	}},
	line{"M-FOL-14", holds, "scores go from 1 to 5", func(s *scene) {
		id := s.rep().record("")
		for _, score := range []int{0, 6} {
			s.org().refuses(400, "PUT", recordings+"/"+id+"/analysis", fmt.Sprintf(`{"followups":[{"followupType":"REHASH","score":%d}]}`, score))
		}
		for _, score := range []int{1, 5} {
			s.analyse(id, fmt.Sprintf(`{"followups":[{"followupType":"REHASH","score":%d}]}`, score))
			s.rep().get(followups+"?minimumScore=1").want("data.followups.0.score", score)
		}
	}},
	line{"M-FOL-15", holds, "a followup is a REHASH or a CROSS_SELL", func(s *scene) {
		s.analysed()
		s.rep().get(followups).want("data.followups.0.followupType", "REHASH")
		s.org().refuses(400, "PUT", recordings+"/"+s.rep().record("")+"/analysis", `{"followups":[{"followupType":"OTHER","score":3}]}`)
	}},
	line{"M-FOL-16", holds, "its status is TO_DO, IN_PROGRESS or COMPLETE", func(s *scene) {
		_, id := s.followed()
		s.rep().get(followups).want("data.followups.0.status", "TO_DO")
		s.rep().patch(followups+"/"+id, `{"status":"IN_PROGRESS"}`).want("data.status", "IN_PROGRESS")
		s.rep().refuses(422, "PATCH", followups+"/"+id, `{"status":"DONE"}`)
	}},
	line{"M-FOL-17", holds, "context is pairs of a header word and a value", func(s *scene) {
		s.analysed()
		s.rep().get(followups).want("data.followups.0.context", []any{map[string]any{"header": "MAIN_OBJECTION", "value": "Price"}})
	}},
	line{"M-FOL-18", holds, "times say when it was made, last changed and completed", func(s *scene) {
		_, id := s.followed()
		before := s.rep().get(followups).has("data.followups.0.dateCreated", "data.followups.0.updatedAt").want("data.followups.0.completedAt", nil)
		after := s.rep().patch(followups+"/"+id, `{"status":"COMPLETE"}`).has("data.completedAt")
		s.eq(after.str("data.updatedAt") > before.str("data.followups.0.updatedAt"), true)
		s.eq(after.at("data.dateCreated"), before.at("data.followups.0.dateCreated"))
	}},
	line{"M-FOL-19", holds, "it tells why, what to do, and what else is known of it", func(s *scene) {
		s.analysed()
		s.rep().get(followups).want("data.followups.0.thinking", "They wavered").want("data.followups.0.followupAction", "Call").want("data.followups.0.metadata", []any{map[string]any{"source": "call"}})
	}},
	line{"M-FOL-20", holds, "every change of status and every note is in its history, with who and what", func(s *scene) {
		recording, id := s.followed()
		s.rep().patch(followups+"/"+id, `{"status":"IN_PROGRESS"}`)
		s.rep().patch(followups+"/"+id, `{"note":"Called"}`)
		s.rep().patch(followups+"/"+id, `{"note":"Won","status":"COMPLETE"}`)
		a := s.rep().get(followups + "?includeHistory=true")
		a.values("data.followups.0.history", "status", "IN_PROGRESS", nil, "COMPLETE").values("data.followups.0.history", "note", nil, "Called", "Won").
			want("data.followups.0.history.0.updatedBy", "Rex Test").has("data.followups.0.history.0.id")
		s.analyse(recording, `{"followups":[{"followupType":"REHASH","score":5}]}`)
		s.rep().get(followups+"?includeHistory=true").want("data.totalCount", 1)
	}},
	line{"M-FOL-21", holds, "an entry has the user's id and its time", func(s *scene) {
		_, id := s.followed()
		s.admin().patch(followups+"/"+id, `{"note":"Mine"}`).want("data.history.0.updatedByUserId", s.person("Ann")).has("data.history.0.createdAt")
		s.as("Mia").refuses(404, "PATCH", followups+"/"+id, `{"note":"Not mine"}`)
	}},
	line{"M-FOL-22", holds, "the customer is there where there is one, and null otherwise", func(s *scene) {
		s.analysed()
		s.rep().get(followups).want("data.followups.0.crmCustomer", nil)
		s.linkedTo("Account", "a1")
		s.rep().get(followups).want("data.followups.0.crmCustomer.externalId", "a1")
	}},
	line{"M-FOL-23", holds, "hasFollowupComment says whether there is a comment about it", func(s *scene) {
		_, id := s.followed()
		s.rep().get(followups).want("data.followups.0.hasFollowupComment", false)
		s.rep().patch(followups+"/"+id, `{"note":"Called"}`).want("data.hasFollowupComment", true)
	}},
	line{"M-FOL-24", holds, "the deprecated fields are still answered and agree with the status", func(s *scene) {
		_, id := s.followed()
		s.rep().get(followups).want("data.followups.0.completed", false).want("data.followups.0.completedBy", nil)
		s.rep().patch(followups+"/"+id, `{"status":"COMPLETE","note":"Done"}`).want("data.completed", true).want("data.completedBy", "Rex Test").want("data.note", "Done")
		s.rep().patch(followups+"/"+id, `{"status":"TO_DO"}`).want("data.completed", false).want("data.completedAt", nil)
		s.rep().refuses(422, "PATCH", followups+"/"+id, `{"note":""}`).says("note")
		s.rep().refuses(422, "PATCH", followups+"/"+id, `{"note":null}`).says("note")
		s.analyse(s.rep().record(""), `{"followups":[{"followupType":"REHASH","score":5,"status":"COMPLETE"}]}`)
		s.rep().get(followups+"?statuses=COMPLETE").want("data.followups.0.completed", true).has("data.followups.0.completedAt")
	}},
	line{"M-FOL-25", holds, "it names its recording, rep and team, its id and its star", func(s *scene) {
		team := s.crew()
		id := s.rep().record(`"title":"Visit"`)
		s.analyse(id, analysis)
		s.rep().get(followups).want("data.followups.0.recordingId", id).want("data.followups.0.recordingTitle", "Visit").want("data.followups.0.repName", "Rex Test").
			want("data.followups.0.repId", s.person("Rex")).want("data.followups.0.teamId", team).want("data.followups.0.teamName", "Crew").want("data.followups.0.starred", true).has("data.followups.0.followupId")
	}},
)

// customer is the customer of a recording that is linked to a record.
func (s *scene) customer(kind, id string) *answer {
	s.t.Helper()
	a := s.rep().get(recordings + "/" + s.linkedTo(kind, id) + "?showCrmCustomers=true")
	return &answer{s: s, ask: "the customer", text: a.text, parsed: a.at("data.crmCustomer")}
}

var _ = resource(oneSurface,
	line{"M-CUS-01", holds, "recordingId is the newest of the customer's recordings, whichever is asked for", func(s *scene) {
		s.push()
		old := s.rep().record(`"dateCreated":"2026-10-01T10:00:00Z"` + s.crmObjects(`{"objectType":"Engagement","objectId":"e1"}`))
		latest := s.rep().record(`"dateCreated":"2026-10-09T10:00:00Z"` + s.crmObjects(`{"objectType":"Engagement","objectId":"e1"}`))
		middle := s.rep().record(`"dateCreated":"2026-10-05T10:00:00Z"` + s.crmObjects(`{"objectType":"Engagement","objectId":"e1"}`))
		for _, id := range []string{old, latest, middle} {
			s.rep().get(recordings+"/"+id+"?showCrmCustomers=true").want("data.crmCustomer.recordingId", latest)
		}
		s.rep().del(recordings + "/" + latest)
		s.rep().get(recordings+"/"+old+"?showCrmCustomers=true").want("data.crmCustomer.recordingId", middle)
	}},
	line{"M-CUS-02", holds, "lastRecordingDate is when that one took place", func(s *scene) {
		s.push()
		id := s.rep().record(`"dateCreated":"2026-10-01T10:00:00Z"` + s.crmObjects(`{"objectType":"Account","objectId":"a1"}`))
		s.rep().record(`"dateCreated":"2026-10-09T10:00:00Z"` + s.crmObjects(`{"objectType":"Account","objectId":"a1"}`))
		s.rep().get(recordings+"/"+id+"?showCrmCustomers=true").want("data.crmCustomer.lastRecordingDate", "2026-10-09T10:00:00.000Z")
	}},
	line{"M-CUS-03", holds, "numRecordings counts all of the customer, those by its engagements too", func(s *scene) {
		s.linkedTo("Account", "a1")
		s.linkedTo("Engagement", "e1")
		s.customer("Account", "a1").want("numRecordings", 3)
		s.customer("Lead", "l1").want("numRecordings", 2)
	}},
	line{"M-CUS-04", holds, "its times of making and change are ours", func(s *scene) {
		a := s.customer("Account", "a1").has("createdAt", "updatedAt")
		s.eq(a.str("createdAt"), s.org().get(crm+"/accounts").str("0.createdAt"))
	}},
	line{"M-CUS-05", holds, "closedAt is when the deal was closed", func(s *scene) {
		s.customer("Opportunity", "o1").want("closedAt", "2026-11-20T00:00:00.000Z")
	}},
	line{"M-CUS-06", holds, "amount and disposition are the deal's", func(s *scene) {
		s.customer("Opportunity", "o1").want("amount", 5000).want("disposition", "WON")
		s.customer("Engagement", "e1").want("amount", 5000).want("disposition", "WON")
	}},
	line{"M-CUS-07", holds, "matchingSource says that somebody named it, or that it was matched", func(s *scene) {
		s.customer("Account", "a1").want("matchingSource", "DIRECT")
	}},
	line{"M-CUS-08", holds, "crmUrl is the page of the record in the CRM, or else of its deal or customer, and left out where the CRM tells none", func(s *scene) {
		s.customer("Account", "a1").lacks("crmUrl")
		connection := storetest.Connection(s.t, s.w.st, s.id, hub.PlatformMerge, hub.ModelAccount)
		pulled := hub.Record{Model: hub.ModelAccount, ExternalID: "m1", Name: "Pulled", Details: hub.Details{URL: "https://crm.example/accounts/m1"}}
		lease := storetest.Lease(s.t, s.w.st, s.id, connection.ID)
		_, err := s.w.st.CommitPage(s.t.Context(), lease, store.PageCommit{
			State: store.SyncState{Model: hub.ModelAccount}, Records: []hub.Record{pulled}, Status: hub.SyncStateUpToDate,
		})
		s.must(err)
		id := s.rep().record(fmt.Sprintf(`"integrationConnectionId":%q,"crmObjects":[{"objectType":"Account","objectId":"m1"}]`, connection.ID))
		s.rep().get(recordings+"/"+id+"?showCrmCustomers=true").want("data.crmCustomer.crmUrl", "https://crm.example/accounts/m1")
		s.analyse(id, analysis)
		s.rep().get(followups+"?limit=1").want("data.followups.0.crmUrl", "https://crm.example/accounts/m1")
		visit := hub.Record{Model: hub.ModelEngagement, ExternalID: "v1", Name: "Visit", Refs: hub.Refs{Account: "m1"}, Details: hub.Details{URL: "javascript:alert(1)"}}
		_, err = s.w.st.CommitPage(s.t.Context(), lease, store.PageCommit{
			State: store.SyncState{Model: hub.ModelEngagement}, Records: []hub.Record{visit}, Status: hub.SyncStateUpToDate,
		})
		s.must(err)
		id = s.rep().record(fmt.Sprintf(`"integrationConnectionId":%q,"crmObjects":[{"objectType":"Engagement","objectId":"v1"}]`, connection.ID))
		s.rep().get(recordings+"/"+id+"?showCrmCustomers=true").want("data.crmCustomer.crmUrl", "https://crm.example/accounts/m1")
	}},
	line{"M-CUS-09", holds, "an account and a contact show the first page of their opportunities", func(s *scene) {
		s.customer("Account", "a1").values("opportunities.data", "externalId", "o1")
		s.customer("Contact", "c1").values("opportunities.data", "externalId", "o1")
		s.customer("Lead", "l1").lacks("opportunities")
	}},
	line{"M-CUS-10", holds, "an opportunity shows itself, its people and the names of its account and contact", func(s *scene) {
		s.customer("Opportunity", "o1").want("opportunity.externalId", "o1").want("opportunityAccountName", "Acme").want("opportunityContactName", "Cleo").
			want("opportunityUsers.0.name", "Rex Test").want("opportunityUsers.0.amountPercentage", 0.5).has("opportunityId", "opportunityUsers.0.userId")
	}},
	line{"M-CUS-11", holds, "a contact shows its account, and all show the ids around them", func(s *scene) {
		s.customer("Contact", "c1").want("contactAccount.externalId", "a1").want("contactAccount.name", "Acme").has("contactAccount.id", "contactId", "accountId")
		s.customer("Engagement", "e1").has("engagementId", "accountId", "contactId", "opportunityId")
	}},
	line{"M-CUS-12", holds, "name, address, e-mail address and number are plain texts", func(s *scene) {
		for kind, id := range map[string]string{"Account": "a1", "Engagement": "e1", "Opportunity": "o1"} {
			s.customer(kind, id).want("emailAddress", "office@customer.example").want("phoneNumber", "+1 555 0100").want("address", "1 Main St, Springfield, IL 62701, USA").has("name")
		}
	}},
	line{"M-CUS-13", holds, "it names itself, its organization and its connection", func(s *scene) {
		s.customer("Account", "a1").want("externalId", "a1").want("organizationId", s.id0()).want("integrationConnectionId", s.custom()).
			want("integrationPlatform", "SIRO_CUSTOM_INPUT").want("integrationName", "n").has("id")
	}},
	line{"M-CUS-14", holds, "lastActivityAt is the last activity with the customer", func(s *scene) {
		s.customer("Account", "a1").want("lastActivityAt", "2026-11-19T10:00:00.000Z")
	}},
	line{"M-CUS-15", holds, "opportunities within it mean what they mean by themselves", func(s *scene) {
		id := s.linkedTo("Opportunity", "o1")
		own := s.org().get(crm+"/opportunities").want("data.0.recordingId", id)
		of := s.rep().get(recordings + "/" + id + "?showCrmCustomers=true")
		page := s.customer("Account", "a1")
		for _, field := range []string{"externalId", "name", "amount", "closedAt", "disposition", "createdAt", "updatedAt", "id"} {
			s.eq(of.at("data.crmCustomer.opportunity."+field), own.at("data.0."+field))
			s.eq(page.at("opportunities.data.0."+field), own.at("data.0."+field))
		}
		of.want("data.crmCustomer.opportunity.recordingId", id)
	}},
	line{"M-CUS-16", holds, "the customer is whatever the recording is linked to, by its kind", func(s *scene) {
		for kind, id := range map[string]string{"ACCOUNT": "a1", "LEAD": "l1", "OPPORTUNITY": "o1", "ENGAGEMENT": "e1", "CONTACT": "c1"} {
			s.customer(kind[:1]+strings.ToLower(kind[1:]), id).want("customerType", kind).want("externalId", id)
		}
	}},
)
