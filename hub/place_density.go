package hub

import (
	"math"
	"slices"
	"sync"
)

// How far recordings and appointments are from where they say they are, in meters; densities are per square meter.
const (
	// addressMedian and addressSpread are of how far an appointment's place is off, fixMedian and fixSpread of how far a
	// recording's is: of lognormal distributions.
	addressMedian, addressSpread = 25.0, 0.8
	fixMedian, fixSpread         = 18.0, 0.7
	// misplaced is how often an address was found elsewhere, stray how often a recording's place is an old one or a
	// guess of the phone: nearby, which is as far away as the rep talks to somebody else meanwhile.
	misplaced, misplacedNearest, misplacedFarthest = 0.04, 1500.0, 20_000.0
	stray, nearbyNearest, nearbyFarthest           = 0.05, 30.0, 1600.0
	// lost is how often a place says nothing at all.
	lost = 0.002
	// neighbourChance is how often an appointment is some doors from the one before it.
	neighbourChance, neighbourNearest, neighbourFarthest = 0.10, 30.0, 200.0
)

// place is a point of the earth, in degrees.
type place struct{ latitude, longitude float64 }

// placeOf is the place where it is known and sane: 0,0 is how many programs write that they do not know.
func placeOf(latitude, longitude *float64) (place, bool) {
	if latitude == nil || longitude == nil {
		return place{}, false
	}
	p := place{*latitude, *longitude}
	sane := math.Abs(p.latitude) <= 90 && math.Abs(p.longitude) <= 180 // which NaN is not
	return p, sane && (math.Abs(p.latitude) > 1e-6 || math.Abs(p.longitude) > 1e-6)
}

// metersTo is how far it is along the ground.
func (p place) metersTo(q place) float64 {
	const earth, radians = 6_371_000.0, math.Pi / 180
	north, east := math.Sin((q.latitude-p.latitude)*radians/2), math.Sin((q.longitude-p.longitude)*radians/2)
	h := north*north + math.Cos(p.latitude*radians)*math.Cos(q.latitude*radians)*east*east
	return 2 * earth * math.Asin(min(1, math.Sqrt(h)))
}

// sameDensity is how probable it is that a recording was made some meters from the place of its appointment.
func sameDensity(meters float64) float64 { return placeDensities().same.at(meters) }

// strayedDensity is how probable it is that a recording which was made some meters from the place of its appointment was told a place that
// is an old one, or a guess of the phone.
func strayedDensity(meters float64) float64 {
	strayed := stray * (1 - misplaced) * between(meters, nearbyNearest, nearbyFarthest)
	return strayed / max(sameDensity(meters), strayed, 1e-300)
}

// partsDensity is how probable it is that two recordings of one visit have places some meters apart.
func partsDensity(meters float64) float64 { return placeDensities().parts.at(meters) }

// nearbyDensity is how probable it is that a talk with somebody else took place some meters from the appointment.
func nearbyDensity(meters float64) float64 { return placeDensities().nearby.at(meters) }

// anywhereDensity is how probable a place is for somebody who works within some meters.
func anywhereDensity(radius float64) float64 { return 1 / (math.Pi * radius * radius) }

// visitAgainst is how much more probable a place is for a visit, by a density, than anywhere. What one place that is wrong can say is bounded,
// but for one that is farther than addresses are found elsewhere: the farther, the more it speaks against.
func visitAgainst(anywhere, density, meters float64) float64 {
	far := min(1, misplacedFarthest/meters)
	return density/anywhere + lost*far*far
}

// nearbyAgainst is how much more probable a place is for a talk with somebody else in an appointment's time than anywhere.
func nearbyAgainst(anywhere, meters float64) float64 {
	return nearbyDensity(meters)/anywhere + lost/stray
}

// between is the density of places whose distances are spread evenly, with soft edges.
func between(meters, nearest, farthest float64) float64 {
	soft := 0.1*meters + 15
	inside := normalBelow((meters-nearest)/soft) - normalBelow((meters-farthest)/soft)
	return inside / (farthest - nearest) / (2 * math.Pi * max(meters, nearest))
}

// byDistance are densities of places by how far away they are: at distances whose logarithms are some steps apart.
type byDistance []float64

const (
	apartFrom = -1.0 // the logarithm of the shortest distance
	apartStep = 0.1
	apartEnd  = 11.0
)

// at is the density at a distance.
func (d byDistance) at(meters float64) float64 {
	at := (math.Log(max(meters, 1)) - apartFrom) / apartStep
	i := int(at)
	if i+1 >= len(d) {
		return 0
	}
	return d[i]*(1-(at-float64(i))) + d[i+1]*(at-float64(i))
}

// placeDensities are of an appointment and the recording of its visit, of an appointment and a talk with somebody else in its time, and of two
// recordings of one visit. That somebody may have been kilometers away as well: so often that a place there speaks against the visit as much
// as one nearby does, though some addresses are found there. No place that is farther speaks less against it.
var placeDensities = sync.OnceValue(func() (all struct{ same, nearby, parts byDistance }) {
	all.same = apartOf(addressMedian, addressSpread, fixMedian, fixSpread)
	all.parts = apartOf(fixMedian, fixSpread, fixMedian, fixSpread)
	all.nearby = make(byDistance, len(all.same))
	for n := range all.same {
		meters := math.Exp(apartFrom + apartStep*float64(n))
		near, elsewhere := between(meters, nearbyNearest, nearbyFarthest), between(meters, misplacedNearest, misplacedFarthest)
		all.same[n] = (1-misplaced)*((1-stray)*all.same[n]+stray*near) + misplaced*elsewhere
		all.nearby[n] = (1-misplaced)*near + misplaced/stray*elsewhere
		all.parts[n] = (1-2*stray)*all.parts[n] + 2*stray*near
	}
	for n := len(all.same) - 2; n >= 0; n-- {
		all.same[n], all.parts[n] = max(all.same[n], all.same[n+1]), max(all.parts[n], all.parts[n+1])
	}
	least := math.Inf(1)
	for n, same := range all.same {
		least = min(least, same/max(all.nearby[n], 1e-300))
		all.nearby[n] = max(all.nearby[n], same/least)
	}
	return all
})

// apartOf adds up two errors of lognormal size in any two directions. A tenth is of errors half as large again.
func apartOf(median, spread, otherMedian, otherSpread float64) byDistance {
	const quantiles, directions = 60, 24
	of := make(byDistance, int((apartEnd-apartFrom)/apartStep))
	for _, scale := range []struct{ weight, by float64 }{{0.9, 1}, {0.1, 1.5}} {
		weight := scale.weight / (quantiles * quantiles * directions * apartStep)
		for i := range quantiles {
			a := scale.by * median * math.Exp(spread*quantile((float64(i)+0.5)/quantiles))
			for j := range quantiles {
				b := scale.by * otherMedian * math.Exp(otherSpread*quantile((float64(j)+0.5)/quantiles))
				for k := range directions {
					d := math.Sqrt(a*a + b*b + 2*a*b*math.Cos(math.Pi*(float64(k)+0.5)/directions))
					at := (math.Log(max(d, 1)) - apartFrom) / apartStep
					n := int(at)
					if n+1 < len(of) {
						of[n] += weight * (1 - (at - float64(n)))
						of[n+1] += weight * (at - float64(n))
					}
				}
			}
		}
	}
	for n := range of { // from distances to places
		meters := math.Exp(apartFrom + apartStep*float64(n))
		of[n] /= 2 * math.Pi * meters * meters
	}
	return of
}

// quantile is that of the standard normal distribution.
func quantile(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }

// territory is the radius, in meters, of where the rep of a day works.
func territory(places []place) float64 {
	const least, most, unknown = 3000.0, 30_000.0, 15_000.0
	if len(places) < 2 {
		return unknown
	}
	var all []float64
	for i, p := range places {
		for _, q := range places[:i] {
			all = append(all, p.metersTo(q))
		}
	}
	slices.Sort(all)
	return min(max(all[len(all)/2], least), most)
}
