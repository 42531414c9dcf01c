package connectortest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"sirocco/connector"
	"sirocco/simulator"
)

// readsNumbersInText has the vendor write amounts, coordinates and other measures as texts, as some versions do: all records come as they
// are.
func readsNumbersInText(t *testing.T, c connector.Connector, crm NewCRM) {
	r := newRig(t, c, crm, simulator.Options{Seed: 36, Records: 40, ValidateEvery: -1})
	r.session.HTTP.Transport = changedJSON{r.session.HTTP.Transport, writeNumbers}
	r.compare(r.readAll(c))
}

// writeNumbers writes the measures in an answer as texts.
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
