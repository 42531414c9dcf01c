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

// readsNumbersInText has the vendor write amounts, coordinates and other measures as texts, as some versions do: all records come as they
// are.
func readsNumbersInText(t *testing.T, c connector.Connector, crm NewCRM) {
	r := newRig(t, c, crm, simulator.Options{Seed: 36, Records: 40, ValidateEvery: -1})
	r.session.HTTP.Transport = writtenNumbers{r.session.HTTP.Transport}
	held := map[hub.Model]map[string]hub.Record{}
	for _, m := range c.Info().Models {
		p := r.pass(connector.Query{Model: m.Model, Limit: 20}, held)
		for _, item := range p.reject[:min(3, len(p.reject))] {
			t.Errorf("%s: %q is rejected: %s", m.Model, item.ExternalID, item.Reason)
		}
	}
	r.compare(held)
}

// writtenNumbers writes the measures in the answers that pass through it as texts.
type writtenNumbers struct{ base http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (w writtenNumbers) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.base.RoundTrip(r)
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
		writeNumbers(answer)
		return encoded(answer)
	})
}

func writeNumbers(v any) {
	switch v := v.(type) {
	case []any:
		for _, part := range v {
			writeNumbers(part)
		}
	case map[string]any:
		for name, part := range v {
			// What has a fraction is no id, no count and no time.
			if n, is := part.(json.Number); is && (strings.Contains(n.String(), ".") || slices.Contains([]string{"amount", "subtotal", "value"}, strings.ToLower(name))) {
				v[name] = n.String()
			}
			writeNumbers(part)
		}
	}
}
