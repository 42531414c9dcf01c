package connectortest

import (
	"testing"

	"sirocco/connector"
	"sirocco/simulator"
)

// tellsOutages lets the place where tokens are had be away: that says nothing about the credentials.
func tellsOutages(t *testing.T, c connector.Connector, crm NewCRM) {
	a, ok := c.(connector.Authorizer)
	if !ok {
		t.Skip("it has no tokens to ask for")
	}
	r := newRig(t, c, crm, simulator.Options{Seed: 17, Records: 10, ValidateEvery: -1})
	for _, kind := range []simulator.FaultKind{simulator.HTMLPage, simulator.ServerError, simulator.Unavailable, simulator.Drop, simulator.BadRequest} {
		r.crm.Faults.Always(simulator.Fault{Kind: kind, RetryAfter: "9"})
		_, err := a.Authorize(t.Context(), r.session)
		r.crm.Faults.Stop()
		if !connector.IsKind(err, connector.Temporary) {
			t.Errorf("where tokens are had, %s is taken for %v", kind, err)
		}
	}
	r.authorize()
}
