package hub

import (
	"fmt"
	"strings"
	"time"
)

// ParseTime reads a time in RFC 3339, as strictly as the standard is written and as freely: its letters may be in
// lower case, and a leap second is the last one before it. It returns the time in UTC.
func ParseTime(text string) (time.Time, error) {
	upper := strings.ToUpper(text)
	if len(upper) < len("2006-01-02T15:04:05Z") || len(upper) > 64 || upper[10] != 'T' || upper[13] != ':' || upper[16] != ':' || strings.Contains(upper, ",") {
		return time.Time{}, fmt.Errorf("%s is no time in RFC 3339", Quoted(text))
	}
	if upper[17:19] == "60" {
		upper = upper[:17] + "59" + upper[19:]
		if at, err := time.Parse(time.RFC3339, upper); err != nil || at.UTC().Format("15:04") != "23:59" {
			return time.Time{}, fmt.Errorf("%s is no leap second", Quoted(text))
		}
	}
	at, err := time.Parse(time.RFC3339, upper)
	if err == nil && upper[len(upper)-1] != 'Z' {
		if offset := upper[len(upper)-5:]; offset[:2] > "23" || offset[3:] > "59" {
			err = fmt.Errorf("%s has an offset of more than a day", Quoted(text))
		}
	}
	if err != nil {
		return time.Time{}, err
	}
	return at.UTC(), nil
}
