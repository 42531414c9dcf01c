package store

import (
	"testing"

	"sirocco/hub"
)

// TestProjectsNearARecording: within three kilometers is near, as the crow flies: in the north a degree of longitude is shorter, and there is no
// edge at 180 of them. Where one of the two is not known nothing is.
func TestProjectsNearARecording(t *testing.T) {
	for _, c := range []struct {
		from, to [2]float64
		want     bool
	}{
		{[2]float64{0, 10}, [2]float64{0, 10.0268}, true}, // 2980 m
		{[2]float64{0, 10}, [2]float64{0, 10.0272}, false},
		{[2]float64{0, 10}, [2]float64{0.0268, 10}, true},
		{[2]float64{0, 10}, [2]float64{-0.0272, 10}, false},
		{[2]float64{60, 10}, [2]float64{60, 10.0536}, true},
		{[2]float64{60, 10}, [2]float64{60, 9.9456}, false},
		{[2]float64{60, 10}, [2]float64{60.02, 10.05}, false}, // 2224 and 2780 m
		{[2]float64{0, 179.99}, [2]float64{0, -179.99}, true},
	} {
		r, p := &hub.Recording{Latitude: &c.from[0], Longitude: &c.from[1]}, &Record{}
		p.Details.Latitude, p.Details.Longitude = &c.to[0], &c.to[1]
		if near(r, p) != c.want {
			t.Errorf("from %v to %v is near: %v", c.from, c.to, !c.want)
		}
		p.Details.Longitude = nil
		if near(r, p) || near(&hub.Recording{Latitude: r.Latitude}, &Record{Details: hub.Details{Latitude: &c.to[0], Longitude: &c.to[1]}}) {
			t.Errorf("near where half of a place is known")
		}
	}
}
