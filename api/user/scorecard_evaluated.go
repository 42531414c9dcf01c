package user

import (
	"fmt"
	"math"

	"sirocco/api/view"
	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// EvaluatedNode is a node of a scorecard with what it comes to.
type EvaluatedNode struct {
	view.ScorecardNode
	MetricValue     wire.Optional[float64] `json:"metricValue" required:"false"`
	PointsPossible  float64                `json:"pointsPossible"`
	PointsEarned    float64                `json:"pointsEarned"`
	Color           string                 `json:"color" enum:"GREEN,YELLOW,RED"`
	Unit            wire.Optional[string]  `json:"unit" required:"false"`
	UnitAbbreviated string                 `json:"unitAbbreviated,omitempty"`
}

// Spotlight is a strength or a weakness.
type Spotlight struct {
	Type       string               `json:"spotlightType" enum:"strength,weakness"`
	Summary    string               `json:"summary"`
	Title      string               `json:"title"`
	Score      float64              `json:"score" doc:"The mean for the metric."`
	Recordings []SpotlightRecording `json:"recordings" nullable:"false"`
}

// SpotlightRecording is a recording that a strength or a weakness rests on.
type SpotlightRecording struct {
	ID          string  `json:"id"`
	DateCreated string  `json:"dateCreated"`
	Score       float64 `json:"score"`
	Start       float64 `json:"startTimeInMillis"`
	End         float64 `json:"endTimeInMillis"`
	Quote       string  `json:"quote"`
	Title       string  `json:"title"`
}

// EvaluatedScorecard is a scorecard with what it comes to.
type EvaluatedScorecard struct {
	ID             string          `json:"id"`
	Name           string          `json:"name"`
	Description    string          `json:"description,omitempty"`
	Recordings     float64         `json:"recordingsEvaluatedCount"`
	Won            float64         `json:"recordingsWonCount" doc:"How many of them ended in a win."`
	PointsPossible float64         `json:"pointsPossible" doc:"Always 100."`
	PointsEarned   float64         `json:"pointsEarned"`
	Tags           *[]string       `json:"tags,omitempty" nullable:"false"`
	Nodes          []EvaluatedNode `json:"evaluatedNodes" nullable:"false"`
	view.ScorecardParts
	Colors     view.EvaluatedColors `json:"colorConfigurations"`
	IDs        OneOrMore            `json:"filterByIds"`
	By         Scope                `json:"filterBy"`
	StartAt    string               `json:"startAt"`
	EndAt      string               `json:"endAt"`
	Spotlights *[]Spotlight         `json:"spotlightSummaries,omitempty" nullable:"false" doc:"The AI metrics that come out best and worst; left out where none stands out."`
}

// EvaluatedScorecardAnswer is one evaluated scorecard.
type EvaluatedScorecardAnswer struct {
	Body struct {
		Data EvaluatedScorecard `json:"data"`
		wire.PagedBody
	}
}

func (s *server) evaluateScorecard(r *wire.Request, in *struct {
	ID string `path:"id"`
	ScoreQuery
},
) (*EvaluatedScorecardAnswer, error) {
	v, err := s.viewer(r, "")
	if err != nil {
		return nil, err
	}
	f, err := in.filter(v, r.User.OrganizationID)
	if err != nil {
		return nil, err
	}
	if !hub.ValidID(in.ID) {
		return nil, hub.NoSuch("scorecard")
	}
	card, err := s.Store.Scorecard(r, r.User.OrganizationID, in.ID)
	if err != nil {
		return nil, hub.Missing("scorecard", err)
	}
	metrics, err := s.Store.Metrics(r, r.User.OrganizationID)
	if err != nil {
		return nil, err
	}
	f.ConversationType, f.MinDuration = card.ConversationType, card.MinDuration
	var asked []store.MetricAsked
	seen := map[string]bool{}
	for _, n := range card.Nodes {
		if n.Kind == hub.NodeMetric && !seen[n.MetricID] {
			seen[n.MetricID] = true
			asked = append(asked, store.MetricAsked{ID: n.MetricID, Rubric: n.Rubric})
		}
	}
	counted, figures, err := s.figures(r, f, asked, metrics)
	if err != nil {
		return nil, err
	}
	points, earned := card.Evaluate(figures, metrics)
	out := &EvaluatedScorecardAnswer{}
	d := &out.Body.Data
	*d = EvaluatedScorecard{
		ID: card.ID, Name: card.Name, Description: card.Description, Recordings: float64(counted.Count), Won: float64(counted.Won), PointsPossible: 100, PointsEarned: round(earned),
		ScorecardParts: view.ShowParts(card), Colors: card.ColorsOf(), IDs: in.FilterByIDs, By: in.FilterBy, StartAt: in.StartAt, EndAt: in.EndAt,
		Nodes: wire.Each(card.Nodes, func(n hub.ScorecardNode) EvaluatedNode { return showEvaluated(n, metrics, points[n.ID]) }),
	}
	if len(card.Tags) > 0 {
		d.Tags = &card.Tags
	}
	if counted.Count == 1 {
		if err := s.showReasons(r, f, d.Nodes, card, metrics); err != nil {
			return nil, err
		}
	}
	d.Spotlights, err = s.spotlights(r, f, asked, figures, metrics)
	return out, err
}

func showEvaluated(n hub.ScorecardNode, metrics map[string]hub.ScorecardMetric, p hub.NodePoints) EvaluatedNode {
	shown := EvaluatedNode{ScorecardNode: view.ShowNode(n, metrics), PointsPossible: p.Possible, PointsEarned: round(p.Earned), Color: p.Color}
	if n.Kind == hub.NodeMetric {
		shown.Unit, shown.UnitAbbreviated = wire.Some(metrics[n.MetricID].Unit), metrics[n.MetricID].UnitAbbreviated
	}
	if p.Value != nil {
		shown.MetricValue = wire.Some(round(*p.Value))
	}
	return shown
}

// showReasons adds to the nodes of AI metrics why one recording was given what it was.
func (s *server) showReasons(r *wire.Request, f store.ScoreFilter, nodes []EvaluatedNode, card hub.Scorecard, metrics map[string]hub.ScorecardMetric) error {
	for i, n := range card.Nodes {
		if metrics[n.MetricID].MetricType != hub.MetricAI {
			continue
		}
		found, err := s.Store.Spotlight(r, r.User.OrganizationID, f, n.MetricID, true, 1)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			continue
		}
		why, meta := found[0].Details, nodes[i].Metadata
		meta["score"] = fmt.Sprintf("%d/100", int(math.Round(found[0].Value)))
		meta["impact"], meta["thinking"], meta["recommendation"] = why.Impact, why.Thinking, why.Recommendation
		if why.Cited != "" {
			citations := make([]map[string]any, len(why.Citations))
			for j, c := range why.Citations {
				citations[j] = map[string]any{"quote": c.Text, "startTimeInMillis": c.Start, "endTimeInMillis": c.End}
			}
			meta["thinkingWithCitation"] = map[string]any{"citedThinking": why.Cited, "citations": citations}
		}
	}
	return nil
}

const (
	// strengthFrom is the mean from which the best AI metric is a strength, weaknessBelow that below which the worst is a weakness.
	strengthFrom  = 80
	weaknessBelow = 50
	// spotlightRecordings is how many recordings each shows at most.
	spotlightRecordings = 3
)

// spotlights are the best and the worst of the AI metrics, with the recordings that say so with a quote.
func (s *server) spotlights(r *wire.Request, f store.ScoreFilter, asked []store.MetricAsked, figures map[string]hub.MetricFigures, metrics map[string]hub.ScorecardMetric) (*[]Spotlight, error) {
	best, worst := "", ""
	for _, m := range asked {
		one, ok := figures[m.ID]
		if !ok || metrics[m.ID].MetricType != hub.MetricAI {
			continue
		}
		if mean := one.Mean(); mean >= strengthFrom && (best == "" || mean > figures[best].Mean()) {
			best = m.ID
		} else if mean < weaknessBelow && (worst == "" || mean < figures[worst].Mean()) {
			worst = m.ID
		}
	}
	var all []Spotlight
	for _, side := range []struct {
		metric, kind string
	}{{best, "strength"}, {worst, "weakness"}} {
		if side.metric == "" {
			continue
		}
		found, err := s.Store.Spotlight(r, r.User.OrganizationID, f, side.metric, side.kind == "strength", spotlightRecordings)
		if err != nil {
			return nil, err
		}
		mean := round(figures[side.metric].Mean())
		one := Spotlight{Type: side.kind, Title: metrics[side.metric].Name, Score: mean, Recordings: []SpotlightRecording{},
			Summary: fmt.Sprintf("%s comes to %.0f of 100 on average of %d recordings.", metrics[side.metric].Name, mean, figures[side.metric].Count)}
		for _, score := range found {
			shown := SpotlightRecording{ID: score.RecordingID, DateCreated: hub.WireTime(score.StartedAt), Score: score.Value, Title: score.Title}
			if len(score.Details.Citations) > 0 {
				c := score.Details.Citations[0]
				shown.Quote, shown.Start, shown.End = c.Text, float64(c.Start), float64(c.End)
			}
			one.Recordings = append(one.Recordings, shown)
		}
		all = append(all, one)
	}
	if len(all) == 0 {
		return nil, nil //nolint:nilnil // nothing stands out
	}
	return &all, nil
}
