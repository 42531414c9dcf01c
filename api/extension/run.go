package extension

import (
	"net/http"
	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// Run is one pass over all models of a connection.
type Run struct {
	ID              string  `json:"id"`
	StartedAt       string  `json:"startedAt"`
	EndedAt         *string `json:"endedAt" doc:"Null while it goes on."`
	Pages           int     `json:"pages"`
	Created         int     `json:"created"`
	Updated         int     `json:"updated"`
	Unchanged       int     `json:"unchanged"`
	Deleted         int     `json:"deleted"`
	Quarantined     int     `json:"quarantined"`
	Missed          int     `json:"missed" doc:"How many changes a whole reading found that earlier runs should have brought."`
	Bytes           int64   `json:"bytes" doc:"What the CRM sent, in bytes."`
	RateLimitWaitMs int64   `json:"rateLimitWaitMs" doc:"How long it waited for the CRM's rate limit, in milliseconds."`
	Error           *string `json:"error" doc:"Why it failed, in a sentence; null when it did not."`
}

func showRun(r store.SyncRun) Run {
	return Run{
		ID: r.ID, StartedAt: hub.WireTime(r.StartedAt), EndedAt: wire.TimeOrNull(r.EndedAt), Pages: r.Pages, Created: r.Created,
		Updated: r.Updated, Unchanged: r.Unchanged, Deleted: r.Deleted, Quarantined: r.Quarantined, Missed: r.Missed, Bytes: r.Bytes,
		RateLimitWaitMs: r.RateWait.Milliseconds(), Error: wire.OrNull(r.Error),
	}
}

// RunsAnswer is one page of runs.
type RunsAnswer struct {
	Body struct {
		Data   []Run   `json:"data" doc:"The latest first."`
		Cursor *string `json:"cursor" doc:"Give it as cursor to get the next page; null on the last."`
	}
}

func (s *server) registerRuns() {
	wire.Register(s.API, connectionOperation("listRuns", http.MethodGet, "/runs", "List the sync runs of a connection", ""),
		wire.JSONErrors(http.StatusNotFound), s.listRuns)
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
