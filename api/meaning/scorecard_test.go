package meaning_test

import (
	"fmt"
	"strings"
)

const (
	configurations = core + "/conversation-configurations"
	scorecards     = core + "/scorecards"
	available      = scorecards + "/scorecard-metrics/available"
	metricValues   = scorecards + "/scorecard-metrics/values"
	instances      = scorecards + "/instances"
	evaluated      = scorecards + "/evaluated-instances/"

	sales    = "01a20d93-18da-7722-934a-80bcd7430001"
	share    = "01a20d93-18da-7722-934a-80bcd7430002"
	rapport  = "01a20d93-18da-7722-934a-80bcd7430003"
	november = "startAt=2026-11-01T00:00:00Z&endAt=2026-11-30T23:59:59Z"
)

// configuration is one that has everything; more is further fields.
const configuration = `{"conversationType":"` + sales + `","displayName":"Sales","displayBookmarksInDebrief":true,"overrideAllParentExpressions":true,
	"expressions":[{"title":"Price","identifiers":["price|cost"],"type":"KEY_WORD","overrideParent":true,"bookmarkConfigId":"b1","advancedBookmarkModelId":"old"}],
	"debriefQuestions":[{"id":"q1","prompt":"How did it go?","responseType":"SELECT_RESPONSE","responseConfig":{"options":["well",2]},"sortValue":1,"includeIf":[{"questionId":"q0","value":"x"}]},
		{"id":"q2","prompt":"When?","responseType":"DATE_RESPONSE","responseConfig":{"includeTime":true,"required":false},"sortValue":2}],
	"titleQuestionId":"q1","resultQuestionId":"q2",
	"tagConfigurations":[{"displayName":"Priced","applyIf":{"tagExpressionType":"BOOKMARK_TAG_EXPRESSION","bookmarkTitle":"Price","bookmarkType":"KEY_WORD","evaluationMethod":"NOT_FOUND"}},
		{"displayName":"Well","applyIf":{"tagExpressionType":"DEBRIEF_TAG_EXPRESSION","questionId":"q1","trueIfValueIs":"well"}},
		{"displayName":"Both","applyIf":{"tagExpressionType":"JOIN_TAG_EXPRESSION","joinMethod":"AND","childExpressions":[{"tagExpressionType":"JOIN_TAG_EXPRESSION","joinMethod":"OR","childExpressions":[]}]}},
		{"displayName":"Long","applyIf":{"tagExpressionType":"DURATION_TAG_EXPRESSION","compareToDurationInMilliseconds":60000,"comparisonMethod":"GREATER_THAN"}}],
	"inheritedBookmarkConfigIds":["i1"],"inheritedBookmarkConfigs_denormalized":{"i1":{"id":"i1","title":"t","description":"d","bookmarkTypes":["KEY_WORD"]}},
	"belongsToConfigGroups":["g1"],"checklistId":"c1","chatBotKnowledgeBaseIds":["k1"],"bookmarkGroupIds":["bg1"],"halftimeModeEnabled":true,
	"summaryPrompts":[{"id":"s1","prompt":"Sum up","promptIndex":0}]}`

// configured defines a configuration and returns the list of them, as its rep sees it.
func (s *scene) configured() *answer {
	s.t.Helper()
	s.org().put(configurations, configuration)
	return s.rep().get(configurations + "?organizationId=" + s.id)
}

// showsConfiguration is a line that a part of the configuration comes out as it was defined.
func showsConfiguration(id, claim string, want map[string]any) line {
	return line{id, holds, claim, func(s *scene) {
		a := s.configured()
		for path, value := range want {
			a.want("data.0."+path, value)
		}
	}}
}

var _ = resource(oneSurface,
	line{"M-CNV-01", holds, "the organization is required, and only the own one is open", func(s *scene) {
		s.configured().want("data.0.orgId", s.id)
		s.rep().refuses(422, "GET", configurations, "")
		s.rep().refuses(403, "GET", configurations+"?organizationId="+s.another().id0(), "")
		s.rep().refuses(403, "GET", configurations+"?organizationId=OfAnotherForm123", "")
	}},
	line{"M-CNV-02", holds, "it is on the user surface", func(s *scene) {
		s.configured()
		s.org().refuses(401, "GET", configurations+"?organizationId="+s.id, "")
	}},
	line{"M-CNV-03", holds, "ids are composed of the organization's, or the team's, and the conversation type's", func(s *scene) {
		s.configured().want("data.0.id", s.id+"-"+sales).want("data.0.conversationType", sales)
		team := s.org().post(core+"/organizations/"+s.id+"/teams", `{"name":"North"}`).str("id")
		s.org().put(configurations, strings.Replace(configuration, `{`, `{"teamId":"`+team+`",`, 1)).want("data.id", team+"-"+sales).want("data.teamId", team)
	}},
	showsConfiguration("M-CNV-04", "displayName is what people see", map[string]any{"displayName": "Sales"}),
	showsConfiguration("M-CNV-05", "expressions may take the parent's place altogether", map[string]any{"overrideAllParentExpressions": true}),
	showsConfiguration("M-CNV-06", "an expression may take its parent's place", map[string]any{"expressions.0.overrideParent": true}),
	showsConfiguration("M-CNV-07", "expressions have a title, a type and what they look for", map[string]any{
		"expressions.0.title": "Price", "expressions.0.type": "KEY_WORD", "expressions.0.identifiers.0": "price|cost", "expressions.0.bookmarkConfigId": "b1"}),
	showsConfiguration("M-CNV-08", "questions, of which two may give title and result", map[string]any{
		"debriefQuestions.0.prompt": "How did it go?", "debriefQuestions.0.responseConfig.options.1": 2, "debriefQuestions.1.responseConfig.includeTime": true, "titleQuestionId": "q1", "resultQuestionId": "q2"}),
	showsConfiguration("M-CNV-09", "tags with their conditions", map[string]any{"tagConfigurations.0.displayName": "Priced", "tagConfigurations.0.applyIf.tagExpressionType": "BOOKMARK_TAG_EXPRESSION"}),
	showsConfiguration("M-CNV-10", "a condition on a bookmark", map[string]any{"tagConfigurations.0.applyIf.evaluationMethod": "NOT_FOUND", "tagConfigurations.0.applyIf.bookmarkTitle": "Price", "tagConfigurations.0.applyIf.bookmarkType": "KEY_WORD"}),
	showsConfiguration("M-CNV-11", "a condition on an answer", map[string]any{"tagConfigurations.1.applyIf.trueIfValueIs": "well"}),
	showsConfiguration("M-CNV-12", "conditions are joined and nested", map[string]any{
		"tagConfigurations.2.applyIf.joinMethod": "AND", "tagConfigurations.2.applyIf.childExpressions.0.tagExpressionType": "JOIN_TAG_EXPRESSION", "tagConfigurations.2.applyIf.childExpressions.0.joinMethod": "OR"}),
	showsConfiguration("M-CNV-13", "a condition on the length", map[string]any{"tagConfigurations.3.applyIf.compareToDurationInMilliseconds": 60000, "tagConfigurations.3.applyIf.comparisonMethod": "GREATER_THAN"}),
	showsConfiguration("M-CNV-14", "ids of what is inherited and what it belongs to", map[string]any{"inheritedBookmarkConfigIds.0": "i1", "bookmarkGroupIds.0": "bg1", "belongsToConfigGroups.0": "g1"}),
	showsConfiguration("M-CNV-15", "the older field is kept beside the ids", map[string]any{"inheritedBookmarkConfigs_denormalized.i1.title": "t"}),
	showsConfiguration("M-CNV-16", "the two fields that are no longer read are kept for old clients", map[string]any{"expressions.0.advancedBookmarkModelId": "old", "checklistId": "c1"}),
	showsConfiguration("M-CNV-17", "knowledge bases, and reports in the middle", map[string]any{"chatBotKnowledgeBaseIds.0": "k1", "halftimeModeEnabled": true}),
)

// scorecard is one with two sections: the rep's share of the speaking, of two thirds, and an AI metric. %s is further fields.
const scorecard = `{"name":"Sales call","description":"What makes one","conversationType":"` + sales + `","tags":["core"],
	"metricConfigurations":[{"id":"` + share + `","name":"Share","metricType":"REP_SPEAKER_SHARE"},{"id":"` + rapport + `","name":"Rapport","metricType":"AI_METRIC","llmPrompt":"Is there rapport?"}],
	"nodes":[{"id":"root","name":"All","nodeType":"ROOT"},{"id":"talk","name":"Talk","parentId":"root","nodeType":"SECTION","sectionWeight":60,"indexNumber":1},
		{"id":"tone","name":"Tone","parentId":"root","nodeType":"SECTION","sectionWeight":40},
		{"id":"share","name":"Share","parentId":"talk","nodeType":"METRIC","metricId":"` + share + `","bookmarkConfigId":"b1","rubric":{"minTarget":40,"maxTarget":60,"targetTolerance":10}},
		{"id":"rapport","name":"Rapport","parentId":"tone","nodeType":"METRIC","metricId":"` + rapport + `","rubric":{"metricPointTotal":50}}]%s}`

func (s *scene) scorecard(more string) *answer {
	s.t.Helper()
	return s.org().put(instances, fmt.Sprintf(scorecard, more))
}

// scored makes a recording of the user's with values for the two metrics, and returns its id.
func (c *caller) scored(first, share0, rapport0, more string) string {
	c.s.t.Helper()
	id := c.record(fmt.Sprintf(`"userEmail":%q,"conversationType":%q,"dateCreated":"2026-11-10T10:00:00Z"%s`, mail(first), sales, more))
	c.s.analyse(id, fmt.Sprintf(`{"durationInMilliseconds":60000,"universalOutcomeLabel":"POSITIVE","scores":[{"metricId":%q,"value":%s},
		{"metricId":%q,"value":%s,"impact":"high","thinking":"They laughed.","recommendation":"Go on.","thinkingWithCitation":{"citedThinking":"They laughed [1].",
			"citations":[{"quote":"Ha","startTimeInMillis":1000,"endTimeInMillis":1500}]}}]}`, share, share0, rapport, rapport0))
	return id
}

// values asks what the metrics come to, and evaluation what a scorecard does.
func (c *caller) values(filter string) *answer {
	c.s.t.Helper()
	return c.get(metricValues + "?requestedOrganizationId=" + c.s.id + "&conversationTypeId=" + sales + "&" + november + "&" + filter)
}

func (c *caller) evaluation(card, filter string) *answer {
	c.s.t.Helper()
	return c.get(evaluated + card + "?" + november + "&" + filter)
}

// ofAll is the filter for the whole organization.
func (s *scene) ofAll() string { return "filterBy=ORGANIZATION&filterByIds=" + s.id0() }

// threeScored defines the scorecard and makes three recordings: of Rex two, of which one passes, and of Cora one that does.
func (s *scene) threeScored() (card string, ids [3]string) {
	s.t.Helper()
	card = s.scorecard("").str("data.id")
	for _, first := range []string{"Rex", "Cora", "Ann"} {
		s.person(first)
	}
	ids[0] = s.admin().scored("Rex", "50", "90", `,"result":"closed"`)
	ids[1] = s.admin().scored("Rex", "65", "80", "")
	ids[2] = s.admin().scored("Cora", "41", "85", "")
	return card, ids
}

var _ = resource(oneSurface,
	line{"M-SCO-01", holds, "metrics by organization, conversation type and group; all there are for nobody here", func(s *scene) {
		s.scorecard("")
		s.rep().get(available).values("data.scorecardMetrics", "name", "Rapport", "Share")
		s.rep().get(available+"?conversationTypeId="+sales+"&requestedOrganizationId="+s.id).values("data.scorecardMetrics", "id", rapport, share)
		s.rep().get(available+"?conversationTypeId=other").values("data.scorecardMetrics", "id")
		s.rep().refuses(403, "GET", available+"?getAllMetrics=true", "")
		s.rep().refuses(403, "GET", available+"?requestedOrganizationId="+s.another().id0(), "")
		s.rep().refuses(403, "GET", available+"?requestedOrganizationGroupId=none", "")
	}},
	line{"M-SCO-02", holds, "the newest prompt is given", func(s *scene) {
		card := s.scorecard("").str("data.id")
		s.org().put(instances, strings.Replace(fmt.Sprintf(scorecard, `,"id":"`+card+`"`), "Is there rapport?", "How much rapport?", 1))
		s.rep().get(available).want("data.scorecardMetrics.0.llmPrompt", "How much rapport?")
		s.rep().get(instances).want("data.scorecardInstances.0.metricConfigurations.1.llmPrompt", "How much rapport?").lacks("data.scorecardInstances.1")
	}},
	line{"M-SCO-03", holds, "units in full and short", func(s *scene) {
		s.org().put(instances, fmt.Sprintf(strings.Replace(scorecard, `"REP_SPEAKER_SHARE"`, `"CONVERSATION_TIME"`, 1), ""))
		s.rep().get(available).want("data.scorecardMetrics.0.unit", "percentage").want("data.scorecardMetrics.0.unitAbbreviated", "%").
			want("data.scorecardMetrics.1.unit", "seconds").want("data.scorecardMetrics.1.unitAbbreviated", "sec")
	}},
	line{"M-SCO-04", holds, "the range is required and answered back", func(s *scene) {
		card, _ := s.threeScored()
		for _, a := range []*answer{s.admin().values(s.ofAll()), s.admin().evaluation(card, s.ofAll())} {
			a.want("data.startAt", "2026-11-01T00:00:00Z").want("data.endAt", "2026-11-30T23:59:59Z").want("data.recordingsEvaluatedCount", 3)
		}
		s.admin().get(evaluated+card+"?startAt=2026-11-10T10:00:00.000Z&endAt=2026-11-10T10:00:00.000Z&"+s.ofAll()).want("data.recordingsEvaluatedCount", 3)
		s.admin().get(evaluated+card+"?startAt=2026-11-10T10:00:01Z&endAt=2026-11-30T00:00:00Z&"+s.ofAll()).want("data.recordingsEvaluatedCount", 0)
		s.admin().refuses(422, "GET", evaluated+card+"?startAt=2026-11-01T00:00:00Z&"+s.ofAll(), "")
		s.admin().refuses(422, "GET", evaluated+card+"?startAt=soon&endAt=2026-11-30T00:00:00Z&"+s.ofAll(), "")
		s.admin().refuses(422, "GET", evaluated+card+"?startAt=2026-11-30T00:00:00Z&endAt=2026-11-01T00:00:00Z&"+s.ofAll(), "").says("endAt")
	}},
	line{"M-SCO-05", holds, "one id or several, answered back as asked", func(s *scene) {
		card, ids := s.threeScored()
		s.admin().evaluation(card, "filterBy=RECORDING&filterByIds="+ids[0]).want("data.filterByIds", ids[0]).want("data.recordingsEvaluatedCount", 1)
		s.admin().evaluation(card, "filterBy=RECORDING&filterByIds="+ids[0]+"&filterByIds="+ids[2]).want("data.filterByIds.1", ids[2]).want("data.recordingsEvaluatedCount", 2)
		s.admin().evaluation(card, "filterBy=RECORDING&filterByIds=OfAnotherForm123").want("data.recordingsEvaluatedCount", 0)
		s.admin().refuses(422, "GET", evaluated+card+"?"+november+"&filterBy=USER", "")
		s.admin().refuses(422, "GET", evaluated+card+"?"+november+"&filterBy=USER&filterByIds=", "")
	}},
	line{"M-SCO-06", holds, "what the ids are of: recordings, users, teams or organizations", func(s *scene) {
		card, ids := s.threeScored()
		s.admin().evaluation(card, "filterBy=USER&filterByIds="+s.person("Rex")).want("data.filterBy", "USER").want("data.recordingsEvaluatedCount", 2)
		s.admin().evaluation(card, "filterBy=USER&filterBy=RECORDING&filterByIds="+s.person("Rex")+"&filterByIds="+ids[2]).want("data.filterBy.1", "RECORDING").want("data.recordingsEvaluatedCount", 3)
		s.admin().evaluation(card, "filterBy=TEAM&filterByIds="+s.person("Rex")).want("data.recordingsEvaluatedCount", 0)
		s.admin().evaluation(card, "filterBy=ORGANIZATION&filterByIds="+s.another().id0()).want("data.recordingsEvaluatedCount", 0)
		s.admin().refuses(422, "GET", evaluated+card+"?"+november+"&filterBy=NONE&filterByIds=x", "").says("RECORDING, USER, TEAM, ORGANIZATION")
		s.admin().evaluation(card, "filterBy=USER,TEAM&filterByIds="+s.person("Rex")).want("data.filterBy.1", "TEAM").want("data.recordingsEvaluatedCount", 2)
	}},
	line{"M-SCO-07", holds, "the grouping is optional, of the same words", func(s *scene) {
		card, _ := s.threeScored()
		s.admin().evaluation(card, s.ofAll()+"&groupBy=USER").want("data.recordingsEvaluatedCount", 3)
		s.admin().refuses(422, "GET", evaluated+card+"?"+november+"&"+s.ofAll()+"&groupBy=NONE", "").says("RECORDING, USER, TEAM, ORGANIZATION")
	}},
	line{"M-SCO-08", holds, "the organization is required and must be the own", func(s *scene) {
		rest := "&conversationTypeId=" + sales + "&" + november + "&" + s.ofAll()
		s.rep().refuses(422, "GET", metricValues+"?"+rest[1:], "")
		s.rep().refuses(403, "GET", metricValues+"?requestedOrganizationId="+s.another().id0()+rest, "")
	}},
	line{"M-SCO-09", holds, "the conversation type is required and chooses recordings", func(s *scene) {
		s.threeScored()
		s.admin().refuses(422, "GET", metricValues+"?requestedOrganizationId="+s.id+"&"+november+"&"+s.ofAll(), "")
		s.admin().get(metricValues+"?requestedOrganizationId="+s.id+"&conversationTypeId=other&"+november+"&"+s.ofAll()).want("data.recordingsEvaluatedCount", 0)
	}},
	line{"M-SCO-10", holds, "how many recordings it rests on: those that the caller sees", func(s *scene) {
		card, _ := s.threeScored()
		for first, want := range map[string]int{"Ann": 3, "Rex": 2, "Cora": 1} {
			s.as(first).evaluation(card, s.ofAll()).want("data.recordingsEvaluatedCount", want)
			s.as(first).values(s.ofAll()).want("data.recordingsEvaluatedCount", want)
		}
	}},
	line{"M-SCO-11", holds, "one value a metric, the plain mean", func(s *scene) {
		s.threeScored()
		s.admin().values(s.ofAll()).values("data.metricValues", "value", 85.0, 52.0)
		s.rep().values(s.ofAll()).values("data.metricValues", "value", 85.0, 57.5)
	}},
	line{"M-SCO-12", holds, "the pass rate goes to 100; the points of several recordings come from it", func(s *scene) {
		card, _ := s.threeScored()
		s.rep().values(s.ofAll()).lacks("data.metricValues.0.passRate").want("data.metricValues.1.passRate", 50)
		s.rep().evaluation(card, s.ofAll()).want("data.evaluatedNodes.3.metricValue", 57.5).want("data.evaluatedNodes.3.pointsEarned", 50)
	}},
	line{"M-SCO-13", holds, "a metric is of one of 25 types", func(s *scene) {
		s.scorecard("").values("data.metricConfigurations", "metricType", "REP_SPEAKER_SHARE", "AI_METRIC")
		s.org().refuses(400, "PUT", instances, strings.Replace(fmt.Sprintf(scorecard, ""), "REP_SPEAKER_SHARE", "OTHER", 1))
	}},
	line{"M-SCO-14", holds, "the scorecards of the organization, by three filters", func(s *scene) {
		s.scorecard("")
		s.scorecard(`,"isActive":false`)
		s.eq(len(s.rep().get(instances).list("data.scorecardInstances")), 2)
		s.rep().get(instances+"?isActive=true&organizationId="+s.id+"&conversationTypeId="+sales).values("data.scorecardInstances", "isActive", true)
		s.rep().get(instances+"?isActive=false").values("data.scorecardInstances", "isActive", false)
		s.eq(len(s.rep().get(instances+"?conversationTypeId=other").list("data.scorecardInstances")), 0)
		s.rep().refuses(403, "GET", instances+"?organizationId="+s.another().id0(), "")
	}},
	line{"M-SCO-15", holds, "a tree as a flat list", func(s *scene) {
		s.scorecard("").values("data.nodes", "parentId", "", "root", "root", "talk", "tone").values("data.nodes", "nodeType", "ROOT", "SECTION", "SECTION", "METRIC", "METRIC").
			want("data.nodes.1.indexNumber", 1)
	}},
	line{"M-SCO-16", holds, "metadata by the kind of node", func(s *scene) {
		card, _ := s.threeScored()
		for nodes, a := range map[string]*answer{"data.scorecardInstances.0.nodes": s.rep().get(instances), "data.evaluatedNodes": s.rep().evaluation(card, s.ofAll())} {
			a.want(nodes+".0.metadata", map[string]any{}).want(nodes+".1.metadata.sectionWeight", 60).want(nodes+".3.metadata.metricId", share).want(nodes+".3.metadata.bookmarkConfigId", "b1").
				want(nodes+".4.metadata.metricType", "AI_METRIC")
		}
	}},
	line{"M-SCO-17", holds, "an AI metric's reasons, of one recording", func(s *scene) {
		card, ids := s.threeScored()
		at := "data.evaluatedNodes.4.metadata."
		s.admin().evaluation(card, "filterBy=RECORDING&filterByIds="+ids[0]).want(at+"score", "90/100").want(at+"impact", "high").want(at+"thinking", "They laughed.").
			want(at+"recommendation", "Go on.").want(at+"thinkingWithCitation.citedThinking", "They laughed [1].").want(at+"thinkingWithCitation.citations.0.startTimeInMillis", 1000)
	}},
	line{"M-SCO-18", holds, "weights in percent", func(s *scene) {
		s.scorecard("").values("data.sectionWeights", "weight", 60.0, 40.0).values("data.sectionWeights", "scorecardNodeId", "talk", "tone")
		s.org().refuses(400, "PUT", instances, strings.Replace(fmt.Sprintf(scorecard, ""), `"sectionWeight":60`, `"sectionWeight":101`, 1))
	}},
	line{"M-SCO-19", holds, "the most points of a metric, 100 when not set", func(s *scene) {
		s.scorecard("").values("data.metricRubrics", "metricPointTotal", 100.0, 50.0).values("data.metricRubrics", "scorecardMetricId", share, rapport).values("data.metricRubrics", "scorecardNodeId", "share", "rapport")
	}},
	line{"M-SCO-20", holds, "the wanted range, and how far beside it still counts", func(s *scene) {
		card, ids := s.threeScored()
		s.rep().get(instances).want("data.scorecardInstances.0.metricRubrics.0.minTarget", 40).want("data.scorecardInstances.0.metricRubrics.0.maxTarget", 60).
			want("data.scorecardInstances.0.metricRubrics.0.targetTolerance", 10).want("data.scorecardInstances.0.metricRubrics.1.minTarget", 0)
		s.admin().evaluation(card, "filterBy=RECORDING&filterByIds="+ids[1]).want("data.evaluatedNodes.3.pointsEarned", 50) // 65 lies half of the tolerance beside it
	}},
	line{"M-SCO-21", holds, "colours by points, those of the contract when not set", func(s *scene) {
		s.scorecard("").values("data.colorConfigurations", "color", "RED", "YELLOW", "GREEN").values("data.colorConfigurations", "highRange", 49.0, 79.0, 100.0)
		s.scorecard(`,"colorConfigurations":[{"color":"GREEN","lowRange":0,"highRange":100}]`).values("data.colorConfigurations", "color", "GREEN")
	}},
	line{"M-SCO-22", holds, "the shortest recording that is scored, and whether there are any", func(s *scene) {
		card, _ := s.threeScored()
		s.rep().get(instances).want("data.scorecardInstances.0.minDurationMs", 0).want("data.scorecardInstances.0.hasScoredRecordings", true)
		s.scorecard(`,"minDurationMs":60001,"id":"` + card + `"`)
		s.admin().evaluation(card, s.ofAll()).want("data.recordingsEvaluatedCount", 0)
	}},
	line{"M-SCO-23", holds, "computed for the call, of a scorecard of the own organization", func(s *scene) {
		card, _ := s.threeScored()
		s.admin().evaluation(card, s.ofAll()).want("data.id", card)
		for _, id := range []string{"OfAnotherForm123", share} {
			s.admin().refuses(404, "GET", evaluated+id+"?"+november+"&"+s.ofAll(), "")
		}
		s.another().admin().refuses(404, "GET", evaluated+card+"?"+november+"&"+s.ofAll(), "")
	}},
	line{"M-SCO-24", holds, "100 points in all, and each node's own", func(s *scene) {
		card, _ := s.threeScored()
		s.admin().evaluation(card, s.ofAll()).want("data.pointsPossible", 100).values("data.evaluatedNodes", "pointsPossible", 150.0, 100.0, 50.0, 100.0, 50.0)
	}},
	line{"M-SCO-25", holds, "points over all and by node, with the colour, the value and the unit", func(s *scene) {
		card, _ := s.threeScored()
		s.rep().evaluation(card, s.ofAll()).want("data.pointsEarned", 64).want("data.evaluatedNodes.3.color", "YELLOW").want("data.evaluatedNodes.4.color", "GREEN").
			want("data.evaluatedNodes.4.metricValue", 85).want("data.evaluatedNodes.4.unit", "percentage").want("data.evaluatedNodes.4.unitAbbreviated", "%").
			want("data.evaluatedNodes.1.metricValue", nil).want("data.evaluatedNodes.1.unit", nil)
	}},
	line{"M-SCO-26", holds, "how many were won, the name and the tags", func(s *scene) {
		card, _ := s.threeScored()
		s.admin().evaluation(card, s.ofAll()).want("data.recordingsWonCount", 1).want("data.name", "Sales call").want("data.description", "What makes one").want("data.tags.0", "core")
	}},
	line{"M-SCO-27", holds, "strengths and weaknesses with the mean for the metric", func(s *scene) {
		card, _ := s.threeScored()
		s.rep().evaluation(card, s.ofAll()).want("data.spotlightSummaries.0.spotlightType", "strength").want("data.spotlightSummaries.0.title", "Rapport").want("data.spotlightSummaries.0.score", 85).
			has("data.spotlightSummaries.0.summary").lacks("data.spotlightSummaries.1")
	}},
	line{"M-SCO-28", holds, "the recordings that they rest on, with a quote", func(s *scene) {
		card, ids := s.threeScored()
		at := "data.spotlightSummaries.0.recordings"
		s.rep().evaluation(card, s.ofAll()).values(at, "id", ids[0], ids[1]).want(at+".0.score", 90).want(at+".0.quote", "Ha").want(at+".0.startTimeInMillis", 1000).want(at+".0.endTimeInMillis", 1500).
			want(at+".0.dateCreated", "2026-11-10T10:00:00.000Z").has(at + ".0.id")
	}},
)
