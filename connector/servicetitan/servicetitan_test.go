package servicetitan_test

import (
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/connectortest"
	"sirocco/connector/servicetitan"
	"sirocco/hub"
	"sirocco/simulator"
	simulated "sirocco/simulator/servicetitan"
)

func TestConformance(t *testing.T) { connectortest.Run(t, servicetitan.Connector{}, simulated.New) }

// TestFieldsOfAJob sets what a job has besides custom fields, and a custom field that nobody has used yet.
func TestFieldsOfAJob(t *testing.T) {
	crm := simulated.New(simulator.Options{Records: 20})
	server := httptest.NewServer(crm)
	defer server.Close()
	c := servicetitan.Connector{}
	values, err := c.Info().Complete(crm.Values(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	session := &connector.Session{HTTP: server.Client(), Values: values, Now: time.Now}
	token, err := c.Authorize(t.Context(), session)
	if err != nil {
		t.Fatal(err)
	}
	session.Token = token.Value
	// Nobody has used its fields yet.
	crm.Fields.Replace(hub.ModelOpportunity, crm.Records(hub.ModelOpportunity)[0].ExternalID, nil)
	job, budget := crm.Records(hub.ModelOpportunity)[1].ExternalID, crm.Fields.Defined(hub.ModelOpportunity)[0]
	set := func(values map[string]any) error {
		return c.SetFields(t.Context(), session, connector.Fields{Target: hub.ModelOpportunity, ExternalID: job, Values: values})
	}
	if err := set(map[string]any{budget.Name: 12000.0}); !connector.IsKind(err, connector.Refused) {
		t.Errorf("a name that is seen nowhere: %v", err)
	}
	if err := set(map[string]any{budget.ID: 12000.0, "summary": "Slate roof"}); err != nil {
		t.Fatal(err)
	}
	row, _ := crm.Get(hub.ModelOpportunity, job)
	if got := crm.Fields.Of(hub.ModelOpportunity, job); row.Name != "Slate roof" || !reflect.DeepEqual(got, map[string]any{budget.Key: "12000"}) {
		t.Errorf("%q with %v", row.Name, got)
	}
	if err := set(map[string]any{"summary": "Tin roof"}); err != nil {
		t.Fatal(err)
	}
	if got := crm.Fields.Of(hub.ModelOpportunity, job); len(got) != 1 {
		t.Errorf("setting the summary left %v", got)
	}
	for _, v := range crm.Violations() {
		t.Error(v)
	}
}
