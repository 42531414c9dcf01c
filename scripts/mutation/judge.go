package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/bits"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// outcome is how a run of tests ended.
type outcome int

const (
	passed outcome = iota
	failed
	tooLong
)

// result is what became of a mutant.
type result struct {
	*mutant
	killed, slow bool
	covered      bool   // by any test that judges
	by           string // the test that it was killed by, or those among which it is
	partly       bool   // more tests cover it than the budget allowed
}

// covering is a test that covers a mutant.
type covering struct {
	program *testProgram
	test    *oneTest
}

// judge runs the tests that cover each mutant.
func judge(ctx context.Context, work string, programs []*testProgram, chosen []*mutant, o options) []result {
	results := make([]result, len(chosen))
	start := time.Now()
	inParallel(o.workers, len(chosen), func(i int) {
		results[i].mutant = chosen[i]
		if ctx.Err() == nil && chosen[i].equivalent == "" {
			results[i].judge(ctx, work, programs, o.budget)
		}
	})
	fmt.Printf("judged in %s\n", time.Since(start).Round(time.Second))
	return results
}

func (r *result) judge(ctx context.Context, work string, programs []*testProgram, budget time.Duration) {
	batches, partly := plan(r.mutant, programs, budget)
	r.covered, r.partly = len(batches) > 0, partly
	for _, batch := range batches {
		var names []string
		var normal time.Duration
		for _, c := range batch {
			names = append(names, c.test.Name)
			normal += c.test.Took
		}
		p := batch[0].program
		environment := []string{active + "=" + strconv.Itoa(r.id)}
		switch runTests(ctx, p.mutated, p.Dir, work, 10*time.Second+6*normal, environment, names, "-test.failfast") {
		case failed:
			r.killed = true
		case tooLong:
			r.killed, r.slow = true, true
		}
		if r.killed {
			r.by = p.folder + "." + strings.Join(names, "|")
			return
		}
	}
}

// plan puts the tests that cover a mutant into batches: those of its own package first, then the shorter before the
// longer, as far as the budget goes.
func plan(m *mutant, programs []*testProgram, budget time.Duration) (batches [][]covering, partly bool) {
	var all []covering
	for _, p := range programs {
		n := p.block(m.file.path, m.covered.Line, m.covered.Column)
		if n < 0 {
			continue
		}
		for i := range p.tests {
			if t := &p.tests[i]; t.Passed && t.covers(n) {
				all = append(all, covering{p, t})
			}
		}
	}
	order := func(c covering) (foreign, length, program int) {
		if c.program.ImportPath != m.target.ImportPath {
			foreign = 1
		}
		return foreign, bits.Len(uint(c.test.Took / (500 * time.Millisecond))), c.program.number
	}
	slices.SortFunc(all, func(a, b covering) int {
		af, al, ap := order(a)
		bf, bl, bp := order(b)
		return cmp.Or(cmp.Compare(af, bf), cmp.Compare(al, bl), cmp.Compare(ap, bp), strings.Compare(a.test.Name, b.test.Name))
	})
	var spent, inBatch time.Duration
	for i, c := range all {
		if spent += c.test.Took; spent > budget && i > 0 {
			return batches, true
		}
		if inBatch += c.test.Took; i == 0 || all[i-1].program != c.program || inBatch > 3*time.Second {
			batches, inBatch = append(batches, nil), c.test.Took
		}
		batches[len(batches)-1] = append(batches[len(batches)-1], c)
	}
	return batches, false
}

// runTests runs some tests of a program in a folder of their own for temporary files. A program that takes more than
// its time, or 4 GiB, is killed.
func runTests(ctx context.Context, program, dir, work string, limit time.Duration, environment, names []string, flags ...string) outcome {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	temporary, err := os.MkdirTemp(work, "run-")
	if err != nil {
		return passed
	}
	defer func() { _ = os.RemoveAll(temporary) }()
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = regexp.QuoteMeta(n)
	}
	args := append([]string{"-c", `ulimit -d 4194304; exec "$0" "$@"`, program, "-test.run", "^(" + strings.Join(quoted, "|") + ")$", "-test.skip", skipped}, flags...)
	c := exec.CommandContext(ctx, "sh", args...)
	c.Dir = dir
	c.Env = append(os.Environ(), append(environment, "TMPDIR="+temporary, "SIROCCO_TEST_POSTGRES=postgres://none@127.0.0.1:1/none")...)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = 5 * time.Second
	switch err := c.Run(); {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return tooLong
	case err != nil:
		return failed
	}
	return passed
}
