package hub

import (
	"strings"
	"time"
)

// Clock tells the time: the machine's, or on PostgreSQL the database's, by which all nodes go; tests use their own.
type Clock func() time.Time

// TellableTime reports whether t can be told in every answer: RFC 3339 has years of four digits, and the zero time is none.
func TellableTime(t time.Time) bool {
	year := t.UTC().Year()
	return year > 1 && year < 10_000
}

// WireTime formats t as every answer shows it: RFC 3339 in UTC with milliseconds.
func WireTime(t time.Time) string {
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// timeForms are how the contract writes times beside RFC 3339: with a blank for the T, or without a zone, which then is
// UTC. Each takes fractions of a second, too.
var timeForms = []string{"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00"}

// ReadTime reads a time in one of the contract's forms. It is false for any other text, and for what is no tellable time.
func ReadTime(text string) (time.Time, bool) {
	t, ok := readTime(text)
	return t, ok && TellableTime(t)
}

// ReadBound reads a time that others are compared with. It may lie before or after all that anything happens at, as programs
// write that they want no bound: what is earlier than firstTime is that, as the zero time is none.
func ReadBound(text string) (time.Time, bool) {
	t, ok := readTime(text)
	if ok && t.Before(firstTime) {
		t = firstTime
	}
	return t, ok
}

// firstTime is the first that is not the zero time, in microseconds.
var firstTime = time.Time{}.Add(time.Microsecond)

func readTime(text string) (time.Time, bool) {
	if t, err := ParseTime(text); err == nil {
		return t, true
	}
	const leap = "23:59:60" // the last second before it, as in RFC 3339
	if at := len("2006-01-02T"); len(text) >= at+len(leap) && text[at:at+len(leap)] == leap {
		text = text[:at] + "23:59:59" + text[at+len(leap):]
	}
	for _, form := range timeForms {
		if t, err := time.Parse(form, text); err == nil && !strings.Contains(text, ",") {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// ReadTimeOrDate reads what ReadTime does, and a date alone as its beginning in UTC.
func ReadTimeOrDate(text string) (time.Time, bool) {
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t, TellableTime(t)
	}
	return ReadTime(text)
}

// What is said of a time that cannot be read.
const (
	WantTime       = "a time in RFC 3339, as in 2026-01-31T09:30:00Z, or as in 2026-01-31 09:30:00.000, which is UTC, in the years 2 to 9999"
	WantTimeOrDate = WantTime + ", or a date alone, as in 2026-01-31"
)
