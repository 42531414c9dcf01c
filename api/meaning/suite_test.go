package meaning_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"sirocco/store/storetest"
)

// sections are how many meanings the contract states of each resource: each of them has exactly one line in the suite.
var sections = map[string]int{
	"GEN": 17, "TOK": 9, "OAU": 31, "ORG": 10, "TEA": 8, "USR": 14, "CON": 16, "ACC": 3, "NES": 15, "OPP": 16, "OPU": 1, "ENG": 27, "CRU": 2, "MUL": 2, "MOB": 10,
	"REC": 31, "SUM": 7, "URC": 40, "UTT": 9, "EXT": 8, "LNK": 10, "AUD": 3, "UPL": 28, "FOL": 25, "CUS": 16, "CNV": 17, "SCO": 28, "LOG": 6, "WHK": 12, "DLK": 12,
}

// verdict says how the server stands to a meaning.
type verdict int

const (
	// holds: the server does as the contract says, which the case sees.
	holds verdict = iota
	// differs: it does something else on purpose, which the case sees. docs/contract-differences.md says why.
	differs
	// notOurs: it is no server's matter, such as advice to clients.
	notOurs
)

// line is one meaning.
type line struct {
	id      string
	verdict verdict
	// claim is the meaning in our own words; of one that is not ours, why not.
	claim string
	// see fails unless the server does what the line says of it.
	see func(*scene)
}

// surface is how the lines of a file are asked: on the organization surface under both of its prefixes.
type surface bool

const (
	bothPrefixes surface = true
	oneSurface   surface = false
)

// group is the lines of a resource.
type group struct {
	surface surface
	lines   []line
}

// suite is all lines; each file adds its own.
var suite []group

// resource adds the lines of a resource.
func resource(on surface, lines ...line) bool {
	suite = append(suite, group{on, lines})
	return true
}

// TestMeanings sees every line over both databases, and says how many there are of each kind.
func TestMeanings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url, false)
		if w.outside != nil {
			served := w.served(t)
			t.Cleanup(func() { w.outside.conclude(t, served) })
		}
		for _, g := range suite {
			for _, l := range g.lines {
				if l.verdict == notOurs {
					continue
				}
				for _, prefix := range g.prefixes() {
					if w.outside != nil && prefix != "" { // the files know the paths without it
						continue
					}
					t.Run(l.id+strings.ReplaceAll(prefix, "/", " "), func(t *testing.T) {
						t.Parallel()
						l.see(&scene{t: t, w: w, prefix: prefix})
					})
				}
			}
		}
	})
}

func (g group) prefixes() []string {
	if g.surface == bothPrefixes {
		return []string{"", legacyPrefix}
	}
	return []string{""}
}

// TestEveryMeaningHasALine holds the suite to the numbers of the contract, and what differs to its reason.
func TestEveryMeaningHasALine(t *testing.T) {
	counts, seen := map[verdict]int{}, map[string]bool{}
	differing := map[string]bool{}
	for _, g := range suite {
		for _, l := range g.lines {
			if seen[l.id] {
				t.Errorf("%s has two lines", l.id)
			}
			seen[l.id] = true
			counts[l.verdict]++
			if l.claim == "" || (l.see == nil) != (l.verdict == notOurs) {
				t.Errorf("%s has no claim, or nothing sees to it", l.id)
			}
			if l.verdict == differs {
				differing[l.id] = true
			}
		}
	}
	total := 0
	var without []string
	for _, section := range slices.Sorted(maps.Keys(sections)) {
		total += sections[section]
		for i := range sections[section] {
			if id := fmt.Sprintf("M-%s-%02d", section, i+1); !seen[id] {
				without = append(without, id)
			}
			delete(seen, fmt.Sprintf("M-%s-%02d", section, i+1))
		}
	}
	for id := range seen {
		t.Errorf("%s is no meaning of the contract", id)
	}
	explained := explainedDifferences(t)
	for id := range differing {
		if explained[id] == 0 {
			t.Errorf("%s differs, and docs/contract-differences.md does not say why", id)
		}
	}
	for id := range explained {
		if !differing[id] {
			t.Errorf("docs/contract-differences.md explains %s, which does not differ", id)
		}
	}
	fmt.Printf("meanings: %d hold, %d differ on purpose, 0 not served yet, %d not ours, of %d\n", counts[holds], counts[differs], counts[notOurs], total)
	if len(without) > 0 {
		t.Errorf("%d meanings have no line: %s", len(without), strings.Join(without, ", "))
	}
}

var meaningID = regexp.MustCompile(`(?m)^\| (M-[A-Z]{3}-[0-9]{2}) \| .{20,} \|$`)

// explainedDifferences are the meanings that the document of differences has a row for.
var explainedDifferences = func(t *testing.T) map[string]int {
	t.Helper()
	text, err := readDifferences()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, m := range meaningID.FindAllStringSubmatch(text, -1) {
		found[m[1]]++
	}
	return found
}

var readDifferences = sync.OnceValues(func() (string, error) {
	text, err := os.ReadFile("../../docs/contract-differences.md")
	return string(text), err
})
