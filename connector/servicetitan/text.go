package servicetitan

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// nameMost bounds a name that is made of a text, in characters.
const nameMost = 250

// blocks are the elements that begin a line of their own.
var blocks = map[atom.Atom]bool{
	atom.P: true, atom.Br: true, atom.Div: true, atom.Li: true, atom.Ul: true, atom.Ol: true, atom.Tr: true, atom.Table: true, atom.Blockquote: true,
	atom.Pre: true, atom.Hr: true, atom.Section: true, atom.Article: true, atom.Header: true, atom.Footer: true, atom.Dl: true, atom.Dt: true, atom.Dd: true, atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true,
}

// plainText is what a person reads of HTML, in lines; a text that is none stays as it is but for its white space: what stands between < and >
// and is no element of HTML is part of it.
func plainText(markup string) string {
	var b strings.Builder
	skipped := ""
	for z := html.NewTokenizer(strings.NewReader(markup)); ; {
		kind := z.Next()
		raw := string(z.Raw()) // before the name is asked for, which changes it
		if skipped == "" && isText(kind, raw) {
			b.WriteString(html.UnescapeString(raw))
			if kind != html.ErrorToken {
				continue
			}
		}
		switch kind {
		case html.ErrorToken: // the end: reading a string does not fail
			return lines(b.String())
		case html.TextToken:
			if skipped == "" {
				b.WriteString(z.Token().Data)
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			switch {
			case blocks[t.DataAtom]:
				b.WriteByte('\n')
			case t.DataAtom == atom.Td || t.DataAtom == atom.Th: // on one line with those beside it
				b.WriteByte(' ')
			}
			if t.Type == html.StartTagToken && (t.DataAtom == atom.Script || t.DataAtom == atom.Style) {
				skipped = t.Data
			}
		case html.EndTagToken:
			t := z.Token()
			if blocks[t.DataAtom] {
				b.WriteByte('\n')
			}
			if t.Data == skipped {
				skipped = ""
			}
		}
	}
}

// isText reports whether a token that looks like a tag is none, as its name is no element's.
func isText(kind html.TokenType, raw string) bool {
	switch kind {
	case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken, html.ErrorToken:
	default:
		return false
	}
	name := strings.TrimLeft(raw, "</")
	if end := strings.IndexAny(name, " \t\r\n\f/>"); end >= 0 {
		name = name[:end]
	}
	return name != "" && atom.Lookup([]byte(strings.ToLower(name))) == 0 && !officeTag.MatchString(name)
}

// lines drops empty lines, and white space that is more than one blank.
func lines(text string) string {
	var kept []string
	for line := range strings.SplitSeq(text, "\n") {
		if words := strings.Fields(line); len(words) > 0 {
			kept = append(kept, strings.Join(words, " "))
		}
	}
	return strings.Join(kept, "\n")
}

// oneLine is a text as a name: on one line, and cut where it is long.
func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	runes := []rune(text)
	if len(runes) <= nameMost {
		return text
	}
	short := string(runes[:nameMost-1])
	if at := strings.LastIndexByte(short, ' '); at > len(short)/2 {
		short = short[:at]
	}
	return short + "…"
}

var (
	officeTag     = regexp.MustCompile(`^[A-Za-z]\w*:[A-Za-z]\w*$`) // as <o:p>, which word processors leave in what is pasted
	isoDuration   = regexp.MustCompile(`^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?$`)
	clockDuration = regexp.MustCompile(`^(?:(\d+)\.)?(\d+):(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?$`)
)

// duration reads lengths as ISO 8601 has them (PT1H30M), and as the vendor's own platform writes them (1.02:30:00).
func duration(text string) (time.Duration, bool) {
	text = strings.ToUpper(strings.TrimSpace(text))
	parts := isoDuration.FindStringSubmatch(text)
	if parts == nil {
		parts = clockDuration.FindStringSubmatch(text)
	}
	if parts == nil {
		return 0, false
	}
	var total time.Duration
	for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second} {
		if n, err := strconv.Atoi(parts[i+1]); err == nil && n < 100_000 {
			total += time.Duration(n) * unit
		}
	}
	return total, true
}

// identifier is the form of names and ids that may be shown.
var identifier = regexp.MustCompile(`^[A-Za-z0-9_.\[\]:|-]{1,100}$`)

func plainID(text string) bool { return identifier.MatchString(text) }

// fieldNames are the fields that problem details name.
func fieldNames(of map[string]json.RawMessage) string {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(of)), func(name string) bool { return !plainID(name) })
	return strings.Join(names[:min(len(names), 5)], ", ")
}
