package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// RateBlock is a number of requests that a node may make to a CRM from one time on until another.
type RateBlock struct {
	ID          string
	Requests    int
	From, Until time.Time
	// Held is for how long the account asked to be left alone, by what is known when the block is handed out.
	Held RateHold
}

// RateHold is until when an account asked to be left alone, and since when: whoever opens it by credentials that were set later is
// tried. The zero RateHold holds nobody.
type RateHold struct{ Until, Since time.Time }

// RateUse says what became of a block: how many of its requests were made, and when the last one was.
type RateUse struct {
	ID   string
	Made int
	Last time.Time
}

// ratePart is which part of the requests that a limit allows is handed out at once, one in so many.
const ratePart = 10

// rateMargin is which part of the limit's time is added to it, one in so many: requests arrive when they arrive.
const rateMargin = 100

// rateMemory is how long a bucket is kept that nobody takes from.
const rateMemory = 24 * time.Hour

// rateBlock is a RateBlock or what became of it, as it is kept.
type rateBlock struct {
	ID       string `json:"id"`
	Requests int    `json:"n"`
	At       int64  `json:"at"` // in microseconds: Until, or when the last request was made
}

type rateBucket struct {
	blocks []rateBlock
	nextAt int64
	held   RateHold
}

// TakeRate hands out requests to an account of a CRM, which allows r of them over all nodes.
// At no time are there more than r allows within r's time, counted back from any moment: not at the beginning either.
// What became of the block before is told with it; of one of which nothing is told, all requests count as made at its end.
func (s *Store) TakeRate(ctx context.Context, account string, r hub.Rate, before RateUse) (block RateBlock, err error) {
	err = s.write(ctx, func(tx Tx) error {
		now := s.clock()
		b, err := lockBucket(ctx, tx, account, now)
		if err != nil {
			return err
		}
		block = b.take(r, before, now, s.newID())
		block.Held = b.held
		text, err := json.Marshal(b.blocks)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE rate_buckets SET blocks = $2, next_at = $3, updated_at = $4 WHERE account = $1`, account, string(text), b.nextAt, micros(now))
		return requireAffected(n, err, errors.New("the account's bucket is gone"))
	})
	return block, err
}

// HoldRate keeps for how long an account asked to be left alone, for all nodes that ask it. It was told so to credentials that were set at
// a time: where these were held already by what is kept, the longer time of both holds, else theirs.
func (s *Store) HoldRate(ctx context.Context, account string, h RateHold, credentials time.Time) error {
	return s.write(ctx, func(tx Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO rate_buckets (account, blocks, next_at, updated_at, held_until, held_since) VALUES ($1, '[]', 0, $2, $3, $4)
			ON CONFLICT (account) DO UPDATE SET held_until = excluded.held_until,
				held_since = CASE WHEN excluded.held_since > rate_buckets.held_since THEN excluded.held_since ELSE rate_buckets.held_since END
			WHERE excluded.held_until > rate_buckets.held_until OR $5 > rate_buckets.held_since`, account, micros(s.clock()), micros(h.Until), micros(h.Since), micros(credentials))
		return err
	})
}

// RateHold returns for how long an account asked to be left alone.
func (s *Store) RateHold(ctx context.Context, account string) (RateHold, error) {
	b, err := queryOne(ctx, s.db, scanBucket, `SELECT `+bucketColumns+` FROM rate_buckets WHERE account = $1`, account)
	return b.held, ignoreNotFound(err)
}

// lockBucket returns the account's bucket, made where there is none, for the rest of the transaction.
func lockBucket(ctx context.Context, tx Tx, account string, now time.Time) (rateBucket, error) {
	b, err := queryOne(ctx, tx, scanBucket, `SELECT `+bucketColumns+` FROM rate_buckets WHERE account = $1`+tx.Dialect().ForUpdate(), account)
	if errors.Is(err, hub.ErrNotFound) {
		if err := removeOldBuckets(ctx, tx, now); err != nil {
			return b, err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO rate_buckets (account, blocks, next_at, updated_at) VALUES ($1, '[]', 0, $2) ON CONFLICT DO NOTHING`, account, micros(now)); err != nil {
			return b, err
		}
		b, err = queryOne(ctx, tx, scanBucket, `SELECT `+bucketColumns+` FROM rate_buckets WHERE account = $1`+tx.Dialect().ForUpdate(), account)
	}
	return b, err
}

const bucketColumns = `blocks, next_at, held_until, held_since`

func scanBucket(r database.Row) (rateBucket, error) {
	var b rateBucket
	var text string
	var until, since int64
	if err := r.Scan(&text, &b.nextAt, &until, &since); err != nil {
		return b, err
	}
	b.held = RateHold{Until: fromMicros(until), Since: fromMicros(since)}
	return b, json.Unmarshal([]byte(text), &b.blocks)
}

// take is TakeRate within the bucket. Half of what the limit allows may be taken as fast as a node likes, the rest is
// spread until the first half counts no longer, each block at a time of its own: so nobody waits for the limit's whole
// time, nor for those who came later.
func (b *rateBucket) take(r hub.Rate, before RateUse, now time.Time, id string) RateBlock {
	window := r.Per + r.Per/rateMargin
	var kept []rateBlock
	used := 0
	for _, k := range b.blocks {
		if k.ID == before.ID {
			k.Requests, k.At = before.Made, micros(before.Last)
		}
		if k.Requests > 0 && fromMicros(k.At).Add(window).After(now) {
			kept = append(kept, k)
			used += k.Requests
		}
	}
	slices.SortFunc(kept, func(a, b rateBlock) int { return cmp.Compare(a.At, b.At) })
	block := RateBlock{ID: id, From: now, Requests: max(1, r.Requests/ratePart)}
	half := (r.Requests + 1) / 2
	spread := used >= half
	if !spread {
		block.Requests = min(block.Requests, half-used)
	} else {
		block.Requests = min(block.Requests, max(1, int(rateSlice*time.Duration(r.Requests)/r.Per)))
		if next := fromMicros(b.nextAt); next.After(now) && next.Sub(now) <= r.Per { // one further ahead is of a clock that was wrong
			block.From = next
		}
	}
	pace := window / time.Duration(r.Requests)
	for _, k := range kept { // those that count no longer by then, and those that it has to wait for
		leaves := fromMicros(k.At).Add(window)
		if leaves.After(block.From) {
			if free := r.Requests - used; free > 0 {
				pace = max(pace, leaves.Sub(block.From)/time.Duration(free))
				break
			}
			block.From = leaves
		}
		used -= k.Requests
	}
	block.Requests = min(block.Requests, r.Requests-used)
	if spread {
		b.nextAt = micros(block.From.Add(pace * time.Duration(block.Requests)))
	}
	block.Until = block.From.Add(rateBlockLife(r))
	b.blocks = append(kept, rateBlock{ID: id, Requests: block.Requests, At: micros(block.Until)}) //nolint:gocritic // kept is what is left of it
	return block
}

// rateSlice is for how long requests are handed out at once where they are spread.
const rateSlice = 250 * time.Millisecond

// rateBlockLife is how long a node may keep a block: long enough that most are used up, short enough that what a node
// left of one does not stand in the way of the others for long.
func rateBlockLife(r hub.Rate) time.Duration { return max(r.Per/ratePart, 2*time.Second) }

// removeOldBuckets removes some that nobody has taken from for long.
func removeOldBuckets(ctx context.Context, tx Tx, now time.Time) error {
	_, err := tx.Exec(ctx, `DELETE FROM rate_buckets WHERE `+tx.Dialect().RowsOf(`rate_buckets WHERE updated_at < $1 AND held_until < $2 LIMIT 100`+tx.Dialect().ForUpdateSkipLocked()),
		micros(now.Add(-rateMemory)), micros(now))
	return err
}
