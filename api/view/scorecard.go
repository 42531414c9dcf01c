package view

import (
	"sirocco/api/wire"
	"sirocco/hub"
)

// metricTypes are the words of the contract.
const metricTypes = "RECORDING_COUNT,BOOKMARK,CONVERSATION_TIME,REP_SPEAKING_TIME,CUSTOMER_SPEAKING_TIME,CUSTOMER_QUESTIONS_COUNT,REP_QUESTIONS_COUNT,EXCHANGES_COUNT,REP_EXCHANGES_COUNT,TOTAL_REP_EXCHANGES_WITH_A_QUESTION,REP_WORD_COUNT,REP_UNIQUE_WORDS_USED_COUNT,REP_FILLER_WORDS_COUNT,TOTAL_REP_VOCABULARY_SCORE,TOTAL_REP_WORD_OBSCURITY_SCORE,LONGEST_MONOLOGUE_SECONDS,LONGEST_CUSTOMER_STORY_SECONDS,REP_WORDS_PER_MINUTE,REP_FILLER_WORDS_PER_MIN,REP_SPEAKER_SHARE,INTERACTIVITY_SCORE,REP_CONTROL,REP_VOCABULARY_LEVEL,REP_WORD_OBSCURITY_SCORE,AI_METRIC"

// MetricType is what a metric measures.
type MetricType string

// Schema implements huma.SchemaProvider.
func (MetricType) Schema(wire.Schemas) *wire.Schema {
	return wire.EnumSchema(MetricTypes(), "")
}

// MetricTypes are all of them.
func MetricTypes() []MetricType {
	var all []MetricType
	for _, word := range wire.Words(metricTypes) {
		all = append(all, MetricType(word))
	}
	return all
}

// ScorecardMetric is something that conversations are measured by.
type ScorecardMetric struct {
	ID              string     `json:"id"`
	Name            string     `json:"name"`
	Description     string     `json:"description,omitempty"`
	Unit            string     `json:"unit"`
	UnitAbbreviated string     `json:"unitAbbreviated"`
	MetricType      MetricType `json:"metricType"`
	LLMPrompt       string     `json:"llmPrompt,omitempty" doc:"The newest prompt of an AI metric."`
}

// ShowMetric shows a metric.
func ShowMetric(m hub.ScorecardMetric) ScorecardMetric {
	return ScorecardMetric{m.ID, m.Name, m.Description, m.Unit, m.UnitAbbreviated, MetricType(m.MetricType), m.LLMPrompt}
}

// NodeMetadata is what a node of a kind says beside its name.
type NodeMetadata map[string]any

// Schema implements huma.SchemaProvider.
func (NodeMetadata) Schema(r wire.Schemas) *wire.Schema {
	forms := []*wire.Schema{
		form(map[string]string{"metricId": wire.TypeString, "metricType": wire.TypeString}, "metricId", "metricType"),
		form(map[string]string{"metricId": wire.TypeString, "metricType": wire.TypeString, "bookmarkConfigId": wire.TypeString}, "metricId", "metricType", "bookmarkConfigId"),
		form(map[string]string{"metricId": wire.TypeString, "metricType": wire.TypeString, "score": wire.TypeString, "impact": wire.TypeString, "thinking": wire.TypeString,
			"recommendation": wire.TypeString, "thinkingWithCitation": ""}, "metricId", "metricType", "score", "impact", "thinking", "recommendation"),
		form(map[string]string{"sectionWeight": wire.TypeNumber}, "sectionWeight"),
		form(nil),
	}
	for _, f := range forms[:3] {
		f.Properties["metricType"] = MetricType("").Schema(r)
	}
	return oneOfForms(forms...)
}

// ScorecardNode is a node of a scorecard.
type ScorecardNode struct {
	ID          string                `json:"id"`
	Name        string                `json:"name"`
	Description wire.Optional[string] `json:"description" required:"false"`
	IndexNumber float64               `json:"indexNumber" doc:"Its place within the parent."`
	ParentID    string                `json:"parentId" doc:"Empty for the root."`
	NodeType    string                `json:"nodeType" enum:"METRIC,SECTION,ROOT"`
	Metadata    NodeMetadata          `json:"metadata"`
}

// ShowNode shows a node.
func ShowNode(n hub.ScorecardNode, metrics map[string]hub.ScorecardMetric) ScorecardNode {
	shown := ScorecardNode{ID: n.ID, Name: n.Name, IndexNumber: float64(n.Index), ParentID: n.ParentID, NodeType: n.Kind, Metadata: NodeMetadata{}}
	if n.Description != "" {
		shown.Description = wire.Some(n.Description)
	}
	switch n.Kind {
	case hub.NodeMetric:
		shown.Metadata["metricId"], shown.Metadata["metricType"] = n.MetricID, metrics[n.MetricID].MetricType
		if n.BookmarkConfigID != "" {
			shown.Metadata["bookmarkConfigId"] = n.BookmarkConfigID
		}
	case hub.NodeSection:
		shown.Metadata["sectionWeight"] = n.Weight
	}
	return shown
}

// MetricRubric says what a metric gives.
type MetricRubric struct {
	NodeID      string  `json:"scorecardNodeId"`
	MetricID    string  `json:"scorecardMetricId"`
	PointTotal  float64 `json:"metricPointTotal" required:"false" default:"100"`
	MinTarget   float64 `json:"minTarget" required:"false" default:"0"`
	MaxTarget   float64 `json:"maxTarget" required:"false" default:"0"`
	TargetRange float64 `json:"targetTolerance" required:"false" default:"0" doc:"How far beside the wanted range a value still counts."`
}

// SectionWeight is how much a section counts.
type SectionWeight struct {
	NodeID string  `json:"scorecardNodeId"`
	Weight float64 `json:"weight" minimum:"0" maximum:"100"`
}

// ScorecardParts are what a scorecard and its evaluation both show.
type ScorecardParts struct {
	MetricRubrics  []MetricRubric  `json:"metricRubrics" nullable:"false"`
	SectionWeights []SectionWeight `json:"sectionWeights" nullable:"false"`
}

// ShowParts shows them.
func ShowParts(c hub.Scorecard) ScorecardParts {
	p := ScorecardParts{MetricRubrics: []MetricRubric{}, SectionWeights: []SectionWeight{}}
	for _, n := range c.Nodes {
		if r := n.Rubric; r != nil {
			p.MetricRubrics = append(p.MetricRubrics, MetricRubric{n.ID, n.MetricID, r.Points, r.Min, r.Max, r.Tolerance})
		}
		if n.Kind == hub.NodeSection {
			p.SectionWeights = append(p.SectionWeights, SectionWeight{n.ID, n.Weight})
		}
	}
	return p
}

// ScorecardInstance is a scorecard.
type ScorecardInstance struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Nodes       []ScorecardNode `json:"nodes" nullable:"false" doc:"A tree as a flat list."`
	ScorecardParts
	MetricConfigurations []ScorecardMetric `json:"metricConfigurations" nullable:"false"`
	ColorConfigurations  ScoreColors       `json:"colorConfigurations" required:"false"`
	CreatedAt            string            `json:"createdAt"`
	UpdatedAt            string            `json:"updatedAt"`
	OrganizationID       string            `json:"organizationId"`
	ConversationType     string            `json:"conversationType"`
	IsActive             bool              `json:"isActive"`
	TemplateID           string            `json:"scorecardTemplateId,omitempty"`
	ConfigID             string            `json:"scorecardConfigId"`
	MinDurationMs        float64           `json:"minDurationMs" required:"false" default:"0"`
	Editable             bool              `json:"editable"`
	HasScoredRecordings  bool              `json:"hasScoredRecordings" required:"false" default:"false"`
}

// ScoreColors are the colours of points in percent.
type ScoreColors []hub.ScoreColor

// Schema implements huma.SchemaProvider.
func (ScoreColors) Schema(wire.Schemas) *wire.Schema {
	s := scoreColors()
	s.Default = []any{
		map[string]any{"color": "RED", "lowRange": 0, "highRange": 49}, map[string]any{"color": "YELLOW", "lowRange": 50, "highRange": 79}, map[string]any{"color": "GREEN", "lowRange": 80, "highRange": 100},
	}
	return s
}

// EvaluatedColors are those of an evaluation, which always says them.
type EvaluatedColors []hub.ScoreColor

// Schema implements huma.SchemaProvider.
func (EvaluatedColors) Schema(wire.Schemas) *wire.Schema { return scoreColors() }

func scoreColors() *wire.Schema {
	return &wire.Schema{Type: wire.TypeArray, Items: &wire.Schema{Type: wire.TypeObject, Required: []string{"color", "lowRange", "highRange"}, Properties: map[string]*wire.Schema{
		"color": {Type: wire.TypeString, Enum: []any{"GREEN", "YELLOW", "RED"}}, "lowRange": {Type: wire.TypeNumber}, "highRange": {Type: wire.TypeNumber},
	}}}
}

// ShowScorecard shows a scorecard with its metrics.
func ShowScorecard(c hub.Scorecard, metrics map[string]hub.ScorecardMetric) ScorecardInstance {
	shown := ScorecardInstance{
		ID: c.ID, Name: c.Name, Description: c.Description, ScorecardParts: ShowParts(c), ColorConfigurations: c.ColorsOf(),
		Nodes: wire.Each(c.Nodes, func(n hub.ScorecardNode) ScorecardNode { return ShowNode(n, metrics) }), MetricConfigurations: []ScorecardMetric{},
		CreatedAt: hub.WireTime(c.CreatedAt), UpdatedAt: hub.WireTime(c.UpdatedAt), OrganizationID: c.OrganizationID, ConversationType: c.ConversationType, IsActive: c.Active,
		TemplateID: c.TemplateID, ConfigID: c.ConfigID, MinDurationMs: float64(c.MinDuration.Milliseconds()), Editable: true, HasScoredRecordings: c.Scored,
	}
	seen := map[string]bool{}
	for _, n := range c.Nodes {
		if m, ok := metrics[n.MetricID]; ok && !seen[m.ID] {
			seen[m.ID] = true
			shown.MetricConfigurations = append(shown.MetricConfigurations, ShowMetric(m))
		}
	}
	return shown
}
