package connectortest

import (
	"slices"
	"strings"
	"testing"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
)

// readsIDsInAnyForm has the vendor write as texts the ids that are numbers, and as numbers those that are texts of digits: vendors do
// either in different answers, and change it with a version. All records come as they are.
func readsIDsInAnyForm(t *testing.T, c connector.Connector, crm NewCRM) {
	r := newRig(t, c, crm, simulator.Options{Seed: 35, Records: 40, ValidateEvery: -1})
	r.session.HTTP.Transport = changedJSON{r.session.HTTP.Transport, idFields(r.crm.IDFields()).swap}
	r.compare(r.readAll(c))
	finder, finds := c.(connector.Finder)
	for _, m := range c.Info().Models {
		if !finds || !hasRows(r.crm, m.Model) {
			continue
		}
		wanted := r.crm.Records(m.Model)[0].ExternalID
		page, err := finder.Find(t.Context(), r.session, m.Model, []string{wanted})
		if err != nil {
			continue // of this model it cannot be asked
		}
		if !slices.ContainsFunc(page.Records, func(found hub.Record) bool { return found.Model == m.Model && found.ExternalID == wanted }) {
			t.Errorf("%s: %s is not found by its id", m.Model, wanted)
		}
	}
}

// idFields are the fields that hold the ids of items, beside those that are called so.
type idFields []string

// swap changes the form of all ids in an answer.
func (f idFields) swap(v any) {
	switch v := v.(type) {
	case []any:
		for _, part := range v {
			f.swap(part)
		}
	case map[string]any:
		for name, part := range v {
			if ids, list := part.([]any); list && f.isID(strings.TrimSuffix(name, "s")) {
				for i := range ids {
					ids[i] = swapped(ids[i])
				}
			}
			if f.isID(name) {
				v[name] = swapped(part)
			}
			f.swap(part)
		}
	}
}

// isID reports whether a field holds an id, by its name.
func (f idFields) isID(name string) bool {
	return slices.Contains(f, name) || strings.EqualFold(name, "id") || strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "ID") || strings.HasSuffix(name, "_id")
}
