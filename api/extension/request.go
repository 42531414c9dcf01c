package extension

import (
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// CRMRequest is one request that was sent to a CRM.
type CRMRequest struct {
	ID              string  `json:"id"`
	SentAt          string  `json:"sentAt"`
	RunID           *string `json:"runId" doc:"The sync run that it was sent for; null for one of write-back."`
	ModelName       *string `json:"modelName" doc:"What it was about; null where it was about no records, as one for an access token."`
	Method          string  `json:"method"`
	Path            string  `json:"path" doc:"The path past the connection's baseURL, with the names of the query's parameters. What is or may be a secret is shown as ***."`
	Status          *int    `json:"status" doc:"That of the answer; null where none came."`
	Failure         *string `json:"failure" doc:"Why no answer came, or not all of it; null where it did."`
	TookMs          int64   `json:"tookMs" doc:"How long it took to the last byte of the answer, in milliseconds."`
	Bytes           int64   `json:"bytes" doc:"How many bytes the answer's body had."`
	RateLimitWaitMs int64   `json:"rateLimitWaitMs" doc:"How long the rate limit let it wait before it was sent, in milliseconds."`
}

func showCRMRequest(q store.CRMRequest) CRMRequest {
	var status *int
	if q.Status != 0 {
		status = &q.Status
	}
	return CRMRequest{
		ID: q.ID, SentAt: hub.WireTime(q.SentAt), RunID: wire.OrNull(q.RunID), ModelName: wire.OrNull(string(q.Model)), Method: q.Method, Path: q.Path,
		Status: status, Failure: wire.OrNull(q.Failure), TookMs: q.Took.Milliseconds(), Bytes: q.Bytes, RateLimitWaitMs: q.RateWait.Milliseconds(),
	}
}

// CRMRequestsAnswer is one page of requests.
type CRMRequestsAnswer struct {
	Body struct {
		Data   []CRMRequest `json:"data" doc:"The latest first."`
		Cursor *string      `json:"cursor" doc:"Give it as cursor to get the next page; null on the last."`
	}
}

func (s *server) registerCRMRequests() {
	wire.Register(s.API, connectionOperation("listRequests", http.MethodGet, "/requests", "List the requests that were sent to the CRM of a connection",
		"Those of syncing and of write-back, each once the slice of work is over that it was sent in; the latest 1,000, of the last 24 hours. No header, no body and no value of a query is kept."),
		wire.JSONErrors(http.StatusNotFound), s.listCRMRequests)
}

func (s *server) listCRMRequests(r *wire.Request, in *struct {
	wire.IDPath
	wire.PageQuery
	Run string `query:"run" doc:"List only those of the sync run with the id."`
},
) (*CRMRequestsAnswer, error) {
	c, err := s.connectionOf(r, &in.IDPath)
	if err != nil {
		return nil, err
	}
	if in.Run != "" && !hub.ValidID(in.Run) {
		return nil, hub.Invalid("run", "is no id", "the id of a run of the connection")
	}
	found, cursor, err := wire.ReadPage(in.PageQuery, func(q store.CRMRequest) string { return q.ID }, func(before string, limit int) ([]store.CRMRequest, error) {
		return s.Store.CRMRequests(r, c.OrganizationID, c.ID, store.CRMRequestFilter{RunID: in.Run, Before: before, Limit: limit})
	})
	out := &CRMRequestsAnswer{}
	out.Body.Data, out.Body.Cursor = wire.Each(found, showCRMRequest), cursor
	return out, err
}
