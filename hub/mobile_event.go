package hub

import (
	"maps"
	"slices"
	"strings"
	"time"
	"uuid"
)

// MobileEvent is something that happened in a rep's recording app.
type MobileEvent struct {
	ID             string
	OrganizationID string
	UserID         string
	// RecordingID is the recording it happened in, as the app calls it: it tells of what happens before, and while, a recording is
	// made, so that there may be none of that id here. Empty is none.
	RecordingID string
	// OpportunityIDs are the CRM's own ids of the opportunities that the app had open.
	OpportunityIDs []string
	Code           MobileEventCode
	// Event says what happened, in the form that the code has.
	Event map[string]string
	// OccurredAt is when it happened by the app's clock, CreatedAt when it came in: an app without a network tells later.
	OccurredAt, CreatedAt time.Time
}

// MobileEventCode is a kind of mobile event.
type MobileEventCode string

// MobileEventField is a text of a mobile event's form, and which there are; none for any text.
type MobileEventField struct {
	Name  string
	Words []string
}

// MobileEventForms are the codes of the contract, with the form that the event of each has.
var MobileEventForms = map[MobileEventCode][]MobileEventField{
	"recorderStateChange": {
		{"value", []string{"start", "resume", "pause", "stop", "cancelled"}},
		{"trigger", []string{"interruption", "buttonPress", "deeplink", "maxRecordingTimeExceeded", "unknown"}},
	},
	"networkStatusChange":      {{"value", []string{"online", "offline"}}},
	"appStateChange":           {{"value", []string{"background", "active", "inactive"}}},
	"consentStatusChanged":     {{"status", []string{"requested", "granted", "declined"}}},
	"recordingMetadataChanged": {{"title", nil}},
	"deeplinkReceived":         {{"fullUrl", nil}},
	"deeplinkConsumed":         {{"fullUrl", nil}},
	"userAuthStatusChanged":    {{"status", []string{"authenticated", "unauthenticated"}}},
}

// MobileEventCodes are the codes of the contract, in order.
func MobileEventCodes() []MobileEventCode { return slices.Sorted(maps.Keys(MobileEventForms)) }

const (
	// MobileEventKept is how long a mobile event is kept.
	MobileEventKept = 90 * 24 * time.Hour
	// mobileTextMost is how many bytes a text of an event may have, opportunitiesMost how many opportunities it may name.
	mobileTextMost    = 4096
	opportunitiesMost = 20
	// mobileClockAhead is how far the clock of an app may be ahead.
	mobileClockAhead = 24 * time.Hour
)

// Repeats reports whether the event says the same as one that the app called by the same name. When it happened counts where it
// is said.
func (e *MobileEvent) Repeats(known *MobileEvent) bool {
	return e.Code == known.Code && maps.Equal(e.Event, known.Event) && e.RecordingID == known.RecordingID && slices.Equal(e.OpportunityIDs, known.OpportunityIDs) &&
		(e.OccurredAt.IsZero() || e.OccurredAt.Truncate(time.Microsecond).Equal(known.OccurredAt))
}

// Validate reports everything that is wrong with the event at now, in the spelling of the API, or nil.
func (e *MobileEvent) Validate(now time.Time) error {
	form, known := MobileEventForms[e.Code]
	if !known {
		return Invalid("eventCode", "is "+Quoted(string(e.Code)), "one of the eight codes")
	}
	var issues []Issue
	for _, field := range form {
		text, ok := e.Event[field.Name]
		switch {
		case !ok:
			issues = append(issues, Issue{"event." + field.Name, "is missing", "a text: it belongs to " + string(e.Code)})
		case len(text) > mobileTextMost:
			issues = append(issues, Issue{"event." + field.Name, "is too long", "at most 4096 bytes"})
		case field.Words != nil && !slices.Contains(field.Words, text):
			issues = append(issues, Issue{"event." + field.Name, "is " + Quoted(text), "one of " + strings.Join(field.Words, ", ")})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.Event)) {
		if !slices.ContainsFunc(form, func(f MobileEventField) bool { return f.Name == name }) {
			issues = append(issues, Issue{"event." + Quoted(name), "does not belong to " + string(e.Code), "no such field"})
		}
	}
	if len(e.OpportunityIDs) > opportunitiesMost {
		issues = append(issues, Issue{"externalOpportunityIds", "are too many", "at most 20"})
	}
	for _, id := range e.OpportunityIDs {
		if len(id) > mobileTextMost/16 {
			issues = append(issues, Issue{"externalOpportunityIds", "has one that is too long", "at most 256 bytes each"})
			break
		}
	}
	if !e.OccurredAt.IsZero() && !TellableTime(e.OccurredAt) {
		issues = append(issues, Issue{"occurredAt", "is no time that anything happened at", "when it happened"})
	} else if e.OccurredAt.After(now.Add(mobileClockAhead)) {
		issues = append(issues, Issue{"occurredAt", "is more than a day ahead", "when it happened"})
	}
	return invalidOrNil(issues)
}

// mobileEventIDs makes the ids of events that the app names.
var mobileEventIDs = uuid.MustParse("b0a6f6d2-5f3b-5c0e-8f56-6a0c37b1f0a4")

// MobileEventID is the id of the event that a user's app calls by a name of its own: the same event again is the same one.
func MobileEventID(user, name string) string { return nameID(mobileEventIDs, user+"\x00"+name) }
