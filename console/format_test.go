package console

import (
	"net/url"
	"strings"
	"testing"
)

// TestMomentsInSentences makes times of the moments in a sentence, however those are written, and of nothing else.
func TestMomentsInSentences(t *testing.T) {
	got := string(sentence("It is linked to “<b>Visit</b> 2026-02-31 10:00 UTC” (2015-03-03 15:00 UTC), since 2026-11-27T05:20:00.000Z."))
	for _, want := range []string{
		"“&lt;b&gt;Visit&lt;/b&gt; 2026-02-31 10:00 UTC” (", `<time datetime="2015-03-03T15:00:00Z" title="2015-03-03 15:00:00.000 UTC">2015-03-03 15:00 UTC</time>)`,
		`<time datetime="2026-11-27T05:20:00Z"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	if n := strings.Count(got, "<time"); n != 2 {
		t.Errorf("%d times in %s", n, got)
	}
}

// TestPercent rounds as the rule does in the sentence beside it.
func TestPercent(t *testing.T) {
	for p, want := range map[float64]string{0: "–", 0.004: "< 1 %", 0.006: "1 %", 0.5: "50 %", 0.993: "99 %", 0.996: "> 99 %", 1: "> 99 %"} {
		if got := percent(p); got != want {
			t.Errorf("%v is %q", p, got)
		}
	}
}

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
