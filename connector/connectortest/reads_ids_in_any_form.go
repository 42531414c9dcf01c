package connectortest

import (
	"bytes"
	"encoding/json"
	"net/http"
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
	r.session.HTTP.Transport = swappedIDs{r.session.HTTP.Transport, r.crm.IDFields()}
	held := map[hub.Model]map[string]hub.Record{}
	for _, m := range c.Info().Models {
		p := r.pass(connector.Query{Model: m.Model, Limit: 20}, held)
		for _, item := range p.reject[:min(3, len(p.reject))] {
			t.Errorf("%s: %q is rejected: %s", m.Model, item.ExternalID, item.Reason)
		}
	}
	r.compare(held)
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

// swappedIDs changes the form of all ids in the answers that pass through it.
type swappedIDs struct {
	base http.RoundTripper
	// fields are those that hold the ids of items, beside those that are called so.
	fields []string
}

// RoundTrip implements http.RoundTripper.
func (s swappedIDs) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.base.RoundTrip(r)
	if err != nil || !strings.Contains(resp.Header.Get("Content-Type"), "json") {
		return resp, err
	}
	return rewriteBody(resp, func(body []byte) []byte {
		var answer any
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber()
		if d.Decode(&answer) != nil {
			return body
		}
		s.swap(answer)
		return encoded(answer)
	})
}

func (s swappedIDs) swap(v any) {
	switch v := v.(type) {
	case []any:
		for _, part := range v {
			s.swap(part)
		}
	case map[string]any:
		for name, part := range v {
			if ids, list := part.([]any); list && s.isID(strings.TrimSuffix(name, "s")) {
				for i := range ids {
					ids[i] = swapped(ids[i])
				}
			}
			if s.isID(name) {
				v[name] = swapped(part)
			}
			s.swap(part)
		}
	}
}

// isID reports whether a field holds an id, by its name.
func (s swappedIDs) isID(name string) bool {
	return slices.Contains(s.fields, name) || strings.EqualFold(name, "id") || strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "ID") || strings.HasSuffix(name, "_id")
}
