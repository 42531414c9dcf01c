package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// Credentials is how a connection's CRM is reached.
type Credentials struct {
	// Values are the platform's fields, secret and not.
	Values map[string]string
	// Token is a short-lived access token, empty when there is none that still lives.
	Token        string
	TokenExpires time.Time
	// Refusals counts how often in a row the CRM refused them, last at RefusedAt; 0 when it takes them.
	Refusals  int
	RefusedAt time.Time
	// RejectedAt is when it had refused them so often, and for so long, that others are needed; zero when it has not.
	RejectedAt time.Time
	// UpdatedAt is when they were set. What is found out about them is kept only while no others were set since.
	UpdatedAt time.Time
	// AccountAskedAt is when the CRM was last asked whose they are; zero when it was not.
	AccountAskedAt time.Time
	// AccountID is the CRM's own id of the account that they are of; empty where it is not known.
	AccountID string
	// WrongAccount says, for people, which account they have come to open in the place of that one; empty where it is the same. Nothing
	// is read of such an account, nor written to it.
	WrongAccount string
}

// place binds what is sealed to its connection, so that a row copied elsewhere does not open.
func credentialPlace(organization, connection string) string {
	return "credentials/" + organization + "/" + connection
}

// SetCredentials keeps the connection's credentials as PutCredentials does, once check has found that its CRM accepts
// them, and returns when. It fails with what check says, and keeps nothing then. Credentials of another account than the
// connection's records are of are a *hub.ConflictError, unless replaceAccount says that they replace it: then all that
// is of the old account is retired, and everything is read anew.
func (s *Store) SetCredentials(ctx context.Context, organization, connection string, values map[string]string, replaceAccount bool, check hub.CheckCredentials) (time.Time, error) {
	c, err := s.Connection(ctx, organization, connection)
	if err != nil {
		return time.Time{}, err
	}
	if c.Platform.AddsCredentials() {
		return s.clock(), s.addCredentials(ctx, c, values, replaceAccount, check)
	}
	account, err := check(ctx, c, values)
	if err != nil {
		return time.Time{}, err
	}
	if err := s.learnAccount(ctx, c, check); err != nil {
		return time.Time{}, err
	}
	var also []func(Tx) error
	if account.ID == "" {
		before, err := s.Credentials(ctx, organization, connection)
		if err == nil && !maps.Equal(before.Values, values) {
			also = append(also, func(tx Tx) error { return readAgain(ctx, tx, c) })
		}
		if err != nil && !errors.Is(err, hub.ErrNeedsCredentials) {
			return time.Time{}, err
		}
	}
	return s.clock(), s.putCredentials(ctx, organization, connection, values, account, replaceAccount, also...)
}

// readAgain lets the next run of each model begin at the beginning, and makes its whole reading due, which tells what is gone.
func readAgain(ctx context.Context, tx Tx, c hub.Connection) error {
	if err := rewindModels(ctx, tx, c, nil, time.Time{}); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE sync_states SET enumerated_at = 0 WHERE organization_id = $1 AND connection_id = $2`, c.OrganizationID, c.ID)
	return err
}

// learnAccount notes whose the credentials of a connection are that were set before that was asked, where the CRM still
// tells.
func (s *Store) learnAccount(ctx context.Context, c hub.Connection, check hub.CheckCredentials) error {
	known, err := accountOf(ctx, s.db, c.OrganizationID, c.ID)
	if errors.Is(err, hub.ErrNotFound) || err == nil && known.ID != "" {
		return nil
	}
	if err != nil {
		return err
	}
	old, err := s.Credentials(ctx, c.OrganizationID, c.ID)
	if errors.Is(err, hub.ErrNeedsCredentials) {
		return nil
	}
	if err != nil {
		return err
	}
	account, err := check(ctx, c, old.Values)
	if err != nil || account.ID == "" {
		return nil //nolint:nilerr // those that are replaced need not be accepted any more
	}
	return s.write(ctx, func(tx Tx) error {
		_, err := tx.Exec(ctx, `UPDATE credentials SET account_id = $3, account_name = $4 WHERE organization_id = $1 AND connection_id = $2 AND updated_at = $5`,
			c.OrganizationID, c.ID, account.ID, account.Name, micros(old.UpdatedAt))
		return err
	})
}

// NoteAccount keeps what the CRM says about the account of the credentials of the time, or where it did not answer only that
// it was asked. Whose the records are stays as it is known: where it is another account that the credentials open, wrong says which, for
// people.
func (s *Store) NoteAccount(ctx context.Context, organization, connection string, of time.Time, account hub.CRMAccount, answered bool) (wrong string, err error) {
	err = s.write(ctx, func(tx Tx) error {
		var known hub.CRMAccount
		wrong = ""
		_, err := queryOne(ctx, tx, func(r database.Row) (struct{}, error) {
			return struct{}{}, r.Scan(&known.ID, &known.Name, &wrong)
		}, `SELECT account_id, account_name, wrong_account FROM credentials WHERE organization_id = $1 AND connection_id = $2 AND updated_at = $3`+tx.Dialect().ForUpdate(),
			organization, connection, micros(of))
		if err != nil {
			return ignoreNotFound(err)
		}
		if answered && account.ID != "" {
			wrong = ""
			if known.Differs(account) {
				wrong = hub.Storable(fmt.Sprintf("its credentials have come to open %s, and what is here is of %s", account, known))
			}
		}
		_, err = tx.Exec(ctx, `UPDATE credentials SET account_asked_at = $4, wrong_account = $9,
				account_id = CASE WHEN account_id = '' THEN $5 ELSE account_id END,
				account_name = CASE WHEN $5 <> '' AND account_id IN ('', $5) THEN $6 ELSE account_name END,
				account_note = CASE WHEN $8 THEN $7 ELSE account_note END
			WHERE organization_id = $1 AND connection_id = $2 AND updated_at = $3`,
			organization, connection, micros(of), micros(s.clock()), account.ID, account.Name, account.Note, answered, wrong)
		return err
	})
	return wrong, err
}

// accountOf is whose the connection's credentials are; hub.ErrNotFound where it has none.
func accountOf(ctx context.Context, q database.Querier, organization, connection string) (hub.CRMAccount, error) {
	return queryOne(ctx, q, func(r database.Row) (hub.CRMAccount, error) {
		var a hub.CRMAccount
		err := r.Scan(&a.ID, &a.Name)
		return a, err
	}, `SELECT account_id, account_name FROM credentials WHERE organization_id = $1 AND connection_id = $2`, organization, connection)
}

// PutCredentials replaces the connection's credentials by others of the same account, drops its token, and lets it sync
// at once.
func (s *Store) PutCredentials(ctx context.Context, organization, connection string, values map[string]string) error {
	return s.putCredentials(ctx, organization, connection, values, hub.CRMAccount{}, false)
}

// putCredentials does what PutCredentials says, and what else is to be done in the same transaction.
func (s *Store) putCredentials(ctx context.Context, organization, connection string, values map[string]string, account hub.CRMAccount, replaceAccount bool, also ...func(Tx) error) error {
	text, err := json.Marshal(values)
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx Tx) error {
		c, err := lockConnection(ctx, tx, organization, connection)
		if err != nil {
			return err
		}
		sealed, err := s.seal(ctx, tx, text, credentialPlace(organization, connection))
		if err != nil {
			return err
		}
		known, err := accountOf(ctx, tx, organization, connection)
		if err := ignoreNotFound(err); err != nil {
			return err
		}
		if known.Differs(account) {
			if !replaceAccount {
				return hub.Conflict("These credentials open %s, and what is here is of %s. Give those of the same account; or say replaceAccount=true: then all records that are of the other one go, with the links to them, and everything is read anew.", account, known)
			}
			if err := s.replaceAccount(ctx, tx, c, known, account); err != nil {
				return err
			}
		}
		var asked *int64
		if account.ID != "" || account.Note != "" {
			asked = optionalMicros(s.clock())
		}
		if account.ID == "" {
			account.ID, account.Name = known.ID, known.Name
		}
		_, err = tx.Exec(ctx, `INSERT INTO credentials (organization_id, connection_id, sealed, updated_at, account_id, account_name, account_note, account_asked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (organization_id, connection_id) DO UPDATE SET sealed = excluded.sealed, sealed_token = NULL, token_expires = NULL,
				token_lease = NULL, refusals = 0, refused_since = NULL, refused_at = NULL, rejected_at = NULL, updated_at = excluded.updated_at,
				account_id = excluded.account_id, account_name = excluded.account_name, account_note = excluded.account_note, account_asked_at = excluded.account_asked_at,
				wrong_account = ''`,
			organization, connection, sealed, micros(s.clock()), account.ID, account.Name, account.Note, asked)
		if err != nil {
			return err
		}
		for _, one := range also {
			if err := one(tx); err != nil {
				return err
			}
		}
		if err := s.audit(ctx, tx, organization, "set", "credentials", connection, nil); err != nil || !c.Active {
			return err
		}
		// The CRM may have asked those before them to wait, or not have answered: these are tried once.
		_, err = tx.Exec(ctx, `UPDATE schedules SET failures = 0, failure_cause = '', held_until = NULL, timeouts = 0 WHERE organization_id = $1 AND connection_id = $2`, organization, connection)
		if err != nil {
			return err
		}
		if _, err := makeDue(ctx, tx, organization, connection, s.clock()); err != nil {
			return err
		}
		if err := leaveLane(ctx, tx, organization, TaskWriteBack, connection); err != nil {
			return err
		}
		return resumeWriteBack(ctx, tx, organization, connection, s.clock())
	})
}

// Credentials returns the connection's credentials, or hub.ErrNeedsCredentials where it has none.
func (s *Store) Credentials(ctx context.Context, organization, connection string) (Credentials, error) {
	var sealed, account, wrong string
	var sealedToken *string
	var expires, rejected, refused, asked *int64
	var refusals int
	var updated int64
	_, err := queryOne(ctx, s.db, func(r database.Row) (struct{}, error) {
		return struct{}{}, r.Scan(&sealed, &sealedToken, &expires, &rejected, &refusals, &refused, &updated, &asked, &account, &wrong)
	}, `SELECT sealed, sealed_token, token_expires, rejected_at, refusals, refused_at, updated_at, account_asked_at, account_id, wrong_account FROM credentials WHERE organization_id = $1 AND connection_id = $2`, organization, connection)
	if errors.Is(err, hub.ErrNotFound) {
		return Credentials{}, hub.ErrNeedsCredentials
	}
	if err != nil {
		return Credentials{}, err
	}
	if sealed == "" { // they were lost with their key
		return Credentials{}, hub.ErrNeedsCredentials
	}
	c := Credentials{TokenExpires: fromOptionalMicros(expires), RejectedAt: fromOptionalMicros(rejected), Refusals: refusals, RefusedAt: fromOptionalMicros(refused), UpdatedAt: fromMicros(updated), AccountAskedAt: fromOptionalMicros(asked), AccountID: account, WrongAccount: wrong}
	text, err := s.keys.open(sealed, credentialPlace(organization, connection))
	if err != nil {
		return c, err
	}
	if sealedToken != nil {
		token, err := s.keys.open(*sealedToken, credentialPlace(organization, connection))
		if err != nil {
			return c, err
		}
		c.Token = string(token)
	}
	return c, json.Unmarshal(text, &c.Values)
}

// ClaimToken asks to be the one who gets a new access token, on any node, for at most lease.
func (s *Store) ClaimToken(ctx context.Context, organization, connection string, lease time.Duration) (claimed bool, err error) {
	err = s.write(ctx, func(tx Tx) error {
		n, err := tx.Exec(ctx, `UPDATE credentials SET token_lease = $4 WHERE organization_id = $1 AND connection_id = $2
			AND (token_lease IS NULL OR token_lease <= $3)`, organization, connection, micros(s.clock()), micros(s.clock().Add(lease)))
		claimed = n == 1
		return err
	})
	return claimed, err
}

// ReleaseToken gives up a claim that turned out to be needless.
func (s *Store) ReleaseToken(ctx context.Context, organization, connection string) error {
	return s.write(ctx, func(tx Tx) error {
		_, err := tx.Exec(ctx, `UPDATE credentials SET token_lease = NULL WHERE organization_id = $1 AND connection_id = $2`, organization, connection)
		return err
	})
}

// PutRenewed keeps an access token as PutToken does, and with it the values in whose place the CRM gave new ones: both are
// there or neither. It reports false where other credentials were set since.
func (s *Store) PutRenewed(ctx context.Context, organization, connection string, of time.Time, values map[string]string, token string, expires time.Time) (kept bool, err error) {
	text, err := json.Marshal(values)
	if err != nil {
		return false, err
	}
	err = s.write(ctx, func(tx Tx) error {
		sealed, err := s.seal(ctx, tx, text, credentialPlace(organization, connection))
		if err != nil {
			return err
		}
		sealedToken, err := s.sealToken(ctx, tx, organization, connection, token)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE credentials SET sealed = $6, sealed_token = $3, token_expires = $4, token_lease = NULL
			WHERE organization_id = $1 AND connection_id = $2 AND updated_at = $5`, organization, connection, sealedToken, optionalMicros(expires), micros(of), sealed)
		kept = n == 1
		return err
	})
	return kept, err
}

// sealToken encrypts an access token for its connection; an empty one is none.
func (s *Store) sealToken(ctx context.Context, tx Tx, organization, connection, token string) (*string, error) {
	if token == "" {
		return nil, nil //nolint:nilnil // NULL is what is kept of it
	}
	sealed, err := s.seal(ctx, tx, []byte(token), credentialPlace(organization, connection))
	return &sealed, err
}

// DropToken forgets the access token of the credentials of the time, which the CRM does not take. Whoever is getting another
// one goes on alone.
func (s *Store) DropToken(ctx context.Context, organization, connection string, of time.Time) error {
	return s.write(ctx, func(tx Tx) error {
		_, err := tx.Exec(ctx, `UPDATE credentials SET sealed_token = NULL, token_expires = NULL WHERE organization_id = $1 AND connection_id = $2 AND updated_at = $3`,
			organization, connection, micros(of))
		return err
	})
}

// PutToken keeps the access token that the credentials of the time got. An empty one drops what there is.
func (s *Store) PutToken(ctx context.Context, organization, connection string, of time.Time, token string, expires time.Time) error {
	return s.write(ctx, func(tx Tx) error {
		sealed, err := s.sealToken(ctx, tx, organization, connection, token)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE credentials SET sealed_token = $3, token_expires = $4, token_lease = NULL
			WHERE organization_id = $1 AND connection_id = $2 AND updated_at = $5`, organization, connection, sealed, optionalMicros(expires), micros(of))
		return err
	})
}

// Refused credentials need others once the CRM has refused them at least refusalsMost times over at least refusedLong:
// one refusal may be an outage of what checks them.
const (
	refusalsMost = 4
	refusedLong  = 15 * time.Minute
)

// Refusal is what is known of credentials that the CRM refused.
type Refusal struct {
	// Times counts the refusals in a row.
	Times int
	// Rejected says that they were so many, and over such a time, that other credentials are needed.
	Rejected bool
}

// RefuseCredentials notes that the CRM refused the credentials of the time once more, and drops their token. It reports
// false, and notes nothing, where others were set since.
func (s *Store) RefuseCredentials(ctx context.Context, organization, connection string, of time.Time) (refusal Refusal, noted bool, err error) {
	err = s.write(ctx, func(tx Tx) error {
		now := s.clock()
		scan := func(r database.Row) (Refusal, error) {
			var f Refusal
			var rejected *int64
			err := r.Scan(&f.Times, &rejected)
			f.Rejected = rejected != nil
			return f, err
		}
		refusal, err = queryOne(ctx, tx, scan, `UPDATE credentials SET refusals = refusals + 1, refused_since = COALESCE(refused_since, $3), refused_at = $3,
				rejected_at = CASE WHEN rejected_at IS NULL AND refusals + 1 >= $5 AND refused_since <= $6 THEN $3 ELSE rejected_at END,
				sealed_token = NULL, token_expires = NULL
			WHERE organization_id = $1 AND connection_id = $2 AND updated_at = $4 RETURNING refusals, rejected_at`,
			organization, connection, micros(now), micros(of), refusalsMost, micros(now.Add(-refusedLong)))
		noted = err == nil
		if errors.Is(err, hub.ErrNotFound) {
			return nil
		}
		return err
	})
	return refusal, noted, err
}

// AcceptCredentials notes that the CRM takes credentials that it had refused, and lets what waited for it be sent.
func (s *Store) AcceptCredentials(ctx context.Context, organization, connection string) error {
	return s.write(ctx, func(tx Tx) error {
		n, err := tx.Exec(ctx, `UPDATE credentials SET refusals = 0, refused_since = NULL, refused_at = NULL, rejected_at = NULL
			WHERE organization_id = $1 AND connection_id = $2 AND refusals > 0`, organization, connection)
		if err != nil || n == 0 {
			return err
		}
		return resumeWriteBack(ctx, tx, organization, connection, s.clock())
	})
}
