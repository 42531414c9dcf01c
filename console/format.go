package console

import (
	"errors"
	"fmt"
	"html"
	"html/template"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"sirocco/hub"
)

// functions are what templates call, beside the methods of their pages.
var functions = template.FuncMap{
	"when": when, "ago": ago, "number": number, "bytes": size, "lasting": lasting, "sentence": sentence, "asSentence": asSentence,
	"words": words, "count": count, "counted": counted, "dict": dict, "short": short, "label": label, "eventWords": eventWords, "host": hostOf,
}

// when is a moment: in UTC, which the browser turns into its own zone, with the exact moment on hover.
func when(t time.Time) template.HTML {
	if t.IsZero() {
		return "–"
	}
	t = t.UTC()
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s">%s</time>`, //nolint:gosec // made of a time alone
		t.Format(time.RFC3339Nano), exact(t), t.Format(wordedTime)))
}

func exact(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000 UTC") }

// ago is how long before now a moment is, or how long after; the exact moment is on hover.
func ago(t, now time.Time) template.HTML {
	if t.IsZero() {
		return "never"
	}
	text := "just now"
	switch d := now.Sub(t); {
	case d >= time.Second:
		text = lasting(d) + " ago"
	case d <= -time.Second:
		text = "in " + lasting(-d)
	}
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s" data-relative>%s</time>`, //nolint:gosec // made of times alone
		t.UTC().Format(time.RFC3339Nano), exact(t), text))
}

// lasting is a duration in its largest unit, and the next one where that is small.
func lasting(d time.Duration) string {
	switch d = d.Round(time.Millisecond); {
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	case d < time.Minute:
		return strconv.Itoa(int(d.Seconds())) + " s"
	case d < time.Hour:
		return strconv.Itoa(int(d.Round(time.Minute).Minutes())) + " min" // rounded as in the sentences of the rule
	case d < 10*time.Hour:
		return strings.TrimSuffix(fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60), " 0 min")
	case d < 48*time.Hour:
		return strconv.Itoa(int(d.Hours())) + " h"
	}
	return strconv.Itoa(int(d.Hours()/24)) + " days"
}

// number is a whole number with its thousands apart.
func number(value any) string {
	digits := fmt.Sprint(value)
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "−", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// count is a number of things, as in "1 page" and "2 pages".
func count(value any, one, many string) string {
	if fmt.Sprint(value) == "1" {
		return "1 " + one
	}
	return number(value) + " " + many
}

// size is a number of bytes in a unit that people read.
func size(n int64) string {
	const step = 1024
	value, unit := float64(n), 0
	for value >= step && unit < 4 {
		value, unit = value/step, unit+1
	}
	digits := 0
	if unit > 0 && value < 10 {
		digits = 1
	}
	return strconv.FormatFloat(value, 'f', digits, 64) + " " + []string{"B", "KiB", "MiB", "GiB", "TiB"}[unit]
}

// short is the end of an id, which tells those of one time apart.
func short(id string) string { return id[max(0, len(id)-8):] }

// words is a name of the contract as people read it: CONTACT_USER is Contact user.
func words(name any) string {
	text := strings.ToLower(strings.ReplaceAll(fmt.Sprint(name), "_", " "))
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// label is the name of a field as people read it: baseURL is Base URL.
func label(name string) string {
	var b strings.Builder
	for i, r := range name {
		switch {
		case i == 0:
			b.WriteString(strings.ToUpper(string(r)))
		case r >= 'A' && r <= 'Z' && name[i-1] >= 'a' && name[i-1] <= 'z':
			b.WriteString(" ")
			if i+1 < len(name) && name[i+1] >= 'a' && name[i+1] <= 'z' {
				r += 'a' - 'A'
			}
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// wordedTime is how the rule of links has moments in its sentences.
const wordedTime = "2006-01-02 15:04 UTC"

// toldTimes are the moments in sentences, as the API has them and as people read them.
var toldTimes = regexp.MustCompile(`\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?Z| \d\d:\d\d UTC)`)

// quoted is a name within a sentence: what others wrote.
var quoted = regexp.MustCompile(`“[^”]*”`)

// isolate keeps a quoted name that runs from right to left, or says that it does, from turning the rest of its sentence round.
func isolate(name string) string {
	if !strings.ContainsFunc(name, turns) {
		return name
	}
	return "“" + isolated(strings.Trim(name, "“”")) + "”"
}

// isolated is a text whose direction does not go on in what stands beside it, where there is no markup to say so.
func isolated(text string) string { return "\u2068" + text + "\u2069" }

// turns reports whether a letter runs from right to left, or is a sign that sets a direction.
func turns(r rune) bool {
	return unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// sentence is a sentence of the engine, whose moments are in the viewer's zone.
func sentence(text string) template.HTML {
	escaped := html.EscapeString(quoted.ReplaceAllStringFunc(text, isolate))                 // leaves moments as they are
	return template.HTML(toldTimes.ReplaceAllStringFunc(escaped, func(found string) string { //nolint:gosec // escaped above
		t, err := hub.ParseTime(found)
		if err != nil {
			t, err = time.Parse(wordedTime, found)
		}
		if err != nil {
			return found
		}
		return string(when(t))
	}))
}

// asSentence is why something failed, with the capital and the full stop of a sentence of its own.
func asSentence(why string) string {
	if why == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(why)
	return string(unicode.ToUpper(first)) + strings.TrimSuffix(why[size:], ".") + "."
}

// dict is a map for a template that is called with several values.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, errors.New("dict needs names and values by pairs")
	}
	all := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: %v is no name", pairs[i])
		}
		all[name] = pairs[i+1]
	}
	return all, nil
}

// eventWords is a type of events as people read it.
func eventWords(t hub.EventType) string {
	switch t {
	case hub.EventRecordingProcessed:
		return "Recording processed"
	case hub.EventRecordingLinked:
		return "Recording linked"
	}
	return string(t)
}

// hostOf is the host of a URL; the URL where it has none.
func hostOf(text string) string {
	if u, err := url.Parse(text); err == nil && u.Host != "" {
		return u.Host
	}
	return text
}
