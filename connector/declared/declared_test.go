package declared_test

import (
	"os"
	"strings"
	"testing"

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
	connectortest.Run(t, parsed(t, "testdata/offset.yaml"), invented.New(invented.Offset))
}

func TestConformanceOfCursors(t *testing.T) {
	connectortest.Run(t, parsed(t, "testdata/cursor.yaml"), invented.New(invented.Cursor))
}

func TestConformanceOfLinks(t *testing.T) {
	connectortest.Run(t, parsed(t, "testdata/link.yaml"), invented.New(invented.Link))
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
	connectortest.Run(t, declared.JobNimbus().Connector(), jobnimbus.New)
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
