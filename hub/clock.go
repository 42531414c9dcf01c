package hub

import "time"

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
