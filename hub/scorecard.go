package hub

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Scorecard says what conversations of a type are measured by, as a tree of nodes. The JSON names are those of storage.
type Scorecard struct {
	ID               string `json:"-"`
	OrganizationID   string `json:"-"`
	ConversationType string `json:"-"`
	Active           bool   `json:"-"`

	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	// TemplateID is the template it was made from; empty for none.
	TemplateID string          `json:"templateId,omitempty"`
	ConfigID   string          `json:"configId"`
	Nodes      []ScorecardNode `json:"nodes"`
	Colors     []ScoreColor    `json:"colors,omitempty"`
	Tags       []string        `json:"tags,omitempty"`
	// MinDuration is the shortest recording that is scored.
	MinDuration          time.Duration `json:"minDuration,omitempty"`
	CreatedAt, UpdatedAt time.Time     `json:"-"`
	// Scored says that there are recordings with scores for it.
	Scored bool `json:"-"`
}

// ScorecardNode is a node of a scorecard. The JSON names are those of storage.
type ScorecardNode struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	// Index is its place within the parent, which is empty for the root.
	Index    int64  `json:"index"`
	ParentID string `json:"parentId,omitempty"`
	Kind     string `json:"kind"`
	// MetricID is a metric's; BookmarkConfigID that of one that counts bookmarks.
	MetricID         string `json:"metricId,omitempty"`
	BookmarkConfigID string `json:"bookmarkConfigId,omitempty"`
	// Weight is a section's, in percent.
	Weight float64 `json:"weight,omitempty"`
	// Rubric says what a metric gives; nil for nothing.
	Rubric *ScoreRubric `json:"rubric,omitempty"`
}

// The kinds of nodes.
const (
	NodeRoot    = "ROOT"
	NodeSection = "SECTION"
	NodeMetric  = "METRIC"
)

// ScoreRubric says how many points a value gives: all within [Min, Max], falling straight to none at Tolerance beside it.
// The JSON names are those of storage.
type ScoreRubric struct {
	Points    float64 `json:"points"`
	Min       float64 `json:"min"`
	Max       float64 `json:"max"`
	Tolerance float64 `json:"tolerance"`
}

// Share is what part of the points a value gives, from 0 to 1.
func (r *ScoreRubric) Share(value float64) float64 {
	beside := max(r.Min-value, value-r.Max)
	switch {
	case beside <= 0:
		return 1
	case beside >= r.Tolerance:
		return 0
	}
	return 1 - beside/r.Tolerance
}

// ScoreColor is the colour of points from Low to High percent, both included. The JSON names are those of the contract.
type ScoreColor struct {
	Color string  `json:"color" enum:"GREEN,YELLOW,RED"`
	Low   float64 `json:"lowRange"`
	High  float64 `json:"highRange"`
}

// DefaultScoreColors are those of a scorecard that has none of its own.
func DefaultScoreColors() []ScoreColor {
	return []ScoreColor{{"RED", 0, 49}, {"YELLOW", 50, 79}, {"GREEN", 80, 100}}
}

// ColorsOf are the scorecard's colours.
func (c *Scorecard) ColorsOf() []ScoreColor {
	if len(c.Colors) == 0 {
		return DefaultScoreColors()
	}
	return c.Colors
}

// ScorecardMetric is something that a conversation is measured by. The JSON names are those of the published contract.
type ScorecardMetric struct {
	ID              string `json:"id"`
	Name            string `json:"name"`
	Description     string `json:"description,omitempty"`
	Unit            string `json:"unit"`
	UnitAbbreviated string `json:"unitAbbreviated"`
	MetricType      string `json:"metricType"`
	LLMPrompt       string `json:"llmPrompt,omitempty" doc:"The newest prompt of an AI metric."`
}

// The metric types that are treated differently from the others.
const (
	MetricAI             = "AI_METRIC"
	MetricRecordingCount = "RECORDING_COUNT"
)

// metricUnits are the units of metrics that are no counts.
var metricUnits = map[string][2]string{
	"CONVERSATION_TIME": {"seconds", "sec"}, "REP_SPEAKING_TIME": {"seconds", "sec"}, "CUSTOMER_SPEAKING_TIME": {"seconds", "sec"},
	"LONGEST_MONOLOGUE_SECONDS": {"seconds", "sec"}, "LONGEST_CUSTOMER_STORY_SECONDS": {"seconds", "sec"},
	"REP_SPEAKER_SHARE": {"percentage", "%"}, MetricAI: {"percentage", "%"},
}

// Complete gives a metric the unit of its type, where it came without one.
func (m *ScorecardMetric) Complete() {
	if m.Unit != "" {
		return
	}
	if unit, ok := metricUnits[m.MetricType]; ok {
		m.Unit, m.UnitAbbreviated = unit[0], unit[1]
		return
	}
	m.Unit, m.UnitAbbreviated = "count", "count"
}

// Score is what a recording was given for a metric.
type Score struct {
	MetricID string
	Value    float64
	Details  ScoreDetails
}

// ScoreDetails are an AI metric's reasons. The JSON names are those of storage.
type ScoreDetails struct {
	Impact         string  `json:"impact,omitempty"`
	Thinking       string  `json:"thinking,omitempty"`
	Recommendation string  `json:"recommendation,omitempty"`
	Cited          string  `json:"cited,omitempty"`
	Citations      []Quote `json:"citations,omitempty"`
}

// scoresMost is how many scores an analysis may have, nodesMost how many nodes a scorecard.
const (
	scoresMost = 200
	nodesMost  = 200
)

// Validate reports everything that is wrong with the scorecard, in the spelling of the API, or nil. metrics are those that
// are known.
func (c *Scorecard) Validate(metrics map[string]ScorecardMetric) error {
	var issues []Issue
	wrong := func(field, problem, want string) { issues = append(issues, Issue{field, problem, want}) }
	if len(c.Nodes) > nodesMost {
		return Invalid("nodes", "are too many", fmt.Sprintf("at most %d", nodesMost))
	}
	kinds := map[string]string{}
	roots := 0
	for i, n := range c.Nodes {
		at := fmt.Sprintf("nodes[%d]", i)
		if _, twice := kinds[n.ID]; twice || n.ID == "" {
			wrong(at+".id", "is empty, or that of another node", "an id of its own")
		}
		kinds[n.ID] = n.Kind
		if n.Kind == NodeRoot {
			roots++
		}
		if _, known := metrics[n.MetricID]; n.Kind == NodeMetric && !known {
			wrong(at+".metricId", "names no metric", "the id of one of metricConfigurations, or of one from before")
		}
		if r := n.Rubric; r != nil && (r.Points < 0 || r.Max < r.Min || r.Tolerance < 0) {
			wrong(at, "has a rubric that nothing can meet", "metricPointTotal and targetTolerance of at least 0, and maxTarget at or above minTarget")
		}
	}
	if roots != 1 {
		wrong("nodes", fmt.Sprintf("have %d roots", roots), "exactly one node of nodeType ROOT")
	}
	for i, n := range c.Nodes {
		parent, there := kinds[n.ParentID]
		switch {
		case n.Kind == NodeRoot && n.ParentID != "":
			wrong(fmt.Sprintf("nodes[%d].parentId", i), "is not empty", "none: it is the root")
		case n.Kind != NodeRoot && (!there || parent == NodeMetric || n.ParentID == n.ID):
			wrong(fmt.Sprintf("nodes[%d].parentId", i), "names no root or section", "the id of one")
		case n.Kind == NodeSection && parent == NodeSection:
			wrong(fmt.Sprintf("nodes[%d].parentId", i), "names a section", "the root: sections hold metrics")
		}
	}
	return invalidOrNil(issues)
}

// MetricFigures are what the values of a metric come to over recordings.
type MetricFigures struct {
	Count int64
	Sum   float64
	// Passed is how many lie within the wanted range.
	Passed int64
}

// Mean is the plain mean.
func (f MetricFigures) Mean() float64 { return f.Sum / float64(f.Count) }

// PassRate is the share that lies within the wanted range, in percent.
func (f MetricFigures) PassRate() float64 { return 100 * float64(f.Passed) / float64(f.Count) }

// NodePoints is what a node comes to.
type NodePoints struct {
	// Value is a metric's; nil where there is none.
	Value            *float64
	Possible, Earned float64
	Color            string
}

// Evaluate says what each node comes to, by its id, and how many of 100 points the whole gives. figures are those of the
// metrics, by id; metrics tells their types.
func (c *Scorecard) Evaluate(figures map[string]MetricFigures, metrics map[string]ScorecardMetric) (nodes map[string]NodePoints, earned float64) {
	nodes = make(map[string]NodePoints, len(c.Nodes))
	for _, n := range c.Nodes {
		if n.Kind == NodeMetric {
			nodes[n.ID] = metricPoints(n.Rubric, figures[n.MetricID], metrics[n.MetricID].MetricType)
		}
	}
	var weights, weighted float64
	for _, n := range c.Nodes {
		if n.Kind != NodeSection {
			continue
		}
		sum := c.below(n.ID, nodes)
		nodes[n.ID] = sum
		if sum.Possible > 0 {
			weights += n.Weight
			weighted += n.Weight * sum.Earned / sum.Possible
		}
	}
	for _, n := range c.Nodes {
		if n.Kind != NodeRoot {
			continue
		}
		sum := c.below(n.ID, nodes)
		nodes[n.ID] = sum
		switch {
		case weights > 0:
			earned = 100 * weighted / weights
		case sum.Possible > 0:
			earned = 100 * sum.Earned / sum.Possible
		}
	}
	for id, p := range nodes {
		p.Color = c.color(p)
		nodes[id] = p
	}
	return nodes, earned
}

// metricPoints is what a metric gives: an AI metric its share of 100; of the others one recording by its value, and several
// by how many of them passed.
func metricPoints(r *ScoreRubric, f MetricFigures, kind string) NodePoints {
	var p NodePoints
	if f.Count > 0 {
		p.Value = new(f.Mean())
	}
	if r == nil {
		return p
	}
	p.Possible = r.Points
	if f.Count == 0 {
		return p
	}
	switch {
	case kind == MetricAI:
		p.Earned = p.Possible * max(0, min(1, f.Mean()/100))
	case f.Count == 1 || kind == MetricRecordingCount:
		p.Earned = p.Possible * r.Share(f.Mean())
	default:
		p.Earned = p.Possible * f.PassRate() / 100
	}
	return p
}

func (c *Scorecard) below(parent string, nodes map[string]NodePoints) NodePoints {
	var sum NodePoints
	for _, n := range c.Nodes {
		if n.ParentID == parent && n.Kind != NodeRoot {
			sum.Possible += nodes[n.ID].Possible
			sum.Earned += nodes[n.ID].Earned
		}
	}
	return sum
}

// color is that of a node's points, in whole percent.
func (c *Scorecard) color(p NodePoints) string {
	percent := 0.0
	if p.Possible > 0 {
		percent = math.Floor(100 * p.Earned / p.Possible)
	}
	colors := c.ColorsOf()
	if i := slices.IndexFunc(colors, func(one ScoreColor) bool { return one.Low <= percent && percent <= one.High }); i >= 0 {
		return colors[i].Color
	}
	return "RED"
}
