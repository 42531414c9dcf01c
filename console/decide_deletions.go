package console

import (
	"net/http"

	"sirocco/hub"
)

// decideDeletions says of records that the CRM no longer shows whether they count as deleted.
func (s *server) decideDeletions(w http.ResponseWriter, v *visit) error {
	decision, id := v.PostFormValue("decision"), v.PathValue("connection")
	if decision != "delete" && decision != "keep" {
		return hub.Invalid("decision", "is neither delete nor keep", "one of them")
	}
	var models []hub.Model
	if model := v.PostFormValue("model"); model != "" {
		models = []hub.Model{hub.Model(model)}
	}
	if _, err := s.Store.DecideDeletions(v.Context(), v.organization.ID, id, models, decision == "delete"); err != nil {
		return err
	}
	return s.redirect(w, v, "deletions-decided", backOf(v, "/connections/"+id))
}
