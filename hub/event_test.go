package hub_test

import (
	"encoding/base64"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sirocco/hub"
)

func TestWhatIsWrongWithAWebhooksURL(t *testing.T) {
	long := "https://example.com/" + strings.Repeat("x", 2048-len("https://example.com/"))
	for url, c := range map[string]string{
		"https://example.com":        "",
		"https://example.com:65535/": "",
		"https://example.com:1/":     "",
		"https://EXAMPLE.com/?a=b":   "",
		long:                         "",
		long + "x":                   "is too long; expected 2048 bytes at most",
		"ftp://example.com":          "begins with ftp://; expected https://",
		"example.com/hook":           "is not a URL with a host; expected https:// and a host",
		"https:///hook":              "is not a URL with a host; expected https:// and a host",
		"https:example.com":          "is not a URL with a host; expected https:// and a host",
		"https://exa mple.com":       "is not a URL with a host; expected https:// and a host",
		"//example.com":              "is not a URL with a host; expected https:// and a host",
		"https://example.com:0/":     "has a port that there is not; expected one from 1 to 65535",
		"https://example.com:65536/": "has a port that there is not; expected one from 1 to 65535",
		"https://u@example.com":      "has a user or a password; expected one without: the signature tells who sends",
		"https://example.com/#top":   "has a fragment; expected one without #",
		"http://example.com":         "begins with http://; expected https://, unless the server's operator allows the host (serve --allow-private or --allow-targets)",
		"https://10.0.0.1/":          "names an address that is not public; expected a public host, unless the server's operator allows it (serve --allow-private or --allow-targets)",
		"https://8.8.8.8/":           "",
	} {
		err := (&hub.WebhookPatch{URL: &url}).Validate(hub.Targets{})
		if got := strings.TrimPrefix(text(err), "url "); got != c {
			t.Errorf("%.60q: %q, want %q", url, got, c)
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestAWebhooksPatchIsValidated(t *testing.T) {
	for name, c := range map[string]struct {
		patch hub.WebhookPatch
		want  string
	}{
		"nothing":                 {hub.WebhookPatch{}, ""},
		"the longest description": {hub.WebhookPatch{Description: new(strings.Repeat("x", 1024))}, ""},
		"a longer one":            {hub.WebhookPatch{Description: new(strings.Repeat("x", 1025))}, "description"},
		"no event":                {hub.WebhookPatch{EventTypes: &[]hub.EventType{}}, ""},
		"all events":              {hub.WebhookPatch{EventTypes: new(hub.EventTypes())}, ""},
		"one that is not":         {hub.WebhookPatch{EventTypes: &[]hub.EventType{hub.EventRecordingLinked, "recordingLinked"}}, "eventTypes[1]"},
	} {
		if got := fields(t, c.patch.Validate(hub.Targets{})); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := text(hub.ValidateEventType("type", "x")); got != `type is "x", which is not a type of event; expected integrations.recordingProcessed or integrations.recordingLinked` {
		t.Error(got)
	}
}

func TestWhichEventsAnEndpointWants(t *testing.T) {
	all, one := hub.WebhookEndpoint{}, hub.WebhookEndpoint{EventTypes: []hub.EventType{hub.EventRecordingLinked}}
	if !all.Wants(hub.EventRecordingLinked) || !all.Wants(hub.EventRecordingProcessed) || !one.Wants(hub.EventRecordingLinked) || one.Wants(hub.EventRecordingProcessed) {
		t.Errorf("%v %v", all.Wants(hub.EventRecordingLinked), one.Wants(hub.EventRecordingProcessed))
	}
}

func TestWhatAnEventTells(t *testing.T) {
	alone := hub.NewRecordingEvent(hub.EventRecordingProcessed, hub.Recording{ID: "r", UserID: "u", ProcessedAt: day}, nil)
	if want := (hub.RecordingEvent{RecordingID: "r", SiroUserID: "u", RecordingProcessed: true, EventType: hub.EventRecordingProcessed}); alone != want {
		t.Errorf("%+v", alone)
	}
	crm := hub.LinkedCRM{
		ConnectionID: "c", Users: []hub.CRMIdentity{{ID: "1", ExternalID: "u"}}, Engagement: &hub.CRMIdentity{ID: "2", ExternalID: "e"}, Opportunity: &hub.CRMIdentity{ID: "3", ExternalID: "o"},
		Contacts: []hub.CRMIdentity{{ID: "4", ExternalID: "c"}}, Account: &hub.CRMIdentity{ID: "5", ExternalID: "a"}, Lead: &hub.CRMIdentity{ID: "6", ExternalID: "l"},
	}
	linked := hub.NewRecordingEvent(hub.EventRecordingLinked, hub.Recording{ID: "r", Link: hub.Link{ExternalID: "e"}}, &crm)
	want := hub.RecordingEvent{RecordingID: "r", RecordingLinked: true, EventType: hub.EventRecordingLinked, CRM: &hub.EventCRM{
		IntegrationConnectionID: "c", Users: crm.Users, Engagement: crm.Engagement, Opportunity: crm.Opportunity, Contacts: crm.Contacts, Account: crm.Account, Lead: crm.Lead,
	}}
	if !reflect.DeepEqual(linked, want) {
		t.Errorf("%+v, of the CRM %+v", linked, linked.CRM)
	}
}

func TestQueryValuesAreNotShown(t *testing.T) {
	for url, want := range map[string]string{
		"https://example.com/a": "https://example.com/a", "https://example.com/a?": "https://example.com/a?...", "https://example.com/a?key=s3cret": "https://example.com/a?key=...",
		"https://example.com/a?s3cret": "https://example.com/a?...", "https://example.com/a?a=1&s3cret&b=2=3": "https://example.com/a?a=...&...&b=...", "": "",
	} {
		if got := hub.WithoutQueryValues(url); got != want {
			t.Errorf("%q: %q, want %q", url, got, want)
		}
	}
}

func TestWebhookSecrets(t *testing.T) {
	first, second := hub.NewWebhookSecret(), hub.NewWebhookSecret()
	random, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(first, "whsec_"))
	if !strings.HasPrefix(first, "whsec_") || err != nil || len(random) != 32 || first == second {
		t.Errorf("%q and %q", first, second)
	}
	if slices.Max(random) == 0 {
		t.Error("it was not drawn")
	}
}

func TestHowLongWebhooksWait(t *testing.T) {
	var total time.Duration
	for attempts, want := range map[int]time.Duration{
		0: 5 * time.Second, 1: 5 * time.Second, 2: time.Minute, 3: 5 * time.Minute, 4: 30 * time.Minute, 5: 2 * time.Hour, 6: 5 * time.Hour, 7: 6 * time.Hour, 8: 10 * time.Hour,
	} {
		got, ok := hub.WebhookWait(attempts)
		if !ok || got != want {
			t.Errorf("after %d: %s, %v", attempts, got, ok)
		}
		if attempts > 0 {
			total += got
		}
	}
	if total < 23*time.Hour || total > 25*time.Hour {
		t.Errorf("all waits together are %s, which is not about a day", total)
	}
	if wait, ok := hub.WebhookWait(9); ok || wait != 0 {
		t.Errorf("after the last: %s", wait)
	}
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for since, want := range map[time.Duration]time.Duration{-time.Second: 0, 0: 0, time.Second: time.Second, time.Minute: time.Minute, time.Hour: time.Minute} {
		if got := hub.WebhookPause(now.Add(-since), now); got != want {
			t.Errorf("failing for %s: left alone for %s, want %s", since, got, want)
		}
	}
	if got := hub.WebhookPause(time.Time{}, now); got != 0 {
		t.Errorf("not failing: left alone for %s", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		attempts := rapid.IntRange(-3, 20).Draw(t, "attempts")
		a, more := hub.WebhookWait(attempts)
		b, evenMore := hub.WebhookWait(attempts + 1)
		if evenMore && (!more || b < a) {
			t.Fatalf("after %d: %s %v; after one more: %s %v", attempts, a, more, b, evenMore)
		}
	})
}
