package connector

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"sirocco/hub"
)

// Time reads the times vendors write: RFC 3339 in any zone and case, with a blank for the T, a zone
// without its colon, or no zone at all, which then is UTC; a date alone is its midnight. It is always
// UTC. Null and an empty text are the zero time.
type Time struct{ time.Time }

// layouts are tried in order; each takes a fraction of any length.
var layouts = []string{
	time.RFC3339,
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05Z07",
	"2006-01-02T15:04:05",
	"2006-01-02T15:04",
	time.DateOnly,
}

// UnmarshalJSON reads a text; its error does not repeat it.
func (t *Time) UnmarshalJSON(b []byte) error {
	var text *string
	if err := json.Unmarshal(b, &text); err != nil {
		return fmt.Errorf("a time is not a text")
	}
	if text == nil || *text == "" {
		t.Time = time.Time{}
		return nil
	}
	at, err := ParseTime(*text)
	t.Time = at
	return err
}

// Stamp is a time that only tells when a record was made or changed. What the CRM answers counts whatever that is, so one
// that cannot be read is not known, and keeps nothing from coming.
type Stamp struct{ time.Time }

// UnmarshalJSON reads what Time reads; anything else is the zero time.
func (s *Stamp) UnmarshalJSON(b []byte) error {
	if (*Time)(s).UnmarshalJSON(b) != nil {
		s.Time = time.Time{}
	}
	return nil
}

// Wire returns it as Time does.
func (s Stamp) Wire() string { return Time(s).Wire() }

// ParseTime reads one of the forms that Time reads; its error does not repeat the text.
func ParseTime(text string) (time.Time, error) {
	s := strings.ToUpper(strings.TrimSpace(text))
	if len(s) > 10 && s[10] == ' ' {
		s = s[:10] + "T" + strings.ReplaceAll(s[11:], " ", "")
	}
	for _, layout := range layouts {
		if at, err := time.Parse(layout, s); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("a time has a form that is not known")
}

// Wire returns the time as the hub shows it, empty for the zero time.
func (t Time) Wire() string {
	if t.IsZero() {
		return ""
	}
	return hub.WireTime(t.Time)
}
