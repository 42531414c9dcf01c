package console

import (
	"strconv"
	"strings"
	"time"

	"sirocco/hub"
)

const (
	// axisRow is how many pixels a row of the axis is high, axisTop where its first begins.
	axisRow, axisTop = 44, 26
	// axisMost bounds how many candidates are drawn.
	axisMost = 12
)

// axis is a recording and its candidates on one line of time. What is across is in percent of its width, so that letters
// keep their size wherever it is shown.
type axis struct {
	Rows   []axisBar
	Ticks  []axisTick
	Height int
	Zone   string
	// From and To are where the recording is.
	From, Width string
}

// axisBar is one row: the recording, or a candidate.
type axisBar struct {
	Kind, Label string
	// From and Until are when the recording was, which its label says after Before; zero in the other rows.
	From, Until    time.Time
	Before         string
	X, Width       string
	Y, TextY       int
	LabelX, Anchor string
}

type axisTick struct {
	X, Label string
	At       time.Time
}

// newAxis draws the recording and those candidates whose time is known. Without one of them there is no axis.
func newAxis(r *hub.Recording, candidates []candidate, zone *time.Location) axis {
	from, until := r.StartedAt, r.EndedAt
	var drawn []candidate
	for _, c := range candidates {
		a := c.Appointment
		if a.Start.IsZero() || len(drawn) == axisMost {
			continue
		}
		drawn = append(drawn, c)
		if d := a.Start.Sub(r.StartedAt); d < -24*time.Hour || d > 24*time.Hour { // it would squeeze all the others
			continue
		}
		from = earlier(from, a.Start)
		until = later(until, candidateEnd(a))
	}
	if len(drawn) == 0 {
		return axis{}
	}
	margin := max(until.Sub(from)/20, 10*time.Minute)
	from, until = from.Add(-margin), until.Add(margin)
	at := func(t time.Time) float64 { return 100 * float64(t.Sub(from)) / float64(until.Sub(from)) }
	a := axis{Zone: zone.String(), Height: axisTop + axisRow*(len(drawn)+1) + 4}
	bar := func(kind, label string, start, end time.Time) {
		x, to := max(0, min(99.2, at(start))), max(0, min(100, at(end)))
		row := axisTop + axisRow*len(a.Rows)
		b := axisBar{Kind: kind, Label: label, X: across(x), Width: across(max(0.8, to-x)), Y: row + 20, TextY: row + 14, LabelX: across(x), Anchor: "start"}
		if x > 50 {
			b.LabelX, b.Anchor = across(max(to, x)), "end"
		}
		a.Rows = append(a.Rows, b)
	}
	const recording = "The recording, "
	bar("recording", recording+span(r.StartedAt, r.EndedAt, zone), r.StartedAt, r.EndedAt)
	a.Rows[0].From, a.Rows[0].Until, a.Rows[0].Before = r.StartedAt, later(r.EndedAt, r.StartedAt), recording
	a.From, a.Width = a.Rows[0].X, a.Rows[0].Width
	for _, c := range drawn {
		kind := "candidate"
		if c.Linked {
			kind = "linked"
		}
		label := isolated(shorten(strings.Trim(c.Appointment.Name+", "+c.Whom, ", "), 36)) // a name from right to left would take the percentage along
		if c.Probability > 0 {
			label += ", " + percent(c.Probability)
		}
		bar(kind, label, c.Appointment.Start, candidateEnd(c.Appointment))
	}
	step := tickStep(until.Sub(from))
	for t := from.Truncate(step).Add(step); t.Before(until); t = t.Add(step) {
		if x := at(t); x > 4 && x < 94 {
			a.Ticks = append(a.Ticks, axisTick{across(x), t.In(zone).Format("15:04"), t})
		}
	}
	return a
}

// candidateEnd is when an appointment ends; one that does not say has the length that the rule assumes.
func candidateEnd(a hub.Appointment) time.Time {
	if a.End.After(a.Start) {
		return a.End
	}
	return a.Start.Add(hub.AppointmentLength)
}

func tickStep(of time.Duration) time.Duration {
	for _, step := range []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour} {
		if of/step <= 6 {
			return step
		}
	}
	return 12 * time.Hour
}

func across(percent float64) string { return strconv.FormatFloat(percent, 'f', 2, 64) + "%" }

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// span is from when to when something is, on the clock of a zone.
func span(start, end time.Time, zone *time.Location) string {
	if !end.After(start) {
		return start.In(zone).Format("15:04")
	}
	return start.In(zone).Format("15:04") + "–" + end.In(zone).Format("15:04")
}

// shorten cuts a text to at most so many letters.
func shorten(text string, most int) string {
	if text == "" {
		return "Without a name"
	}
	if all := []rune(text); len(all) > most {
		return string(all[:most-1]) + "…"
	}
	return text
}

// distance says how an appointment lies to a recording.
func distance(r *hub.Recording, start, end time.Time) string {
	switch {
	case start.IsZero():
		return "without a time"
	case start.Before(later(r.EndedAt, r.StartedAt.Add(1))) && end.After(r.StartedAt):
		overlap := earlier(end, r.EndedAt).Sub(later(start, r.StartedAt))
		if overlap <= 0 {
			return "going on when it began"
		}
		return "overlaps by " + lasting(overlap)
	case start.After(r.StartedAt) && !r.EndedAt.After(r.StartedAt): // how long it lasted is not known
		return lasting(start.Sub(r.StartedAt)) + " after it began"
	case start.After(r.StartedAt):
		return lasting(start.Sub(later(r.EndedAt, r.StartedAt))) + " after its end"
	}
	return lasting(r.StartedAt.Sub(later(end, start))) + " before it"
}
