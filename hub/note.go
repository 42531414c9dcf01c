package hub

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"uuid"
)

// ResultNote is a recording's result as people read it in a CRM.
type ResultNote struct {
	Title, Body string
}

// noteMarkers is the space of the ids in NoteMarker.
var noteMarkers = uuid.MustParse("6d3c6c0e-52a4-5b0f-8f0a-0f6f5f3a9b21")

// NoteMarker is what a note is known again by in the CRM. It is made of what the note says: the recording, the record that
// it is put on, and, for a correction, which one it is and of, the print of its text. So it is the same however often, and
// over whatever connection, the note is made.
func NoteMarker(recording string, on RecordRef, correction int64, of string) string {
	if correction == 0 {
		of = "" // the first note is the first note, whatever it says
	}
	parts := []string{recording, string(on.Model), on.ExternalID, strconv.FormatInt(correction, 10), of}
	return "sirocco:" + nameID(noteMarkers, strings.Join(parts, "\x00"))
}

// Print is a short digest of what the note says. It stands behind the marker in the CRM, so that what a note says is known
// without knowing its text.
func (n ResultNote) Print() string {
	sum := sha256.Sum256([]byte(n.Title + "\x00" + n.Body))
	return hex.EncodeToString(sum[:4])
}

// Correction is the note as one that takes the place of an earlier one, which stands on the same record.
func (n ResultNote) Correction() ResultNote {
	return ResultNote{Title: "Correction: " + n.Title, Body: "The recording was analysed again. This takes the place of what was noted of it here before.\n\n" + n.Body}
}

// NoteLength is how many characters a text has as the strictest of vendors count them: in units of UTF-16, and a line break as
// two, since some keep it so.
func NoteLength(text string) int {
	n := 0
	for _, r := range text {
		n += runeLength(r)
	}
	return n
}

func runeLength(r rune) int {
	if r == '\n' || r > 0xffff {
		return 2
	}
	return 1
}

// FirstOf is as much of the beginning of a text as has at most characters, by NoteLength.
func FirstOf(text string, most int) string {
	for i, r := range text {
		if most -= runeLength(r); most < 0 {
			return text[:i]
		}
	}
	return text
}

// CutNote cuts a text to at most characters, by NoteLength, at the end of a line where there is one, and says so in its last line.
func CutNote(text string, most int) string {
	if most <= 0 || NoteLength(text) <= most {
		return text
	}
	const word = "\n(Cut: a note has room for no more here.)" // no number: the vendor's limit holds for more than this text
	room := most - NoteLength(word)
	if room <= 0 {
		return FirstOf(text, most)
	}
	kept := FirstOf(text, room)
	if end := strings.LastIndexByte(kept, '\n'); end > len(kept)/2 {
		kept = kept[:end]
	}
	return strings.TrimRight(kept, "\n ") + word
}

// NewResultNote writes the note of a recording. The transcript, where there is one, is added as it is.
func NewResultNote(r *Recording, transcript string) ResultNote {
	n := ResultNote{Title: cmp.Or(r.Title, "Recording of "+personTime(r.StartedAt))}
	head := []string{"Recorded " + personTime(r.StartedAt) + lasted(r)}
	if outcome := cmp.Or(string(r.Result), r.Analysis.OutcomeLabel); outcome != "" {
		head = append(head, "Result: "+outcome)
	}
	if r.Score != nil {
		head = append(head, fmt.Sprintf("Score: %g", *r.Score))
	}
	parts := []string{strings.Join(head, "\n")}
	for _, section := range r.Analysis.Summary {
		parts = append(parts, strings.TrimSpace(section.Header+"\n"+section.Content))
	}
	if found := extracted(r); found != "" {
		parts = append(parts, found)
	}
	if transcript != "" {
		parts = append(parts, "Transcript\n"+strings.TrimSpace(transcript))
	}
	n.Body = strings.Join(parts, "\n\n")
	return n
}

func lasted(r *Recording) string {
	if r.Duration <= 0 {
		return ""
	}
	return ", " + personDuration(r.Duration)
}

// extracted are all values found, as text: not every CRM has fields for them.
func extracted(r *Recording) string {
	var lines []string
	for _, extraction := range r.Analysis.Finished() {
		for _, v := range extraction.Values {
			if text := ValueText(v.Value); text != "" {
				lines = append(lines, cmp.Or(v.Name, extraction.DefinitionName)+": "+text)
			}
		}
	}
	return strings.Join(lines, "\n")
}

// ValueText writes a string, number, boolean or list as people do; nothing for null.
func ValueText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return strings.TrimSpace(v)
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case float64: // in plain digits, as 1.25e+06 is none of a person's
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		var parts []string
		for _, one := range v {
			if text := ValueText(one); text != "" {
				parts = append(parts, text)
			}
		}
		return strings.Join(parts, ", ")
	}
	return fmt.Sprint(v)
}

// MaxTranscriptBytes is how many bytes of a transcript go into a note.
const MaxTranscriptBytes = 100_000

// Transcript puts utterances together until it is as long as a note may have it.
type Transcript struct {
	// Speakers are the names of the speakers, where they are known.
	Speakers map[string]string
	text     strings.Builder
	cut      bool
}

// Add adds an utterance and reports whether there is room for more.
func (t *Transcript) Add(u Utterance) bool {
	text := strings.TrimSpace(u.Text)
	if u.Redacted && text == "" {
		text = "(redacted)"
	}
	line := cmp.Or(t.Speakers[u.Speaker], u.Speaker, "Speaker") + ": " + text + "\n"
	if t.text.Len()+len(line) > MaxTranscriptBytes {
		t.cut = true
		return false
	}
	t.text.WriteString(line)
	return true
}

// String is the transcript, with a sentence at its end where it was cut.
func (t *Transcript) String() string {
	if t.cut {
		return t.text.String() + "(The transcript goes on; it is too long for a note.)\n"
	}
	return t.text.String()
}
