package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// feed is a CRM whose pages were made before, and the connector that reads them.
type feed struct {
	records int
	pages   [][]byte
	server  *httptest.Server
	asked   atomic.Int64
}

// item is a record of the feed.
type item struct {
	ID       string         `json:"id"`
	Name     string         `json:"name"`
	Modified connector.Time `json:"modified_at"`
	Owner    string         `json:"owner"`
	Phones   []string       `json:"phones"`
	Street   string         `json:"street"`
	City     string         `json:"city"`
}

func (i *item) record() hub.Record {
	return hub.Record{
		Model: hub.ModelAccount, ExternalID: i.ID, Name: i.Name, ModifiedAt: i.Modified.Time, Refs: hub.Refs{Owner: i.Owner},
		Details: hub.Details{Phones: i.Phones, Addresses: []hub.Address{{Street: i.Street, City: i.City, Country: "US"}}},
	}
}

// answer is a page of the feed.
type answer struct {
	Next  string            `json:"next"`
	Items []json.RawMessage `json:"items"`
}

func newFeed(records, page int) (*feed, error) {
	f := &feed{records: records}
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for from := 0; from < max(records, 1); from += page {
		a := answer{Items: []json.RawMessage{}}
		for n := from; n < min(from+page, records); n++ {
			text, err := json.Marshal(map[string]any{
				"id": fmt.Sprintf("00000000-0000-4000-8000-%012d", n), "name": fmt.Sprintf("Baker Roofing & Sons %d", n), "owner": strconv.Itoa(n % 50),
				"modified_at": begin.Add(time.Duration(n) * time.Second).Format("2006-01-02T15:04:05.000000Z"),
				"phones":      []string{"+1 555 010 0100"}, "street": fmt.Sprintf("%d Oak St", n), "city": "Austin",
			})
			if err != nil {
				return nil, err
			}
			a.Items = append(a.Items, text)
		}
		if from+page < records {
			a.Next = strconv.Itoa(from/page + 1)
		}
		text, err := json.Marshal(a)
		if err != nil {
			return nil, err
		}
		f.pages = append(f.pages, text)
	}
	f.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.asked.Add(1)
		n, _ := strconv.Atoi(r.URL.Query().Get("page"))
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(f.pages[n])
	}))
	return f, nil
}

func (f *feed) close() { f.server.Close() }

// Info implements connector.Connector.
func (f *feed) Info() connector.Info {
	return connector.Info{
		Platform: hub.PlatformMerge, Name: "Feed", Models: []connector.ModelInfo{{Model: hub.ModelAccount, Incremental: true, ReportsDeletes: true}},
		Credentials: []connector.Field{{Name: "baseURL", Doc: "Its address."}},
	}
}

// Check implements connector.Connector.
func (f *feed) Check(context.Context, *connector.Session) error { return nil }

// WriteNote implements connector.Connector.
func (f *feed) WriteNote(context.Context, *connector.Session, connector.Note) (connector.NoteRef, error) {
	return connector.NoteRef{}, nil
}

// Fetch implements connector.Connector.
func (f *feed) Fetch(ctx context.Context, s *connector.Session, q connector.Query) (connector.Page, error) {
	var a answer
	if _, err := connector.GetJSON(ctx, s, connector.Request{Service: "Feed", Path: "/", Query: url.Values{"page": {q.Next}}}, &a); err != nil {
		return connector.Page{}, err
	}
	page := connector.Page{Next: a.Next, More: a.Next != ""}
	connector.AppendItems(&page, a.Items, func(i item) []hub.Record { return []hub.Record{i.record()} })
	return page, nil
}

// fetchAlone reads and decodes all pages, and returns the records a second.
func (f *feed) fetchAlone() (float64, error) {
	s := &connector.Session{HTTP: f.server.Client(), Values: map[string]string{"baseURL": f.server.URL}, Now: time.Now}
	began := time.Now()
	for next := ""; ; {
		page, err := f.Fetch(context.Background(), s, connector.Query{Model: hub.ModelAccount, Next: next})
		if err != nil {
			return 0, err
		}
		if !page.More {
			return float64(f.records) / time.Since(began).Seconds(), nil
		}
		next = page.Next
	}
}
