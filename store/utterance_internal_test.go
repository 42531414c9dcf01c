package store

import (
	"strings"
	"testing"

	"sirocco/hub"
)

// TestASliceOfUtterancesIsBounded ends a slice before what would be too much of it, by number or by bytes; what is too much alone is one alone.
func TestASliceOfUtterancesIsBounded(t *testing.T) {
	of := func(bytes ...int) (all []hub.Utterance) {
		for _, n := range bytes {
			all = append(all, hub.Utterance{Text: strings.Repeat("x", n)})
		}
		return all
	}
	for name, c := range map[string]struct {
		all      []hub.Utterance
		at, want int
	}{
		"none":                 {nil, 0, 0},
		"few":                  {of(5, 6, 7), 0, 3},
		"few, from the second": {of(5, 6, 7), 1, 3},
		"at the end":           {of(5, 6, 7), 3, 3},
		"as many as may be":    {make([]hub.Utterance, utteranceSlice), 0, utteranceSlice},
		"more":                 {make([]hub.Utterance, 3*utteranceSlice), 7, utteranceSlice + 7},
		"as much as may be":    {of(utteranceBytes-5, 5, 0), 0, 3},
		"a byte more":          {of(utteranceBytes-5, 5, 1, 1), 0, 2},
		"too much alone":       {of(utteranceBytes+1, 1), 0, 1},
		"too much behind some": {of(1, utteranceBytes+1, 1), 0, 1},
		"counted anew":         {of(utteranceBytes, utteranceBytes), 1, 2},
	} {
		if got := utteranceEnd(c.all, c.at); got != c.want {
			t.Errorf("%s: it ends at %d, and not at %d", name, got, c.want)
		}
	}
}
