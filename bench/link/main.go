// Command link measures the rule that says which appointment a recording is of, on made days of a sales force whose truth
// is known. It prints how often what the rule links is right, how much of what it could link it does, how often the
// right appointment is among the first two that it names, and whether what it calls probable is as probable as it says.
//
//	go run ./bench/link                  10,000 days, about a minute
//	go run ./bench/link -variants        also days of other figures than the rule was made with
//	go run ./bench/link -days 1000 -seed 7
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	days := flag.Int("days", 10_000, "how many days are made")
	seed := flag.Uint64("seed", 1, "what they are made from; the same seed makes the same days")
	others := flag.Bool("variants", false, "also measure days of other figures, each a third off or more")
	curve := flag.Bool("thresholds", false, "also print what other thresholds would give")
	flag.Parse()
	if *days < 1 || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	all := variants()
	fmt.Printf("# %d days, seed %d\n", *days, *seed)
	s := measure(all[0].figures, *days, *seed)
	s.print(os.Stdout)
	if *curve {
		s.printCurves(os.Stdout)
	}
	if !*others {
		return
	}
	fmt.Print("\n## Days of other figures\n\n")
	printHeader(os.Stdout)
	for _, v := range all[1:] {
		measure(v.figures, *days, *seed).printRows(os.Stdout, v.name)
	}
}
