package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
)

// tally counts what became of some mutants.
type tally struct{ killed, slow, survived, uncovered, equivalent int }

func (t *tally) add(r result) {
	switch {
	case r.equivalent != "":
		t.equivalent++
	case r.killed && r.slow:
		t.slow++
		t.killed++
	case r.killed:
		t.killed++
	case !r.covered:
		t.uncovered++
		t.survived++
	default:
		t.survived++
	}
}

// score is the part of the mutants that were killed, in percent, with its 95 % interval.
func (t *tally) score() string {
	n := t.killed + t.survived
	if n == 0 {
		return "-"
	}
	low, high := wilson(t.killed, n)
	return fmt.Sprintf("%.1f %% (95 %%: %.1f to %.1f)", 100*float64(t.killed)/float64(n), 100*low, 100*high)
}

// wilson is the score interval of a part k of n, at 95 %.
func wilson(k, n int) (low, high float64) {
	const z = 1.959964
	p, m := float64(k)/float64(n), float64(n)
	middle := p + z*z/(2*m)
	half := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return (middle - half) / (1 + z*z/m), (middle + half) / (1 + z*z/m)
}

// report prints the survivors, and the score of each folder and of all.
func report(out io.Writer, results []result, broken int) {
	slices.SortFunc(results, func(a, b result) int {
		return cmp.Or(strings.Compare(a.file.path, b.file.path), cmp.Compare(a.at.Line, b.at.Line), cmp.Compare(a.at.Column, b.at.Column))
	})
	list := func(title string, want func(result) bool) {
		first := true
		for _, r := range results {
			if r.killed || r.equivalent != "" || !want(r) {
				continue
			}
			if first {
				fmt.Fprintln(out, "\n"+title)
				first = false
			}
			fmt.Fprintln(out, " ", r.mutant)
		}
	}
	list("survived all tests that cover them:", func(r result) bool { return r.covered && !r.partly })
	list("survived as many of the tests that cover them as the budget allowed:", func(r result) bool { return r.covered && r.partly })
	list("survived, as no test covers them:", func(r result) bool { return !r.covered })

	var all tally
	folders := map[string]*tally{}
	for _, r := range results {
		all.add(r)
		if folders[r.target.folder] == nil {
			folders[r.target.folder] = &tally{}
		}
		folders[r.target.folder].add(r)
	}
	fmt.Fprintln(out)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "folder\tkilled\tby time\tsurvived\tnot covered\tequivalent\tscore")
	line := func(name string, t *tally) {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%s\n", name, t.killed, t.slow, t.survived, t.uncovered, t.equivalent, t.score())
	}
	names := make([]string, 0, len(folders))
	for name := range folders {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		line(name, folders[name])
	}
	line("all", &all)
	_ = table.Flush()
	fmt.Fprintf(out, "Those killed by time are among the killed, those not covered among the survivors. %d more did not compile, and count for nothing.\n", broken)
}
