package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"sirocco/hub"
	"sirocco/store"
)

// CheckCredentials asks the CRM of a connection whether it accepts the values. It returns a
// *hub.InvalidError where they are wrong and a *hub.UnavailableError where the CRM cannot be asked.
type CheckCredentials func(ctx context.Context, c hub.Connection, values map[string]string) error

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
	Bytes           int64   `json:"bytes" doc:"What the CRM sent, in bytes."`
	RateLimitWaitMs int64   `json:"rateLimitWaitMs" doc:"How long it waited for the CRM's rate limit, in milliseconds."`
	Error           *string `json:"error" doc:"Why it failed, in a sentence; null when it did not."`
}

func showRun(r store.SyncRun) Run {
	return Run{
		ID: r.ID, StartedAt: hub.WireTime(r.StartedAt), EndedAt: optionalTime(r.EndedAt), Pages: r.Pages, Created: r.Created,
		Updated: r.Updated, Unchanged: r.Unchanged, Deleted: r.Deleted, Quarantined: r.Quarantined, Bytes: r.Bytes,
		RateLimitWaitMs: r.RateWait.Milliseconds(), Error: optionalText(r.Error),
	}
}

// RunsAnswer is one page of runs.
type RunsAnswer struct {
	Body struct {
		Data   []Run   `json:"data" doc:"The latest first."`
		Cursor *string `json:"cursor" doc:"Give it as cursor to get the next page; null on the last."`
	}
}

// Quarantined is an item of the CRM that could not be kept.
type Quarantined struct {
	ID         string  `json:"id"`
	ModelName  string  `json:"modelName"`
	ExternalID *string `json:"externalId" doc:"The CRM's id; null where the item has none."`
	Reason     string  `json:"reason" doc:"Why it could not be kept, in a sentence."`
	Raw        any     `json:"raw" doc:"The item as it came."`
	CreatedAt  string  `json:"createdAt"`
}

// QuarantineAnswer is one page of what is in quarantine.
type QuarantineAnswer struct {
	Body struct {
		Data   []Quarantined `json:"data" doc:"The oldest first."`
		Cursor *string       `json:"cursor" doc:"Give it as cursor to get the next page; null on the last."`
	}
}

// RetriedAnswer tells how much was taken out of quarantine to be read again.
type RetriedAnswer struct {
	Body struct {
		Retried int `json:"retried"`
	}
}

// CredentialsAnswer says that credentials were accepted.
type CredentialsAnswer struct {
	Body struct {
		Accepted  bool   `json:"accepted" doc:"Always true: what the CRM does not accept gets 400."`
		UpdatedAt string `json:"updatedAt"`
	}
}

func (s *server) registerSync() {
	extension := map[string]any{extensionKey: true}
	add := func(id, method, path, summary, description string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: connectionPath + path, Summary: summary, Description: description,
			Tags: []string{connectionTag}, Extensions: extension,
		}
	}
	register(s, add("putCredentials", http.MethodPut, "/credentials", "Set the credentials of a connection",
		"Asks the CRM whether it accepts them, then keeps them encrypted. They never come out again. What fields there are depends on the platform; a wrong one is named."),
		jsonErrors(http.StatusNotFound, http.StatusConflict), s.putCredentials)
	register(s, add("getSync", http.MethodGet, "/sync", "See what the sync of a connection does", ""),
		jsonErrors(http.StatusNotFound), s.getSync)
	sync := add("startSync", http.MethodPost, "/sync", "Sync a connection now",
		"Begins at once, or right after the run that goes on. With `from` the cursor of the named models, or of all, goes back to that time; what comes again unchanged is not written again.")
	sync.DefaultStatus = http.StatusAccepted
	register(s, sync, jsonErrors(http.StatusNotFound, http.StatusConflict), s.startSync)
	register(s, add("patchSync", http.MethodPatch, "/sync", "Change how often a connection syncs", ""),
		jsonErrors(http.StatusNotFound), s.patchSync)
	register(s, add("listRuns", http.MethodGet, "/runs", "List the sync runs of a connection", ""),
		jsonErrors(http.StatusNotFound), s.listRuns)
	register(s, add("listQuarantine", http.MethodGet, "/quarantine", "List the records that could not be kept", ""),
		jsonErrors(http.StatusNotFound), s.listQuarantine)
	register(s, add("retryQuarantine", http.MethodPost, "/quarantine/retry", "Read again what is in quarantine", ""),
		jsonErrors(http.StatusNotFound, http.StatusConflict), s.retryQuarantine)
}

// connectionOf returns the connection that a path names.
func (s *server) connectionOf(r *request, in *IDPath) (hub.Connection, error) {
	return atPath(s, r, in, connectionKind, func(organization string) (hub.Connection, error) { return s.Store.Connection(r, organization, in.ID) })
}

func (s *server) putCredentials(r *request, in *struct {
	IDPath
	Body map[string]string
},
) (*CredentialsAnswer, error) {
	c, err := s.connectionOf(r, &in.IDPath)
	if err != nil {
		return nil, err
	}
	if err := s.CheckCredentials(r, c, in.Body); err != nil {
		return nil, err
	}
	if err := s.Store.PutCredentials(r, c.OrganizationID, c.ID, in.Body); err != nil {
		return nil, missing(connectionKind, err)
	}
	out := &CredentialsAnswer{}
	out.Body.Accepted, out.Body.UpdatedAt = true, hub.WireTime(s.Clock())
	return out, nil
}

func (s *server) getSync(r *request, in *IDPath) (*SyncAnswer, error) {
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
	out.Body.Explanation = sched.Explain(c, s.Clock())
	out.Body.IntervalSeconds = int64(sched.Interval / time.Second)
	out.Body.NextAt = optionalTime(sched.DueAt)
	for _, n := range counts {
		out.Body.Quarantined += n
	}
	if len(runs) > 0 {
		run := showRun(runs[0])
		out.Body.Run = &run
	}
	return out, nil
}

func (s *server) startSync(r *request, in *struct {
	IDPath
	Body *struct {
		Models []string   `json:"models,omitempty" maxItems:"100" doc:"The modelNames whose cursor goes back; all when left out."`
		From   *time.Time `json:"from,omitempty" doc:"Where the cursor goes back to; without it, it stays where it is."`
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
		return nil, paused(missing(connectionKind, err))
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

func (s *server) patchSync(r *request, in *struct {
	IDPath
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
		return nil, missing("connection that pulls", err)
	}
	return s.getSync(r, &in.IDPath)
}

func (s *server) listRuns(r *request, in *struct {
	IDPath
	PageQuery
},
) (*RunsAnswer, error) {
	c, err := s.connectionOf(r, &in.IDPath)
	if err != nil {
		return nil, err
	}
	found, cursor, err := readPage(in.PageQuery, func(run store.SyncRun) string { return run.ID }, func(before string, limit int) ([]store.SyncRun, error) {
		return s.Store.SyncRuns(r, c.OrganizationID, c.ID, before, limit)
	})
	out := &RunsAnswer{}
	out.Body.Data, out.Body.Cursor = showEach(found, showRun), cursor
	return out, err
}

func (s *server) listQuarantine(r *request, in *struct {
	IDPath
	PageQuery
},
) (*QuarantineAnswer, error) {
	c, err := s.connectionOf(r, &in.IDPath)
	if err != nil {
		return nil, err
	}
	found, cursor, err := readPage(in.PageQuery, func(q store.Quarantined) string { return q.ID }, func(after string, limit int) ([]store.Quarantined, error) {
		return s.Store.Quarantine(r, c.OrganizationID, c.ID, after, limit)
	})
	out := &QuarantineAnswer{}
	out.Body.Data, out.Body.Cursor = showEach(found, showQuarantined), cursor
	return out, err
}

func showQuarantined(q store.Quarantined) Quarantined {
	return Quarantined{
		ID: q.ID, ModelName: string(q.Model), ExternalID: optionalText(q.ExternalID), Reason: q.Reason,
		Raw: rawItem(q.Raw), CreatedAt: hub.WireTime(q.CreatedAt),
	}
}

// rawItem shows what came as JSON where it is JSON, and as text where it is not.
func rawItem(text string) any {
	if json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	return text
}

func (s *server) retryQuarantine(r *request, in *struct {
	IDPath
	Body *struct {
		Models []string `json:"models,omitempty" maxItems:"100" doc:"Only these modelNames; all when left out."`
	}
},
) (*RetriedAnswer, error) {
	c, err := s.connectionOf(r, &in.IDPath)
	if err != nil {
		return nil, err
	}
	var named []hub.Model
	if in.Body != nil {
		named = models(in.Body.Models)
	}
	out := &RetriedAnswer{}
	out.Body.Retried, err = s.Store.RetryQuarantine(r, c.OrganizationID, c.ID, named)
	return out, paused(missing(connectionKind, err))
}
