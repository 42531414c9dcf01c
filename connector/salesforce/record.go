package salesforce

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// row is a row of any object, by the names of its fields.
type row map[string]any

// text is what a field has; a number or a truth as it is written.
func (r row) text(field string) string {
	switch v := r[field].(type) {
	case string:
		return strings.TrimSpace(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// id is the row's own; empty where it is no text.
func (r row) id() string {
	id, _ := r[idField].(string)
	return strings.TrimSpace(id)
}

// number is nil where the field has none.
func (r row) number(field string) *float64 {
	if v, ok := r[field].(float64); ok {
		return &v
	}
	if v, err := strconv.ParseFloat(r.text(field), 64); err == nil && hub.IsFinite(v) {
		return &v
	}
	return nil
}

func (r row) yes(field string) bool { return strings.EqualFold(r.text(field), "true") }

// at is the zero time where the field has none.
func (r row) at(field string) connector.Time {
	at, err := connector.ParseTime(r.text(field))
	if err != nil {
		at = time.Time{}
	}
	return connector.Time{Time: at}
}

// part is what a field of the CRM can be of a record.
type part struct {
	name string
	set  func(b *builder, r row, field string)
}

// parts are in the order in which they are set: mails, phones and addresses come in it.
var parts = []part{
	{"name", func(b *builder, r row, f string) { b.Name = r.text(f) }},
	{"firstName", func(b *builder, r row, f string) { b.Details.FirstName = r.text(f) }},
	{"lastName", func(b *builder, r row, f string) { b.Details.LastName = r.text(f) }},
	{"company", func(b *builder, r row, f string) { b.company = r.text(f) }},
	{"active", func(b *builder, r row, f string) { b.active(r, f) }},
	{"email", func(b *builder, r row, f string) { b.email(r.text(f)) }},
	{"otherEmail", func(b *builder, r row, f string) { b.email(r.text(f)) }},
	{"phone", func(b *builder, r row, f string) { b.phone(r.text(f)) }},
	{"mobile", func(b *builder, r row, f string) { b.phone(r.text(f)) }},
	{"homePhone", func(b *builder, r row, f string) { b.phone(r.text(f)) }},
	{"street", func(b *builder, r row, f string) { b.here.Street = r.text(f) }},
	{"city", func(b *builder, r row, f string) { b.here.City = r.text(f) }},
	{"state", func(b *builder, r row, f string) { b.here.State = r.text(f) }},
	{"zip", func(b *builder, r row, f string) { b.here.Zip = r.text(f) }},
	{"country", func(b *builder, r row, f string) { b.here.Country = r.text(f) }},
	{"latitude", func(b *builder, r row, f string) { b.Details.Latitude = r.number(f) }},
	{"longitude", func(b *builder, r row, f string) { b.Details.Longitude = r.number(f) }},
	{"otherStreet", func(b *builder, r row, f string) { b.other.Street = r.text(f) }},
	{"otherCity", func(b *builder, r row, f string) { b.other.City = r.text(f) }},
	{"otherState", func(b *builder, r row, f string) { b.other.State = r.text(f) }},
	{"otherZip", func(b *builder, r row, f string) { b.other.Zip = r.text(f) }},
	{"otherCountry", func(b *builder, r row, f string) { b.other.Country = r.text(f) }},
	{"website", func(b *builder, r row, f string) { b.Details.Website = r.text(f) }},
	{"industry", func(b *builder, r row, f string) { b.Details.Industry = r.text(f) }},
	{"description", func(b *builder, r row, f string) { b.Details.Description = r.text(f) }},
	{"content", func(b *builder, r row, f string) { b.Details.Content = r.text(f) }},
	{"status", func(b *builder, r row, f string) { b.Details.Status = r.text(f) }},
	{"stage", func(b *builder, r row, f string) { b.Details.Stage = r.text(f) }},
	{"lastActivityAt", func(b *builder, r row, f string) { b.Details.LastActivity = r.at(f).Wire() }},
	{"amount", func(b *builder, r row, f string) { b.Details.Amount = r.number(f) }},
	{"closedAt", func(b *builder, r row, f string) { b.Details.ClosedAt = r.at(f).Wire() }},
	{"closed", func(b *builder, r row, f string) { b.closed(r, f) }},
	{"won", func(b *builder, r row, f string) { b.won = r.yes(f) }},
	{"startTime", func(b *builder, r row, f string) { b.StartTime = r.at(f).Time }},
	{"startClock", func(b *builder, r row, f string) { b.clock = r.text(f) }},
	{"endTime", func(b *builder, r row, f string) { b.EndTime = r.at(f).Time }},
	{"date", func(b *builder, r row, f string) { b.date = r.at(f).Time }},
	{"minutes", func(b *builder, r row, f string) { b.minutes = r.number(f) }},
	{"allDay", func(b *builder, r row, f string) { b.Details.AllDay = r.yes(f) }},
	{"child", func(b *builder, r row, f string) { b.Deleted = b.Deleted || r.yes(f) }},
	{"series", func(b *builder, r row, f string) { b.Deleted = b.Deleted || r.yes(f) }},
	{"canceled", func(b *builder, r row, f string) { b.Deleted = b.Deleted || r.yes(f) }},
	{"account", func(b *builder, r row, f string) { b.Refs.Account = r.text(f) }},
	{"contact", func(b *builder, r row, f string) { b.Refs.Contact = r.text(f) }},
	{"lead", func(b *builder, r row, f string) { b.Refs.Lead = r.text(f) }},
	{"opportunity", func(b *builder, r row, f string) { b.Refs.Opportunity = r.text(f) }},
	{"engagement", func(b *builder, r row, f string) { b.Refs.Engagement = r.text(f) }},
	{"user", func(b *builder, r row, f string) { b.Refs.User = r.text(f) }},
	{"owner", func(b *builder, r row, f string) { b.owner(r.text(f)) }},
	{"who", func(b *builder, r row, f string) { b.who(r.text(f)) }},
	{"what", func(b *builder, r row, f string) { b.what(r.text(f)) }},
	{"mergedInto", func(b *builder, r row, f string) { b.MergedInto = r.text(f) }},
}

// builder makes a record out of its parts.
type builder struct {
	hub.Record
	company, clock string
	here, other    hub.Address
	won            bool
	date           time.Time
	minutes        *float64
}

// record makes a record of a row.
func (src Source) record(m hub.Model, r row) hub.Record {
	b := builder{}
	b.Model, b.ExternalID, b.ModifiedAt, b.Deleted = m, r.id(), r.at(stampField).Time, r.yes(deletedField)
	b.Details.CreatedAt, b.Details.UpdatedAt = r.at(createdField).Wire(), r.at(modifiedField).Wire()
	for _, p := range parts {
		if field := src.Fields[p.name]; field != "" {
			p.set(&b, r, field)
		}
	}
	b.finish()
	return b.Record
}

// finish says what takes more than one part.
func (b *builder) finish() {
	if b.MergedInto != "" { // the vendor deletes it too
		b.Deleted = false
	}
	b.Name = cmp.Or(b.Name, strings.TrimSpace(b.Details.FirstName+" "+b.Details.LastName), b.company)
	b.place()
	switch b.Model {
	case hub.ModelUser:
		b.Deleted = b.Deleted || b.Details.Active != nil && !*b.Details.Active
	case hub.ModelOpportunity:
		if b.won {
			b.Details.Disposition = "WON"
		}
		if b.Details.Disposition == "OPEN" { // a day that is hoped for
			b.Details.ClosedAt = ""
		}
	case hub.ModelEngagement:
		b.Details.Subject, b.Details.ActivityType = b.Name, "EVENT"
		b.times()
	case hub.ModelEngagementUser: // who said no is not there
		b.Deleted = b.Deleted || strings.EqualFold(b.Details.Status, "Declined")
	}
}

// active says whether somebody still works there. A field that is not told, as the user may not see it, is no no.
func (b *builder) active(r row, field string) {
	if r.text(field) != "" {
		active := r.yes(field)
		b.Details.Active = &active
	}
}

// closed says what an opportunity came to that was not won, where that is told.
func (b *builder) closed(r row, field string) {
	switch {
	case r.text(field) == "":
		b.Details.ClosedAt = "" // it may be a day that is hoped for
	case r.yes(field):
		b.Details.Disposition = "LOST"
	default:
		b.Details.Disposition = "OPEN"
	}
}

// place shows the address at which work is done before the one for bills, whose coordinates are left out: they say nothing of where
// the work is. 0, 0 is how it is written that there are none.
func (b *builder) place() {
	for _, a := range [...]hub.Address{b.here, b.other} {
		if a != (hub.Address{}) {
			b.Details.Addresses = append(b.Details.Addresses, a)
		}
	}
	if x, y := b.Details.Latitude, b.Details.Longitude; x == nil || y == nil || *x == 0 && *y == 0 {
		b.Details.Latitude, b.Details.Longitude = nil, nil
	}
}

// times are those of an appointment. One of whole days has a date without a zone, which is read as UTC.
func (b *builder) times() {
	if b.StartTime.IsZero() || b.Details.AllDay && !b.date.IsZero() {
		b.StartTime = b.date
	}
	if b.clock != "" {
		b.StartTime = withClock(b.StartTime, b.clock)
	}
	if b.minutes != nil && *b.minutes > 0 && *b.minutes < 60*24*366 && !b.StartTime.IsZero() {
		end := b.StartTime.Add(time.Duration(*b.minutes * float64(time.Minute)))
		// An entry of whole days ends with its last day, of which EndDateTime is the beginning.
		if b.EndTime.IsZero() || (b.Details.AllDay && end.After(b.EndTime)) {
			b.EndTime = end
		}
	}
	if b.EndTime.Before(b.StartTime) {
		b.EndTime = time.Time{}
	}
}

// withClock is a day at a time of day, as fields of that type and people write it.
func withClock(day time.Time, clock string) time.Time {
	if at, err := connector.ParseTime(clock); err == nil && len(clock) > len(time.DateOnly) { // it has a day of its own
		return at
	}
	for _, layout := range [...]string{"15:04:05.000Z", "15:04:05Z", "15:04:05", "15:04", "3:04 PM", "3:04PM", "3 PM", "3PM"} {
		if at, err := time.Parse(layout, strings.ToUpper(clock)); err == nil && !day.IsZero() {
			return day.Truncate(24 * time.Hour).Add(time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute)
		}
	}
	return day
}

func (b *builder) email(text string) {
	if text == "" {
		return
	}
	b.Details.Email = cmp.Or(b.Details.Email, text)
	b.Details.Emails = append(b.Details.Emails, text)
}

func (b *builder) phone(text string) {
	if text != "" {
		b.Details.Phones = append(b.Details.Phones, text)
	}
}

// owner is a user; a queue is none.
func (b *builder) owner(id string) {
	if !strings.HasPrefix(id, queuePrefix) {
		b.Refs.Owner = id
	}
}

// who and what are references to records of several objects, which their first characters tell.
func (b *builder) who(id string) {
	switch {
	case strings.HasPrefix(id, leadPrefix):
		b.Refs.Lead = id
	case strings.HasPrefix(id, contactPrefix):
		b.Refs.Contact = id
	}
}

func (b *builder) what(id string) {
	switch {
	case strings.HasPrefix(id, opportunityPrefix):
		b.Refs.Opportunity = id
	case strings.HasPrefix(id, accountPrefix):
		b.Refs.Account = id
	}
}
