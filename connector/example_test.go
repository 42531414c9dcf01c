package connector_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// tiny is a connector of a vendor with one list, GET /people?after=ID&since=TIME.
type tiny struct{}

func (tiny) Info() hub.PlatformInfo {
	return hub.PlatformInfo{
		Platform: hub.PlatformSpotio, Name: "Tiny CRM",
		Models: []hub.ModelInfo{{Model: hub.ModelContact, Incremental: true, ReportsDeletes: true}},
		Credentials: []hub.CredentialField{
			{Name: "key", Doc: "Your API key.", Required: true, Secret: true},
			{Name: "baseURL", Doc: "The address of the API.", Default: "https://tiny.example"},
		},
		Rate: hub.Rate{Requests: 10, Per: time.Second},
	}
}

func (t tiny) Check(ctx context.Context, s *connector.Session) (connector.Account, error) {
	_, err := t.Fetch(ctx, s, connector.Query{Model: hub.ModelContact, Limit: 1})
	return connector.Account{}, err
}

// person is an item of the vendor's list.
type person struct {
	ID      string         `json:"id"`
	Name    string         `json:"name"`
	Changed connector.Time `json:"changed"`
	Gone    bool           `json:"gone"`
}

func (tiny) Fetch(ctx context.Context, s *connector.Session, q connector.Query) (connector.Page, error) {
	query := url.Values{"after": {q.Next}}
	if !q.Since.IsZero() {
		query.Set("since", hub.WireTime(q.Since))
	}
	var answer struct {
		People []json.RawMessage `json:"people"`
		Last   string            `json:"last"`
		More   bool              `json:"more"`
	}
	got, err := connector.GetJSON(ctx, s, connector.Request{
		Service: "Tiny CRM", Path: "/people", Query: query, Header: http.Header{"X-Key": {s.Values["key"]}},
	}, &answer)
	if err != nil {
		return connector.Page{}, err
	}
	page := connector.Page{Next: answer.Last, More: answer.More, AsOf: got.Date}
	connector.AppendItems(&page, answer.People, func(p person) []hub.Record {
		return []hub.Record{{Model: hub.ModelContact, ExternalID: p.ID, Name: p.Name, ModifiedAt: p.Changed.Time, Deleted: p.Gone}}
	})
	return page, nil
}

func (tiny) WriteNote(context.Context, *connector.Session, connector.Note) (connector.NoteRef, error) {
	return connector.NoteRef{}, connector.Fail(connector.Refused, "Tiny CRM", "it has no notes")
}

func Example() {
	vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"people":[{"id":"1","name":"Ada","changed":"2026-03-01T09:00:00-06:00"},{"name":"no id"}],"last":"1","more":false}`)
	}))
	defer vendor.Close()
	values, err := tiny{}.Info().CompleteCredentials(map[string]string{"key": "k", "baseURL": vendor.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	session := &connector.Session{HTTP: vendor.Client(), Values: values, Now: time.Now}
	page, err := tiny{}.Fetch(context.Background(), session, connector.Query{Model: hub.ModelContact, Limit: 100})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range page.Records {
		fmt.Println(r.Name, hub.WireTime(r.ModifiedAt))
	}
	for _, r := range page.Rejected {
		fmt.Println(r.Reason)
	}
	// Output:
	// Ada 2026-03-01T15:00:00.000Z
	// the CRM sent a record that cannot be kept: externalId is empty; expected the CRM's own id of the record
}
