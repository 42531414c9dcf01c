package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sample is a module of one function with a test that notices some of its mutants.
func sample(t *testing.T, code, test string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module sample\n\ngo 1.26\n", "age/age.go": code, "age/age_test.go": test} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	builds, err := goCommand(t.Context(), "", "env", "GOCACHE")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	t.Setenv("GOCACHE", strings.TrimSpace(string(builds)))
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("GOFLAGS", "-mod=mod")
}

const age = `package age

import "errors"

type ages struct{ all []int }

func (*ages) grown(_ string, years int) (bool, error) {
	if years < 0 {
		return false, errors.New("not born")
	}
	return years >= 18, nil
}

func sum[T ~int](all ...T) (total T) {
	for _, one := range all {
		total += one
	}
	return total
}

func unused(a, b int) int { return a * b }
`

const ageTest = `package age

import "testing"

func TestGrown(t *testing.T) {
	if ok, err := (*ages)(nil).grown("", 20); !ok || err != nil {
		t.Error(ok, err)
	}
	if ok, err := (*ages)(nil).grown("", 3); ok || err != nil {
		t.Error(ok, err)
	}
}

func TestSum(t *testing.T) {
	if sum(1, 2) != 3 {
		t.Error(sum(1, 2))
	}
}
`

func TestMutantsOfASample(t *testing.T) {
	sample(t, age, ageTest)
	m, err := load(t.Context(), []string{"age"})
	if err != nil {
		t.Fatal(err)
	}
	all := m.targets[0].mutants()
	t.Run("are drawn by the seed", func(t *testing.T) { drawn(t, m, all) })
	t.Run("are equivalent by what changes", func(t *testing.T) { named(t, m, all) })
	t.Run("are judged by the tests that cover them", func(t *testing.T) { judged(t, m, all) })
}

func drawn(t *testing.T, m *module, all []*mutant) {
	draw := func(seed uint64) string {
		chosen, _, err := choose(m.targets, all, 5, seed)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(chosen)
	}
	if draw(1) != draw(1) || draw(1) == draw(2) {
		t.Error("the sample does not follow from the seed")
	}
}

func named(t *testing.T, m *module, all []*mutant) {
	path := filepath.Join(t.TempDir(), "list")
	text := "# a comment\n\nage/age.go  unused: a * b => a / b // nobody calls it\nage/age.go  unused: a + b => a - b // gone\nelse/x.go  f: a => b // not looked at\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := readEquivalents(path)
	if err != nil {
		t.Fatal(err)
	}
	list.mark(all)
	var named []string
	for _, x := range all {
		if x.equivalent != "" {
			named = append(named, x.change()+" as "+x.equivalent)
			x.equivalent = ""
		}
	}
	if fmt.Sprint(named) != "[unused: a * b => a / b as nobody calls it]" {
		t.Errorf("%q", named)
	}
	if stale := list.stale(m.targets); len(stale) != 1 || stale[0].line != 4 {
		t.Errorf("%v", stale)
	}
	if err := os.WriteFile(path, []byte("age/age.go  unused: a * b => a / b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readEquivalents(path); err == nil {
		t.Error("a line without a reason is taken")
	}
}

func judged(t *testing.T, m *module, all []*mutant) {
	chosen, broken, err := choose(m.targets, all, 0, 7)
	if err != nil {
		t.Fatal(err)
	}
	work, o := t.TempDir(), options{packages: []string{"age"}, workers: 2, budget: 1 << 40}
	judges, err := m.judges(t.Context(), work, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.compile(t.Context(), work, judges, chosen); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, r := range judge(t.Context(), work, judges, chosen, o) {
		what := "survived"
		switch {
		case r.killed:
			what = "killed"
		case !r.covered:
			what = "not covered"
		}
		got[r.change()] = what
	}
	want := map[string]string{
		`ages.grown: if years < 0 => if false`:                    "survived", // no test has an age below 0
		`ages.grown: years < 0 => years <= 0`:                     "survived",
		`ages.grown: years < 0 => years >= 0`:                     "killed",
		`ages.grown: false => true`:                               "not covered",
		`ages.grown: return errors.New("not born") => return nil`: "not covered",
		`ages.grown: years >= 18 => years > 18`:                   "survived",
		`ages.grown: years >= 18 => years < 18`:                   "killed",
		`sum: total += one => total -= one`:                       "killed",
		`sum: return total => return *new(T)`:                     "killed",
		`unused: a * b => a / b`:                                  "not covered",
		`unused: return a * b => return 0`:                        "not covered",
	}
	for change, what := range want {
		if got[change] != what {
			t.Errorf("%q: %q, want %q", change, got[change], what)
		}
	}
	if len(got) != len(want) || broken != 1 { // without "total += one" the variable would not be used
		t.Errorf("%d mutants, want %d, and %d that do not compile: %v", len(got), len(want), broken, got)
	}
}

func TestWilson(t *testing.T) {
	for _, c := range []struct {
		k, n      int
		low, high float64
	}{ // as statistics programs give them
		{0, 10, 0, 0.2775}, {10, 10, 0.7225, 1}, {75, 100, 0.6570, 0.8245}, {150, 200, 0.6857, 0.8050},
	} {
		if low, high := wilson(c.k, c.n); math.Abs(low-c.low) > 0.0005 || math.Abs(high-c.high) > 0.0005 {
			t.Errorf("%d of %d: %.4f to %.4f", c.k, c.n, low, high)
		}
	}
}
