package connector

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// NoteText is how a note reads in a CRM that has one text for it: title, body, and the marker on a
// line of its own.
func NoteText(n Note) string {
	return strings.TrimSpace(n.Title+"\n\n"+n.Body) + "\n\n" + n.Marker
}

// HasMarker reports whether text holds the marker as a whole word: a CRM may have changed the white
// space or the markup around it, and one marker may be the beginning of another.
func HasMarker(text, marker string) bool {
	for rest := text; marker != ""; {
		i := strings.Index(rest, marker)
		if i < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(rest[:i])
		after, _ := utf8.DecodeRuneInString(rest[i+len(marker):])
		if !wordRune(before) && !wordRune(after) {
			return true
		}
		rest = rest[i+1:]
	}
	return false
}

func wordRune(r rune) bool {
	return r != utf8.RuneError && (r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r))
}
