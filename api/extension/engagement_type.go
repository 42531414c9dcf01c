package extension

import (
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// EngagementType is a type of engagements.
type EngagementType struct {
	ID           string `json:"id" doc:"What a push names as engagementTypeId."`
	ExternalID   string `json:"externalId" doc:"The CRM's own id, or what stands for it where it has none."`
	Name         string `json:"name"`
	ActivityType string `json:"activityType,omitempty"`
	ConnectionID string `json:"integrationConnectionId"`
	CreatedAt    string `json:"createdAt"`
	UpdatedAt    string `json:"updatedAt"`
}

// EngagementTypesAnswer is one page of types of engagements.
type EngagementTypesAnswer struct {
	Body struct {
		Data   []EngagementType `json:"data" nullable:"false"`
		Cursor *string          `json:"cursor" doc:"Give it as cursor to get the next page; null on the last."`
	}
}

func (s *server) registerEngagementTypes() {
	wire.Register(s.API, wire.Operation{
		OperationID: "listEngagementTypes", Method: http.MethodGet, Path: "/v1/integrations/engagement-types", Summary: "List the types of engagements",
		Tags: []string{"Engagements"}, Extensions: wire.Extension(),
	}, wire.JSONErrors(), s.listEngagementTypes)
}

func (s *server) listEngagementTypes(r *wire.Request, in *struct {
	wire.OrganizationSelector
	wire.PageQuery
	Connection string `query:"integrationConnectionId" doc:"Only those of this connection."`
},
) (*EngagementTypesAnswer, error) {
	out := &EngagementTypesAnswer{}
	var err error
	out.Body.Data, out.Body.Cursor, err = wire.List(r, in.OrganizationSelector, in.PageQuery, func(rec store.Record) string { return rec.ID }, showEngagementType,
		func(organization, after string, limit int) ([]store.Record, error) {
			return s.Store.Records(r, organization, store.RecordFilter{Model: hub.ModelEngagementType, ConnectionID: in.Connection, After: after, Limit: limit})
		})
	return out, err
}

func showEngagementType(r store.Record) EngagementType {
	return EngagementType{
		ID: r.ID, ExternalID: r.ShownID(), Name: r.Name, ActivityType: r.Details.ActivityType, ConnectionID: r.ConnectionID,
		CreatedAt: hub.WireTime(r.CreatedAt), UpdatedAt: hub.WireTime(r.UpdatedAt),
	}
}
