package console

import (
	"net/http"

	"sirocco/store"
)

// deletePage says what goes with a connection.
type deletePage struct {
	page
	store.ConnectionCounts

	Connection connectionView
}

func (s *server) showDelete(w http.ResponseWriter, v *visit) error {
	c, err := s.connectionOf(v.Context(), v)
	if err != nil {
		return err
	}
	shown := &deletePage{page: s.page(v, "Delete "+c.Name), Connection: c}
	if shown.ConnectionCounts, err = s.Store.ConnectionCounts(v.Context(), c.OrganizationID, c.ID); err != nil {
		return err
	}
	return s.render(w, v, http.StatusOK, "delete", shown)
}

func (s *server) deleteConnection(w http.ResponseWriter, v *visit) error {
	version, err := versionOf(v)
	if err != nil {
		return err
	}
	if _, err := s.Store.DeleteConnection(v.Context(), v.organization.ID, v.PathValue("connection"), version); err != nil {
		return err
	}
	return s.redirect(w, v, "connection-deleted", "/connections")
}
