package hub

import "time"

// Clock tells the time. The program uses time.Now; tests use their own.
type Clock func() time.Time

// WireTime formats t as every answer shows it: RFC 3339 in UTC with milliseconds.
func WireTime(t time.Time) string {
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
