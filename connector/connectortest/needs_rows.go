package connectortest

import (
	"testing"

	"sirocco/connector"
	"sirocco/simulator"
)

// needsRows answers with 200 and no rows: that is no empty list, since what is not in a complete reading is deleted.
func needsRows(t *testing.T, c connector.Connector, crm NewCRM) {
	r := newRig(t, c, crm, simulator.Options{Seed: 15, Records: 40, ValidateEvery: -1})
	for _, m := range c.Info().Models {
		if !hasRows(r.crm, m.Model) {
			continue
		}
		for _, kind := range []simulator.FaultKind{simulator.NoRows, simulator.NullRows, simulator.ErrorBeside} {
			r.crm.Faults.Always(simulator.Fault{Kind: kind})
			page, err := c.Fetch(t.Context(), r.session, connector.Query{Model: m.Model, Limit: 10})
			r.crm.Faults.Stop()
			if !connector.IsKind(err, connector.Malformed) {
				t.Errorf("%s: an answer with %s brings %d records and %v", m.Model, kind, len(page.Records), err)
			}
		}
	}
}
