package console

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"unicode"
)

// rawLine is one line of what a CRM sent; it is marked where a reason names its field.
type rawLine struct {
	Text   string
	Marked bool
}

var (
	rawField = regexp.MustCompile(`^\s*"([^"]+)":`)
	word     = regexp.MustCompile(`[\pL\pN_]+`)
)

// rawMost bounds how many lines of an item are shown.
const rawMost = 400

// markRaw lays JSON out line by line, and marks the lines of fields that the reason names, however either of them writes
// their names: end_time is endTime. What is no JSON is shown as it is.
func markRaw(raw, reason string) []rawLine {
	var laid bytes.Buffer
	if json.Indent(&laid, []byte(raw), "", "  ") != nil {
		laid.Reset()
		laid.WriteString(raw)
	}
	named := map[string]bool{}
	for _, w := range word.FindAllString(reason, -1) {
		if w := fieldName(w); len(w) > 1 {
			named[w] = true
		}
	}
	var lines []rawLine
	for text := range strings.Lines(laid.String()) {
		if len(lines) == rawMost {
			return append(lines, rawLine{Text: "… it goes on"})
		}
		text = strings.TrimRight(text, "\n")
		found := rawField.FindStringSubmatch(text)
		lines = append(lines, rawLine{text, found != nil && named[fieldName(found[1])]})
	}
	return lines
}

// fieldName is the name of a field without what different spellings have different.
func fieldName(name string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}
