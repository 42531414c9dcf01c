package leadperfection_test

import (
	"testing"

	"sirocco/connector/connectortest"
	"sirocco/connector/leadperfection"
	simulated "sirocco/simulator/leadperfection"
)

func TestConformance(t *testing.T) {
	connectortest.Run(t, leadperfection.Connector{}, simulated.New)
}
