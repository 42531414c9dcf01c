package connectortest

import (
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
)

// keepsRowsOfOneInstant has more rows of one modified time than a page holds: none may be lost between two pages.
func keepsRowsOfOneInstant(t *testing.T, c connector.Connector, crm NewCRM) {
	r := newRig(t, c, crm, simulator.Options{Seed: 6, Records: 60})
	held := map[hub.Model]map[string]hub.Record{}
	for _, m := range c.Info().Models {
		p := r.pass(connector.Query{Model: m.Model, Limit: 10}, held)
		if !hasRows(r.crm, m.Model) {
			continue
		}
		at, _ := r.crm.Together(m.Model, 25)
		q := connector.Query{Model: m.Model, Limit: 10, Since: at}
		if m.Durable {
			q.Since, q.Next = time.Time{}, p.next
		}
		r.pass(q, held)
	}
	r.compare(held)
}
