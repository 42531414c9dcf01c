package hub

import (
	"math"
	"testing"
)

// TestPlacesSpreadEvenly: such a density is of one place in all, the same in each ring between its edges, and half as much at an edge, which
// is as soft as it is far away.
func TestPlacesSpreadEvenly(t *testing.T) {
	const nearest, farthest = 1000.0, 10_000.0
	sum, step := 0.0, 1.0
	for meters := step / 2; meters < 10*farthest; meters += step {
		sum += between(meters, nearest, farthest) * 2 * math.Pi * meters * step
	}
	if math.Abs(sum-1) > 0.1 {
		t.Errorf("it sums up to %f", sum)
	}
	inside := 1 / (farthest - nearest) / (2 * math.Pi)
	for _, c := range []struct {
		name         string
		meters, part float64
	}{
		{"at the near edge", nearest, 0.5},
		{"a softness before it", (nearest - 15) / 1.1, normalBelow(-1)},
		{"a softness past it", (nearest + 15) / 0.9, normalBelow(1)},
		{"between", 4000, 1},
		{"a softness before the far edge", (farthest - 15) / 1.1, normalBelow(1)},
		{"at the far edge", farthest, 0.5},
		{"a softness past it", (farthest + 15) / 0.9, normalBelow(-1)},
	} {
		if got, want := between(c.meters, nearest, farthest), c.part*inside/max(c.meters, nearest); math.Abs(got-want) > 1e-6*want {
			t.Errorf("%s: %g, want %g", c.name, got, want)
		}
	}
}
