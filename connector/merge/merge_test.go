package merge_test

import (
	"testing"

	"sirocco/connector/connectortest"
	"sirocco/connector/merge"
	simulated "sirocco/simulator/merge"
)

func TestConformance(t *testing.T) { connectortest.Run(t, merge.Connector{}, simulated.New) }
