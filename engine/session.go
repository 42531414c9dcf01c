package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

const (
	// tokenMargin is how long before its end an access token is no longer used.
	tokenMargin = time.Minute
	// tokenLease is how long one node may take to get a new access token before another one tries.
	tokenLease = 45 * time.Second
	// renewalMost is how long asking for a token may take where it uses the credentials up.
	renewalMost = 30 * time.Second
	// tokenPoll is how often a node looks whether another one has got the token.
	tokenPoll = 100 * time.Millisecond
)

// session is a connector's access to one connection's CRM.
type session struct {
	connector.Session
	transport *transport
	// newToken says that Token was got in this job: if the CRM refuses it, it refuses the credentials.
	newToken bool
	// refusals is how often in a row the CRM has refused the credentials.
	refusals int
	// credentialsSetAt is when the credentials were set.
	credentialsSetAt time.Time
	// accountAskedAt is when the CRM was last asked whose they are; zero when it was not.
	accountAskedAt time.Time
	// wrongAccount says which account they have come to open in the place of the one that the records are of; empty where they have not.
	wrongAccount string
	// uncheckedMapping is when the mapping was set, where the CRM has still to be asked about it; zero where not.
	uncheckedMapping time.Time
}

// openSession prepares the session of a job. Without credentials that the CRM may accept it returns hub.ErrNeedsCredentials.
func (e *Engine) openSession(ctx context.Context, c connector.Connector, conn hub.Connection) (*session, error) {
	info := c.Info()
	s := e.newSession(info, conn.ExternalAccountID, nil)
	creds, err := e.loadCredentials(ctx, info, conn, s)
	if err != nil {
		return nil, err
	}
	s.transport.limiter, s.transport.credentials, s.transport.opened = e.limits.get(conn, s.Values, creds.AccountID, info), s.credentialsSetAt, e.Clock()
	if s.transport.opened.Before(s.credentialsSetAt) { // by the clock of another node
		s.transport.opened = s.credentialsSetAt
	}
	if err := s.transport.limiter.learn(ctx); err != nil {
		return nil, err
	}
	if err := e.loadMapping(ctx, info, conn, s); err != nil {
		return nil, err
	}
	err = e.authorize(ctx, c, conn, creds, s)
	return s, errors.Join(err, s.transport.heed(ctx, err))
}

// loadCredentials gives the session the connection's credentials as they are now.
func (e *Engine) loadCredentials(ctx context.Context, info hub.PlatformInfo, conn hub.Connection, s *session) (store.Credentials, error) {
	creds, err := e.Store.Credentials(ctx, conn.OrganizationID, conn.ID)
	if err != nil {
		return creds, err
	}
	values, err := info.CompleteCredentials(creds.Values)
	if err != nil { // the platform has come to need a field that it did not need before
		return creds, fmt.Errorf("%w: %w", hub.ErrNeedsCredentials, err)
	}
	s.Values, s.refusals, s.credentialsSetAt = values, creds.Refusals, creds.UpdatedAt
	s.accountAskedAt, s.wrongAccount = creds.AccountAskedAt, creds.WrongAccount
	return creds, nil
}

// authorize gives the session a living access token where the vendor wants one. Among all nodes one asks the
// vendor; the others wait for what it gets.
func (e *Engine) authorize(ctx context.Context, c connector.Connector, conn hub.Connection, creds store.Credentials, s *session) error {
	authorizer, ok := c.(connector.Authorizer)
	if !ok {
		return nil
	}
	for {
		if e.tokenValid(creds) {
			s.Token = creds.Token
			return nil
		}
		claimed, err := e.Store.ClaimToken(ctx, conn.OrganizationID, conn.ID, tokenLease)
		if err != nil {
			return err
		}
		if claimed {
			// Another one may have got it between the look and the claim.
			seen := creds.Token
			if creds, err = e.loadCredentials(ctx, c.Info(), conn, s); err != nil {
				return err
			}
			if creds.Token != seen && e.tokenValid(creds) {
				s.Token = creds.Token
				return e.Store.ReleaseToken(ctx, conn.OrganizationID, conn.ID)
			}
			return e.fetchToken(ctx, authorizer, conn, s)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(tokenPoll):
		}
		if creds, err = e.loadCredentials(ctx, c.Info(), conn, s); err != nil {
			return err
		}
	}
}

func (e *Engine) tokenValid(creds store.Credentials) bool {
	return creds.Token != "" && creds.TokenExpires.After(e.Clock().Add(tokenMargin))
}

func (e *Engine) fetchToken(ctx context.Context, authorizer connector.Authorizer, conn hub.Connection, s *session) error {
	token, err := e.askForToken(ctx, authorizer, s)
	if connector.IsKind(err, connector.Unauthorized) {
		// What was refused may be what another node has renewed since: then what that one got counts.
		used := s.Values
		creds, loadErr := e.loadCredentials(ctx, authorizer.(connector.Connector).Info(), conn, s) //nolint:forcetypeassert // every authorizer is one
		switch {
		case loadErr != nil || maps.Equal(used, s.Values):
		case e.tokenValid(creds):
			s.Token = creds.Token
			return e.Store.ReleaseToken(ctx, conn.OrganizationID, conn.ID)
		default:
			token, err = e.askForToken(ctx, authorizer, s)
		}
	}
	if err != nil {
		drop := e.Store.PutToken(context.WithoutCancel(ctx), conn.OrganizationID, conn.ID, s.credentialsSetAt, "", time.Time{})
		return errors.Join(err, drop)
	}
	if token.Replace == nil {
		s.Token, s.newToken = token.Value, true
		return e.Store.PutToken(ctx, conn.OrganizationID, conn.ID, s.credentialsSetAt, token.Value, token.Expires)
	}
	values := maps.Clone(s.Values)
	maps.Copy(values, token.Replace)
	// What was used up is no good any more: also a node that is about to stop has to keep what came in its place.
	_, err = e.Store.PutRenewed(context.WithoutCancel(ctx), conn.OrganizationID, conn.ID, s.credentialsSetAt, values, token.Value, token.Expires)
	if err == nil {
		s.Values, s.Token, s.newToken = values, token.Value, true
	}
	return err
}

// askForToken asks for an access token. Where that uses the credentials up it is not broken off by a node that stops: what
// the vendor gives in their place would be lost. It ends before another node may ask.
func (e *Engine) askForToken(ctx context.Context, authorizer connector.Authorizer, s *session) (connector.Token, error) {
	if r, ok := authorizer.(connector.Renewer); ok && r.Renews(&s.Session) {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), renewalMost)
		defer cancel()
	}
	return authorizer.Authorize(ctx, &s.Session)
}
