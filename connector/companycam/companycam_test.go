package companycam_test

import (
	"testing"

	"sirocco/connector/companycam"
	"sirocco/connector/connectortest"
	simulated "sirocco/simulator/companycam"
)

func TestConformance(t *testing.T) { connectortest.Run(t, companycam.Connector{}, simulated.New) }
