package api

import (
	"strconv"
	"strings"
	"time"
)

// etag is the entity tag of a thing last updated at t.
func etag(t time.Time) string { return `"` + strconv.FormatInt(t.UnixMicro(), 36) + `"` }

// versions reads an If-Match header: nil when it allows any version, else the versions it allows.
// A weak tag allows none, as RFC 9110 section 13.1.1 has it.
func versions(ifMatch string) []time.Time {
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
