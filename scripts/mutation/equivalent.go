package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// equivalent is a line of the list of mutants that no test can notice.
type equivalent struct {
	line        int
	key, reason string
	used        bool
}

type equivalents []*equivalent

// readEquivalents reads the list: a mutant a line, as the report prints it but without the number of its line, then
// " // " and the reason. Empty lines and those that begin with # are for people.
func readEquivalents(path string) (equivalents, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var list equivalents
	for i, line := range strings.Split(string(text), "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		at := strings.LastIndex(line, " // ")
		if at < 0 {
			return nil, fmt.Errorf("%s:%d has no reason", path, i+1)
		}
		list = append(list, &equivalent{line: i + 1, key: line[:at], reason: line[at+4:]})
	}
	return list, nil
}

// mark notes which of the mutants are on the list.
func (l equivalents) mark(all []*mutant) {
	byKey := map[string]*equivalent{}
	for _, e := range l {
		byKey[e.key] = e
	}
	for _, m := range all {
		if e := byKey[m.key()]; e != nil {
			m.equivalent, e.used = e.reason, true
		}
	}
}

// stale returns the entries that name no mutant, though the code of their file was looked at.
func (l equivalents) stale(targets []*target) []*equivalent {
	return slices.DeleteFunc(slices.Clone(l), func(e *equivalent) bool {
		file := strings.Fields(e.key)[0]
		return e.used || !slices.ContainsFunc(targets, func(t *target) bool { return strings.HasPrefix(file, t.folder+"/") })
	})
}
