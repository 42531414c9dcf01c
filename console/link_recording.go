package console

import (
	"net/http"

	"sirocco/hub"
	"sirocco/store"
)

// The contract's names of what a person does in a browser.
const linkedInBrowser, unlinkedInBrowser = "USER_LINK_WEB", "USER_UNLINK"

// takeOffer says which candidate an offered recording is of, or that it is of none.
func (s *server) takeOffer(w http.ResponseWriter, v *visit) error {
	id, candidate := v.PathValue("recording"), v.PostFormValue("candidate")
	trigger, notice := linkedInBrowser, "linked"
	if candidate == "" {
		trigger, notice = unlinkedInBrowser, "none"
	}
	if _, err := s.Store.TakeOffer(v.Context(), v.organization.ID, id, candidate, trigger); err != nil {
		return err
	}
	return s.redirect(w, v, notice, "/recordings/"+id)
}

// linkRecording links a recording by hand to a record that the form names by our id.
func (s *server) linkRecording(w http.ResponseWriter, v *visit) error {
	id := v.PathValue("recording")
	if _, err := s.Store.RecordingHead(v.Context(), v.organization.ID, id); err != nil {
		return err
	}
	to := store.RecordTarget{Model: hub.Model(v.PostFormValue("model")), ID: v.PostFormValue("record")}
	found, err := s.Store.FindRecord(v.Context(), v.organization.ID, to)
	if err != nil {
		return err
	}
	_, err = s.Store.SetLink(v.Context(), v.organization.ID, id,
		hub.Link{ConnectionID: found.ConnectionID, Model: found.Model, ExternalID: found.ExternalID, Trigger: linkedInBrowser})
	if err != nil {
		return err
	}
	return s.redirect(w, v, "linked", "/recordings/"+id)
}

// unlinkRecording takes a recording's link away.
func (s *server) unlinkRecording(w http.ResponseWriter, v *visit) error {
	id := v.PathValue("recording")
	if _, err := s.Store.RemoveLink(v.Context(), v.organization.ID, id, unlinkedInBrowser); err != nil {
		return err
	}
	return s.redirect(w, v, "unlinked", "/recordings/"+id)
}

// replayRecordingDelivery sends what is to be in the CRM again.
func (s *server) replayRecordingDelivery(w http.ResponseWriter, v *visit) error {
	id := v.PathValue("recording")
	d, err := s.Store.Delivery(v.Context(), v.organization.ID, v.PostFormValue("delivery"))
	if err != nil {
		return err
	}
	if d.RecordingID != id {
		return hub.ErrNotFound
	}
	if _, err := s.Store.ReplayDelivery(v.Context(), v.organization.ID, d.ID); err != nil {
		return err
	}
	return s.redirect(w, v, "delivery-replayed", "/recordings/"+id)
}
