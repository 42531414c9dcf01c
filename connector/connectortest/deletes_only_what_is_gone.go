package connectortest

import (
	"net/http"
	"testing"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
)

// deletesOnlyWhatIsGone enumerates the models whose deletions the vendor does not tell of, while rows change and go. What
// was not met would be deleted, unless the connector finds it by its id.
func deletesOnlyWhatIsGone(t *testing.T, c connector.Connector, crm NewCRM) {
	finder, finds := c.(connector.Finder)
	for _, m := range c.Info().Models {
		r := newRig(t, c, crm, simulator.Options{Seed: 14, Records: 150, Counts: map[hub.Model]int{hub.ModelUser: 150, hub.ModelEngagementType: 150}, ValidateEvery: 7})
		if m.ReportsDeletes || !hasRows(r.crm, m.Model) {
			continue
		}
		held, met := map[hub.Model]map[string]hub.Record{}, map[hub.Model]map[string]hub.Record{}
		r.pass(connector.Query{Model: m.Model, Limit: 10}, held)
		requests := 0
		r.crm.Before(func(q *http.Request) {
			if requests++; requests > 100 { // else what takes a request for each row would find none left
				return
			}
			if requests%2 == 0 {
				r.crm.Touch(m.Model, 3)
				r.crm.Update(m.Model, 1)
			} else {
				r.crm.Delete(m.Model, 1)
			}
		})
		r.pass(connector.Query{Model: m.Model, Limit: 10}, met)
		r.crm.Before(nil)
		var missing, there []string
		for id, record := range held[m.Model] {
			switch now, _ := r.crm.Get(m.Model, id); {
			case met[m.Model][id].ExternalID == "" && !record.Deleted:
				missing = append(missing, id)
			case !now.Deleted && len(there) < 3:
				there = append(there, id)
			}
		}
		found := map[string]bool{}
		if finds {
			page, err := finder.Find(t.Context(), r.session, m.Model, append(there, missing...))
			if err != nil {
				t.Fatalf("%s: %v", m.Model, err)
			}
			for _, record := range page.Records {
				found[record.ExternalID] = !record.Deleted
			}
			for _, id := range there {
				if !found[id] {
					t.Errorf("%s: %s is there and is not found", m.Model, id)
				}
			}
		}
		for _, id := range missing {
			if now, _ := r.crm.Get(m.Model, id); now.Deleted == found[id] {
				t.Errorf("%s: %s was not met and is taken for gone: %t; it is gone: %t", m.Model, id, !found[id], now.Deleted)
			}
		}
		if len(missing) == 0 {
			t.Errorf("%s: nothing went", m.Model)
		}
	}
}
