package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

const followupColumns = `f.id, f.recording_id, f.user_id, f.kind, f.score, f.status, f.starred, f.details, f.created_at, f.updated_at`

func scanFollowup(r database.Row) (hub.Followup, error) {
	var f hub.Followup
	var details string
	var created, updated int64
	err := r.Scan(&f.ID, &f.RecordingID, &f.UserID, &f.Kind, &f.Score, &f.Status, &f.Starred, &details, &created, &updated)
	if err != nil {
		return f, err
	}
	f.CreatedAt, f.UpdatedAt = fromMicros(created), fromMicros(updated)
	if err := json.Unmarshal([]byte(details), &f.Details); err != nil {
		return f, fmt.Errorf("followup %s: %w", f.ID, err)
	}
	return f, nil
}

// FollowupFilter chooses followups for a list: of the recordings that By sees. Empty fields choose all.
type FollowupFilter struct {
	By                hub.Viewer
	MinimumScore      *int64
	Scores            []int64
	Starred           *bool
	Statuses          []string
	UserIDs, TeamIDs  []string
	ConversationTypes []string
	// From and Until bound CreatedAt; both are excluded.
	From, Until time.Time
	After       ListPlace
	Limit       int
}

// Followups lists followups, newest first, and counts all that the filter chooses.
func (s *Store) Followups(ctx context.Context, organization string, f FollowupFilter) ([]hub.Followup, int64, error) {
	c := conditions{args: []any{organization}}
	c.visibleTo(s.db, f.By)
	if f.MinimumScore != nil {
		c.and("f.score >= %s", *f.MinimumScore)
	}
	if len(f.Scores) > 0 {
		texts := make([]string, len(f.Scores))
		for i, n := range f.Scores {
			texts[i] = strconv.FormatInt(n, 10)
		}
		c.text += " AND " + c.in(s.db, "CAST(f.score AS TEXT)", texts)
	}
	if f.Starred != nil {
		c.and("f.starred = %s", *f.Starred)
	}
	for _, list := range []struct {
		column string
		values []string
	}{{"f.status", f.Statuses}, {"f.user_id", f.UserIDs}, {"r.team_id", f.TeamIDs}, {"r.conversation_type", f.ConversationTypes}} {
		if len(list.values) > 0 {
			c.text += " AND " + c.in(s.db, list.column, list.values)
		}
	}
	if !f.From.IsZero() {
		c.and("f.created_at > %s", micros(f.From))
	}
	if !f.Until.IsZero() {
		c.and("f.created_at < %s", micros(f.Until))
	}
	from := ` FROM followups f JOIN recordings r ON r.organization_id = f.organization_id AND r.id = f.recording_id
		WHERE f.organization_id = $1 AND r.deleted_at IS NULL`
	total, err := queryOne(ctx, s.db, scanCount, `SELECT COUNT(*)`+from+c.text, c.args...)
	if err != nil {
		return nil, 0, err
	}
	if f.After.ID != "" {
		c.and("(f.created_at, f.id) < (%s, %s)", micros(f.After.At), f.After.ID)
	}
	fs, err := queryAll(ctx, s.db, scanFollowup, `SELECT `+followupColumns+from+c.text+` ORDER BY f.created_at DESC, f.id DESC LIMIT `+c.arg(f.Limit), c.args...)
	return fs, total, err
}

// FollowupsOf finds the followups of recordings, by recording.
func (s *Store) FollowupsOf(ctx context.Context, organization string, recordings []string) (map[string][]hub.Followup, error) {
	found := map[string][]hub.Followup{}
	if len(recordings) == 0 {
		return found, nil
	}
	in, arg := s.db.Dialect().In("$2", recordings)
	fs, err := queryAll(ctx, s.db, scanFollowup, `SELECT `+followupColumns+` FROM followups f WHERE f.organization_id = $1 AND f.recording_id `+in+
		` ORDER BY f.score DESC, f.id`, organization, arg)
	for _, f := range fs {
		found[f.RecordingID] = append(found[f.RecordingID], f)
	}
	return found, err
}

// replaceFollowups keeps the followups of a new analysis; one that was there before keeps its age, and when it
// changed if it did not.
func replaceFollowups(ctx context.Context, tx Tx, r hub.Recording, all []hub.Followup) error {
	old, err := queryAll(ctx, tx, scanFollowup, `SELECT `+followupColumns+` FROM followups f WHERE f.organization_id = $1 AND f.recording_id = $2`, r.OrganizationID, r.ID)
	if err != nil {
		return err
	}
	if err := deleteRows(ctx, tx, "followups", r); err != nil {
		return err
	}
	for _, f := range all {
		details, err := json.Marshal(f.Details)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(old, func(o hub.Followup) bool { return o.ID == f.ID }); i >= 0 {
			f.CreatedAt = old[i].CreatedAt
		}
		_, err = tx.Exec(ctx, `INSERT INTO followups (organization_id, id, recording_id, user_id, kind, score, status, starred, details, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, r.OrganizationID, f.ID, r.ID, r.UserID, f.Kind, f.Score, f.Status, f.Starred,
			string(details), micros(f.CreatedAt), micros(f.UpdatedAt))
		if err != nil {
			return err
		}
	}
	return nil
}
