package store

import (
	"context"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// APICallKept is how long the requests are kept that changed something. What they changed, the audit log keeps.
const APICallKept = 90 * 24 * time.Hour

// APICall is a request made with a token. It is kept when it changes something.
type APICall struct {
	ID string
	// TokenID is the token it was made with, UserID the token's user; empty for an organization's token.
	TokenID, UserID  string
	Method, Endpoint string
	// Body is the body as it was sent. It is kept as hub.CallBody has it.
	Body []byte
}

type apiCallKey struct{}

// WithAPICall says by which request the changes are made that are made with the context. Its body may be set later.
func WithAPICall(ctx context.Context, c *APICall) context.Context {
	return context.WithValue(ctx, apiCallKey{}, c)
}

// callEntry is the parameters of callInsert; nil where no request makes the change.
func (s *Store) callEntry(ctx context.Context, organization string) []any {
	c, ok := ctx.Value(apiCallKey{}).(*APICall)
	if !ok || c.TokenID == "" {
		return nil
	}
	return []any{organization, c.ID, c.TokenID, optional(c.UserID), c.Method, c.Endpoint, hub.CallBody(c.Endpoint, c.Body), micros(s.nowMillis())}
}

const (
	callInsert = `INSERT INTO api_calls (organization_id, id, token_id, user_id, method, endpoint, body, created_at) `
	// callOnce is the end of callInsert: one request may change several things.
	callOnce = ` ON CONFLICT (organization_id, id) DO NOTHING`
)

// noteCall remembers the request that makes a change, within the transaction that makes it.
func (s *Store) noteCall(ctx context.Context, tx Tx, organization string) error {
	return insertCall(ctx, tx, s.callEntry(ctx, organization))
}

func insertCall(ctx context.Context, tx Tx, entry []any) error {
	if entry == nil {
		return nil
	}
	_, err := tx.Exec(ctx, callInsert+`VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`+callOnce, entry...)
	return err
}

// LoggedCall is a request that changed something.
type LoggedCall struct {
	ID, OrganizationID, TokenID, UserID, Method, Endpoint string
	// Body is a JSON object.
	Body string
	At   time.Time
}

// APICalls lists the requests that changed something of the organization, latest first, those before an id.
func (s *Store) APICalls(ctx context.Context, organization, before string, limit int) ([]LoggedCall, error) {
	return queryPage(ctx, s.db, func(r database.Row) (LoggedCall, error) {
		var c LoggedCall
		var user *string
		var at int64
		err := r.Scan(&c.OrganizationID, &c.ID, &c.TokenID, &user, &c.Method, &c.Endpoint, &c.Body, &at)
		c.UserID, c.At = deref(user), fromMicros(at)
		return c, err
	}, `SELECT organization_id, id, token_id, user_id, method, endpoint, body, created_at FROM api_calls WHERE organization_id = $1 AND (`+beforeID("id", "$2", before)+`) ORDER BY id DESC LIMIT $3`,
		organization, before, limit)
}
