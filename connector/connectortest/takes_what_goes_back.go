package connectortest

import (
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
)

// takesWhatGoesBack restores rows as a backup does, with modified times of the past: no increment shows them, so a whole
// reading must, and with the times that the vendor says.
func takesWhatGoesBack(t *testing.T, c connector.Connector, crm NewCRM) {
	r := newRig(t, c, crm, simulator.Options{Seed: 18, Records: 60})
	for _, m := range c.Info().Models {
		if hasRows(r.crm, m.Model) {
			r.crm.Restore(m.Model, 5, 48*time.Hour)
		}
	}
	held := map[hub.Model]map[string]hub.Record{}
	for _, m := range c.Info().Models {
		r.pass(connector.Query{Model: m.Model, Limit: 20}, held)
	}
	r.compare(held)
}
