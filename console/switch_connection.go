package console

import (
	"net/http"
	"time"

	"sirocco/hub"
)

// switchConnection pauses or resumes a connection, as it stood when the person looked at it.
func (s *server) switchConnection(w http.ResponseWriter, v *visit) error {
	active := v.PostFormValue("active") == "yes"
	p := hub.ConnectionPatch{Active: &active}
	var err error
	if p.IfUpdatedAt, err = versionOf(v); err != nil {
		return err
	}
	c, err := s.Store.PatchConnection(v.Context(), v.organization.ID, v.PathValue("connection"), p)
	if err != nil {
		return err
	}
	notice := "paused"
	if active {
		notice = "resumed"
	}
	return s.redirect(w, v, notice, backOf(v, "/connections/"+c.ID))
}

// versionOf is the version of a connection that the person saw, as a precondition; see hub.ConnectionPatch.
func versionOf(v *visit) ([]time.Time, error) {
	at, err := time.Parse(time.RFC3339Nano, v.PostFormValue("version"))
	if err != nil {
		return nil, hub.Invalid("version", "is missing", "the version of the connection that you looked at: reload the page")
	}
	return []time.Time{at}, nil
}

// backOf is the page that an action leads back to: the one that its form names, with its filter, or another.
func backOf(v *visit, otherwise string) string {
	back := v.PostFormValue("back")
	if back == "" || nextOf(back) != back {
		return otherwise
	}
	return back
}
