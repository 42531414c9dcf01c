package connectortest

import (
	"testing"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
)

// describesItself fails where Info lacks what the hub needs: a name, models, a rate, a secret, a sentence for each credential.
func describesItself(t *testing.T, c connector.Connector, crm NewCRM) {
	info := c.Info()
	if info.Name == "" || len(info.Models) == 0 || info.Rate.Requests <= 0 || info.Rate.Per <= 0 {
		t.Errorf("it lacks a name, models or a rate: %+v", info)
	}
	if info.Platform != crm(simulator.Options{}).Platform() {
		t.Errorf("it is of %s, its stand-in of %s", info.Platform, crm(simulator.Options{}).Platform())
	}
	seen := map[hub.Model]bool{}
	for _, m := range info.Models {
		if seen[m.Model] {
			t.Errorf("%s is there twice", m.Model)
		}
		seen[m.Model] = true
	}
	secrets := 0
	for _, f := range info.Credentials {
		if f.Name == "" || f.Doc == "" {
			t.Errorf("a credential lacks its name or doc: %+v", f)
		}
		if f.Secret {
			secrets++
		}
	}
	if secrets == 0 {
		t.Error("no credential is secret")
	}
	if _, sets := c.(connector.FieldSetter); sets != (len(info.FieldTargets) > 0) {
		t.Errorf("fields of %v can be set, and it sets fields: %t", info.FieldTargets, sets)
	}
}
