package api_test

import (
	"fmt"
	"net/http"
	"sort"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// walkModel is what the API should be: organizations with at most one connection of each platform, in maps.
type walkModel struct {
	orgs []*walkOrg
	keys map[string]modelKey // by organization and key
}

type walkOrg struct {
	tenant
	live map[string]*connection // by id
	dead []string
}

type modelKey struct {
	name, platform string
	answer         string
}

// TestRandomWalk makes random requests of several clients and holds each answer against the model.
func TestRandomWalk(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		rapid.Check(t, func(rt *rapid.T) {
			m := &walkModel{keys: map[string]modelKey{}}
			for _, name := range []string{"A", "B"} {
				m.orgs = append(m.orgs, &walkOrg{tenant: w.tenant(name), live: map[string]*connection{}})
			}
			rt.Repeat(map[string]func(*rapid.T){
				"create": func(rt *rapid.T) { m.create(rt, m.org(rt)) },
				"patch":  func(rt *rapid.T) { m.patch(rt, w, m.org(rt)) },
				"delete": func(rt *rapid.T) { m.delete(rt, m.org(rt)) },
				"get":    func(rt *rapid.T) { m.get(rt, m.org(rt)) },
				"list":   func(rt *rapid.T) { m.list(rt, m.org(rt)) },
				"wait": func(rt *rapid.T) {
					w.clock.advance(time.Duration(rapid.IntRange(0, 3).Draw(rt, "ms")) * time.Millisecond)
				},
			})
		})
	})
}

func (m *walkModel) org(rt *rapid.T) *walkOrg {
	return rapid.SampledFrom(m.orgs).Draw(rt, "organization")
}

var names = rapid.StringMatching(`[a-zé"\\ <&]{1,12}x`)

func (m *walkModel) create(rt *rapid.T, o *walkOrg) {
	name := names.Draw(rt, "name")
	platform := string(rapid.SampledFrom(hub.CreatablePlatforms()).Draw(rt, "platform"))
	key := rapid.SampledFrom([]string{"", "", "k1", "k2"}).Draw(rt, "key")
	body := fmt.Sprintf(`{"name":%s,"integrationPlatform":%q,"externalAccountId":"a"}`, jsonText(name), platform)
	a := o.token.do("POST", connections, body, header{"Idempotency-Key", key})
	if known, ok := m.keys[o.id+key]; ok && key != "" {
		if known.name == name && known.platform == platform {
			expect(rt, a, 201)
			if a.body != known.answer {
				rt.Fatalf("replayed %s, want %s", a.body, known.answer)
			}
		} else {
			expect(rt, a, http.StatusUnprocessableEntity)
		}
		return
	}
	for _, c := range o.live {
		if c.IntegrationPlatform == platform {
			expect(rt, a, 409)
			return
		}
	}
	expect(rt, a, 201)
	var made connection
	a.into(o.token.w.t, &made)
	if made.Name != name || made.IntegrationPlatform != platform || !made.IsActive || made.OrganizationID != o.id {
		rt.Fatalf("made %s of %s", a.body, body)
	}
	o.live[made.ID] = &made
	if key != "" {
		m.keys[o.id+key] = modelKey{name, platform, a.body}
	}
}

// id draws the id of a live connection, a dead one, another organization's, or none.
func (m *walkModel) id(rt *rapid.T, o *walkOrg) string {
	ids := append([]string{hub.NewID()}, o.dead...)
	for _, other := range m.orgs {
		for id := range other.live {
			ids = append(ids, id)
		}
	}
	sort.Strings(ids[1:])
	return ids[rapid.IntRange(0, len(ids)-1).Draw(rt, "which")]
}

func (m *walkModel) patch(rt *rapid.T, w *world, o *walkOrg) {
	id := m.id(rt, o)
	var fields []string
	next := connection{}
	c := o.live[id]
	if c != nil {
		next = *c
	}
	if rapid.Bool().Draw(rt, "has name") {
		next.Name = names.Draw(rt, "name")
		fields = append(fields, `"name":`+jsonText(next.Name))
	}
	if rapid.Bool().Draw(rt, "has isActive") {
		next.IsActive = rapid.Bool().Draw(rt, "isActive")
		fields = append(fields, fmt.Sprintf(`"isActive":%v`, next.IsActive))
	}
	if rapid.Bool().Draw(rt, "has syncTranscript") {
		next.SyncTranscript = rapid.Bool().Draw(rt, "syncTranscript")
		fields = append(fields, fmt.Sprintf(`"syncTranscript":%v`, next.SyncTranscript))
	}
	var headers []header
	stale := rapid.IntRange(0, 4).Draw(rt, "stale") == 0
	if stale {
		headers = []header{{"If-Match", `"stale"`}}
	}
	a := o.token.do("PATCH", connections+"/"+id, "{"+strings.Join(fields, ",")+"}", headers...)
	switch {
	case c == nil:
		expect(rt, a, 404)
		return
	case stale:
		expect(rt, a, 412)
		return
	}
	expect(rt, a, 200)
	var got connection
	a.into(w.t, &got)
	changed := next.Name != c.Name || next.IsActive != c.IsActive || next.SyncTranscript != c.SyncTranscript
	if changed != (got.UpdatedAt > c.UpdatedAt) || got.UpdatedAt < c.UpdatedAt {
		rt.Fatalf("updatedAt went from %s to %s, changed: %v", c.UpdatedAt, got.UpdatedAt, changed)
	}
	next.UpdatedAt = got.UpdatedAt
	same(rt, got, next)
	*c = next
}

func (m *walkModel) delete(rt *rapid.T, o *walkOrg) {
	id := m.id(rt, o)
	a := o.token.do("DELETE", connections+"/"+id, "")
	c := o.live[id]
	if c == nil {
		expect(rt, a, 404)
		return
	}
	expect(rt, a, 200)
	var got connection
	a.into(o.token.w.t, &got)
	same(rt, got, *c)
	delete(o.live, id)
	o.dead = append(o.dead, id)
}

func (m *walkModel) get(rt *rapid.T, o *walkOrg) {
	id := m.id(rt, o)
	a := o.token.do("GET", connections+"/"+id, "")
	c := o.live[id]
	if c == nil {
		expect(rt, a, 404)
		return
	}
	expect(rt, a, 200)
	var got connection
	a.into(o.token.w.t, &got)
	same(rt, got, *c)
}

func (m *walkModel) list(rt *rapid.T, o *walkOrg) {
	size := rapid.IntRange(1, 5).Draw(rt, "page size")
	var want []string
	for id := range o.live {
		want = append(want, id)
	}
	sort.Strings(want)
	var got []string
	for cursor := ""; ; {
		var page struct {
			Data   []connection
			Cursor *string
		}
		a := o.token.do("GET", fmt.Sprintf("%s?pageSize=%d&cursor=%s", connections, size, cursor), "")
		expect(rt, a, 200)
		a.into(o.token.w.t, &page)
		for _, c := range page.Data {
			if o.live[c.ID] == nil {
				rt.Fatalf("listed %s, which is not there", c.ID)
			}
			same(rt, c, *o.live[c.ID])
			got = append(got, c.ID)
		}
		if page.Cursor == nil {
			break
		}
		cursor = *page.Cursor
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		rt.Fatalf("listed %v, want %v", got, want)
	}
}

func expect(rt *rapid.T, a answer, status int) {
	rt.Helper()
	if a.status != status {
		rt.Fatalf("answered %d, want %d: %s", a.status, status, a.body)
	}
}

func same(rt *rapid.T, got, want connection) {
	rt.Helper()
	got.SyncStatus, want.SyncStatus = nil, nil
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		rt.Fatalf("got %+v, want %+v", got, want)
	}
}
