package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// ofOthers are variables that begin as ours do and come from elsewhere: those that Kubernetes sets in each container for a
// service whose name begins with sirocco, and those of our tests.
var ofOthers = regexp.MustCompile(`^SIROCCO(_[A-Z0-9]+)*_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$|^SIROCCO_TEST_`)

// strangeVariable is a variable of the environment that begins as ours do, and that no flag reads.
type strangeVariable struct {
	name string
	// meant is the one of ours that is spelled much the same; empty where none is.
	meant string
}

func (v strangeVariable) String() string {
	text := v.name + " is set, and no flag reads it"
	if v.meant != "" {
		text += ": did you mean " + v.meant + "?"
	}
	return text
}

// strangeVariables are those of the environment, in order. They are told of and change nothing: others may set them, and an
// earlier version may have known them.
func strangeVariables(program *kong.Node, environment []string) []strangeVariable {
	var known []string
	var walk func(*kong.Node)
	walk = func(n *kong.Node) {
		for _, flag := range n.Flags {
			known = append(known, flag.Envs...)
		}
		for _, positional := range n.Positional {
			known = append(known, positional.Tag.Envs...)
		}
		for _, child := range n.Children {
			walk(child)
		}
	}
	walk(program)
	var strange []strangeVariable
	for _, pair := range environment {
		name, _, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "SIROCCO_") || slices.Contains(known, name) || ofOthers.MatchString(name) {
			continue
		}
		strange = append(strange, strangeVariable{name, nearest(name, known)})
	}
	slices.SortFunc(strange, func(a, b strangeVariable) int { return strings.Compare(a.name, b.name) })
	return strange
}

// slipsMost is how many letters are wrong, missing or too many in a word that is taken for another.
const slipsMost = 3

// nearest is the word that a text comes nearest to; empty where none is near.
func nearest(text string, words []string) string {
	best, found := slipsMost+1, ""
	for _, word := range words {
		if n := slips(text, word); n < best {
			best, found = n, word
		}
	}
	return found
}

// slips counts the letters to change, take away or add until one text is the other.
func slips(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
