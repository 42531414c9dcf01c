package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sirocco/database"
	"sirocco/hub"
)

// sealedKind is a kind of rows that have something encrypted. Its statements take organization and id as $1 and $2.
type sealedKind struct {
	// audited is what the audit log calls it; empty is what belongs to no organization.
	audited string
	place   func(organization, id string) string
	// slice is those after one, at most $3; row is one, ended by a lock.
	slice, row string
	// reseal replaces what is encrypted by $3 and $4.
	reseal string
}

// sealedKinds are all of them, those that all nodes share first: with them the key is changed.
var sealedKinds = []sealedKind{
	{
		place:  func(_, name string) string { return secretPlace(name) },
		slice:  `SELECT '', name, sealed, CAST(NULL AS TEXT) FROM secrets WHERE CAST($1 AS TEXT) = '' AND name > $2 ORDER BY name LIMIT $3`,
		row:    `SELECT '', name, sealed, CAST(NULL AS TEXT) FROM secrets WHERE CAST($1 AS TEXT) = '' AND name = $2`,
		reseal: `UPDATE secrets SET sealed = $3 WHERE CAST($1 AS TEXT) = '' AND CAST($4 AS TEXT) IS NULL AND name = $2`,
	},
	{
		audited: "credentials", place: credentialPlace,
		slice: `SELECT organization_id, connection_id, sealed, sealed_token FROM credentials WHERE (organization_id, connection_id) > ($1, $2) AND sealed <> ''
			ORDER BY organization_id, connection_id LIMIT $3`,
		row:    `SELECT organization_id, connection_id, sealed, sealed_token FROM credentials WHERE organization_id = $1 AND connection_id = $2 AND sealed <> ''`,
		reseal: `UPDATE credentials SET sealed = $3, sealed_token = $4 WHERE organization_id = $1 AND connection_id = $2`,
	},
	{
		audited: endpointKind, place: endpointPlace,
		slice: `SELECT organization_id, id, sealed_secret, sealed_previous FROM webhook_endpoints WHERE (organization_id, id) > ($1, $2) AND deleted_at IS NULL
			ORDER BY organization_id, id LIMIT $3`,
		row:    `SELECT organization_id, id, sealed_secret, sealed_previous FROM webhook_endpoints WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL`,
		reseal: `UPDATE webhook_endpoints SET sealed_secret = $3, sealed_previous = $4 WHERE organization_id = $1 AND id = $2`,
	},
	{
		audited: multimediaKind, place: downloadPlace,
		slice: `SELECT organization_id, external_id, sealed_url, CAST(NULL AS TEXT) FROM multimedia_events WHERE (organization_id, external_id) > ($1, $2) AND sealed_url <> ''
			ORDER BY organization_id, external_id LIMIT $3`,
		row:    `SELECT organization_id, external_id, sealed_url, CAST(NULL AS TEXT) FROM multimedia_events WHERE organization_id = $1 AND external_id = $2 AND sealed_url <> ''`,
		reseal: `UPDATE multimedia_events SET sealed_url = $3 WHERE CAST($4 AS TEXT) IS NULL AND organization_id = $1 AND external_id = $2`,
	},
}

// sealedThing is a row with one or two texts that are encrypted for it.
type sealedThing struct {
	organization, id, sealed string
	also                     *string
}

func scanSealed(r database.Row) (sealedThing, error) {
	var x sealedThing
	err := r.Scan(&x.organization, &x.id, &x.sealed, &x.also)
	return x, err
}

// texts are what is encrypted.
func (x sealedThing) texts() []string {
	if x.also == nil {
		return []string{x.sealed}
	}
	return []string{x.sealed, *x.also}
}

// sealedSlice is how many rows are read at a time.
const sealedSlice = 100

// eachSealed calls do for all rows of a kind.
func (s *Store) eachSealed(ctx context.Context, kind sealedKind, do func(sealedThing) error) error {
	for last := (sealedThing{}); ; {
		slice, err := queryAll(ctx, s.db, scanSealed, kind.slice, last.organization, last.id, sealedSlice)
		if err != nil || len(slice) == 0 {
			return err
		}
		for _, last = range slice {
			if err := do(last); err != nil {
				return err
			}
		}
	}
}

// PromoteKey makes a key of the store's keyset the one with which all nodes encrypt from now on. It is a *hub.ConflictError
// while a node runs that does not have it.
func (s *Store) PromoteKey(ctx context.Context, id uint32) error {
	return s.promote(ctx, id, func(tx Tx) error {
		nodes, err := s.nodes(ctx, tx)
		nodes = slices.DeleteFunc(nodes, func(n Node) bool { return slices.Contains(n.Keys, id) })
		if err == nil && len(nodes) > 0 {
			return hub.Conflict("The new key is not on %s yet: give each a copy of the key file, and run this again.", NamesOf(nodes))
		}
		return err
	})
}

// PromoteKeyAlone is PromoteKey, whether or not a node that runs has read the key yet.
func (s *Store) PromoteKeyAlone(ctx context.Context, id uint32) error {
	return s.promote(ctx, id, func(Tx) error { return nil })
}

func (s *Store) promote(ctx context.Context, id uint32, allow func(Tx) error) error {
	return s.write(ctx, func(tx Tx) error {
		known, err := queryOne(ctx, tx, scanText, secretQuery+tx.Dialect().ForUpdate(), canary)
		if err != nil {
			return err
		}
		text, err := s.keys.open(known, secretPlace(canary))
		if err != nil {
			return fmt.Errorf("%w: %w", ErrWrongKey, err)
		}
		if err := allow(tx); err != nil {
			return err
		}
		sealed, err := s.keys.seal(text, secretPlace(canary), id)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE secrets SET sealed = $2 WHERE name = $1`, canary, sealed)
		return err
	})
}

// PromotedKey is the id of the key with which all nodes encrypt.
func (s *Store) PromotedKey(ctx context.Context) (uint32, error) {
	known, err := queryOne(ctx, s.db, scanText, secretQuery, canary)
	return sealedBy(known), err
}

// Resealed counts what was encrypted anew; Downloads are addresses of recordings that are to be fetched.
type Resealed struct{ Connections, Endpoints, Downloads int }

// Reseal encrypts everything anew with the key by which all nodes go, while everything goes on.
func (s *Store) Reseal(ctx context.Context) (Resealed, error) {
	var done Resealed
	for _, kind := range sealedKinds {
		err := s.eachSealed(ctx, kind, func(x sealedThing) error {
			if err := s.reseal(ctx, kind, x); err != nil {
				return fmt.Errorf("%s: %w", kind.place(x.organization, x.id), err)
			}
			switch kind.audited {
			case "credentials":
				done.Connections++
			case endpointKind:
				done.Endpoints++
			case multimediaKind:
				done.Downloads++
			}
			return nil
		})
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// reseal encrypts one row anew, as it is by now.
func (s *Store) reseal(ctx context.Context, kind sealedKind, x sealedThing) error {
	place := kind.place(x.organization, x.id)
	return s.write(ctx, func(tx Tx) error {
		now, err := queryOne(ctx, tx, scanSealed, kind.row+tx.Dialect().ForUpdate(), x.organization, x.id)
		if err != nil {
			return ignoreNotFound(err)
		}
		var sealed [2]*string
		for i, text := range now.texts() {
			opened, err := s.keys.open(text, place)
			if err != nil {
				return err
			}
			again, err := s.seal(ctx, tx, opened, place)
			if err != nil {
				return err
			}
			sealed[i] = &again
		}
		if _, err = tx.Exec(ctx, kind.reseal, x.organization, x.id, sealed[0], sealed[1]); err != nil || kind.audited == "" {
			return err
		}
		return s.audit(ctx, tx, x.organization, "reseal", kind.audited, x.id, nil)
	})
}

// SealedOtherwise counts the rows with something that another key than that one encrypted.
func (s *Store) SealedOtherwise(ctx context.Context, key uint32) (n int, err error) {
	for _, kind := range sealedKinds {
		err = errors.Join(err, s.eachSealed(ctx, kind, func(x sealedThing) error {
			if slices.ContainsFunc(x.texts(), func(text string) bool { return sealedBy(text) != key }) {
				n++
			}
			return nil
		}))
	}
	return n, err
}

// NamesOf lists nodes for a sentence.
func NamesOf(nodes []Node) string {
	var names []string
	for _, n := range nodes {
		names = append(names, n.Name())
	}
	return strings.Join(names, ", ")
}
