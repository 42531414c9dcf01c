package connectortest

import (
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
)

// readsOnlyChanges counts what a run after the first reads: what changed, and little else.
func readsOnlyChanges(t *testing.T, c connector.Connector, crm NewCRM) {
	r := newRig(t, c, crm, simulator.Options{Seed: 8, Records: 400})
	held := map[hub.Model]map[string]hub.Record{}
	for _, m := range c.Info().Models {
		if !m.Incremental && !m.Durable || !hasRows(r.crm, m.Model) {
			r.pass(connector.Query{Model: m.Model, Limit: 50}, held)
			continue
		}
		p := r.pass(connector.Query{Model: m.Model, Limit: 50}, held)
		if m.Around { // it reads what is around now, changed or not; what of it changed must be there
			r.crm.Update(m.Model, 3)
			r.pass(connector.Query{Model: m.Model, Limit: 50, Since: p.newest.Add(time.Microsecond)}, held)
			continue
		}
		next := connector.Query{Model: m.Model, Limit: 50, Since: p.newest.Add(time.Microsecond)}
		if m.Durable {
			next.Since, next.Next = time.Time{}, p.next
		}
		if quiet := r.pass(next, held); quiet.pages != 1 || quiet.records > 6 {
			t.Errorf("%s: with nothing new it took %d pages and %d records", m.Model, quiet.pages, quiet.records)
		}
		changed := len(r.crm.Update(m.Model, 3))
		if some := r.pass(next, held); some.records > changed*8+6 {
			t.Errorf("%s: for %d changes it read %d records", m.Model, changed, some.records)
		}
	}
	r.compare(held)
}
