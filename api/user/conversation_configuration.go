package user

import (
	"encoding/json"
	"net/http"

	"sirocco/api/view"
	"sirocco/api/wire"
	"sirocco/hub"
)

// ConfigurationsAnswer is the conversation configurations of an organization.
type ConfigurationsAnswer struct {
	Body struct {
		Data []view.ConversationConfiguration `json:"data" nullable:"false"`
		wire.PagedBody
	}
}

func (s *server) registerConfigurations() {
	wire.RegisterUser(s.API, wire.Operation{
		OperationID: "listConversationConfigurations", Method: http.MethodGet, Path: "/v1/core/conversation-configurations",
		Summary: "List what the organization's conversations are like", Tags: []string{"Conversation configurations"},
	}, hub.ScopeRead, wire.ZodErrors(), func(r *wire.Request, in *struct {
		Organization string `query:"organizationId" required:"true" doc:"The user's own organization."`
	},
	) (*ConfigurationsAnswer, error) {
		if _, err := s.viewer(r, in.Organization); err != nil {
			return nil, err
		}
		found, err := s.Store.Configurations(r, r.User.OrganizationID)
		if err != nil {
			return nil, err
		}
		out := &ConfigurationsAnswer{}
		out.Body.Data = make([]view.ConversationConfiguration, len(found))
		for i, text := range found {
			if err := json.Unmarshal([]byte(text), &out.Body.Data[i]); err != nil { //nolint:musttag // its optional values read themselves
				return nil, err
			}
		}
		return out, nil
	})
}
