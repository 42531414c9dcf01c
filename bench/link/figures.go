package main

// figures are what a made day is drawn from. Minutes and meters, chances from 0 to 1.
type figures struct {
	// appointmentsLeast and appointmentsMost bound how many a day has, slotLeast and slotMost how long one is,
	// gapMost how long the gap after one.
	appointmentsLeast, appointmentsMost int
	slotLeast, slotMost, gapMost        float64
	noEnd                               float64
	homeNearest, homeFarthest           float64
	neighbour                           float64
	neighbourNearest, neighbourFarthest float64
	placed                              float64
	placeMedian, placeSigma             float64
	misplaced                           float64
	misplacedNearest, misplacedFarthest float64
	// notHeld appointments are not visited; insteadTalks of them the rep talks to somebody near meanwhile, of whom
	// doorLike of these talks are as short as those at a door, and anytime of them begin whenever the visit would have been.
	notHeld, insteadTalks             float64
	insteadNearest, insteadFarthest   float64
	doorLike, anytime                 float64
	moved, movedMost                  float64
	doubled, doubledMost              float64
	drift                             float64
	visitSigma                        float64
	allDay, teamMeeting               float64
	doors                             float64
	doorLeast, doorMost               float64
	early, earlyMost, late, lateMost  float64
	startMost                         float64
	twoParts, twoPartsFrom, partsGap  float64
	fixed                             float64
	fixMedian, fixSigma               float64
	strayFix, strayNearest, strayMost float64
	// named recordings have a name from the uploader, wrongName of those another's, misspelt of those misspelt;
	// phoned and wrongPhone are the same for phones, spoken and spokenToo for names and streets in the words.
	named, wrongName, misspelt float64
	phoned, wrongPhone         float64
	spoken, spokenToo          float64
	// strangers of the names that are another's are of nobody whom the rep sees that day.
	strangers float64
	// shared is how often an appointment of a colleague is the rep's as well, who does not go there.
	shared float64
	// clockOff of the days are recorded by a phone whose clock is an hour ahead or behind.
	clockOff float64
	// carried is what share of a delay that a visit began with lasts on to the next; what an overrun leaves beyond the
	// gap is on top. wander says that the steps add up in any case.
	carried float64
	wander  bool
	// gapLeast is how long the gap after an appointment is at least, drive how many minutes a kilometer takes from visit to visit.
	gapLeast, drive float64
	// lateStart of the days begin late, by lateStartMost at most.
	lateStart, lateStartMost float64
	// again is how often an appointment is of the house and the customer of the one before.
	again float64
	// doorsMost is how many talks at doors a day has at most that has any.
	doorsMost int
	// thirds of the recordings in two parts have a third one; cutShort recordings were stopped after some minutes, forgotten ones
	// went on after the visit, until the next talk at the latest.
	thirds, cutShort, forgotten, forgottenMost float64
}

// nominal are the figures that the rule's likelihoods were derived from.
func nominal() figures {
	return figures{
		appointmentsLeast: 3, appointmentsMost: 7, slotLeast: 30, slotMost: 150, gapMost: 45, noEnd: 0.05,
		homeNearest: 300, homeFarthest: 25_000, neighbour: 0.12, neighbourNearest: 40, neighbourFarthest: 190,
		placed: 0.85, placeMedian: 25, placeSigma: 0.8, misplaced: 0.04, misplacedNearest: 1500, misplacedFarthest: 20_000,
		notHeld: 0.12, insteadTalks: 0.5, insteadNearest: 30, insteadFarthest: 1500, doorLike: 1, anytime: 1,
		moved: 0.06, movedMost: 90, doubled: 0.08, doubledMost: 30, drift: 8, visitSigma: 0.35,
		allDay: 0.06, teamMeeting: 0.15, doors: 0.30, doorLeast: 5, doorMost: 35,
		early: 0.05, earlyMost: 10, late: 0.07, lateMost: 35, startMost: 6,
		twoParts: 0.08, twoPartsFrom: 40, partsGap: 6,
		fixed: 0.90, fixMedian: 18, fixSigma: 0.7, strayFix: 0.05, strayNearest: 150, strayMost: 1650,
		named: 0.60, wrongName: 0.05, misspelt: 0.10, phoned: 0.40, wrongPhone: 0.02, spoken: 0.50, spokenToo: 0.10,
		wander: true, doorsMost: 2,
	}
}

// variant is a set of figures with a name.
type variant struct {
	name string
	figures
}

// variants are days that differ from the nominal ones by about a third, one way or the other, in one respect or all.
func variants() []variant {
	change := func(name string, by func(f *figures)) variant {
		f := nominal()
		by(&f)
		return variant{name, f}
	}
	scale := func(k float64) func(f *figures) {
		return func(f *figures) {
			for _, of := range []*float64{
				&f.noEnd, &f.neighbour, &f.placeMedian, &f.placeSigma, &f.misplaced, &f.notHeld, &f.moved, &f.doubled, &f.drift, &f.visitSigma, &f.allDay,
				&f.teamMeeting, &f.doors, &f.early, &f.late, &f.twoParts, &f.fixMedian, &f.fixSigma, &f.strayFix, &f.wrongName, &f.misspelt, &f.wrongPhone, &f.spokenToo,
			} {
				*of *= k
			}
		}
	}
	return []variant{
		{"nominal", nominal()},
		change("all errors a third more", scale(1.3)),
		change("all errors a third less", scale(0.7)),
		change("delays a third more", func(f *figures) { f.drift *= 1.3; f.visitSigma *= 1.3 }),
		change("delays end with the gap", func(f *figures) { f.wander = false }),
		change("delays last all day", func(f *figures) { f.wander, f.carried = false, 1 }),
		change("places a third worse", func(f *figures) {
			f.placeMedian *= 1.3
			f.fixMedian *= 1.3
			f.strayFix *= 1.3
			f.misplaced *= 1.3
		}),
		change("a third more not held, twice the doors", func(f *figures) { f.notHeld *= 1.3; f.doors *= 2 }),
		change("talks instead are like visits", func(f *figures) { f.doorLike, f.anytime = 0, 0 }),
		change("a dense day in a dense town", func(f *figures) {
			f.appointmentsLeast, f.appointmentsMost, f.slotMost, f.gapMost = 6, 10, 75, 20
			f.homeFarthest, f.neighbour = 6000, 0.3
		}),
		change("long visits, few of them", func(f *figures) {
			f.appointmentsLeast, f.appointmentsMost, f.slotLeast, f.slotMost = 2, 4, 60, 200
		}),
		change("a crowded city", func(f *figures) {
			f.homeFarthest, f.neighbour, f.neighbourFarthest, f.insteadFarthest = 3000, 0.4, 120, 400
		}),
		change("appointments of colleagues", func(f *figures) { f.shared = 0.25 }),
		change("places missing for half", func(f *figures) { f.placed, f.fixed = 0.5, 0.5 }),
		change("clocks an hour off on a day in thirty", func(f *figures) { f.clockOff = 1.0 / 30 }),
		change("every clock an hour off", func(f *figures) { f.clockOff = 1 }),
		change("visits with drives between them", func(f *figures) { f.gapLeast, f.gapMost, f.drive = 15, 45, 1.5 }),
		change("long gaps between visits", func(f *figures) { f.gapLeast, f.gapMost = 30, 90 }),
		change("days that begin late", func(f *figures) { f.lateStart, f.lateStartMost = 0.5, 75 }),
		change("two visits at one house", func(f *figures) { f.again = 0.25 }),
		change("an all-day entry on every other day", func(f *figures) { f.allDay = 0.5 }),
		change("a third not held", func(f *figures) { f.notHeld = 0.33 }),
		change("from door to door", func(f *figures) { f.doors, f.doorsMost = 1, 8 }),
		change("short calls and strangers between visits", func(f *figures) { f.doors, f.doorsMost, f.doorLeast, f.doorMost = 0.8, 4, 0.5, 8 }),
		change("talks at doors of up to an hour", func(f *figures) { f.doorMost = 60 }),
		change("recordings in three parts", func(f *figures) { f.twoParts, f.thirds = 0.16, 0.5 }),
		change("recordings stopped early", func(f *figures) { f.cutShort = 0.10 }),
		change("recordings that nobody stopped", func(f *figures) { f.forgotten, f.forgottenMost = 0.10, 90 }),
		change("places off by 300 m", func(f *figures) { f.placeMedian, f.placeSigma = 300, 0.4 }),
		change("a place in five off by 300 m", func(f *figures) { f.misplaced, f.misplacedNearest, f.misplacedFarthest = 0.2, 150, 450 }),
		change("names misspelt thrice as often", func(f *figures) { f.misspelt *= 3 }),
		change("another's name is a stranger's", func(f *figures) { f.strangers = 1 }),
		change("names wrong twice as often", func(f *figures) { f.wrongName *= 2; f.misspelt *= 2; f.wrongPhone *= 2 }),
	}
}
