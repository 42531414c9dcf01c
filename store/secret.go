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
	mine, err := s.keys.seal(secret, secretPlace(name))
	if err != nil {
		return "", err
	}
	err = s.write(ctx, func(tx Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO secrets (name, sealed, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, name, mine, micros(s.clock()))
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

// canary is the shared secret that only tells which key is the right one, where nothing else is encrypted yet.
const canary = "canary"

// sealedQuery finds one of each kind of thing that is kept encrypted, the canary if it is there, with the place that it
// was sealed for.
const sealedQuery = `SELECT place, sealed FROM (SELECT 'secrets/' || name AS place, sealed FROM secrets ORDER BY CASE WHEN name = 'canary' THEN 0 ELSE 1 END LIMIT 1) AS a
	UNION ALL SELECT place, sealed FROM (SELECT 'credentials/' || organization_id || '/' || connection_id AS place, sealed FROM credentials ORDER BY organization_id, connection_id LIMIT 1) AS b
	UNION ALL SELECT place, sealed FROM (SELECT 'webhook_endpoints/' || organization_id || '/' || id AS place, sealed_secret AS sealed FROM webhook_endpoints
		WHERE deleted_at IS NULL ORDER BY organization_id, id LIMIT 1) AS c`

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

// seal encrypts text for one place, unless the store's key is no longer the one by which all nodes go: where keys were
// rotated on another node, and this one was not given the new key, nothing must be encrypted with the old one.
func (s *Store) seal(ctx context.Context, text []byte, place string) (string, error) {
	known, err := queryOne(ctx, s.db, scanText, secretQuery, canary)
	switch {
	case errors.Is(err, hub.ErrNotFound): // nobody has proven a key yet
	case err != nil:
		return "", err
	default:
		if _, err := s.keys.open(known, secretPlace(canary)); err != nil {
			return "", &hub.UnavailableError{Who: "node", Reason: ErrWrongKey.Error(), RetryAfter: 10 * time.Second, Err: fmt.Errorf("%w: %w", ErrWrongKey, err)}
		}
	}
	return s.keys.seal(text, place)
}

// resealSecrets encrypts the shared secrets, of which there are few, anew with the current key.
func (s *Store) resealSecrets(ctx context.Context) error {
	type row struct{ name, sealed string }
	all, err := queryAll(ctx, s.db, func(r database.Row) (row, error) {
		var x row
		err := r.Scan(&x.name, &x.sealed)
		return x, err
	}, `SELECT name, sealed FROM secrets ORDER BY name LIMIT $1`, resealSlice)
	if err != nil {
		return err
	}
	for _, x := range all {
		sealed, err := s.resealed(x.sealed, secretPlace(x.name))
		if err != nil {
			return err
		}
		err = s.write(ctx, func(tx Tx) error {
			_, err := tx.Exec(ctx, `UPDATE secrets SET sealed = $3 WHERE name = $1 AND sealed = $2`, x.name, x.sealed, sealed)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
