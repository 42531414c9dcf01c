package declared_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sirocco/connector"
	"sirocco/connector/connectortest"
	"sirocco/connector/declared"
	"sirocco/hub"
	"sirocco/simulator/invented"
	"sirocco/simulator/jobnimbus"
)

// parsed is the connector of a file.
func parsed(t *testing.T, file string) connector.Connector {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := declared.Parse(file, text)
	if err != nil {
		t.Fatal(err)
	}
	return p.Connector()
}

func TestConformanceOfNumbers(t *testing.T) {
	connectortest.Run(t, parsed(t, "testdata/number.yaml"), invented.New(invented.Number))
}

func TestConformanceOfOffsets(t *testing.T) {
	connectortest.Again(t, parsed(t, "testdata/offset.yaml"), invented.New(invented.Offset))
}

func TestConformanceOfCursors(t *testing.T) {
	connectortest.Again(t, parsed(t, "testdata/cursor.yaml"), invented.New(invented.Cursor))
}

func TestConformanceOfLinks(t *testing.T) {
	connectortest.Again(t, parsed(t, "testdata/link.yaml"), invented.New(invented.Link))
}

// TestFile holds the file that SIROCCO_FILE names to the kit, by the stand-in of its platform: that of an author whose file is
// not part of the program. A new stand-in gets its line here.
func TestFile(t *testing.T) {
	file := os.Getenv("SIROCCO_FILE")
	if file == "" {
		t.Skip("SIROCCO_FILE names no file")
	}
	standIns := map[hub.Platform]connectortest.NewCRM{jobnimbus.Platform: jobnimbus.New}
	for _, kind := range invented.Kinds() {
		standIns[kind.Platform()] = invented.New(kind)
	}
	c := parsed(t, file)
	crm, ok := standIns[c.Info().Platform]
	if !ok {
		t.Fatalf("nothing stands in for %s", c.Info().Platform)
	}
	connectortest.Run(t, c, crm)
}

func TestConformanceOfJobNimbus(t *testing.T) {
	connectortest.Again(t, declared.JobNimbus().Connector(), jobnimbus.New)
}

// TestCredentialsOfAFile says of what a file asks for what has to be given, and what is not shown; the address of the API can always
// be another one.
func TestCredentialsOfAFile(t *testing.T) {
	text, err := os.ReadFile("testdata/number.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := declared.Parse("number.yaml", []byte(strings.Replace(string(text), "\nauth:", `
  - {name: zone, doc: The time zone., setting: true, default: UTC}
  - {name: team, doc: The team., setting: true, optional: true}
  - {name: account, doc: The account., setting: true}

auth:`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	want := []hub.CredentialField{
		{Name: "apiKey", Doc: "The API key of your Invented account.", Required: true, Secret: true},
		{Name: "zone", Doc: "The time zone.", Default: "UTC"},
		{Name: "team", Doc: "The team."},
		{Name: "account", Doc: "The account.", Required: true},
		{Name: "baseURL", Doc: "The address of the API; change it for a sandbox.", Default: "https://api.invented.example/api"},
	}
	if diff := cmp.Diff(want, p.Info().Credentials); diff != "" {
		t.Error(diff)
	}
}

// TestWhatJobNimbusDeletes reads rows that are no longer active, which is how JobNimbus deletes: in lists, and asked for one by one.
func TestWhatJobNimbusDeletes(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		row := map[string]any{"jnid": "r1", "date_updated": 1764000000, "date_start": 1764003600, "is_active": false, "is_archived": false, "owners": []any{map[string]any{"id": "u1"}}}
		if strings.HasSuffix(r.URL.Path, "/r1") {
			answer(w, row)
			return
		}
		answer(w, map[string]any{"results": []any{row}, "count": 1})
	}))
	t.Cleanup(server.Close)
	c := declared.JobNimbus().Connector()
	s := &connector.Session{HTTP: server.Client(), Values: map[string]string{"apiKey": "k", "baseURL": server.URL}, Now: time.Now}
	for _, m := range []hub.Model{hub.ModelContact, hub.ModelOpportunity, hub.ModelEngagement} {
		listed, err := c.Fetch(t.Context(), s, connector.Query{Model: m, Limit: 1000})
		if err != nil || len(listed.Records) == 0 {
			t.Fatalf("%s: %+v %v", m, listed, err)
		}
		asked, err := c.(connector.Finder).Find(t.Context(), s, m, []string{"r1"})
		if err != nil || len(asked.Records) == 0 {
			t.Fatalf("%s: %+v %v", m, asked, err)
		}
		for _, r := range append(listed.Records, asked.Records...) {
			if !r.Deleted {
				t.Errorf("%s: %s %s is not deleted", m, r.Model, r.ExternalID)
			}
		}
	}
	visit := hub.RecordRef{Model: hub.ModelEngagement, ExternalID: "r1"}
	if found, err := c.(connector.Confirmer).Confirm(t.Context(), s, visit); err != nil || found.Has(visit) {
		t.Errorf("before a note: %+v %v", found, err)
	}
}
