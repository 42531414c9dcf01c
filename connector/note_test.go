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

// TestHowANoteReads puts the marker of a note, and its print where it has one, behind the first paragraph of the body.
func TestHowANoteReads(t *testing.T) {
	for want, n := range map[string]connector.Note{
		"Talk\n\nThey signed.\n\nm/0a\n\nNeeds\n\nA new roof.": {Title: "Talk", Body: "They signed.\n\nNeeds\n\nA new roof.\n", Marker: "m", Print: "0a"},
		"Talk\n\nThey signed.\n\nm":                            {Title: "Talk", Body: "They signed.", Marker: "m"},
		"They signed.\nSoon.\n\nm\n\nNeeds":                    {Body: "They signed.\nSoon.\n\nNeeds", Marker: "m"},
		"Talk\n\nm/0a":                                         {Title: "Talk", Marker: "m", Print: "0a"},
		"m":                                                    {Marker: "m"},
	} {
		if text := connector.NoteText(n); text != want {
			t.Errorf("%+v reads %q, and not %q", n, text, want)
		}
	}
}
