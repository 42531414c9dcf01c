package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/gob"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"sirocco/scripts/internal/coverprofile"
)

// testProgram is the compiled tests of one package.
type testProgram struct {
	listed
	folder  string
	number  int
	mutated string // its path, with the mutants in it
	blocks  []block
	tests   []oneTest
	index   map[string][]int // the numbers of a file's blocks
}

// block is a run of statements that one counter of the coverage counts; its file is relative to the module.
type block = coverprofile.Block

// oneTest is a top-level test: what it covers, and how long it takes without a mutant.
type oneTest struct {
	Name    string
	Took    time.Duration
	Passed  bool
	Covered []int // numbers of blocks
}

// covers reports whether the test reached the block.
func (t *oneTest) covers(n int) bool {
	_, found := slices.BinarySearch(t.Covered, n)
	return found
}

// skipped are the halves of tests that need PostgreSQL, at whatever depth.
const skipped = "/^postgres$|//^postgres$|///^postgres$"

// judges builds the test programs that judge, and has each test's coverage measured, one test at a time. What was
// measured of a program is kept in the user's cache by the program's hash.
func (m *module) judges(ctx context.Context, work string, o options) ([]*testProgram, error) {
	var all []*testProgram
	for _, l := range m.tested {
		folder := m.folder(l)
		if len(o.tests) > 0 && !within(folder, o.tests) || len(o.tests) == 0 && within(folder, []string{"cmd", "bench", "scripts"}) {
			continue
		}
		all = append(all, &testProgram{listed: l, folder: folder, number: len(all)})
	}
	cover, err := m.covered(ctx, all, append(folders(mutated), o.packages...))
	if err != nil {
		return nil, err
	}
	start := time.Now()
	for _, p := range all {
		if err := p.measure(ctx, m, work, strings.Join(cover[p.ImportPath], ","), o.workers); err != nil {
			return nil, err
		}
	}
	var tests int
	var left []string
	for _, p := range all {
		for _, t := range p.tests {
			tests++
			if !t.Passed {
				left = append(left, p.folder+"."+t.Name)
			}
		}
	}
	fmt.Printf("coverage of %d tests of %d packages, in %s\n", tests, len(all), time.Since(start).Round(time.Second))
	if len(left) > 0 {
		fmt.Printf("%d of them need PostgreSQL or fail, and judge nothing: %s\n", len(left), strings.Join(left, ", "))
	}
	return all, nil
}

// covered returns which packages in and below the folders each test program links: those whose coverage it measures. They
// are the same whichever of them are mutated, so that measurements that are kept serve again.
func (m *module) covered(ctx context.Context, programs []*testProgram, folders []string) (map[string][]string, error) {
	args := []string{"-test", "-json=ImportPath,Deps"}
	for _, p := range programs {
		args = append(args, p.ImportPath)
	}
	linked, err := m.list(ctx, args...)
	if err != nil {
		return nil, err
	}
	cover := map[string][]string{}
	for _, l := range linked {
		of, isProgram := strings.CutSuffix(l.ImportPath, ".test")
		if !isProgram {
			continue
		}
		for _, d := range l.Deps {
			d, _, _ = strings.Cut(d, " ") // "PATH [OF.test]"
			if inside, ok := strings.CutPrefix(d, m.path+"/"); ok && within(inside, folders) && !slices.Contains(cover[of], d) {
				cover[of] = append(cover[of], d)
			}
		}
		slices.Sort(cover[of])
	}
	return cover, nil
}

func (p *testProgram) measure(ctx context.Context, m *module, work, cover string, workers int) error {
	if cover == "" {
		return nil
	}
	program := filepath.Join(work, fmt.Sprintf("cover%d.test", p.number))
	if _, err := goCommand(ctx, m.root, "test", "-c", "-vet=off", "-covermode=set", "-coverpkg="+cover, "-o", program, p.ImportPath); err != nil {
		return err
	}
	defer func() { _ = os.Remove(program) }()
	kept, err := cacheFile(program)
	if err != nil {
		return err
	}
	if !p.restore(kept) {
		if err := p.runAll(ctx, m, work, program, workers); err != nil {
			return err
		}
		if err := p.keep(kept); err != nil {
			return err
		}
	}
	p.index = map[string][]int{}
	for i, b := range p.blocks {
		p.index[b.File] = append(p.index[b.File], i)
	}
	return nil
}

// runAll runs each test of the program by itself.
func (p *testProgram) runAll(ctx context.Context, m *module, work, program string, workers int) error {
	list := exec.CommandContext(ctx, program, "-test.list", "^(Test|Example|Fuzz)")
	list.Dir = p.Dir
	out, err := list.Output()
	if err != nil {
		return fmt.Errorf("list the tests of %s: %w", p.ImportPath, err)
	}
	names := strings.Fields(string(out))
	names = slices.DeleteFunc(names, func(n string) bool { return n == "TestMain" })
	p.tests = make([]oneTest, len(names))
	profiles := make([]string, len(names))
	inParallel(workers, len(names), func(i int) {
		profiles[i] = filepath.Join(work, fmt.Sprintf("profile%d-%d", p.number, i))
		start := time.Now()
		ended := runTests(ctx, program, p.Dir, work, 10*time.Minute, nil, []string{names[i]}, "-test.coverprofile="+profiles[i])
		p.tests[i] = oneTest{Name: names[i], Took: time.Since(start), Passed: ended == passed}
	})
	if err := ctx.Err(); err != nil {
		return err
	}
	numbers := map[block]int{}
	for i := range p.tests {
		if p.tests[i].Passed {
			if err := p.readProfile(profiles[i], m.path, &p.tests[i], numbers); err != nil {
				return err
			}
		}
	}
	return nil
}

// readProfile reads what one test covered.
func (p *testProgram) readProfile(path, module string, t *oneTest, numbers map[block]int) error {
	err := coverprofile.Read(path, func(b block, ran bool) {
		b.File = strings.TrimPrefix(b.File, module+"/")
		n, known := numbers[b]
		if !known {
			n = len(p.blocks)
			numbers[b] = n
			p.blocks = append(p.blocks, b)
		}
		if ran {
			t.Covered = append(t.Covered, n)
		}
	})
	slices.Sort(t.Covered)
	return err
}

// block finds the smallest block that a place is in; -1 where there is none.
func (p *testProgram) block(file string, line, column int) int {
	found := -1
	for _, n := range p.index[file] {
		b := p.blocks[n]
		if line < b.Line || line == b.Line && column < b.Column || line > b.LastLine || line == b.LastLine && column >= b.LastColumn {
			continue
		}
		if found < 0 || b.LastLine-b.Line <= p.blocks[found].LastLine-p.blocks[found].Line {
			found = n
		}
	}
	return found
}

// cacheFile is where the measurements of a program are kept: its hash names them, since it holds all that they depend on.
func cacheFile(program string) (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "sirocco-mutation")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", err
	}
	f, err := os.Open(program)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return filepath.Join(dir, hex.EncodeToString(sum.Sum(nil)[:16])), nil
}

type measurements struct {
	Blocks []block
	Tests  []oneTest
}

func (p *testProgram) restore(path string) bool {
	text, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	var m measurements
	if err := gob.NewDecoder(bytes.NewReader(text)).Decode(&m); err != nil {
		return false
	}
	p.blocks, p.tests = m.Blocks, m.Tests
	return true
}

func (p *testProgram) keep(path string) error {
	var text bytes.Buffer
	if err := gob.NewEncoder(&text).Encode(measurements{p.blocks, p.tests}); err != nil {
		return err
	}
	return errors.Join(os.WriteFile(path+".new", text.Bytes(), 0o600), os.Rename(path+".new", path))
}

// inParallel calls f with 0 to n-1, some at a time.
func inParallel(workers, n int, f func(i int)) {
	next := make(chan int)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	all.Wait()
}
