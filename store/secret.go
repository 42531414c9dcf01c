package store

import (
	"context"
	"crypto/rand"
	"errors"

	"sirocco/hub"
)

// secretBytes is how long a shared secret is.
const secretBytes = 32

func secretPlace(name string) string { return "secrets/" + name }

// SharedSecret returns random bytes that all nodes of this database share under the name. They are made once, and
// kept encrypted.
func (s *Store) SharedSecret(ctx context.Context, name string) ([]byte, error) {
	const query = `SELECT sealed FROM secrets WHERE name = $1`
	sealed, err := one(ctx, s.db, scanText, query, name)
	if errors.Is(err, hub.ErrNotFound) {
		sealed, err = s.makeSecret(ctx, name, query)
	}
	if err != nil {
		return nil, s.db.classify(err)
	}
	return s.keys.open(sealed, secretPlace(name))
}

func (s *Store) makeSecret(ctx context.Context, name, query string) (sealed string, err error) {
	secret := make([]byte, secretBytes)
	_, _ = rand.Read(secret) // never fails: crypto/rand ends the program instead
	mine, err := s.keys.seal(secret, secretPlace(name))
	if err != nil {
		return "", err
	}
	err = s.write(ctx, func(tx Tx) error {
		_, err := tx.exec(ctx, `INSERT INTO secrets (name, sealed, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, name, mine, micros(s.clock()))
		if err != nil {
			return err
		}
		sealed, err = one(ctx, tx, scanText, query, name) // another node may have been faster
		return err
	})
	return sealed, err
}

// resealSecrets encrypts the shared secrets, of which there are few, anew with the current key.
func (s *Store) resealSecrets(ctx context.Context) error {
	type row struct{ name, sealed string }
	all, err := many(ctx, s.db, func(r rows) (row, error) {
		var x row
		err := r.Scan(&x.name, &x.sealed)
		return x, err
	}, `SELECT name, sealed FROM secrets ORDER BY name LIMIT $1`, resealSlice)
	if err != nil {
		return s.db.classify(err)
	}
	for _, x := range all {
		sealed, err := s.resealed(x.sealed, secretPlace(x.name))
		if err != nil {
			return err
		}
		err = s.write(ctx, func(tx Tx) error {
			_, err := tx.exec(ctx, `UPDATE secrets SET sealed = $3 WHERE name = $1 AND sealed = $2`, x.name, x.sealed, sealed)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
