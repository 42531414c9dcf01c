package main

import (
	"context"
	"errors"
	"sort"
	"sync"
	"time"

	"sirocco/hub"
	"sirocco/store"
)

// memory keeps connections in maps: what the handlers cost without a database. It is organization.Connections, as far
// as the benchmark needs it.
type memory struct {
	mu   sync.RWMutex
	byID map[string]*hub.Connection // by organization and id
	ids  map[string][]string        // by organization, sorted
}

// readMemory takes over all connections of the organization in the store.
func readMemory(ctx context.Context, st *store.Store) (*memory, error) {
	m := &memory{byID: map[string]*hub.Connection{}, ids: map[string][]string{}}
	organizations, err := st.Organizations(ctx, "", 1000)
	if err != nil {
		return nil, err
	}
	for _, o := range organizations {
		for after := ""; ; {
			page, err := st.Connections(ctx, o.ID, store.ConnectionFilter{After: after, Limit: 1000})
			if err != nil {
				return nil, err
			}
			if len(page) == 0 {
				break
			}
			for _, c := range page {
				m.byID[o.ID+c.ID] = &c
				m.ids[o.ID] = append(m.ids[o.ID], c.ID)
				after = c.ID
			}
		}
	}
	return m, nil
}

func (m *memory) Connection(_ context.Context, organization, id string) (hub.Connection, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	c := m.byID[organization+id]
	if c == nil {
		return hub.Connection{}, hub.ErrNotFound
	}
	return *c, nil
}

func (m *memory) Connections(_ context.Context, organization string, f store.ConnectionFilter) ([]hub.Connection, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	ids := m.ids[organization]
	ids = ids[sort.Search(len(ids), func(i int) bool { return ids[i] > f.After }):]
	page := make([]hub.Connection, min(len(ids), f.Limit))
	for i := range page {
		page[i] = *m.byID[organization+ids[i]]
	}
	return page, nil
}

func (m *memory) PatchConnection(_ context.Context, organization, id string, p hub.ConnectionPatch) (hub.Connection, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.byID[organization+id]
	if c == nil {
		return hub.Connection{}, hub.ErrNotFound
	}
	_, err := p.Apply(c, time.Now())
	return *c, err
}

var errNotMeasured = errors.New("the benchmark neither creates nor deletes")

func (m *memory) CreateConnection(context.Context, string, hub.NewConnection) (hub.Connection, error) {
	return hub.Connection{}, errNotMeasured
}

func (m *memory) DeleteConnection(context.Context, string, string, []time.Time) (hub.Connection, error) {
	return hub.Connection{}, errNotMeasured
}
