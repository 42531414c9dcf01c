package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"strings"
)

// mutant is one change to one function.
type mutant struct {
	target   *target
	file     *file
	decl     *ast.FuncDecl
	function string // with its receiver's type, as in Store.Open
	// at is where the change is, for people; covered is the place whose execution says that it was reached.
	at, covered token.Position
	// The text from start to end, in bytes of the file, becomes with.
	start, end int
	with       string
	// from and to say for people what changes. repeat counts the same change in the same function, from 1.
	from, to string
	repeat   int
	// equivalent is the reason why no test can notice it, from the list; empty for the others.
	equivalent string
	id         int // in the sample, from 1
}

// String is the line that the report has of the mutant.
func (m *mutant) String() string { return fmt.Sprintf("%s:%d  %s", m.file.path, m.at.Line, m.change()) }

// change says in which function what changes, whatever the line.
func (m *mutant) change() string {
	repeat := ""
	if m.repeat > 1 {
		repeat = fmt.Sprintf(" #%d", m.repeat)
	}
	return fmt.Sprintf("%s: %s => %s%s", m.function, m.from, m.to, repeat)
}

// key names the mutant in the list of equivalent ones.
func (m *mutant) key() string { return m.file.path + "  " + m.change() }

// short puts code into one line of at most 90 characters.
func short(code string) string {
	code = strings.Join(strings.Fields(code), " ")
	if letters := []rune(code); len(letters) > 90 {
		return string(letters[:60]) + " ... " + string(letters[len(letters)-24:])
	}
	return code
}

// mutants returns all mutants of the package, in the order of its files.
func (t *target) mutants() []*mutant {
	var all []*mutant
	for _, f := range t.files {
		for _, d := range f.tree.Decls {
			decl, ok := d.(*ast.FuncDecl)
			if !ok || decl.Body == nil || decl.Name.Name == "init" || decl.Name.Name == "_" {
				continue
			}
			w := &walk{target: t, file: f, decl: decl, function: functionName(decl)}
			w.body(decl.Type, decl.Body)
			seen := map[string]int{}
			for _, m := range w.found {
				same := m.from + "\x00" + m.to
				seen[same]++
				m.repeat = seen[same]
			}
			all = append(all, w.found...)
		}
	}
	return all
}

func functionName(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return d.Name.Name
	}
	expr := d.Recv.List[0].Type
	for {
		switch e := expr.(type) {
		case *ast.StarExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.IndexListExpr:
			expr = e.X
		case *ast.Ident:
			return e.Name + "." + d.Name.Name
		default:
			return d.Name.Name
		}
	}
}
