package organization

import (
	"context"
	"net/http"
	"slices"
	"time"

	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// Connections is where connections are kept. It is the Store; the benchmark's baseline keeps them in memory.
type Connections interface {
	CreateConnection(ctx context.Context, organization string, n hub.NewConnection) (hub.Connection, error)
	Connection(ctx context.Context, organization, id string) (hub.Connection, error)
	Connections(ctx context.Context, organization string, f store.ConnectionFilter) ([]hub.Connection, error)
	PatchConnection(ctx context.Context, organization, id string, p hub.ConnectionPatch) (hub.Connection, error)
	DeleteConnection(ctx context.Context, organization, id string, ifUpdatedAt []time.Time) (hub.Connection, error)
}

// CreatablePlatform is a platform that a client may create a connection of.
type CreatablePlatform hub.Platform

// Schema implements huma.SchemaProvider.
func (CreatablePlatform) Schema(wire.Schemas) *wire.Schema {
	return wire.EnumSchema(hub.CreatablePlatforms(), "The kind of CRM on the other end.")
}

// ListedPlatform is a platform that a connection can have.
type ListedPlatform hub.Platform

// Schema implements huma.SchemaProvider. The published platforms are told; those that are a file are taken, too.
func (ListedPlatform) Schema(wire.Schemas) *wire.Schema {
	return &wire.Schema{
		Type: wire.TypeString, Description: "List only connections of this platform. Those that are a file, of ours or of an operator's own, are taken, too.",
		Extensions: map[string]any{"enum": hub.Platforms(), "x-sirocco-extension-pattern": "^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$"},
	}
}

// Connection is a connection as the contract shows it.
type Connection struct {
	ID                  string            `json:"id" doc:"Ours; time-ordered."`
	Name                string            `json:"name"`
	ExternalAccountID   string            `json:"externalAccountId" doc:"The CRM's own id of the account."`
	OrganizationID      string            `json:"organizationId"`
	IntegrationPlatform CreatablePlatform `json:"integrationPlatform"`
	CreatedAt           string            `json:"createdAt"`
	UpdatedAt           string            `json:"updatedAt" doc:"Grows with every change of the connection itself; sync progress has its own times."`
	IsActive            bool              `json:"isActive" doc:"Whether the connection really syncs."`
	SyncStatus          []SyncStatus      `json:"syncStatus" doc:"How far the sync of each CRM model has come."`
	SyncTranscript      bool              `json:"syncTranscript" required:"false" doc:"Whether a recording's transcript goes into what is written back."`
}

// SyncStatus is how far the sync of one model has come.
type SyncStatus struct {
	ID                 string  `json:"id"`
	ModelName          string  `json:"modelName"`
	ModelSyncStatus    string  `json:"modelSyncStatus" enum:"SYNCING,UP_TO_DATE,ERROR"`
	ModelModifiedAfter *string `json:"modelModifiedAfter" doc:"The cursor: everything the CRM changed up to here is in. Null before the first sync."`
	CreatedAt          string  `json:"createdAt"`
	UpdatedAt          *string `json:"updatedAt"`
}

func showConnection(c hub.Connection) Connection {
	statuses := make([]SyncStatus, len(c.SyncStatus))
	for i, st := range c.SyncStatus {
		statuses[i] = SyncStatus{
			ID: st.ID, ModelName: string(st.Model), ModelSyncStatus: string(st.State),
			ModelModifiedAfter: wire.TimeOrNull(st.ModifiedAfter),
			CreatedAt:          hub.WireTime(st.CreatedAt), UpdatedAt: wire.TimeOrNull(st.UpdatedAt),
		}
	}
	return Connection{
		ID: c.ID, Name: c.Name, ExternalAccountID: c.ExternalAccountID, OrganizationID: c.OrganizationID,
		IntegrationPlatform: CreatablePlatform(c.Platform), IsActive: c.Active, SyncTranscript: c.SyncTranscript,
		CreatedAt: hub.WireTime(c.CreatedAt), UpdatedAt: hub.WireTime(c.UpdatedAt), SyncStatus: statuses,
	}
}

// ConnectionAnswer is one connection.
type ConnectionAnswer struct {
	ETag string `header:"ETag" extension:"true" doc:"The version of the connection, for If-Match."`
	Body Connection
}

// ConnectionsAnswer is one page of connections.
type ConnectionsAnswer struct {
	Body struct {
		Data   []Connection `json:"data"`
		Cursor *string      `json:"cursor" doc:"Give it as cursor to get the next page; null on the last."`
	}
}

const (
	connectionsPath = "/v1/core/integrations/connections"
	connectionPath  = connectionsPath + "/{id}"
	connectionTag   = "Connections"
	connectionKind  = "connection"
)

func (s *server) registerConnections() {
	wire.Register(s.API, wire.Operation{
		OperationID: "listConnections", Method: http.MethodGet, Path: connectionsPath,
		Summary: "List connections", Tags: []string{connectionTag},
	}, wire.PlainErrors(), s.listConnections)
	wire.Register(s.API, wire.Operation{
		OperationID: "createConnection", Method: http.MethodPost, Path: connectionsPath, DefaultStatus: http.StatusCreated,
		Summary: "Create a connection", Tags: []string{connectionTag},
	}, wire.TextErrors(http.StatusBadRequest, http.StatusConflict), s.createConnection)
	wire.Register(s.API, wire.Operation{
		OperationID: "getConnection", Method: http.MethodGet, Path: connectionPath,
		Summary: "Get a connection", Tags: []string{connectionTag},
	}, wire.PlainErrors(http.StatusNotFound), s.getConnection)
	wire.Register(s.API, wire.Operation{
		OperationID: "patchConnection", Method: http.MethodPatch, Path: connectionPath,
		Summary: "Change a connection", Tags: []string{connectionTag},
		Description: "Changes what the body names and leaves the rest. `isActive: false` stops syncing, a running sync at its next page with its cursor saved; `true` goes on from there. An empty object changes nothing.",
	}, wire.PlainErrors(http.StatusNotFound), s.patchConnection)
	wire.Register(s.API, wire.Operation{
		OperationID: "deleteConnection", Method: http.MethodDelete, Path: connectionPath,
		Summary: "Delete a connection", Tags: []string{connectionTag},
		Description: "Answers with the connection as it last was. Its syncs stop and its credentials are erased.",
	}, wire.PlainErrors(http.StatusNotFound), s.deleteConnection)
}

func (s *server) listConnections(r *wire.Request, in *struct {
	wire.OrganizationSelector
	wire.PageQuery
	Platform ListedPlatform `query:"integrationPlatform"`
},
) (*ConnectionsAnswer, error) {
	out := &ConnectionsAnswer{}
	var err error
	out.Body.Data, out.Body.Cursor, err = wire.List(r, in.OrganizationSelector, in.PageQuery, func(c hub.Connection) string { return c.ID }, showConnection, func(organization, after string, limit int) ([]hub.Connection, error) {
		return s.Connections.Connections(r, organization, store.ConnectionFilter{Platform: hub.Platform(in.Platform), After: after, Limit: limit})
	})
	if err == nil && len(out.Body.Data) == 0 && in.Cursor == "" && !s.knowsPlatform(hub.Platform(in.Platform)) {
		return nil, hub.Invalid("integrationPlatform", "is "+hub.Quoted(string(in.Platform)), "one of "+hub.PlatformNames(hub.Platforms())+", or one that is a file of this server")
	}
	return out, err
}

// knowsPlatform reports whether a filter may name a platform of which there is no connection: one of the contract's, or one
// that this server has a connector of. Of another one the file is not here, where there are connections.
func (s *server) knowsPlatform(p hub.Platform) bool {
	return p == "" || slices.Contains(hub.Platforms(), p) || len(s.Models(p)) > 0
}

func (s *server) createConnection(r *wire.Request, in *struct {
	wire.OrganizationSelector
	wire.ExactBody
	Body struct {
		Name                string            `json:"name" minLength:"1" maxLength:"256"`
		IntegrationPlatform CreatablePlatform `json:"integrationPlatform"`
		ExternalAccountID   string            `json:"externalAccountId" minLength:"1" maxLength:"256"`
		IsActive            *bool             `json:"isActive,omitempty" default:"true"`
	}
},
) (*ConnectionAnswer, error) {
	organization, err := r.Organization(in.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	platform := hub.Platform(in.Body.IntegrationPlatform)
	n := hub.NewConnection{
		Name: in.Body.Name, ExternalAccountID: in.Body.ExternalAccountID, Platform: platform,
		Active: in.Body.IsActive == nil || *in.Body.IsActive, Models: s.Models(platform),
	}
	c, err := s.Connections.CreateConnection(r, organization, n)
	if err != nil {
		return nil, err
	}
	return answerConnection(c), nil
}

func (s *server) getConnection(r *wire.Request, in *wire.IDPath) (*ConnectionAnswer, error) {
	c, err := wire.AtPath(r, in, connectionKind, func(organization string) (hub.Connection, error) {
		return s.Connections.Connection(r, organization, in.ID)
	})
	return answerConnection(c), err
}

func (s *server) patchConnection(r *wire.Request, in *struct {
	wire.IDPath
	wire.Precondition
	wire.ExactBody
	Body struct {
		Name           *string `json:"name,omitempty" minLength:"1" maxLength:"256"`
		IsActive       *bool   `json:"isActive,omitempty"`
		SyncTranscript *bool   `json:"syncTranscript,omitempty"`
	}
},
) (*ConnectionAnswer, error) {
	p := hub.ConnectionPatch{Name: in.Body.Name, Active: in.Body.IsActive, SyncTranscript: in.Body.SyncTranscript, IfUpdatedAt: wire.Versions(in.IfMatch)}
	c, err := wire.AtPath(r, &in.IDPath, connectionKind, func(organization string) (hub.Connection, error) {
		return s.Connections.PatchConnection(r, organization, in.ID, p)
	})
	return answerConnection(c), err
}

func (s *server) deleteConnection(r *wire.Request, in *struct {
	wire.IDPath
	wire.Precondition
},
) (*ConnectionAnswer, error) {
	c, err := wire.AtPath(r, &in.IDPath, connectionKind, func(organization string) (hub.Connection, error) {
		return s.Connections.DeleteConnection(r, organization, in.ID, wire.Versions(in.IfMatch))
	})
	return answerConnection(c), err
}

func answerConnection(c hub.Connection) *ConnectionAnswer {
	return &ConnectionAnswer{ETag: wire.ETag(c.UpdatedAt), Body: showConnection(c)}
}
