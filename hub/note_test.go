package hub_test

import (
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"sirocco/hub"
)

func TestAMarkerSaysWhatTheNoteIs(t *testing.T) {
	job := hub.RecordRef{Model: hub.ModelOpportunity, ExternalID: "7"}
	first := hub.NoteMarker("r", job, 0, "aa")
	if first != hub.NoteMarker("r", job, 0, "bb") {
		t.Error("the first note is another one when it says something else")
	}
	// In people's CRMs: another version that makes another marker would write all notes again.
	if want := "sirocco:6799aad4-49a3-512f-9dca-cbdcc4924a20"; first != want {
		t.Errorf("the marker is %s", first)
	}
	seen := map[string]bool{first: true}
	for _, other := range []string{
		hub.NoteMarker("s", job, 0, ""), hub.NoteMarker("r", hub.RecordRef{Model: hub.ModelOpportunity, ExternalID: "8"}, 0, ""),
		hub.NoteMarker("r", hub.RecordRef{Model: hub.ModelLead, ExternalID: "7"}, 0, ""), hub.NoteMarker("r", job, 1, "aa"),
		hub.NoteMarker("r", job, 1, "bb"), hub.NoteMarker("r", job, 2, "aa"),
	} {
		if seen[other] {
			t.Errorf("%s is two notes", other)
		}
		seen[other] = true
	}
}

func TestANoteIsCutAtALine(t *testing.T) {
	lines := strings.Repeat("Zoë: something\n", 20)
	for most, want := range map[int]string{0: lines, 320: lines, 100: "Zoë: something\nZoë: something\nZoë: something\n(Cut: a note has room for no more here.)"} {
		if got := hub.CutNote(lines, most); got != want {
			t.Errorf("%d: %q", most, got)
		}
	}
	for most := 1; most < 120; most++ {
		for _, text := range []string{lines, strings.Repeat("é", 200), strings.Repeat("👍", 200), strings.Repeat("yes\r\n", 80)} {
			cut := hub.CutNote(text, most)
			n := len(utf16.Encode([]rune(strings.ReplaceAll(strings.ReplaceAll(cut, "\r\n", "\n"), "\n", "\r\n"))))
			if n > most || n == 0 && most > 1 || !utf8.ValidString(cut) || strings.ContainsRune(cut, utf8.RuneError) {
				t.Errorf("cut to %d it has %d characters: %q", most, n, cut)
			}
		}
	}
}
