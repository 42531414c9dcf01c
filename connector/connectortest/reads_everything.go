package connectortest

import (
	"testing"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
)

// readsEverything reads all models in pages of several sizes, and compares what came with what the vendor has.
func readsEverything(t *testing.T, c connector.Connector, crm NewCRM) {
	for _, limit := range []int{7, 100, 100_000} {
		r := newRig(t, c, crm, simulator.Options{Seed: 5, Records: 230})
		r.crm.Churn(40)
		held := map[hub.Model]map[string]hub.Record{}
		for _, m := range c.Info().Models {
			r.pass(connector.Query{Model: m.Model, Limit: limit}, held)
		}
		r.compare(held)
		for _, records := range held {
			for _, record := range records {
				if told := record.Details.URL; told != hub.WebURL(told) {
					t.Fatalf("the page of the %s %s is %q, which is no address that a browser may be sent to", record.Model, record.ExternalID, told)
				}
			}
		}
	}
}
