package main

import (
	"strings"
	"time"

	"sirocco/hub"
)

// demoTalk is what is said at a visit of the demo, and what an analysis finds in it.
type demoTalk struct {
	// jobs are the kinds of work that it is about, as the CRM's jobs are called.
	jobs []string
	// lines are said by the rep and the customer by turns; the rep begins.
	lines   []string
	summary [][2]string
	values  []demoValue
	next    demoNext
	outcome demoOutcome
	score   float64
}

// demoValue is a value that is found, and the field of the CRM's that it goes to; empty where it goes to none.
type demoValue struct {
	name, value string
	model       hub.Model
	field       string
}

// demoNext is what the rep is to do about it.
type demoNext struct {
	kind, action, why string
	score             int
}

// demoOutcome is how a visit ended: in the company's words, in everybody's, and in those of an upload.
type demoOutcome struct{ label, universal, result string }

// unnamed is what a transcript calls a customer whom nobody named.
const unnamed = "Customer"

// demoTalks are about the jobs of the demo's CRMs.
var demoTalks = []demoTalk{
	{
		jobs: []string{"Roof replacement"},
		lines: []string{
			"Thanks for having me. Before I say anything, what have you seen yourselves since the storm in October?",
			"There is a stain on the ceiling upstairs, right beside the chimney, and after the wind we found two shingles in the yard. My son put a bucket in the attic.",
			"That fits. I was up there before I rang. The flashing at the chimney has lifted, and the whole north side has lost its granules. I took photos, here. The dark patches are bare felt.",
			"Oh. That looks worse than I thought. Is that something you patch, or is it the whole roof?",
			"A patch would hold for a year, maybe two. The roof is twenty-two years old, though, and the deck is soft in one corner. I would rather show you both, with the price of each, and then it is your choice.",
			"Fair enough. What would the whole roof be?",
			"It is twenty-eight squares. With architectural shingles it is eighteen thousand four hundred, with the gutters. In slate look it is close to thirty-one thousand, and that comes with a fifty year warranty.",
			"We would like the slate, if it can be done before winter.",
			"It can. The material takes about three weeks to come, and the crew needs four days. If we measure this week, you are done before the holidays.",
			"And the insurance? They have sent somebody already. He was here for ten minutes and took some pictures with his phone.",
			"Send me the adjuster's report, and I write the estimate in its format. You pay your deductible, and they pay us the rest. If he missed the north side, I meet him here and show him.",
			"That would be a relief. The last company told us to deal with them ourselves, and we gave up after the third letter.",
			"I hear that a lot. Is there anything else that would keep you from going ahead?",
			"Well, it is a lot of money at once, even with the insurance. We just paid for the new heating.",
			"You can pay over twelve months without interest, or over five years. Most people take the twelve months and are done. Shall I run both for you?",
			"Yes, please, both. My son wants to see samples first, though. Half of the house is his, and he does not trust what he has not held in his hand.",
			"He is right. I bring three on Thursday at five, and I leave them with you over the weekend, so that you see them in the rain and in the sun.",
			"Thursday is fine. Five it is. Should he be here for that?",
			"If he can, yes. Then I explain everything once, and nobody has to retell it.",
			"Good. Thank you for going up there. Nobody else has.",
		},
		summary: [][2]string{
			{"Outcome", "The customer wants the roof in slate look before winter and will decide on Thursday, with samples at hand."},
			{"Needs", "The flashing at the chimney has lifted and water comes in. The north side is bare, and the deck is soft in one corner."},
			{"Budget", "About $31,000 for slate look, $18,400 for shingles. The insurance takes part; twelve months without interest were offered."},
			{"Objections", "A lot of money at once, after new heating. Another company left them alone with the insurance."},
			{"Next steps", "Measure this week. Bring three samples on Thursday at five, with both of them there. Get the adjuster's report."},
		},
		values: []demoValue{
			{"Roof type", "Slate look", hub.ModelOpportunity, "Roof type"}, {"Budget", "31,000", hub.ModelOpportunity, "Budget"},
			{"Wants financing", "Yes, 12 months", hub.ModelOpportunity, "Wants financing"}, {"Segment", "Insurance claim", hub.ModelAccount, "Segment"},
			{"Who decides", "Both, on Thursday", "", ""},
		},
		next:    demoNext{"REHASH", "Bring three samples on Thursday at five, and have both payment plans worked out.", "They want to go ahead, and decide once he has held a sample.", 5},
		outcome: demoOutcome{"Decision on Thursday", "POSITIVE", "in progress"}, score: 87,
	},
	{
		jobs: []string{"Storm damage repair", "Leak repair", "Skylight"},
		lines: []string{
			"Good afternoon. You said on the phone that it drips at the skylight?",
			"Yes, but only when the rain comes from the west. First it was a drop or two. Last week it ran down the wall, and the paint came off.",
			"May I see that? Thanks. And it is dry now. When it drips, is it at the upper edge of the window, or at the lower one?",
			"The upper one, I think. It comes down along this side here.",
			"Then it is rarely the window itself. I had a look from above. The flashing behind it is full of leaves, so the water stands there and goes under the shingles. Three of those have slipped as well.",
			"So it is not the window? The other company wanted to sell me a new one. Four thousand two hundred, they said.",
			"You can have a new one, and I would gladly sell you one. You do not need it, though. We take off two rows, put in a new membrane and flashing, and lay the shingles again. That is one day.",
			"What does the day cost?",
			"One thousand eight hundred and fifty, with the material. If we find rotten wood underneath, it is ninety a sheet, and I call you before we touch it.",
			"That is a lot less than I had feared. And is there a guarantee? I do not want to have this again in two years.",
			"Five years on the work. If it drips there, we come, and you do not pay. You should have the leaves taken out every autumn, though. We do that for one hundred and twenty a year, with photos.",
			"Could you do the gutters on the same day? They overflow at the garage.",
			"Yes. The crew has the ladders up anyway. I add it as a line of its own, so that you can take it out.",
			"Then put it in. When could they come?",
			"Next Wednesday, if it is dry. I would put a tarp over it today, so that you can sleep until then.",
			"Today? That would be wonderful. What does that cost?",
			"Nothing, if we do the repair. I have one in the van, and it takes twenty minutes.",
			"You know what, then let us just do it. Where do I sign?",
			"Here, and here for the gutters. You get a copy by mail in a minute. Have you got a dog? The crew will use the side gate.",
			"A very old one. He will sleep through it. Thank you, really.",
		},
		summary: [][2]string{
			{"Outcome", "Signed: repair at the skylight with new membrane and flashing, and cleaning of the gutters on the same day."},
			{"Needs", "Water comes in above the skylight in rain from the west. The flashing is full of leaves; three shingles have slipped."},
			{"Budget", "$1,850 for the repair, $90 a sheet for rotten wood after a call."},
			{"Next steps", "A tarp today. The crew comes next Wednesday, through the side gate. Offer the yearly cleaning again in autumn."},
		},
		values: []demoValue{
			{"Budget", "1,850", hub.ModelOpportunity, "Budget"}, {"Wants financing", "No", hub.ModelOpportunity, "Wants financing"},
			{"Roof type", "Asphalt shingles", hub.ModelOpportunity, "Roof type"}, {"Competitor's offer", "4,200 for a new skylight", "", ""},
		},
		next:    demoNext{"CROSS_SELL", "Offer the yearly cleaning of the gutters when the repair is done.", "Asked for the gutters of their own accord, and was told of the yearly service.", 4},
		outcome: demoOutcome{"Signed at the visit", "POSITIVE", "closed"}, score: 93,
	},
	{
		jobs: []string{"Window replacement", "Siding replacement"},
		lines: []string{
			"Hello, we spoke on Monday. You have eleven windows that you would like to be rid of?",
			"Ten, really. The one in the hall was done two years ago. The others are as old as the house, and in winter you can feel the wind through them.",
			"Which is the worst one? Then I begin there, and you see what I look at.",
			"The bedroom, to the north. In the morning there is water on the sill.",
			"Look, the seal is gone between the panes, that is why it is milky. And the frame has moved, so it does not close here. You heat the street with that one.",
			"That is what our bill says, too. What do you suggest?",
			"Double glazing everywhere, triple on the north side. White outside, and inside as you like. The frames come out whole, so you do not lose any glass.",
			"Does that make a lot of dirt? My mother lives with us, and she has the room at the back.",
			"Less than you think. Two people do five windows in a day. They cover the floor, and no opening is without a window for more than an hour. We do her room first thing, and then she has her peace.",
			"That sounds good. And what are we talking about, in money?",
			"For ten windows, three of them triple, with taking out, putting in, and the trim, it is thirteen thousand nine hundred. There is a federal credit of up to six hundred, and I fill in the form for you.",
			"Hm. The other quote was eleven and a half.",
			"Is the trim in there, and taking the old ones away? Could I see it? You may cover up the name.",
			"I have it here somewhere. No, you are right, trim is extra, it says by the hour.",
			"Then we are close to each other. I would rather not be the cheapest. What I can do is hold this price until the end of the month, and do the hall window's trim so that all of them match.",
			"That is decent of you. I cannot say yes today, though. My sister is travelling. Half of the house is hers, and she would like to see it on paper.",
			"Of course. You have it by mail tonight, with the drawings. When is she back?",
			"On Tuesday. Call me on Wednesday, after six.",
			"Wednesday after six. If she has questions before, my number is on the first page.",
			"Thanks. And thank you for not pushing.",
		},
		summary: [][2]string{
			{"Outcome", "No decision yet: the price holds until the end of the month, and she sees the quote on Tuesday."},
			{"Needs", "Ten windows as old as the house. Draught and water in the bedroom to the north. Little dirt, as the mother lives there."},
			{"Budget", "$13,900 for ten windows, three of them triple. A competitor's quote is $11,500, with trim by the hour."},
			{"Next steps", "Send the quote with drawings tonight. Call on Wednesday after six."},
		},
		values: []demoValue{
			{"Budget", "13,900", hub.ModelOpportunity, "Budget"}, {"Wants financing", "Not asked", hub.ModelOpportunity, "Wants financing"},
			{"Number of windows", "10", "", ""}, {"Competitor's offer", "11,500, trim by the hour", "", ""},
		},
		next:    demoNext{"REHASH", "Call on Wednesday after six.", "They compare two quotes, and decide together once she is back.", 4},
		outcome: demoOutcome{"Quote sent", "NEUTRAL", "in progress"}, score: 78,
	},
	{
		jobs: []string{"Gutter replacement"},
		lines: []string{
			"Hi there. I have walked around the house once already, I hope that is all right with you.",
			"Sure. You have seen the corner at the garage, then. When it rains, there is a lake in front of the door.",
			"I have. The gutter hangs two inches too low in the middle, so the water never reaches the pipe. And it is held by nails. Those work themselves out over the years.",
			"My neighbor said that one could just bend them back up.",
			"For a summer, yes. Then they hang again. The wood behind them is soft on that side, I could press my thumb into it. Here, that is the picture.",
			"Oh no. Is that expensive?",
			"No, that is one board. I would take down all the gutters, replace the board, and put up seamless ones, six inches instead of five, with hidden hangers every two feet. That is about a hundred and sixty feet.",
			"Why six? Do I need that?",
			"Your roof is steep, and it drains to one side. Five inches overflow in a real Texas rain, whoever hangs them. Six cost you two dollars more a foot, and you never think about it again.",
			"All right. And what about those guards? I see them on television all the time.",
			"You have two live oaks over the roof. With them I would take guards on the back, and leave them away at the front. They are nine dollars a foot, and you need them for seventy feet only.",
			"I like that you do not want to sell me all of it. What is it together?",
			"Three thousand two hundred and forty with the guards at the back, two thousand six hundred and ten without them. It takes a day.",
			"Can I pay in two parts? One now, and one in January?",
			"Yes. Half when we begin, half within sixty days, and that costs you nothing.",
			"Then with the guards. And can you get the color of the trim? My daughter will ask.",
			"I have the fan here. This one, or this one. Hold it against the wood, in the light.",
			"The second one. Definitely. Wait, I take a picture and send it to her. Yes, she says yes.",
			"That was quick. I write it down, and you have the date by tonight. It will be the week after next.",
			"Perfect. Just not on the Tuesday, there are painters here.",
		},
		summary: [][2]string{
			{"Outcome", "Sold: 160 feet of seamless six inch gutters, with guards at the back."},
			{"Needs", "The gutter at the garage hangs and overflows; the board behind it is soft."},
			{"Budget", "$3,240, half at the beginning, half within sixty days."},
			{"Next steps", "Tell the date tonight: the week after next, not on Tuesday. Order the second color of the fan."},
		},
		values: []demoValue{
			{"Budget", "3,240", hub.ModelOpportunity, "Budget"}, {"Wants financing", "Two parts, 60 days", hub.ModelOpportunity, "Wants financing"},
			{"Length", "160 ft", "", ""},
		},
		next:    demoNext{"CROSS_SELL", "Ask about the roof when the gutters are up: it is steep and drains to one side.", "The customer liked that only what is needed was offered.", 3},
		outcome: demoOutcome{"Signed at the visit", "POSITIVE", "closed"}, score: 90,
	},
}

// talkAbout is the talk that is had about a job; nil where none of them is about it.
func talkAbout(job string) *demoTalk {
	for i := range demoTalks {
		for _, kind := range demoTalks[i].jobs {
			if strings.HasPrefix(job, kind) {
				return &demoTalks[i]
			}
		}
	}
	return nil
}

// demoLine is a line of a talk, when it is said.
type demoLine struct {
	speaker, text string
	start, end    time.Duration
}

// said are the lines of a talk at a hundred and fifty words a minute, and how long all of it takes.
func (t *demoTalk) said() (lines []demoLine, length time.Duration) {
	at := time.Second
	for i, text := range t.lines {
		took := 400 * time.Millisecond * time.Duration(len(strings.Fields(text)))
		lines = append(lines, demoLine{[]string{"A", "B"}[i%2], text, at, at + took})
		at += took + 700*time.Millisecond
	}
	return lines, at + time.Second
}

// analysis is what a service for that hands in of the talk.
func (t *demoTalk) analysis(rep, customer string) map[string]any {
	lines, length := t.said()
	var utterances, summary, values []map[string]any
	for _, l := range lines {
		utterances = append(utterances, map[string]any{
			"speakerTag": l.speaker, "utterance": l.text, "startTimeInMillis": l.start.Milliseconds(), "endTimeInMillis": l.end.Milliseconds(), "redacted": false,
		})
	}
	for _, part := range t.summary {
		summary = append(summary, map[string]any{"name": part[0], "content": part[1]})
	}
	for _, v := range t.values {
		mappings := []map[string]any{}
		if v.field != "" {
			mappings = append(mappings, map[string]any{"crmModelName": v.model, "crmFieldName": v.field})
		}
		values = append(values, map[string]any{"name": v.name, "value": v.value, "mappings": mappings})
	}
	return map[string]any{
		"language": "English", "durationInMilliseconds": length.Milliseconds(), "utterances": utterances, "speakerMap": map[string]string{"A": rep, "B": customer},
		"summary": summary, "entityExtractions": []map[string]any{{"siroEntityDefinitionName": "Visit", "extraction": values}}, "evaluationScore": t.score,
		"followups":             []map[string]any{{"followupType": t.next.kind, "score": t.next.score, "followupAction": t.next.action, "thinking": t.next.why}},
		"universalOutcomeLabel": t.outcome.universal, "customOutcomes": []map[string]any{{"customLabel": t.outcome.label, "universalLabel": t.outcome.universal}},
	}
}
