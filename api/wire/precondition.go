package wire

import (
	"strconv"
	"strings"
	"time"
)

// Precondition makes a change depend on the version it starts from.
type Precondition struct {
	IfMatch string `header:"If-Match" extension:"true" doc:"Only change the version with this ETag; otherwise answer 412."`
}

// ETag is the entity tag of a thing last updated at t.
func ETag(t time.Time) string { return `"` + strconv.FormatInt(t.UnixMicro(), 36) + `"` }

// Versions reads an If-Match header: nil when it allows any version, else the versions it allows.
// A weak tag allows none, as RFC 9110 section 13.1.1 has it.
func Versions(ifMatch string) []time.Time {
	if ifMatch == "" || strings.TrimSpace(ifMatch) == "*" {
		return nil
	}
	allowed := []time.Time{}
	for tag := range strings.SplitSeq(ifMatch, ",") {
		tag = strings.TrimSpace(tag)
		if len(tag) < 2 || tag[0] != '"' || tag[len(tag)-1] != '"' {
			continue
		}
		if us, err := strconv.ParseInt(tag[1:len(tag)-1], 36, 64); err == nil {
			allowed = append(allowed, time.UnixMicro(us).UTC())
		}
	}
	return allowed
}
