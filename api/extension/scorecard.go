package extension

import (
	"net/http"
	"time"

	"sirocco/api/view"
	"sirocco/api/wire"
	"sirocco/hub"
)

// SentMetric is a metric as a definition sends it.
type SentMetric struct {
	ID              string          `json:"id,omitempty" format:"uuid" doc:"Made up where it is left out; then no node can name it yet."`
	Name            string          `json:"name" minLength:"1" maxLength:"256"`
	Description     string          `json:"description,omitempty" maxLength:"4096"`
	Unit            string          `json:"unit,omitempty" maxLength:"64" doc:"That of its type, where it is left out."`
	UnitAbbreviated string          `json:"unitAbbreviated,omitempty" maxLength:"64"`
	MetricType      view.MetricType `json:"metricType"`
	LLMPrompt       string          `json:"llmPrompt,omitempty" maxLength:"32768" doc:"The newest prompt of an AI metric."`
}

// SentNode is a node of a scorecard as a definition sends it.
type SentNode struct {
	ID               string   `json:"id" minLength:"1" maxLength:"256"`
	Name             string   `json:"name" maxLength:"256"`
	Description      string   `json:"description,omitempty" maxLength:"4096"`
	IndexNumber      int64    `json:"indexNumber,omitempty"`
	ParentID         string   `json:"parentId,omitempty" maxLength:"256"`
	NodeType         string   `json:"nodeType" enum:"METRIC,SECTION,ROOT"`
	MetricID         string   `json:"metricId,omitempty" format:"uuid"`
	BookmarkConfigID string   `json:"bookmarkConfigId,omitempty" maxLength:"256"`
	SectionWeight    float64  `json:"sectionWeight,omitempty" minimum:"0" maximum:"100"`
	Rubric           *SentRub `json:"rubric,omitempty" doc:"What a metric gives; it gives nothing without one."`
}

// SentRub is a rubric as a definition sends it.
type SentRub struct {
	PointTotal *float64 `json:"metricPointTotal,omitempty" minimum:"0" doc:"100, where it is left out."`
	MinTarget  float64  `json:"minTarget,omitempty"`
	MaxTarget  float64  `json:"maxTarget,omitempty"`
	Tolerance  float64  `json:"targetTolerance,omitempty" minimum:"0"`
}

// SentScorecard is a scorecard as a definition sends it.
type SentScorecard struct {
	_                struct{}         `json:"-" additionalProperties:"false"`
	ID               string           `json:"id,omitempty" format:"uuid" doc:"The scorecard whose place it takes; a new one, where it is left out."`
	Name             string           `json:"name" minLength:"1" maxLength:"256"`
	Description      string           `json:"description,omitempty" maxLength:"4096"`
	ConversationType string           `json:"conversationType" minLength:"1" maxLength:"256"`
	IsActive         *bool            `json:"isActive,omitempty"`
	TemplateID       string           `json:"scorecardTemplateId,omitempty" maxLength:"256"`
	ConfigID         string           `json:"scorecardConfigId,omitempty" maxLength:"256"`
	MinDurationMs    int64            `json:"minDurationMs,omitempty" minimum:"0" maximum:"86400000"`
	Tags             []string         `json:"tags,omitempty" nullable:"false" maxItems:"50"`
	Metrics          []SentMetric     `json:"metricConfigurations,omitempty" nullable:"false" maxItems:"200"`
	Nodes            []SentNode       `json:"nodes" nullable:"false" maxItems:"200"`
	Colors           []hub.ScoreColor `json:"colorConfigurations,omitempty" nullable:"false" maxItems:"10"`
}

// ScorecardAnswer is one scorecard.
type ScorecardAnswer struct {
	Body struct {
		Data view.ScorecardInstance `json:"data"`
	}
}

func (s *server) registerScorecards() {
	wire.Register(s.API, wire.Operation{
		OperationID: "putScorecard", Method: http.MethodPut, Path: "/v1/core/scorecards/instances", Summary: "Define a scorecard",
		Description: "The metrics in metricConfigurations take the place of those of their ids; those from before may be named without being sent again. Values come with the analyses of recordings.",
		Tags:        []string{"Scorecards"}, Extensions: wire.Extension(),
	}, wire.JSONErrors(http.StatusConflict), s.putScorecard)
}

func (s *server) putScorecard(r *wire.Request, in *struct {
	wire.OrganizationSelector
	Body SentScorecard
},
) (*ScorecardAnswer, error) {
	organization, err := r.Organization(in.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	b := in.Body
	card := hub.Scorecard{
		ID: b.ID, OrganizationID: organization, ConversationType: b.ConversationType, Active: b.IsActive == nil || *b.IsActive, Name: b.Name, Description: b.Description,
		TemplateID: b.TemplateID, ConfigID: b.ConfigID, Colors: b.Colors, Tags: b.Tags, MinDuration: time.Duration(b.MinDurationMs) * time.Millisecond,
	}
	for _, n := range b.Nodes {
		node := hub.ScorecardNode{
			ID: n.ID, Name: n.Name, Description: n.Description, Index: n.IndexNumber, ParentID: n.ParentID, Kind: n.NodeType, MetricID: n.MetricID,
			BookmarkConfigID: n.BookmarkConfigID, Weight: n.SectionWeight,
		}
		if n.Rubric != nil {
			node.Rubric = &hub.ScoreRubric{Points: 100, Min: n.Rubric.MinTarget, Max: n.Rubric.MaxTarget, Tolerance: n.Rubric.Tolerance}
			wire.Set(&node.Rubric.Points, n.Rubric.PointTotal)
		}
		card.Nodes = append(card.Nodes, node)
	}
	var metrics []hub.ScorecardMetric
	for _, m := range b.Metrics {
		one := hub.ScorecardMetric{ID: m.ID, Name: m.Name, Description: m.Description, Unit: m.Unit, UnitAbbreviated: m.UnitAbbreviated, MetricType: string(m.MetricType), LLMPrompt: m.LLMPrompt}
		if one.ID == "" {
			one.ID = hub.NewID()
		}
		one.Complete()
		metrics = append(metrics, one)
	}
	kept, err := s.Store.PutScorecard(r, card, metrics)
	if err != nil {
		return nil, err
	}
	known, err := s.Store.Metrics(r, organization)
	out := &ScorecardAnswer{}
	out.Body.Data = view.ShowScorecard(kept, known)
	return out, err
}
