package connectortest

import (
	"testing"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
)

// tellsOldPlaces refuses the place of a second page, as vendors do when it is too old: the engine begins such a reading
// anew by itself, and must be told that it is refused and not that the vendor is away.
func tellsOldPlaces(t *testing.T, c connector.Connector, crm NewCRM) {
	r := newRig(t, c, crm, simulator.Options{Seed: 16, Records: 60, Counts: map[hub.Model]int{hub.ModelUser: 60}, ValidateEvery: -1})
	told := 0
	for _, m := range c.Info().Models {
		page, err := c.Fetch(t.Context(), r.session, connector.Query{Model: m.Model, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		if !page.More {
			continue
		}
		for _, kind := range []simulator.FaultKind{simulator.BadRequest, simulator.Gone} {
			r.crm.Faults.Always(simulator.Fault{Kind: kind})
			_, err := c.Fetch(t.Context(), r.session, connector.Query{Model: m.Model, Limit: 10, Next: page.Next})
			r.crm.Faults.Stop()
			if !connector.IsKind(err, connector.Refused) {
				t.Errorf("%s: a place that is answered with %s is taken for %v", m.Model, kind, err)
			}
			told++
		}
	}
	if told == 0 {
		t.Error("no model has a second page")
	}
}
