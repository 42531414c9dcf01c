// Package connectortest is the conformance kit of connectors: Run holds a connector against a stand-in of
// its vendor. What the kit finds, users of sync products have suffered from: rows lost at a page's edge,
// rows passed over because they changed while someone paged, notes written twice, errors taken for an
// empty answer. The engine's own tests run the same connectors through whole syncs.
package connectortest

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
)

// NewCRM makes a stand-in of the connector's vendor.
type NewCRM func(simulator.Options) *simulator.Server

// Run holds the connector against all that a connector must do.
func Run(t *testing.T, c connector.Connector, crm NewCRM) {
	t.Run("describes itself", func(t *testing.T) { describes(t, c, crm) })
	t.Run("checks credentials", func(t *testing.T) { checks(t, c, crm) })
	t.Run("reads everything", func(t *testing.T) { readsEverything(t, c, crm) })
	t.Run("loses no row of one instant", func(t *testing.T) { oneInstant(t, c, crm) })
	t.Run("loses no row that changes meanwhile", func(t *testing.T) { changesMeanwhile(t, c, crm) })
	t.Run("takes nothing that is there for gone", func(t *testing.T) { takesNothingForGone(t, c, crm) })
	t.Run("reads only what changed", func(t *testing.T) { onlyChanged(t, c, crm) })
	t.Run("reads times in any zone", func(t *testing.T) { anyZone(t, c, crm) })
	t.Run("rejects one bad record", func(t *testing.T) { oneBadRecord(t, c, crm) })
	t.Run("names each failure", func(t *testing.T) { failures(t, c, crm) })
	t.Run("obeys a cancelled context", func(t *testing.T) { cancelled(t, c, crm) })
	t.Run("writes a note once", func(t *testing.T) { writesOnce(t, c, crm) })
	t.Run("sets fields", func(t *testing.T) { setsFields(t, c, crm) })
}

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
	r.session = &connector.Session{HTTP: server.Client(), Values: values, ExternalAccountID: "acme", Now: time.Now, Timeout: 20 * time.Second}
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
	pages   int
	records int
	asOf    time.Time
	newest  time.Time
	next    string
	reject  []connector.Rejected
}

// pagesMost bounds a pass: no test has that many pages.
const pagesMost = 2000

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
		p.records += len(page.Records)
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
		if page.More && (page.Next == "" || page.Next == q.Next) {
			r.t.Fatalf("%s: page %d says that there is more, but not where", q.Model, p.pages)
		}
		p.next, q.Next = page.Next, page.Next
		if !page.More {
			return p
		}
		if p.pages > pagesMost {
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
					return parent.Model == of && (c.Refs.Engagement == parent.ExternalID || c.Refs.Opportunity == parent.ExternalID)
				})
			}
		}
	}
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
		problems := simulator.Diff(r.crm.Records(m), values(held[m]))
		for i, problem := range problems {
			if i == 5 {
				r.t.Errorf("%s: and %d more", m, len(problems)-i)
				break
			}
			r.t.Errorf("%s: %s", m, problem)
		}
	}
}

func values(held map[string]hub.Record) []hub.Record {
	all := make([]hub.Record, 0, len(held))
	for _, record := range held {
		all = append(all, record)
	}
	return all
}

func describes(t *testing.T, c connector.Connector, crm NewCRM) {
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

func checks(t *testing.T, c connector.Connector, crm NewCRM) {
	r := newRig(t, c, crm, simulator.Options{})
	if err := c.Check(t.Context(), r.session); err != nil {
		t.Error(err)
	}
	for _, f := range c.Info().Credentials {
		if !f.Secret {
			continue
		}
		good := r.session.Values[f.Name]
		r.session.Values[f.Name] = "Wr0ng-secret"
		var err error
		if a, ok := c.(connector.Authorizer); ok {
			_, err = a.Authorize(t.Context(), r.session)
		}
		if err == nil {
			err = c.Check(t.Context(), r.session)
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

func readsEverything(t *testing.T, c connector.Connector, crm NewCRM) {
	for _, limit := range []int{7, 100, 100_000} {
		r := newRig(t, c, crm, simulator.Options{Seed: 5, Records: 230})
		r.crm.Churn(40)
		held := map[hub.Model]map[string]hub.Record{}
		for _, m := range c.Info().Models {
			r.pass(connector.Query{Model: m.Model, Limit: limit}, held)
		}
		r.compare(held)
	}
}

func oneInstant(t *testing.T, c connector.Connector, crm NewCRM) {
	r := newRig(t, c, crm, simulator.Options{Seed: 6, Records: 60})
	held := map[hub.Model]map[string]hub.Record{}
	for _, m := range c.Info().Models {
		p := r.pass(connector.Query{Model: m.Model, Limit: 10}, held)
		if !hasRows(r.crm, m.Model) {
			continue
		}
		at, _ := r.crm.Together(m.Model, 25)
		q := connector.Query{Model: m.Model, Limit: 10, Since: at}
		if m.Durable {
			q.Since, q.Next = time.Time{}, p.next
		}
		r.pass(q, held)
	}
	r.compare(held)
}

func hasRows(crm *simulator.Server, m hub.Model) bool { return len(crm.Records(m)) > 0 }

func changesMeanwhile(t *testing.T, c connector.Connector, crm NewCRM) {
	r := newRig(t, c, crm, simulator.Options{Seed: 7, Records: 150})
	held := map[hub.Model]map[string]hub.Record{}
	for _, m := range c.Info().Models {
		if !hasRows(r.crm, m.Model) {
			continue
		}
		changing := true
		r.crm.Before(func(q *http.Request) {
			if changing && q.Method == http.MethodGet {
				r.crm.Update(m.Model, 3)
			}
		})
		p := r.pass(connector.Query{Model: m.Model, Limit: 20}, held)
		changing = false
		q := connector.Query{Model: m.Model, Limit: 20}
		switch {
		case m.Durable:
			q.Next = p.next
		case m.Incremental:
			q.Since = p.cursor()
		}
		r.pass(q, held)
		r.crm.Before(nil)
	}
	r.compare(held)
}

// takesNothingForGone enumerates the models whose deletions the vendor does not tell of, while rows change and go. What
// was not met would be deleted, unless the connector finds it by its id.
func takesNothingForGone(t *testing.T, c connector.Connector, crm NewCRM) {
	finder, finds := c.(connector.Finder)
	for _, m := range c.Info().Models {
		r := newRig(t, c, crm, simulator.Options{Seed: 14, Records: 150, Counts: map[hub.Model]int{hub.ModelUser: 150, hub.ModelEngagementType: 150}, ValidateEvery: 7})
		if m.ReportsDeletes || !hasRows(r.crm, m.Model) {
			continue
		}
		held, met := map[hub.Model]map[string]hub.Record{}, map[hub.Model]map[string]hub.Record{}
		r.pass(connector.Query{Model: m.Model, Limit: 10}, held)
		requests := 0
		r.crm.Before(func(q *http.Request) {
			if requests++; requests%2 == 0 {
				r.crm.Touch(m.Model, 3)
				r.crm.Update(m.Model, 1)
			} else {
				r.crm.Delete(m.Model, 1)
			}
		})
		r.pass(connector.Query{Model: m.Model, Limit: 10}, met)
		r.crm.Before(nil)
		var missing, there []string
		for id, record := range held[m.Model] {
			switch now, _ := r.crm.Get(m.Model, id); {
			case met[m.Model][id].ExternalID == "" && !record.Deleted:
				missing = append(missing, id)
			case !now.Deleted && len(there) < 3:
				there = append(there, id)
			}
		}
		found := map[string]bool{}
		if finds {
			page, err := finder.Find(t.Context(), r.session, m.Model, append(there, missing...))
			if err != nil {
				t.Fatalf("%s: %v", m.Model, err)
			}
			for _, record := range page.Records {
				found[record.ExternalID] = !record.Deleted
			}
			for _, id := range there {
				if !found[id] {
					t.Errorf("%s: %s is there and is not found", m.Model, id)
				}
			}
		}
		for _, id := range missing {
			if now, _ := r.crm.Get(m.Model, id); now.Deleted == found[id] {
				t.Errorf("%s: %s was not met and is taken for gone: %t; it is gone: %t", m.Model, id, !found[id], now.Deleted)
			}
		}
		if len(missing) == 0 {
			t.Errorf("%s: nothing went", m.Model)
		}
	}
}

func onlyChanged(t *testing.T, c connector.Connector, crm NewCRM) {
	r := newRig(t, c, crm, simulator.Options{Seed: 8, Records: 400})
	held := map[hub.Model]map[string]hub.Record{}
	for _, m := range c.Info().Models {
		if !m.Incremental && !m.Durable || !hasRows(r.crm, m.Model) {
			r.pass(connector.Query{Model: m.Model, Limit: 50}, held)
			continue
		}
		p := r.pass(connector.Query{Model: m.Model, Limit: 50}, held)
		next := connector.Query{Model: m.Model, Limit: 50, Since: p.newest.Add(time.Microsecond)}
		if m.Durable {
			next.Since, next.Next = time.Time{}, p.next
		}
		if quiet := r.pass(next, held); quiet.pages != 1 || quiet.records > 6 {
			t.Errorf("%s: with nothing new it took %d pages and %d records", m.Model, quiet.pages, quiet.records)
		}
		changed := len(r.crm.Update(m.Model, 3))
		if some := r.pass(next, held); some.records > changed*8+6 {
			t.Errorf("%s: for %d changes it read %d records", m.Model, changed, some.records)
		}
	}
	r.compare(held)
}

func anyZone(t *testing.T, c connector.Connector, crm NewCRM) {
	r := newRig(t, c, crm, simulator.Options{Seed: 9, Records: 40, ValidateEvery: -1})
	r.crm.Faults.Always(simulator.Fault{Kind: simulator.OddZones})
	held := map[hub.Model]map[string]hub.Record{}
	for _, m := range c.Info().Models {
		r.pass(connector.Query{Model: m.Model, Limit: 100}, held)
	}
	r.compare(held)
}

func oneBadRecord(t *testing.T, c connector.Connector, crm NewCRM) {
	r := newRig(t, c, crm, simulator.Options{Seed: 10, Records: 40, ValidateEvery: -1})
	for _, m := range c.Info().Models {
		if !hasRows(r.crm, m.Model) {
			continue
		}
		good := r.pass(connector.Query{Model: m.Model, Limit: 100}, map[hub.Model]map[string]hub.Record{})
		r.crm.Faults.Script(simulator.Fault{Kind: simulator.BadRecord})
		bad := r.pass(connector.Query{Model: m.Model, Limit: 100}, map[hub.Model]map[string]hub.Record{})
		if len(bad.reject) != 1 || bad.records >= good.records || bad.records == 0 {
			t.Fatalf("%s: of %d records %d were read and %d rejected", m.Model, good.records, bad.records, len(bad.reject))
		}
		if bad.reject[0].Reason == "" || len(bad.reject[0].Raw) < 10 {
			t.Errorf("%s: rejected without reason or raw form: %+v", m.Model, bad.reject[0])
		}
	}
}

func failures(t *testing.T, c connector.Connector, crm NewCRM) {
	r := newRig(t, c, crm, simulator.Options{Seed: 11, Records: 40, ValidateEvery: -1})
	m := c.Info().Models[0].Model
	for _, test := range []struct {
		fault simulator.Fault
		kinds []connector.Kind
		retry time.Duration
	}{
		{simulator.Fault{Kind: simulator.Unauthorized}, []connector.Kind{connector.Unauthorized}, 0},
		{simulator.Fault{Kind: simulator.Forbidden}, []connector.Kind{connector.Unauthorized}, 0},
		{simulator.Fault{Kind: simulator.RateLimited}, []connector.Kind{connector.RateLimited}, 0},
		{simulator.Fault{Kind: simulator.RateLimited, RetryAfter: "17"}, []connector.Kind{connector.RateLimited}, 17 * time.Second},
		{simulator.Fault{Kind: simulator.ServerError}, []connector.Kind{connector.Temporary}, 0},
		{simulator.Fault{Kind: simulator.Unavailable, RetryAfter: "5"}, []connector.Kind{connector.Temporary}, 5 * time.Second},
		{simulator.Fault{Kind: simulator.Drop}, []connector.Kind{connector.Temporary}, 0},
		{simulator.Fault{Kind: simulator.Truncated}, []connector.Kind{connector.Malformed, connector.Temporary}, 0},
		{simulator.Fault{Kind: simulator.Malformed}, []connector.Kind{connector.Malformed}, 0},
		{simulator.Fault{Kind: simulator.WrongType}, []connector.Kind{connector.Malformed}, 0},
	} {
		r.crm.Faults.Script(test.fault)
		page, err := c.Fetch(t.Context(), r.session, connector.Query{Model: m, Limit: 10})
		e, ok := errors.AsType[*connector.Error](err)
		if !ok || len(page.Records) > 0 {
			t.Errorf("%s: %d records and %v", test.fault.Kind, len(page.Records), err)
			continue
		}
		named := false
		for _, kind := range test.kinds {
			named = named || e.Kind == kind
		}
		if !named || e.RetryAfter != test.retry {
			t.Errorf("%s is taken for %s, to be tried again after %s", test.fault.Kind, e.Kind, e.RetryAfter)
		}
		if !strings.HasPrefix(e.Error(), c.Info().Name+":") {
			t.Errorf("%s: the text does not begin with the vendor's name: %q", test.fault.Kind, e)
		}
		for _, f := range c.Info().Credentials {
			if f.Secret && strings.Contains(e.Error(), r.session.Values[f.Name]) {
				t.Errorf("%s: the text shows %s", test.fault.Kind, f.Name)
			}
		}
	}
	r.session.Timeout = 200 * time.Millisecond
	r.crm.Faults.Script(simulator.Fault{Kind: simulator.Hang})
	if _, err := c.Fetch(t.Context(), r.session, connector.Query{Model: m, Limit: 10}); !connector.IsKind(err, connector.Temporary) {
		t.Errorf("a vendor that hangs is taken for %v", err)
	}
}

func cancelled(t *testing.T, c connector.Connector, crm NewCRM) {
	r := newRig(t, c, crm, simulator.Options{})
	r.crm.Faults.Script(simulator.Fault{Kind: simulator.Hang})
	ctx, cancel := context.WithCancel(t.Context())
	r.crm.Before(func(*http.Request) { cancel() })
	if _, err := c.Fetch(ctx, r.session, connector.Query{Model: c.Info().Models[0].Model, Limit: 10}); !errors.Is(err, context.Canceled) {
		t.Errorf("it answers %v", err)
	}
}

func writesOnce(t *testing.T, c connector.Connector, crm NewCRM) {
	for _, target := range c.Info().NoteTargets {
		r := newRig(t, c, crm, simulator.Options{Seed: 12, Records: 20})
		records := r.crm.Records(target)
		if len(records) < 2 {
			t.Fatalf("the stand-in has no %s", target)
		}
		note := connector.Note{Target: target, ExternalID: records[0].ExternalID, Title: "Talk", Body: "They want a new roof.\n\n<b>Soon</b> & \"cheap\".", Marker: "sirocco-n0te-1"}
		// The answer to the first attempt is lost: whether the note is there the second must find out.
		r.crm.Faults.Script(simulator.Fault{Kind: simulator.None}, simulator.Fault{Kind: simulator.Drop})
		_, err := c.WriteNote(t.Context(), r.session, note)
		for range 5 {
			if err == nil {
				break
			}
			_, err = c.WriteNote(t.Context(), r.session, note)
		}
		again, err := c.WriteNote(t.Context(), r.session, note)
		if err != nil {
			t.Fatalf("%s: %v", target, err)
		}
		if !again.Existed || again.ExternalID == "" {
			t.Errorf("%s: the note is not found again: %+v", target, again)
		}
		if n := r.crm.Notes.Count(note.Marker); n != 1 {
			t.Errorf("%s: the note is there %d times", target, n)
		}
		other := note
		other.Marker = "sirocco-n0te-11" // the first marker is how it begins
		if ref, err := c.WriteNote(t.Context(), r.session, other); err != nil || ref.Existed {
			t.Errorf("%s: another note: %+v %v", target, ref, err)
		}
		if n := len(r.crm.Notes.On(target, records[0].ExternalID)); n != 2 {
			t.Errorf("%s: there are %d notes on the record", target, n)
		}
		if n := len(r.crm.Notes.On(target, records[1].ExternalID)); n != 0 {
			t.Errorf("%s: another record has %d notes", target, n)
		}
		for _, made := range r.crm.Notes.All() {
			if !strings.Contains(made.Text, "They want a new roof.") || !strings.Contains(made.Text, "Talk") {
				t.Errorf("%s: the text is %q", target, made.Text)
			}
		}
	}
}
