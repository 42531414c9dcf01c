package connectortest

import (
	"net/http"
	"testing"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
)

// keepsRowsThatChange changes rows before every request of a run: the next run must bring what the first passed over.
func keepsRowsThatChange(t *testing.T, c connector.Connector, crm NewCRM) {
	r := newRig(t, c, crm, simulator.Options{Seed: 7, Records: 150})
	held := map[hub.Model]map[string]hub.Record{}
	for _, m := range c.Info().Models {
		if !hasRows(r.crm, m.Model) {
			continue
		}
		changing := true
		r.crm.Before(func(*http.Request) {
			if changing {
				r.crm.Update(m.Model, 3)
			}
		})
		p := r.pass(connector.Query{Model: m.Model, Limit: 20}, held)
		changing = false
		q := connector.Query{Model: m.Model, Limit: 20}
		switch {
		case m.Durable:
			q.Next = p.next
		case m.Incremental:
			q.Since = p.cursor()
		}
		r.pass(q, held)
		r.crm.Before(nil)
	}
	r.compare(held)
}
