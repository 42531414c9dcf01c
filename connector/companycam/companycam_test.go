package companycam_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/companycam"
	"sirocco/connector/connectortest"
	"sirocco/hub"
	"sirocco/simulator"
	simulated "sirocco/simulator/companycam"
)

func TestConformance(t *testing.T) { connectortest.Run(t, companycam.Connector{}, simulated.New) }

// TestConformanceOfFixedPages is the kit where pages have 50 rows whatever is asked for.
func TestConformanceOfFixedPages(t *testing.T) {
	connectortest.Again(t, companycam.Connector{}, simulated.NewFixed(50))
}

// TestCheckTellsTheCompany holds Check to whose token it is, however the vendor writes ids. What is no user is no account that is
// not told: its credentials would pass for those of any account.
func TestCheckTellsTheCompany(t *testing.T) {
	for body, want := range map[string]string{
		`{"id":"7","company_id":"42"}`: "42", `{"id":7,"company_id":42}`: "42", `{"id":"7","company_id":null}`: "", `{"id":"7"}`: "",
		`{}`: "none", `null`: "none", `{"error":"try later"}`: "none", `[]`: "none",
	} {
		s := session(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(body))
		}))
		account, err := companycam.Connector{}.Check(t.Context(), s)
		if want == "none" && !connector.IsKind(err, connector.Malformed) || want != "none" && (err != nil || account.ID != want) {
			t.Errorf("%s: %+v %v", body, account, err)
		}
	}
}

// session is a session with a handler that stands for the vendor.
func session(t *testing.T, h http.Handler) *connector.Session {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return &connector.Session{
		HTTP: server.Client(), Now: time.Now,
		Values: map[string]string{"accessToken": "companycam-token-of-the-simulator", "baseURL": server.URL + "/v2"},
	}
}

// standIn is CompanyCam's stand-in, with a session at it, which must not be asked what the description does not allow.
func standIn(t *testing.T, crm *simulator.Server) (*simulator.Server, *connector.Session) {
	t.Helper()
	t.Cleanup(func() {
		for _, v := range crm.Violations() {
			t.Error(v)
		}
	})
	return crm, session(t, crm)
}

// walked is what a walk through all pages of a model brought.
type walked struct {
	records  map[string]hub.Record
	pages    int
	rejected []connector.Rejected
}

// walk reads a model from since on to its end.
func walk(t *testing.T, s *connector.Session, m hub.Model, since time.Time) walked {
	t.Helper()
	w := walked{records: map[string]hub.Record{}}
	q := connector.Query{Model: m, Since: since, Limit: 1000}
	for {
		page, err := companycam.Connector{}.Fetch(t.Context(), s, q)
		if err != nil {
			t.Fatal(err)
		}
		w.pages++
		w.rejected = append(w.rejected, page.Rejected...)
		for _, r := range page.Records {
			if r.Model == m {
				w.records[r.ExternalID] = r
			}
		}
		if !page.More {
			return w
		}
		if q.Next == page.Next || w.pages > 2000 {
			t.Fatalf("after %d pages it is still at %q", w.pages, page.Next)
		}
		q.Next = page.Next
	}
}
