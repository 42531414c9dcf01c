package hub

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// CRMUser names a user of a CRM within an organization.
type CRMUser struct{ ConnectionID, ExternalID string }

// Appointment is an engagement of a CRM with all that the rule asks of it.
type Appointment struct {
	ConnectionID, ExternalID string
	// ID is ours.
	ID, Name string
	// ActivityType is that of the engagement's type: MEETING, CALL, ...
	ActivityType string
	// Start and End bound it; a zero End is not known.
	Start, End time.Time
	// AllDay says that the CRM has it as an entry of whole days. One that lasts about a day or longer counts as such, too.
	AllDay  bool
	Deleted bool
	// Users are those who own it or are joined to it.
	Users []CRMUser
	// Latitude and Longitude are where it takes place, in degrees; nil where that is not known.
	Latitude, Longitude *float64
	// Parties are the customers that it is with, as far as the CRM says.
	Parties []Party
}

// Party is an account, contact or lead of an appointment, by what a recording may know it by. What the CRM does not
// have is empty.
type Party struct {
	Name   string
	Phones []string
	// Street is the first line of the address.
	Street string
}

// Candidate is what the rule found of one appointment.
type Candidate struct {
	Appointment Appointment
	// Fits says whether the recording may be of it at all. Score, from 0 to 1, says how near the two are in time and
	// place; 0 where it does not fit.
	Fits  bool
	Score float64
	// Reason is a sentence for people.
	Reason string
}

// Matching is what the rule found for a recording.
type Matching struct {
	// Winner is the appointment that the recording is of; nil where it stays unlinked.
	Winner *Appointment
	// Candidates are ordered from the nearest to those that do not fit.
	Candidates []Candidate
	// Reason is a sentence for people: why it is that one, or why none.
	Reason string
}

const (
	// AppointmentLength is how long an appointment lasts whose CRM does not say.
	AppointmentLength = time.Hour
	// halfTime and halfPlace are how far away something is half as near as can be.
	halfTime  = 30 * time.Minute
	halfPlace = 500.0 // meters
	// placeUnknown is how near a place counts that is not known: neither near nor far.
	placeUnknown = 0.5
	// tie is the difference of scores below which neither appointment is nearer.
	tie = 0.01
)

// appointmentTypes are the activity types that count as appointments.
var appointmentTypes = []string{"MEETING", "EVENT", "APPOINTMENT"}

// MatchRecording decides which appointment a recording is of: one of the rep's whose time overlaps the recording's,
// and of several the nearest in time and place. Where two are as near, it is none. The order of the appointments
// does not matter. rep are the CRM users that the recording's user is matched to.
func MatchRecording(r *Recording, rep []CRMUser, appointments []Appointment) Matching {
	m := Matching{Candidates: make([]Candidate, 0, len(appointments))}
	for _, a := range appointments {
		m.Candidates = append(m.Candidates, candidate(r, rep, a))
	}
	slices.SortFunc(m.Candidates, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), a.Appointment.Start.Compare(b.Appointment.Start),
			strings.Compare(a.Appointment.ConnectionID, b.Appointment.ConnectionID), strings.Compare(a.Appointment.ExternalID, b.Appointment.ExternalID))
	})
	fitting := 0
	for _, c := range m.Candidates {
		if c.Fits {
			fitting++
		}
	}
	switch {
	case len(rep) == 0:
		m.Reason = "No CRM user is matched to the rep."
	case fitting == 0 && r.EndedAt.After(r.StartedAt):
		m.Reason = fmt.Sprintf("The rep has no appointment between %s and %s.", personTime(r.StartedAt), personTime(r.EndedAt))
	case fitting == 0:
		m.Reason = fmt.Sprintf("The rep has no appointment at %s.", personTime(r.StartedAt))
	case fitting > 1 && m.Candidates[0].Score-m.Candidates[1].Score < tie:
		m.Reason = tied(m.Candidates)
	default:
		m.Winner = &m.Candidates[0].Appointment
		m.Reason = won(r, m.Candidates[0])
	}
	return m
}

func candidate(r *Recording, rep []CRMUser, a Appointment) Candidate {
	c := Candidate{Appointment: a}
	start, end := a.span()
	switch {
	case a.Deleted:
		c.Reason = "It is deleted in the CRM."
	case !slices.Contains(appointmentTypes, a.ActivityType):
		c.Reason = fmt.Sprintf("It is of the type %s; only %s count as appointments.", cmp.Or(a.ActivityType, "that is not known"), strings.Join(appointmentTypes, ", "))
	case !slices.ContainsFunc(a.Users, func(u CRMUser) bool { return slices.Contains(rep, u) }):
		c.Reason = "It is not an appointment of the rep."
	case a.Start.IsZero() || !overlaps(r, start, end):
		c.Reason = "Its time does not overlap the recording."
	default:
		c.Fits = true
		c.Score = (nearInTime(r, start, end) + nearInPlace(r, a)) / 2
		c.Reason = "It " + nearness(r, a) + "."
	}
	return c
}

// span is the appointment's time, its end a guess where it is not known.
func (a *Appointment) span() (start, end time.Time) {
	if !a.End.After(a.Start) {
		return a.Start, a.Start.Add(AppointmentLength)
	}
	return a.Start, a.End
}

// overlaps reports whether the recording, a moment where its end is not known, lies within or across the span.
func overlaps(r *Recording, start, end time.Time) bool {
	if !r.EndedAt.After(r.StartedAt) {
		return !r.StartedAt.Before(start) && r.StartedAt.Before(end)
	}
	return r.StartedAt.Before(end) && r.EndedAt.After(start)
}

// overlap is how long both last together.
func overlap(r *Recording, start, end time.Time) time.Duration {
	if start.Before(r.StartedAt) {
		start = r.StartedAt
	}
	if end.After(r.EndedAt) {
		end = r.EndedAt
	}
	return max(0, end.Sub(start))
}

// nearInTime is from 0 to 1. What counts is how far apart the starts are, and half of what of the recording is not
// within the appointment: who records, begins when the appointment does.
func nearInTime(r *Recording, start, end time.Time) float64 {
	apart := start.Sub(r.StartedAt).Abs()
	if r.EndedAt.After(r.StartedAt) {
		apart += (r.EndedAt.Sub(r.StartedAt) - overlap(r, start, end)) / 2
	}
	return 1 / (1 + float64(apart)/float64(halfTime))
}

func nearInPlace(r *Recording, a Appointment) float64 {
	meters, known := apart(r, a)
	if !known {
		return placeUnknown
	}
	return 1 / (1 + meters/halfPlace)
}

// apart is how far the recording's place is from the appointment's, in meters along the ground.
func apart(r *Recording, a Appointment) (meters float64, known bool) {
	if r.Latitude == nil || r.Longitude == nil || a.Latitude == nil || a.Longitude == nil {
		return 0, false
	}
	const earth, radians = 6_371_000.0, math.Pi / 180
	north, east := math.Sin((*a.Latitude-*r.Latitude)*radians/2), math.Sin((*a.Longitude-*r.Longitude)*radians/2)
	h := north*north + math.Cos(*r.Latitude*radians)*math.Cos(*a.Latitude*radians)*east*east
	return 2 * earth * math.Asin(min(1, math.Sqrt(h))), true
}

// nearness says in words what the score is made of.
func nearness(r *Recording, a Appointment) string {
	start, end := a.span()
	text := fmt.Sprintf("overlaps the recording by %s", personDuration(overlap(r, start, end)))
	if !r.EndedAt.After(r.StartedAt) {
		text = fmt.Sprintf("was going on when the recording began, %s after its start", personDuration(r.StartedAt.Sub(start)))
	}
	if meters, known := apart(r, a); known {
		text += ", and its place is " + personDistance(meters) + " from the recording's"
	}
	return text
}

func won(r *Recording, c Candidate) string {
	start, end := c.Appointment.span()
	text := fmt.Sprintf("It overlaps the appointment %s by %s", c.Appointment.called(), personDuration(overlap(r, start, end)))
	if !r.EndedAt.After(r.StartedAt) {
		text = fmt.Sprintf("It began %s after the start of the appointment %s", personDuration(r.StartedAt.Sub(start)), c.Appointment.called())
	}
	if meters, known := apart(r, c.Appointment); known {
		text += ", and was recorded " + personDistance(meters) + " from it"
	}
	return text + "."
}

func tied(cs []Candidate) string {
	n := 0
	for _, c := range cs {
		if c.Fits && cs[0].Score-c.Score < tie {
			n++
		}
	}
	text := fmt.Sprintf("Two appointments fit equally well: %s and %s.", cs[0].Appointment.called(), cs[1].Appointment.called())
	if n > 2 {
		text = fmt.Sprintf("%d appointments fit equally well, among them %s and %s.", n, cs[0].Appointment.called(), cs[1].Appointment.called())
	}
	return text
}

// called names the appointment for people.
func (a *Appointment) called() string {
	return fmt.Sprintf("“%s” (%s)", cmp.Or(a.Name, a.ExternalID), personTime(a.Start))
}

func personTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

func personDuration(d time.Duration) string {
	switch minutes := int(d.Round(time.Minute) / time.Minute); minutes {
	case 0:
		return "less than a minute"
	case 1:
		return "1 minute"
	default:
		return fmt.Sprintf("%d minutes", minutes)
	}
}

func personDistance(meters float64) string {
	if meters < 1000 {
		return fmt.Sprintf("%.0f m", meters)
	}
	return fmt.Sprintf("%.1f km", meters/1000)
}
