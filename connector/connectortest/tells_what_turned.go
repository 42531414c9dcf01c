package connectortest

import (
	"slices"
	"testing"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
)

// tellsWhatTurned lets rows turn into something that is no record of their model, and back: the next increment tells of it, and who
// asks for them by their ids hears that they are not there. Else the hub kept for a day what the CRM no longer has.
func tellsWhatTurned(t *testing.T, c connector.Connector, crm NewCRM) {
	r := newRig(t, c, crm, simulator.Options{Seed: 33, Records: 80})
	for _, m := range c.Info().Models {
		if !m.Incremental || !slices.Contains(r.crm.Turning(), m.Model) {
			continue
		}
		held := map[hub.Model]map[string]hub.Record{}
		p := r.pass(connector.Query{Model: m.Model, Limit: 20}, held)
		for round := range 3 {
			known := len(held[m.Model])
			turned := r.crm.Turn(m.Model, 12)
			p = r.pass(connector.Query{Model: m.Model, Limit: 20, Since: p.cursor()}, held)
			r.compareOf(m.Model, held)
			if round == 0 && len(held[m.Model]) >= known {
				t.Errorf("%s: none of %d that turned is told of", m.Model, len(turned))
			}
			r.findsNoneThatTurned(m.Model, turned, held)
		}
	}
}

// findsNoneThatTurned asks for rows by their ids: what is no record is neither found nor rejected.
func (r *rig) findsNoneThatTurned(m hub.Model, turned []string, held map[hub.Model]map[string]hub.Record) {
	r.t.Helper()
	finder, finds := r.c.(connector.Finder)
	if !finds {
		return
	}
	page, err := finder.Find(r.t.Context(), r.session, m, turned)
	if err != nil {
		r.t.Fatal(err)
	}
	there := map[string]bool{}
	for _, record := range page.Records {
		if record.Model == m {
			there[record.ExternalID] = !record.Deleted
		}
	}
	for _, item := range page.Rejected {
		there[item.ExternalID] = true
	}
	for _, id := range turned {
		if now, kept := held[m][id]; (kept && !now.Deleted) != there[id] {
			r.t.Errorf("%s: %s is kept: %t, and found by its id: %t", m, id, kept, there[id])
		}
	}
}
