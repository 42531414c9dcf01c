package store

import (
	"context"
	"time"

	"sirocco/database"
)

// claim takes up to limit rows of a table of background work that are due, or whose lease has run out, gives each a
// lease with the next fence, and calls enqueue for them in the same transaction. It returns how many those were. Where
// nothing is due it only reads.
func claim[T any](ctx context.Context, s *Store, table, key, columns string, scan func(database.Row) (T, error), limit int, lease time.Duration, enqueue func(Tx, []T) error) (int, error) {
	now := s.clock()
	const due = `(due_at <= $1 AND lease_until IS NULL) OR lease_until <= $1`
	some, err := queryAll(ctx, s.db, scanCount, `SELECT 1 FROM `+table+` WHERE `+due+` LIMIT 1`, micros(now))
	if err != nil || len(some) == 0 {
		return 0, err
	}
	claimed := 0
	err = s.write(ctx, func(tx Tx) error {
		claims, err := queryAll(ctx, tx, scan, `UPDATE `+table+` SET due_at = NULL, lease_until = $3, turn = turn + 1
			WHERE (`+key+`) IN (SELECT `+key+` FROM `+table+` WHERE `+due+` ORDER BY due_at LIMIT $2`+tx.Dialect().ForUpdateSkipLocked()+`)
			RETURNING `+columns, micros(now), limit, micros(now.Add(lease)))
		claimed = len(claims)
		if err != nil || claimed == 0 {
			return err
		}
		return enqueue(tx, claims)
	})
	return claimed, err
}
