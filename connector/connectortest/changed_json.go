package connectortest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
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
