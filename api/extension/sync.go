package extension

import (
	"errors"
	"net/http"
	"time"

	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// SyncAnswer is what the sync of a connection does now.
type SyncAnswer struct {
	Body struct {
		Explanation     string  `json:"explanation" doc:"What the sync does now, or why it does nothing, in a sentence."`
		IntervalSeconds int64   `json:"intervalSeconds" doc:"How long after one run the next one begins."`
		NextAt          *string `json:"nextAt" doc:"When the next run begins; null while one goes on or none is planned."`
		Quarantined     int     `json:"quarantined" doc:"How many records are in quarantine."`
		Run             *Run    `json:"run,omitempty" doc:"The run that goes on, or the latest; left out before the first."`
	}
}

// connectionOperation is what the operations on a connection have in common.
func connectionOperation(id, method, path, summary, description string) wire.Operation {
	return wire.Operation{
		OperationID: id, Method: method, Path: connectionPath + path, Summary: summary, Description: description,
		Tags: []string{connectionTag}, Extensions: wire.Extension(),
	}
}

func (s *server) registerSync() {
	wire.Register(s.API, connectionOperation("getSync", http.MethodGet, "/sync", "See what the sync of a connection does", ""),
		wire.JSONErrors(http.StatusNotFound), s.getSync)
	sync := connectionOperation("startSync", http.MethodPost, "/sync", "Sync a connection now",
		"Begins at once, or right after the run that goes on. With `from` the cursor of the named models, or of all, goes back to that time; what comes again unchanged is not written again.")
	sync.DefaultStatus = http.StatusAccepted
	wire.Register(s.API, sync, wire.JSONErrors(http.StatusNotFound, http.StatusConflict), s.startSync)
	wire.Register(s.API, connectionOperation("patchSync", http.MethodPatch, "/sync", "Change how often a connection syncs", ""),
		wire.JSONErrors(http.StatusNotFound), s.patchSync)
}

// connectionOf returns the connection that a path names.
func (s *server) connectionOf(r *wire.Request, in *wire.IDPath) (hub.Connection, error) {
	return wire.AtPath(r, in, connectionKind, func(organization string) (hub.Connection, error) { return s.Store.Connection(r, organization, in.ID) })
}

func (s *server) getSync(r *wire.Request, in *wire.IDPath) (*SyncAnswer, error) {
	c, err := s.connectionOf(r, in)
	if err != nil {
		return nil, err
	}
	sched, err := s.Store.Schedule(r, c.OrganizationID, c.ID)
	if err != nil && !errors.Is(err, hub.ErrNotFound) {
		return nil, err
	}
	runs, err := s.Store.SyncRuns(r, c.OrganizationID, c.ID, "", 1)
	if err != nil {
		return nil, err
	}
	counts, err := s.Store.QuarantineCounts(r, c.OrganizationID, c.ID)
	if err != nil {
		return nil, err
	}
	out := &SyncAnswer{}
	out.Body.Explanation = sched.Explain(c, s.Clock()) + wayOn(&sched, c)
	out.Body.IntervalSeconds = int64(sched.Interval / time.Second)
	out.Body.NextAt = wire.TimeOrNull(sched.DueAt)
	for _, n := range counts {
		out.Body.Quarantined += n
	}
	if len(runs) > 0 {
		run := showRun(runs[0])
		out.Body.Run = &run
	}
	return out, nil
}

// wayOn says where a user of the API gives what the sync waits for; empty where it waits for nobody.
func wayOn(sched *store.Schedule, c hub.Connection) (text string) {
	if !c.Active {
		return " A PATCH of isActive to true resumes it."
	}
	at := " /v1/core/integrations/connections/" + c.ID
	switch sched.Waiting {
	case store.NeedsCredentials:
		text = " PUT them to" + at + "/credentials."
	case store.NeedsMapping:
		text = " PUT one to" + at + "/mapping."
	}
	if len(sched.Held) > 0 {
		text += " Decide by" + at + "/deletions."
	}
	return text
}

func (s *server) startSync(r *wire.Request, in *struct {
	wire.IDPath
	Body *struct {
		Models []string   `json:"models,omitempty" maxItems:"100" doc:"The modelNames whose cursor goes back; all when left out."`
		From   *time.Time `json:"from,omitempty" doc:"Where the cursor goes back to, a time that has passed; one that is earlier already stays, as all do without it."`
	}
},
) (*SyncAnswer, error) {
	c, err := s.connectionOf(r, &in.IDPath)
	if err != nil {
		return nil, err
	}
	var named []hub.Model
	var from *time.Time
	if in.Body != nil { // without a body it just syncs now
		named, from = models(in.Body.Models), in.Body.From
	}
	if err := s.Store.RequestSync(r, c.OrganizationID, c.ID, named, from); err != nil {
		return nil, paused(hub.Missing(connectionKind, err))
	}
	return s.getSync(r, &in.IDPath)
}

func models(names []string) []hub.Model {
	var all []hub.Model
	for _, name := range names {
		all = append(all, hub.Model(name))
	}
	return all
}

func paused(err error) error {
	if errors.Is(err, hub.ErrDisabled) {
		return hub.Conflict("The organization is disabled: set its disabled to false first.")
	}
	if errors.Is(err, hub.ErrPaused) {
		return hub.Conflict("The connection is paused: set isActive to true first.")
	}
	return err
}

func (s *server) patchSync(r *wire.Request, in *struct {
	wire.IDPath
	Body struct {
		IntervalSeconds int64 `json:"intervalSeconds" minimum:"10" maximum:"86400"`
	}
},
) (*SyncAnswer, error) {
	c, err := s.connectionOf(r, &in.IDPath)
	if err != nil {
		return nil, err
	}
	if err := s.Store.SetSyncInterval(r, c.OrganizationID, c.ID, time.Duration(in.Body.IntervalSeconds)*time.Second); err != nil {
		return nil, hub.Missing("connection that pulls", err)
	}
	return s.getSync(r, &in.IDPath)
}
