package console

import (
	"fmt"
	"strings"
	"time"

	"sirocco/hub"
)

const (
	// webhookBars are how many bars a day has, webhookBar how long each is.
	webhookBars = 96
	webhookBar  = 15 * time.Minute
)

// webhookChart is how an endpoint did over a day, drawn on the server: attempts as stacked bars, and below them how long
// the median and all but the slowest hundredth took at most. Numbers are in units of its view box.
type webhookChart struct {
	hub.WebhookMinute // of the whole day

	Width, Height, Base int
	Bars                []bar
	// Top is how many attempts the highest bar has.
	Top int64
	// Median and Slow are the points of two lines, as SVG has them, one line for each stretch without a gap.
	Median, Slow []string
	// Levels are the bounds that the lines' heights stand for.
	Levels                  []webhookLevel
	LineHeight, SmallHeight int
	// Broad is Width and beside it room for the labels of the levels, which begin at LabelX.
	Broad, LabelX int
}

type webhookLevel struct {
	Y     int
	Label string
}

// MedianWords and SlowWords are the bounds that the median, and 99 of 100 attempts, kept to.
func (c *webhookChart) MedianWords() string { return boundWords(c.Quantile(0.5)) }

// SlowWords is as MedianWords, of the 99th percentile.
func (c *webhookChart) SlowWords() string { return boundWords(c.Quantile(0.99)) }

// Rate is the part of the attempts that succeeded, in percent.
func (c *webhookChart) Rate() string {
	if c.Attempts == 0 {
		return "–"
	}
	if c.Failures == 0 {
		return "100 %"
	}
	return fmt.Sprintf("%.1f %%", min(99.9, c.Sent()*100)) // what failed shows, however little it is
}

// boundWords is a bound of the histogram in words.
func boundWords(i int) string {
	bounds := hub.WebhookLatencies()
	switch {
	case i < 0:
		return "–"
	case i < len(bounds):
		return "≤ " + lasting(bounds[i])
	}
	return "> " + lasting(bounds[len(bounds)-1])
}

// drawWebhook draws the bars of a day; href is where a bar of a span leads.
func drawWebhook(bars []hub.WebhookMinute, href func(from, until time.Time) string) webhookChart {
	const step, gap, height, above, level = 10, 2, 110, 8, 13
	const labelBars = 6 // how many bars a label is wide: the last ones have none, which would be cut off
	const labels = 64   // how much room the labels of the levels take
	levels := len(hub.WebhookLatencies()) + 1
	c := webhookChart{Width: step * len(bars), Height: height + above + 24, Base: height + above, LineHeight: level*levels + 12, SmallHeight: height + above}
	c.Broad, c.LabelX = c.Width+labels, c.Width+6
	for _, b := range bars {
		c.Add(b)
		c.Top = max(c.Top, b.Attempts)
	}
	y := func(i int) int { return level*(levels-i) + 2 }
	for i, bound := range []int{0, 2, 5, 7, 9} {
		words := boundWords(bound)
		if i > 0 || bound == 0 {
			c.Levels = append(c.Levels, webhookLevel{y(bound), words})
		}
	}
	for i, b := range bars {
		until := b.Minute.Add(webhookBar)
		drawn := bar{URL: href(b.Minute, until), HitX: i * step, HitWidth: step, LabelX: i*step + step/2, From: b.Minute, Until: until, Rest: ", " + count(b.Attempts, "attempt", "attempts")}
		if b.Failures > 0 {
			drawn.Rest += ", " + number(b.Failures) + " failed"
		}
		top, below := c.Base, int64(0)
		for _, piece := range []struct {
			tone string
			n    int64
		}{{"good", b.Attempts - b.Failures}, {"bad", b.Failures}} {
			if piece.n == 0 {
				continue
			}
			below += piece.n
			next := min(c.Base-int(below*height/max(c.Top, 1)), top-2) // a single one among many is seen, too
			drawn.Pieces = append(drawn.Pieces, barPiece{piece.tone, i*step + gap/2, next, step - gap, top - next})
			top = next
		}
		at := b.Minute.UTC()
		drawn.Labelled = at.Minute() == 0 && at.Hour()%4 == 0 && i <= len(bars)-labelBars
		c.Bars = append(c.Bars, drawn)
	}
	c.Median, c.Slow = webhookLine(bars, 0.5, step, y), webhookLine(bars, 0.99, step, y)
	return c
}

// webhookLine is where a quantile goes over the bars, a line for each stretch with attempts.
func webhookLine(bars []hub.WebhookMinute, q float64, step int, y func(int) int) (lines []string) {
	var line []string
	end := func() {
		if len(line) > 0 {
			lines = append(lines, strings.Join(line, " "))
		}
		line = nil
	}
	for i, b := range bars {
		at := b.Quantile(q)
		if at < 0 {
			end()
			continue
		}
		line = append(line, fmt.Sprintf("%d,%d %d,%d", i*step, y(at), (i+1)*step, y(at)))
	}
	end()
	return lines
}
