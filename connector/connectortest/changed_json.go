package connectortest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"sirocco/connector"
	"sirocco/hub"
)

// changedJSON changes all JSON in the answers that pass through it.
type changedJSON struct {
	base   http.RoundTripper
	change func(answer any)
}

// RoundTrip implements http.RoundTripper.
func (c changedJSON) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := c.base.RoundTrip(r)
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
		c.change(answer)
		return encoded(answer)
	})
}

// readAll reads each model once; no item may be rejected.
func (r *rig) readAll(c connector.Connector) map[hub.Model]map[string]hub.Record {
	r.t.Helper()
	held := map[hub.Model]map[string]hub.Record{}
	for _, m := range c.Info().Models {
		p := r.pass(connector.Query{Model: m.Model, Limit: 20}, held)
		for _, item := range p.reject[:min(3, len(p.reject))] {
			r.t.Errorf("%s: %q is rejected: %s", m.Model, item.ExternalID, item.Reason)
		}
	}
	return held
}
