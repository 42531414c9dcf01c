package console

import (
	"net/http"
	"strings"

	"sirocco/hub"
)

// createWebhook makes an endpoint, and leads to where its secret is shown once.
func (s *server) createWebhook(w http.ResponseWriter, v *visit) error {
	url, description := strings.TrimSpace(v.PostFormValue("url")), v.PostFormValue("description")
	types := []hub.EventType{}
	for _, t := range v.PostForm["type"] {
		types = append(types, hub.EventType(t))
	}
	n := hub.WebhookPatch{URL: &url, Description: &description, EventTypes: &types}
	err := n.Validate(s.Targets)
	if wrong := wrongField(err); wrong != "" {
		return s.renderWebhooks(w, v, http.StatusUnprocessableEntity, givenEndpoint{url, description, types, wrong})
	}
	if err != nil {
		return err
	}
	e, secret, err := s.Store.CreateEndpoint(v.Context(), v.organization.ID, n)
	if err != nil {
		return err
	}
	return s.showOnce(w, v, "/webhooks/"+e.ID, secret)
}

// rotateWebhook gives an endpoint a new secret, and leads to where it is shown once.
func (s *server) rotateWebhook(w http.ResponseWriter, v *visit) error {
	_, secret, err := s.Store.RotateSecret(v.Context(), v.organization.ID, v.PathValue("endpoint"))
	if err != nil {
		return err
	}
	return s.showOnce(w, v, "/webhooks/"+v.PathValue("endpoint"), secret)
}

// testWebhook sends an event about a recording that does not exist, and leads to what becomes of it.
func (s *server) testWebhook(w http.ResponseWriter, v *visit) error {
	t := hub.EventType(v.PostFormValue("type"))
	if err := hub.ValidateEventType("type", t); err != nil {
		return err
	}
	id := v.PathValue("endpoint")
	event, err := s.Store.SendTestEvent(v.Context(), v.organization.ID, id, t)
	if err != nil {
		return err
	}
	return s.redirect(w, v, "webhook-tested", "/webhooks/"+id+"/deliveries/"+event)
}

// switchWebhook disables or enables an endpoint.
func (s *server) switchWebhook(w http.ResponseWriter, v *visit) error {
	disabled := v.PostFormValue("disabled") == "yes"
	e, err := s.Store.PatchEndpoint(v.Context(), v.organization.ID, v.PathValue("endpoint"), hub.WebhookPatch{Disabled: &disabled})
	if err != nil {
		return err
	}
	notice := "webhook-enabled"
	if disabled {
		notice = "webhook-disabled"
	}
	return s.redirect(w, v, notice, "/webhooks/"+e.ID)
}
