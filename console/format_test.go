package console

import "testing"

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
