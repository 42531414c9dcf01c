package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// secretBytes is how long a shared secret is.
const secretBytes = 32

func secretPlace(name string) string { return "secrets/" + name }

const secretQuery = `SELECT sealed FROM secrets WHERE name = $1` //nolint:gosec // it is sealed

// SharedSecret returns random bytes that all nodes of this database share under the name. They are made once, and
// kept encrypted.
func (s *Store) SharedSecret(ctx context.Context, name string) ([]byte, error) {
	sealed, err := queryOne(ctx, s.db, scanText, secretQuery, name)
	if errors.Is(err, hub.ErrNotFound) {
		sealed, err = s.createSecret(ctx, name)
	}
	if err != nil {
		return nil, err
	}
	return s.keys.open(sealed, secretPlace(name))
}

// createSecret makes a secret, unless there is one, and returns what is kept.
func (s *Store) createSecret(ctx context.Context, name string) (sealed string, err error) {
	secret := make([]byte, secretBytes)
	_, _ = rand.Read(secret) // never fails: crypto/rand ends the program instead
	err = s.write(ctx, func(tx Tx) error {
		mine, err := s.seal(ctx, tx, secret, secretPlace(name))
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO secrets (name, sealed, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, name, mine, micros(s.clock()))
		if err != nil {
			return err
		}
		sealed, err = queryOne(ctx, tx, scanText, secretQuery, name) // another node may have been faster
		return err
	})
	return sealed, err
}

// ErrWrongKey says that the key does not open what the database holds: another one sealed it.
var ErrWrongKey = errors.New("the key is not the one that encrypted what the database holds")

// canary is the shared secret that tells which key is the right one: that with which it is encrypted, and all that is
// encrypted from then on, whichever key a node's own file says.
const canary = "canary"

// sealedQuery finds one of each kind of thing that is kept encrypted, the canary if it is there, with the place that it
// was sealed for.
const sealedQuery = `SELECT place, sealed FROM (SELECT 'secrets/' || name AS place, sealed FROM secrets ORDER BY CASE WHEN name = 'canary' THEN 0 ELSE 1 END LIMIT 1) AS a
	UNION ALL SELECT place, sealed FROM (SELECT 'credentials/' || organization_id || '/' || connection_id AS place, sealed FROM credentials WHERE sealed <> '' ORDER BY organization_id, connection_id LIMIT 1) AS b
	UNION ALL SELECT place, sealed FROM (SELECT 'webhook_endpoints/' || organization_id || '/' || id AS place, sealed_secret AS sealed FROM webhook_endpoints
		WHERE deleted_at IS NULL ORDER BY organization_id, id LIMIT 1) AS c`

// UseKeys gives a store that was opened without a key one, before it is used.
func (s *Store) UseKeys(keys *Keys) { s.keys = keys }

type sealedRow struct{ place, sealed string }

func (s *Store) sealedRows(ctx context.Context) ([]sealedRow, error) {
	found, err := queryAll(ctx, s.db, func(r database.Row) (sealedRow, error) {
		var x sealedRow
		err := r.Scan(&x.place, &x.sealed)
		return x, err
	}, sealedQuery)
	return found, err
}

// HasSealed reports whether the database holds anything encrypted, so that only the key that did it is of use.
func (s *Store) HasSealed(ctx context.Context) (bool, error) {
	found, err := s.sealedRows(ctx)
	return len(found) > 0, err
}

// ProveKey returns ErrWrongKey where the store's key does not open what the database holds. What it proves holds for
// every node and command from then on: the first one leaves the canary.
func (s *Store) ProveKey(ctx context.Context) error {
	found, err := s.sealedRows(ctx)
	if err != nil {
		return err
	}
	var wrong error
	proven := len(found) == 0
	for _, x := range found { // without a canary one is enough: commands have sealed with other keys then
		_, err := s.keys.open(x.sealed, x.place)
		proven = proven || err == nil
		wrong = errors.Join(wrong, err)
		if x.place == secretPlace(canary) {
			if err == nil {
				return nil
			}
			proven = false
			break
		}
	}
	if !proven {
		return fmt.Errorf("%w: %w", ErrWrongKey, wrong)
	}
	sealed, err := queryOne(ctx, s.db, scanText, secretQuery, canary)
	if errors.Is(err, hub.ErrNotFound) {
		sealed, err = s.createSecret(ctx, canary)
	}
	if err != nil {
		return err
	}
	if _, err := s.keys.open(sealed, secretPlace(canary)); err != nil { // a node with another key was faster
		return fmt.Errorf("%w: %w", ErrWrongKey, err)
	}
	return nil
}

// seal encrypts text for one place, with the key by which all nodes go, within the transaction that keeps it: until that
// ends, no other key is promoted. Where this node was not given that key it returns a *hub.UnavailableError of ErrWrongKey.
func (s *Store) seal(ctx context.Context, tx Tx, text []byte, place string) (string, error) {
	if s.keys == nil {
		return s.keys.seal(text, place, 0)
	}
	known, err := queryOne(ctx, tx, scanText, secretQuery+tx.Dialect().ForShare(), canary)
	if errors.Is(err, hub.ErrNotFound) { // nobody has proven a key yet
		return s.keys.seal(text, place, 0)
	}
	if err != nil {
		return "", err
	}
	if _, err := s.keys.open(known, secretPlace(canary)); err != nil {
		return "", &hub.UnavailableError{Who: "node", Reason: ErrWrongKey.Error(), RetryAfter: 10 * time.Second, Err: fmt.Errorf("%w: %w", ErrWrongKey, err)}
	}
	return s.keys.seal(text, place, sealedBy(known))
}
