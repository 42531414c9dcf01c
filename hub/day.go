package hub

import "time"

// Day is what a rep has to do with in a stretch of time, about a day: all that the rule weighs when it says which
// recording is of which appointment.
type Day struct {
	// Rep are the CRM users that the rep is matched to.
	Rep []CRMUser
	// Zone is the organization's time zone, which says where a day begins; nil is UTC. Region is where its telephone
	// numbers are from when they do not say; empty is the US.
	Zone   *time.Location
	Region string
	// Appointments and Talks may come in any order.
	Appointments []Appointment
	Talks        []Talk
	// Beside are the connections whose engagements compete with no appointment: they tell what happened at one, such as that
	// a presentation was shown. A talk is of one of theirs only where nothing else fits.
	Beside map[string]bool
	// Thresholds are those of connections that have their own, by connection.
	Thresholds map[string]Thresholds
}

// Talk is a recording of the rep.
type Talk struct {
	Recording *Recording
	// Words are what was said, in the order in which it was; none before the analysis comes.
	Words []string
}

// Thresholds are how probable an appointment must be for a recording to be linked to it, by the evidence; below, it is
// offered. They are from 0.5 to 1. The JSON names are those of storage.
type Thresholds struct {
	// Time holds where neither place nor customer say anything, Place where both places are known (and Time as well, where they
	// speak against the appointment), Contact where the uploader or the words name a customer.
	Time    float64 `json:"time,omitempty"`
	Place   float64 `json:"place,omitempty"`
	Contact float64 `json:"contact,omitempty"`
}

// DefaultThresholds are those with which bench/link meets its aims with room for days that are somewhat different.
var DefaultThresholds = Thresholds{Time: 0.85, Place: 0.97, Contact: 0.97}

// Evidence is what decides between a recording's candidates.
type Evidence string

// The kinds of evidence, the weaker before the stronger.
const (
	EvidenceTime    Evidence = "TIME"
	EvidencePlace   Evidence = "PLACE"
	EvidenceContact Evidence = "CONTACT"
)

// Of is the threshold for a kind of evidence; one that is not set is the default.
func (t Thresholds) Of(e Evidence) float64 {
	own, fallback := t.Time, DefaultThresholds.Time
	switch e {
	case EvidencePlace:
		own, fallback = t.Place, DefaultThresholds.Place
	case EvidenceContact:
		own, fallback = t.Contact, DefaultThresholds.Contact
	default:
	}
	if own == 0 {
		return fallback
	}
	return own
}

// Validate reports thresholds that cannot be, as an *InvalidError, or nil. One that is zero is not set.
func (t Thresholds) Validate() error {
	var issues []Issue
	for _, f := range []struct {
		field string
		value float64
	}{{"time", t.Time}, {"place", t.Place}, {"contact", t.Contact}} {
		if f.value != 0 && !(f.value >= 0.5 && f.value <= 1) {
			issues = append(issues, Issue{Field: f.field, Problem: "is no threshold", Want: "a probability from 0.5 to 1"})
		}
	}
	return invalidOrNil(issues)
}

// Choice is what a recording may be of.
type Choice struct {
	// Model is ModelEngagement, or ModelOpportunity for a project.
	Model Model
	// Appointment is it; of a project it has no times.
	Appointment Appointment
	// Probability is from 0 to 1; 0 where the rule does not hold it possible.
	Probability float64
	// Reason is a sentence for people.
	Reason string
}

// Verdict is what the rule says of one recording.
type Verdict struct {
	// Choices are ordered from the most probable; those of no probability are last. None is the probability that it is
	// of none of them: all add up to 1.
	Choices []Choice
	None    float64
	// Evidence decided, and Threshold is what the first choice had to reach.
	Evidence  Evidence
	Threshold float64
	// Linked says that the first choice did: it is the recording's. Offered says that there are choices, but a person must
	// take one, or none.
	Linked, Offered bool
	// Reason is a sentence for people.
	Reason string
	// Through is another appointment that the recording goes on through, which keeps it from being linked to the first choice; nil for none.
	Through *Appointment
	// Lost is what the recording was linked to until the CRM said something else of that; nil where it was not.
	Lost *LostAppointment
	// Context is what else happened during the recording, of connections beside; what the recording is linked to is not in it.
	Context []Choice
}

// Winner is what the recording is of; nil where that is not sure enough.
func (v *Verdict) Winner() *Choice {
	if !v.Linked {
		return nil
	}
	return &v.Choices[0]
}

// Holds reports whether a link stays that the rule made before and would not make anew. It does where its appointment is still more
// probable than all else together, the CRM says of it what it said then, and the recording does not go on through another appointment, as it
// may once its whole length is known.
func (v *Verdict) Holds(l Link) bool {
	if l.By != LinkedByMatching || v.Linked || v.Through != nil || len(v.Choices) == 0 {
		return false
	}
	first := &v.Choices[0]
	return first.Probability > 0.5 && first.is(l) && (l.Basis == "" || l.Basis == first.Appointment.Basis())
}

// BasisOf is what a link to one of the choices rests on by this verdict; empty where it is to none of them.
func (v *Verdict) BasisOf(l Link) string {
	for i := range v.Choices {
		if c := &v.Choices[i]; c.is(l) {
			return c.Appointment.Basis()
		}
	}
	return ""
}

func (c *Choice) is(l Link) bool {
	return c.Model == l.Model && c.Appointment.ConnectionID == l.ConnectionID && c.Appointment.ExternalID == l.ExternalID
}
