package connectortest

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"sirocco/connector"
	"sirocco/simulator"
)

// obeysCancellation cancels the context while the vendor hangs: Fetch must end with the context's error.
func obeysCancellation(t *testing.T, c connector.Connector, crm NewCRM) {
	r := newRig(t, c, crm, simulator.Options{})
	r.crm.Faults.Script(simulator.Fault{Kind: simulator.Hang})
	ctx, cancel := context.WithCancel(t.Context())
	r.crm.Before(func(*http.Request) { cancel() })
	if _, err := c.Fetch(ctx, r.session, connector.Query{Model: c.Info().Models[0].Model, Limit: 10}); !errors.Is(err, context.Canceled) {
		t.Errorf("it answers %v", err)
	}
}
