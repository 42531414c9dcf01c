package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// feed is a CRM that makes its pages as they are asked for, and the connector that reads them.
type feed struct {
	records int
	size    int
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

func newFeed(records, size int) *feed {
	f := &feed{records: records, size: size}
	f.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.asked.Add(1)
		n, _ := strconv.Atoi(r.URL.Query().Get("page"))
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(f.page(n))
	}))
	return f
}

// pages is how many pages there are; an empty CRM answers one.
func (f *feed) pages() int { return max(1, (f.records+f.size-1)/f.size) }

// begin is when the first record of the feed was modified; each other one a second after the one before.
var begin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// page writes page n. It is written by hand so that the CRM takes little of the time that is measured.
func (f *feed) page(n int) []byte {
	text := make([]byte, 0, 256*f.size)
	text = append(text, `{"next":"`...)
	if n+1 < f.pages() {
		text = strconv.AppendInt(text, int64(n+1), 10)
	}
	text = append(text, `","items":[`...)
	for i := n * f.size; i < min((n+1)*f.size, f.records); i++ {
		if i > n*f.size {
			text = append(text, ',')
		}
		text = append(text, `{"id":"00000000-0000-4000-8000-`...)
		text = append(text, strconv.Itoa(1_000_000_000_000 + i)[1:]...)
		text = append(text, `","name":"Baker Roofing & Sons `...)
		text = strconv.AppendInt(text, int64(i), 10)
		text = append(text, `","owner":"`...)
		text = strconv.AppendInt(text, int64(i%50), 10)
		text = append(text, `","modified_at":"`...)
		text = begin.Add(time.Duration(i)*time.Second).AppendFormat(text, "2006-01-02T15:04:05.000000Z")
		text = append(text, `","phones":["+1 555 010 0100"],"street":"`...)
		text = strconv.AppendInt(text, int64(i), 10)
		text = append(text, ` Oak St","city":"Austin"}`...)
	}
	return append(text, `]}`...)
}

func (f *feed) close() { f.server.Close() }

// Info implements connector.Connector.
func (f *feed) Info() hub.PlatformInfo {
	return hub.PlatformInfo{
		Platform: hub.PlatformMerge, Name: "Feed", Models: []hub.ModelInfo{{Model: hub.ModelAccount, Incremental: true, ReportsDeletes: true}},
		Credentials: []hub.CredentialField{{Name: "baseURL", Doc: "Its address."}},
	}
}

// Check implements connector.Connector.
func (f *feed) Check(context.Context, *connector.Session) (connector.Account, error) {
	return connector.Account{}, nil
}

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
