package hub_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
)

// TestMobileEventsSayWhatIsWrong says of each fault of an event of the app which field has it, what it is, and what would be right.
func TestMobileEventsSayWhatIsWrong(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	online := map[string]string{"value": "online"}
	long := strings.Repeat("x", 4097)
	for name, c := range map[string]struct {
		event hub.MobileEvent
		want  []hub.Issue
	}{
		"all is well": {hub.MobileEvent{Code: "networkStatusChange", Event: online, OccurredAt: now, OpportunityIDs: []string{long[:256]}}, nil},
		"of no time":  {hub.MobileEvent{Code: "deeplinkReceived", Event: map[string]string{"fullUrl": long[1:]}}, nil},
		"a day ahead": {hub.MobileEvent{Code: "networkStatusChange", Event: online, OccurredAt: now.Add(24 * time.Hour)}, nil},
		"no code":     {hub.MobileEvent{Event: online}, []hub.Issue{{"eventCode", `is ""`, "one of the eight codes"}}},
		"nothing of it": {hub.MobileEvent{Code: "recorderStateChange"}, []hub.Issue{
			{"event.value", "is missing", "a text: it belongs to recorderStateChange"}, {"event.trigger", "is missing", "a text: it belongs to recorderStateChange"},
		}},
		"too long":            {hub.MobileEvent{Code: "recordingMetadataChanged", Event: map[string]string{"title": long}}, []hub.Issue{{"event.title", "is too long", "at most 4096 bytes"}}},
		"no word of it":       {hub.MobileEvent{Code: "networkStatusChange", Event: map[string]string{"value": "slow"}}, []hub.Issue{{"event.value", `is "slow"`, "one of online, offline"}}},
		"a field of another":  {hub.MobileEvent{Code: "networkStatusChange", Event: map[string]string{"value": "online", "title": "x"}}, []hub.Issue{{`event."title"`, "does not belong to networkStatusChange", "no such field"}}},
		"many opportunities":  {hub.MobileEvent{Code: "networkStatusChange", Event: online, OpportunityIDs: make([]string, 21)}, []hub.Issue{{"externalOpportunityIds", "are too many", "at most 20"}}},
		"a long opportunity":  {hub.MobileEvent{Code: "networkStatusChange", Event: online, OpportunityIDs: []string{long, long}}, []hub.Issue{{"externalOpportunityIds", "has one that is too long", "at most 256 bytes each"}}},
		"before all time":     {hub.MobileEvent{Code: "networkStatusChange", Event: online, OccurredAt: now.AddDate(-3000, 0, 0)}, []hub.Issue{{"occurredAt", "is no time that anything happened at", "when it happened"}}},
		"more than a day off": {hub.MobileEvent{Code: "networkStatusChange", Event: online, OccurredAt: now.Add(24*time.Hour + 1)}, []hub.Issue{{"occurredAt", "is more than a day ahead", "when it happened"}}},
	} {
		err := c.event.Validate(now)
		var invalid *hub.InvalidError
		if c.want == nil && err != nil || c.want != nil && (!errors.As(err, &invalid) || !slices.Equal(invalid.Issues, c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
