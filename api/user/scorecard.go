package user

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"

	"sirocco/api/view"
	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

const scorecardTag = "Scorecards"

// OneOrMore is a parameter that takes one text or several, each in a parameter of its own or separated by commas. It is
// shown as it was asked.
type OneOrMore []string

// Schema implements huma.SchemaProvider.
func (OneOrMore) Schema(wire.Schemas) *wire.Schema {
	least := 1
	return &wire.Schema{AnyOf: []*wire.Schema{{Type: wire.TypeArray, Items: &wire.Schema{Type: wire.TypeString}, MinItems: &least}, {Type: wire.TypeString, MinLength: &least}}}
}

// MarshalJSON implements json.Marshaler.
func (l OneOrMore) MarshalJSON() ([]byte, error) {
	if len(l) == 1 {
		return json.Marshal(l[0])
	}
	return json.Marshal([]string(l))
}

// words are all that it names.
func (l OneOrMore) words() []string {
	return wire.WordsOf(l)
}

// Scope is what the ids of a filter are ids of.
type Scope []string

// scopes are the words of the contract.
var scopes = []string{"RECORDING", "USER", "TEAM", "ORGANIZATION"}

// Schema implements huma.SchemaProvider. The words are told, not checked: filter names the one that is wrong.
func (Scope) Schema(wire.Schemas) *wire.Schema {
	least := 1
	word := func() *wire.Schema {
		s := &wire.Schema{Type: wire.TypeString}
		for _, scope := range scopes {
			s.Enum = append(s.Enum, scope)
		}
		return s
	}
	return &wire.Schema{Extensions: map[string]any{"anyOf": []*wire.Schema{{Type: wire.TypeArray, Items: word(), MinItems: &least}, word()}}}
}

// MarshalJSON implements json.Marshaler. Words that came in one text are shown as several: the contract has no word with a comma.
func (l Scope) MarshalJSON() ([]byte, error) { return OneOrMore(OneOrMore(l).words()).MarshalJSON() }

// ScoreQuery is how a client chooses the recordings that figures rest on.
type ScoreQuery struct {
	StartAt     string    `query:"startAt" required:"true" doc:"Only recordings that began at or after it."`
	EndAt       string    `query:"endAt" required:"true" doc:"Only recordings that began at or before it."`
	FilterByIDs OneOrMore `query:"filterByIds,explode" required:"true" doc:"Only recordings that are one of these, or of one of these."`
	FilterBy    Scope     `query:"filterBy,explode" required:"true" doc:"What the ids are ids of."`
	GroupBy     Scope     `query:"groupBy,explode" doc:"Checked; the answer has one value a metric whatever it says."`
}

// idsMost is how many ids a filter may have.
const idsMost = 1000

// filter reads which recordings are chosen. What the viewer does not see is not chosen.
func (in *ScoreQuery) filter(v hub.Viewer, organization string) (store.ScoreFilter, error) {
	var q wire.Query
	f := store.ScoreFilter{By: v, From: q.Must("startAt", in.StartAt), Until: wire.AfterShown(q.Must("endAt", in.EndAt))}
	if !f.From.IsZero() && !f.Until.IsZero() && !f.From.Before(f.Until) {
		q.Wrong("endAt", "is before startAt", "a time at or after startAt")
	}
	ids, by := in.FilterByIDs.words(), OneOrMore(in.FilterBy).words()
	if len(ids) == 0 || len(ids) > idsMost {
		q.Wrong("filterByIds", fmt.Sprintf("has %d ids", len(ids)), fmt.Sprintf("from 1 to %d", idsMost))
	}
	if len(by) == 0 {
		q.Wrong("filterBy", "is empty", strings.Join(scopes, ", "))
	}
	for _, named := range []struct {
		name  string
		words []string
	}{{"filterBy", by}, {"groupBy", OneOrMore(in.GroupBy).words()}} {
		for _, word := range named.words {
			if !slices.Contains(scopes, word) {
				q.Wrong(named.name, "is "+hub.Quoted(word), "one or more of "+strings.Join(scopes, ", "))
			}
		}
	}
	for _, scope := range by {
		switch scope {
		case "RECORDING":
			f.Recordings = ids
		case "USER":
			f.Users = ids
		case "TEAM":
			f.Teams = ids
		case "ORGANIZATION":
			f.Everything = f.Everything || slices.Contains(ids, organization)
		}
	}
	return f, q.Err()
}

// AvailableMetrics are the metrics that there are.
type AvailableMetrics struct {
	Metrics []view.ScorecardMetric `json:"scorecardMetrics" nullable:"false"`
}

// MetricsAnswer is the metrics that there are.
type MetricsAnswer struct {
	Body struct {
		Data AvailableMetrics `json:"data"`
		wire.PagedBody
	}
}

// MetricValue is what a metric comes to.
type MetricValue struct {
	ID              string          `json:"id"`
	Name            string          `json:"name"`
	Description     string          `json:"description,omitempty"`
	Value           *float64        `json:"value,omitempty" doc:"The plain mean; left out where there are no values."`
	PassRate        *float64        `json:"passRate,omitempty" doc:"The share of the recordings within the wanted range of the active scorecard, in percent."`
	Unit            string          `json:"unit"`
	UnitAbbreviated string          `json:"unitAbbreviated"`
	MetricType      view.MetricType `json:"metricType"`
}

// MetricValues are what the metrics come to over some recordings.
type MetricValues struct {
	Recordings float64       `json:"recordingsEvaluatedCount"`
	Values     []MetricValue `json:"metricValues" nullable:"false"`
	StartAt    string        `json:"startAt"`
	EndAt      string        `json:"endAt"`
	IDs        OneOrMore     `json:"filterByIds"`
	By         Scope         `json:"filterBy"`
}

// MetricValuesAnswer is what the metrics come to.
type MetricValuesAnswer struct {
	Body struct {
		Data MetricValues `json:"data"`
		wire.PagedBody
	}
}

// ScorecardInstances are the scorecards of an organization.
type ScorecardInstances struct {
	Instances []view.ScorecardInstance `json:"scorecardInstances" nullable:"false"`
}

// ScorecardsAnswer is the scorecards of an organization.
type ScorecardsAnswer struct {
	Body struct {
		Data ScorecardInstances `json:"data"`
		wire.PagedBody
	}
}

func (s *server) registerScorecards() {
	add := func(id, path, summary string) wire.Operation {
		return wire.Operation{OperationID: id, Method: http.MethodGet, Path: "/v1/core/scorecards" + path, Summary: summary, Tags: []string{scorecardTag}}
	}
	wire.RegisterUser(s.API, add("listScorecardMetrics", "/scorecard-metrics/available", "List the metrics that there are"), hub.ScopeRead, wire.ZodErrors(), s.listMetrics)
	values := add("getMetricValues", "/scorecard-metrics/values", "Get what the metrics come to")
	values.Description = "Over the scored recordings that the user sees."
	wire.RegisterUser(s.API, values, hub.ScopeRead, wire.ZodErrors(), s.metricValues)
	wire.RegisterUser(s.API, add("listScorecards", "/instances", "List the scorecards"), hub.ScopeRead, wire.ZodErrors(), s.listScorecards)
	evaluated := add("evaluateScorecard", "/evaluated-instances/{id}", "Evaluate a scorecard")
	evaluated.Description = "Over the scored recordings that the user sees. A value within the wanted range gives all its points, beside it fewer, and none at the tolerance; of several recordings it counts how many lie within. An AI metric gives its share of 100."
	wire.RegisterUser(s.API, evaluated, hub.ScopeRead, wire.ZodErrors(), s.evaluateScorecard)
}

func (s *server) listMetrics(r *wire.Request, in *struct {
	Organization     string `query:"requestedOrganizationId" doc:"The user's own organization, if any."`
	ConversationType string `query:"conversationTypeId" doc:"Only metrics of scorecards for this conversation type."`
	Group            string `query:"requestedOrganizationGroupId" doc:"The group that the organization is of."`
	All              bool   `query:"getAllMetrics" nullable:"true" doc:"For the operators of the published service alone."`
},
) (*MetricsAnswer, error) {
	if _, err := s.viewer(r, in.Organization); err != nil {
		return nil, err
	}
	if in.All {
		return nil, hub.Forbidden("This access token may not list all metrics that there are: leave getAllMetrics out.")
	}
	if in.Group != "" {
		if has, err := s.Store.GroupHas(r, r.User.OrganizationID, in.Group); err != nil {
			return nil, err
		} else if !has {
			return nil, hub.Forbidden("This access token is not of that organization group.")
		}
	}
	metrics, err := s.Store.Metrics(r, r.User.OrganizationID)
	if err != nil {
		return nil, err
	}
	var used map[string]bool
	if in.ConversationType != "" {
		cards, err := s.Store.Scorecards(r, r.User.OrganizationID, in.ConversationType, nil)
		if err != nil {
			return nil, err
		}
		used = map[string]bool{}
		for i := range cards {
			for _, n := range cards[i].Nodes {
				used[n.MetricID] = true
			}
		}
	}
	out := &MetricsAnswer{}
	out.Body.Data.Metrics = []view.ScorecardMetric{}
	for _, m := range inOrder(metrics) {
		if used == nil || used[m.ID] {
			out.Body.Data.Metrics = append(out.Body.Data.Metrics, view.ShowMetric(m))
		}
	}
	return out, nil
}

// inOrder are metrics by name.
func inOrder(metrics map[string]hub.ScorecardMetric) []hub.ScorecardMetric {
	all := make([]hub.ScorecardMetric, 0, len(metrics))
	for _, m := range metrics {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b hub.ScorecardMetric) int { return strings.Compare(a.Name+"\x00"+a.ID, b.Name+"\x00"+b.ID) })
	return all
}

func (s *server) metricValues(r *wire.Request, in *struct {
	Organization     string `query:"requestedOrganizationId" required:"true" doc:"The user's own organization."`
	ConversationType string `query:"conversationTypeId" required:"true" doc:"Only recordings of this conversation type."`
	ScoreQuery
},
) (*MetricValuesAnswer, error) {
	v, err := s.viewer(r, in.Organization)
	if err != nil {
		return nil, err
	}
	f, err := in.filter(v, r.User.OrganizationID)
	if err != nil {
		return nil, err
	}
	f.ConversationType = in.ConversationType
	metrics, err := s.Store.Metrics(r, r.User.OrganizationID)
	if err != nil {
		return nil, err
	}
	cards, err := s.Store.Scorecards(r, r.User.OrganizationID, in.ConversationType, new(true))
	if err != nil {
		return nil, err
	}
	rubrics := map[string]*hub.ScoreRubric{} // of the active scorecards
	for i := range cards {
		for _, n := range cards[i].Nodes {
			if rubrics[n.MetricID] == nil {
				rubrics[n.MetricID] = n.Rubric
			}
		}
	}
	var asked []store.MetricAsked
	for _, m := range inOrder(metrics) {
		asked = append(asked, store.MetricAsked{ID: m.ID, Rubric: rubrics[m.ID]})
	}
	counted, figures, err := s.figures(r, f, asked, metrics)
	if err != nil {
		return nil, err
	}
	out := &MetricValuesAnswer{}
	d := &out.Body.Data
	d.Recordings, d.StartAt, d.EndAt, d.IDs, d.By, d.Values = float64(counted.Count), in.StartAt, in.EndAt, in.FilterByIDs, in.FilterBy, []MetricValue{}
	for _, m := range asked {
		shown := view.ShowMetric(metrics[m.ID])
		one := MetricValue{ID: m.ID, Name: shown.Name, Description: shown.Description, Unit: shown.Unit, UnitAbbreviated: shown.UnitAbbreviated, MetricType: shown.MetricType}
		if f, ok := figures[m.ID]; ok {
			one.Value = new(round(f.Mean()))
			if m.Rubric != nil && shown.MetricType != hub.MetricAI && shown.MetricType != hub.MetricRecordingCount {
				one.PassRate = new(round(f.PassRate()))
			}
			d.Values = append(d.Values, one)
		} else if rubrics[m.ID] != nil { // a scorecard of the type has it
			d.Values = append(d.Values, one)
		}
	}
	return out, nil
}

// figures counts the recordings and sums up the metrics. How many recordings there are is a metric, too.
func (s *server) figures(r *wire.Request, f store.ScoreFilter, asked []store.MetricAsked, metrics map[string]hub.ScorecardMetric) (store.ScoredRecordings, map[string]hub.MetricFigures, error) {
	counted, err := s.Store.CountScored(r, r.User.OrganizationID, f)
	if err != nil || counted.Count == 0 {
		return counted, nil, err
	}
	figures, err := s.Store.MetricFigures(r, r.User.OrganizationID, f, asked)
	if err != nil {
		return counted, nil, err
	}
	for _, m := range asked {
		if metrics[m.ID].MetricType == hub.MetricRecordingCount {
			figures[m.ID] = hub.MetricFigures{Count: 1, Sum: float64(counted.Count)}
		}
	}
	return counted, figures, nil
}

// round cuts what a sum of floating-point numbers adds.
func round(v float64) float64 { return math.Round(v*1e6) / 1e6 }

func (s *server) listScorecards(r *wire.Request, in *struct {
	Organization     string              `query:"organizationId" doc:"The user's own organization, if any."`
	ConversationType string              `query:"conversationTypeId" doc:"Only those of this conversation type."`
	Active           wire.Optional[bool] `query:"isActive" doc:"Only those that are active, or are not."`
},
) (*ScorecardsAnswer, error) {
	if _, err := s.viewer(r, in.Organization); err != nil {
		return nil, err
	}
	var active *bool
	if in.Active.Sent {
		active = &in.Active.Value
	}
	metrics, err := s.Store.Metrics(r, r.User.OrganizationID)
	if err != nil {
		return nil, err
	}
	cards, err := s.Store.Scorecards(r, r.User.OrganizationID, in.ConversationType, active)
	out := &ScorecardsAnswer{}
	out.Body.Data.Instances = wire.Each(cards, func(c hub.Scorecard) view.ScorecardInstance { return view.ShowScorecard(c, metrics) })
	return out, err
}
