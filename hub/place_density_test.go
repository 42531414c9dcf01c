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

// TestTheSumOfTwoErrors: how far apart two places are whose errors are lognormal and of any two directions is what their moments say, a tenth of it
// of errors half as large again; and it is one density in all, whichever of the two is named first.
func TestTheSumOfTwoErrors(t *testing.T) {
	const median, spread, otherMedian, otherSpread = 400.0, 0.3, 150.0, 0.2
	one, other := apartOf(median, spread, otherMedian, otherSpread), apartOf(otherMedian, otherSpread, median, spread)
	var sum, squares, fourths float64
	for n, density := range one {
		meters := math.Exp(apartFrom + apartStep*float64(n))
		weight := density * 2 * math.Pi * meters * meters * apartStep
		sum, squares, fourths = sum+weight, squares+weight*meters*meters, fourths+weight*math.Pow(meters, 4)
		if math.Abs(density-other[n]) > 1e-9*density {
			t.Errorf("%.0f meters: %g, and %g the other way around", meters, density, other[n])
		}
	}
	moment := func(median, spread, order float64) float64 {
		return math.Pow(median, order) * math.Exp(order*order*spread*spread/2)
	}
	a, b := moment(median, spread, 2), moment(otherMedian, otherSpread, 2)
	large := func(order float64) float64 { return 0.9 + 0.1*math.Pow(1.5, order) }
	wantSquares := large(2) * (a + b)
	wantFourths := large(4) * (moment(median, spread, 4) + moment(otherMedian, otherSpread, 4) + 4*a*b)
	if math.Abs(sum-1) > 1e-9 || math.Abs(squares/wantSquares-1) > 0.01 || math.Abs(fourths/wantFourths-1) > 0.05 {
		t.Errorf("it sums up to %g, its squares to %g of %g, their squares to %g of %g", sum, squares, wantSquares, fourths, wantFourths)
	}
}
