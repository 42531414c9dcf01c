package livecheck_test

import (
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

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

// TestAGoodFileHolds checks one with nothing wrong: nothing fails, and what cannot be seen is told.
func TestAGoodFileHolds(t *testing.T) {
	for _, write := range []bool{false, true} {
		findings, crm := checked(t, "", "", write)
		if len(findings[livecheck.Failed]) > 0 || len(findings[livecheck.Held]) < 25 {
			t.Errorf("of a good file: %q", findings)
		}
		if n := len(crm.Notes.All()); n != map[bool]int{true: 1}[write] {
			t.Errorf("writing: %t; there are %d notes", write, n)
		}
		if written := strings.Contains(strings.Join(findings[livecheck.Unchecked], "\n"), "nothing is written without --write-on"); written == write {
			t.Errorf("writing: %t; not checked were %q", write, findings[livecheck.Unchecked])
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
