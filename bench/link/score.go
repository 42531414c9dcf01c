package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"sync"
	"time"

	"sirocco/hub"
)

// class is a kind of recording that is counted apart.
type class int

// The kinds. Place and time share all recordings whose contact the rule is not told; contact are those where the uploader
// named a customer. Blind are all recordings with no place known of anything.
const (
	placeKnown class = iota
	timeAlone
	contactNamed
	blind
	classes
)

var classNames = [classes]string{"place known", "time alone", "contact named", "time alone, no place at all"}

// aims are the precision and recall that a class is to reach.
var aims = [classes][2]float64{{0.99, 0.85}, {0.92, 0.40}, {0.995, 0.95}, {0.92, 0.40}}

const amongAim, calibrationAim = 0.97, 0.02

// leastStated is how probable a choice must be to count as one.
const leastStated = 0.005

// tally counts what the rule said of one class of recordings.
type tally struct {
	talks, of, linked, right, elsewhere, ofNone int
	offered, offeredOf, offeredAmong            int
	among                                       int
	// stated are what was said of appointments, none what was said of no appointment.
	stated, none [bins]bin
	// sure are the first choices: their probability, and whether they were right.
	sure []sure
}

type sure struct {
	probability float64
	right       bool
}

// bins is how many steps of stated probabilities are counted apart.
const bins = 10

type bin struct {
	stated float64
	true   int
	count  int
}

// doubtful says that the bin is off by more than its aim allows, and than chance explains.
func (b *bin) doubtful() bool {
	return math.Abs(b.off()) > calibrationAim && math.Abs(b.off()) > 2*b.noise()
}

func (b *bin) off() float64 { return b.stated/float64(b.count) - float64(b.true)/float64(b.count) }

// thin says that chance alone gives more than the aim allows: the bin says nothing of it.
func (b *bin) thin() bool { return b.noise() > calibrationAim }

// astray is how far what was stated is from what was true in the mean of all statements.
func astray(of *[bins]bin) float64 {
	sum, count := 0.0, 0
	for i := range of {
		if b := &of[i]; b.count > 0 {
			sum, count = sum+math.Abs(b.off())*float64(b.count), count+b.count
		}
	}
	return sum / float64(max(1, count))
}

// noise is the deviation that chance alone would give.
func (b *bin) noise() float64 {
	p := b.stated / float64(b.count)
	return math.Sqrt(p * (1 - p) / float64(b.count))
}

// scores are those of all classes.
type scores [classes]tally

// streams is how many makers share the days, each with a seed of its own: a number of its own, not that of the cores, as
// it decides which days a seed makes.
const streams = 16

// measure makes days and lets the rule judge them: without names and words for place and time, with them for contacts,
// and without any place for the blind.
func measure(f figures, days int, seed uint64) *scores {
	all := make([]scores, streams)
	var group sync.WaitGroup
	for i := range all {
		group.Go(func() {
			m := newMaker(f, seed*1000+uint64(i))
			for n := i; n < days; n += streams {
				all[i].judge(m.day())
			}
		})
	}
	group.Wait()
	sum := &all[0]
	for i := range all[1:] {
		sum.add(&all[i+1])
	}
	return sum
}

func (s *scores) judge(d day) {
	mute := hub.MatchDay(asked(d, false, true))
	named := hub.MatchDay(asked(d, true, true))
	nowhere := hub.MatchDay(asked(d, false, false))
	for i, t := range d.talks {
		c := timeAlone
		if placeOfAll(d, t) {
			c = placeKnown
		}
		s[c].count(t, mute[i])
		s[blind].count(t, nowhere[i])
		if t.recording.ContactName != "" || t.recording.ContactPhone != "" {
			s[contactNamed].count(t, named[i])
		}
	}
}

// placeOfAll reports whether the places of the recording and of every appointment within 90 minutes are known.
func placeOfAll(d day, t talk) bool {
	return t.recording.Latitude != nil && !slices.ContainsFunc(d.appointments, func(a hub.Appointment) bool {
		return !a.AllDay && a.Latitude == nil && a.Start.Sub(t.recording.StartedAt).Abs() <= 90*time.Minute
	})
}

// asked is the day as the rule is asked about it.
func asked(d day, contacts, places bool) *hub.Day {
	q := &hub.Day{Rep: rep}
	for _, a := range d.appointments {
		if !contacts {
			a.Parties = nil
		}
		if !places {
			a.Latitude, a.Longitude = nil, nil
		}
		q.Appointments = append(q.Appointments, a)
	}
	for _, t := range d.talks {
		r, words := t.recording, t.words
		if !contacts {
			r.ContactName, r.ContactPhone, words = "", "", nil
		}
		if !places {
			r.Latitude, r.Longitude = nil, nil
		}
		q.Talks = append(q.Talks, hub.Talk{Recording: &r, Words: words})
	}
	return q
}

func (c *tally) count(t talk, v hub.Verdict) {
	c.talks++
	is := func(choice hub.Choice) bool {
		return t.of >= 0 && choice.Appointment.ExternalID == fmt.Sprint(t.of)
	}
	among := slices.ContainsFunc(v.Choices[:min(2, len(v.Choices))], func(choice hub.Choice) bool { return choice.Probability >= leastStated && is(choice) })
	if t.of >= 0 {
		c.of++
		if among {
			c.among++
		}
	}
	first := len(v.Choices) > 0 && is(v.Choices[0])
	switch {
	case !v.Linked:
		c.offered++
		if t.of >= 0 {
			c.offeredOf++
			if among {
				c.offeredAmong++
			}
		}
	case first:
		c.linked++
		c.right++
	case t.of < 0:
		c.linked++
		c.ofNone++
	default:
		c.linked++
		c.elsewhere++
	}
	state := func(of *[bins]bin, p float64, right bool) {
		b := &of[min(bins-1, int(p*bins))]
		b.stated += p
		b.count++
		if right {
			b.true++
		}
	}
	for _, choice := range v.Choices {
		if choice.Probability >= leastStated {
			state(&c.stated, choice.Probability, is(choice))
		}
	}
	state(&c.none, v.None, t.of < 0)
	if len(v.Choices) > 0 {
		c.sure = append(c.sure, sure{v.Choices[0].Probability, first})
	}
}

func (s *scores) add(o *scores) {
	for i := range s {
		a, b := &s[i], &o[i]
		for _, n := range [][2]*int{
			{&a.talks, &b.talks}, {&a.of, &b.of}, {&a.linked, &b.linked}, {&a.right, &b.right}, {&a.elsewhere, &b.elsewhere}, {&a.ofNone, &b.ofNone},
			{&a.offered, &b.offered}, {&a.offeredOf, &b.offeredOf}, {&a.offeredAmong, &b.offeredAmong}, {&a.among, &b.among},
		} {
			*n[0] += *n[1]
		}
		for j := range bins {
			for _, n := range [][2]*bin{{&a.stated[j], &b.stated[j]}, {&a.none[j], &b.none[j]}} {
				n[0].stated += n[1].stated
				n[0].true += n[1].true
				n[0].count += n[1].count
			}
		}
		a.sure = append(a.sure, b.sure...)
	}
}

func share(part, whole int) float64 { return float64(part) / float64(max(1, whole)) }

// worst is the bin whose stated probabilities are the furthest from what was true, of those with enough in them.
func (c *tally) worst() (off, from float64) {
	for i := range bins {
		for _, b := range []*bin{&c.stated[i], &c.none[i]} {
			if b.count >= 200 && math.Abs(b.off()) > math.Abs(off) {
				off, from = b.off(), float64(i)/bins
			}
		}
	}
	return off, from
}

func printHeader(w io.Writer) {
	fmt.Fprint(w, "| days | | recordings | of an appointment | linked | another's | of none | precision | recall | among the first two | of those offered | stated less true, worst bin |\n",
		"|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n")
}

func (s *scores) printRows(w io.Writer, name string) {
	for i := range s {
		c := &s[i]
		off, from := c.worst()
		precision, recall, among := share(c.right, c.linked), share(c.right, c.of), share(c.among, c.of)
		fmt.Fprintf(w, "| %s | %s | %d | %d | %d | %d | %d | %s | %s | %s | %.1f %% | %+.1f at %.0f %% |\n", name, classNames[i], c.talks, c.of, c.linked, c.elsewhere, c.ofNone,
			marked(precision, aims[i][0]), marked(recall, aims[i][1]), marked(among, amongAim), 100*share(c.offeredAmong, c.offeredOf), 100*off, 100*from)
	}
}

// marked is a share in percent, with a mark where it is below its aim.
func marked(p, aim float64) string {
	if p < aim {
		return fmt.Sprintf("%.1f %% (!)", 100*p)
	}
	return fmt.Sprintf("%.1f %%", 100*p)
}

func (s *scores) print(w io.Writer) {
	fmt.Fprint(w, "\nAims: place known 99 % and 85 %, time alone 92 % and 40 %, contact named 99.5 % and 95 %, among the first two 97 %; (!) is below.\n\n")
	printHeader(w)
	s.printRows(w, "nominal")
	fmt.Fprint(w, "\nStated probabilities, how often it was true, and of how many statements (± is what chance alone gives: where that is more than 2 points, the bin is thin and says nothing of the aim; (!) is off by more than 2 points and twice the chance):\n")
	s.printStated(w, "an appointment", func(c *tally) *[bins]bin { return &c.stated })
	s.printStated(w, "none of them", func(c *tally) *[bins]bin { return &c.none })
}

// printStated prints how true one kind of stated probabilities is.
func (s *scores) printStated(w io.Writer, of string, stated func(*tally) *[bins]bin) {
	fmt.Fprintf(w, "\n| of %s |", of)
	for i := range s {
		fmt.Fprintf(w, " %s |", classNames[i])
	}
	fmt.Fprint(w, "\n|---|---|---|---|---|\n")
	for n := range bins {
		fmt.Fprintf(w, "| %d to %d %% |", 100*n/bins, 100*(n+1)/bins)
		for i := range s {
			b := &stated(&s[i])[n]
			if b.count == 0 {
				fmt.Fprint(w, " - |")
				continue
			}
			mark := ""
			if b.thin() {
				mark = ", thin"
			}
			if b.doubtful() {
				mark += " (!)"
			}
			fmt.Fprintf(w, " %.1f → %.1f ± %.1f, %d%s |", 100*b.stated/float64(b.count), 100*share(b.true, b.count), 100*b.noise(), b.count, mark)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprint(w, "| off in the mean |")
	for i := range s {
		fmt.Fprintf(w, " %.2f |", 100*astray(stated(&s[i])))
	}
	fmt.Fprintln(w)
}

// printCurves prints what other thresholds would give.
func (s *scores) printCurves(w io.Writer) {
	fmt.Fprint(w, "\n| threshold |")
	for i := range s {
		fmt.Fprintf(w, " %s |", classNames[i])
	}
	fmt.Fprint(w, "\n|---|---|---|---|---|\n")
	for _, t := range []float64{0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.825, 0.85, 0.875, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99} {
		fmt.Fprintf(w, "| %.3f |", t)
		for i := range s {
			linked, right := 0, 0
			for _, one := range s[i].sure {
				if one.probability >= t {
					linked++
					if one.right {
						right++
					}
				}
			}
			fmt.Fprintf(w, " %.2f / %.1f |", 100*share(right, linked), 100*share(right, s[i].of))
		}
		fmt.Fprintln(w)
	}
}
