package meaning_test

import (
	"fmt"
	"strings"
)

// accountOf is our account with the CRM's id.
func (s *scene) accountOf(externalID string) *answer {
	s.t.Helper()
	for _, a := range s.org().get(crm + "/accounts").list("") {
		if of := (&answer{s: s, ask: "the account", text: fmt.Sprint(a), parsed: a}); of.at("externalId") == any(externalID) {
			return of
		}
	}
	return &answer{s: s, ask: "the account that is not there"}
}

func (s *scene) batch(kind, body string) *answer {
	s.t.Helper()
	s.custom()
	return s.org().put(crm+"/sync/batch/"+kind, body)
}

// sync refuses a push.
func (s *scene) syncRefused(kind, body string) *answer {
	s.t.Helper()
	s.custom()
	return s.org().refuses(400, "PUT", crm+"/sync/"+kind, body)
}

// times are the forms of a time that the contract writes, and what they are.
var times = map[string]string{
	"2024-02-28T20:09:58.692Z": "2024-02-28T20:09:58.692Z", "2024-02-28T20:09:58Z": "2024-02-28T20:09:58.000Z", "2024-02-28T20:09:58+01:00": "2024-02-28T19:09:58.000Z",
	"2016-12-31T23:59:60Z": "2016-12-31T23:59:59.000Z", "2016-12-31 23:59:60": "2016-12-31T23:59:59.000Z", "2024-02-28 20:09:58.692": "2024-02-28T20:09:58.692Z", "2024-02-28 20:09:58": "2024-02-28T20:09:58.000Z", "2024-02-28T20:09:58": "2024-02-28T20:09:58.000Z",
}

var _ = resource(bothPrefixes,
	line{"M-ACC-01", holds, "an account's externalId is the CRM's, and the list, which has no page, has all of them", func(s *scene) {
		s.custom()
		id := s.org().post(crm+"/accounts", `{"externalId":"A-1","addresses":[]}`).want("externalId", "A-1").str("id")
		s.org().get(crm+"/accounts/"+id).want("externalId", "A-1")
		s.org().put(crm+"/accounts/"+id, `{"name":"Acme"}`).want("externalId", "A-1").want("name", "Acme")
		const more = 1001 // than are read at a time
		for from := 0; from < more; from += 500 {
			var items []string
			for i := from; i < min(from+500, more); i++ {
				items = append(items, fmt.Sprintf(`{"externalId":"o0","account":{"externalId":"A-%d","name":"N"}}`, i+2))
			}
			s.batch("opportunities", "["+strings.Join(items, ",")+"]")
		}
		all := s.org().get(crm + "/accounts")
		s.eq(len(all.list("")), 1+more)
		all.want("1001.externalId", "A-1002")
		s.org().get(crm+"/accounts?cursor="+all.str("999.id")).values("", "externalId", "A-1001", "A-1002").lacks("2")
		s.eq(len(s.org().get(crm+"/accounts?pageSize=2").list("")), 2)
		s.org().refuses(400, "GET", crm+"/accounts?cursor=x", "").says("cursor")
	}},
	line{"M-ACC-02", holds, "a new account needs both coordinates or addresses, and takes both", func(s *scene) {
		s.custom()
		s.org().post(crm+"/accounts", `{"externalId":"a","latitude":1,"longitude":2}`)
		s.org().post(crm+"/accounts", `{"externalId":"b","addresses":[]}`)
		s.org().post(crm+"/accounts", `{"externalId":"c","latitude":1,"longitude":2,"addresses":[]}`)
		s.org().refuses(400, "POST", crm+"/accounts", `{"externalId":"d"}`)
		s.org().refuses(400, "POST", crm+"/accounts", `{"externalId":"d","latitude":1}`)
		s.org().refuses(400, "POST", crm+"/accounts", `{"addresses":[]}`)
	}},
	line{"M-ACC-03", holds, "createdAt and updatedAt are when it was made and last changed", func(s *scene) {
		s.custom()
		one := s.org().post(crm+"/accounts", `{"externalId":"a","addresses":[]}`)
		two := s.org().put(crm+"/accounts/"+one.str("id"), `{"name":"New"}`).want("createdAt", one.at("createdAt"))
		s.eq(two.str("updatedAt") > one.str("updatedAt"), true)
	}},
)

var _ = resource(bothPrefixes,
	line{"M-NES-01", holds, "a nested account with its id alone points at the one that is there", func(s *scene) {
		s.opportunity(`{"externalId":"o1","account":{"externalId":"a1","name":"Acme"}}`)
		s.opportunity(`{"externalId":"o2","account":{"externalId":"a1"}}`).want("data.account.name", "Acme")
		s.engagement(`{"externalId":"e1","contact":{"externalId":"c1","account":{"externalId":"a1"}},"account":{"externalId":"a1"}}`).want("data.account.name", "Acme")
		s.opportunity(`{"externalId":"o3","opportunityContacts":[{"externalId":"c9","account":{"externalId":"a1"}}]}`)
		s.accountOf("a1").want("name", "Acme")
	}},
	line{"M-NES-02", holds, "a nested contact with its id alone points at the one that is there", func(s *scene) {
		s.opportunity(`{"externalId":"o1","contact":{"externalId":"c1","name":"Cleo"}}`)
		s.opportunity(`{"externalId":"o2","opportunityContacts":[{"externalId":"c1"}]}`)
		s.engagement(`{"externalId":"e1","contact":{"externalId":"c1"}}`)
		s.linked("Contact", "c1").want("data.crmCustomer.name", "Cleo")
	}},
	line{"M-NES-03", holds, "a nested opportunity with its id alone points at the one that is there", func(s *scene) {
		id := s.opportunity(`{"externalId":"o1","name":"Roof","amount":7}`).str("data.id")
		s.engagement(`{"externalId":"e1","opportunity":{"externalId":"o1"}}`).want("data.opportunityId", id)
		s.org().get(crm+"/opportunities/"+id).want("name", "Roof").want("amount", 7)
	}},
	line{"M-NES-04", holds, "externalId is always the CRM's, never ours", func(s *scene) {
		id := s.opportunity(`{"externalId":"o1","account":{"externalId":"a1","name":"Acme"}}`).str("data.account.id")
		s.opportunity(fmt.Sprintf(`{"externalId":"o2","account":{"externalId":%q}}`, id))
		s.org().get(crm + "/opportunities?externalId=o2").lacks("data.0.account.name").lacks("data.0.accountId")
	}},
	line{"M-NES-05", holds, "deletedAt stands on every record and deletes it, null or nothing leaves it living", func(s *scene) {
		s.push()
		for body, kind := range map[string]string{
			`{"externalId":"e1","lead":{"externalId":"l1","deletedAt":"2026-11-22 10:00:00.000"}}`:        "lead",
			`{"externalId":"e1","contact":{"externalId":"c1","deletedAt":"2026-11-22T10:00:00.000Z"}}`:    "contact",
			`{"externalId":"e1","account":{"externalId":"a1","deletedAt":"2026-11-22T10:00:00Z"}}`:        "account",
			`{"externalId":"e1","engagementUsers":[{"externalId":"u1","deletedAt":"2026-11-22T10:00Z"}]}`: "bad time",
		} {
			if kind == "bad time" {
				s.syncRefused("engagements", body).says("engagementUsers[0].deletedAt")
				continue
			}
			s.engagement(body)
		}
		s.engagement(`{"externalId":"e1","engagementUsers":[{"externalId":"u1","deletedAt":"2026-11-22T10:00:00Z"}]}`).values("data.engagementUsers", "name", "Stranger")
		// One of which something is said lives again, nested or not; one that is only pointed at does not.
		s.opportunity(`{"externalId":"o9","account":{"externalId":"gone","name":"Gone","deletedAt":"2026-11-22T10:00:00Z"}}`).want("data.account", nil)
		s.opportunity(`{"externalId":"o9","account":{"externalId":"gone"}}`).want("data.account", nil)
		s.opportunity(`{"externalId":"o9","account":{"externalId":"gone","name":"Back"}}`).want("data.account.name", "Back")
		s.org().del(crm + "/opportunities/" + s.org().get(crm+"/opportunities?externalId=o9").str("data.0.id"))
		s.engagement(`{"externalId":"e9","opportunity":{"externalId":"o9","copyEngagementRelationships":true}}`)
		s.eq(len(s.org().get(crm+"/opportunities?externalId=o9").list("data")), 0)
		s.engagement(`{"externalId":"e9","opportunity":{"externalId":"o9","name":"Roof"}}`)
		s.org().del(crm + "/opportunities/" + s.org().get(crm+"/opportunities?externalId=o9").want("data.0.name", "Roof").str("data.0.id"))
		// Of one that is deleted a push answers without its users.
		s.engagement(`{"externalId":"e9","engagementUsers":[{"externalId":"u9","name":"U"}]}`).values("data.engagementUsers", "name", "U")
		s.engagement(`{"externalId":"e9","deletedAt":"2026-11-22T10:00:00Z"}`).lacks("data.engagementUsers")
		s.eq(s.accountOf("a1").at("id"), nil)
		s.org().get(crm+"/engagements").want("data.0.externalId", "e1").lacks("data.0.accountId")
		s.opportunity(`{"externalId":"o1","deletedAt":"2026-11-22T10:00:00Z"}`)
		s.org().get(crm+"/opportunities").values("data", "id")
		s.opportunity(`{"externalId":"o1","deletedAt":null}`)
		s.org().get(crm+"/opportunities").values("data", "externalId", "o1")
	}},
	line{"M-NES-06", holds, "lastActivityAt is the CRM's time of the last activity", func(s *scene) {
		for sent, want := range times {
			s.opportunity(fmt.Sprintf(`{"externalId":"o1","lastActivityAt":%q,"account":{"externalId":"a1","lastActivityAt":%q}}`, sent, sent))
			s.linked("Account", "a1").want("data.crmCustomer.lastActivityAt", want)
			s.linked("Opportunity", "o1").want("data.crmCustomer.lastActivityAt", want)
		}
		s.opportunity(`{"externalId":"o1","account":{"externalId":"a1","lastActivityAt":"2024-02-28"}}`)
		s.linked("Account", "a1").want("data.crmCustomer.lastActivityAt", "2024-02-28T00:00:00.000Z")
		s.syncRefused("opportunities", `{"externalId":"o1","account":{"externalId":"a1","lastActivityAt":"lately"}}`).says("account.lastActivityAt")
	}},
	line{"M-NES-07", holds, "an owner is a CRM user, named by the CRM's id", func(s *scene) {
		s.engagement(`{"externalId":"e1","account":{"externalId":"a1","owner":{"externalId":"u7"}},"engagementUsers":[{"externalId":"u7","name":"Owen"}]}`)
		s.syncRefused("engagements", `{"externalId":"e1","account":{"externalId":"a1","owner":{}}}`).says("owner")
		s.org().get(crm+"/users").values("data", "externalId", "u7")
	}},
	line{"M-NES-08", holds, "mergedToExternalId moves what refers to the record to the survivor", func(s *scene) {
		s.opportunity(`{"externalId":"o1","account":{"externalId":"old","name":"Old"}}`)
		s.opportunity(`{"externalId":"o2","account":{"externalId":"new","name":"New"}}`)
		s.opportunity(`{"externalId":"o3","account":{"externalId":"old","mergedToExternalId":"new"}}`)
		s.org().get(crm+"/opportunities?externalId=o1").want("data.0.account.externalId", "new")
		s.eq(s.accountOf("old").at("id"), nil)
	}},
	line{"M-NES-09", holds, "mergedFromExternalIds moves what refers to those here", func(s *scene) {
		s.opportunity(`{"externalId":"o1","account":{"externalId":"old","name":"Old"}}`)
		s.opportunity(`{"externalId":"o2","account":{"externalId":"new","name":"New","mergedFromExternalIds":["old"]}}`)
		s.org().get(crm+"/opportunities?externalId=o1").want("data.0.account.externalId", "new")
		// A survivor of which nothing else is known comes to be; one that was merged does not by what is said of it later.
		s.opportunity(`{"externalId":"o2","account":{"externalId":"newer","mergedFromExternalIds":["new"]}}`).want("data.account.externalId", "newer")
		s.org().get(crm+"/opportunities?externalId=o1").want("data.0.account.externalId", "newer")
		s.opportunity(`{"externalId":"o3","account":{"externalId":"old","name":"Old, as it was"}}`).want("data.account.externalId", "newer")
	}},
	line{"M-NES-10", holds, "a CRM user is matched to a workspace user by the e-mail address", func(s *scene) {
		s.person("Rex")
		s.engagement(`{"externalId":"e1","engagementUsers":[{"externalId":"u1","email":"REX@acme.example","name":"Somebody"}]}`)
		s.org().get(crm+"/users/"+s.org().get(crm+"/users").str("data.0.id")+"/match").want("userId", s.person("Rex"))
	}},
	line{"M-NES-11", holds, "shareOfSale is a fraction from 0 to 1", func(s *scene) {
		s.opportunity(`{"externalId":"o1","opportunityUsers":[{"externalId":"u1","shareOfSale":0.5},{"externalId":"u2","shareOfSale":1}]}`).
			values("data.opportunityUsers", "amountPercentage", 0.5, float64(1))
		s.syncRefused("opportunities", `{"externalId":"o1","opportunityUsers":[{"externalId":"u1","shareOfSale":50}]}`)
	}},
	line{"M-NES-12", holds, "all people of a record come, each by one name", func(s *scene) {
		s.opportunity(`{"externalId":"o1","opportunityUsers":[{"externalId":"u1","name":"Ann Lee"},{"externalId":"u2","name":"Bo Ray"}]}`).values("data.opportunityUsers", "name", "Ann Lee", "Bo Ray")
		s.engagement(`{"externalId":"e1","engagementUsers":[{"externalId":"u1","name":"Ann Lee"},{"externalId":"u2","name":"Bo Ray"}]}`).values("data.engagementUsers", "name", "Ann Lee", "Bo Ray")
	}},
	line{"M-NES-13", holds, "all addresses, numbers and e-mail addresses are kept", func(s *scene) {
		s.opportunity(`{"externalId":"o1","account":{"externalId":"a1","phoneNumbers":["1","2"],"emailAddresses":["a@x.example","b@x.example"],
			"addresses":[{"country":"USA","street":"1","city":"c","state":"s","zip":"z"},{"country":"USA","street":"2","city":"c","state":"s","zip":"z"}]}}`)
		s.accountOf("a1").want("phoneNumbers", []any{"1", "2"}).want("emailAddresses", []any{"a@x.example", "b@x.example"}).values("addresses", "street", "1", "2")
	}},
	line{"M-NES-14", holds, "position and name are the record's own; a lead has two names", func(s *scene) {
		s.engagement(`{"externalId":"e1","account":{"externalId":"a1","name":"Acme","latitude":1.5,"longitude":-2.5},"lead":{"externalId":"l1","firstName":"Lee","lastName":"Dell"}}`)
		s.accountOf("a1").want("name", "Acme").want("latitude", 1.5).want("longitude", -2.5)
		s.linked("Lead", "l1").want("data.crmCustomer.name", "Lee Dell")
	}},
	line{"M-NES-15", holds, "matching goes by e-mail address, then by name, and a match set by hand wins", func(s *scene) {
		s.person("Rex")
		s.engagement(`{"externalId":"e1","engagementUsers":[{"externalId":"u1","name":"Rex Test"}]}`)
		id := s.org().get(crm + "/users").str("data.0.id")
		s.org().get(crm+"/users/"+id+"/match").want("userId", s.person("Rex"))
		s.org().put(crm+"/users/"+id+"/match", fmt.Sprintf(`{"userId":%q}`, s.person("Mia")))
		s.org().get(crm+"/users/"+id+"/match").want("userId", s.person("Mia"))
	}},
)

// contacts pushes the opportunity o1 with more fields, and fails unless a recording of it shows these contacts.
func (s *scene) contacts(more string, want ...string) {
	s.t.Helper()
	s.batch("opportunities", "[{\"externalId\":\"o1\","+more+"}]")
	for _, id := range want { // one that nothing is known of is not shown
		s.opportunity(fmt.Sprintf(`{"externalId":"names","opportunityContacts":[{"externalId":%q,"name":"Somebody"}]}`, id))
	}
	id := s.linked("Opportunity", "o1").str("data.id")
	s.eq(s.org().get(recordings+"/"+id+"?showCrmLinks=true").list("crm.contacts", "externalId"), anys(want...))
}

// linked is a new recording that is linked to a record that was pushed, with its customer.
func (s *scene) linked(kind, id string) *answer {
	s.t.Helper()
	made := s.rep().record(strings.TrimPrefix(s.crmObjects(fmt.Sprintf(`{"objectType":%q,"objectId":%q}`, kind, id)), ","))
	return s.rep().get(recordings + "/" + made + "?showCrmCustomers=true")
}

var _ = resource(bothPrefixes,
	line{"M-OPP-01", holds, "disposition is WON, LOST or OPEN", func(s *scene) {
		for _, word := range []string{"WON", "LOST", "OPEN"} {
			s.opportunity(fmt.Sprintf(`{"externalId":"o1","disposition":%q}`, word)).want("data.disposition", word)
		}
		s.syncRefused("opportunities", `{"externalId":"o1","disposition":"won"}`)
	}},
	line{"M-OPP-02", holds, "amount is dollars, as sent", func(s *scene) {
		s.opportunity(`{"externalId":"o1","amount":1234.5}`).want("data.amount", 1234.5)
		id := s.engagement(`{"externalId":"e1","opportunity":{"externalId":"o2","amount":99.5}}`).str("data.opportunityId")
		s.org().get(crm+"/opportunities/"+id).want("amount", 99.5)
	}},
	line{"M-OPP-03", holds, "closedAt is when the deal was closed", func(s *scene) {
		s.opportunity(`{"externalId":"o1","closedAt":"2024-02-28T20:09:58Z"}`).want("data.closedAt", "2024-02-28T20:09:58.000Z")
		s.syncRefused("opportunities", `{"externalId":"o1","closedAt":null}`).says("closedAt") // it is of one type
	}},
	line{"M-OPP-04", holds, "closedAt takes every published form, UTC without a zone, and a date alone; a bad one is named, in a batch with its item", func(s *scene) {
		for sent, want := range times {
			s.opportunity(fmt.Sprintf(`{"externalId":"o1","closedAt":%q}`, sent)).want("data.closedAt", want)
		}
		s.opportunity(`{"externalId":"o1","closedAt":"2024-02-28"}`).want("data.closedAt", "2024-02-28T00:00:00.000Z")
		s.syncRefused("opportunities", `{"externalId":"o1","closedAt":"last week"}`).says("closedAt").want("issues.0.path", []any{"closedAt"})
		s.org().refuses(400, "PUT", crm+"/sync/batch/opportunities", `[{"externalId":"o1"},{"externalId":"o2","closedAt":"2024-13-28"}]`).want("issues.0.path", []any{float64(1), "closedAt"})
	}},
	line{"M-OPP-05", holds, "remoteCreatedAt takes the CRM's time of creation, in every form", func(s *scene) {
		for sent := range times {
			s.opportunity(fmt.Sprintf(`{"externalId":"o1","remoteCreatedAt":%q}`, sent))
			s.engagement(fmt.Sprintf(`{"externalId":"e1","opportunity":{"externalId":"o1","remoteCreatedAt":%q}}`, sent))
		}
		s.opportunity(`{"externalId":"o1","remoteCreatedAt":"2024-02-28"}`)
		s.syncRefused("opportunities", `{"externalId":"o1","remoteCreatedAt":"x"}`).says("remoteCreatedAt")
		for _, field := range []string{"closedAt", "remoteCreatedAt", "lastActivityAt"} {
			s.syncRefused("opportunities", fmt.Sprintf(`{"externalId":"o1",%q:""}`, field)).says(field)
			s.syncRefused("engagements", fmt.Sprintf(`{"externalId":"e1","opportunity":{"externalId":"o1",%q:""}}`, field)).says("opportunity." + field)
		}
		for _, of := range []string{"account", "contact", "lead"} {
			s.syncRefused("engagements", fmt.Sprintf(`{"externalId":"e1",%q:{"externalId":"x","lastActivityAt":""}}`, of)).says(of + ".lastActivityAt")
		}
		s.syncRefused("engagements", `{"externalId":"e1","opportunity":{"externalId":"o1","remoteCreatedAt":"x"}}`).says("opportunity.remoteCreatedAt")
	}},
	line{"M-OPP-06", holds, "lastActivityAt is when the CRM last changed it", func(s *scene) {
		s.opportunity(`{"externalId":"o1","lastActivityAt":"2024-02-28 20:09:58.692"}`)
		s.linked("Opportunity", "o1").want("data.crmCustomer.lastActivityAt", "2024-02-28T20:09:58.692Z")
	}},
	line{"M-OPP-07", holds, "accountId, our own id, goes before a nested account", func(s *scene) {
		id := s.opportunity(`{"externalId":"o1","account":{"externalId":"A","name":"A"}}`).str("data.account.id")
		s.opportunity(fmt.Sprintf(`{"externalId":"o2","accountId":%q,"account":{"externalId":"B","name":"B"}}`, id)).want("data.account.externalId", "A").want("data.accountId", id)
		s.batch("opportunities", fmt.Sprintf(`[{"externalId":"o3","account":{"externalId":"B"},"accountId":%q}]`, id)).want("data.0.account.externalId", "A")
		s.accountOf("B").want("name", "B")
		s.opportunity(`{"externalId":"o3","accountId":null,"account":{"externalId":"B"}}`).want("data.account.externalId", "B")
		s.opportunity(`{"externalId":"o3","accountId":null}`).lacks("data.accountId")
		s.syncRefused("opportunities", `{"externalId":"o4","accountId":"abc"}`).says("accountId")
	}},
	line{"M-OPP-08", holds, "the older contact is still accepted", func(s *scene) {
		s.opportunity(`{"externalId":"o1","contact":{"externalId":"c1","name":"Cleo"}}`)
		s.linked("Opportunity", "o1").want("data.crmCustomer.opportunityContactName", "Cleo")
		s.contacts(`"contact":{"externalId":"c1"},"opportunityContacts":[{"externalId":"d1"},{"externalId":"d2"}]`, "c1", "d1", "d2")
		s.contacts(`"contact":{"externalId":"c1"},"opportunityContacts":[{"externalId":"d1"},{"externalId":"d2","isPrimary":true}]`, "d2", "c1", "d1")
		s.contacts(`"contact":{"externalId":"d1"},"opportunityContacts":[{"externalId":"d1"},{"externalId":"d2"}]`, "d1", "d2")
	}},
	line{"M-OPP-09", holds, "all contacts of an opportunity are kept, the primary one first; a list that is sent is the whole list", func(s *scene) {
		s.opportunity(`{"externalId":"o1","opportunityContacts":[{"externalId":"c1","name":"A"},{"externalId":"c2","name":"B","isPrimary":true},{"externalId":"c3","name":"C"}]}`)
		id := s.linked("Opportunity", "o1").str("data.id")
		s.org().get(recordings+"/"+id+"?showCrmLinks=true").values("crm.contacts", "externalId", "c2", "c1", "c3")
		s.opportunity(`{"externalId":"o1","name":"Roof"}`)
		s.org().get(recordings+"/"+id+"?showCrmLinks=true").values("crm.contacts", "externalId", "c2", "c1", "c3")
		s.contacts(`"opportunityContacts":[{"externalId":"d1"},{"externalId":"d2"}]`, "d1", "d2")
		s.contacts(`"opportunityContacts":[{"externalId":"d3"}]`, "d3")
		s.contacts(`"opportunityContacts":[{"externalId":"x1"},{"externalId":"x2","isPrimary":true}]`, "x2", "x1")
		s.contacts(`"opportunityContacts":[{"externalId":"x3"}]`, "x3")
		s.contacts(`"opportunityContacts":[]`)
	}},
	line{"M-OPP-10", holds, "externalId alone is required", func(s *scene) {
		s.opportunity(`{"externalId":"o1"}`).want("data.externalId", "o1")
		s.syncRefused("opportunities", `{"name":"x"}`).says("externalId")
	}},
	line{"M-OPP-11", holds, "name, amount and disposition may be absent", func(s *scene) {
		s.opportunity(`{"externalId":"o1"}`).lacks("data.amount").lacks("data.disposition")
	}},
	line{"M-OPP-12", holds, "createdAt and updatedAt are ours", func(s *scene) {
		one := s.opportunity(`{"externalId":"o1","remoteCreatedAt":"2020-01-01"}`)
		two := s.opportunity(`{"externalId":"o1","name":"New"}`).want("data.createdAt", one.at("data.createdAt"))
		s.eq(one.str("data.createdAt")[:4], "2026")
		s.eq(two.str("data.updatedAt") > one.str("data.updatedAt"), true)
		s.opportunity(`{"externalId":"o1","name":"New"}`).want("data.updatedAt", two.at("data.updatedAt"))
	}},
	line{"M-OPP-13", holds, "recordingId is the recording that is tied to it", func(s *scene) {
		id := s.linkedTo("Opportunity", "o1")
		s.org().get(crm+"/opportunities").want("data.0.recordingId", id)
	}},
	line{"M-OPP-14", holds, "an opportunity tells the CRM's id and its name, which may be missing", func(s *scene) {
		s.opportunity(`{"externalId":"o1"}`).want("data.externalId", "o1")
		s.opportunity(`{"externalId":"o1","name":"Roof"}`).want("data.name", "Roof")
	}},
	line{"M-OPP-15", holds, "the list filters by exact values and goes on by cursor", func(s *scene) {
		id := s.linkedTo("Opportunity", "o1")
		s.opportunity(`{"externalId":"o2"}`)
		s.org().get(crm+"/opportunities?externalId=o2").values("data", "externalId", "o2")
		s.org().get(crm+"/opportunities?externalId=o").values("data", "externalId")
		s.org().get(crm+"/opportunities?recordingId="+id).values("data", "externalId", "o1")
		page := s.org().get(crm + "/opportunities?pageSize=1")
		s.org().get(crm+"/opportunities?pageSize=1&cursor="+page.str("cursor")).values("data", "externalId", "o2").want("cursor", nil)
	}},
	line{"M-OPP-16", holds, "five deletions answer a bare boolean", func(s *scene) {
		s.push()
		user := func(kind string) string { return s.org().get(crm + "/" + kind).str("0.id") }
		for _, path := range []string{
			"/opportunity-users/" + user("opportunity-users"), "/engagement-users/" + user("engagement-users"), "/engagements/" + s.org().get(crm+"/engagements").str("data.0.id"),
			"/opportunities/" + s.org().get(crm+"/opportunities").str("data.0.id"), "/accounts/" + s.accountOf("a1").str("id"),
		} {
			s.org().del(crm+path).want("", true)
			s.org().refuses(404, "GET", crm+path, "")
		}
	}},
	line{"M-OPU-01", holds, "the lists of users are bare and go on by the id of the last item as cursor", func(s *scene) {
		s.opportunity(`{"externalId":"o1","opportunityUsers":[{"externalId":"u1","name":"A"},{"externalId":"u2","name":"B"}]}`)
		s.engagement(`{"externalId":"e1","engagementUsers":[{"externalId":"u1","name":"A"},{"externalId":"u2","name":"B"}]}`)
		for _, path := range []string{crm + "/opportunity-users", crm + "/engagement-users"} {
			s.org().get(path).values("", "name", "A", "B")
			page := s.org().get(path + "?pageSize=1")
			s.org().get(path+"?pageSize=1&cursor="+page.header.Get("Next-Cursor")).values("", "name", "B")
			s.org().get(path+"?cursor="+page.str("0.id")).values("", "name", "B")
			s.org().refuses(400, "GET", path+"?cursor=x", "").says("cursor")
			s.org().get(path+"?userId=nobody").values("", "name")
		}
		user := s.org().get(crm + "/users").str("data.0.id")
		for path, of := range map[string]string{
			crm + "/opportunity-users": fmt.Sprintf(`"opportunityId":%q`, s.opportunity(`{"externalId":"o9","name":"x"}`).str("data.id")),
			crm + "/engagement-users":  fmt.Sprintf(`"engagementId":%q`, s.engagement(`{"externalId":"e9","subject":"x"}`).str("data.id")),
		} {
			made := s.org().post(path, fmt.Sprintf(`{"userId":%q,"name":"C",%s}`, user, of)).want("name", "C").str("id")
			s.org().put(path+"/"+made, `{"name":"D"}`).want("name", "D")
			s.org().get(path+"/"+made).want("name", "D").want("userId", user)
		}
		s.org().get(crm+"/engagement-users?engagementId=nothing").values("", "name")
		s.org().get(crm+"/opportunity-users?opportunityId=nothing").values("", "name")
	}},
	line{"M-CRU-01", holds, "CRM users are those of all connections of the organization", func(s *scene) {
		s.push()
		s.person("Mia")
		s.org().get(crm+"/users").values("data", "externalId", "u1", "u2")
		s.another().org().get(crm+"/users").values("data", "externalId")
	}},
	line{"M-CRU-02", holds, "a CRM user is found by our id within the organization alone", func(s *scene) {
		s.push()
		id := s.org().get(crm + "/users").str("data.0.id")
		s.org().get(crm+"/users/"+id).want("data.externalId", "u1")
		s.another().org().refuses(404, "GET", crm+"/users/"+id, "")
		s.org().refuses(404, "GET", crm+"/users/u1", "")
	}},
)

var _ = resource(bothPrefixes,
	line{"M-ENG-01", holds, "startTime is UTC where it has no zone", func(s *scene) {
		for sent, want := range times {
			s.engagement(fmt.Sprintf(`{"externalId":"e1","startTime":%q}`, sent)).want("data.startTime", want)
		}
		s.syncRefused("engagements", `{"externalId":"e1","startTime":"noon"}`).says("startTime")
		s.org().refuses(400, "PUT", crm+"/sync/batch/engagements", `[{"externalId":"e1"},{"externalId":"e2","startTime":"noon"}]`).want("issues.0.path", []any{float64(1), "startTime"})
	}},
	line{"M-ENG-02", holds, "startTimeLocalized comes back as it came, whatever startTime is", func(s *scene) {
		for _, local := range []string{"2024-02-28 09:00", "2024-02-28T09:00:00", "28.2.2024, 9 Uhr"} {
			s.engagement(fmt.Sprintf(`{"externalId":"e1","startTime":"2024-02-28T14:00:00Z","startTimeLocalized":%q}`, local)).want("data.startTimeLocalized", local).want("data.startTime", "2024-02-28T14:00:00.000Z")
			s.org().get(crm+"/engagements").want("data.0.startTimeLocalized", local)
		}
	}},
	line{"M-ENG-03", holds, "startTime and endTime are the appointment's", func(s *scene) {
		s.engagement(`{"externalId":"e1","startTime":"2024-02-28 14:00:00","endTime":"2024-02-28 15:00:00.500"}`).want("data.startTime", "2024-02-28T14:00:00.000Z").want("data.endTime", "2024-02-28T15:00:00.500Z")
		s.syncRefused("engagements", `{"externalId":"e1","endTime":"later"}`).says("endTime")
		for _, field := range []string{"startTime", "endTime", "remoteCreatedAt", "remoteUpdatedAt"} {
			s.syncRefused("engagements", fmt.Sprintf(`{"externalId":"e1",%q:""}`, field)).says(field)
		}
		s.engagement(`{"externalId":"e1","startTime":null}`).lacks("data.startTime")
		s.engagement(`{"externalId":"e2","startTime":"2024-02-28T14:00:00Z","endTime":"2024-02-28T15:00:00Z"}`)
		s.engagement(`{"externalId":"e2","startTime":"2024-02-29T14:00:00Z"}`).want("data.startTime", "2024-02-29T14:00:00.000Z").lacks("data.endTime")
		s.engagement(`{"externalId":"e2","endTime":"2024-02-28T15:00:00Z"}`).want("data.endTime", "2024-02-28T15:00:00.000Z").lacks("data.startTime")
		s.org().refuses(400, "PUT", crm+"/sync/batch/engagements", `[{"externalId":"e3"},{"externalId":"e4","startTime":"2024-02-29T14:00:00Z","endTime":"2024-02-28T14:00:00Z"}]`).
			says("[1].endTime is before startTime")
	}},
	line{"M-ENG-04", holds, "remoteCreatedAt and remoteUpdatedAt are the CRM's times, in every form", func(s *scene) {
		for sent := range times {
			s.engagement(fmt.Sprintf(`{"externalId":"e1","remoteCreatedAt":%q,"remoteUpdatedAt":%q}`, sent, sent))
		}
		s.engagement(`{"externalId":"e1","remoteCreatedAt":"2024-02-28","remoteUpdatedAt":"2024-02-29"}`)
		s.syncRefused("engagements", `{"externalId":"e1","remoteUpdatedAt":"2024-02-30"}`).says("remoteUpdatedAt")
	}},
	line{"M-ENG-05", holds, "createdAt and updatedAt are ours", func(s *scene) {
		one := s.engagement(`{"externalId":"e1","remoteCreatedAt":"2020-01-01"}`)
		two := s.engagement(`{"externalId":"e1","subject":"New"}`).want("data.createdAt", one.at("data.createdAt"))
		s.eq(two.str("data.updatedAt") > one.str("data.updatedAt"), true)
		s.eq(one.str("data.createdAt")[:4], "2026")
	}},
	line{"M-ENG-06", holds, "direction is INBOUND or OUTBOUND", func(s *scene) {
		s.engagement(`{"externalId":"e1","direction":"INBOUND"}`).want("data.direction", "INBOUND")
		s.engagement(`{"externalId":"e1","direction":"OUTBOUND"}`).want("data.direction", "OUTBOUND")
		s.syncRefused("engagements", `{"externalId":"e1","direction":"UP"}`)
	}},
	line{"M-ENG-07", holds, "engagementTypeId, our own id, goes before a nested type", func(s *scene) {
		s.engagement(`{"externalId":"e1","engagementType":{"externalId":"t1","name":"Visit","activityType":"APPOINTMENT"}}`)
		id := s.org().get(crm+"/engagement-types").want("data.0.externalId", "t1").str("data.0.id")
		s.engagement(fmt.Sprintf(`{"externalId":"e2","engagementTypeId":%q,"engagementType":{"externalId":"t2","name":"Call","activityType":"CALL"}}`, id)).want("data.engagementType", "APPOINTMENT")
		s.engagement(fmt.Sprintf(`{"externalId":"e3","engagementTypeId":%q}`, id)).want("data.engagementType", "APPOINTMENT")
		s.engagement(`{"externalId":"e3","engagementTypeId":null,"engagementType":{"externalId":"t2","name":"Call","activityType":"CALL"}}`).want("data.engagementType", "CALL")
		s.syncRefused("engagements", `{"externalId":"e4","engagementTypeId":"t1"}`).says("engagementTypeId")
	}},
	line{"M-ENG-08", holds, "activityType is one of eight words", func(s *scene) {
		for _, word := range []string{"MEETING", "CALL", "APPOINTMENT", "EMAIL", "TEXT", "EVENT", "SIRO_EVENT", "SIRO_BOT_RECORDING"} {
			s.engagement(fmt.Sprintf(`{"externalId":"e1","engagementType":{"name":"x","activityType":%q}}`, word)).want("data.engagementType", word)
		}
		s.syncRefused("engagements", `{"externalId":"e1","engagementType":{"name":"x","activityType":"PARTY"}}`)
	}},
	line{"M-ENG-09", holds, "a type may have no id, and has a name and an activity type together", func(s *scene) {
		s.engagement(`{"externalId":"e1","engagementType":{"name":"Visit","activityType":"MEETING"}}`)
		s.syncRefused("engagements", `{"externalId":"e1","engagementType":{"name":"Visit"}}`)
		s.syncRefused("engagements", `{"externalId":"e1","engagementType":{"activityType":"MEETING"}}`)
	}},
	line{"M-ENG-10", holds, "a type is written as an object and answered as one text", func(s *scene) {
		s.engagement(`{"externalId":"e1","engagementType":{"name":"Visit","activityType":"MEETING"}}`).want("data.engagementType", "MEETING")
		s.org().get(crm+"/engagements").want("data.0.engagementType", "MEETING")
	}},
	line{"M-ENG-11", holds, "content and subject may be null", func(s *scene) {
		s.engagement(`{"externalId":"e1","content":"Body","subject":"Title"}`).want("data.content", "Body").want("data.subject", "Title")
		s.engagement(`{"externalId":"e1","content":null,"subject":null}`).lacks("data.content").lacks("data.subject")
	}},
	line{"M-ENG-12", holds, "copyEngagementRelationships gives the opportunity contact, account and users, and nothing without it", func(s *scene) {
		body := `{"externalId":"e%d","account":{"externalId":"a1","name":"Acme"},"contact":{"externalId":"c1","name":"Cleo"},"engagementUsers":[{"externalId":"u1","name":"A"}],"opportunity":{"externalId":"o%[1]d"%s}}`
		s.engagement(fmt.Sprintf(body, 1, `,"copyEngagementRelationships":true`))
		s.engagement(fmt.Sprintf(body, 2, `,"name":"x"`))
		s.org().get(crm+"/opportunities?externalId=o1").want("data.0.account.externalId", "a1").values("data.0.opportunityUsers", "name", "A")
		s.org().get(crm + "/opportunities?externalId=o2").lacks("data.0.accountId").lacks("data.0.opportunityUsers")
	}},
	line{"M-ENG-13", holds, "a nested opportunity has disposition, time of closing and name of its own", func(s *scene) {
		id := s.engagement(`{"externalId":"e1","opportunity":{"externalId":"o1","disposition":"LOST","closedAt":"2024-02-28 20:09:58.692","name":"Roof"}}`).str("data.opportunityId")
		s.org().get(crm+"/opportunities/"+id).want("disposition", "LOST").want("closedAt", "2024-02-28T20:09:58.692Z").want("name", "Roof")
		s.syncRefused("engagements", `{"externalId":"e1","opportunity":{"externalId":"o1","closedAt":"x"}}`).says("opportunity.closedAt")
	}},
	line{"M-ENG-14", holds, "a lead needs its externalId", func(s *scene) {
		s.engagement(`{"externalId":"e1","lead":{"externalId":"l1","firstName":"Lee"}}`)
		s.linked("Engagement", "e1").want("data.crmCustomer.customerType", "ENGAGEMENT")
		s.syncRefused("engagements", `{"externalId":"e1","lead":{"firstName":"Lee"}}`).says("externalId")
	}},
	line{"M-ENG-15", holds, "externalId alone is required", func(s *scene) {
		s.engagement(`{"externalId":"e1"}`).want("data.externalId", "e1")
		s.syncRefused("engagements", `{"subject":"x"}`).says("externalId")
	}},
	line{"M-ENG-16", holds, "a link to an engagement brings its opportunity along", func(s *scene) {
		id := s.linkedTo("Engagement", "e1")
		s.org().get(recordings+"/"+id+"?showCrmLinks=true").want("crm.opportunity.externalId", "o1")
	}},
	line{"M-ENG-17", holds, "an engagement tells its recording and its opportunity by our ids", func(s *scene) {
		id := s.linkedTo("Engagement", "e1")
		s.org().get(crm+"/engagements").want("data.0.recordingId", id).want("data.0.opportunityId", s.org().get(crm+"/opportunities").str("data.0.id"))
	}},
	line{"M-ENG-18", holds, "externalId is the CRM's", func(s *scene) {
		id := s.engagement(`{"externalId":"E-9"}`).want("data.externalId", "E-9").str("data.id")
		s.org().get(crm+"/engagements/"+id).want("externalId", "E-9")
	}},
	line{"M-ENG-19", holds, "the list filters by exact values and goes on by cursor", func(s *scene) {
		id := s.linkedTo("Engagement", "e1")
		s.engagement(`{"externalId":"e2"}`)
		s.org().get(crm+"/engagements?externalId=e2").values("data", "externalId", "e2")
		s.org().get(crm+"/engagements?recordingId="+id).values("data", "externalId", "e1")
		s.org().get(crm+"/engagements?recordingId=nothing").values("data", "externalId")
		page := s.org().get(crm + "/engagements?pageSize=1")
		s.org().get(crm+"/engagements?pageSize=1&cursor="+page.str("cursor")).values("data", "externalId", "e2").want("cursor", nil)
	}},
	line{"M-ENG-20", holds, "idType says whose id the path has, ours where it does not", func(s *scene) {
		id := s.engagement(`{"externalId":"e1"}`).str("data.id")
		s.engagement(`{"externalId":"e2"}`)
		s.org().refuses(404, "DELETE", crm+"/engagements/e2", "")
		s.org().refuses(404, "DELETE", crm+"/engagements/e2?idType=internal", "")
		s.org().del(crm+"/engagements/"+id).want("", true)
		s.org().del(crm+"/engagements/e2?idType=external").want("", true)
		s.org().refuses(400, "DELETE", crm+"/engagements/e2?idType=other", "")
		s.org().get(crm+"/engagements").values("data", "id")
	}},
	line{"M-ENG-21", holds, "integrationPlatform counts beside an external id alone", func(s *scene) {
		id := s.engagement(`{"externalId":"e1"}`).str("data.id")
		s.engagement(`{"externalId":"e2"}`)
		s.org().del(crm + "/engagements/" + id + "?integrationPlatform=MERGE")
		s.org().refuses(404, "DELETE", crm+"/engagements/e2?idType=external&integrationPlatform=MERGE", "")
		s.org().del(crm + "/engagements/e2?idType=external&integrationPlatform=SIRO_CUSTOM_INPUT")
	}},
	line{"M-ENG-22", holds, "a CRM user's engagements are those that they are joined to", func(s *scene) {
		s.push()
		s.engagement(`{"externalId":"e2","engagementUsers":[{"externalId":"u2"}]}`)
		of := func(name string) string {
			for _, u := range s.org().get(crm + "/users").list("data") {
				if a := (&answer{s: s, parsed: u}); a.at("externalId") == any(name) {
					return crm + "/users/" + a.str("id") + "/engagements"
				}
			}
			return ""
		}
		s.org().get(of("u1")).values("", "externalId", "e1")
		s.org().get(of("u2")).values("", "externalId", "e1", "e2")
		s.org().get(of("u2")+"?startingAfter=2026-11-20T00:00:00Z").values("", "externalId", "e1")
	}},
	line{"M-ENG-23", holds, "the deprecated cursor still goes on", func(s *scene) {
		s.engagement(`{"externalId":"e1","engagementUsers":[{"externalId":"u1","name":"A"}]}`)
		s.engagement(`{"externalId":"e2","engagementUsers":[{"externalId":"u1"}]}`)
		path := crm + "/users/" + s.org().get(crm+"/users").str("data.0.id") + "/engagements?limit=1"
		s.org().get(path+"&cursor="+s.org().get(path).header.Get("Next-Cursor")).values("", "externalId", "e2")
		s.org().get(path+"&cursor="+s.org().get(path).str("0.id")).values("", "externalId", "e2")
	}},
	line{"M-ENG-24", holds, "what has vanished upstream within a window is deleted", func(s *scene) {
		s.windowed()
		s.removeFrom("2026-11-01T00:00:00Z", "2026-11-30T00:00:00Z", `"in1"`).want("data.success", true)
		s.org().get(crm+"/engagements").values("data", "externalId", "in1", "before", "timeless")
		s.org().get(crm+"/engagement-users").values("", "name", "in1", "before", "timeless")
		s.engagement(`{"externalId":"in2","subject":"again"}`)
		s.org().get(crm+"/engagements").values("data", "externalId", "in1", "in2", "before", "timeless")
		s.org().get(crm+"/engagement-users").values("", "name", "in1", "in2", "before", "timeless")
	}},
	line{"M-ENG-25", holds, "an empty list empties the window", func(s *scene) {
		s.windowed()
		s.removeFrom("2026-11-01T00:00:00Z", "2026-11-30T00:00:00Z", "")
		s.org().get(crm+"/engagements").values("data", "externalId", "before", "timeless")
	}},
	line{"M-ENG-26", holds, "both ends of the window count, of the start time alone, in every form of a time", func(s *scene) {
		s.windowed()
		s.removeFrom("2026-11-10T10:00:00.001Z", "2026-11-20T09:59:59.999Z", "")
		s.org().get(crm+"/engagements").values("data", "externalId", "in1", "in2", "before", "timeless")
		s.removeFrom("2026-11-10 10:00:00.000", "2026-11-20 10:00:00", "")
		s.org().get(crm+"/engagements").values("data", "externalId", "before", "timeless")
		s.org().refuses(400, "POST", crm+"/sync/engagements/soft-delete-removed", `{"validExternalIds":[],"fromTime":"x","toTime":"2026-11-20T10:00:00Z"}`).says("fromTime")
	}},
	line{"M-ENG-27", holds, "a batch is a list of the single bodies, answered as a list in its order, all or none", func(s *scene) {
		s.batch("engagements", `[{"externalId":"e2"},{"externalId":"e1"}]`).values("data", "externalId", "e2", "e1")
		s.batch("opportunities", `[{"externalId":"o2"},{"externalId":"o1"}]`).values("data", "externalId", "o2", "o1")
		s.org().refuses(400, "PUT", crm+"/sync/batch/engagements", `[{"externalId":"e3"},{}]`)
		s.org().get(crm+"/engagements?externalId=e3").values("data", "id")
		s.org().refuses(400, "PUT", crm+"/sync/batch/engagements", "["+strings.Repeat(`{"externalId":"e4"},`, 1000)+`{"externalId":"e4"}]`).want("issues.0.code", "too_big").says("1001")
	}},
)

// windowed are engagements that start on the 10th and 20th of November, one before, and one without a time.
func (s *scene) windowed() {
	s.t.Helper()
	s.batch("engagements", `[{"externalId":"in1","startTime":"2026-11-10T10:00:00Z","engagementUsers":[{"externalId":"u1","name":"in1"}]},
		{"externalId":"in2","startTime":"2026-11-20T10:00:00Z","engagementUsers":[{"externalId":"u1","name":"in2"}]},
		{"externalId":"before","startTime":"2026-10-31T10:00:00Z","endTime":"2026-11-15T10:00:00Z","engagementUsers":[{"externalId":"u1","name":"before"}]},
		{"externalId":"timeless","engagementUsers":[{"externalId":"u1","name":"timeless"}]}]`)
}

func (s *scene) removeFrom(from, to, valid string) *answer {
	s.t.Helper()
	return s.org().post(crm+"/sync/engagements/soft-delete-removed", fmt.Sprintf(`{"validExternalIds":[%s],"fromTime":%q,"toTime":%q}`, valid, from, to))
}
