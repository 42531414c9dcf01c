package servicetitan_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"sirocco/hub"
)

// TestSummaries reads the names of jobs from what the vendor writes as HTML.
func TestSummaries(t *testing.T) {
	for summary, name := range map[string]string{
		"<p>AC is <b>out</b></p><br>Gate code 1234":                                              "AC is out Gate code 1234",
		"New roof, 3 < 4 & more":                                                                 "New roof, 3 < 4 & more",
		"AT&amp;T &lt;office&gt;&nbsp;two":                                                       "AT&T <office> two",
		"<ul><li>one</li><li>two</li></ul>":                                                      "one two",
		"<style>p{color:red}</style><script>x()</script>hi":                                      "hi",
		"<table><tr><th>Unit</th><th>Age</th></tr><tr><td>AC</td><td>12 years</td></tr></table>": "Unit Age AC 12 years",
		"Price &lt; 500 &euro;&#x2014;call &quot;Jo&quot;&#39;s":                                 "Price < 500 €—call \"Jo\"'s",
		"<!-- note -->&amp;amp; twice":                                                           "&amp; twice",
		"<p></p>":                                                                                "Job 9",
		"":                                                                                       "Job 9",
		strings.Repeat("word ", 100):                                                             strings.TrimSpace(strings.Repeat("word ", 49)) + "…",
		"a <img src=x onerror=alert(1)> b":                                                       "a b",
	} {
		r := one(t, hub.ModelOpportunity, map[string][]any{"jobs": {map[string]any{"id": 1, "jobNumber": "9", "jobStatus": "Scheduled", "summary": summary}}})
		if r.Name != name || utf8.RuneCountInString(r.Name) > 250 {
			t.Errorf("%q is named %q", summary, r.Name)
		}
	}
}

// TestEvents reads appointments that are of no job, whose length comes in several forms.
func TestEvents(t *testing.T) {
	start := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	for length, end := range map[string]time.Time{
		"PT1H30M": start.Add(90 * time.Minute), "01:30:00": start.Add(90 * time.Minute), "1.02:00:00": start.Add(26 * time.Hour), "00:45": start.Add(45 * time.Minute),
		"P1DT1S": start.Add(24*time.Hour + time.Second), " pt1h30m ": start.Add(90 * time.Minute), "PT99999S": start.Add(99_999 * time.Second), "PT100000S": start, "PT1M100000S": start.Add(time.Minute),
		"soon": {}, "": {},
	} {
		r := one(t, hub.ModelEngagement, map[string][]any{"non-job-appointments": {map[string]any{
			"id": 4, "technicianId": 7, "start": "2026-01-05T10:00:00Z", "duration": length, "name": "Training", "active": true,
		}}})
		if r.ExternalID != "nonjob:4" || r.Refs.Owner != "7" || r.Details.ActivityType != "EVENT" || !r.StartTime.Equal(start) || !r.EndTime.Equal(end) {
			t.Errorf("%q: %+v", length, r)
		}
	}
	for _, allDay := range []bool{true, false} {
		r := one(t, hub.ModelEngagement, map[string][]any{"non-job-appointments": {map[string]any{
			"id": 4, "technicianId": 7, "start": "2026-01-05T10:00:00Z", "duration": "08:00:00", "name": "Day off", "allDay": allDay, "active": true,
		}}})
		if r.Details.AllDay != allDay {
			t.Errorf("all day %v: %+v", allDay, r)
		}
	}
	ended := one(t, hub.ModelEngagement, map[string][]any{"appointments": {map[string]any{"id": 4, "start": "2026-01-05T10:00:00Z", "end": "2026-01-05T09:00:00Z", "active": true}}})
	if !ended.EndTime.IsZero() || ended.Deleted {
		t.Errorf("an end before the start is kept as %s", ended.EndTime)
	}
}

// TestLeadStates keeps what became of leads, and who they are about.
func TestLeadStates(t *testing.T) {
	for status, disposition := range map[string]string{"Open": "OPEN", "Dismissed": "LOST", "Converted": ""} {
		r := one(t, hub.ModelLead, map[string][]any{"leads": {map[string]any{
			"id": 1, "status": status, "leadCustomerName": "Ann Lee", "leadPhone": "555 1", "leadEmail": "ann@example.com", "leadCity": "Reno",
		}}})
		if r.Details.Disposition != disposition || r.Name != "Ann Lee" || r.Details.Phones[0] != "555 1" || r.Details.Email != "ann@example.com" || r.Details.Addresses[0].City != "Reno" {
			t.Errorf("%s: %+v", status, r)
		}
	}
}
