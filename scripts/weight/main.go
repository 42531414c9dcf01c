// Command weight prints what the product's program is made of, module by module: the CPU seconds that compiling each
// takes where nothing is cached, and the bytes of each in the program. It compiles everything anew, in a cache of its
// own, so it takes minutes; other programs that run meanwhile do not change its figures much.
//
//	go run ./scripts/weight
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json/v2"
	"errors"
	"fmt"
	"log"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const program = "./cmd/sirocco"

func main() {
	log.SetFlags(0)
	dir, err := os.MkdirTemp("", "weight")
	if err != nil {
		log.Fatal(err)
	}
	err = weigh(dir)
	if err := errors.Join(err, os.RemoveAll(dir)); err != nil {
		log.Fatal(err)
	}
}

// weight is what a module costs.
type weight struct {
	cpu      time.Duration
	bytes    int64
	packages int
}

func weigh(dir string) error {
	graph, stripped, whole := filepath.Join(dir, "graph.json"), filepath.Join(dir, "stripped"), filepath.Join(dir, "whole")
	cache := "GOCACHE=" + filepath.Join(dir, "cache")
	start := time.Now()
	total, err := run(cache, "go", "build", "-trimpath", "-ldflags=-s -w", "-debug-actiongraph="+graph, "-o", stripped, program)
	if err != nil {
		return err
	}
	took := time.Since(start)
	if _, err := run(cache, "go", "build", "-trimpath", "-o", whole, program); err != nil {
		return err
	}
	modules, err := modulesOf()
	if err != nil {
		return err
	}
	weights := map[string]*weight{}
	of := func(pkg string) *weight {
		module, known := modules[pkg]
		if !known {
			module = "(none: strings, tables, the runtime's own)"
		}
		if weights[module] == nil {
			weights[module] = &weight{}
		}
		return weights[module]
	}
	for pkg := range modules {
		of(pkg).packages++
	}
	if err := addTimes(graph, of); err != nil {
		return err
	}
	if err := addBytes(whole, of); err != nil {
		return err
	}
	fmt.Printf("%9s %9s %9s  module\n", "CPU s", "MB", "packages")
	for _, module := range slices.SortedFunc(maps.Keys(weights), func(a, b string) int { return cmp.Compare(weights[b].cpu, weights[a].cpu) }) {
		w := weights[module]
		fmt.Printf("%9.1f %9.2f %9d  %s\n", w.cpu.Seconds(), float64(w.bytes)/1e6, w.packages, module)
	}
	fmt.Printf("\ncold build: %.0f CPU seconds, all told (%.0f by the clock)\n", total.Seconds(), took.Seconds())
	for _, file := range []struct{ what, name string }{{"the program", stripped}, {"with its symbols", whole}} {
		info, err := os.Stat(file.name)
		if err != nil {
			return err
		}
		fmt.Printf("%s: %.1f MB\n", file.what, float64(info.Size())/1e6)
	}
	return nil
}

// run runs a command and returns the CPU time that it and its children took.
func run(environment string, name string, args ...string) (time.Duration, error) {
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), "CGO_ENABLED=0", environment)
	c.Stderr = os.Stderr
	if err := c.Run(); err != nil {
		return 0, fmt.Errorf("%s: %w", c, err)
	}
	return c.ProcessState.UserTime() + c.ProcessState.SystemTime(), nil
}

// modulesOf returns the module of each package of the program; "std" for the standard library's.
func modulesOf() (map[string]string, error) {
	text, err := exec.Command("go", "list", "-deps", "-f", "{{.ImportPath}} {{with .Module}}{{.Path}}{{else}}std{{end}}", program).Output()
	if err != nil {
		return nil, err
	}
	modules := map[string]string{}
	for line := range strings.Lines(string(text)) {
		pkg, module, _ := strings.Cut(strings.TrimSpace(line), " ")
		modules[pkg] = module
	}
	return modules, nil
}

// addTimes adds what building took, as the go command noted it.
func addTimes(graph string, of func(string) *weight) error {
	text, err := os.ReadFile(graph)
	if err != nil {
		return err
	}
	var actions []struct {
		Mode, Package   string
		CmdUser, CmdSys int64
	}
	if err := json.Unmarshal(text, &actions); err != nil {
		return err
	}
	for _, a := range actions {
		if a.Mode == "build" {
			of(a.Package).cpu += time.Duration(a.CmdUser + a.CmdSys)
		}
	}
	return nil
}

// addBytes adds the sizes of the program's symbols.
func addBytes(file string, of func(string) *weight) error {
	text, err := exec.Command("go", "tool", "nm", "-size", file).Output()
	if err != nil {
		return err
	}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		fields := strings.Fields(lines.Text()) // address, size, kind, name
		if len(fields) < 4 || fields[2] == "B" || fields[2] == "b" {
			continue // what is zero is not in the file
		}
		size, err := strconv.ParseInt(fields[1], 10, 64)
		if err != nil {
			continue
		}
		of(packageOf(fields[3])).bytes += size
	}
	return nil
}

// packageOf returns the package of a symbol such as type:*example.com/a/b.T or gopkg.in/yaml%2ev3.(*parser).fill.
func packageOf(symbol string) string {
	_, after, found := strings.Cut(symbol, ":")
	if found && !strings.Contains(symbol[:len(symbol)-len(after)], "/") {
		symbol = strings.TrimLeft(after, "*[]")
		symbol = strings.TrimPrefix(symbol, ".eq.")
	}
	if i := strings.IndexAny(symbol, "[({ "); i >= 0 {
		symbol = symbol[:i]
	}
	slash := strings.LastIndexByte(symbol, '/') + 1
	name, _, _ := strings.Cut(symbol[slash:], ".")
	pkg, err := url.PathUnescape(symbol[:slash] + name)
	if err != nil {
		return symbol
	}
	return pkg
}
