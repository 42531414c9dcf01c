package engine_test

import (
	"context"
	"strings"
	"testing"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/store/storetest"
)

// panicking is a connector that cannot handle leads.
type panicking struct{ connector.Connector }

func (p panicking) Fetch(ctx context.Context, s *connector.Session, q connector.Query) (connector.Page, error) {
	if q.Model == hub.ModelLead {
		panic("no such case")
	}
	return p.Connector.Fetch(ctx, s, q)
}

func TestAConnectorThatPanicsEndsItsModelAlone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		r := newHubRig(t, url, panicking{pulled[0].connector}, pulled[0].crm(simulator.Options{Seed: 31, Records: 30, ValidateEvery: -1}))
		until(t, "a run ends", func() bool {
			return strings.Contains(r.latest().Error, "the connector cannot handle what the CRM answered")
		})
		if states := r.states(); states[hub.ModelLead] != hub.SyncStateError || states[hub.ModelOpportunity] != hub.SyncStateUpToDate {
			t.Errorf("%v", states)
		}
	})
}
