package salesforce_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/connectortest"
	"sirocco/connector/salesforce"
	"sirocco/hub"
	"sirocco/simulator"
	simulated "sirocco/simulator/salesforce"
)

func TestConformance(t *testing.T) { connectortest.Run(t, salesforce.Connector{}, simulated.New) }

// TestBulkConformance reads what has 40 rows by Bulk jobs.
func TestBulkConformance(t *testing.T) {
	connectortest.Again(t, salesforce.Connector{}, simulated.NewBulk)
}

// standIn is Salesforce's stand-in with a session at it.
func standIn(t *testing.T, o simulator.Options, values func(string) map[string]string) (*simulator.Server, *simulated.Organization, *connector.Session) {
	t.Helper()
	crm, organization := simulated.NewOrganization(o)
	server := httptest.NewServer(crm)
	t.Cleanup(server.Close)
	if values == nil {
		values = crm.Values
	}
	completed, err := salesforce.Connector{}.Info().CompleteCredentials(values(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	session := &connector.Session{HTTP: server.Client(), Values: completed, Now: time.Now}
	token, err := salesforce.Connector{}.Authorize(t.Context(), session)
	if err != nil {
		t.Fatal(err)
	}
	session.Token = token.Value
	return crm, organization, session
}

// read reads all pages of a model, by external id.
func read(t *testing.T, session *connector.Session, q connector.Query) map[string]hub.Record {
	t.Helper()
	all := map[string]hub.Record{}
	for range 100 {
		page, err := salesforce.Connector{}.Fetch(t.Context(), session, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Records {
			all[r.ExternalID] = r
		}
		if !page.More {
			return all
		}
		q.Next = page.Next
	}
	t.Fatal("its pages do not end")
	return nil
}
