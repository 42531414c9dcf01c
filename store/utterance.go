package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

const (
	// utteranceRows is how many utterances one statement writes.
	utteranceRows = 100
	// utteranceSlice and utteranceBytes bound how many utterances, and how many bytes of text, one transaction writes.
	utteranceSlice = 2000
	utteranceBytes = 1 << 20
	// utteranceStride is how far apart the utterances of two analyses of a recording begin: more than one has.
	utteranceStride = 1 << 20

	// replacedKept is how long the utterances stay that others replaced, for who is reading them; draftKept is how long those
	// wait whose analysis did not get to its end.
	replacedKept = 10 * time.Minute
	draftKept    = time.Hour
)

// Utterances lists up to limit of the utterances that a recording has, in order, from the one at the position. For some
// minutes after others replaced them they are those that it had when r was read.
func (s *Store) Utterances(ctx context.Context, r hub.Recording, from int64, limit int) ([]hub.Utterance, error) {
	if from >= utteranceStride {
		return nil, nil
	}
	return queryAll(ctx, s.db, scanUtterance, `SELECT speaker, text, start_ms, end_ms, redacted, confidence FROM utterances
		WHERE organization_id = $1 AND recording_id = $2 AND position >= $3 AND position < $4 ORDER BY position LIMIT $5`,
		r.OrganizationID, r.ID, r.WordsFrom+from, r.WordsFrom+utteranceStride, limit)
}

func scanUtterance(r database.Row) (hub.Utterance, error) {
	var u hub.Utterance
	err := r.Scan(&u.Speaker, &u.Text, &u.Start, &u.End, &u.Redacted, &u.Confidence)
	return u, err
}

// utteranceEnd is where the slice of all that begins at a place ends.
func utteranceEnd(all []hub.Utterance, at int) int {
	bytes, end := 0, at
	for end < len(all) && end-at < utteranceSlice {
		if bytes += len(all[end].Text); bytes > utteranceBytes && end > at {
			break
		}
		end++
	}
	return end
}

// insertUtterances writes some utterances, the first of them at the position.
func insertUtterances(ctx context.Context, tx Tx, r hub.Recording, position int64, all []hub.Utterance) error {
	for at := 0; at < len(all); at += utteranceRows {
		slice := all[at:min(at+utteranceRows, len(all))]
		args := []any{r.OrganizationID, r.ID}
		values := make([]string, len(slice))
		for i, u := range slice {
			n := len(args)
			values[i] = fmt.Sprintf("($1, $2, $%d, $%d, $%d, $%d, $%d, $%d, $%d)", n+1, n+2, n+3, n+4, n+5, n+6, n+7)
			args = append(args, position+int64(at+i), u.Speaker, u.Text, u.Start, u.End, u.Redacted, u.Confidence)
		}
		_, err := tx.Exec(ctx, `INSERT INTO utterances (organization_id, recording_id, position, speaker, text, start_ms, end_ms, redacted, confidence) VALUES `+
			strings.Join(values, ", "), args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// hideUtterances lets utterances be removed after a time.
func hideUtterances(ctx context.Context, tx Tx, r hub.Recording, from int64, leaves time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO hidden_utterances (organization_id, recording_id, words_from, leaves_at) VALUES ($1, $2, $3, $4)`,
		r.OrganizationID, r.ID, from, micros(leaves))
	return err
}

// nextUtterances is where utterances can begin beside all that a recording has.
func nextUtterances(ctx context.Context, tx Tx, r hub.Recording) (int64, error) {
	last, err := queryOne(ctx, tx, scanCount, `SELECT COALESCE(MAX(words_from), 0) FROM hidden_utterances WHERE organization_id = $1 AND recording_id = $2`, r.OrganizationID, r.ID)
	return max(last, r.WordsFrom) + utteranceStride, err
}

// replaceUtterances makes all the utterances of a recording, or those that were drafted. Those before are shown to who is reading
// them for some minutes more.
func replaceUtterances(ctx context.Context, tx Tx, r *hub.Recording, all []hub.Utterance, drafted int64, now time.Time) error {
	had, err := queryAny(ctx, tx, `SELECT 1 FROM utterances WHERE organization_id = $1 AND recording_id = $2 AND position >= $3 AND position < $4 LIMIT 1`,
		r.OrganizationID, r.ID, r.WordsFrom, r.WordsFrom+utteranceStride)
	if err != nil {
		return err
	}
	from := r.WordsFrom
	switch {
	case drafted > 0:
		from = drafted
		if err := endHidden(ctx, tx, *r, drafted); err != nil {
			return err
		}
	case had:
		if from, err = nextUtterances(ctx, tx, *r); err != nil {
			return err
		}
	}
	if had {
		if err := hideUtterances(ctx, tx, *r, r.WordsFrom, now.Add(replacedKept)); err != nil {
			return err
		}
	}
	if drafted == 0 {
		if err := insertUtterances(ctx, tx, *r, from, all); err != nil {
			return err
		}
	}
	r.WordsFrom = from
	return nil
}

// endHidden takes utterances from those that are removed. It is a *hub.UnavailableError where that began.
func endHidden(ctx context.Context, tx Tx, r hub.Recording, from int64) error {
	n, err := tx.Exec(ctx, `DELETE FROM hidden_utterances WHERE organization_id = $1 AND recording_id = $2 AND words_from = $3`, r.OrganizationID, r.ID, from)
	return requireAffected(n, err, errDraftGone)
}

// errDraftGone says that an analysis came in so slowly that what was there of it was removed.
var errDraftGone = &hub.UnavailableError{Who: "database", Reason: "writing the utterances took too long", RetryAfter: time.Second}

// draftUtterances writes the utterances of an analysis that are too many for one transaction, a slice at a time, where nobody
// is shown them; begin says in the first, of the locked recording, whether they are wanted. It returns where they are; 0 where they
// are not.
func (s *Store) draftUtterances(ctx context.Context, organization, id string, all []hub.Utterance, begin func(Tx, hub.Recording) (bool, error)) (drafted int64, err error) {
	for at := 0; at < len(all); {
		end := utteranceEnd(all, at)
		from := drafted
		err := s.write(ctx, func(tx Tx) error {
			r, err := lockRecording(ctx, tx, organization, id)
			if err != nil {
				return err
			}
			if from = drafted; from == 0 {
				wanted, err := begin(tx, r)
				if err != nil || !wanted {
					return err
				}
				if from, err = nextUtterances(ctx, tx, r); err != nil {
					return err
				}
				if err := hideUtterances(ctx, tx, r, from, s.clock().Add(draftKept)); err != nil {
					return err
				}
			}
			if err := holdHidden(ctx, tx, r, from); err != nil {
				return err
			}
			return insertUtterances(ctx, tx, r, from+int64(at), all[at:end])
		})
		if err != nil || from == 0 {
			return 0, err
		}
		drafted, at = from, end
	}
	return drafted, nil
}

// holdHidden makes sure, for the rest of the transaction, that nobody removes hidden utterances.
func holdHidden(ctx context.Context, tx Tx, r hub.Recording, from int64) error {
	there, err := queryAny(ctx, tx, `SELECT 1 FROM hidden_utterances WHERE organization_id = $1 AND recording_id = $2 AND words_from = $3`+tx.Dialect().ForUpdate(),
		r.OrganizationID, r.ID, from)
	if err == nil && !there {
		err = errDraftGone
	}
	return err
}

// hiddenUtterances are utterances of a recording, from one on, that nobody is shown any more.
type hiddenUtterances struct {
	leavesAt                int64
	organization, recording string
	from                    int64
}

func scanHiddenUtterances(r database.Row) (hiddenUtterances, error) {
	var h hiddenUtterances
	err := r.Scan(&h.leavesAt, &h.organization, &h.recording, &h.from)
	return h, err
}

// PurgeUtterances removes a slice of the utterances that nobody is shown any more, and reports whether there may be more.
func (s *Store) PurgeUtterances(ctx context.Context) (more bool, err error) {
	h, err := s.hidden.next(func(after hiddenUtterances) (hiddenUtterances, error) {
		return queryOne(ctx, s.db, scanHiddenUtterances, `SELECT leaves_at, organization_id, recording_id, words_from FROM hidden_utterances WHERE leaves_at <= $1 AND leaves_at >= $2
			AND (leaves_at, organization_id, recording_id, words_from) > ($2, $3, $4, $5) ORDER BY leaves_at, organization_id, recording_id, words_from LIMIT 1`,
			micros(s.clock()), after.leavesAt, after.organization, after.recording, after.from)
	})
	if err != nil {
		return false, ignoreNotFound(err)
	}
	r := hub.Recording{OrganizationID: h.organization, ID: h.recording}
	err = s.write(ctx, func(tx Tx) error {
		if err := holdHidden(ctx, tx, r, h.from); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `DELETE FROM utterances WHERE `+
			tx.Dialect().RowsOf(`utterances WHERE organization_id = $1 AND recording_id = $2 AND position >= $3 AND position < $4 LIMIT $5`),
			h.organization, h.recording, h.from, h.from+utteranceStride, purgeSlice)
		if err != nil || n == purgeSlice {
			return err
		}
		return endHidden(ctx, tx, r, h.from)
	})
	if errors.Is(err, errDraftGone) { // another node was faster
		err = nil
	}
	return err == nil, err
}

// deleteRows removes the rows of a recording from a table.
func deleteRows(ctx context.Context, tx Tx, table string, r hub.Recording) error {
	_, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE organization_id = $1 AND recording_id = $2`, r.OrganizationID, r.ID)
	return err
}
