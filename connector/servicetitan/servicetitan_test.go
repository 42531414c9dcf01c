package servicetitan_test

import (
	"testing"

	"sirocco/connector/connectortest"
	"sirocco/connector/servicetitan"
	simulated "sirocco/simulator/servicetitan"
)

func TestConformance(t *testing.T) { connectortest.Run(t, servicetitan.Connector{}, simulated.New) }
