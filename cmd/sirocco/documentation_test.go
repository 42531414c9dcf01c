package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// documentation are the pages that name files and tests.
var documentation = []string{"README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/glossary.md", "docs/faults.md", "connector/README.md", "docs/decisions/*.md"}

var (
	namedFile = regexp.MustCompile("`((?:api|audio|bench|cmd|connector|database|docs|engine|hub|scripts|simulator|store)/[a-zA-Z0-9_./-]*)`")
	linkedTo  = regexp.MustCompile(`\]\(([^)#:]+)\)`)
	namedTest = regexp.MustCompile("`(Test[A-Za-z0-9]+)`(?: and `(Test[A-Za-z0-9]+)`)?( in `([^`]+)`)?")
	testFunc  = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
)

// TestDocumentation checks that every file, link and test that the pages name exists, a test in the file named with it.
func TestDocumentation(t *testing.T) {
	root := os.DirFS("../..")
	tests := map[string][]string{} // by name: the files that have it
	err := fs.WalkDir(root, ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := fs.ReadFile(root, path)
		for _, f := range testFunc.FindAllStringSubmatch(string(text), -1) {
			tests[f[1]] = append(tests[f[1]], path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	pages := 0
	for _, pattern := range documentation {
		found, err := fs.Glob(root, pattern)
		if err != nil || len(found) == 0 {
			t.Errorf("%s: no such page (%v)", pattern, err)
		}
		for _, page := range found {
			pages++
			text, err := fs.ReadFile(root, page)
			if err != nil {
				t.Fatal(err)
			}
			checkPage(t, root, page, string(text), tests)
		}
	}
	if pages < 10 {
		t.Errorf("only %d pages", pages)
	}
}

func checkPage(t *testing.T, root fs.FS, page, text string, tests map[string][]string) {
	exists := func(name string) {
		if _, err := fs.Stat(root, strings.TrimSuffix(name, "/")); err != nil {
			t.Errorf("%s names %s, which is not there", page, name)
		}
	}
	for _, m := range namedFile.FindAllStringSubmatch(text, -1) {
		exists(m[1])
	}
	for _, m := range linkedTo.FindAllStringSubmatch(text, -1) {
		exists(filepath.ToSlash(filepath.Join(filepath.Dir(page), m[1])))
	}
	for _, m := range namedTest.FindAllStringSubmatch(text, -1) {
		for _, name := range m[1:3] {
			in := strings.Join(tests[name], " ")
			if name != "" && (in == "" || m[4] != "" && !strings.Contains(" "+in+" ", " "+m[4]+" ")) {
				t.Errorf("%s names the test %s in %q; it is in %q", page, name, m[4], in)
			}
		}
	}
}

// TestEveryPlatformSaysWhatLinksToIt looks for each platform in the table of what links to what, and on its own page for what
// it can be asked just before a note is sent.
func TestEveryPlatformSaysWhatLinksToIt(t *testing.T) {
	linking, err := os.ReadFile("../../docs/linking.md")
	if err != nil {
		t.Fatal(err)
	}
	asked := regexp.MustCompile(`(?i)before (a|the) note`)
	for _, p := range shownPlatforms() {
		name := string(p.connector.Info().Platform)
		if !strings.Contains(string(linking), "\n| "+name+" | ") {
			t.Errorf("docs/linking.md does not say what links to %s", name)
		}
		page, err := os.ReadFile("../../docs/platforms/" + strings.ToLower(name) + ".md")
		if err != nil || !asked.Match(page) {
			t.Errorf("the page of %s does not say what is asked before a note is sent (%v)", name, err)
		}
	}
}
