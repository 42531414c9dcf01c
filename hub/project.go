package hub

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Project is an opportunity of a CRM that has no appointments, with all that MatchProject asks of it.
type Project struct {
	ConnectionID, ExternalID string
	// ID is ours.
	ID, Name string
	// MadeAt is when it was made, ActiveAt when something of it last changed in the CRM; zero is not known.
	MadeAt, ActiveAt time.Time
	Archived         bool
	// Users are those who are assigned to it; where nobody is, and Owned says so, whoever it belongs to.
	Users []CRMUser
	Owned bool
	// Latitude and Longitude are where the work is, in degrees; nil where that is not known.
	Latitude, Longitude *float64
	// Parties are its contacts.
	Parties []Party
}

// HasProjects reports whether recordings link to the projects of a platform, as it has no appointments.
func HasProjects(p Platform) bool { return p == PlatformCompanyCam }

// How probable it is, against a talk of no project, that a recording is of one before its place and its customer count.
const (
	// projectToday holds for a project that somebody works on that day; it fades by a factor e in projectFades, to
	// projectLeast.
	projectToday, projectLeast = 0.03, 1e-4
	projectFades               = 14 * 24 * time.Hour
	// projectOwn is for one that the rep is assigned to, projectOthers for one that only others are, projectAway for one
	// that is archived.
	projectOwn, projectOthers, projectAway = 3.0, 0.2, 0.1
	// projectBeside is how often, for each talk of a project, there is one with a neighbour.
	projectBeside = 0.1
)

// MatchProject says which project a talk is of, where none of the rep's appointments fits it. It weighs where the project
// is, how long ago somebody worked on it, who is assigned to it, and whom it is for. Without a place and without a customer
// it neither links nor offers: that a rep has a project says nothing of one talk.
func MatchProject(d *Day, t Talk, projects []Project) Verdict {
	m := projectMatch{day: d, talk: t, none: 1}
	m.place, m.placed = placeOf(t.Recording.Latitude, t.Recording.Longitude)
	clues, about := cluesOf(t, d.Region), make([]told, len(projects))
	for i := range projects {
		about[i] = clues.about(knownOf(projects[i].target(), d.Region))
	}
	evidence := contactEvidence(clues, about)
	for i := range projects {
		m.weigh(&projects[i], about[i], math.Exp(evidence[i]))
	}
	return m.verdict()
}

// projectMatch is a talk and what speaks for each project.
type projectMatch struct {
	day    *Day
	talk   Talk
	place  place
	placed bool
	of     []projectWeight
	none   float64
}

type projectWeight struct {
	*Project
	weight   float64
	evidence Evidence
	reason   string
}

// target is the project as what a recording is linked to.
func (p *Project) target() *Appointment {
	return &Appointment{
		ConnectionID: p.ConnectionID, ExternalID: p.ExternalID, ID: p.ID, Name: p.Name, Users: p.Users, Latitude: p.Latitude, Longitude: p.Longitude, Parties: p.Parties,
	}
}

// idle is for how long nobody had worked on the project when the talk began, or how much later somebody did; longest where
// that is not known.
func (p *Project) idle(at time.Time) time.Duration {
	const longest = 365 * 24 * time.Hour
	switch {
	case p.ActiveAt.IsZero() && p.MadeAt.IsZero():
		return longest
	case p.ActiveAt.IsZero():
		return min(longest, at.Sub(p.MadeAt).Abs())
	case !p.MadeAt.IsZero() && at.Before(p.MadeAt):
		return min(longest, p.MadeAt.Sub(at))
	}
	// What happened between the two is not known: the nearer one counts.
	idle := at.Sub(p.ActiveAt).Abs()
	if !p.MadeAt.IsZero() {
		idle = min(idle, at.Sub(p.MadeAt))
	}
	return min(longest, idle)
}

func (m *projectMatch) weigh(p *Project, t told, contact float64) {
	idle := p.idle(m.talk.Recording.StartedAt)
	w := projectWeight{Project: p, weight: max(projectLeast, projectToday*math.Exp(-float64(idle)/float64(projectFades))), evidence: EvidenceTime}
	reasons := []string{fmt.Sprintf("the nearest that is known of it happened %s from the recording", personDays(idle))}
	reps, others := "the rep is assigned to it", "only others are assigned to it"
	if p.Owned {
		reps, others = "it belongs to the rep", "it belongs to somebody else"
	}
	switch own := slices.ContainsFunc(p.Users, func(u CRMUser) bool { return slices.Contains(m.day.Rep, u) }); {
	case own:
		w.weight *= projectOwn
		reasons = append(reasons, reps)
	case len(p.Users) > 0:
		w.weight *= projectOthers
		reasons = append(reasons, others)
	}
	if p.Archived {
		w.weight *= projectAway
		reasons = append(reasons, "it is archived")
	}
	if at, known := placeOf(p.Latitude, p.Longitude); m.placed && known {
		meters, anywhere := m.place.metersTo(at), anywhereDensity(territory(nil))
		m.none += projectBeside * w.weight * nearbyAgainst(anywhere, meters)
		visit := visitAgainst(anywhere, sameDensity(meters), meters)
		if w.weight *= visit; visit > 1 {
			w.evidence = EvidencePlace
		}
		reasons = append([]string{"its place is " + personDistance(meters) + " from the recording's"}, reasons...)
	}
	if t.asked() || t.spoken {
		w.evidence = EvidenceContact
		reasons = append(reasons, contactReasons(t)...)
	}
	w.weight *= contact
	w.reason = sentence(reasons)
	m.of = append(m.of, w)
}

func (m *projectMatch) verdict() Verdict {
	sum := m.none
	for i := range m.of {
		sum += m.of[i].weight
	}
	v := Verdict{None: m.none / sum, Evidence: EvidenceTime}
	slices.SortFunc(m.of, func(a, b projectWeight) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), strings.Compare(a.ConnectionID, b.ConnectionID), strings.Compare(a.ExternalID, b.ExternalID))
	})
	for _, w := range m.of {
		if p := w.weight / sum; p >= leastProbable {
			v.Choices = append(v.Choices, Choice{Model: ModelOpportunity, Appointment: *w.target(), Probability: p, Reason: w.reason})
		} else {
			v.None += p // too little to be told of
		}
	}
	if len(v.Choices) > 0 {
		v.Evidence = m.of[0].evidence
		v.Threshold = m.day.Thresholds[m.of[0].ConnectionID].Of(v.Evidence)
		v.decide()
		if v.Evidence == EvidenceTime { // that a rep has a project says nothing of one talk
			v.Linked, v.Offered = false, false
		}
	}
	switch {
	case v.Linked, v.Offered:
		v.Reason = v.decision("the project “" + v.Choices[0].Appointment.title() + "”")
	default:
		v.Reason = "No project fits it: none is near enough, or of a customer who was named."
		if !m.placed {
			v.Reason = "No project fits it: where it was recorded is not known, and no project is of a customer who was named."
		}
	}
	return v
}

// personDays says a time in days.
func personDays(d time.Duration) string {
	switch days := int(d / (24 * time.Hour)); days {
	case 0:
		return "less than a day"
	case 1:
		return "a day"
	default:
		return fmt.Sprintf("%d days", days)
	}
}
