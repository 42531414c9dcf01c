// Command mutation measures how well the tests notice changes: it makes many small changes to the code, one at a time
// (mutants), and runs the tests that cover the changed place. A mutant that no test fails on has survived.
//
// All mutants of a sample are compiled at once: each is a copy of its function under another name, which the function
// itself calls where an environment variable says so. The copies are laid over the tree by the go command's -overlay,
// so the tree is not touched, and a mutant costs no more than the tests it is judged by.
//
// It judges on SQLite alone and runs no test of cmd, whose programs are processes of their own. Calls of slog are not
// mutated: what the log says is for people. Package variables and constants are not mutated either.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// options are what the command line says.
type options struct {
	packages []string // folders of the module whose code is mutated, those below them included
	tests    []string // folders whose tests judge; all but cmd, bench and scripts where there are none
	sample   int
	seed     uint64
	workers  int
	budget   time.Duration // how much test time, as measured without a mutant, one mutant is judged by at most
	list     bool
}

// mutated are the folders that are mutated where the command line names none.
const mutated = "hub,engine,store,database,connector"

func main() {
	var o options
	packages := flag.String("package", mutated, "folders whose code is mutated, those below them included")
	tests := flag.String("tests", "", "folders whose tests judge; by default all but cmd, bench and scripts")
	flag.IntVar(&o.sample, "sample", 240, "how many mutants to judge; 0 is all")
	flag.Uint64Var(&o.seed, "seed", 1, "draws the sample")
	flag.IntVar(&o.workers, "workers", runtime.NumCPU(), "how many mutants are judged at a time")
	flag.DurationVar(&o.budget, "budget", time.Minute, "the most test time that one mutant is judged by; the shortest tests come first")
	flag.BoolVar(&o.list, "list", false, "print the sample and judge nothing")
	flag.Parse()
	o.packages, o.tests = folders(*packages), folders(*tests)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "mutation:", err)
		os.Exit(1) //nolint:gocritic // nothing that was deferred matters now
	}
}

// folders splits a list of folders.
func folders(list string) []string {
	var all []string
	for f := range strings.SplitSeq(list, ",") {
		if f = strings.Trim(strings.TrimPrefix(strings.TrimSpace(f), "./"), "/"); f != "" {
			all = append(all, f)
		}
	}
	return all
}

func run(ctx context.Context, o options) error {
	work, err := os.MkdirTemp("", "mutation-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	m, err := load(ctx, o.packages)
	if err != nil {
		return err
	}
	var all []*mutant
	for _, p := range m.targets {
		all = append(all, p.mutants()...)
	}
	equivalents, err := readEquivalents(filepath.Join(m.root, "scripts/mutation/equivalent.txt"))
	if err != nil {
		return err
	}
	equivalents.mark(all)
	chosen, broken, err := choose(m.targets, all, o.sample, o.seed)
	if err != nil {
		return err
	}
	fmt.Printf("%d mutants of %d in %s, seed %d\n", len(chosen), len(all), strings.Join(o.packages, ", "), o.seed)
	for _, e := range equivalents.stale(m.targets) {
		fmt.Printf("equivalent.txt:%d names no mutant: %s\n", e.line, e.key)
	}
	if o.list {
		for _, x := range chosen {
			fmt.Println(x)
		}
		return nil
	}
	judges, err := m.judges(ctx, work, o)
	if err != nil {
		return err
	}
	if err := m.compile(ctx, work, judges, chosen); err != nil {
		return err
	}
	results := judge(ctx, work, judges, chosen, o)
	if err := ctx.Err(); err != nil {
		return err
	}
	report(os.Stdout, results, broken)
	return nil
}
