package console

import "net/http"

// syncConnection lets a connection sync now.
func (s *server) syncConnection(w http.ResponseWriter, v *visit) error {
	id := v.PathValue("connection")
	if err := s.Store.RequestSync(v.Context(), v.organization.ID, id, nil, nil); err != nil {
		return err
	}
	return s.redirect(w, v, "sync-asked", "/connections/"+id)
}
