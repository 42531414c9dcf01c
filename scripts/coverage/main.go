// Command coverage runs all tests and prints which part of each room's statements ran. Programs that tests start are
// counted too: they are the test program itself under another name, and go test gives it a GOCOVERDIR, except where
// they are killed. Not counted are bench, scripts, generated code, and packages that import testing, as they are tools
// of tests.
//
//	go run ./scripts/coverage [-profile FILE] [flag of go test ...]
//
// With -profile it prints the table of a profile that is there and runs nothing.
package main

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"sirocco/scripts/internal/coverprofile"
)

const module = "sirocco/"

func main() {
	profile := flag.String("profile", "", "print the table of this profile and run nothing")
	flag.Parse()
	if err := run(*profile, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "coverage:", err)
		os.Exit(1)
	}
}

func run(profile string, flags []string) error {
	if profile != "" {
		return table(os.Stdout, profile)
	}
	counted, err := packages()
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "coverage-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	profile = filepath.Join(work, "profile")
	args := append([]string{"test", "-count=1", "-timeout=2h", "-covermode=set", "-coverpkg=" + strings.Join(counted, ","), "-coverprofile=" + profile}, flags...)
	test := exec.Command("go", append(args, "./...")...)
	test.Stderr = os.Stderr
	out, failed := test.Output()
	for line := range bytes.Lines(out) { // of what passed, the table says what there is to say
		if !bytes.HasPrefix(line, []byte("ok ")) && !bytes.Contains(line, []byte("coverage: 0.0%")) && !bytes.Contains(line, []byte("no test files")) {
			_, _ = os.Stdout.Write(line)
		}
	}
	if err := table(os.Stdout, profile); err != nil {
		return err
	}
	return failed
}

// packages lists those that are counted.
func packages() ([]string, error) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports ","}}`, "./...").Output()
	if err != nil {
		return nil, err
	}
	var counted []string
	for line := range strings.Lines(string(out)) {
		path, imports, _ := strings.Cut(strings.TrimSpace(line), " ")
		room, _, _ := strings.Cut(strings.TrimPrefix(path, module), "/")
		if room != "bench" && room != "scripts" && !slices.Contains(strings.Split(imports, ","), "testing") {
			counted = append(counted, path)
		}
	}
	return counted, nil
}

// part is how many statements there are, and how many ran.
type part struct{ all, ran int }

func (p part) String() string {
	return fmt.Sprintf("%d\t%d\t%.1f %%", p.all, p.ran, 100*float64(p.ran)/float64(max(p.all, 1)))
}

// table prints the part of each package, each room and all.
func table(out io.Writer, profile string) error {
	ran := map[coverprofile.Block]bool{}
	if err := coverprofile.Read(profile, func(b coverprofile.Block, r bool) { ran[b] = ran[b] || r }); err != nil {
		return err
	}
	parts := map[string]part{}
	generated := map[string]bool{}
	for b, r := range ran {
		if _, known := generated[b.File]; !known {
			generated[b.File] = isGenerated(strings.TrimPrefix(b.File, module))
		}
		if generated[b.File] {
			continue
		}
		folder := filepath.Dir(strings.TrimPrefix(b.File, module))
		room, _, below := strings.Cut(folder, "/")
		names := []string{"total", room + "/"}
		if below {
			names = append(names, "  "+folder)
		}
		for _, name := range names {
			p := parts[name]
			p.all += b.Statements
			if r {
				p.ran += b.Statements
			}
			parts[name] = p
		}
	}
	names := make([]string, 0, len(parts))
	for name := range parts {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		last := func(n string) int { return map[bool]int{true: 1}[n == "total"] }
		return cmp.Or(cmp.Compare(last(a), last(b)), strings.Compare(strings.TrimSpace(a), strings.TrimSpace(b)))
	})
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "room\tstatements\tran\t")
	for _, name := range names {
		fmt.Fprintf(w, "%s\t%s\n", name, parts[name])
	}
	return w.Flush()
}

// isGenerated reports whether a file of the module says that a program wrote it.
func isGenerated(path string) bool {
	text, err := os.ReadFile(path)
	return err == nil && bytes.HasPrefix(text, []byte("// Code generated"))
}
