package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// module is the code that the command runs in.
type module struct {
	root, path string
	targets    []*target
	tested     []listed // packages of the module that have tests
}

// listed is what `go list` says of a package.
type listed struct {
	ImportPath   string   `json:"ImportPath"`
	Dir          string   `json:"Dir"`
	Export       string   `json:"Export"`
	GoFiles      []string `json:"GoFiles"`
	TestGoFiles  []string `json:"TestGoFiles"`
	XTestGoFiles []string `json:"XTestGoFiles"`
	Imports      []string `json:"Imports"`
	Deps         []string `json:"Deps"`
}

// target is a package whose code is mutated.
type target struct {
	listed
	folder string // relative to the module
	fset   *token.FileSet
	files  []*file
	info   *types.Info
	lookup importer.Lookup
}

// file is one source file of a target.
type file struct {
	path string // relative to the module
	full string
	text []byte
	tree *ast.File
}

// load reads and type-checks the packages in and below the folders. Packages that import testing are tools of tests,
// and are left out.
func load(ctx context.Context, folders []string) (*module, error) {
	m := &module{}
	exports := map[string]string{}
	lookup := func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("no export data of %s", path)
		}
		return os.Open(exports[path])
	}
	main, err := goCommand(ctx, "", "list", "-m", "-json=Path,Dir")
	if err != nil {
		return nil, err
	}
	var self struct {
		Path string `json:"Path"`
		Dir  string `json:"Dir"`
	}
	if err := json.Unmarshal(main, &self); err != nil {
		return nil, err
	}
	m.root, m.path = self.Dir, self.Path
	own, err := m.list(ctx, "-json=ImportPath,Dir,GoFiles,TestGoFiles,XTestGoFiles,Imports", "./...")
	if err != nil {
		return nil, err
	}
	paths := []string{"-export", "-deps", "-json=ImportPath,Export", "os", "strconv"} // those that switchFile imports
	for _, l := range own {
		if len(l.TestGoFiles)+len(l.XTestGoFiles) > 0 {
			m.tested = append(m.tested, l)
		}
		if folder := m.folder(l); within(folder, folders) && !slices.Contains(l.Imports, "testing") {
			m.targets = append(m.targets, &target{listed: l, folder: folder, lookup: lookup})
			paths = append(paths, l.ImportPath)
		}
	}
	if len(m.targets) == 0 {
		return nil, fmt.Errorf("there is no package in %s", strings.Join(folders, ", "))
	}
	needed, err := m.list(ctx, paths...)
	if err != nil {
		return nil, err
	}
	for _, l := range needed {
		exports[l.ImportPath] = l.Export
	}
	slices.SortFunc(m.targets, func(a, b *target) int { return strings.Compare(a.ImportPath, b.ImportPath) })
	for _, t := range m.targets {
		if err := t.parse(); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// list runs `go list` in the module.
func (m *module) list(ctx context.Context, args ...string) ([]listed, error) {
	out, err := goCommand(ctx, m.root, append([]string{"list"}, args...)...)
	if err != nil {
		return nil, err
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var l listed
		if err := d.Decode(&l); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, l)
	}
}

// folder is where a package is, relative to the module, with slashes.
func (m *module) folder(l listed) string {
	return strings.TrimPrefix(strings.TrimPrefix(l.ImportPath, m.path), "/")
}

// within reports whether a folder is one of those or below one.
func within(folder string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return folder == f || strings.HasPrefix(folder, f+"/") })
}

func (t *target) parse() error {
	t.fset = token.NewFileSet()
	var trees []*ast.File
	for _, name := range t.GoFiles {
		full := filepath.Join(t.Dir, name)
		text, err := os.ReadFile(full)
		if err != nil {
			return err
		}
		tree, err := parser.ParseFile(t.fset, full, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		t.files = append(t.files, &file{path: t.folder + "/" + name, full: full, text: text, tree: tree})
		trees = append(trees, tree)
	}
	t.info = &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
	return t.check(t.fset, trees, t.info, nil)
}

// check type-checks the files. Errors go to each where it is there; the first is returned otherwise.
func (t *target) check(fset *token.FileSet, trees []*ast.File, info *types.Info, each func(error)) error {
	config := types.Config{Importer: importer.ForCompiler(fset, "gc", t.lookup), Error: each}
	_, err := config.Check(t.ImportPath, fset, trees, info)
	if each != nil {
		return nil
	}
	return err
}

// goCommand runs the go command in a folder and returns what it prints.
func goCommand(ctx context.Context, dir string, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, "go", args...)
	c.Dir = dir
	var out, problems bytes.Buffer
	c.Stdout, c.Stderr = &out, &problems
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(args[:min(3, len(args))], " "), err, problems.Bytes())
	}
	return out.Bytes(), nil
}
