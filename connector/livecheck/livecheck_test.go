package livecheck_test

import (
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sirocco/connector"
	"sirocco/connector/declared"
	"sirocco/connector/livecheck"
	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/simulator/invented"
)

// checked runs the check of a file, changed at one place, against a stand-in.
func checked(t *testing.T, old, by string, write bool) (findings map[livecheck.State][]string, crm *simulator.Server) {
	t.Helper()
	return checkedOf(t, 80, old, by, write)
}

// checkedOf is checked with a stand-in of so many records.
func checkedOf(t *testing.T, records int, old, by string, write bool) (findings map[livecheck.State][]string, crm *simulator.Server) {
	t.Helper()
	text, err := os.ReadFile("../declared/testdata/number.yaml")
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.ReplaceAll(string(text), old, by)
	if old != "" && changed == string(text) {
		t.Fatalf("the file has no %q", old)
	}
	p, err := declared.Parse("number.yaml", []byte(changed))
	if err != nil {
		t.Fatal(err)
	}
	crm = invented.New(invented.Number)(simulator.Options{Seed: 3, Records: records, ValidateEvery: -1})
	server := httptest.NewServer(crm)
	t.Cleanup(server.Close)
	values, err := p.Info().CompleteCredentials(crm.Values(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	o := livecheck.Options{}
	if write {
		o.WriteOn = hub.RecordRef{Model: hub.ModelOpportunity, ExternalID: crm.Records(hub.ModelOpportunity)[0].ExternalID}
	}
	findings = map[livecheck.State][]string{}
	o.Tell = func(f livecheck.Finding) { findings[f.State] = append(findings[f.State], f.What+": "+f.Detail) }
	failed := livecheck.Run(t.Context(), p.Connector(), connector.Session{HTTP: server.Client(), Values: values, Now: time.Now, Timeout: time.Minute}, o)
	if failed != len(findings[livecheck.Failed]) {
		t.Errorf("%d failed, and %q were told", failed, findings[livecheck.Failed])
	}
	return findings, crm
}

// TestAGoodFileHolds checks one with nothing wrong: what is to be held is, in its order, and what cannot be seen is told.
func TestAGoodFileHolds(t *testing.T) {
	for _, write := range []bool{false, true} {
		held := []string{"the credentials are accepted: ", "the vendor says whose account it is: 77 Acme Roofing"}
		for _, model := range []string{"USER", "CONTACT", "OPPORTUNITY", "ENGAGEMENT"} {
			read := model + " is read: 60 records, 0 items passed over, and there are more"
			large := []string{"small pages of " + model + " lose nothing that a large one has: "}
			if model == "USER" {
				read, large = "USER is read: 5 records, 0 items passed over, to the end", nil
			}
			held = append(held, read, "every "+model+" can be kept: ")
			held = append(held, large...)
			held = append(held, "no "+model+" has changed since tomorrow: ", "what is asked for by its change did change: "+model+": ", "what changed at that very time is among it: "+model+": ",
				"a single "+model+" is found by its id, and one that is not there is not: ")
		}
		for _, fault := range []string{
			"too many requests (429)", "an error of the server (500)", "a service that is away (503)", "refused credentials (401)", "a missing right (403)", "a connection that breaks",
			"an answer that ends too early", "a page for people", "an answer without its list",
		} {
			held = append(held, fault+" is told as such: ")
		}
		held = append(held, "the notes of a record are read to their end: OPPORTUNITY: ")
		unchecked := []string{"small pages of USER lose nothing that a large one has: there are no more than one page of 10"}
		if write {
			held = append(held, "a note whose answer is lost counts as neither written nor not: a marker", "the note is found: after 0s, as 100000000", "the note reads as it was written: ", "the note is not written again: ")
		} else {
			unchecked = append(unchecked, "a note is written once: nothing is written without --write-on")
		}
		held = append(held, "a wrong apiKey is refused as such: ")
		unchecked = append(unchecked, "no row is lost that changes while pages are read: that takes changes at the right moment: the kit has a stand-in for it")
		findings, crm := checked(t, "", "", write)
		for i, told := range findings[livecheck.Held] { // each check has a marker of its own
			findings[livecheck.Held][i] = regexp.MustCompile(`sirocco-check-[A-Z2-7]{26}`).ReplaceAllString(told, "a marker")
		}
		if diff := cmp.Diff(map[livecheck.State][]string{livecheck.Held: held, livecheck.Unchecked: unchecked}, findings); diff != "" {
			t.Errorf("writing: %t: %s", write, diff)
		}
		if n := len(crm.Notes.All()); n != map[bool]int{true: 1}[write] {
			t.Errorf("writing: %t; there are %d notes", write, n)
		}
	}
}

// TestAListThatEndsWithAPage has as many records as some pages hold: what comes behind them is no new page, and nothing is wrong.
func TestAListThatEndsWithAPage(t *testing.T) {
	findings, crm := checkedOf(t, 50, "", "", false)
	if n := len(crm.Records(hub.ModelContact)); n%10 != 0 || n > 50 {
		t.Fatalf("%d contacts are no whole pages", n)
	}
	if len(findings[livecheck.Failed]) > 0 || !strings.Contains(strings.Join(findings[livecheck.Held], "\n"), "CONTACT is read: 50 records, 0 items passed over, to the end") {
		t.Errorf("%q", findings)
	}
}

// TestWhatIsWrongShows changes the file at one place, which must be told.
func TestWhatIsWrongShows(t *testing.T) {
	for name, test := range map[string]struct{ old, by, want string }{
		"a parameter that the vendor ignores": {"since: {parameter: since}", "since: {parameter: changed_since}", "no USER has changed since tomorrow"},
		"no time of change":                   {"      modifiedAt: time(item.changed)\n", "", "USER says when it changed"},
		"another time of change":              {"time(item.begins)", "item.title", "every ENGAGEMENT can be kept"},
		"a path that is none":                 {"path: /customers\n", "path: /clients\n", "CONTACT is read"},
		"a record under another path":         {"/deals/${id}\"", "/people/${id}\"", "a single OPPORTUNITY is found"},
		"another key":                         {"X-Api-Key", "X-Key", "the credentials are accepted"},
		"notes where there are none":          {"notes\n        items", "notices\n        items", "the notes of a record are read to their end: OPPORTUNITY: "},
		"a page that does not move":           {"parameter: page\n", "parameter: pge\n", "pages of CONTACT go on"},
	} {
		t.Run(name, func(t *testing.T) {
			findings, _ := checked(t, test.old, test.by, false)
			if told := strings.Join(findings[livecheck.Failed], "\n"); !strings.Contains(told, test.want) {
				t.Errorf("it failed with %q, and not with %q", told, test.want)
			}
		})
	}
}

// TestANoteThatCannotBeMade has a file by which no note can be written: that failed, and no note is looked for.
func TestANoteThatCannotBeMade(t *testing.T) {
	findings, crm := checked(t, "            text: ${text}", "            text: ${time(text)}", true)
	failed := findings[livecheck.Failed]
	if len(failed) != 1 || !strings.HasPrefix(failed[0], "a note is written: its answer was lost, and it was told as Invented Number: the note cannot be made: ") || len(crm.Notes.All()) > 0 {
		t.Errorf("%q, and there are %d notes", failed, len(crm.Notes.All()))
	}
}

// TestTheFirstReasonsAreTold has a file that no engagement can be read by: three reasons are told, and how many more there are.
func TestTheFirstReasonsAreTold(t *testing.T) {
	findings, _ := checked(t, "time(item.begins)", "item.title", false)
	var told []string
	for _, problem := range findings[livecheck.Failed] {
		if reason, of := strings.CutPrefix(problem, "every ENGAGEMENT can be kept: "); of {
			told = append(told, reason)
		}
	}
	if len(told) != 4 || !strings.Contains(told[0], "startTime") || !strings.Contains(told[2], "startTime") || told[3] != "and 107 more" {
		t.Errorf("%q", told)
	}
}
