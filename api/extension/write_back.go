package extension

import (
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
)

// WriteBack is how a connection writes back.
type WriteBack struct {
	Corrections string `json:"corrections" enum:"NOTE,CHANGE,LEAVE" doc:"What happens when an analysis comes again after its note was written: NOTE writes a second note that says that it is a correction; CHANGE changes the note where the CRM lets us and nobody else has changed it, else it is as NOTE; LEAVE leaves it."`
}

// WriteBackAnswer is how a connection writes back.
type WriteBackAnswer struct {
	Body WriteBack
}

func (s *server) registerWriteBack() {
	add := func(id, method, summary string) wire.Operation {
		return wire.Operation{
			OperationID: id, Method: method, Path: connectionPath + "/write-back", Summary: summary,
			Tags: []string{"Write-back"}, Extensions: wire.Extension(),
		}
	}
	wire.Register(s.API, add("getWriteBack", http.MethodGet, "See how a connection writes back"), wire.JSONErrors(http.StatusNotFound), s.getWriteBack)
	wire.Register(s.API, add("patchWriteBack", http.MethodPatch, "Change how a connection writes back"), wire.JSONErrors(http.StatusNotFound), s.patchWriteBack)
}

func (s *server) getWriteBack(r *wire.Request, in *wire.IDPath) (*WriteBackAnswer, error) {
	chosen, err := wire.AtPath(r, in, connectionKind, func(organization string) (hub.Corrections, error) { return s.Store.Corrections(r, organization, in.ID) })
	if err != nil {
		return nil, err
	}
	return &WriteBackAnswer{Body: WriteBack{Corrections: string(chosen)}}, nil
}

func (s *server) patchWriteBack(r *wire.Request, in *struct {
	wire.IDPath
	Body WriteBack
},
) (*WriteBackAnswer, error) {
	c, err := s.connectionOf(r, &in.IDPath)
	if err != nil {
		return nil, err
	}
	if err := s.Store.SetCorrections(r, c.OrganizationID, c.ID, hub.Corrections(in.Body.Corrections)); err != nil {
		return nil, hub.Missing(connectionKind, err)
	}
	return s.getWriteBack(r, &in.IDPath)
}
