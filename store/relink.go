package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// dayReach is how far apart two talks or appointments of one working day are at most: what one is of may say what the
// other is.
const dayReach = 14 * time.Hour

// requestRelink lets the organization's recordings of about the times be looked at again: a recording of then came or
// changed, or CRM records of then did. What is asked for while another request waits widens that one.
func requestRelink(ctx context.Context, tx Tx, organization string, from, until, now time.Time) error {
	// The task first: that is the order in which its jobs lock, too.
	if err := scheduleTask(ctx, tx, organization, TaskLink, organization, now); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO relinks (organization_id, asked_from, asked_until) VALUES ($1, $2, $3)
		ON CONFLICT (organization_id) DO UPDATE SET
			asked_from = CASE WHEN relinks.asked_from < excluded.asked_from THEN relinks.asked_from ELSE excluded.asked_from END,
			asked_until = CASE WHEN relinks.asked_until > excluded.asked_until THEN relinks.asked_until ELSE excluded.asked_until END`,
		organization, micros(from.Add(-dayReach)), micros(until.Add(dayReach)))
	return err
}

// Relink is a stretch of time whose recordings are being looked at again.
type Relink struct {
	From, Until time.Time
	// After is the recording that the look has come to, in the order of their starts; empty at the beginning.
	After string
}

// ClaimRelink takes on what was asked for, or goes on with what an earlier job took on and did not end. It reports
// false where there is nothing to do, or the organization is disabled. What is asked for from now on waits for another job.
func (s *Store) ClaimRelink(ctx context.Context, t Task) (Relink, bool, error) {
	var taken Relink
	found := false
	err := s.write(ctx, func(tx Tx) error {
		found = false
		if err := holdTaskLease(ctx, tx, t); err != nil {
			return err
		}
		if off, err := organizationDisabled(ctx, tx, t.OrganizationID); err != nil || off {
			return err
		}
		all, err := queryAll(ctx, tx, func(r database.Row) (Relink, error) {
			var from, until *int64
			var l Relink
			err := r.Scan(&from, &until, &l.After)
			l.From, l.Until = fromOptionalMicros(from), fromOptionalMicros(until)
			return l, err
		}, `UPDATE relinks SET
				taken_from = COALESCE(taken_from, asked_from), taken_until = COALESCE(taken_until, asked_until),
				asked_from = CASE WHEN taken_from IS NULL THEN NULL ELSE asked_from END,
				asked_until = CASE WHEN taken_from IS NULL THEN NULL ELSE asked_until END
			WHERE organization_id = $1 AND (taken_from IS NOT NULL OR asked_from IS NOT NULL)
			RETURNING taken_from, taken_until, taken_after`, t.OrganizationID)
		if err == nil && len(all) == 1 {
			taken, found = all[0], true
		}
		return err
	})
	return taken, found, err
}

const (
	// relinkSlice bounds how many recordings are looked at together.
	relinkSlice = 50
	// besideMost is how far from one another two recordings begin at most that are of one day.
	besideMost = 12 * time.Hour
)

// Linkable returns the next recordings of the stretch that the rule may link: those it linked itself and that were
// not written back, and those that nobody has linked. It reports how far it came, in l's After, and whether there
// may be more. With them come those of the same reps' days that wait for a person: what is known of one talk, as how long it was, or that it
// was written back, says something of the others.
func (s *Store) Linkable(ctx context.Context, organization string, l Relink) (rs []hub.Recording, next Relink, more bool, err error) {
	from, after := micros(l.From.Add(-hub.LongestRecording)), ""
	if l.After != "" {
		at, err := queryOne(ctx, s.db, scanCount, `SELECT started_at FROM recordings WHERE organization_id = $1 AND id = $2`, organization, l.After)
		switch {
		case err == nil:
			from, after = at, l.After
		case !errors.Is(err, hub.ErrNotFound): // else it begins again
			return nil, l, false, err
		}
	}
	// The condition on what may be linked is not in the query: it bounds what is read by what is found.
	all, err := queryAll(ctx, s.db, scanRecording, `SELECT `+recordingColumns+` FROM recordings
		WHERE organization_id = $1 AND started_at >= $2 AND (started_at > $2 OR id > $3) AND started_at <= $4 ORDER BY started_at, id LIMIT $5`,
		organization, from, after, micros(l.Until), relinkSlice)
	if err != nil {
		return nil, l, false, err
	}
	next = l
	var during []hub.Recording
	for _, r := range all {
		next.After = r.ID
		if r.EndedAt.Before(l.From) {
			continue
		}
		if during = append(during, r); r.MayBeMatched() {
			rs = append(rs, r)
		}
	}
	beside, err := s.offeredBeside(ctx, organization, during)
	return append(rs, beside...), next, len(all) == relinkSlice, err
}

// offeredBeside are the recordings of the same reps' days as some, which are in the order of their starts, without these, that wait for a person.
func (s *Store) offeredBeside(ctx context.Context, organization string, looked []hub.Recording) ([]hub.Recording, error) {
	if len(looked) == 0 {
		return nil, nil
	}
	var users, ids []string
	for _, r := range looked {
		ids = append(ids, r.ID)
		if !slices.Contains(users, r.UserID) {
			users = append(users, r.UserID)
		}
	}
	from, until := looked[0].StartedAt, looked[len(looked)-1].StartedAt
	in, arg := s.db.Dialect().In("$2", users)
	found, err := queryAll(ctx, s.db, scanRecording, `SELECT `+recordingColumns+` FROM recordings WHERE organization_id = $1 AND user_id `+in+` AND started_at >= $3 AND started_at <= $4
		AND link_by = $5 AND deleted_at IS NULL ORDER BY started_at, id LIMIT $6`,
		organization, arg, micros(from.Add(-besideMost)), micros(until.Add(besideMost)), string(hub.Offered), 2*relinkSlice)
	found = slices.DeleteFunc(found, func(r hub.Recording) bool { return slices.Contains(ids, r.ID) })
	return found[:min(len(found), relinkSlice)], err
}

// waitsBeside is the span of a recording that is about to count as written back, if others of the rep's day wait for a person: from then on what
// it is of is certain, and they are to be looked at again.
func waitsBeside(ctx context.Context, tx Tx, organization, recording string) (span, error) {
	all, err := queryAll(ctx, tx, scanSpan, `SELECT r.started_at, r.ended_at FROM recordings r WHERE r.organization_id = $1 AND r.id = $2 AND r.written_at IS NULL
		AND EXISTS (SELECT 1 FROM recordings o WHERE o.organization_id = $1 AND o.user_id = r.user_id AND o.started_at >= r.started_at - $3 AND o.started_at <= r.started_at + $3
			AND o.link_by = $4 AND o.deleted_at IS NULL)`, organization, recording, besideMost.Microseconds(), string(hub.Offered))
	if err != nil || len(all) == 0 {
		return span{}, err
	}
	return all[0], nil
}

// Match is what the rule says of a recording.
type Match struct {
	RecordingID string
	// Before is the link that the recording had when it was looked at.
	Before hub.Link
	// Link has no record where none was found; its Reason says why.
	Link hub.Link
}

// SaveMatches keeps what the rule says of some recordings, where it may still link them, and how far the look has
// come; with done it is at its end.
func (s *Store) SaveMatches(ctx context.Context, t Task, matches []Match, next Relink, done bool) error {
	err := s.write(ctx, func(tx Tx) error {
		for _, m := range matches {
			if err := s.saveMatch(ctx, tx, t.OrganizationID, m); err != nil {
				return err
			}
		}
		// After the recordings, as they come before tasks wherever both are locked.
		if err := holdTaskLease(ctx, tx, t); err != nil {
			return err
		}
		if done {
			_, err := tx.Exec(ctx, `UPDATE relinks SET taken_from = NULL, taken_until = NULL, taken_after = '' WHERE organization_id = $1`, t.OrganizationID)
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE relinks SET taken_after = $2 WHERE organization_id = $1`, t.OrganizationID, next.After)
		return err
	})
	s.notify()
	return err
}

func (s *Store) saveMatch(ctx context.Context, tx Tx, organization string, m Match) error {
	r, err := lockRecording(ctx, tx, organization, m.RecordingID)
	if err != nil {
		return ignoreNotFound(err) // deleted in the meantime
	}
	if !r.MayBeMatched() || !r.Link.SameRecord(m.Before) { // another look, with what was known later, has moved it since
		return nil
	}
	if decided, err := s.takeOverLink(ctx, tx, &r); err != nil || decided {
		return err
	}
	if r.Link.SameRecord(m.Link) && r.Link.Reason == m.Link.Reason && r.Link.Basis == m.Link.Basis {
		return s.planDelivery(ctx, tx, r) // an analysis that made the rule look again has left it to this look
	}
	if m.Link.ExternalID != "" {
		// The record may be gone since it was read; what made it go asks for another look.
		if err := requireRecords(ctx, tx, organization, &m.Link); err != nil {
			return ignoreInvalid(err)
		}
	}
	return s.moveLink(ctx, tx, &r, m.Link)
}
