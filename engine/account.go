package engine

import (
	"context"
	"fmt"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// accountEvery is how often the CRM is asked whose a connection's credentials are, and whether that account is in order.
const accountEvery = time.Hour

// askAccount asks the CRM, at the end of a run and once in a while, whose the credentials are, where nobody has asked since
// they were set, and what is not in order with that account. Where it does not answer it is asked another time.
func (j *syncJob) askAccount(ctx context.Context) error {
	now := j.engine.Clock()
	if j.failed != nil || j.sched.Retrying || now.Sub(j.session.accountAskedAt) < accountEvery {
		return nil //nolint:nilerr // what failed is told already
	}
	account, err := j.check(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		j.log.Debug("the CRM does not say whose the credentials are", "error", err)
	}
	if err := j.engine.Store.NoteAccount(ctx, j.conn.OrganizationID, j.conn.ID, j.session.credentialsSetAt, keptAccount(account), err == nil); err != nil {
		return err
	}
	return j.leftAlone(ctx, err)
}

// keptAccount is what the CRM says of an account, as it is kept.
func keptAccount(a connector.Account) hub.CRMAccount {
	return hub.CRMAccount{ID: a.ID, Name: a.Name, Note: keptNote(a.Note)}
}

// check asks whose the credentials are.
func (j *syncJob) check(ctx context.Context) (account connector.Account, err error) {
	defer func() {
		if p := recover(); p != nil { // one connector's mistake ends no run
			err = fmt.Errorf("the connector panicked: %v", p)
		}
	}()
	return j.connector.Check(j.requests.of(ctx, ""), &j.session.Session)
}
