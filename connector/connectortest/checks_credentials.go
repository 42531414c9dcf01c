package connectortest

import (
	"strings"
	"testing"

	"sirocco/connector"
	"sirocco/simulator"
)

// checksCredentials holds the connector to accepting good credentials, and to calling each wrong secret that is used unauthorized without showing it.
func checksCredentials(t *testing.T, c connector.Connector, crm NewCRM) {
	r := newRig(t, c, crm, simulator.Options{})
	if _, err := c.Check(t.Context(), r.session); err != nil {
		t.Error(err)
	}
	for _, f := range c.Info().Credentials {
		if !f.Secret {
			continue
		}
		good := r.session.Values[f.Name]
		if good == "" && !f.Required { // one of another way to sign in than the stand-in's
			continue
		}
		r.session.Values[f.Name] = "Wr0ng-secret"
		var err error
		if a, ok := c.(connector.Authorizer); ok {
			_, err = a.Authorize(t.Context(), r.session)
		}
		if err == nil {
			_, err = c.Check(t.Context(), r.session)
		}
		if !connector.IsKind(err, connector.Unauthorized) {
			t.Errorf("with a wrong %s it answers %v", f.Name, err)
		}
		if err != nil && strings.Contains(err.Error(), "Wr0ng") {
			t.Errorf("the error shows the secret: %v", err)
		}
		r.session.Values[f.Name] = good
	}
}
