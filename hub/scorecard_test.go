package hub_test

import (
	"fmt"
	"slices"
	"testing"

	"sirocco/hub"
)

// TestRubricShare: all within the range, falling straight to none at the tolerance beside it.
func TestRubricShare(t *testing.T) {
	r := hub.ScoreRubric{Points: 100, Min: 40, Max: 60, Tolerance: 10}
	for value, want := range map[float64]float64{40: 1, 50: 1, 60: 1, 65: 0.5, 35: 0.5, 70: 0, 30: 0, 100: 0} {
		if got := r.Share(value); got != want {
			t.Errorf("%v gives %v, want %v", value, got, want)
		}
	}
	if exact := (&hub.ScoreRubric{Min: 1, Max: 1}); exact.Share(1) != 1 || exact.Share(1.1) != 0 {
		t.Error("without a tolerance there is something between all and nothing")
	}
}

// TestEvaluate: sections count by their weights, several recordings by how many passed, AI metrics by their share of 100,
// and a metric without a rubric not at all.
func TestEvaluate(t *testing.T) {
	card := hub.Scorecard{Nodes: []hub.ScorecardNode{
		{ID: "root", Kind: hub.NodeRoot}, {ID: "s1", Kind: hub.NodeSection, ParentID: "root", Weight: 75}, {ID: "s2", Kind: hub.NodeSection, ParentID: "root", Weight: 25},
		{ID: "share", Kind: hub.NodeMetric, ParentID: "s1", MetricID: "share", Rubric: &hub.ScoreRubric{Points: 100, Min: 40, Max: 60, Tolerance: 10}},
		{ID: "free", Kind: hub.NodeMetric, ParentID: "s1", MetricID: "free"},
		{ID: "ai", Kind: hub.NodeMetric, ParentID: "s2", MetricID: "ai", Rubric: &hub.ScoreRubric{Points: 50}},
	}}
	metrics := map[string]hub.ScorecardMetric{"share": {MetricType: "REP_SPEAKER_SHARE"}, "free": {MetricType: "REP_WORD_COUNT"}, "ai": {MetricType: hub.MetricAI}}
	nodes, earned := card.Evaluate(map[string]hub.MetricFigures{"share": {Count: 4, Sum: 200, Passed: 2}, "free": {Count: 4, Sum: 4}, "ai": {Count: 4, Sum: 320}}, metrics)
	if earned != 0.75*50+0.25*80 {
		t.Errorf("the whole gives %v", earned)
	}
	for id, want := range map[string]hub.NodePoints{
		"share": {Possible: 100, Earned: 50, Color: "YELLOW"}, "free": {Color: "RED"}, "ai": {Possible: 50, Earned: 40, Color: "GREEN"},
		"s1": {Possible: 100, Earned: 50, Color: "YELLOW"}, "s2": {Possible: 50, Earned: 40, Color: "GREEN"}, "root": {Possible: 150, Earned: 90, Color: "YELLOW"},
	} {
		got := nodes[id]
		got.Value = nil
		if got != want {
			t.Errorf("%s gives %+v, want %+v", id, got, want)
		}
	}
	if nodes, earned := card.Evaluate(map[string]hub.MetricFigures{"share": {Count: 1, Sum: 65}}, metrics); nodes["share"].Earned != 50 || *nodes["share"].Value != 65 || earned != 37.5 {
		t.Errorf("one recording gives %+v of %v", nodes["share"], earned)
	}
	if nodes, earned := card.Evaluate(nil, metrics); earned != 0 || nodes["share"].Value != nil || nodes["share"].Possible != 100 {
		t.Errorf("nothing gives %+v of %v", nodes["share"], earned)
	}
}

func TestAScorecardIsATree(t *testing.T) {
	root := hub.ScorecardNode{ID: "root", Kind: hub.NodeRoot}
	section := func(id, parent string) hub.ScorecardNode {
		return hub.ScorecardNode{ID: id, Kind: hub.NodeSection, ParentID: parent}
	}
	metric := func(id, parent, of string) hub.ScorecardNode {
		return hub.ScorecardNode{ID: id, Kind: hub.NodeMetric, ParentID: parent, MetricID: of}
	}
	most := make([]hub.ScorecardNode, 199)
	for i := range most {
		most[i] = metric(fmt.Sprint(i), "root", "m")
	}
	for name, c := range map[string]struct {
		nodes []hub.ScorecardNode
		wrong string
	}{
		"a section and a metric in it":   {[]hub.ScorecardNode{root, section("s", "root"), metric("n", "s", "m")}, ""},
		"a metric at the root":           {[]hub.ScorecardNode{root, metric("n", "root", "m")}, ""},
		"no root":                        {nil, "nodes"},
		"two roots":                      {[]hub.ScorecardNode{root, {ID: "other", Kind: hub.NodeRoot}}, "nodes"},
		"two of one id":                  {[]hub.ScorecardNode{root, section("s", "root"), section("s", "root")}, "nodes[2].id"},
		"none of an id":                  {[]hub.ScorecardNode{root, section("", "root")}, "nodes[1].id"},
		"a metric that nobody knows":     {[]hub.ScorecardNode{root, metric("n", "root", "other")}, "nodes[1].metricId"},
		"a root below something":         {[]hub.ScorecardNode{{ID: "root", Kind: hub.NodeRoot, ParentID: "s"}, section("s", "root")}, "nodes[0].parentId"},
		"below nothing":                  {[]hub.ScorecardNode{root, metric("n", "s", "m")}, "nodes[1].parentId"},
		"below a metric":                 {[]hub.ScorecardNode{root, metric("n", "root", "m"), metric("o", "n", "m")}, "nodes[2].parentId"},
		"below itself":                   {[]hub.ScorecardNode{root, section("s", "s")}, "nodes[1].parentId"},
		"a section in a section":         {[]hub.ScorecardNode{root, section("s", "root"), section("t", "s")}, "nodes[2].parentId"},
		"a range that has nothing in it": {[]hub.ScorecardNode{root, {ID: "n", Kind: hub.NodeMetric, ParentID: "root", MetricID: "m", Rubric: &hub.ScoreRubric{Min: 2, Max: 1}}}, "nodes[1]"},
		"as many as there may be":        {slices.Concat([]hub.ScorecardNode{root}, most), ""},
		"more than there may be":         {slices.Concat([]hub.ScorecardNode{root, section("s", "root")}, most), "nodes"},
	} {
		card := hub.Scorecard{Nodes: c.nodes}
		err := card.Validate(map[string]hub.ScorecardMetric{"m": {}})
		if c.wrong == "" && err != nil || c.wrong != "" && fields(t, err) != c.wrong {
			t.Errorf("%s: %v, want that %q is wrong", name, err, c.wrong)
		}
	}
}
