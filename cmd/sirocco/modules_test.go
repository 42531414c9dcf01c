package main

import (
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestModules: the program links what testdata/modules allows it to, no more and no less: each costs whoever builds
// it time, and whoever runs it a part to trust.
func TestModules(t *testing.T) {
	text, err := os.ReadFile("testdata/modules")
	if err != nil {
		t.Fatal(err)
	}
	allowed := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if module, _, _ := strings.Cut(strings.TrimSpace(line), " "); module != "" && module != "#" {
			allowed[module] = true
		}
	}
	list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", ".")
	list.Env = append(os.Environ(), "CGO_ENABLED=0") // as the program is built
	text, err = list.Output()
	if err != nil {
		t.Fatal(err)
	}
	linked := map[string]bool{}
	for module := range strings.FieldsSeq(string(text)) {
		linked[module] = true
	}
	for _, module := range slices.Sorted(maps.Keys(linked)) {
		if !allowed[module] {
			t.Errorf("the program links %s, which testdata/modules does not allow: do without it, or add it there with what it is for, after make weight says what it costs", module)
		}
	}
	for _, module := range slices.Sorted(maps.Keys(allowed)) {
		if !linked[module] {
			t.Errorf("testdata/modules allows %s, which the program does not link any more: remove it there", module)
		}
	}
}
