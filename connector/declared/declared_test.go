package declared_test

import (
	"os"
	"testing"

	"sirocco/connector"
	"sirocco/connector/connectortest"
	"sirocco/connector/declared"
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

func TestConformanceOfJobNimbus(t *testing.T) {
	connectortest.Run(t, declared.JobNimbus().Connector(), jobnimbus.New)
}
