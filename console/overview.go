package console

import (
	"net/http"

	"sirocco/hub"
	"sirocco/store"
)

// overviewPage is what is well in an organization, and what is not.
type overviewPage struct {
	page

	Connections []overviewConnection
}

// overviewConnection is one connection, and what it does in the engine's words.
type overviewConnection struct {
	hub.Connection

	Sentence string
}

func (s *server) showOverview(w http.ResponseWriter, v *visit) error {
	if v.organization.ID == "" {
		return s.render(w, v, http.StatusOK, "organizations", &overviewPage{page: s.page(v, "Organizations")})
	}
	shown := &overviewPage{page: s.page(v, "Overview")}
	all, err := s.Store.Connections(v.Context(), v.organization.ID, store.ConnectionFilter{Limit: 100})
	if err != nil {
		return err
	}
	for _, c := range all {
		sched, err := s.Store.Schedule(v.Context(), c.OrganizationID, c.ID)
		if err != nil && !isMissing(err) {
			return err
		}
		shown.Connections = append(shown.Connections, overviewConnection{Connection: c, Sentence: sched.Explain(c, s.Clock())})
	}
	return s.render(w, v, http.StatusOK, "overview", shown)
}
