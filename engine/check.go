package engine

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// Check proves against the vendor that it accepts the values as credentials of a connection, before they
// are kept, and returns whose they are. It returns a *hub.InvalidError where they are wrong, and a *hub.UnavailableError where the
// vendor cannot say now. Values in whose place the vendor gives others are replaced in what was given.
func (e *Engine) Check(ctx context.Context, conn hub.Connection, given map[string]string) (hub.CRMAccount, error) {
	c, ok := e.Connectors[conn.Platform]
	if !ok {
		return hub.CRMAccount{}, hub.Conflict("A %s connection takes no credentials.", conn.Platform)
	}
	info := c.Info()
	values, err := info.CompleteCredentials(given)
	if err != nil {
		return hub.CRMAccount{}, err
	}
	s := e.newSession(info, conn.ExternalAccountID, values)
	if authorizer, ok := c.(connector.Authorizer); ok {
		token, err := e.askForToken(ctx, authorizer, s)
		if err != nil {
			return hub.CRMAccount{}, credentialError(err, values["baseURL"])
		}
		maps.Copy(given, token.Replace)
		s.Token = token.Value
	}
	account, err := c.Check(ctx, &s.Session)
	return keptAccount(account), credentialError(err, values["baseURL"])
}

// credentialError says what came of asking the CRM at the address with the credentials.
func credentialError(err error, address string) error {
	var ce *connector.Error
	if !errors.As(err, &ce) {
		return err
	}
	tried := "were tried at " + address + " and not accepted: " + ce.Message
	switch ce.Kind {
	case connector.Unauthorized, connector.Forbidden:
		return hub.Invalid("credentials", tried, "credentials that the CRM accepts")
	case connector.Refused, connector.Malformed:
		if ce.RetryAfter == 0 { // more often than not it is the address that is wrong
			return hub.Invalid("credentials", tried, "a baseURL that is the address of the CRM's API, and credentials that it accepts")
		}
	case connector.RateLimited, connector.Temporary, connector.Busy:
	}
	return &hub.UnavailableError{Who: "CRM", Reason: "the CRM could not be asked at " + address + ": " + ce.Message, RetryAfter: max(ce.RetryAfter, 5*time.Second), Err: err}
}

// newSession is a session without a rate limit of its own.
func (e *Engine) newSession(info hub.PlatformInfo, account string, values map[string]string) *session {
	tr := &transport{base: e.vendors, limiter: unlimited(), clock: e.Clock, failures: e.failures, failureRate: info.Failures}
	s := &session{
		HTTP: &http.Client{Transport: tr}, Timeout: info.RequestTimeout, Values: values, ExternalAccountID: account, Now: e.Clock,
		transport: tr,
	}
	tr.shownPath = func(u *url.URL) string { return s.shownPath(info, u) }
	return s
}
