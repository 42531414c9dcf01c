package extension

import (
	"encoding/json"
	"errors"
	"net/http"

	"sirocco/api/view"
	"sirocco/api/wire"
	"sirocco/hub"
)

// ConfigurationAnswer is one conversation configuration.
type ConfigurationAnswer struct {
	Body struct {
		Data view.ConversationConfiguration `json:"data"`
	}
}

func (s *server) registerConfigurations() {
	wire.Register(s.API, wire.Operation{
		OperationID: "putConversationConfiguration", Method: http.MethodPut, Path: "/v1/core/conversation-configurations", Summary: "Define what conversations of a type are like",
		Description: "It takes the place of the one of its conversationType, which is made up where it is left out, in the organization, or in the team that teamId names.",
		Tags:        []string{"Conversation configurations"}, Extensions: wire.Extension(), MaxBodyBytes: 256<<10 + 1,
	}, wire.JSONErrors(http.StatusConflict), s.putConfiguration)
}

func (s *server) putConfiguration(r *wire.Request, in *struct {
	wire.OrganizationSelector
	Body view.ConversationConfiguration
},
) (*ConfigurationAnswer, error) {
	organization, err := r.Organization(in.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	c := in.Body
	c.OrgID = organization
	if c.ConversationType == "" {
		c.ConversationType = hub.NewID()
	}
	if !hub.ValidID(c.ConversationType) {
		return nil, hub.Invalid("conversationType", "is "+hub.Quoted(c.ConversationType), "a UUID, or nothing: then one is made up")
	}
	of := organization
	if c.TeamID != "" {
		if _, err := s.Store.Team(r, organization, c.TeamID); errors.Is(err, hub.ErrNotFound) {
			return nil, hub.Invalid("teamId", "names no team of the organization", "the id of one, or nothing")
		} else if err != nil {
			return nil, err
		}
		of = c.TeamID
	}
	c.ID = of + "-" + c.ConversationType
	text, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	out := &ConfigurationAnswer{}
	out.Body.Data = c
	return out, s.Store.PutConfiguration(r, organization, c.ID, string(text))
}
