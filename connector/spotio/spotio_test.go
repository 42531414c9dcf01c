package spotio_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/connectortest"
	"sirocco/connector/spotio"
	"sirocco/hub"
	"sirocco/simulator"
	simulated "sirocco/simulator/spotio"
)

func TestConformance(t *testing.T) { connectortest.Run(t, spotio.Connector{}, simulated.New) }

// session is a session with a handler that stands for the vendor.
func session(t *testing.T, h http.Handler) *connector.Session {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return &connector.Session{
		HTTP: server.Client(), Now: time.Now, Token: "token",
		Values: map[string]string{"clientId": "spotio-client-of-the-simulator", "secret": "spotio-secret-of-the-simulator", "baseURL": server.URL},
	}
}

// standIn is SPOTIO's stand-in, with a session at it, which must not be asked what the description does not allow.
func standIn(t *testing.T, crm *simulator.Server) (*simulator.Server, *connector.Session) {
	t.Helper()
	t.Cleanup(func() {
		for _, v := range crm.Violations() {
			t.Error(v)
		}
	})
	s := session(t, crm)
	token, err := spotio.Connector{}.Authorize(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	s.Token = token.Value
	return crm, s
}

// pass reads a model from since on to its end, and hands each page to each.
func pass(t *testing.T, s *connector.Session, m hub.Model, since time.Time, each func(connector.Page)) map[string]hub.Record {
	t.Helper()
	held := map[string]hub.Record{}
	q := connector.Query{Model: m, Since: since, Limit: 40}
	for range 2000 {
		page, err := spotio.Connector{}.Fetch(t.Context(), s, q)
		if err != nil {
			t.Fatal(err)
		}
		if each != nil {
			each(page)
		}
		for _, r := range page.Records {
			held[r.ExternalID] = r
		}
		if !page.More {
			return held
		}
		q.Next = page.Next
	}
	t.Fatalf("the pages of %s do not end", m)
	return nil
}

// all are the records of a map.
func all(held map[string]hub.Record) []hub.Record {
	var records []hub.Record
	for _, r := range held {
		records = append(records, r)
	}
	return records
}

// TestCheckTellsTheCompany holds Check to the company of the key, and to none, without an error, where its role may not read
// teams, or the company has no team, or none that can be read.
func TestCheckTellsTheCompany(t *testing.T) {
	crm, s := standIn(t, simulated.New(simulator.Options{Seed: 3, Records: 10}))
	expect := func(want string, faults ...simulator.Fault) {
		t.Helper()
		crm.Faults.Script(faults...)
		if account, err := (spotio.Connector{}).Check(t.Context(), s); err != nil || account.ID != want {
			t.Errorf("%+v %v, want %q", account, err, want)
		}
	}
	expect(simulated.CompanyID)
	well := simulator.Fault{}
	expect("", well, simulator.Fault{Kind: simulator.Forbidden})
	expect("", well, well, simulator.Fault{Kind: simulator.Forbidden})
	expect("", well, simulator.Fault{Kind: simulator.NoRows})
	crm.Faults.Script(well, simulator.Fault{Kind: simulator.Unavailable})
	if account, err := (spotio.Connector{}).Check(t.Context(), s); !connector.IsKind(err, connector.Temporary) {
		t.Errorf("an outage: %+v %v", account, err)
	}
	for _, teams := range []string{`[]`, `[{"id":null,"name":"None"}]`} {
		s := session(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if r.URL.Path == "/api/Teams/all" {
				_, _ = w.Write([]byte(teams))
				return
			}
			_, _ = w.Write([]byte(`{"items":[],"scrollId":null}`))
		}))
		if account, err := (spotio.Connector{}).Check(t.Context(), s); err != nil || account.ID != "" {
			t.Errorf("%s: %+v %v", teams, account, err)
		}
	}
}
