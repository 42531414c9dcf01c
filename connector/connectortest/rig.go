package connectortest

import (
	"maps"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
)

// rig is a stand-in that listens, and a session with it.
type rig struct {
	t       *testing.T
	c       connector.Connector
	crm     *simulator.Server
	session *connector.Session
}

func newRig(t *testing.T, c connector.Connector, crm NewCRM, o simulator.Options) *rig {
	t.Helper()
	r := &rig{t: t, c: c, crm: crm(o)}
	server := httptest.NewServer(r.crm)
	t.Cleanup(server.Close)
	t.Cleanup(func() {
		for i, v := range r.crm.Violations() {
			if i == 5 {
				break
			}
			t.Error(v)
		}
	})
	values, err := c.Info().CompleteCredentials(r.crm.Values(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	r.session = &connector.Session{HTTP: server.Client(), Values: values, ExternalAccountID: "acme", Now: time.Now, Timeout: 5 * time.Minute}
	r.authorize()
	return r
}

// authorize gets an access token, where the vendor wants one.
func (r *rig) authorize() {
	r.t.Helper()
	a, ok := r.c.(connector.Authorizer)
	if !ok {
		return
	}
	token, err := a.Authorize(r.t.Context(), r.session)
	if err != nil {
		r.t.Fatal(err)
	}
	if token.Value == "" || !token.Expires.After(time.Now()) {
		r.t.Errorf("the access token is %d characters long and ends at %s", len(token.Value), token.Expires)
	}
	r.session.Token = token.Value
}

// pull is what one pass over a model found.
type pull struct {
	pages int
	// records counts those of the model itself.
	records int
	asOf    time.Time
	newest  time.Time
	next    string
	reject  []connector.Rejected
}

// maxPages bounds a pass: no test has that many pages.
const maxPages = 2000

// pass reads all pages of a model into held, as the engine does: a newer version wins.
func (r *rig) pass(q connector.Query, held map[hub.Model]map[string]hub.Record) pull {
	r.t.Helper()
	var p pull
	for {
		page, err := r.c.Fetch(r.t.Context(), r.session, q)
		if err != nil {
			r.t.Fatalf("%s: %v", q.Model, err)
		}
		p.pages++
		for i := range page.Records {
			if page.Records[i].Model == q.Model {
				p.records++
			}
		}
		p.reject = append(p.reject, page.Rejected...)
		if p.asOf.IsZero() {
			p.asOf = page.AsOf
		}
		r.forgetChildren(q.Model, page.Records, held)
		for _, record := range page.Records {
			if held[record.Model] == nil {
				held[record.Model] = map[string]hub.Record{}
			}
			if old, ok := held[record.Model][record.ExternalID]; !ok || !old.ModifiedAt.After(record.ModifiedAt) {
				held[record.Model][record.ExternalID] = record
			}
			if record.ModifiedAt.After(p.newest) {
				p.newest = record.ModifiedAt
			}
		}
		r.forgetOthers(q.Model, page, held)
		if page.More && (page.Next == "" || page.Next == q.Next && page.Wait == 0) {
			r.t.Fatalf("%s: page %d says that there is more, but not where", q.Model, p.pages)
		}
		p.next, q.Next = page.Next, page.Next
		if !page.More {
			return p
		}
		if p.pages > maxPages {
			r.t.Fatalf("%s: its pages never end", q.Model)
		}
	}
}

// forgetChildren drops the children of the page's records: the page has all of them.
func (r *rig) forgetChildren(of hub.Model, page []hub.Record, held map[hub.Model]map[string]hub.Record) {
	for _, m := range r.c.Info().Models {
		if m.Model != of {
			continue
		}
		for _, child := range m.Also {
			for _, parent := range page {
				maps.DeleteFunc(held[child], func(_ string, c hub.Record) bool {
					return parent.Model == of && refersTo(of, c) == parent.ExternalID
				})
			}
		}
	}
}

// forgetOthers drops what the page says is something else by now, with the children that came with it.
func (r *rig) forgetOthers(of hub.Model, page connector.Page, held map[hub.Model]map[string]hub.Record) {
	gone := make([]hub.Record, len(page.Others))
	for i, id := range page.Others {
		delete(held[of], id)
		gone[i] = hub.Record{Model: of, ExternalID: id}
	}
	r.forgetChildren(of, gone, held)
}

// refersTo is the id of the record of a model that another one refers to.
func refersTo(of hub.Model, r hub.Record) string {
	switch of {
	case hub.ModelAccount:
		return r.Refs.Account
	case hub.ModelOpportunity:
		return r.Refs.Opportunity
	default:
		return r.Refs.Engagement
	}
}

// bringing is the model in whose pages the records of a model come.
func (r *rig) bringing(m hub.Model) hub.Model {
	for _, info := range r.c.Info().Models {
		if slices.Contains(info.Also, m) {
			return info.Model
		}
	}
	return m
}

// cursor is where the run after p begins: no later than the vendor's clock was, and a little before.
func (p *pull) cursor() time.Time {
	at := p.newest
	if !p.asOf.IsZero() && p.asOf.Before(at) {
		at = p.asOf
	}
	return at.Add(-time.Minute)
}

// compare holds what was read against what the vendor has.
func (r *rig) compare(held map[hub.Model]map[string]hub.Record) {
	r.t.Helper()
	for _, m := range r.crm.Models() {
		r.compareOf(m, held)
	}
}

func (r *rig) compareOf(m hub.Model, held map[hub.Model]map[string]hub.Record) {
	r.t.Helper()
	problems := simulator.Diff(r.crm.Records(m), values(held[m]))
	for i, problem := range problems {
		if i == 5 {
			r.t.Errorf("%s: and %d more", m, len(problems)-i)
			break
		}
		r.t.Errorf("%s: %s", m, problem)
	}
}

func values(held map[string]hub.Record) []hub.Record {
	all := make([]hub.Record, 0, len(held))
	for _, record := range held {
		all = append(all, record)
	}
	return all
}

func hasRows(crm *simulator.Server, m hub.Model) bool { return len(crm.Records(m)) > 0 }

// readAll reads each model once; no item may be rejected.
func (r *rig) readAll(c connector.Connector) map[hub.Model]map[string]hub.Record {
	r.t.Helper()
	held := map[hub.Model]map[string]hub.Record{}
	for _, m := range c.Info().Models {
		p := r.pass(connector.Query{Model: m.Model, Limit: 20}, held)
		for _, item := range p.reject[:min(3, len(p.reject))] {
			r.t.Errorf("%s: %q is rejected: %s", m.Model, item.ExternalID, item.Reason)
		}
	}
	return held
}
