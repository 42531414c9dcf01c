package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// NodeAge is how long after it was last seen a node counts as running.
const NodeAge = 30 * time.Second

// Node is a server that runs on this database, as it says of itself.
type Node struct {
	ID   string
	Host string
	// Version is its program's, PublicURL how clients reach it, empty where that is as each request came.
	Version, PublicURL string
	// NoConsole says that it does not serve the console.
	NoConsole bool
	// Keys are the ids of the keys that it has.
	Keys []uint32
	// StartedAt is since when it runs, SeenAt when it last said so; both by the time that all nodes share. Zero for one of a
	// version that does not tell.
	StartedAt, SeenAt time.Time
	// ClockAhead is how far the database's clock is ahead of its machine's.
	ClockAhead time.Duration
}

// Name is what a node is called in sentences.
func (n Node) Name() string { return "node " + n.ID[len(n.ID)-8:] + " on " + n.Host }

// NoteNode notes that a node runs, and what it is like.
func (s *Store) NoteNode(ctx context.Context, n Node) error {
	var keys strings.Builder
	keys.WriteString(" ")
	for _, id := range n.Keys {
		keys.WriteString(fmt.Sprint(id) + " ")
	}
	return s.write(ctx, func(tx Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM nodes WHERE seen_at < $1`, micros(s.clock().Add(-NodeAge))); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO nodes (id, host, version, public_url, key_ids, seen_at, started_at, clock_ahead, no_console) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (id) DO UPDATE SET version = excluded.version, public_url = excluded.public_url, key_ids = excluded.key_ids, seen_at = excluded.seen_at,
				clock_ahead = excluded.clock_ahead, no_console = excluded.no_console`,
			n.ID, n.Host, n.Version, n.PublicURL, keys.String(), micros(s.clock()), micros(n.StartedAt), n.ClockAhead.Microseconds(), n.NoConsole)
		return err
	})
}

// ForgetNode notes that a node has ended.
func (s *Store) ForgetNode(ctx context.Context, id string) error {
	return s.writeOne(ctx, func(tx Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM nodes WHERE id = $1`, id)
		return err
	})
}

// nodesMost bounds how many nodes are told.
const nodesMost = 1000

// Nodes returns the servers that were seen in the last NodeAge.
func (s *Store) Nodes(ctx context.Context) ([]Node, error) { return s.nodes(ctx, s.db) }

func (s *Store) nodes(ctx context.Context, q database.Querier) ([]Node, error) {
	return queryAll(ctx, q, func(r database.Row) (Node, error) {
		var n Node
		var keys string
		var seen, started, ahead int64
		err := r.Scan(&n.ID, &n.Host, &n.Version, &n.PublicURL, &keys, &seen, &started, &ahead, &n.NoConsole)
		n.SeenAt, n.ClockAhead = fromMicros(seen), time.Duration(ahead)*time.Microsecond
		if started > 0 {
			n.StartedAt = fromMicros(started)
		}
		for text := range strings.FieldsSeq(keys) {
			var id uint32
			if _, scanErr := fmt.Sscan(text, &id); scanErr == nil {
				n.Keys = append(n.Keys, id)
			}
		}
		return n, err
	}, `SELECT id, host, version, public_url, key_ids, seen_at, started_at, clock_ahead, no_console FROM nodes WHERE seen_at >= $1 ORDER BY id LIMIT $2`, micros(s.clock().Add(-NodeAge)), nodesMost)
}

// agreedAudio is the marker in the audio store.
const agreedAudio = "audio"

// AudioMarker returns the marker of the audio store that all nodes use; hub.ErrNotFound where none is known yet.
func (s *Store) AudioMarker(ctx context.Context) (string, error) {
	return queryOne(ctx, s.db, scanText, `SELECT value FROM agreed WHERE name = $1`, agreedAudio)
}

// AgreeOnAudio makes the marker the one of all nodes, unless there is one, and returns which it is.
func (s *Store) AgreeOnAudio(ctx context.Context, marker string) (agreed string, err error) {
	err = s.write(ctx, func(tx Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO agreed (name, value, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, agreedAudio, marker, micros(s.clock())); err != nil {
			return err
		}
		agreed, err = queryOne(ctx, tx, scanText, `SELECT value FROM agreed WHERE name = $1`, agreedAudio)
		return err
	})
	return agreed, err
}

// ForgetAudio lets the next node that looks say which audio store is the right one. It is a *hub.ConflictError while one
// runs.
func (s *Store) ForgetAudio(ctx context.Context) error {
	return s.write(ctx, func(tx Tx) error {
		if err := s.requireStopped(ctx, tx); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM agreed WHERE name = $1`, agreedAudio)
		return err
	})
}

// requireStopped is a *hub.ConflictError while a node runs.
func (s *Store) requireStopped(ctx context.Context, q database.Querier) error {
	nodes, err := s.nodes(ctx, q)
	if err == nil && len(nodes) > 0 {
		return hub.Conflict("Stop all servers first: %s. One that was killed counts for another %s.", NamesOf(nodes), NodeAge)
	}
	return err
}
