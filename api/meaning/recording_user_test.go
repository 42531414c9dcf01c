package meaning_test

import (
	"fmt"
	"strings"
)

// analysed is a recording of Rex that has everything.
func (s *scene) analysed() string {
	s.t.Helper()
	id := s.rep().record("")
	s.analyse(id, analysis)
	return id
}

// spoken is a recording of 250 utterances.
func (s *scene) spoken() string {
	s.t.Helper()
	id := s.rep().record("")
	words := make([]string, 250)
	for i := range words {
		words[i] = fmt.Sprintf(`{"utterance":"line %d","startTimeInMillis":%d,"endTimeInMillis":%d,"speakerTag":"0","redacted":false}`, i, i*100, i*100+50)
	}
	s.analyse(id, `{"utterances":[`+strings.Join(words, ",")+`]}`)
	return id
}

func (s *scene) utterances(query string) *answer {
	s.t.Helper()
	return s.rep().get(recordings + "/" + s.spoken() + "/utterances" + query)
}

var _ = resource(oneSurface,
	line{"M-UTT-01", holds, "the cursor of a transcript is the number of a page, from 1", func(s *scene) {
		path := recordings + "/" + s.spoken() + "/utterances?pageSize=100&cursor="
		s.rep().get(path+"1").want("data.utterances.0.utterance", "line 0").want("data.utterances.99.utterance", "line 99")
		s.rep().get(path+"2").want("data.utterances.0.utterance", "line 100")
		s.rep().get(path+"3").want("data.utterances.49.utterance", "line 249").lacks("data.utterances.50")
		s.rep().refuses(422, "GET", path+"0", "")
		s.rep().refuses(422, "GET", path+"abc", "")
		s.rep().get(strings.TrimSuffix(path, "&cursor=")).want("data.utterances.0.utterance", "line 0")
	}},
	line{"M-UTT-02", holds, "the answer's cursor is the next page's number, null at the end", func(s *scene) {
		path := recordings + "/" + s.spoken() + "/utterances?pageSize="
		s.rep().get(path+"100").want("cursor", 2)
		s.rep().get(path+"100&cursor=3").want("cursor", nil)
		s.rep().get(path+"125&cursor=2").want("cursor", nil)
		s.rep().get(path+"100&cursor=9").want("cursor", nil).lacks("data.utterances.0")
	}},
	line{"M-UTT-03", holds, "without a page size the whole transcript comes, and 100000 may be asked for", func(s *scene) {
		s.utterances("").want("cursor", nil).want("pageSize", 100000).want("data.utterances.249.utterance", "line 249")
		s.utterances("?pageSize=100000").want("data.utterances.249.utterance", "line 249")
	}},
	line{"M-UTT-04", holds, "an utterance is a piece of the redacted transcript, as the analysis handed it in", func(s *scene) {
		s.rep().get(recordings+"/"+s.analysed()+"/utterances").want("data.utterances.0.utterance", "Hello [NAME]")
	}},
	line{"M-UTT-05", holds, "times are milliseconds from the recording's beginning", func(s *scene) {
		s.rep().get(recordings+"/"+s.analysed()+"/utterances").want("data.utterances.1.startTimeInMillis", 1000).want("data.utterances.1.endTimeInMillis", 1500)
	}},
	line{"M-UTT-06", holds, "the speaker's tag is a key of the map of speakers", func(s *scene) {
		a := s.rep().get(recordings+"/"+s.analysed()+"/utterances").want("data.utterances.1.speakerTag", "1")
		a.has("data.speakerMap." + a.str("data.utterances.1.speakerTag"))
	}},
	line{"M-UTT-07", holds, "the map leads from tags to the names that are shown", func(s *scene) {
		s.rep().get(recordings+"/"+s.analysed()+"/utterances").want("data.speakerMap", map[string]any{"0": "Rex", "1": "Customer"})
	}},
	line{"M-UTT-08", holds, "redacted tells whether something was blacked out", func(s *scene) {
		s.rep().get(recordings+"/"+s.analysed()+"/utterances").want("data.utterances.0.redacted", true).want("data.utterances.1.redacted", false)
	}},
	line{"M-UTT-09", holds, "confidence is a fraction, left out where it is not known", func(s *scene) {
		s.rep().get(recordings+"/"+s.analysed()+"/utterances").want("data.utterances.0.confidence", 0.9).lacks("data.utterances.1.confidence")
	}},
)

// listed are three recordings of Rex, in two teams and of two types, oldest first.
func (s *scene) listed() (ids []string, teams []string) {
	s.t.Helper()
	s.person("Rex")
	for _, name := range []string{"A", "B"} {
		teams = append(teams, s.org().post(core+"/organizations/"+s.id+"/teams", fmt.Sprintf(`{"name":%q,"memberUids":[],"coachUids":[],"newUserDefaultConversationTypes":[]}`, name)).str("id"))
	}
	move := func(team string) {
		s.org().put(core+"/users/"+s.person("Rex"), fmt.Sprintf(`{"memberTeamId":%q}`, team))
	}
	move(teams[0])
	ids = append(ids, s.rep().record(`"dateCreated":"2026-11-01T10:00:00.000Z","conversationType":"Sales","result":"closed"`))
	ids = append(ids, s.rep().record(`"dateCreated":"2026-11-02T10:00:00.000Z","conversationType":"In Home Service","result":"not closed"`))
	move(teams[1])
	ids = append(ids, s.rep().record(`"dateCreated":"2026-11-03T10:00:00.000Z","conversationType":"Sales","result":"in progress"`))
	return ids, teams
}

func anys(texts ...string) []any {
	all := make([]any, len(texts))
	for i, t := range texts {
		all[i] = t
	}
	return all
}

var _ = resource(oneSurface,
	line{"M-URC-01", holds, "a page has 100 recordings at most, and without a word of it", func(s *scene) {
		s.rep().get(recordings + "?limit=100")
		s.rep().refuses(400, "GET", recordings+"?limit=101", "").plain()
		s.rep().refuses(400, "GET", recordings+"?limit=0", "")
		s.listed()
		a := s.rep().get(recordings + "?limit=2")
		s.eq(len(a.list("data")), 2)
	}},
	line{"M-URC-02", holds, "conversationType takes several names with blanks, separated by commas", func(s *scene) {
		ids, _ := s.listed()
		path := recordings + "?orderDirection=asc&conversationType="
		s.rep().get(path+"Sales").values("data", "id", ids[0], ids[2])
		s.rep().get(path+"Sales,In%20Home%20Service").values("data", "id", anys(ids...)...)
		s.rep().get(path+"Sales,%20In%20Home%20Service").values("data", "id", anys(ids...)...)
		s.rep().get(path+"Sales&conversationType=In%20Home%20Service").values("data", "id", anys(ids...)...)
		s.rep().get(path+"Other").values("data", "id")
	}},
	line{"M-URC-03", holds, "teamId takes several ids, separated by commas", func(s *scene) {
		ids, teams := s.listed()
		path := recordings + "?orderDirection=asc&teamId="
		s.rep().get(path+teams[1]).values("data", "id", ids[2])
		s.rep().get(path+teams[0]+","+teams[1]).values("data", "id", anys(ids...)...)
		s.rep().get(path+teams[0]+"&teamId="+teams[1]).values("data", "id", anys(ids...)...)
		s.rep().get(path+"ab12cd").values("data", "id")
	}},
	line{"M-URC-04", holds, "result is one of three words with blanks, and any other text finds nothing", func(s *scene) {
		ids, _ := s.listed()
		s.rep().get(recordings+"?result=not%20closed").values("data", "id", ids[1]).values("data", "result", "not closed")
		s.rep().get(recordings+"?orderDirection=asc&result=closed&result=not%20closed").values("data", "id", ids[0], ids[1])
		s.rep().get(recordings+"?result=whatever").values("data", "id")
	}},
	line{"M-URC-05", holds, "an organization that the caller has no access to is a 403", func(s *scene) {
		ids, _ := s.listed()
		s.rep().refuses(403, "GET", recordings+"?organizationId=other", "").plain()
		s.rep().get(recordings+"?orderDirection=asc&organizationId="+s.id).values("data", "id", anys(ids...)...)
	}},
	line{"M-URC-06", holds, "dateCreated:gt keeps what began after that time", func(s *scene) {
		ids, _ := s.listed()
		s.rep().get(recordings+"?orderDirection=asc&dateCreated:gt=2026-11-02T09:59:59.999Z").values("data", "id", ids[1], ids[2])
		s.rep().get(recordings+"?dateCreated:gt=2026-11-02T10:00:00.000Z").values("data", "id", ids[2])
	}},
	line{"M-URC-07", holds, "dateCreated:lt keeps what began before that time", func(s *scene) {
		ids, _ := s.listed()
		s.rep().get(recordings+"?orderDirection=asc&dateCreated:lt=2026-11-02T10:00:00Z").values("data", "id", ids[0])
	}},
	line{"M-URC-08", holds, "recordings are ordered by any field that filters", func(s *scene) {
		ids, teams := s.listed()
		s.rep().get(recordings+"?orderBy=dateCreated&orderDirection=asc").values("data", "id", anys(ids...)...)
		s.rep().get(recordings+"?orderBy=result&orderDirection=asc").values("data", "result", "closed", "in progress", "not closed")
		s.rep().get(recordings+"?orderBy=result&orderDirection=desc").values("data", "result", "not closed", "in progress", "closed")
		s.rep().get(recordings+"?orderBy=conversationType&orderDirection=asc").want("data.0.id", ids[1])
		by := s.rep().get(recordings+"?orderBy=teamId&orderDirection=asc").list("data", "id")
		s.eq(by[2] == any(ids[2]), teams[0] < teams[1])
		s.rep().get(recordings + "?orderBy=organizationId&orderDirection=asc").has("data.2.id")
		s.rep().refuses(400, "GET", recordings+"?orderBy=title", "").plain()
	}},
	line{"M-URC-09", holds, "orderDirection is asc or desc", func(s *scene) {
		ids, _ := s.listed()
		s.rep().get(recordings+"?orderDirection=desc").values("data", "id", ids[2], ids[1], ids[0])
		s.rep().get(recordings+"?orderDirection=asc").values("data", "id", anys(ids...)...)
		s.rep().refuses(400, "GET", recordings+"?orderDirection=up", "")
	}},
	line{"M-URC-10", holds, "the cursor of a page leads to the next one, whatever they are ordered by", func(s *scene) {
		s.listed()
		for _, order := range []string{"dateCreated", "result", "conversationType", "teamId", "organizationId"} {
			for _, direction := range []string{"asc", "desc"} {
				path, seen := recordings+"?limit=1&orderBy="+order+"&orderDirection="+direction, map[any]bool{}
				cursor := ""
				for range 3 {
					a := s.rep().get(path + cursor)
					seen[a.at("data.0.id")] = true
					if c := a.at("cursor"); c != nil {
						cursor = "&cursor=" + c.(string)
					}
				}
				s.eq(len(seen), 3)
				s.rep().get(path+cursor).want("cursor", nil)
			}
		}
	}},
	line{"M-URC-11", holds, "unlinked finds what leads to no account, contact or lead, and linked the others", func(s *scene) {
		c := s.custom()
		s.engagement(`{"externalId":"bare"}`)
		s.engagement(`{"externalId":"met","account":{"externalId":"a1","name":"Acme"}}`)
		s.engagement(`{"externalId":"via","opportunity":{"externalId":"o1"}}`)
		s.opportunity(`{"externalId":"o1","contact":{"externalId":"c1","name":"Cleo"}}`)
		link := func(kind, id string) string {
			return s.rep().record(fmt.Sprintf(`"integrationConnectionId":%q,"crmObjects":[{"objectType":%q,"objectId":%q}]`, c, kind, id))
		}
		none, bare, met, via, direct := s.rep().record(""), link("Engagement", "bare"), link("Engagement", "met"), link("Engagement", "via"), link("Account", "a1")
		path := recordings + "?orderDirection=asc&crmLinkStatus="
		s.rep().get(path+"unlinked").values("data", "id", none, bare)
		s.rep().get(path+"linked").values("data", "id", met, via, direct)
		s.rep().refuses(400, "GET", path+"maybe", "")
		account := s.org().get(crm + "/accounts").str("0.id")
		s.org().del(crm + "/accounts/" + account)
		s.rep().get(path+"unlinked").values("data", "id", none, bare, met, direct)
		s.rep().get(path+"linked").values("data", "id", via)
		s.org().del(core + "/integrations/connections/" + c)
		s.rep().get(path+"unlinked").values("data", "id", none, bare, met, via, direct)
	}},
	line{"M-URC-12", holds, "three flags add a block to each item, off by default", func(s *scene) {
		s.linkedTo("Engagement", "e1")
		a := s.rep().get(recordings)
		a.lacks("data.0.crmCustomer").lacks("data.0.evaluationScore").lacks("data.0.followups")
		s.rep().get(recordings + "?showCrmCustomer=true").has("data.0.crmCustomer.id").lacks("data.0.followups")
		s.rep().get(recordings+"?showEvaluationScore=true").want("data.0.evaluationScore", 72)
		s.rep().get(recordings + "?showFollowups=true").has("data.0.followups.0.id")
		s.rep().get(recordings + "?showFollowups=false").lacks("data.0.followups")
	}},
	line{"M-URC-13", holds, "followups of a list are their id and score alone", func(s *scene) {
		s.analysed()
		a := s.rep().get(recordings + "?showFollowups=true")
		s.eq(len(a.at("data.0.followups.0").(map[string]any)), 2)
		a.want("data.0.followups.0.score", 4).has("data.0.followups.0.id")
	}},
	line{"M-URC-14", holds, "dateCreated is when the recording was made, as the upload says", func(s *scene) {
		id := s.rep().record(`"dateCreated":"2026-10-05T08:30:00.250Z"`)
		s.rep().get(recordings+"/"+id).want("data.dateCreated", "2026-10-05T08:30:00.250Z")
		s.rep().get(recordings).want("data.0.dateCreated", "2026-10-05T08:30:00.250Z")
	}},
	line{"M-URC-15", holds, "durations are milliseconds", func(s *scene) {
		id := s.analysed()
		s.rep().get(recordings+"/"+id).want("data.durationInMilliseconds", 60000)
		s.rep().get(recordings).want("data.0.durationInMilliseconds", 60000)
	}},
	line{"M-URC-16", holds, "a recording names who made it, with the rep's names in the list", func(s *scene) {
		id := s.admin().record(`"title":"Visit","userId":"` + s.person("Rex") + `"`)
		s.rep().get(recordings+"/"+id).want("data.userId", s.person("Rex")).want("data.id", id).want("data.title", "Visit")
		s.rep().get(recordings).want("data.0.userId", s.person("Rex")).want("data.0.repFirstName", "Rex").want("data.0.repLastName", "Test").want("data.0.title", "Visit")
	}},
	line{"M-URC-17", holds, "the list tells whether a recording is private, may be found by others, and has pictures", func(s *scene) {
		s.rep().record(`"discoverable":true`)
		s.as("Mia").get(recordings).want("data.0.discoverable", true).want("data.0.isPrivate", false).want("data.0.isVideo", false)
	}},
	line{"M-URC-18", holds, "trigger is what started the recording, where that is known", func(s *scene) {
		s.rep().record(`"trigger":"deeplink"`)
		s.rep().get(recordings).want("data.0.trigger", "deeplink")
		s.rep().record("")
		s.rep().get(recordings).lacks("data.0.trigger")
	}},
	line{"M-URC-19", holds, "universalOutcomeLabel is one of three words, or not known", func(s *scene) {
		id := s.analysed()
		s.rep().get(recordings+"/"+id).want("data.universalOutcomeLabel", "POSITIVE")
		s.rep().get(recordings).want("data.0.universalOutcomeLabel", "POSITIVE")
		other := s.rep().record("")
		s.rep().get(recordings+"/"+other).want("data.universalOutcomeLabel", nil)
		s.org().refuses(400, "PUT", recordings+"/"+other+"/analysis", `{"universalOutcomeLabel":"great"}`)
	}},
	line{"M-URC-20", holds, "the outcomes found come with the id of their extraction, several at once", func(s *scene) {
		s.analysed()
		a := s.rep().get(recordings).has("data.0.extractedCustomOutcomes.outcomeExtractionId")
		s.eq(len(a.list("data.0.extractedCustomOutcomes.outcomes")), 2)
	}},
	line{"M-URC-21", holds, "an outcome has its own label, and a universal one that is null where the mapping is gone", func(s *scene) {
		s.analysed()
		s.rep().get(recordings).values("data.0.extractedCustomOutcomes.outcomes", "customLabel", "sale_completed", "gone").
			values("data.0.extractedCustomOutcomes.outcomes", "universalLabel", "POSITIVE", nil)
	}},
	line{"M-URC-22", holds, "an outcome tells the criteria of its definition", func(s *scene) {
		s.analysed()
		s.rep().get(recordings).want("data.0.extractedCustomOutcomes.outcomes.0.description", "They signed")
	}},
	line{"M-URC-23", holds, "the score comes only when it is asked for", func(s *scene) {
		id := s.analysed()
		s.rep().get(recordings + "/" + id).lacks("data.evaluationScore")
		s.rep().get(recordings+"/"+id+"?showEvaluationScore=true").want("data.evaluationScore", 72)
		s.rep().get(recordings+"?showEvaluationScore=true").want("data.0.evaluationScore", 72)
	}},
	line{"M-URC-24", holds, "six flags each add a block to a recording, off by default and with false", func(s *scene) {
		id := s.linkedTo("Opportunity", "o1")
		for flag, field := range map[string]string{
			"showCrmOpportunities": "crmOpportunities", "showEvaluationScore": "evaluationScore", "showFollowups": "followups", "showCrmCustomers": "crmCustomer",
			"showSummary": "summary", "showEntityExtractions": "entityExtractions",
		} {
			s.rep().get(recordings + "/" + id).lacks("data." + field)
			s.rep().get(recordings + "/" + id + "?" + flag + "=false").lacks("data." + field)
			s.rep().get(recordings + "/" + id + "?" + flag + "=true").has("data." + field)
		}
	}},
	line{"M-URC-25", holds, "the customer is asked for by one name in the list and by another for one recording", func(s *scene) {
		id := s.linkedTo("Account", "a1")
		s.rep().get(recordings + "?showCrmCustomer=true").has("data.0.crmCustomer.id")
		s.rep().get(recordings + "?showCrmCustomers=true").lacks("data.0.crmCustomer")
		s.rep().get(recordings + "/" + id + "?showCrmCustomers=true").has("data.crmCustomer.id")
		s.rep().get(recordings + "/" + id + "?showCrmCustomer=true").lacks("data.crmCustomer")
	}},
	line{"M-URC-26", holds, "transcription, processing and its stage are told apart", func(s *scene) {
		id := s.rep().record("")
		s.rep().get(recordings+"/"+id).want("data.transcriptionStatus", "UPLOADED").want("data.processingStatus", "in-progress").want("data.processingStage", "processing")
		s.analyse(id, analysis)
		s.rep().get(recordings+"/"+id).want("data.transcriptionStatus", "COMPLETE").want("data.processingStatus", "complete").want("data.processingStage", "done")
		bad := s.rep().record("")
		s.analyse(bad, `{"failed":"No words."}`)
		s.rep().get(recordings+"/"+bad).want("data.transcriptionStatus", "ERROR").want("data.processingStatus", "error").want("data.processingStage", "done")
	}},
	line{"M-URC-27", holds, "the language is one of three, or not told", func(s *scene) {
		s.rep().get(recordings+"/"+s.analysed()).want("data.transcriptionLanguage", "English")
		other := s.rep().record("")
		s.analyse(other, `{"language":"Latin","evaluationScore":1}`)
		s.rep().get(recordings + "/" + other).lacks("data.transcriptionLanguage")
	}},
	line{"M-URC-28", holds, "deleted is always there", func(s *scene) {
		s.rep().get(recordings+"/"+s.rep().record("")).want("data.deleted", false)
	}},
	line{"M-URC-29", holds, "a recording tells its team, organization and type of conversation", func(s *scene) {
		ids, teams := s.listed()
		s.rep().get(recordings+"/"+ids[0]).want("data.teamId", teams[0]).want("data.organizationId", s.id).want("data.conversationType", "Sales")
	}},
	line{"M-URC-30", holds, "the opportunities of a recording are a list", func(s *scene) {
		s.rep().get(recordings+"/"+s.linkedTo("Opportunity", "o1")+"?showCrmOpportunities=true").values("data.crmOpportunities", "opportunityExternalId", "o1")
		s.rep().get(recordings+"/"+s.rep().record("")+"?showCrmOpportunities=true").values("data.crmOpportunities", "name")
	}},
	line{"M-URC-31", holds, "disposition and platform are told in the words of the opportunity and the connection", func(s *scene) {
		s.rep().get(recordings+"/"+s.linkedTo("Opportunity", "o1")+"?showCrmOpportunities=true").
			want("data.crmOpportunities.0.disposition", "WON").want("data.crmOpportunities.0.integrationPlatform", "SIRO_CUSTOM_INPUT")
	}},
	line{"M-URC-32", holds, "an opportunity of a recording tells time, amount, account and ids of the CRM", func(s *scene) {
		s.rep().get(recordings+"/"+s.linkedTo("Opportunity", "o1")+"?showCrmOpportunities=true").
			want("data.crmOpportunities.0.amount", 5000).want("data.crmOpportunities.0.closedAt", "2026-11-20T00:00:00.000Z").
			want("data.crmOpportunities.0.accountExternalId", "a1").want("data.crmOpportunities.0.accountName", "Acme").
			want("data.crmOpportunities.0.name", "Roof").want("data.crmOpportunities.0.integrationName", "n").has("data.crmOpportunities.0.accountId")
	}},
	line{"M-URC-33", holds, "addresses of an opportunity are objects of five parts", func(s *scene) {
		s.rep().get(recordings+"/"+s.linkedTo("Opportunity", "o1")+"?showCrmOpportunities=true").
			want("data.crmOpportunities.0.addresses.0", map[string]any{"street": "1 Main St", "city": "Springfield", "state": "IL", "zip": "62701", "country": "USA"})
	}},
	line{"M-URC-34", holds, "the customer is one object", func(s *scene) {
		s.rep().get(recordings+"/"+s.linkedTo("Account", "a1")+"?showCrmCustomers=true").want("data.crmCustomer.externalId", "a1")
	}},
	line{"M-URC-35", holds, "extractions come whole and in every status", func(s *scene) {
		id := s.rep().record("")
		s.analyse(id, extractions)
		s.rep().get(recordings+"/"+id+"?showEntityExtractions=true").values("data.entityExtractions", "status", "SUCCESS", "FAIL", "IN_PROGRESS", "SYNCED").
			has("data.entityExtractions.0.siroEntityDefinitionId", "data.entityExtractions.0.extraction.0.name")
	}},
	line{"M-URC-36", holds, "followups of one recording are the full entries", func(s *scene) {
		s.rep().get(recordings+"/"+s.analysed()+"?showFollowups=true").want("data.followups.0.followupAction", "Call").want("data.followups.0.status", "TO_DO")
	}},
	line{"M-URC-37", holds, "a deleted recording can no longer be fetched here", func(s *scene) {
		id := s.rep().record("")
		s.rep().del(recordings + "/" + id)
		s.rep().refuses(404, "GET", recordings+"/"+id, "")
		s.rep().get(recordings).values("data", "id")
	}},
	line{"M-URC-38", holds, "only its owner and administrators delete a recording", func(s *scene) {
		team := s.org().post(core+"/organizations/"+s.id0()+"/teams", fmt.Sprintf(`{"name":"T","coachUids":[%q],"memberUids":[%q],"newUserDefaultConversationTypes":[]}`, s.person("Cara"), s.person("Rex"))).str("id")
		id := s.rep().record(`"discoverable":true`)
		s.as("Cara").get(recordings+"/"+id).want("data.teamId", team)
		s.as("Cara").refuses(403, "DELETE", recordings+"/"+id, "")
		s.as("Mia").refuses(403, "DELETE", recordings+"/"+id, "")
		s.rep().del(recordings + "/" + id)
		s.admin().del(recordings + "/" + s.rep().record(""))
	}},
	line{"M-URC-39", holds, "a deletion answers nothing", func(s *scene) {
		s.eq(strings.TrimSpace(s.rep().del(recordings+"/"+s.rep().record("")).is(200).text), "null")
	}},
	line{"M-URC-40", holds, "a deleted recording is gone on the user surface and told on the organization's", func(s *scene) {
		id := s.rep().record("")
		s.rep().del(recordings + "/" + id)
		s.rep().refuses(404, "GET", recordings+"/"+id, "")
		s.org().get(recordings+"/"+id).want("deleted", true)
	}},
)

// id0 is the organization's id.
func (s *scene) id0() string { s.begin(); return s.id }

const extractions = `{"entityExtractions":[
	{"siroEntityDefinitionName":"A","status":"SUCCESS","extraction":[{"name":"a","value":"1"}]},
	{"siroEntityDefinitionName":"B","status":"FAIL","extraction":[{"name":"b","value":"2"}]},
	{"siroEntityDefinitionName":"C","status":"IN_PROGRESS","extraction":[{"name":"c","value":"3"}]},
	{"siroEntityDefinitionName":"D","status":"SYNCED","siroEntityDefinitionDeleted":true,"extraction":[{"name":"d","value":"4"}]}]}`

// linkedTo is an analysed recording of Rex, linked to a pushed record of the world of l1, a1, c1, o1 and e1.
func (s *scene) linkedTo(kind, id string) string {
	s.t.Helper()
	c := s.custom()
	s.push()
	made := s.rep().record(fmt.Sprintf(`"integrationConnectionId":%q,"crmObjects":[{"objectType":%q,"objectId":%q}]`, c, kind, id))
	s.analyse(made, analysis)
	return made
}

// push pushes an engagement e1 and an opportunity o1 of an account a1, with contacts c1 and c2, and a lead l1.
func (s *scene) push() {
	s.t.Helper()
	s.opportunity(`{"externalId":"o1","name":"Roof","amount":5000,"closedAt":"2026-11-20","disposition":"WON",
		"account":{"externalId":"a1","name":"Acme","phoneNumbers":["+1 555 0100"],"emailAddresses":["office@customer.example"],
			"addresses":[{"country":"USA","street":"1 Main St","city":"Springfield","state":"IL","zip":"62701"}],"lastActivityAt":"2026-11-19T10:00:00Z"},
		"opportunityContacts":[{"externalId":"c2","name":"Other"},{"externalId":"c1","name":"Cleo","isPrimary":true,"account":{"externalId":"a1"}}],
		"opportunityUsers":[{"externalId":"u1","name":"Rex Test","email":"rex@acme.example","shareOfSale":0.5}]}`)
	s.engagement(`{"externalId":"e1","subject":"Visit","startTime":"2026-11-20T10:00:00Z","endTime":"2026-11-20T11:00:00Z","engagementType":{"name":"Visit","activityType":"APPOINTMENT"},
		"account":{"externalId":"a1"},"contact":{"externalId":"c1"},"lead":{"externalId":"l1","firstName":"Lee","lastName":"Dell"},"opportunity":{"externalId":"o1"},
		"engagementUsers":[{"externalId":"u2","name":"Stranger"},{"externalId":"u1","email":"rex@acme.example"}]}`)
}
