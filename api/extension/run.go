package extension

import (
	"maps"
	"net/http"
	"slices"

	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// Run is one pass over all models of a connection.
type Run struct {
	ID        string  `json:"id"`
	StartedAt string  `json:"startedAt"`
	EndedAt   *string `json:"endedAt" doc:"Null while it goes on."`
	Outcome   *string `json:"outcome" enum:"DONE,FAILED,PAUSED,DISABLED,CUT_OFF,REPLACED,DELETED" doc:"How it ended; null while it goes on."`
	WokenBy   string  `json:"wokenBy" enum:"WEBHOOK,POLL" doc:"Why it began: WEBHOOK where the CRM's side said that something changed, POLL where its interval was over or somebody asked for it."`
	RunTotals
	Error  *string       `json:"error" doc:"Why it failed or was cut short, in a sentence; null when it was not."`
	Models []ModelTotals `json:"models" doc:"What was done of each model of which something was."`
}

// RunTotals is what a run did.
type RunTotals struct {
	Pages           int   `json:"pages"`
	Created         int   `json:"created"`
	Updated         int   `json:"updated"`
	Unchanged       int   `json:"unchanged"`
	Deleted         int   `json:"deleted"`
	Quarantined     int   `json:"quarantined"`
	Missed          int   `json:"missed" doc:"How many changes a whole reading found that earlier runs should have brought."`
	Bytes           int64 `json:"bytes" doc:"What the CRM sent, in bytes."`
	RateLimitWaitMs int64 `json:"rateLimitWaitMs" doc:"How long it waited for the CRM's rate limit, in milliseconds."`
}

// ModelTotals is what a run did of one model.
type ModelTotals struct {
	ModelName string `json:"modelName"`
	RunTotals
}

func showTotals(t store.RunTotals) RunTotals {
	return RunTotals{
		Pages: t.Pages, Created: t.Created, Updated: t.Updated, Unchanged: t.Unchanged, Deleted: t.Deleted, Quarantined: t.Quarantined, Missed: t.Missed,
		Bytes: t.Bytes, RateLimitWaitMs: t.RateWait.Milliseconds(),
	}
}

func showRun(r store.SyncRun) Run {
	shown := Run{
		ID: r.ID, StartedAt: hub.WireTime(r.StartedAt), EndedAt: wire.TimeOrNull(r.EndedAt), Outcome: wire.OrNull(string(r.Outcome)),
		RunTotals: showTotals(r.RunTotals), Error: wire.OrNull(r.Error), WokenBy: "POLL", Models: []ModelTotals{},
	}
	if r.Woken {
		shown.WokenBy = "WEBHOOK"
	}
	for _, model := range slices.Sorted(maps.Keys(r.Models)) {
		shown.Models = append(shown.Models, ModelTotals{string(model), showTotals(r.Models[model])})
	}
	return shown
}

// RunsAnswer is one page of runs.
type RunsAnswer struct {
	Body struct {
		Data   []Run   `json:"data" doc:"The latest first."`
		Cursor *string `json:"cursor" doc:"Give it as cursor to get the next page; null on the last."`
	}
}

// RunAnswer is one run.
type RunAnswer struct {
	Body Run
}

// runPath names a run of a connection.
type runPath struct {
	wire.IDPath
	Run string `path:"run"`
}

func (s *server) registerRuns() {
	wire.Register(s.API, connectionOperation("listRuns", http.MethodGet, "/runs", "List the sync runs of a connection", ""),
		wire.JSONErrors(http.StatusNotFound), s.listRuns)
	wire.Register(s.API, connectionOperation("getRun", http.MethodGet, "/runs/{run}", "See what a sync run did", ""),
		wire.JSONErrors(http.StatusNotFound), s.getRun)
}

func (s *server) getRun(r *wire.Request, in *runPath) (*RunAnswer, error) {
	c, err := s.connectionOf(r, &in.IDPath)
	if err != nil {
		return nil, err
	}
	if !hub.ValidID(in.Run) {
		return nil, hub.NoSuch("run")
	}
	run, err := s.Store.SyncRun(r, c.OrganizationID, c.ID, in.Run)
	if err != nil {
		return nil, hub.Missing("run", err)
	}
	return &RunAnswer{Body: showRun(run)}, nil
}

func (s *server) listRuns(r *wire.Request, in *struct {
	wire.IDPath
	wire.PageQuery
},
) (*RunsAnswer, error) {
	c, err := s.connectionOf(r, &in.IDPath)
	if err != nil {
		return nil, err
	}
	found, cursor, err := wire.ReadPage(in.PageQuery, func(run store.SyncRun) string { return run.ID }, func(before string, limit int) ([]store.SyncRun, error) {
		return s.Store.SyncRuns(r, c.OrganizationID, c.ID, before, limit)
	})
	out := &RunsAnswer{}
	out.Body.Data, out.Body.Cursor = wire.Each(found, showRun), cursor
	return out, err
}
