package leadperfection

import (
	"errors"
	"slices"
	"strings"
	"time"

	"sirocco/connector"
)

// zoneOf is the zone of the tenant.
func zoneOf(s *connector.Session) (*time.Location, error) {
	zone, err := time.LoadLocation(s.Values["timeZone"])
	if err != nil || s.Values["timeZone"] == "" {
		return nil, connector.Fail(connector.Refused, service, "the setting timeZone names no time zone that is known")
	}
	return zone, nil
}

// The forms of times without a zone, and of dates.
var (
	clocks = []string{
		"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02",
		"1/2/2006 3:04:05 PM", "1/2/2006 3:04 PM", "1/2/2006 15:04:05", "1/2/2006 15:04", "1/2/2006",
	}
	hours = []string{"15:04:05", "15:04", "3:04:05 PM", "3:04 PM", "3:04PM"}
)

var errTime = errors.New("a time has a form that is not known")

// firstYear is before all that happened: years before it are how databases say that there is no time.
const firstYear = 1950

// parseTime reads a time of the zone. One that says its own zone is taken at its word. Empty texts and what is before
// firstYear are the zero time.
func parseTime(text string, zone *time.Location) (time.Time, error) {
	wall, err := parseClock(text)
	if err == nil {
		return instant(wall, zone), nil
	}
	at, err := connector.ParseTime(text)
	if err != nil {
		return time.Time{}, errTime
	}
	return at, nil
}

// parseClock reads what clocks show, as if they were in UTC.
func parseClock(text string) (time.Time, error) {
	text = strings.ToUpper(strings.TrimSpace(text))
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range clocks {
		if wall, err := time.Parse(layout, text); err == nil {
			if wall.Year() < firstYear {
				wall = time.Time{}
			}
			return wall, nil
		}
	}
	return time.Time{}, errTime
}

// parseAppointment reads a day and an hour that may stand apart. A day that has no hour anywhere is its beginning, and
// allDay says so.
func parseAppointment(day, hour string, zone *time.Location) (start time.Time, allDay bool, err error) {
	wall, err := parseClock(day)
	if err != nil {
		start, err = parseTime(day, zone)
		return start, false, err
	}
	if wall.IsZero() {
		return wall, false, nil
	}
	begins := wall.Hour() == 0 && wall.Minute() == 0 && wall.Second() == 0
	if hour = strings.ToUpper(strings.TrimSpace(hour)); hour == "" || !begins {
		return instant(wall, zone), begins, nil
	}
	for _, layout := range append(slices.Clip(hours), clocks...) { // it may be written as a time of some day
		if at, err := time.Parse(layout, hour); err == nil {
			past := time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute + time.Duration(at.Second())*time.Second
			return instant(wall.Add(past), zone), false, nil
		}
	}
	return time.Time{}, false, errTime
}

// instant is when clocks of the zone show what wall shows in UTC. What they show twice, as they are set back, is the first
// of the two; what they never show, as they are set forward, counts from before that: what iCalendar (RFC 5545, 3.3.5) says
// of times without a zone.
func instant(wall time.Time, zone *time.Location) time.Time {
	if wall.IsZero() {
		return wall
	}
	// The offset before a change that is near; away from one it is that of the time itself.
	_, before := wall.Add(-36 * time.Hour).In(zone).Zone()
	_, after := wall.Add(36 * time.Hour).In(zone).Zone()
	shown := func(offset int) (time.Time, bool) {
		at := wall.Add(-time.Duration(offset) * time.Second)
		_, there := at.In(zone).Zone()
		return at, there == offset
	}
	first, isShown := shown(before)
	if isShown {
		return first.UTC()
	}
	if second, isShown := shown(after); isShown {
		return second.UTC()
	}
	return first.UTC()
}

// dayOf is the day, counted from the beginning of 1970, on which an instant is in the zone.
func dayOf(at time.Time, zone *time.Location) int {
	year, month, day := at.In(zone).Date()
	return int(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

// wireDay is a day as the vendor writes it.
func wireDay(day int) string {
	return time.Unix(int64(day)*24*60*60, 0).UTC().Format("01/02/2006")
}
