package extension

import (
	"errors"
	"maps"
	"net/http"
	"slices"

	"sirocco/api/wire"
	"sirocco/hub"
)

// Deletions are records of one model that the CRM no longer shows, and of which a person has to say what that means.
type Deletions struct {
	ModelName   string   `json:"modelName"`
	Records     int      `json:"records" doc:"How many they are."`
	ExternalIDs []string `json:"externalIds" doc:"The CRM's ids of the first hundred."`
}

// DeletionsAnswer is what waits for a decision over a connection.
type DeletionsAnswer struct {
	Body struct {
		LimitPercent int         `json:"limitPercent" doc:"How many percent of a model (of at least 20 records) may be found gone at once before they wait for a decision; 100 means that none ever do."`
		Data         []Deletions `json:"data" doc:"One entry for each model of which records wait; empty where none do."`
	}
}

// DecidedAnswer tells about how many records was decided.
type DecidedAnswer struct {
	Body struct {
		Decided int `json:"decided"`
	}
}

// heldShown is how many ids are shown of a model's records that wait.
const heldShown = 100

func (s *server) registerDeletions() {
	wire.Register(s.API, connectionOperation("listDeletions", http.MethodGet, "/deletions", "See which deletions wait for a decision",
		"Where a CRM shows none of a model's records any more, or lacks a large part of them, they do not count as deleted before a person says so; those that it shows again no longer wait."),
		wire.JSONErrors(http.StatusNotFound), s.listDeletions)
	wire.Register(s.API, wire.Repeatable(connectionOperation("decideDeletions", http.MethodPost, "/deletions", "Decide about the deletions that wait", "")),
		wire.JSONErrors(http.StatusNotFound), s.decideDeletions)
	wire.Register(s.API, connectionOperation("patchDeletions", http.MethodPatch, "/deletions", "Change from when on deletions wait for a decision", ""),
		wire.JSONErrors(http.StatusNotFound), s.patchDeletions)
}

func (s *server) listDeletions(r *wire.Request, in *wire.IDPath) (*DeletionsAnswer, error) {
	c, err := s.connectionOf(r, in)
	if err != nil {
		return nil, err
	}
	out := &DeletionsAnswer{}
	out.Body.Data = []Deletions{}
	sched, err := s.Store.Schedule(r, c.OrganizationID, c.ID)
	if errors.Is(err, hub.ErrNotFound) { // nothing is pulled over it
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	out.Body.LimitPercent = sched.DeletionLimit
	for _, model := range slices.Sorted(maps.Keys(sched.Held)) {
		ids, err := s.Store.HeldRecords(r, c.OrganizationID, c.ID, model, "", heldShown)
		if err != nil {
			return nil, err
		}
		out.Body.Data = append(out.Body.Data, Deletions{ModelName: string(model), Records: sched.Held[model], ExternalIDs: ids})
	}
	return out, nil
}

func (s *server) decideDeletions(r *wire.Request, in *struct {
	wire.IDPath
	Body struct {
		Decision string   `json:"decision" enum:"delete,keep" doc:"delete: they count as deleted. keep: they do not, and are not asked about again."`
		Models   []string `json:"models,omitempty" maxItems:"100" doc:"Only these modelNames; all when left out."`
	}
},
) (*DecidedAnswer, error) {
	c, err := s.connectionOf(r, &in.IDPath)
	if err != nil {
		return nil, err
	}
	out := &DecidedAnswer{}
	out.Body.Decided, err = s.Store.DecideDeletions(r, c.OrganizationID, c.ID, models(in.Body.Models), in.Body.Decision == "delete")
	return out, hub.Missing(connectionKind, err)
}

func (s *server) patchDeletions(r *wire.Request, in *struct {
	wire.IDPath
	Body struct {
		LimitPercent int `json:"limitPercent" minimum:"0" maximum:"100"`
	}
},
) (*DeletionsAnswer, error) {
	c, err := s.connectionOf(r, &in.IDPath)
	if err != nil {
		return nil, err
	}
	if err := s.Store.SetDeletionLimit(r, c.OrganizationID, c.ID, in.Body.LimitPercent); err != nil {
		return nil, hub.Missing("connection that pulls", err)
	}
	return s.listDeletions(r, &in.IDPath)
}
