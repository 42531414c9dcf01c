package meaning_test

import (
	"fmt"
	"net/url"

	"sirocco/hub"
)

// dated are recordings of Rex of three days, the oldest first.
func (s *scene) dated() []string {
	s.t.Helper()
	var ids []string
	for day := 1; day <= 3; day++ {
		ids = append(ids, s.rep().record(fmt.Sprintf(`"dateCreated":"2026-10-0%dT10:00:00.000Z"`, day)))
	}
	return ids
}

// updated is when a recording last changed, as a parameter.
func (s *scene) updated(id string) string {
	s.t.Helper()
	return url.QueryEscape(s.org().get(recordings + "/" + id).str("updatedAt"))
}

func (s *scene) byUpdate(filter string) []any {
	s.t.Helper()
	return s.org().get(recordings+"?"+filter).list("data", "id")
}

var _ = resource(bothPrefixes,
	line{"M-REC-01", holds, "deleted recordings are still listed and still found by id, as deleted", func(s *scene) {
		ids := s.dated()
		s.rep().del(recordings + "/" + ids[1])
		s.org().get(recordings+"/"+ids[1]).want("deleted", true).want("id", ids[1])
		s.org().get(recordings+"/"+ids[0]).want("deleted", false)
		s.org().get(recordings).values("data", "deleted", false, false, true)
		s.org().get(recordings+"?createdAt:gt=2026-10-01T23:00:00Z&createdAt:lt=2026-10-02T23:00:00Z").values("data", "deleted", true)
		s.org().get(recordings + "/" + ids[1] + "/summaries").is(200)
		done := s.analysed()
		s.rep().del(recordings + "/" + done)
		for _, flag := range []string{"isSummaryDone", "isEntityExtractionDone", "isProcessingDone"} {
			s.eq(s.byUpdate(flag+"=true"), anys(done))
		}
	}},
	line{"M-REC-02", holds, "deletedAt is when it was deleted, and null or absent until then", func(s *scene) {
		id := s.rep().record("")
		s.eq(s.org().get(recordings+"/"+id).at("deletedAt"), nil)
		s.rep().del(recordings + "/" + id)
		s.org().get(recordings + "/" + id).has("deletedAt")
		s.org().get(recordings).has("data.0.deletedAt")
	}},
	line{"M-REC-03", holds, "createdAt:gt leaves the instant itself out", func(s *scene) {
		ids := s.dated()
		s.eq(s.byUpdate("createdAt:gt=2026-10-02T10:00:00.000Z"), anys(ids[2]))
		s.eq(s.byUpdate("createdAt:gt=2026-10-02T09:59:59.999Z"), anys(ids[1], ids[2]))
	}},
	line{"M-REC-04", holds, "createdAt:lt leaves the instant itself out", func(s *scene) {
		ids := s.dated()
		s.eq(s.byUpdate("createdAt:lt=2026-10-02T10:00:00.000Z"), anys(ids[0]))
		s.eq(s.byUpdate("createdAt:lt=2026-10-02T10:00:00.001Z"), anys(ids[0], ids[1]))
	}},
	line{"M-REC-05", holds, "updatedAt:gte takes the instant itself in, as the updatedAt of an answer", func(s *scene) {
		ids := s.dated()
		s.eq(s.byUpdate("updatedAt:gte="+s.updated(ids[1])), anys(ids[1], ids[2]))
	}},
	line{"M-REC-06", holds, "updatedAt:gt leaves the instant itself out", func(s *scene) {
		ids := s.dated()
		s.eq(s.byUpdate("updatedAt:gt="+s.updated(ids[1])), anys(ids[2]))
	}},
	line{"M-REC-07", holds, "updatedAt:lt leaves the instant itself out", func(s *scene) {
		ids := s.dated()
		s.eq(s.byUpdate("updatedAt:lt="+s.updated(ids[1])), anys(ids[0]))
	}},
	line{"M-REC-08", holds, "updatedAt:lte takes the instant itself in", func(s *scene) {
		ids := s.dated()
		s.eq(s.byUpdate("updatedAt:lte="+s.updated(ids[1])), anys(ids[0], ids[1]))
	}},
	line{"M-REC-09", holds, "a page has 25 recordings where the client does not say, and a text says how many", func(s *scene) {
		for range 26 {
			s.rep().record("")
		}
		a := s.org().get(recordings).has("cursor")
		s.eq(len(a.list("data")), 25)
		s.eq(len(s.org().get(recordings+"?cursor="+a.str("cursor")).want("cursor", nil).list("data")), 1)
		s.eq(len(s.org().get(recordings+"?pageSize=26").list("data")), 26)
		s.eq(len(s.org().get(recordings+"?pageSize=3").list("data")), 3)
	}},
	line{"M-REC-10", holds, "isProcessingDone chooses by whether processing has ended", func(s *scene) {
		done, failed, open := s.analysed(), s.rep().record(""), s.rep().record("")
		s.eq(s.byUpdate("isProcessingDone=false"), anys(failed, open))
		s.analyse(failed, `{"failed":"noise"}`)
		s.org().get(recordings+"/"+failed).want("isProcessingDone", true).want("isSummaryDone", false).want("isEntityExtractionDone", false)
		s.eq(s.byUpdate("isProcessingDone=true"), anys(done, failed))
		s.eq(s.byUpdate("isProcessingDone=false"), anys(open))
		s.org().refuses(400, "GET", recordings+"?isProcessingDone=yes", "")
	}},
	line{"M-REC-11", holds, "isEntityExtractionDone chooses by the extractions alone", func(s *scene) {
		done, scored, open := s.analysed(), s.rep().record(""), s.rep().record("")
		s.analyse(scored, `{"evaluationScore":1,"summary":[{"name":"a","content":"b"}]}`)
		s.analyse(open, extractions)
		s.eq(s.byUpdate("isEntityExtractionDone=true"), anys(done))
		s.eq(s.byUpdate("isEntityExtractionDone=false&isProcessingDone=true"), anys(scored, open))
		s.org().get(recordings+"/"+scored).want("isEntityExtractionDone", false).want("isSummaryDone", true)
		s.org().get(recordings+"/"+open).want("isEntityExtractionDone", false).want("isProcessingDone", true)
		s.org().get(recordings+"/"+done).want("isEntityExtractionDone", true)
		s.analyse(open, `{"summary":[{"name":"a","content":"b"}],"entityExtractions":[]}`) // there was nothing to find
		s.org().get(recordings+"/"+open).want("isEntityExtractionDone", true)
	}},
	line{"M-REC-12", holds, "isSummaryDone chooses by the summary alone", func(s *scene) {
		done, scored := s.analysed(), s.rep().record("")
		s.analyse(scored, `{"entityExtractions":[{"extraction":[{"name":"a","value":1}]}]}`)
		s.eq(s.byUpdate("isSummaryDone=true"), anys(done))
		s.eq(s.byUpdate("isSummaryDone=false"), anys(scored))
		s.org().get(recordings+"/"+scored).want("isSummaryDone", false).want("isEntityExtractionDone", true).want("isProcessingDone", true)
	}},
	line{"M-REC-13", holds, "five flags each add one block, off by default and with false", func(s *scene) {
		id := s.linkedTo("Engagement", "e1")
		for flag, field := range map[string]string{
			"showCrmLinks": "crm", "showSummary": "summary", "showEntityExtractions": "entityExtractions", "showEvaluationScore": "evaluationScore", "showFollowups": "followups",
		} {
			for _, of := range []struct{ path, at string }{{recordings + "/" + id, ""}, {recordings, "data.0."}} {
				s.org().get(of.path).lacks(of.at + field)
				s.org().get(of.path + "?" + flag + "=false").lacks(of.at + field)
				s.org().get(of.path + "?" + flag + "=true").has(of.at + field)
			}
		}
		s.org().refuses(400, "GET", recordings+"?showSummary=1", "")
	}},
	line{"M-REC-14", holds, "showCrmLinks adds the connection and what is linked, by own and CRM id", func(s *scene) {
		id := s.linkedTo("Engagement", "e1")
		s.org().get(recordings+"/"+id+"?showCrmLinks=true").want("crm.integrationConnectionId", s.custom()).want("crm.engagement.externalId", "e1").want("crm.opportunity.externalId", "o1").
			want("crm.account.externalId", "a1").want("crm.lead.externalId", "l1").has("crm.engagement.id", "crm.opportunity.id", "crm.account.id", "crm.lead.id", "crm.contacts.0.id", "crm.users.0.id")
	}},
	line{"M-REC-15", holds, "crm.users is the rep who recorded, not who else is on the engagement", func(s *scene) {
		id := s.linkedTo("Engagement", "e1")
		s.org().get(recordings+"/"+id+"?showCrmLinks=true").values("crm.users", "externalId", "u1")
		other := s.as("Zoe").record(fmt.Sprintf(`"userEmail":"zoe@acme.example","integrationConnectionId":%q,"crmObjects":[{"objectType":"Engagement","objectId":"e1"}]`, s.custom()))
		s.org().get(recordings+"/"+other+"?showCrmLinks=true").values("crm.users", "externalId")
		s.org().get(recordings+"?showCrmLinks=true").values("data.1.crm.users", "externalId")
		match := s.org().get(crm+"/users").list("data", "externalId")
		s.eq(len(match), 2)
	}},
	line{"M-REC-16", holds, "crm names the connection that its links come from", func(s *scene) {
		s.org().get(recordings+"/"+s.linkedTo("Lead", "l1")+"?showCrmLinks=true").want("crm.integrationConnectionId", s.custom())
	}},
	line{"M-REC-17", holds, "what the recording is tied to comes once each, contacts all of them", func(s *scene) {
		s.org().get(recordings+"/"+s.linkedTo("Opportunity", "o1")+"?showCrmLinks=true").values("crm.contacts", "externalId", "c1", "c2").
			want("crm.opportunity.externalId", "o1").want("crm.account.externalId", "a1").lacks("crm.engagement")
	}},
	line{"M-REC-18", holds, "the list, one recording and the events give the same crm", func(s *scene) {
		s.hook()
		id := s.linkedTo("Engagement", "e1")
		one, list := s.org().get(recordings+"/"+id+"?showCrmLinks=true"), s.org().get(recordings+"?showCrmLinks=true")
		s.eq(one.at("crm"), list.at("data.0.crm"))
		s.eq(s.event(hub.EventRecordingLinked, id).at("crm"), one.at("crm"))
	}},
	line{"M-REC-19", holds, "crm is left out while there is no link", func(s *scene) {
		s.org().get(recordings + "/" + s.rep().record("") + "?showCrmLinks=true").lacks("crm")
	}},
	line{"M-REC-20", holds, "a link that is made later moves updatedAt, as does all that it comes to show of the CRM", func(s *scene) {
		s.push()
		id := s.rep().record("")
		before := s.updated(id)
		s.rep().put(recordings+"/"+id+"/link", fmt.Sprintf(`{"externalId":"e1","integrationConnectionId":%q,"dataType":"ENGAGEMENT"}`, s.custom()))
		s.eq(s.byUpdate("updatedAt:gt="+before), anys(id))
		crm := func(then string) string {
			s.t.Helper()
			was := s.updated(id)
			s.eq(s.byUpdate("updatedAt:gt="+was), anys())
			s.engagement(then)
			s.eq(s.byUpdate("updatedAt:gt="+was), anys(id))
			return fmt.Sprint(s.org().get(recordings + "/" + id + "?showCrmLinks=true").at("crm.account.externalId"))
		}
		s.eq(crm(`{"externalId":"e1","deletedAt":"2026-11-20T10:00:00Z"}`), "<nil>")
		s.eq(crm(`{"externalId":"e1","subject":"again"}`), "a1")
		s.eq(crm(`{"externalId":"e1","account":{"externalId":"a1","deletedAt":"2026-11-20T10:00:00Z"}}`), "<nil>")
		s.eq(crm(`{"externalId":"e1","account":{"externalId":"a1","deletedAt":null}}`), "a1")
		s.eq(crm(`{"externalId":"e1","account":{"externalId":"a2","name":"Another"}}`), "a2")
		s.eq(crm(`{"externalId":"e9","account":{"externalId":"a2","mergedToExternalId":"a3"}}`), "a1") // the opportunity has that one
		s.eq(crm(`{"externalId":"e9","account":{"externalId":"a3","name":"Late survivor"}}`), "a3")
		s.engagement(`{"externalId":"e9","account":{"externalId":"a4","name":"There before"}}`)
		s.eq(crm(`{"externalId":"e8","account":{"externalId":"a4","mergedFromExternalIds":["a3"]}}`), "a4")
		was := s.updated(id)
		s.engagement(`{"externalId":"e1","subject":"other words","account":{"externalId":"a4","name":"Renamed"}}`)
		s.eq(s.byUpdate("updatedAt:gt="+was), anys())
	}},
	line{"M-REC-21", holds, "the summary's sections come in order, by the name of their prompt and their text", func(s *scene) {
		id := s.analysed()
		s.org().get(recordings+"/"+id+"?showSummary=true").values("summary", "name", "Overview", "Next").values("summary", "content", "They met.", "Call again.")
		s.org().get(recordings+"?showSummary=true").values("data.0.summary", "name", "Overview", "Next")
	}},
	line{"M-REC-22", holds, "a block that was asked for and is not there is an empty list", func(s *scene) {
		id := s.rep().record("")
		s.org().get(recordings+"/"+id+"?showSummary=true&showEntityExtractions=true").want("summary", []any{}).want("entityExtractions", []any{})
		s.org().get(recordings+"?showSummary=true&showEntityExtractions=true").want("data.0.summary", []any{}).want("data.0.entityExtractions", []any{})
	}},
	line{"M-REC-23", holds, "only extractions that ended well are told", func(s *scene) {
		id := s.rep().record("")
		s.analyse(id, extractions)
		s.org().get(recordings+"/"+id+"?showEntityExtractions=true").values("entityExtractions", "name", "a", "d")
		s.org().get(recordings+"?showEntityExtractions=true").values("data.0.entityExtractions", "name", "a", "d")
	}},
	line{"M-REC-24", holds, "the score comes with its flag alone", func(s *scene) {
		s.org().get(recordings+"/"+s.analysed()+"?showEvaluationScore=true").want("evaluationScore", 72)
	}},
	line{"M-REC-25", holds, "followups in the list are id and score", func(s *scene) {
		s.analysed()
		a := s.org().get(recordings + "?showFollowups=true")
		s.eq(len(a.at("data.0.followups.0").(map[string]any)), 2)
		a.has("data.0.followups.0.id").want("data.0.followups.0.score", 4)
	}},
	line{"M-REC-26", holds, "followups of one recording are the full entries", func(s *scene) {
		s.org().get(recordings+"/"+s.analysed()+"?showFollowups=true").want("followups.0.followupAction", "Call").want("followups.0.context.0.header", "MAIN_OBJECTION")
	}},
	line{"M-REC-27", holds, "a recording is found by our own id", func(s *scene) {
		id := s.rep().record("")
		s.org().get(recordings+"/"+id).want("id", id)
		s.org().refuses(404, "GET", recordings+"/01HABCDEFGHJKMNPQRSTVWXYZ0", "")
	}},
	line{"M-REC-28", holds, "durations are milliseconds", func(s *scene) {
		s.org().get(recordings+"/"+s.analysed()).want("durationInMilliseconds", 60000)
	}},
	line{"M-REC-29", holds, "createdAt is when the conversation took place, and receivedAt when it reached us", func(s *scene) {
		id := s.rep().record(`"dateCreated":"2026-10-05T08:30:00Z"`)
		s.org().get(recordings+"/"+id).want("createdAt", "2026-10-05T08:30:00.000Z")
		s.org().get(recordings).want("data.0.createdAt", "2026-10-05T08:30:00.000Z")
		s.eq(s.org().get(recordings + "/" + id).str("receivedAt")[:10], "2026-11-23")
		s.eq(s.byUpdate("createdAt:lt=2026-10-06T00:00:00Z"), anys(id))
	}},
	line{"M-REC-30", holds, "the result is OPEN, WON or LOST, for in progress, closed and not closed", func(s *scene) {
		for result, want := range map[string]string{"closed": "WON", "not closed": "LOST", "in progress": "OPEN"} {
			s.org().get(recordings+"/"+s.rep().record(fmt.Sprintf(`"result":%q`, result))).want("result", want)
		}
		s.org().get(recordings+"/"+s.rep().record("")).want("result", "OPEN")
	}},
	line{"M-REC-31", holds, "the six bounds of time are parameters of their own, and count together", func(s *scene) {
		ids := s.dated()
		s.eq(s.byUpdate("createdAt:gt=2026-10-01T10:00:00Z&createdAt:lt=2026-10-03T10:00:00Z&updatedAt:gte="+s.updated(ids[0])+"&updatedAt:lte="+s.updated(ids[2])), anys(ids[1]))
		s.eq(s.byUpdate("updatedAt:gt="+s.updated(ids[0])+"&updatedAt:lt="+s.updated(ids[2])), anys(ids[1]))
	}},
)

var _ = resource(bothPrefixes,
	line{"M-SUM-01", holds, "the summaries of a recording are a bare list, the same as its summary", func(s *scene) {
		id := s.analysed()
		s.eq(s.org().get(recordings+"/"+id+"/summaries").at(""), s.org().get(recordings+"/"+id+"?showSummary=true").at("summary"))
	}},
)

var _ = resource(oneSurface,
	line{"M-SUM-02", holds, "a section has the header of its prompt, what was answered, and an id", func(s *scene) {
		s.rep().get(recordings+"/"+s.analysed()+"/summary").want("data.0.promptHeader", "Overview").want("data.0.promptResponse", "They met.").has("data.0.id")
	}},
	line{"M-SUM-03", holds, "a section tells its place in the whole", func(s *scene) {
		s.rep().get(recordings+"/"+s.analysed()+"/summary").values("data", "summaryResultIndex", float64(0), float64(1))
	}},
	line{"M-SUM-04", holds, "a section quotes passages, and has null where it rests on none", func(s *scene) {
		a := s.rep().get(recordings+"/"+s.analysed()+"/summary").want("data.0.quotes.0.quote", "Hi")
		_, there := a.find("data.1.quotes")
		s.eq(there && a.at("data.1.quotes") == nil, true)
	}},
	line{"M-SUM-05", holds, "the times of quotes count milliseconds from the beginning", func(s *scene) {
		s.rep().get(recordings+"/"+s.analysed()+"/summary").want("data.0.quotes.0.startTimeInMillis", 1000).want("data.0.quotes.0.endTimeInMillis", 1500)
	}},
	line{"M-SUM-06", holds, "the summary of one recording is a single text", func(s *scene) {
		s.eq(s.rep().get(recordings+"/"+s.analysed()+"?showSummary=true").str("data.summary") != "", true)
	}},
	line{"M-SUM-07", holds, "that text is the sections one after another", func(s *scene) {
		s.rep().get(recordings+"/"+s.analysed()+"?showSummary=true").want("data.summary", "Overview\nThey met.\n\nNext\nCall again.")
	}},
	line{"M-EXT-01", holds, "an extraction is in one of four statuses", func(s *scene) {
		id := s.rep().record("")
		s.analyse(id, extractions)
		s.rep().get(core+"/entities/extractions/"+id).values("data", "status", "SUCCESS", "FAIL", "IN_PROGRESS", "SYNCED")
		s.org().refuses(400, "PUT", recordings+"/"+id+"/analysis", `{"entityExtractions":[{"status":"DONE","extraction":[]}]}`)
	}},
	line{"M-EXT-02", holds, "what was found is a list of names, values and fields", func(s *scene) {
		s.rep().get(core+"/entities/extractions/"+s.analysed()).want("data.0.extraction.0.name", "Budget").want("data.0.extraction.0.value", 1000)
	}},
	line{"M-EXT-03", holds, "a value tells the model and the field that it goes to", func(s *scene) {
		s.rep().get(core+"/entities/extractions/"+s.analysed()).want("data.0.extraction.0.mappings", []any{map[string]any{"crmModelName": "Opportunity", "crmFieldName": "Budget__c"}})
	}},
	line{"M-EXT-04", holds, "the outer mappings are still answered", func(s *scene) {
		_, there := s.rep().get(core + "/entities/extractions/" + s.analysed()).find("data.0.mappings")
		s.eq(there, true)
	}},
	line{"M-EXT-05", holds, "extractions of deleted definitions come with the definition's id, and say that it is deleted", func(s *scene) {
		id := s.rep().record("")
		s.analyse(id, extractions)
		s.rep().get(core+"/entities/extractions/"+id).values("data", "siroEntityDefinitionDeleted", false, false, false, true).has("data.3.siroEntityDefinitionId").want("data.3.siroEntityDefinitionName", "D")
	}},
	line{"M-EXT-06", holds, "an extraction tells when it was made and last changed", func(s *scene) {
		s.rep().get(core+"/entities/extractions/"+s.analysed()).has("data.0.createdAt", "data.0.updatedAt")
	}},
	line{"M-EXT-07", holds, "an extraction has its id and its recording's", func(s *scene) {
		id := s.analysed()
		s.rep().get(core+"/entities/extractions/"+id).want("data.0.recordingId", id).has("data.0.id")
		s.rep().get(recordings+"/"+id+"?showEntityExtractions=true").want("data.entityExtractions.0.recordingId", id)
	}},
	line{"M-EXT-08", notOurs, "what a client writes into its own CRM is the client's", nil},
)
