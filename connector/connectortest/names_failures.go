package connectortest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/simulator"
)

// namesFailures lets the vendor fail in every way: each must be an Error of the right kind that begins with the vendor's name and shows no secret.
func namesFailures(t *testing.T, c connector.Connector, crm NewCRM) {
	r := newRig(t, c, crm, simulator.Options{Seed: 11, Records: 40, ValidateEvery: -1})
	m := c.Info().Models[0].Model
	for _, test := range []struct {
		fault simulator.Fault
		kinds []connector.Kind
		retry time.Duration
	}{
		{simulator.Fault{Kind: simulator.Unauthorized}, []connector.Kind{connector.Unauthorized}, 0},
		{simulator.Fault{Kind: simulator.Forbidden}, []connector.Kind{connector.Forbidden}, 0},
		{simulator.Fault{Kind: simulator.RateLimited}, []connector.Kind{connector.RateLimited}, 0},
		{simulator.Fault{Kind: simulator.RateLimited, RetryAfter: "17"}, []connector.Kind{connector.RateLimited}, 17 * time.Second},
		{simulator.Fault{Kind: simulator.ServerError}, []connector.Kind{connector.Temporary}, 0},
		{simulator.Fault{Kind: simulator.ServerError, RetryAfter: "30"}, []connector.Kind{connector.Temporary}, 30 * time.Second},
		{simulator.Fault{Kind: simulator.Locked, RetryAfter: "3"}, []connector.Kind{connector.Busy}, 3 * time.Second},
		{simulator.Fault{Kind: simulator.Unauthorized, RetryAfter: "60"}, []connector.Kind{connector.Unauthorized}, time.Minute},
		{simulator.Fault{Kind: simulator.Forbidden, RetryAfter: "60"}, []connector.Kind{connector.RateLimited}, time.Minute},
		{simulator.Fault{Kind: simulator.Unavailable, RetryAfter: "5"}, []connector.Kind{connector.Temporary}, 5 * time.Second},
		{simulator.Fault{Kind: simulator.Drop}, []connector.Kind{connector.Temporary}, 0},
		{simulator.Fault{Kind: simulator.Truncated}, []connector.Kind{connector.Malformed, connector.Temporary}, 0},
		{simulator.Fault{Kind: simulator.Malformed}, []connector.Kind{connector.Malformed}, 0},
		{simulator.Fault{Kind: simulator.WrongType}, []connector.Kind{connector.Malformed}, 0},
		{simulator.Fault{Kind: simulator.SignInPage}, []connector.Kind{connector.Malformed}, 0},
	} {
		r.crm.Faults.Always(test.fault) // of several requests for a page the first may be one that it can do without
		page, err := c.Fetch(t.Context(), r.session, connector.Query{Model: m, Limit: 10})
		r.crm.Faults.Stop()
		e, ok := errors.AsType[*connector.Error](err)
		if !ok || len(page.Records) > 0 {
			t.Errorf("%s: %d records and %v", test.fault.Kind, len(page.Records), err)
			continue
		}
		named := false
		for _, kind := range test.kinds {
			named = named || e.Kind == kind
		}
		if !named || e.RetryAfter != test.retry {
			t.Errorf("%s is taken for %s, to be tried again after %s", test.fault.Kind, e.Kind, e.RetryAfter)
		}
		if !strings.HasPrefix(e.Error(), c.Info().Name+":") {
			t.Errorf("%s: the text does not begin with the vendor's name: %q", test.fault.Kind, e)
		}
		for _, f := range c.Info().Credentials {
			if f.Secret && r.session.Values[f.Name] != "" && strings.Contains(e.Error(), r.session.Values[f.Name]) {
				t.Errorf("%s: the text shows %s", test.fault.Kind, f.Name)
			}
		}
	}
	r.session.Timeout = 200 * time.Millisecond
	r.crm.Faults.Script(simulator.Fault{Kind: simulator.Hang})
	if _, err := c.Fetch(t.Context(), r.session, connector.Query{Model: m, Limit: 10}); !connector.IsKind(err, connector.Temporary) {
		t.Errorf("a vendor that hangs is taken for %v", err)
	}
}
