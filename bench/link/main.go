// Command link measures the rule that says which appointment a recording is of, on made days of a sales force whose truth
// is known. It prints how often what the rule links is right, how much of what it could link it does, how often the
// right appointment is among the first two that it names, and whether what it calls probable is as probable as it says.
//
//	go run ./bench/link                  10,000 days, about a minute; kept in docs/benchmarks-links.md
//	go run ./bench/link -variants        also days of other figures than the rule was made with
//	go run ./bench/link -variants -only door    those of them with the word in their name
//	go run ./bench/link -days 1000 -seed 7
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

const (
	document    = "docs/benchmarks-links.md"
	defaultDays = 10_000
	defaultSeed = 1
)

func main() {
	days := flag.Int("days", defaultDays, "how many days are made")
	seed := flag.Uint64("seed", defaultSeed, "what they are made from; the same seed makes the same days, on any number of cores")
	only := flag.String("only", "", "of the variants, measure those alone whose name has this in it")
	others := flag.Bool("variants", false, "also measure days of other figures, each a third off or more")
	curve := flag.Bool("thresholds", false, "also print what other thresholds would give")
	flag.Parse()
	if *days < 1 || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	all := variants()
	s := measure(all[0].figures, *days, *seed)
	var b strings.Builder
	fmt.Fprintf(&b, "# Benchmarks of links\n\nWritten by `go run ./bench/link`, of %d made days from seed %d: what hub.MatchDay says of each recording, held against the truth.\n", *days, *seed)
	s.print(&b)
	fmt.Print(b.String())
	if *days == defaultDays && *seed == defaultSeed {
		if err := os.WriteFile(document, []byte(b.String()), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "bench/link:", err)
			os.Exit(1)
		}
	}
	if *curve {
		s.printCurves(os.Stdout)
	}
	if !*others {
		return
	}
	fmt.Print("\n## Days of other figures\n\n")
	printHeader(os.Stdout)
	for _, v := range all[1:] {
		if !strings.Contains(v.name, *only) {
			continue
		}
		measure(v.figures, *days, *seed).printRows(os.Stdout, v.name)
	}
}
