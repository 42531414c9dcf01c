package console

import (
	"cmp"
	"errors"
	"net/http"
	"strings"
	"time"

	"sirocco/hub"
)

// inboundAddress is where the platform of a connection posts to.
type inboundAddress struct {
	URL, Header string
	// Since is when its secret was made, zero where there is none yet; PreviousUntil how long one before it counts, too.
	Since, PreviousUntil time.Time
	// Secret is one just made, shown this once; empty otherwise.
	Secret string
}

// inboundAddress finds where the platform of a connection posts to; nil where that posts nothing.
func (s *server) inboundAddress(w http.ResponseWriter, v *visit, c hub.Connection) (*inboundAddress, error) {
	if !c.Platform.Calls() {
		return nil, nil
	}
	shown := &inboundAddress{URL: s.publicURL(v) + hub.InboundPath + c.ID, Header: hub.InboundHeader, Secret: s.takeOnce(w, v, onceSecret, "/connections/"+c.ID)}
	in, err := s.Store.InboundOf(v.Context(), c.OrganizationID, c.ID)
	if errors.Is(err, hub.ErrNotFound) {
		return shown, nil
	}
	shown.Since, shown.PreviousUntil = in.RotatedAt, in.PreviousUntil
	return shown, err
}

// publicURL is what addresses of the server begin with, without a slash at its end.
func (s *server) publicURL(v *visit) string {
	return strings.TrimSuffix(cmp.Or(s.PublicURL, s.Origin(v.Request)), "/")
}

// rotateInbound makes the secret that a platform posts with, and leads to where it is shown once.
func (s *server) rotateInbound(w http.ResponseWriter, v *visit) error {
	id := v.PathValue("connection")
	_, secret, err := s.Store.RotateInbound(v.Context(), v.organization.ID, id)
	if err != nil {
		return err
	}
	return s.showOnce(w, v, "/connections/"+id, secret)
}
