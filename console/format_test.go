package console

import (
	"net/url"
	"testing"
)

// TestAsSentence makes a sentence of why something failed, however an engine or a CRM says it.
func TestAsSentence(t *testing.T) {
	for why, want := range map[string]string{
		"": "", "there are no credentials": "There are no credentials.", "Merge: Invalid API key": "Merge: Invalid API key.",
		"It was paused.": "It was paused.", "élan": "Élan.",
	} {
		if got := asSentence(why); got != want {
			t.Errorf("%q is %q", why, got)
		}
	}
}

// TestNamesDoNotTurnSentencesRound isolates the names in a sentence, which may run from right to left, or say so.
func TestNamesDoNotTurnSentencesRound(t *testing.T) {
	got := string(sentence("It may be “\u202eevil”, or “b & c”."))
	if want := "It may be “\u2068\u202eevil\u2069”, or “b &amp; c”."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestAPeriodEndsAfterItBegins refuses one that has nothing in it.
func TestAPeriodEndsAfterItBegins(t *testing.T) {
	for query, fine := range map[string]bool{"from=2026-01-02T00:00": true, "from=2026-01-02T00:00&until=2026-01-01T00:00": false, "from=2026-01-02T00:00&until=2026-01-02T00:00": false, "from=2026-01-01T00:00&until=2026-01-02T00:00": true} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := periodOf(values.Get); (err == nil) != fine {
			t.Errorf("%s: %v", query, err)
		}
	}
}
