package engine

import (
	"context"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// accountEvery is how often the CRM is asked whose a connection's credentials are, and whether that account is in order.
const accountEvery = time.Hour

// wrongAccountError says that a connection's credentials have come to open another account than its records are of: nothing is read or
// written before a person decides, or they open the same one again.
type wrongAccountError struct{ reason string }

func (e *wrongAccountError) Error() string {
	return e.reason + ": nothing is read or written. Give credentials of that account; or give these again and say replaceAccount=true: then all records that are of the other one go, with the links to them, and everything is read anew"
}

// askAccount asks the CRM, before anything else and once in a while, whose the credentials are, and what is not in order with that
// account. Where it does not answer it is asked another time: that alone is no reason to read nothing.
func (j *syncJob) askAccount(ctx context.Context) error {
	if j.session.wrongAccount == "" && j.engine.Clock().Sub(j.session.accountAskedAt) < accountEvery {
		return nil
	}
	account, err := j.check(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		j.log.Debug("the CRM does not say whose the credentials are", "error", err)
	}
	wrong, noteErr := j.engine.Store.NoteAccount(ctx, j.conn.OrganizationID, j.conn.ID, j.session.credentialsSetAt, keptAccount(account), err == nil || account.ID != "")
	switch {
	case noteErr != nil:
		return noteErr
	case wrong != "":
		return &wrongAccountError{wrong}
	}
	return j.leftAlone(ctx, err)
}

// keptAccount is what the CRM says of an account, as it is kept.
func keptAccount(a connector.Account) hub.CRMAccount {
	return hub.CRMAccount{ID: a.ID, Name: a.Name, Note: keptNote(a.Note)}
}

// check asks whose the credentials are.
func (j *syncJob) check(ctx context.Context) (account connector.Account, err error) {
	err = guarded(j.log, "the connector", func() error {
		account, err = j.connector.Check(j.requests.of(ctx, ""), &j.session.Session)
		return err
	})
	return account, err
}
