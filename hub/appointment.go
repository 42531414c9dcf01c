package hub

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
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
	// AllDay says that the CRM has it as an entry of whole days. One that begins at midnight and lasts about a day or longer counts as such, too.
	AllDay  bool
	Deleted bool
	// Users are those who own it or are joined to it.
	Users []CRMUser
	// Latitude and Longitude are where it takes place, in degrees; nil where that is not known.
	Latitude, Longitude *float64
	// Parties are the customers that it is with, as far as the CRM says.
	Parties []Party
}

// Basis is a text that changes with what the rule weighs of the appointment: its times, its place and whom it is with.
func (a *Appointment) Basis() string {
	text, _ := json.Marshal([]any{a.Start.UTC(), a.End.UTC(), a.AllDay, a.Latitude, a.Longitude, a.Parties}) //nolint:errchkjson // places are finite, times of four digits
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// Party is an account, contact or lead of an appointment, by what a recording may know it by. What the CRM does not
// have is empty.
type Party struct {
	Name   string
	Phones []string
	// Street is the first line of the address.
	Street string
}

// AppointmentLength is how long an appointment lasts whose CRM does not say.
const AppointmentLength = time.Hour

// appointmentTypes are the activity types that count as appointments.
var appointmentTypes = []string{"MEETING", "EVENT", "APPOINTMENT"}

// CountsAsAppointment reports whether engagements of the activity type are appointments, however it is spelled.
func CountsAsAppointment(activityType string) bool {
	return slices.Contains(appointmentTypes, strings.ToUpper(strings.TrimSpace(activityType)))
}

// span is the appointment's time, its end a guess where it is not known.
func (a *Appointment) span() (start, end time.Time) {
	if !a.End.After(a.Start) {
		return a.Start, a.Start.Add(AppointmentLength)
	}
	return a.Start, a.End
}

// isSame reports whether both are one record of the CRM.
func (a *Appointment) isSame(b *Appointment) bool {
	return a.ConnectionID == b.ConnectionID && a.ExternalID == b.ExternalID
}

// compare orders appointments by their starts, and those of one moment by their ids.
func (a *Appointment) compare(b *Appointment) int {
	return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.ConnectionID, b.ConnectionID), cmp.Compare(a.ExternalID, b.ExternalID))
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

// called names the appointment for people.
func (a *Appointment) called() string {
	return fmt.Sprintf("“%s” (%s)", a.title(), personTime(a.Start))
}

func (a *Appointment) title() string { return cmp.Or(a.Name, a.ExternalID) }

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
