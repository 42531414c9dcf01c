package console

import (
	"fmt"
	"time"

	"sirocco/store"
)

// barChart is stacked bars, one for each hour, drawn on the server: numbers are in units of its view box.
type barChart struct {
	Width, Height, Base int
	Bars                []bar
	// Top is how many the highest bar has.
	Top int
	// Kinds are those that occur, for the legend.
	Kinds []barKind
}

type barKind struct{ Tone, Words string }

type bar struct {
	// URL is where the bar leads; HitX and HitWidth are the whole hour's.
	URL            string
	HitX, HitWidth int
	Pieces         []barPiece
	// From and Until are the time that it is of, and Rest says what happened then.
	From, Until time.Time
	Rest        string
	// Labelled says that its hour stands below it, as with few.
	Labelled bool
	LabelX   int
}

// Words says what it shows, with hours of UTC; the browser turns them into its own zone, as that of the label.
func (b *bar) Words() string { return hourOf(b.From) + "–" + hourOf(b.Until) + " UTC" + b.Rest }

// Label is the hour below it.
func (b *bar) Label() string { return hourOf(b.From) }

func hourOf(t time.Time) string { return t.UTC().Format("15:04") }

type barPiece struct {
	Tone                string
	X, Y, Width, Height int
}

// runKind is a way in which runs end, as the chart tells them apart.
type runKind struct {
	barKind

	// name is what addresses call it.
	name     string
	outcomes []store.RunOutcome
}

// runKinds are the kinds of runs, from below.
var runKinds = []runKind{
	{barKind{"good", "done"}, "done", []store.RunOutcome{store.RunDone}},
	{barKind{"busy", "going on"}, "going-on", []store.RunOutcome{""}},
	{barKind{"warn", "stopped or cut off"}, "stopped", []store.RunOutcome{store.RunPaused, store.RunDisabled, store.RunCutOff, store.RunReplaced, store.RunDeleted}},
	{barKind{"bad", "failed"}, "failed", []store.RunOutcome{store.RunFailed}},
}

// count is how many of an hour's runs are of the kind.
func (k *runKind) count(b store.RunBar) (n int) {
	for _, outcome := range k.outcomes {
		n += b.By[outcome]
	}
	return n
}

// drawRuns draws runs by the hour; href is where the bar of an hour leads.
func drawRuns(bars []store.RunBar, href func(from time.Time) string) barChart {
	const step, gap, height, base = 30, 6, 120, 8
	c := barChart{Width: step * len(bars), Height: height + base + 24, Base: height + base}
	sums := make([][]int, len(bars))
	for i, b := range bars {
		sums[i] = make([]int, len(runKinds))
		total := 0
		for k, kind := range runKinds {
			sums[i][k] = kind.count(b)
			total += sums[i][k]
		}
		c.Top = max(c.Top, total)
	}
	for k, kind := range runKinds {
		for i := range sums {
			if sums[i][k] > 0 {
				c.Kinds = append(c.Kinds, kind.barKind)
				break
			}
		}
	}
	for i, b := range bars {
		drawn := bar{URL: href(b.From), HitX: i * step, HitWidth: step, LabelX: i*step + gap/2, From: b.From, Until: b.From.Add(time.Hour), Labelled: i%6 == 0}
		y, below := c.Base, 0
		for k, kind := range runKinds {
			n := sums[i][k]
			if n == 0 {
				continue
			}
			below += n
			top := c.Base - below*height/max(c.Top, 1)
			top = min(top, y-2) // a single one among many is seen, too
			drawn.Pieces = append(drawn.Pieces, barPiece{kind.Tone, i*step + gap/2, top, step - gap, y - top})
			y = top
			drawn.Rest += fmt.Sprintf(", %d %s", n, kind.Words)
		}
		if drawn.Rest == "" {
			drawn.Rest = ", none"
		}
		c.Bars = append(c.Bars, drawn)
	}
	return c
}
