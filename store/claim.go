package store

import (
	"context"
	"time"

	"sirocco/database"
)

// Due is background work that may be claimed.
type Due struct {
	OrganizationID, ObjectID string
	// Host is whom its last job asked, with the port; empty where that is not known.
	Host string
	// TimedOut says that the last job was not answered in time: it waits in the lane of its host.
	TimedOut bool
}

// Room is what a node has room for.
type Room struct {
	// Workers is how much may be claimed of what was answered the last time, Lane of what was not.
	Workers, Lane int
	// FullOrganizations and FullHosts get no more workers now.
	FullOrganizations, FullHosts []string
	// Choose returns those to claim among what is due, which is ordered by who has waited longest. Nil takes as many as there
	// is room for, in that order.
	Choose func(due []Due) []Due
}

// Reach is what a job learned of the host that it asked.
type Reach struct {
	// Host is whom it asked, with the port; empty where it asked nobody, which leaves what is known.
	Host string
	// TimedOut says that the last answer did not come in time.
	TimedOut bool
}

// saveReach is the part of an UPDATE that keeps a Reach, as reachArgs gives it, in the parameters named.
func saveReach(host, timedOut string) string {
	return `host = CASE WHEN ` + host + ` = '' THEN host ELSE ` + host + ` END,
		timeouts = CASE WHEN ` + host + ` = '' THEN timeouts WHEN ` + timedOut + ` THEN timeouts + 1 ELSE 0 END`
}

// work is background work of one kind, in a table of it.
type work struct {
	// table has a row for each object, named by the column object.
	table, object string
	// where is empty, or a condition on the rows that are of this kind, with the AND that follows it.
	where string
}

// windowSize is how many of those who have waited longest are looked at, so that a look costs the same however many wait.
const windowSize = 1000

// What may be claimed: rows that are due and have no job, and those whose job has died. Each has an index of its own.
const (
	waits = `due_at <= $1 AND lease_until IS NULL`
	died  = `lease_until <= $1`
)

// queryWaiting finds work that was answered the last time, in the order in which it became due, but the second of an
// organization after the first of all. $2 is how many; what follows says which organizations and hosts are not asked for.
func (w work) queryWaiting(unless string) string {
	return `SELECT organization_id, ` + w.object + `, host, timeouts FROM (
			SELECT organization_id, ` + w.object + `, host, timeouts, due_at, ROW_NUMBER() OVER (PARTITION BY organization_id ORDER BY due_at) AS nth FROM (
				SELECT organization_id, ` + w.object + `, host, timeouts, due_at FROM ` + w.table + ` WHERE ` + w.where + waits + ` AND timeouts = 0` + unless + `
				ORDER BY due_at LIMIT $3) AS oldest) AS numbered
		ORDER BY nth, due_at LIMIT $2`
}

// queryInLane finds, for each host whose lane is free, the work that has timed out least often, so that what hung once
// does not wait for what always hangs.
func (w work) queryInLane() string {
	return `SELECT organization_id, ` + w.object + `, host, timeouts FROM (
			SELECT organization_id, ` + w.object + `, host, timeouts, due_at, ROW_NUMBER() OVER (PARTITION BY host ORDER BY timeouts, due_at) AS nth FROM ` + w.table + `
			WHERE ` + w.where + waits + ` AND timeouts > 0
				AND host NOT IN (SELECT host FROM ` + w.table + ` WHERE ` + w.where + `lease_until > $1 AND timeouts > 0)) AS lane
		WHERE nth = 1 ORDER BY due_at LIMIT $2`
}

func (w work) queryDied() string {
	return `SELECT organization_id, ` + w.object + `, host, timeouts FROM ` + w.table + ` WHERE ` + w.where + died + ` ORDER BY lease_until LIMIT $2`
}

func scanDue(r database.Row) (Due, error) {
	var d Due
	var timeouts int64
	err := r.Scan(&d.OrganizationID, &d.ObjectID, &d.Host, &timeouts)
	d.TimedOut = timeouts > 0
	return d, err
}

// due returns what may be claimed, and is to be chosen among.
func (s *Store) due(ctx context.Context, w work, room Room, now time.Time) ([]Due, error) {
	all, err := queryAll(ctx, s.db, scanDue, w.queryDied(), micros(now), room.Workers+room.Lane)
	if err != nil {
		return nil, err
	}
	organizations, fullOrganizations := s.db.Dialect().In("$4", append([]string{}, room.FullOrganizations...)) // nil would be NULL
	hosts, fullHosts := s.db.Dialect().In("$5", append([]string{}, room.FullHosts...))
	unless := ` AND NOT organization_id ` + organizations + ` AND NOT host ` + hosts
	// More than there is room for: it says that something waits, and leaves a choice.
	waiting, err := queryAll(ctx, s.db, scanDue, w.queryWaiting(unless), micros(now), 4*room.Workers+1, windowSize, fullOrganizations, fullHosts)
	if err != nil || room.Lane == 0 {
		return append(all, waiting...), err
	}
	lane, err := queryAll(ctx, s.db, scanDue, w.queryInLane(), micros(now), room.Lane)
	return append(append(all, waiting...), lane...), err
}

// claim takes what the room chooses of the work that is due, or whose lease has run out, gives each a lease with the next
// fence, and calls enqueue for it in the same transaction. It returns how many those were, and whether others were left.
// Where nothing is chosen it only reads.
func claim[T any](ctx context.Context, s *Store, w work, room Room, columns string, scan func(database.Row) (T, error), lease time.Duration, enqueue func(Tx, []T) error) (claimed int, left bool, err error) {
	now := s.clock()
	due, err := s.due(ctx, w, room, now)
	if err != nil || len(due) == 0 {
		return 0, false, err
	}
	chosen := due[:min(len(due), room.Workers)]
	if room.Choose != nil {
		chosen = room.Choose(due)
	}
	if len(chosen) == 0 {
		return 0, true, nil
	}
	organizations, objects := make([]string, len(chosen)), make([]string, len(chosen))
	for i, d := range chosen {
		organizations[i], objects[i] = d.OrganizationID, d.ObjectID
	}
	err = s.write(ctx, func(tx Tx) error {
		inOrganizations, organizationArg := tx.Dialect().In("$3", organizations)
		inObjects, objectArg := tx.Dialect().In("$4", objects)
		// An object's id is of one organization.
		claims, err := queryAll(ctx, tx, scan, `UPDATE `+w.table+` SET due_at = NULL, lease_until = $2, turn = turn + 1
			WHERE `+tx.Dialect().RowsOf(w.table+` WHERE `+w.where+`organization_id `+inOrganizations+` AND `+w.object+` `+inObjects+`
				AND (`+waits+` OR `+died+`)`+tx.Dialect().ForUpdateSkipLocked())+`
			RETURNING `+columns, micros(now), micros(now.Add(lease)), organizationArg, objectArg)
		claimed = len(claims)
		if err != nil || claimed == 0 {
			return err
		}
		return enqueue(tx, claims)
	})
	return claimed, len(due) > len(chosen), err
}
