package connectortest

import (
	"testing"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
)

// readsAnyZone lets the vendor write its times in odd zones and spellings: each must be read as the same instant.
func readsAnyZone(t *testing.T, c connector.Connector, crm NewCRM) {
	r := newRig(t, c, crm, simulator.Options{Seed: 9, Records: 40, ValidateEvery: -1})
	r.crm.Faults.Always(simulator.Fault{Kind: simulator.OddZones})
	held := map[hub.Model]map[string]hub.Record{}
	for _, m := range c.Info().Models {
		r.pass(connector.Query{Model: m.Model, Limit: 100}, held)
	}
	r.compare(held)
}
