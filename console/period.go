package console

import (
	"time"

	"sirocco/hub"
)

// period is a stretch of time that a page is about, as its URL says: the first moment is in it and the last is not. A zero one
// bounds nothing.
type period struct{ From, Until time.Time }

// periodOf reads a period from the names and values of a URL or a form.
func periodOf(get func(string) string) (p period, err error) {
	for name, to := range map[string]*time.Time{"from": &p.From, "until": &p.Until} {
		if text := get(name); text != "" {
			if *to, err = readMoment(text); err != nil {
				return p, hub.Invalid(name, "is no time", hub.WantTime)
			}
		}
	}
	if !p.From.IsZero() && !p.Until.IsZero() && !p.Until.After(p.From) {
		return p, hub.Invalid("until", "is not after from", "a later time")
	}
	return p, nil
}

// readMoment reads a moment as a form sends it: with its offset, which the browser adds, or without one, which is UTC.
func readMoment(text string) (time.Time, error) {
	if at, err := hub.ParseTime(text); err == nil {
		return at, nil
	}
	return time.Parse("2006-01-02T15:04", text)
}

// pairs are the period as names and values of a URL.
func (p period) pairs() (pairs []string) {
	for name, t := range map[string]time.Time{"from": p.From, "until": p.Until} {
		if !t.IsZero() {
			pairs = append(pairs, name, hub.WireTime(t))
		}
	}
	return pairs
}

// words says the period at the end of a sentence; nothing where there is none.
func (p period) words() (text string) {
	if !p.From.IsZero() {
		text += ", from " + hub.WireTime(p.From)
	}
	if !p.Until.IsZero() {
		text += ", until " + hub.WireTime(p.Until)
	}
	return text
}
