package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// IdempotencyAge is how long the answer to a request with an Idempotency-Key is kept.
const IdempotencyAge = 24 * time.Hour

// IdempotencyKey identifies one attempt of a client to do one thing. The zero value asks for nothing.
type IdempotencyKey struct {
	// Operation keeps the keys of different operations apart.
	Operation string
	Key       string
	// RequestHash tells whether the same key came with the same request.
	RequestHash string
}

// claimIdempotencyKey claims key for answer, within the transaction that makes what answer describes. When the key
// was claimed before, it fills answer with what it was claimed for instead and reports replayed.
func claimIdempotencyKey[T any](ctx context.Context, tx Tx, organization string, key IdempotencyKey, now time.Time, answer *T) (replayed bool, err error) {
	if key.Key == "" {
		return false, nil
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return false, err
	}
	_, err = tx.Exec(ctx, `DELETE FROM idempotency_keys WHERE organization_id = $1 AND created_at < $2`,
		organization, micros(now.Add(-IdempotencyAge)))
	if err != nil {
		return false, err
	}
	claimed, err := tx.Exec(ctx, `INSERT INTO idempotency_keys (organization_id, operation, key, request_hash, answer, created_at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
		organization, key.Operation, key.Key, key.RequestHash, string(text), micros(now))
	if err != nil || claimed == 1 {
		return false, err
	}
	type kept struct{ hash, answer string }
	scan := func(r database.Row) (kept, error) {
		var k kept
		err := r.Scan(&k.hash, &k.answer)
		return k, err
	}
	k, err := queryOne(ctx, tx, scan,
		`SELECT request_hash, answer FROM idempotency_keys WHERE organization_id = $1 AND operation = $2 AND key = $3`,
		organization, key.Operation, key.Key)
	switch {
	case errors.Is(err, hub.ErrNotFound):
		return false, fmt.Errorf("idempotency key %q vanished", key.Key)
	case err != nil:
		return false, err
	case k.hash != key.RequestHash:
		return false, hub.ErrKeyReused
	}
	return true, json.Unmarshal([]byte(k.answer), answer)
}
