package connectortest

import (
	"testing"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
)

// rejectsOneBadRecord puts one unreadable item into a page: it is rejected with its reason and raw form, and the rest is read.
func rejectsOneBadRecord(t *testing.T, c connector.Connector, crm NewCRM) {
	r := newRig(t, c, crm, simulator.Options{Seed: 10, Records: 40, ValidateEvery: -1})
	for _, m := range c.Info().Models {
		if !hasRows(r.crm, m.Model) {
			continue
		}
		good := r.pass(connector.Query{Model: m.Model, Limit: 100}, map[hub.Model]map[string]hub.Record{})
		r.crm.Faults.Script(simulator.Fault{Kind: simulator.BadRecord})
		bad := r.pass(connector.Query{Model: m.Model, Limit: 100}, map[hub.Model]map[string]hub.Record{})
		if len(bad.reject) != 1 || bad.records > good.records || bad.records == 0 {
			t.Fatalf("%s: of %d records %d were read and %d rejected", m.Model, good.records, bad.records, len(bad.reject))
		}
		if bad.reject[0].Reason == "" || len(bad.reject[0].Raw) < 10 {
			t.Errorf("%s: rejected without reason or raw form: %+v", m.Model, bad.reject[0])
		}
	}
}
