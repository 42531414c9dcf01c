package console

import (
	"net/http"

	"sirocco/hub"
)

// settleDelivery says what became of a note that was sent and is not proven to be there.
func (s *server) settleDelivery(w http.ResponseWriter, v *visit) error {
	there := v.PostFormValue("there")
	if there != "yes" && there != "no" {
		return hub.Invalid("there", "is neither yes nor no", "what you see in the CRM")
	}
	if _, err := s.Store.SettleDelivery(v.Context(), v.organization.ID, v.PathValue("delivery"), there == "yes", v.PostFormValue("note")); err != nil {
		return err
	}
	return s.redirect(w, v, "delivery-settled", backOf(v, "/"))
}
