package connector_test

import (
	"strings"
	"testing"

	"sirocco/connector"
	"sirocco/hub"
)

// TestANoteFitsWhateverIsLongInIt cuts notes whose title or body is too long, by whatever characters.
func TestANoteFitsWhateverIsLongInIt(t *testing.T) {
	marker := hub.NoteMarker("r", hub.RecordRef{Model: hub.ModelLead, ExternalID: "7"}, 0, "")
	for _, word := range []string{"Zoë ", "👍🏽 ", "line\n", "line\r\n", "unbroken"} {
		long, short := strings.Repeat(word, 200), "short"
		for _, n := range []connector.Note{{Title: long, Body: short}, {Title: short, Body: long}, {Title: long, Body: long}, {Title: long}, {Title: short, Body: short}} {
			n.Marker, n.Print = marker, "0123abcd"
			for _, most := range []int{120, 255, 512} {
				text := connector.NoteText(n.Fit(most))
				if hub.NoteLength(text) > most || !strings.HasSuffix(text, "\n\n"+marker+"/0123abcd") || strings.ToValidUTF8(text, "?") != text {
					t.Errorf("%q: at most %d are %d: %q", word, most, hub.NoteLength(text), text)
				}
				if n.Body == short && !strings.Contains(text, short) {
					t.Errorf("%q: what fits was cut from %q", word, text)
				}
			}
		}
	}
}
