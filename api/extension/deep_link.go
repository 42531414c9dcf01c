package extension

import (
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
)

// DeepLinkAnswer is a link that begins a recording.
type DeepLinkAnswer struct {
	Body struct {
		URL string `json:"url"`
	}
}

func (s *server) registerDeepLinks() {
	wire.Register(s.API, wire.Operation{
		OperationID: "getDeepLink", Method: http.MethodGet, Path: "/v1/integrations/engagements/{id}/deep-link", Summary: "Get the link that begins a recording of an appointment",
		Description: "Opened on the rep's phone it starts the recording app with a recording that is linked to the appointment from the start. A recording that runs is not interrupted, and an unknown or malformed conversation type is the rep's default.",
		Tags:        []string{"Engagements"}, Extensions: wire.Extension(),
	}, wire.JSONErrors(http.StatusNotFound), func(r *wire.Request, in *struct {
		wire.IDPath
		Title            string `query:"title" maxLength:"256" doc:"The recording's title; the appointment's subject, where it is left out."`
		ConversationType string `query:"conversationType" doc:"The id of a conversation type."`
		RedirectURL      string `query:"redirectUrl" maxLength:"2048" doc:"Where the app goes afterwards: an address with a scheme, which may be an app's own."`
	},
	) (*DeepLinkAnswer, error) {
		link, err := wire.AtPath(r, &in.IDPath, "engagement", func(organization string) (hub.DeepLink, error) {
			return s.Store.DeepLink(r, organization, in.ID)
		})
		if err != nil {
			return nil, err
		}
		asked := hub.DeepLink{Title: in.Title, ConversationType: in.ConversationType, RedirectURL: in.RedirectURL}
		if err := asked.Validate("title", "conversationType", "redirectUrl"); err != nil {
			return nil, err
		}
		link.Host, link.ConversationType, link.RedirectURL = s.DeepLinkHost, in.ConversationType, in.RedirectURL
		if in.Title != "" {
			link.Title = in.Title
		}
		out := &DeepLinkAnswer{}
		out.Body.URL = link.URL()
		return out, nil
	})
}
