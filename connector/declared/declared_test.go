package declared_test

import (
	"os"
	"testing"

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
