package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"sirocco/hub"
	"sirocco/store"
)

// connectionsPage lists the connections of an organization.
type connectionsPage struct {
	page

	States []stateCount
	// State is the only one shown; empty for all.
	State store.HealthState
	Rows  []connectionRow
}

// connectionRow is one connection in the list.
type connectionRow struct {
	connectionView
	store.ConnectionCounts

	Sentence string
	Dots     []freshness
}

// Back is where the switch of a row leads back to: the list with the same filter.
func (p *connectionsPage) Back() string {
	if p.State == "" {
		return "/connections"
	}
	return "/connections?state=" + url.QueryEscape(string(p.State))
}

func (s *server) showConnections(w http.ResponseWriter, v *visit) error {
	shown, err := s.connectionsPage(v.Context(), v, false)
	if err != nil {
		return err
	}
	return s.render(w, v, http.StatusOK, "connections", shown)
}

// streamConnections sends how all of them are each time that is another.
func (s *server) streamConnections(w http.ResponseWriter, v *visit) error {
	return s.stream(w, v, "connections", "rows", func(ctx context.Context) (any, error) { return s.connectionsPage(ctx, v, true) })
}

// connectionsPage lists those in the state that is asked for, or all of them whatever is: a page that is open keeps its rows, and
// asks how they are once they are in another state.
func (s *server) connectionsPage(ctx context.Context, v *visit, all bool) (*connectionsPage, error) {
	now := s.Clock()
	shown := &connectionsPage{page: s.page(v, "Connections"), State: store.HealthState(v.URL.Query().Get("state"))}
	found, err := s.Store.Health(ctx, v.organization.ID)
	if err != nil {
		return nil, err
	}
	views := viewConnections(found, now)
	shown.States = countStates(views)
	settled := func(c connectionView) int { // a sync that begins, or ends, changes no order
		if c.State == store.HealthSyncing {
			c.State = store.HealthUpToDate
		}
		return severity([]connectionView{c})
	}
	slices.SortStableFunc(views, func(a, b connectionView) int { return settled(b) - settled(a) })
	for _, c := range views {
		if !all && shown.State != "" && c.State != shown.State {
			continue
		}
		row := connectionRow{connectionView: c, Sentence: c.Sentence(now), Dots: c.Dots(now, s.Platforms[c.Platform])}
		if row.ConnectionCounts, err = s.Store.ConnectionCounts(ctx, c.OrganizationID, c.ID); err != nil {
			return nil, err
		}
		shown.Rows = append(shown.Rows, row)
	}
	return shown, nil
}

// connectionOf is the connection that a path names, and how it is.
func (s *server) connectionOf(ctx context.Context, v *visit) (connectionView, error) {
	id := v.PathValue("connection")
	if !hub.ValidID(id) {
		return connectionView{}, hub.ErrNotFound
	}
	all, err := s.Store.Health(ctx, v.organization.ID)
	if err != nil {
		return connectionView{}, err
	}
	for _, c := range viewConnections(all, s.Clock()) {
		if c.ID == id {
			return c, nil
		}
	}
	return connectionView{}, hub.ErrNotFound
}
