package store

import (
	"context"
	"errors"
	"maps"
	"time"

	"sirocco/hub"
)

const (
	// signInLease is how long a check of credentials may take before another node may ask for a token, and signInWait how
	// long it waits for one that is asking.
	signInLease = 45 * time.Second
	signInWait  = 10 * time.Second
	signInPoll  = 100 * time.Millisecond
)

// PutSalesforce makes the organization's SALESFORCE connection, or changes how it signs in. What already is so costs no
// write. Credentials that have all that signing in takes are checked first; others wait for the rest. Another organization at
// Salesforce than the connection's is a *hub.ConflictError, unless p says that it replaces it.
func (s *Store) PutSalesforce(ctx context.Context, organization string, p hub.SalesforceSignIn, models []hub.Model, check hub.CheckCredentials) (hub.Connection, error) {
	if err := p.Validate(); err != nil {
		return hub.Connection{}, err
	}
	c, err := s.salesforce(ctx, organization)
	if errors.Is(err, hub.ErrNotFound) {
		n := hub.NewConnection{Name: "Salesforce", ExternalAccountID: p.OrgID, Platform: hub.PlatformSalesforce, Active: true, Models: models}
		c, err = s.CreateConnection(ctx, organization, n)
		if _, ok := errors.AsType[*hub.ConflictError](err); ok { // another request was faster
			c, err = s.salesforce(ctx, organization)
		}
	}
	if err != nil {
		return c, err
	}
	var move []func(Tx) error
	if hub.SalesforceID(c.ExternalAccountID) != hub.SalesforceID(p.OrgID) {
		if !p.ReplaceAccount {
			return c, hub.Conflict("The organization's SALESFORCE connection is of %s, not of %s. Give that org_id; or say replaceAccount: then all records that are of the other one go, with the links to them, and everything is read anew.", c.ExternalAccountID, p.OrgID)
		}
		from := c.ExternalAccountID
		c.ExternalAccountID, c.UpdatedAt = p.OrgID, hub.NextVersion(c.UpdatedAt, s.clock())
		move = append(move, func(tx Tx) error {
			_, err := tx.Exec(ctx, `UPDATE connections SET external_account_id = $3, updated_at = $4 WHERE organization_id = $1 AND id = $2`, organization, c.ID, c.ExternalAccountID, micros(c.UpdatedAt))
			if err != nil {
				return err
			}
			return s.audit(ctx, tx, organization, "update", "connection", c.ID, map[string]any{"externalAccountId": c.ExternalAccountID, "before": from})
		})
	}
	return c, s.changeCredentials(ctx, c, p.Credentials, p.ReplaceAccount, check, move...)
}

// IdleCredentials says which of the credentials that were given to a connection are kept and not used; empty where all are.
func (s *Store) IdleCredentials(ctx context.Context, organization, connection string, given map[string]string) (string, error) {
	c, err := s.Connection(ctx, organization, connection)
	if err != nil || !c.Platform.AddsCredentials() {
		return "", err
	}
	kept, err := s.Credentials(ctx, organization, connection)
	return hub.SalesforceIdle(given, kept.Values), err
}

// salesforce is the organization's SALESFORCE connection.
func (s *Store) salesforce(ctx context.Context, organization string) (hub.Connection, error) {
	found, err := s.Connections(ctx, organization, ConnectionFilter{Platform: hub.PlatformSalesforce, Limit: 1})
	if err == nil && len(found) == 0 {
		err = hub.ErrNotFound
	}
	if err != nil {
		return hub.Connection{}, err
	}
	return found[0], nil
}

// addCredentials keeps values beside those that the connection has; an empty one takes away what it has.
func (s *Store) addCredentials(ctx context.Context, c hub.Connection, given map[string]string, replaceAccount bool, check hub.CheckCredentials) error {
	add := func(old map[string]string) map[string]string {
		values := map[string]string{}
		maps.Copy(values, old)
		for name, value := range given {
			if values[name] = value; value == "" {
				delete(values, name)
			}
		}
		return values
	}
	return s.changeCredentials(ctx, c, add, replaceAccount, check)
}

// changeCredentials changes the connection's credentials. While they are checked no node asks for a token with what is kept,
// since either may be good for one time.
func (s *Store) changeCredentials(ctx context.Context, c hub.Connection, change func(map[string]string) map[string]string, replaceAccount bool, check hub.CheckCredentials, also ...func(Tx) error) error {
	old, err := s.holdCredentials(ctx, c)
	if err != nil && !errors.Is(err, hub.ErrNeedsCredentials) {
		return err
	}
	values := change(old.Values)
	if maps.Equal(values, old.Values) && len(also) == 0 && err == nil && old.WrongAccount == "" {
		return s.ReleaseToken(ctx, c.OrganizationID, c.ID)
	}
	account := hub.SalesforceAccount(c.ExternalAccountID)
	if hub.SalesforceSignsIn(values) {
		tried := maps.Clone(values)
		if account, err = check(ctx, c, values); err != nil {
			return errors.Join(err, s.letGo(context.WithoutCancel(ctx), c, old, tried, values))
		}
	}
	err = s.putCredentials(ctx, c.OrganizationID, c.ID, values, account, replaceAccount, also...)
	if err != nil {
		return errors.Join(err, s.ReleaseToken(context.WithoutCancel(ctx), c.OrganizationID, c.ID))
	}
	return nil
}

// holdCredentials returns the connection's credentials while nobody else asks for a token with them.
func (s *Store) holdCredentials(ctx context.Context, c hub.Connection) (Credentials, error) {
	for until := time.Now().Add(signInWait); ; {
		if _, err := s.Credentials(ctx, c.OrganizationID, c.ID); err != nil {
			return Credentials{}, err
		}
		claimed, err := s.ClaimToken(ctx, c.OrganizationID, c.ID, signInLease)
		if err != nil {
			return Credentials{}, err
		}
		if claimed {
			return s.Credentials(ctx, c.OrganizationID, c.ID)
		}
		if time.Now().After(until) {
			return Credentials{}, &hub.UnavailableError{Who: "CRM", Reason: "the connection is getting an access token just now", RetryAfter: signInWait}
		}
		select {
		case <-ctx.Done():
			return Credentials{}, ctx.Err()
		case <-time.After(signInPoll):
		}
	}
}

// letGo ends the hold after a check that failed. Where the check used up what is kept, what came in its place is kept.
func (s *Store) letGo(ctx context.Context, c hub.Connection, old Credentials, tried, values map[string]string) error {
	renewed := maps.Clone(old.Values)
	for name, value := range values {
		if value != tried[name] && tried[name] == old.Values[name] {
			renewed[name] = value
		}
	}
	if maps.Equal(renewed, old.Values) {
		return s.ReleaseToken(ctx, c.OrganizationID, c.ID)
	}
	_, err := s.PutRenewed(ctx, c.OrganizationID, c.ID, old.UpdatedAt, renewed, "", time.Time{})
	return err
}
