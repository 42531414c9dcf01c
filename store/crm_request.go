package store

import (
	"context"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// CRMRequest is one request that was sent to a connection's CRM. It has no header, no body and no value of the query.
type CRMRequest struct {
	// ID is given when it is kept, in the order in which they were sent in a slice of work.
	ID string
	// RunID is the sync run that it was sent for; empty for one of write-back.
	RunID string
	// Model is what it was about; empty where it is of none, as one for an access token.
	Model  hub.Model
	SentAt time.Time
	Method string
	// Path is that of the URL past the connection's baseURL, with the names of the query's parameters and without secrets.
	Path string
	// Status is the answer's; zero where none came.
	Status int
	// Failure is, in a word or two, why no answer came, or not all of it; empty where it did.
	Failure string
	// Took is from sending it to the last byte of the answer; RateWait is how long the rate limit let it wait before.
	Took, RateWait time.Duration
	// Bytes are those of the answer's body.
	Bytes int64
}

const (
	// CRMRequestAge is how long a request to a CRM is kept, and CRMRequestsKept how many of a connection at most, the latest.
	CRMRequestAge   = 24 * time.Hour
	CRMRequestsKept = 1000
	// CRMRequestPathMost bounds the path of one, in bytes: with it the rows of a connection are bounded in bytes.
	CRMRequestPathMost = 500
)

const crmRequestColumns = `id, run_id, model, sent_at, method, path, status, failure, took, bytes, rate_wait`

func scanCRMRequest(r database.Row) (CRMRequest, error) {
	var q CRMRequest
	var sent, took, wait int64
	err := r.Scan(&q.ID, &q.RunID, &q.Model, &sent, &q.Method, &q.Path, &q.Status, &q.Failure, &took, &q.Bytes, &wait)
	q.SentAt, q.Took, q.RateWait = fromMicros(sent), time.Duration(took)*time.Microsecond, time.Duration(wait)*time.Microsecond
	return q, err
}

// addCRMRequests keeps the requests of one slice of work, all of the same run or of none, and forgets the oldest of the
// connection.
func (s *Store) addCRMRequests(ctx context.Context, tx Tx, organization, connection, run string, requests []CRMRequest) error {
	if len(requests) == 0 {
		return nil
	}
	if len(requests) > CRMRequestsKept {
		requests = requests[len(requests)-CRMRequestsKept:]
	}
	for i := range requests {
		requests[i].ID = s.newID()
	}
	if err := insertCRMRequests(ctx, tx, organization, connection, run, requests); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM crm_requests WHERE organization_id = $1 AND connection_id = $2 AND id <=
		(SELECT id FROM crm_requests WHERE organization_id = $1 AND connection_id = $2 ORDER BY id DESC LIMIT 1 OFFSET $3)`,
		organization, connection, CRMRequestsKept)
	return err
}

func insertCRMRequests(ctx context.Context, tx Tx, organization, connection, run string, requests []CRMRequest) error {
	const insert = `INSERT INTO crm_requests (organization_id, connection_id, run_id, id, model, method, path, failure, sent_at, status, took, bytes, rate_wait) `
	texts := func(q *CRMRequest) [5]string { return [5]string{q.ID, string(q.Model), q.Method, q.Path, q.Failure} }
	numbers := func(q *CRMRequest) [5]int64 {
		return [5]int64{micros(q.SentAt), int64(q.Status), q.Took.Microseconds(), q.Bytes, q.RateWait.Microseconds()}
	}
	if tx.Dialect() == database.SQLite { // one prepared statement: there is no round trip to save
		for i := range requests {
			args := []any{organization, connection, run}
			for _, text := range texts(&requests[i]) {
				args = append(args, text)
			}
			for _, n := range numbers(&requests[i]) {
				args = append(args, n)
			}
			if _, err := tx.Exec(ctx, insert+`VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`, args...); err != nil {
				return err
			}
		}
		return nil
	}
	var words [5][]string
	var counts [5][]int64
	for i := range requests {
		for column, text := range texts(&requests[i]) {
			words[column] = append(words[column], text)
		}
		for column, n := range numbers(&requests[i]) {
			counts[column] = append(counts[column], n)
		}
	}
	_, err := tx.Exec(ctx, insert+`SELECT $1::text, $2::text, $3::text, r.* FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
		$9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[]) AS r`, organization, connection, run,
		words[0], words[1], words[2], words[3], words[4], counts[0], counts[1], counts[2], counts[3], counts[4])
	return err
}

// AddCRMRequests keeps the requests of a slice of a task of the connection that is the task's object. Its error may be
// ErrLeaseLost.
func (s *Store) AddCRMRequests(ctx context.Context, t Task, requests []CRMRequest) error {
	if len(requests) == 0 {
		return nil
	}
	return s.write(ctx, func(tx Tx) error {
		if err := holdTaskLease(ctx, tx, t); err != nil {
			return err
		}
		return s.addCRMRequests(ctx, tx, t.OrganizationID, t.ObjectID, "", requests)
	})
}

// CRMRequestFilter chooses requests for a list.
type CRMRequestFilter struct {
	// RunID, where it is not empty, is the only run whose requests are listed.
	RunID string
	// Before is the id of the last request already seen.
	Before string
	Limit  int
}

// CRMRequests lists the requests that were sent to a connection's CRM, latest first.
func (s *Store) CRMRequests(ctx context.Context, organization, connection string, f CRMRequestFilter) ([]CRMRequest, error) {
	condition, args := beforeID("id", "$3", f.Before), []any{organization, connection, f.Before, f.Limit}
	if f.RunID != "" {
		condition += ` AND run_id = $5`
		args = append(args, f.RunID)
	}
	return queryAll(ctx, s.db, scanCRMRequest, `SELECT `+crmRequestColumns+` FROM crm_requests
		WHERE organization_id = $1 AND connection_id = $2 AND `+condition+` ORDER BY id DESC LIMIT $4`, args...)
}

// PurgeCRMRequests removes a slice of the requests that are too old, and reports whether any are left.
func (s *Store) PurgeCRMRequests(ctx context.Context) (more bool, err error) {
	return s.purgeOlder(ctx, aging{"crm_requests", "sent_at", CRMRequestAge})
}
