package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// IdempotencyAge is how long the answer to a request with an Idempotency-Key is kept.
const IdempotencyAge = 24 * time.Hour

// IdempotencyKey identifies one attempt of a client to do one thing.
type IdempotencyKey struct {
	// Operation keeps the keys of different operations, and of different clients, apart.
	Operation string
	Key       string
	// RequestHash tells whether the same key came with the same request.
	RequestHash string
}

// txKey is where a context has the transaction that everything which is done with it belongs to.
type txKey struct{}

// within is the transaction that the context belongs to, or nil.
func within(ctx context.Context) Tx {
	tx, _ := ctx.Value(txKey{}).(Tx)
	return tx
}

// oldKeysAtOnce is how many keys that are too old one request removes: more than it makes.
const oldKeysAtOnce = 100

// Once runs do, and keeps what it answers under the key, in one transaction: whatever do reads and writes by the Store with
// the context that it is given belongs to it, so that there is neither a thing without its answer nor an answer without its
// thing. An error of do undoes all. The same key again returns the answer that is kept, and replayed, without running do;
// with another request it is hub.ErrKeyReused. do may be run more than once, and must not wait for anything outside.
func (s *Store) Once(ctx context.Context, organization string, key IdempotencyKey, do func(context.Context) (answer string, err error)) (answer string, replayed bool, err error) {
	unlock, err := s.pushes.lock(ctx, organization) // not within the transaction: whoever has the lock may wait for it
	if err != nil {
		return "", false, err
	}
	defer unlock()
	err = s.write(ctx, func(tx Tx) error {
		answer, replayed = "", false
		now := s.clock()
		_, err := tx.Exec(ctx, `DELETE FROM idempotency_keys WHERE `+
			tx.Dialect().RowsOf(`idempotency_keys WHERE organization_id = $1 AND created_at < $2 ORDER BY created_at LIMIT $3`),
			organization, micros(now.Add(-IdempotencyAge)), oldKeysAtOnce)
		if err != nil {
			return err
		}
		// What is too old and not removed yet counts as such.
		_, err = tx.Exec(ctx, `DELETE FROM idempotency_keys WHERE organization_id = $1 AND operation = $2 AND key = $3 AND created_at < $4`,
			organization, key.Operation, key.Key, micros(now.Add(-IdempotencyAge)))
		if err != nil {
			return err
		}
		claimed, err := tx.Exec(ctx, `INSERT INTO idempotency_keys (organization_id, operation, key, request_hash, answer, created_at)
			VALUES ($1, $2, $3, $4, '', $5) ON CONFLICT DO NOTHING`, organization, key.Operation, key.Key, key.RequestHash, micros(now))
		if err != nil {
			return err
		}
		if claimed == 0 {
			replayed = true
			answer, err = keptAnswer(ctx, tx, organization, key)
			return err
		}
		if answer, err = do(context.WithValue(ctx, txKey{}, tx)); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE idempotency_keys SET answer = $4 WHERE organization_id = $1 AND operation = $2 AND key = $3`, organization, key.Operation, key.Key, answer)
		return err
	})
	if err == nil && !replayed {
		s.notify() // what was told of before the commit found nothing
	}
	return answer, replayed, err
}

// keptAnswer is what the key was used for before.
func keptAnswer(ctx context.Context, tx Tx, organization string, key IdempotencyKey) (string, error) {
	type kept struct{ hash, answer string }
	k, err := queryOne(ctx, tx, func(r database.Row) (kept, error) {
		var k kept
		err := r.Scan(&k.hash, &k.answer)
		return k, err
	}, `SELECT request_hash, answer FROM idempotency_keys WHERE organization_id = $1 AND operation = $2 AND key = $3`, organization, key.Operation, key.Key)
	switch {
	case errors.Is(err, hub.ErrNotFound):
		return "", fmt.Errorf("idempotency key %q vanished", key.Key)
	case err == nil && k.hash != key.RequestHash:
		return "", hub.ErrKeyReused
	}
	return k.answer, err
}
