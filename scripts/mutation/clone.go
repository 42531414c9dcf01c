package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// active names the environment variable that chooses the mutant of a run.
const active = "MUTANT_OF_THIS_RUN"

// edit replaces bytes of a file.
type edit struct {
	start, end int
	with       string
}

// apply makes the edits of text, whose first byte is at offset base. No two overlap.
func apply(text []byte, base int, edits []edit) string {
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
	var out strings.Builder
	at := base
	for _, e := range edits {
		out.Write(text[at-base : e.start-base])
		out.WriteString(e.with)
		at = e.end
	}
	out.Write(text[at-base:])
	return out.String()
}

// naming names the receiver and the parameters of a function that have no name, and returns how to call a copy of it
// with them.
func naming(t *target, f *file, d *ast.FuncDecl) (edits []edit, receiver, arguments string) {
	offset := func(p token.Pos) int { return t.fset.Position(p).Offset }
	var names []string
	name := func(field *ast.Field, prefix string) {
		if len(field.Names) == 0 {
			names = append(names, prefix+strconv.Itoa(len(names)))
			edits = append(edits, edit{offset(field.Type.Pos()), offset(field.Type.Pos()), names[len(names)-1] + " "})
		}
		for _, id := range field.Names {
			if id.Name == "_" {
				names = append(names, prefix+strconv.Itoa(len(names)))
				edits = append(edits, edit{offset(id.Pos()), offset(id.End()), names[len(names)-1]})
				continue
			}
			names = append(names, id.Name)
		}
	}
	if d.Recv != nil {
		name(d.Recv.List[0], "mutationReceiver")
		receiver, names = names[0]+".", nil
	}
	for _, field := range d.Type.Params.List {
		name(field, "mutationParameter")
		if _, variadic := field.Type.(*ast.Ellipsis); variadic {
			names[len(names)-1] += "..."
		}
	}
	arguments = "(" + strings.Join(names, ", ") + ")"
	if d.Type.TypeParams != nil {
		var given []string
		for _, field := range d.Type.TypeParams.List {
			for _, id := range field.Names {
				given = append(given, id.Name)
			}
		}
		arguments = "[" + strings.Join(given, ", ") + "]" + arguments
	}
	return edits, receiver, arguments
}

// overlay returns the text of a file with the mutants in it, and of each mutant the first line of its copy.
func overlay(f *file, mutants []*mutant) (text string, lines map[int]*mutant) {
	var edits []edit
	var copies []string
	byFunction := map[*ast.FuncDecl][]*mutant{}
	for _, m := range mutants {
		byFunction[m.decl] = append(byFunction[m.decl], m)
	}
	owners := []*mutant{}
	for d, all := range byFunction {
		t := all[0].target
		offset := func(p token.Pos) int { return t.fset.Position(p).Offset }
		named, receiver, arguments := naming(t, f, d)
		edits = append(edits, named...)
		var cases strings.Builder
		for _, m := range all {
			name := fmt.Sprintf("mutation%d_%s", m.id, d.Name.Name)
			call := receiver + name + arguments
			if d.Type.Results == nil {
				call += "; return"
			} else {
				call = "return " + call
			}
			fmt.Fprintf(&cases, "case %d: %s; ", m.id, call)
			own := append(slices.Clone(named), edit{offset(d.Name.Pos()), offset(d.Name.End()), name}, edit{m.start, m.end, m.with})
			from, to := offset(d.Type.Func), offset(d.End())
			copies = append(copies, apply(f.text[from:to], from, own))
			owners = append(owners, m)
		}
		brace := offset(d.Body.Lbrace) + 1
		edits = append(edits, edit{brace, brace, " switch mutationActive { " + cases.String() + "}; "})
	}
	out := apply(f.text, 0, edits)
	lines = map[int]*mutant{}
	for i, c := range copies {
		lines[strings.Count(out, "\n")+2] = owners[i]
		out += "\n" + c + "\n"
	}
	return out, lines
}

// switchFile is the file that each mutated package gets.
func switchFile(name string) string {
	return "package " + name + "\n\nimport (\n\t\"os\"\n\t\"strconv\"\n)\n\nvar mutationActive, _ = strconv.Atoi(os.Getenv(\"" + active + "\"))\n"
}

// texts returns the files of a package that the mutants change, by full path.
func (t *target) texts(mutants []*mutant) (texts map[string]string, lines map[string]map[int]*mutant) {
	byFile := map[*file][]*mutant{}
	for _, m := range mutants {
		if m.target == t {
			byFile[m.file] = append(byFile[m.file], m)
		}
	}
	texts, lines = map[string]string{}, map[string]map[int]*mutant{}
	if len(byFile) == 0 {
		return texts, lines
	}
	for f, all := range byFile {
		texts[f.full], lines[f.full] = overlay(f, all)
	}
	texts[filepath.Join(t.Dir, "zz_mutation.go")] = switchFile(t.files[0].tree.Name.Name)
	return texts, lines
}

// broken returns those of the mutants that do not compile.
func (t *target) broken(mutants []*mutant) (map[*mutant]bool, error) {
	texts, lines := t.texts(mutants)
	fset := token.NewFileSet()
	bad := map[*mutant]bool{}
	var trees []*ast.File
	for _, f := range t.files {
		text, ok := texts[f.full]
		if !ok {
			text = string(f.text)
		}
		tree, err := parser.ParseFile(fset, f.full, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("a mutant is no code: %w", err)
		}
		trees = append(trees, tree)
		delete(texts, f.full)
	}
	for path, text := range texts {
		tree, err := parser.ParseFile(fset, path, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		trees = append(trees, tree)
	}
	var stray error
	err := t.check(fset, trees, nil, func(err error) {
		var problem types.Error
		if !errors.As(err, &problem) {
			stray = err
			return
		}
		at := fset.Position(problem.Pos)
		m := owner(lines[at.Filename], at.Line)
		if m == nil {
			stray = err
			return
		}
		bad[m] = true
	})
	return bad, errors.Join(err, stray)
}

// owner is the mutant whose copy a line is in.
func owner(lines map[int]*mutant, line int) *mutant {
	first := 0
	for l := range lines {
		if l <= line && l > first {
			first = l
		}
	}
	return lines[first]
}

// choose draws a sample of the mutants that compile. It returns how many of those drawn do not.
func choose(targets []*target, all []*mutant, sample int, seed uint64) (chosen []*mutant, broken int, err error) {
	drawn := slices.Clone(all)
	random := rand.New(rand.NewPCG(seed, 0))
	random.Shuffle(len(drawn), func(i, j int) { drawn[i], drawn[j] = drawn[j], drawn[i] })
	if sample <= 0 {
		sample = len(drawn)
	}
	for len(chosen) < sample && len(drawn) > 0 {
		more := drawn[:min(sample-len(chosen), len(drawn))]
		drawn = drawn[len(more):]
		for i, m := range more {
			m.id = len(chosen) + i + 1
		}
		for _, t := range targets {
			bad, err := t.broken(more)
			for len(bad) > 0 && err == nil { // an error may hide others
				broken += len(bad)
				more = slices.DeleteFunc(more, func(m *mutant) bool { return bad[m] })
				bad, err = t.broken(more)
			}
			if err != nil {
				return nil, 0, err
			}
		}
		chosen = append(chosen, more...)
	}
	for i, m := range chosen {
		m.id = i + 1
	}
	return chosen, broken, nil
}

// compile builds the test programs of the judges with all mutants in them.
func (m *module) compile(ctx context.Context, work string, judges []*testProgram, chosen []*mutant) error {
	replaced := map[string]string{}
	for _, t := range m.targets {
		texts, _ := t.texts(chosen)
		for path, text := range texts {
			name := filepath.Join(work, fmt.Sprintf("overlay%d.go", len(replaced)))
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				return err
			}
			replaced[path] = name
		}
	}
	list, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		return err
	}
	overlays := filepath.Join(work, "overlay.json")
	if err := os.WriteFile(overlays, list, 0o600); err != nil {
		return err
	}
	for _, j := range judges {
		if len(j.tests) == 0 {
			continue
		}
		j.mutated = filepath.Join(work, fmt.Sprintf("mutated%d.test", j.number))
		if _, err := goCommand(ctx, m.root, "test", "-c", "-vet=off", "-overlay", overlays, "-o", j.mutated, j.ImportPath); err != nil {
			return err
		}
	}
	return nil
}
