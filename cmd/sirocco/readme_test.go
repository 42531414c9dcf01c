package main

import (
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestReadmeConfiguration holds the README's table against the flags of serve.
func TestReadmeConfiguration(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(readme), "<!-- configuration of serve")
	table, _, found := strings.Cut(table, "<!-- end -->")
	if !found {
		t.Fatal("the README has no table")
	}
	inTable := map[string]string{}
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) > 4 && strings.Contains(cells[1], "`--") {
			flag := strings.Trim(cells[1], " `-")
			inTable[flag] = strings.Trim(cells[2], " `") + " " + strings.Trim(cells[3], " `")
		}
	}
	parser, err := kong.New(&program{}, kong.DefaultEnvars("SIROCCO"), helpVars())
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range parser.Model.Children {
		if command.Name != "serve" {
			continue
		}
		for _, flag := range command.Flags {
			if flag.Name == "help" {
				continue
			}
			want := strings.Join(flag.Envs, ",") + " " + flag.Default
			if inTable[flag.Name] != want {
				t.Errorf("--%s: the README has %q, the program %q", flag.Name, inTable[flag.Name], want)
			}
			delete(inTable, flag.Name)
		}
	}
	for flag := range inTable {
		t.Errorf("the README has --%s, the program has not", flag)
	}
}
