package hub

import (
	"math"
	"testing"
)

// TestWhatAVisitSaysOfDelays has recordings that began within the six minutes after the visit did, of a rep who was free: a delay in the middle
// of those is believed as it was, and one that is not is believed to be at their edge. How sure that is, the six minutes say.
func TestWhatAVisitSaysOfDelays(t *testing.T) {
	const width = 6.0
	for _, c := range []struct{ start, mean float64 }{{width / 2, 0}, {width, 0}, {60, 60 - width}, {-60, -60}} {
		b := belief{variance: 900, free: math.Inf(-1), busy: math.Inf(-1)}
		density, after := b.visitDensity(100+c.start, 100, [len(begins)]float64{1})
		if density <= 0 || math.Abs(after.mean-c.mean) > 1e-6 || math.Abs(after.variance-width*width/12) > 1e-6 || math.Abs(after.last-c.mean) > 1e-6 {
			t.Errorf("a recording %v minutes after what was planned has the density %v, and the belief after it is %+v, want %v ± %v", c.start, density, after, c.mean, width/math.Sqrt(12))
		}
	}
}
