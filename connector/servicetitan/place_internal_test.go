package servicetitan

import "testing"

// TestPlacesOfAPage reads places back, also of earlier versions; of what is no place the beginning.
func TestPlacesOfAPage(t *testing.T) {
	const at = "2026-01-02T00:00:00.000Z"
	for text, want := range map[string]place{
		"": {number: 1}, "x": {number: 1}, at + "|3": {created: at, number: 3}, "1|" + at + "|3": {source: 1, created: at, number: 3}, "2||7|counted": {source: 2, number: 7, counted: true},
		"-1|" + at + "|3": {created: at, number: 3}, "x|" + at + "|3": {created: at, number: 3}, "99999999999999999999|" + at + "|3": {created: at, number: 3},
		"1|" + at + "|0": {source: 1, created: at, number: 1}, "1|" + at + "|-3": {source: 1, created: at, number: 1}, "1|" + at + "|x": {source: 1, created: at, number: 1},
		"1|" + at + "|99999999999999999999": {source: 1, created: at, number: 1},
	} {
		if got := placeOf(text); got != want || placeOf(got.String()) != want {
			t.Errorf("%q is %+v, and not %+v", text, got, want)
		}
	}
}
